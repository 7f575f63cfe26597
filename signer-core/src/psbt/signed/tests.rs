use super::*;
use crate::psbt::testing::{BOTH, Case, IN_0, edit, key};
use crate::psbt::{ParsedPsbt, PsbtVersion};
use crate::types::OutputIndex;

const DEVICE: DeviceId = DeviceId::from_bytes([5; 32]);

fn answer(raw: &RawPsbt) -> RawPsbt {
    let inputs = u32::try_from(raw.input_count()).unwrap();
    let signatures: Vec<_> = (0..inputs)
        .map(|n| (InputIndex(n), key(1).into(), alloc::vec![0x30, 1]))
        .collect();
    add_signatures(
        raw,
        &signatures,
        (DEVICE, SessionNumber(2), alloc::vec![1; 9]),
    )
    .unwrap()
}

fn refused(before: &RawPsbt, after: &[u8]) -> Place {
    let after = RawPsbt::parse(after).unwrap();
    let refusal = only_permitted_difference(before, &after).unwrap_err();
    assert_eq!(refusal.rule, RuleId::SIG05);
    refusal.place
}

#[test]
fn what_is_added_is_permitted_and_readable() {
    for version in BOTH {
        let before = Case::new(version, 3).raw();
        let before = before
            .insert_input(InputIndex(1), b"\xf0", b"unknown")
            .unwrap();
        let after = answer(&before);
        assert_eq!(only_permitted_difference(&before, &after), Ok(()));
        assert_eq!(after.version(), version);
        let parsed = ParsedPsbt::parse(after.to_bytes()).unwrap();
        assert!(
            parsed
                .inputs()
                .iter()
                .all(|input| input.partial_sigs.len() == 1)
        );
        // A second device answers the answer of the first.
        let sigs: Vec<_> = (0..3)
            .map(|n| (InputIndex(n), key(2).into(), alloc::vec![1]))
            .collect();
        let receipt = (
            DeviceId::from_bytes([6; 32]),
            SessionNumber(2),
            alloc::vec![],
        );
        let second = add_signatures(&after, &sigs, receipt).unwrap();
        assert_eq!(only_permitted_difference(&after, &second), Ok(()));
        assert!(only_permitted_difference(&before, &second).is_err());
    }
}

/// Where the signatures are known, a good one of another key or input is something else.
#[test]
fn known_signatures_are_added_and_no_others() {
    let before = Case::new(PsbtVersion::V0, 2).raw();
    let after = answer(&before);
    let line = |n, k, value: &[u8]| (InputIndex(n), key(k).into(), value.to_vec());
    let made = [line(0, 1, &[0x30, 1]), line(1, 1, &[0x30, 1])];
    assert_eq!(only_these_added(&before, &after, &made), Ok(()));
    let others = [
        [line(0, 2, &[0x30, 1]), line(1, 1, &[0x30, 1])],
        [line(0, 1, &[0x31, 1]), line(1, 1, &[0x30, 1])],
        [line(0, 1, &[0x30, 1]), line(2, 1, &[0x30, 1])],
        [line(0, 1, &[0x30, 2]), line(1, 1, &[0x30, 1])],
    ];
    for (place, other) in others.iter().enumerate() {
        let refused = only_these_added(&before, &after, other).map_err(|refusal| refusal.rule);
        assert_eq!(refused, Err(RuleId::SIG05), "{place}");
    }
    let typed = [line(0, 1, &[0x30, 2]), line(1, 1, &[0x30, 1])];
    let receipt = (DEVICE, SessionNumber(2), alloc::vec![1; 9]);
    let other_type = add_signatures(&before, &typed, receipt).unwrap();
    assert!(only_these_added(&before, &other_type, &typed).is_err());
}

#[test]
fn the_modifiable_flags_are_cleared_and_nothing_else_of_them() {
    let base = Case::new(PsbtVersion::V2, 1).raw();
    for (flags, cleared) in [(0, 0), (1, 0), (2, 0), (3, 0), (4, 4), (7, 4), (0xFF, 0xFC)] {
        let before = base.insert_global(&[0x06], &[flags]).unwrap();
        let after = answer(&before);
        assert_eq!(after.value(MapId::Global, &[0x06]), Some(&[cleared][..]));
        assert_eq!(only_permitted_difference(&before, &after), Ok(()));
        for other in 0..=0xFF_u8 {
            let bytes = edit(&after, MapId::Global, &[0x06], Some(&[other]));
            let changed = RawPsbt::from_vec(bytes).unwrap();
            let permitted = only_permitted_difference(&before, &changed).is_ok();
            assert_eq!(permitted, other == cleared);
        }
    }
    let after = answer(&base);
    assert_eq!(after.value(MapId::Global, &[0x06]), None);
}

#[test]
fn sig05() {
    for version in BOTH {
        let before = Case::new(version, 2).raw();
        let after = answer(&before);
        let sig = [&[0x02][..], &key(1).serialize()].concat();
        let receipt = ProprietaryField::receipt_key(&DEVICE, SessionNumber(2));
        // Nothing, too little or too much was added.
        refused(&before, before.bytes());
        assert_eq!(
            refused(&before, &edit(&after, IN_0, &sig, None)),
            IN_0.place()
        );
        let without_receipt = edit(&after, MapId::Global, &receipt, None);
        assert_eq!(refused(&before, &without_receipt), Place::Whole);
        let second = [&[0x02][..], &key(2).serialize()].concat();
        assert_eq!(
            refused(&before, &edit(&after, IN_0, &second, Some(&[1]))),
            IN_0.place()
        );
        let out = MapId::Output(OutputIndex(0));
        assert_eq!(
            refused(&before, &edit(&after, out, b"\xf0", Some(b"x"))),
            out.place()
        );
        // Something else was added.
        let bare = RawPsbt::from_vec(edit(&after, IN_0, &sig, None)).unwrap();
        refused(&before, &edit(&bare, IN_0, b"\xf0", Some(&[1])));
        refused(&before, &edit(&bare, IN_0, &sig, Some(&[0x30, 2])));
        // A signature of no key that this wallet can have.
        let long = [&[0x02][..], &key(2).serialize_uncompressed()].concat();
        let no_point = [&[0x02, 0x02][..], &[0xFF; 32]].concat();
        for stranger in [long, no_point] {
            let bytes = edit(&bare, IN_0, &stranger, Some(&[0x30, 1]));
            assert_eq!(refused(&before, &bytes), IN_0.place());
        }
        let bare = RawPsbt::from_vec(without_receipt).unwrap();
        let unnamed = receipt[..receipt.len() - 1].to_vec();
        let bytes = edit(&bare, MapId::Global, &unnamed, Some(b"x"));
        assert_eq!(refused(&before, &bytes), Place::Whole);
        let request = ProprietaryField::request_key();
        refused(&before, &edit(&bare, MapId::Global, &request, Some(b"x")));
        refused(&before, &edit(&bare, MapId::Global, b"\xf0", Some(b"x")));
    }
}

/// Every record of the PSBT that came in, changed or taken away.
#[test]
fn sig05_finds_every_changed_record() {
    for version in BOTH {
        let before = Case::new(version, 2).raw();
        let after = answer(&before);
        let mut tried = 0;
        for map in before.maps() {
            for record in before.records(map) {
                let changed = [record.value(), &[0]].concat();
                for value in [Some(&changed[..]), None] {
                    let bytes = edit(&after, map, record.key(), value);
                    // Some changes leave no PSBT at all.
                    let Ok(other) = RawPsbt::from_vec(bytes) else {
                        continue;
                    };
                    let refusal = only_permitted_difference(&before, &other).unwrap_err();
                    assert_eq!(refusal.place, map.place());
                    tried += 1;
                }
            }
        }
        assert!(tried >= 12);
    }
}

#[test]
fn sig05_refuses_another_transaction_or_version() {
    let [v0, v2] = BOTH.map(|version| Case::new(version, 2).raw());
    refused(&v0, answer(&v2).bytes());
    // Said as such, not as the first record that another version writes in another way.
    let refusal = only_permitted_difference(&v0, &answer(&v2)).unwrap_err();
    let expected = refusal.expected.text(crate::types::Lang::En);
    assert_eq!(expected, "the same version and the same maps");
    let fewer = Case::new(PsbtVersion::V0, 1).raw();
    refused(&v0, answer(&fewer).bytes());
    let mut other = Case::new(PsbtVersion::V0, 2);
    other.tx.output[0].value += bitcoin::Amount::ONE_SAT;
    refused(&v0, answer(&other.raw()).bytes());
}

#[test]
fn a_second_signature_of_one_key_cannot_be_added() {
    let raw = Case::new(PsbtVersion::V0, 1).raw();
    let twice = alloc::vec![(InputIndex(0), key(1).into(), alloc::vec![1]); 2];
    let receipt = || (DEVICE, SessionNumber(1), alloc::vec![]);
    assert_eq!(
        add_signatures(&raw, &twice, receipt()).unwrap_err().rule,
        RuleId::PSB01
    );
    let absent = [(InputIndex(1), key(1).into(), alloc::vec![1])];
    assert_eq!(
        add_signatures(&raw, &absent, receipt()).unwrap_err().rule,
        RuleId::PSB01
    );
    let again = add_signatures(
        &answer(&raw),
        &[],
        (DEVICE, SessionNumber(2), alloc::vec![]),
    );
    assert_eq!(again.unwrap_err().rule, RuleId::PSB01);
}

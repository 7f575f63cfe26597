use super::*;
use crate::digest::DeviceId;
use crate::psbt::testing::{BOTH, Case, IN_0, edit, key, parent};
use crate::psbt::{ProprietaryField, signed::add_signatures};
use crate::types::{InputIndex, OutputIndex, SessionNumber};

const GLOBAL: MapId = MapId::Global;
const INPUTS: u8 = 3;

/// What a device answers to `before`.
fn signed(before: &RawPsbt, device: u8) -> RawPsbt {
    let signatures: Vec<_> = (0..u32::from(INPUTS))
        .map(|n| {
            (
                InputIndex(n),
                key(device).into(),
                alloc::vec![0x30, device, 1],
            )
        })
        .collect();
    let id = DeviceId::from_bytes([device; 32]);
    let receipt = (id, SessionNumber(2), alloc::vec![device; 9]);
    add_signatures(before, &signatures, receipt).unwrap()
}

/// A request with records of others, to a device after another one.
fn asked(version: crate::psbt::PsbtVersion) -> RawPsbt {
    let raw = Case::new(version, INPUTS).raw();
    let raw = raw.insert_global(b"\xf0", b"unknown").unwrap();
    let raw = raw
        .insert_input(InputIndex(1), b"\xf0", b"unknown")
        .unwrap();
    let raw = match version {
        crate::psbt::PsbtVersion::V0 => raw,
        crate::psbt::PsbtVersion::V2 => raw.insert_global(&[0x06], &[7]).unwrap(),
    };
    signed(&raw, 2)
}

#[test]
fn an_answer_and_the_request_are_the_whole_answer() {
    for version in BOTH {
        let before = asked(version);
        let after = signed(&before, 1);
        let lean = answer(&before, &after).unwrap();
        assert_eq!(complete(&before, &lean).unwrap(), after);
        assert!(is_answer(&lean));
        assert!(!is_answer(&before) && !is_answer(&after));
        assert!(lean.bytes().len() * 3 < after.bytes().len());
        assert_eq!(lean.unsigned_tx(), after.unsigned_tx());
        // Nothing of the other device, and nothing that the host has.
        assert_eq!(lean.records(IN_0).filter(|r| is_signature(*r)).count(), 1);
        assert!(lean.maps().all(|map| lean.value(map, b"\xf0").is_none()));
        assert!(answer(&after, &before).is_err());
        assert!(answer(&before, &before).is_err());
    }
}

#[test]
fn an_answer_is_completed_by_its_own_request_alone() {
    for version in BOTH {
        let before = asked(version);
        let lean = answer(&before, &signed(&before, 1)).unwrap();
        let another = Case::new(version, INPUTS + 1).raw();
        let refused = complete(&another, &lean).unwrap_err();
        assert_eq!(refused, MergeError::Transaction);
        let other_version = asked(if version == BOTH[0] { BOTH[1] } else { BOTH[0] });
        let refused = complete(&other_version, &lean).unwrap_err();
        assert_eq!(refused, MergeError::Version);
        // A second time the signatures are there.
        let whole = complete(&before, &lean).unwrap();
        assert!(complete(&whole, &lean).is_err());
    }
}

#[test]
fn an_answer_adds_one_signature_for_each_input_and_one_receipt() {
    for version in BOTH {
        let before = asked(version);
        let lean = answer(&before, &signed(&before, 1)).unwrap();
        let signature = [&[0x02][..], &key(1).serialize()].concat();
        let second = [&[0x02][..], &key(3).serialize()].concat();
        let receipt =
            ProprietaryField::receipt_key(&DeviceId::from_bytes([1; 32]), SessionNumber(2));
        let output = MapId::Output(OutputIndex(0));
        for (map, record, value) in [
            (IN_0, &signature[..], None),
            (IN_0, &signature[..], Some(&[0x30, 2][..])),
            (IN_0, &second, Some(&[0x30, 1])),
            (IN_0, b"\xf0", Some(b"more")),
            (GLOBAL, &receipt, None),
            (GLOBAL, b"\xf1", Some(b"more")),
            (output, b"\xf0", Some(b"more")),
        ] {
            let spoiled = RawPsbt::from_vec(edit(&lean, map, record, value)).unwrap();
            assert!(!is_answer(&spoiled), "{map:?} {record:02x?}");
            let refused = complete(&before, &spoiled);
            assert!(
                matches!(refused, Err(MergeError::Form(_))),
                "{map:?} {record:02x?}"
            );
        }
    }
}

/// The witness of a previous transaction is left out, that of a record of others never.
#[test]
fn witnesses_are_left_out_of_previous_transactions_alone() {
    let script = crate::psbt::testing::multisig(2, &[key(1), key(2), key(3)]);
    let with_witness = bitcoin::consensus::serialize(&parent(1, &script));
    for version in BOTH {
        let whole = Case::new(version, 2).raw();
        let second = MapId::Input(InputIndex(1));
        let before = whole.value(second, &[IN_NON_WITNESS_UTXO]).unwrap();
        assert_eq!(before, with_witness);
        let output = MapId::Output(OutputIndex(0));
        let whole = whole.with_records(&[
            (second, b"\xf0".to_vec(), with_witness.clone()),
            (output, b"\xf0".to_vec(), with_witness.clone()),
            (output, [OUT_REDEEM_SCRIPT].to_vec(), with_witness.clone()),
        ]);
        let whole = whole.unwrap();
        let parsed = ParsedPsbt::parse(whole.into_bytes()).unwrap();
        let lean = request(&parsed, |_| None).unwrap();
        let left = lean.value(second, &[IN_NON_WITNESS_UTXO]).unwrap();
        assert!(left.len() < with_witness.len());
        for (map, record) in [
            (second, &b"\xf0"[..]),
            (output, b"\xf0"),
            (output, &[OUT_REDEEM_SCRIPT]),
        ] {
            assert_eq!(lean.value(map, record), Some(&with_witness[..]));
        }
    }
}

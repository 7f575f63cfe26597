use std::vec;
use std::vec::Vec;

use crate::psbt::key::{self, PsbtVersion};
use crate::psbt::testing::{BOTH, Case, IN_0, edit, key, refusing};
use crate::psbt::{MapId, ParsedPsbt, ProprietaryField, RawPsbt, raw};
use crate::rule::{Phrase, RuleId};
use crate::types::{InputIndex, Lang, OutputIndex};

const ALONE: [RuleId; 1] = [RuleId::PSB01];
const OUT_0: MapId = MapId::Output(OutputIndex(0));

/// The maps as lists of records, to be written in any way.
type Maps = Vec<Vec<(Vec<u8>, Vec<u8>)>>;

fn maps_of(psbt: &RawPsbt) -> Maps {
    let records = |map| {
        psbt.records(map)
            .map(|r| (r.key().to_vec(), r.value().to_vec()))
    };
    psbt.maps().map(|map| records(map).collect()).collect()
}

fn write(maps: &Maps) -> Vec<u8> {
    raw::write(
        maps.iter()
            .map(|map| map.iter().map(|(key, value)| (&key[..], &value[..]))),
    )
}

#[test]
fn passes_what_is_well_formed() {
    for version in BOTH {
        let raw = Case::new(version, 3).raw();
        assert_eq!(write(&maps_of(&raw)), raw.bytes());
        assert_eq!(RawPsbt::parse(raw.bytes()).unwrap(), raw);
        assert_eq!(refusing(raw.into_bytes()), []);
    }
}

#[test]
fn refuses_what_is_no_psbt() {
    let good = Case::new(BOTH[0], 1).bytes();
    let mut separator = good.clone();
    separator[4] = 0xFE;
    let mut magic = good.clone();
    magic[0] = b'P';
    let tx = bitcoin::consensus::serialize(Case::new(BOTH[0], 1).raw().unsigned_tx().unwrap());
    for bytes in [
        vec![],
        b"cHNidP8BAHUCAAAA".to_vec(),
        separator,
        magic,
        tx,
        good[1..].to_vec(),
    ] {
        assert_eq!(refusing(bytes), ALONE);
    }
}

#[test]
fn refuses_every_key_twice_in_its_map() {
    for version in BOTH {
        let mut raw = Case::new(version, 2).raw();
        for key in [&b"\xf0\x01"[..], b"\xfc\x05other\x00", b"\xfd\x00\x01"] {
            raw = raw.insert_global(key, b"1").unwrap();
            raw = raw.insert_input(InputIndex(1), key, b"1").unwrap();
        }
        let maps = maps_of(&raw);
        let mut tried = 0;
        for (m, map) in maps.iter().enumerate() {
            for record in map {
                for value in [record.1.clone(), [&record.1[..], &[0]].concat()] {
                    let mut twice = maps.clone();
                    twice[m].push((record.0.clone(), value));
                    assert_eq!(refusing(write(&twice)), ALONE);
                    tried += 1;
                }
            }
        }
        assert!(tried > 20);
    }
}

/// The same key in another map is another record.
#[test]
fn passes_one_key_in_two_maps() {
    let raw = Case::new(BOTH[0], 2).raw();
    let raw = raw.insert_input(InputIndex(0), b"\xf0", b"1").unwrap();
    let raw = raw.insert_input(InputIndex(1), b"\xf0", b"1").unwrap();
    assert_eq!(refusing(raw.into_bytes()), []);
}

#[test]
fn refuses_sizes_longer_than_needed() {
    let raw = Case::new(BOTH[1], 1).raw();
    let good = raw.insert_global(b"\xf0", b"12").unwrap().into_bytes();
    let at = good
        .windows(5)
        .position(|w| w == b"\x01\xf0\x0212")
        .unwrap();
    let with = |record: &[u8]| [&good[..at], record, &good[at + 5..]].concat();
    assert_eq!(with(b"\x01\xf0\x0212"), good);
    for record in [
        &b"\xfd\x01\x00\xf0\x0212"[..],
        b"\xfe\x01\x00\x00\x00\xf0\x0212",
        b"\xff\x01\0\0\0\0\0\0\0\xf0\x0212",
        b"\x01\xf0\xfd\x02\x0012",
        b"\x01\xf0\xfe\x02\x00\x00\x0012",
        b"\x01\xf0\xff\x02\0\0\0\0\0\0\x0012",
        b"\x03\xfd\xf0\x00\x0212",
        b"\xfd\x00\x00",
    ] {
        assert_eq!(refusing(with(record)), ALONE, "{record:x?}");
    }
    // The counts of version 2, and the sizes in the transaction of version 0.
    for count in [&b"\xfd\x01\x00"[..], b"\x01\x00", b"", b"\xfe\x01\0\0\0"] {
        assert_eq!(
            refusing(edit(&raw, MapId::Global, &[0x04], Some(count))),
            ALONE
        );
        assert_eq!(
            refusing(edit(&raw, MapId::Global, &[0x05], Some(count))),
            ALONE
        );
    }
    let v0 = Case::new(BOTH[0], 1).raw();
    let tx = v0.value(MapId::Global, &[0x00]).unwrap().to_vec();
    for (at, long) in [
        (4, &b"\xfd\x01\x00"[..]),
        (41, b"\xfd\x00\x00"),
        (46, b"\xfd\x01\x00"),
    ] {
        let tx = [&tx[..at], long, &tx[at + 1..]].concat();
        assert_eq!(
            refusing(edit(&v0, MapId::Global, &[0x00], Some(&tx))),
            ALONE
        );
    }
}

#[test]
fn refuses_a_transaction_that_is_not_unsigned() {
    let v0 = Case::new(BOTH[0], 1).raw();
    let unsigned = v0.unsigned_tx().unwrap().clone();
    let with = |tx: &[u8]| refusing(edit(&v0, MapId::Global, &[0x00], Some(tx)));
    let bytes = bitcoin::consensus::serialize(&unsigned);
    assert_eq!(with(&bytes), []);
    let mut script_sig = unsigned.clone();
    script_sig.input[0].script_sig = bitcoin::ScriptBuf::from_bytes(vec![0x51]);
    assert_eq!(with(&bitcoin::consensus::serialize(&script_sig)), ALONE);
    let mut witness = unsigned.clone();
    witness.input[0].witness = bitcoin::Witness::from_slice(&[[1]]);
    assert_eq!(with(&bitcoin::consensus::serialize(&witness)), ALONE);
    let marked = [
        &bytes[..4],
        &[0, 1],
        &bytes[4..bytes.len() - 4],
        &[0],
        &bytes[bytes.len() - 4..],
    ];
    assert_eq!(with(&marked.concat()), ALONE);
    assert_eq!(with(&[&bytes[..], &[0]].concat()), ALONE);
    assert_eq!(with(&[]), ALONE);
}

#[test]
fn refuses_more_or_fewer_maps_than_the_transaction_asks_for() {
    for version in BOTH {
        let maps = maps_of(&Case::new(version, 2).raw());
        let mut fewer = maps.clone();
        fewer.pop();
        assert_eq!(refusing(write(&fewer)), ALONE);
        let mut more = maps;
        more.push(vec![]);
        assert_eq!(refusing(write(&more)), ALONE);
    }
}

#[test]
fn refuses_other_versions() {
    for version in BOTH {
        let raw = Case::new(version, 1).raw();
        for number in [1_u32, 3, 256, 0x0200_0000, u32::MAX] {
            let bytes = edit(&raw, MapId::Global, &[0xFB], Some(&number.to_le_bytes()));
            assert_eq!(refusing(bytes), ALONE);
        }
        for wrong in [&[][..], &[2], &[2, 0, 0], &[2, 0, 0, 0, 0]] {
            assert_eq!(
                refusing(edit(&raw, MapId::Global, &[0xFB], Some(wrong))),
                ALONE
            );
        }
    }
    let v0 = Case::new(PsbtVersion::V0, 1).raw();
    assert_eq!(
        refusing(edit(&v0, MapId::Global, &[0xFB], Some(&[0; 4]))),
        []
    );
    assert_eq!(
        refusing(edit(&v0, MapId::Global, &[0xFB], Some(&[2, 0, 0, 0]))),
        ALONE
    );
    let v2 = Case::new(PsbtVersion::V2, 1).raw();
    assert_eq!(refusing(edit(&v2, MapId::Global, &[0xFB], None)), ALONE);
}

#[test]
fn refuses_fields_of_the_other_version() {
    let v0 = Case::new(PsbtVersion::V0, 1).raw();
    let v2_only: [(MapId, &[u8]); 3] = [
        (MapId::Global, &[0x02, 0x03, 0x04, 0x05, 0x06]),
        (IN_0, &[0x0E, 0x0F, 0x10, 0x11, 0x12]),
        (OUT_0, &[0x03, 0x04]),
    ];
    for (map, types) in v2_only {
        for key_type in types {
            for size in [1, 4, 8, 32] {
                let bytes = edit(&v0, map, &[*key_type], Some(&vec![1; size]));
                assert_eq!(refusing(bytes), ALONE);
            }
        }
    }
    let v2 = Case::new(PsbtVersion::V2, 1).raw();
    let tx = v0.value(MapId::Global, &[0x00]).unwrap();
    assert_eq!(refusing(edit(&v2, MapId::Global, &[0x00], Some(tx))), ALONE);
}

#[test]
fn refuses_version_two_without_a_field_it_needs() {
    let v2 = Case::new(PsbtVersion::V2, 1).raw();
    let needed: [(MapId, &[u8]); 3] = [
        (MapId::Global, &[0x02, 0x04, 0x05]),
        (IN_0, &[0x0E, 0x0F]),
        (OUT_0, &[0x03, 0x04]),
    ];
    for (map, types) in needed {
        for key_type in types {
            assert_eq!(refusing(edit(&v2, map, &[*key_type], None)), ALONE);
        }
    }
    // The others have defaults.
    assert_eq!(refusing(edit(&v2, MapId::Global, &[0x03], None)), []);
    assert_eq!(refusing(edit(&v2, IN_0, &[0x10], None)), []);
}

/// Every known type with key data it may not have, and with values one byte short and long.
#[test]
fn refuses_known_fields_in_another_shape() {
    let mut judged = 0;
    for version in BOTH {
        let raw = Case::new(version, 1).raw();
        for map in [MapId::Global, IN_0, OUT_0] {
            for key_type in 0..=0xFC {
                let Some(known) = key::known(map, key_type) else {
                    continue;
                };
                let allowed = known.versions == key::Versions::Both
                    || known.versions == key::Versions::Only(version);
                if !allowed || known.purpose == key::Purpose::OtherSpending {
                    continue;
                }
                judged += 1;
                for key_data in wrong_key_data(known.key_data) {
                    let key = [&[key_type], &key_data[..]].concat();
                    let value = vec![0; 4];
                    assert_eq!(
                        refusing(edit(&raw, map, &key, Some(&value))),
                        ALONE,
                        "{known:?}"
                    );
                }
                if let key::ValueForm::Exactly(length) = known.value {
                    for size in [0, length - 1, length + 1] {
                        let bytes = edit(&raw, map, &[key_type], Some(&vec![1; size]));
                        assert_eq!(refusing(bytes), ALONE, "{known:?}");
                    }
                }
            }
        }
    }
    assert_eq!(judged, 2 * 14 + 1 + 12);
}

fn wrong_key_data(right: key::KeyData) -> Vec<Vec<u8>> {
    let uncompressed = [&[4][..], &[1; 64]].concat();
    match right {
        key::KeyData::None => vec![vec![0], vec![2; 33]],
        key::KeyData::PublicKey => {
            vec![
                vec![],
                vec![2; 32],
                vec![2; 34],
                vec![4; 33],
                vec![6; 33],
                uncompressed,
            ]
        }
        key::KeyData::Xpub => vec![vec![], vec![0; 77], vec![0; 79]],
        key::KeyData::Any => vec![],
    }
}

#[test]
fn refuses_a_signature_of_a_key_that_is_no_point() {
    let raw = Case::new(BOTH[0], 1).raw();
    // x = 5 is on the curve of no point; nor is anything from the field size on.
    let mut off_curve = [0; 33];
    (off_curve[0], off_curve[32]) = (2, 5);
    let mut past_the_field = [0xFF; 33];
    past_the_field[0] = 3;
    let mut zero = [0; 33];
    zero[0] = 2;
    for point in [off_curve, past_the_field, zero] {
        let record = [&[0x02][..], &point].concat();
        assert_eq!(refusing(edit(&raw, IN_0, &record, Some(&[1]))), ALONE);
    }
}

#[test]
fn refuses_origins_and_coins_in_another_shape() {
    let raw = Case::new(BOTH[1], 1).raw();
    for (map, key_type) in [(IN_0, 0x06), (OUT_0, 0x02)] {
        let record = [&[key_type][..], &key(2).serialize()].concat();
        for size in [0, 3, 5, 6, 7, 9] {
            assert_eq!(
                refusing(edit(&raw, map, &record, Some(&vec![0; size]))),
                ALONE
            );
        }
        for size in [4, 8, 52] {
            assert_eq!(refusing(edit(&raw, map, &record, Some(&vec![0; size]))), []);
        }
    }
    let coin = raw.value(IN_0, &[0x01]).unwrap().to_vec();
    for bad in [
        &coin[..coin.len() - 1],
        &[&coin[..], &[0]].concat(),
        &[],
        &coin[..8],
    ] {
        assert_eq!(refusing(edit(&raw, IN_0, &[0x01], Some(bad))), ALONE);
    }
}

/// The sighash is made of the transaction that the container decoded, not of another reading.
#[test]
fn the_transaction_is_decoded_once() {
    for version in BOTH {
        let parsed = ParsedPsbt::parse(Case::new(version, 2).bytes()).unwrap();
        let decoded = parsed.raw().unsigned_tx().unwrap();
        assert!(core::ptr::eq(parsed.tx(), decoded));
    }
}

/// A type that inputs know is an unknown one in another map, and no lock time.
#[test]
fn passes_types_of_inputs_in_other_maps() {
    let raw = Case::new(BOTH[1], 1).raw();
    for map in [MapId::Global, OUT_0] {
        for key_type in [0x11, 0x12] {
            for value in [&[][..], &[0], &[0; 4], &[0xFF; 4]] {
                assert_eq!(refusing(edit(&raw, map, &[key_type], Some(value))), []);
            }
        }
    }
}

#[test]
fn refuses_impossible_required_lock_times() {
    let raw = Case::new(BOTH[1], 2).raw();
    let with = |key: u8, lock: u32| refusing(edit(&raw, IN_0, &[key], Some(&lock.to_le_bytes())));
    assert_eq!(with(0x12, 1), []);
    assert_eq!(with(0x12, 499_999_999), []);
    assert_eq!(with(0x12, 0), ALONE);
    assert_eq!(with(0x12, 500_000_000), ALONE);
    // A time can be required, but not by a transaction that we sign.
    assert_eq!(with(0x11, 500_000_000), [RuleId::PSB07]);
    assert_eq!(with(0x11, 499_999_999), ALONE);
    assert_eq!(with(0x11, 0), ALONE);
}

#[test]
fn refuses_proprietary_keys_that_bip174_cannot_take_apart() {
    for version in BOTH {
        let raw = Case::new(version, 1).raw();
        let with = |key: &[u8]| {
            refusing(
                raw.insert_input(InputIndex(0), key, b"x")
                    .unwrap()
                    .into_bytes(),
            )
        };
        for whole in [
            &b"\xfc\x00\x00"[..],
            b"\xfc\x05other\x00",
            b"\xfc\x01a\xfd\xfd\x00data",
        ] {
            assert_eq!(with(whole), [], "{whole:?}");
        }
        for spoiled in [
            &b"\xfc"[..],
            b"\xfc\x00",
            b"\xfc\x05othe",
            b"\xfc\x05other",
            b"\xfc\x05other\xfd\x01",
            b"\xfc\x05other\xfd\x01\x00",
            b"\xfc\xfd\x05\x00other\x00",
        ] {
            assert_eq!(with(spoiled), ALONE, "{spoiled:?}");
        }
    }
}

#[test]
fn refuses_our_own_records_under_other_keys() {
    let raw = Case::new(BOTH[0], 1).raw();
    let with = |key: &[u8]| refusing(raw.insert_global(key, b"x").unwrap().into_bytes());
    for key in [
        ProprietaryField::Request.key(b"1"),
        ProprietaryField::Headers.key(b"1"),
        ProprietaryField::Balance.key(b"1"),
        ProprietaryField::Approval.key(b""),
        ProprietaryField::Approval.key(b"Sato"),
        ProprietaryField::Approval.key(&[0xFF, 0xFE]),
        ProprietaryField::Receipt.key(&[1; 35]),
        ProprietaryField::Receipt.key(&[1; 37]),
    ] {
        assert_eq!(with(&key), ALONE);
    }
    assert_eq!(with(&ProprietaryField::Receipt.key(&[1; 36])), []);
}

fn expected_and_got(bytes: &[u8]) -> [Phrase; 2] {
    let refusal = super::psb01(RawPsbt::parse(bytes).unwrap()).unwrap_err();
    assert_eq!(refusal.rule, RuleId::PSB01);
    [refusal.expected, refusal.got]
}

#[test]
fn names_the_version_that_a_field_is_of() {
    let v0 = Case::new(PsbtVersion::V0, 1).raw();
    let with = edit(&v0, MapId::Global, &[0x06], Some(&[0]));
    let [expected, got] = expected_and_got(&with);
    assert_eq!(
        expected.text(Lang::En),
        "GLOBAL_TX_MODIFIABLE only in version 2"
    );
    assert_eq!(got.text(Lang::En), "version 0");
}

#[test]
fn names_our_own_record_that_has_another_key() {
    let raw = Case::new(BOTH[0], 1).raw();
    for (field, name) in [
        (ProprietaryField::Request, "request"),
        (ProprietaryField::Approval, "approval"),
        (ProprietaryField::Headers, "headers"),
        (ProprietaryField::Balance, "balance"),
        (ProprietaryField::Receipt, "receipt"),
    ] {
        let spoiled = raw.insert_global(&field.key(&[0xFF]), b"x").unwrap();
        let [expected, _] = expected_and_got(spoiled.bytes());
        let begins = std::format!("himuro {name} with ");
        assert!(expected.text(Lang::En).starts_with(&begins), "{name}");
    }
}

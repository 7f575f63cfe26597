//! Reading as a whole: both versions, one transaction.

use alloc::vec::Vec;
use std::vec;

use bitcoin::Amount;

use crate::digest::DeviceId;
use crate::rule::{RuleId, Stage, Verdict};
use crate::types::{OfficerId, SessionNumber};

use super::testing::{BOTH, COIN, Case, IN_0, edit, key, refusing};
use super::{KeyType, Limits, MapId, ParsedPsbt, ProprietaryField, RawPsbt, signed};
use crate::types::InputIndex;

fn parsed(bytes: Vec<u8>) -> ParsedPsbt {
    ParsedPsbt::parse(bytes)
        .map_err(|s| std::format!("{s}"))
        .unwrap()
}

#[test]
fn both_versions_are_one_transaction() {
    let [v0, v2] = BOTH.map(|version| parsed(Case::new(version, 3).bytes()));
    assert_eq!(v0.tx(), v2.tx());
    assert_eq!(v0.tx_digest(), v2.tx_digest());
    assert_ne!(v0.digest(), v2.digest());
    for psbt in [&v0, &v2] {
        assert_eq!(psbt.total_in(), Amount::from_sat(3 * COIN));
        assert_eq!(psbt.fee(), Amount::from_sat(1_000));
        assert_eq!(psbt.inputs().len(), 3);
        assert_eq!(psbt.outputs().len(), 1);
        assert_eq!(psbt.foreign_records(), 0);
        assert_eq!(
            psbt.report().lines().len(),
            RuleId::of(Stage::Parse).count()
        );
        let [origin] = psbt.inputs()[0].origins.as_slice() else {
            panic!()
        };
        assert_eq!(origin.public_key, key(1).serialize());
        assert_eq!(origin.path, [1, 0, 7]);
    }
}

#[test]
fn the_digest_is_over_the_documented_preimage() {
    let psbt = parsed(Case::new(BOTH[0], 1).bytes());
    let (tx, coin) = (psbt.tx(), &psbt.inputs()[0].spent);
    let mut preimage = vec![];
    preimage.extend(2_u32.to_le_bytes());
    preimage.extend(840_000_u32.to_le_bytes());
    preimage.extend(1_u32.to_le_bytes());
    preimage.extend(bitcoin::consensus::serialize(&tx.input[0].previous_output));
    preimage.extend(0xFFFF_FFFD_u32.to_le_bytes());
    preimage.extend(COIN.to_le_bytes());
    preimage.extend(34_u32.to_le_bytes());
    preimage.extend(coin.script_pubkey.as_bytes());
    preimage.extend(1_u32.to_le_bytes());
    preimage.extend((COIN - 1_000).to_le_bytes());
    preimage.extend(34_u32.to_le_bytes());
    preimage.extend(tx.output[0].script_pubkey.as_bytes());
    assert_eq!(
        psbt.tx_digest(),
        crate::digest::TxDigest::over(&[&preimage])
    );
}

#[test]
fn signatures_do_not_change_the_digest_of_the_transaction() {
    for version in BOTH {
        let case = Case::new(version, 2);
        let before = parsed(case.bytes());
        let signatures: Vec<_> = (0..2)
            .map(|n| (InputIndex(n), key(1).into(), vec![0x30, 1]))
            .collect();
        let receipt = (DeviceId::from_bytes([7; 32]), SessionNumber(3), vec![9]);
        let after = signed::add_signatures(before.raw(), &signatures, receipt).unwrap();
        let after = parsed(after.into_bytes());
        assert_eq!(after.tx_digest(), before.tx_digest());
        assert_eq!(after.inputs()[1].partial_sigs, [(key(1), vec![0x30, 1])]);
        let expected = (DeviceId::from_bytes([7; 32]), SessionNumber(3), vec![9]);
        assert_eq!(after.carried().receipts, [expected]);
    }
}

#[test]
fn what_travels_for_us_is_found() {
    let officer = OfficerId::new("sato.k").unwrap();
    let raw = Case::new(BOTH[1], 1).raw();
    let raw = raw
        .insert_global(&ProprietaryField::request_key(), b"request")
        .unwrap();
    let raw = raw
        .insert_global(&ProprietaryField::approval_key(&officer), b"yes")
        .unwrap();
    let raw = raw
        .insert_global(&ProprietaryField::headers_key(), b"headers")
        .unwrap();
    let raw = raw
        .insert_global(&ProprietaryField::balance_key(), b"balance")
        .unwrap();
    let psbt = parsed(raw.into_bytes());
    let carried = psbt.carried();
    assert_eq!(carried.request.as_deref(), Some(&b"request"[..]));
    assert_eq!(carried.approvals, [(officer, b"yes".to_vec())]);
    assert_eq!(carried.headers.as_deref(), Some(&b"headers"[..]));
    assert_eq!(carried.balance.as_deref(), Some(&b"balance"[..]));
    assert_eq!(psbt.foreign_records(), 0);
}

#[test]
fn our_key_is_the_one_of_the_blueprint() {
    let key = ProprietaryField::receipt_key(&DeviceId::from_bytes([0xAA; 32]), SessionNumber(1));
    let mut expected = b"\xfc\x06himuro\x10".to_vec();
    expected.extend([0xAA; 32]);
    expected.extend([0, 0, 0, 1]);
    assert_eq!(key, expected);
}

#[test]
fn an_insertion_leaves_all_else_byte_for_byte() {
    for version in BOTH {
        let raw = Case::new(version, 2).raw();
        let added = raw
            .insert_input(InputIndex(1), b"\xf0abc", b"value")
            .unwrap();
        let bytes = added.to_bytes();
        assert_eq!(
            edit(&added, MapId::Input(InputIndex(1)), b"\xf0abc", None),
            raw.bytes()
        );
        let place = bytes.windows(11).position(|w| w == b"\x04\xf0abc\x05value");
        let mut without = bytes.clone();
        without.drain(place.unwrap()..place.unwrap() + 11);
        assert_eq!(without, raw.bytes());
        let twice = added
            .insert_input(InputIndex(1), b"\xf0abc", b"other")
            .unwrap_err();
        assert_eq!(twice.rule, RuleId::PSB01);
        assert!(added.insert_input(InputIndex(2), b"\xf0", b"").is_err());
        assert!(added.insert_global(b"", b"").is_err());
    }
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_other_rules_unreached() {
    let stopped = ParsedPsbt::parse(b"psbt".to_vec()).unwrap_err();
    for line in stopped.report().lines() {
        match line.rule {
            RuleId::PSB01 => assert!(matches!(line.verdict, Verdict::Refused(_))),
            _ => assert_eq!(line.verdict, Verdict::NotReached(RuleId::PSB01)),
        }
    }
    let large = vec![0; Limits::USUAL.file_bytes() + 1];
    let stopped = ParsedPsbt::parse(large).unwrap_err();
    assert_eq!(stopped.refusal().unwrap().rule, RuleId::PSB02);
    assert_eq!(
        stopped.report().lines()[0].verdict,
        Verdict::NotReached(RuleId::PSB02)
    );
}

#[test]
fn every_rule_runs_though_another_refuses() {
    let raw = Case::new(BOTH[0], 1).raw();
    let bytes = edit(&raw, IN_0, &[0x03], Some(&[2, 0, 0, 0]));
    let raw = RawPsbt::from_vec(bytes).unwrap();
    let bytes = edit(&raw, IN_0, &[0x07], Some(&[1]));
    let raw = RawPsbt::from_vec(bytes).unwrap();
    let bytes = edit(&raw, IN_0, &[0x00], None);
    let expected = [RuleId::PSB03, RuleId::PSB04, RuleId::PSB05];
    assert_eq!(refusing(bytes), expected);
}

#[test]
fn truncation_at_every_byte_is_refused_by_form() {
    for version in BOTH {
        let bytes = Case::new(version, 2).bytes();
        for cut in 0..bytes.len() {
            assert_eq!(
                refusing(bytes[..cut].to_vec()),
                [RuleId::PSB01],
                "cut at {cut}"
            );
        }
        assert_eq!(refusing(bytes), []);
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    for version in BOTH {
        let bytes = Case::new(version, 1).bytes();
        for tail in [&b"\0"[..], b"\n", &bytes, b"\0\0\0\0"] {
            assert_eq!(refusing([&bytes, tail].concat()), [RuleId::PSB01]);
        }
    }
}

#[test]
fn wide_key_types_pass_through_and_are_never_read_as_known() {
    let raw = Case::new(BOTH[1], 1).raw();
    // Low byte 0x03 would be a signature type.
    for wide in [
        &b"\xfd\x03\x01"[..],
        b"\xfe\x03\x00\x01\x00",
        b"\xff\x03\0\0\0\x01\0\0\0",
    ] {
        let added = raw
            .insert_input(InputIndex(0), wide, &[2, 0, 0, 0])
            .unwrap();
        let record = added.records(IN_0).last().unwrap();
        assert!(matches!(record.key_type(), KeyType::Wide(_)));
        assert_eq!(record.key_data(), b"");
        let psbt = parsed(added.to_bytes());
        assert_eq!(psbt.foreign_records(), 1);
        assert_eq!(psbt.bytes(), added.bytes());
    }
    // The same type in a longer form than needed.
    for long in [&b"\xfd\x03\x00"[..], b"\xfe\x03\x01\x00\x00", b"\xfd"] {
        let refusal = raw.insert_input(InputIndex(0), long, &[]).unwrap_err();
        assert_eq!(refusal.rule, RuleId::PSB01);
    }
}

#[test]
fn huge_counts_in_small_files_are_refused_without_memory() {
    // Version 2 that claims 33 million inputs.
    let v2 = b"psbt\xff\x01\xfb\x04\x02\0\0\0\x01\x04\x05\xfe\x40\x8a\xf7\x01\x01\x05\x01\x01\0";
    assert_eq!(refusing(v2.to_vec()), [RuleId::PSB02]);
    // Version 0 whose transaction claims as many.
    let v0 = b"psbt\xff\x01\x00\x09\x02\0\0\0\xfe\x40\x8a\xf7\x01\0";
    assert_eq!(refusing(v0.to_vec()), [RuleId::PSB02]);
    // A key and a value of four million bytes.
    let key = b"psbt\xff\xfe\x00\x09\x3d\x00\x00";
    assert_eq!(refusing(key.to_vec()), [RuleId::PSB02]);
    let value = b"psbt\xff\x01\x00\xfe\x00\x09\x3d\x00";
    assert_eq!(refusing(value.to_vec()), [RuleId::PSB01]);
    // Lengths that would wrap around.
    let wrap = b"psbt\xff\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(refusing(wrap.to_vec()), [RuleId::PSB01]);
}

#[test]
fn headers_are_replaced_and_nothing_else_changes() {
    for version in BOTH {
        let before = RawPsbt::from_vec(Case::new(version, 2).bytes()).unwrap();
        let once = before.with_headers(b"first").unwrap();
        let twice = once.with_headers(b"second").unwrap();
        assert_eq!(twice, before.with_headers(b"second").unwrap());
        let key = ProprietaryField::headers_key();
        assert_eq!(twice.value(MapId::Global, &key), Some(&b"second"[..]));
        let others = |psbt: &RawPsbt| -> Vec<_> {
            let maps: Vec<MapId> = psbt.maps().collect();
            maps.into_iter()
                .flat_map(|map| {
                    psbt.records(map)
                        .map(move |r| (map, r.key().to_vec(), r.value().to_vec()))
                        .collect::<Vec<_>>()
                })
                .filter(|(_, k, _)| *k != key)
                .collect()
        };
        assert_eq!(others(&twice), others(&before));
    }
}

/// The flags are told as they stand there, whatever else the global map says.
#[test]
fn the_flags_of_version_two_are_told() {
    let v2 = Case::new(BOTH[1], 1).raw();
    assert_eq!(parsed(v2.to_bytes()).modifiable(), None);
    for flags in [0, 2, 3] {
        let with = v2.insert_global(&[0x06], &[flags]).unwrap();
        let with = with.insert_global(b"\xf0", b"other").unwrap();
        assert_eq!(parsed(with.into_bytes()).modifiable(), Some(flags));
    }
}

#[test]
fn a_file_says_which_transaction_it_is_about() {
    for version in BOTH {
        let case = Case::new(version, 2);
        let txid = case.tx.compute_txid();
        assert_eq!(case.raw().unsigned_txid(), Some(txid));
        assert_eq!(parsed(case.bytes()).tx().compute_txid(), txid);
    }
}

/// Whoever has not read a PSBT sees the records of its global map, and no further.
#[test]
fn the_first_map_is_the_global_one_up_to_its_end() {
    for version in BOTH {
        let raw = Case::new(version, 1).raw();
        let keys = |bytes: &[u8]| -> Vec<Vec<u8>> {
            super::first_map(bytes)
                .map(|record| record.key().to_vec())
                .collect()
        };
        let global = raw
            .records(MapId::Global)
            .map(|record| record.key().to_vec());
        let global: Vec<Vec<u8>> = global.collect();
        assert_eq!(keys(raw.bytes()), global);
        assert_eq!(keys(&raw.bytes()[1..]), Vec::<Vec<u8>>::new());
    }
}

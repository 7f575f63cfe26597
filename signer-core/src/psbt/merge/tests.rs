use alloc::vec::Vec;

use super::*;
use crate::digest::DeviceId;
use crate::psbt::signed::add_signatures;
use crate::psbt::testing::{BOTH, Case, IN_0, edit, key};
use crate::psbt::{PsbtVersion, Record};
use crate::types::{InputIndex, SessionNumber};

/// The answer of device `n` to `raw`.
fn answer(raw: &RawPsbt, n: u8) -> RawPsbt {
    let inputs = u32::try_from(raw.input_count()).unwrap();
    let signatures: Vec<_> = (0..inputs)
        .map(|i| (InputIndex(i), key(n).into(), alloc::vec![n, 1]))
        .collect();
    let receipt = (
        DeviceId::from_bytes([n; 32]),
        SessionNumber(1),
        alloc::vec![n; 50],
    );
    add_signatures(raw, &signatures, receipt).unwrap()
}

/// Every record of `part` is in `whole`, byte for byte.
fn holds(whole: &RawPsbt, part: &RawPsbt) -> bool {
    part.maps().all(|map| {
        part.records(map)
            .all(|record: Record<'_>| whole.value(map, record.key()) == Some(record.value()))
    })
}

fn record_count(psbt: &RawPsbt) -> usize {
    psbt.maps().map(|map| psbt.records(map).count()).sum()
}

#[test]
fn merging_loses_nothing_and_needs_no_order() {
    for version in BOTH {
        let base = Case::new(version, 3).raw();
        let base = base
            .insert_input(InputIndex(0), b"\xf0x", b"unknown")
            .unwrap();
        let base = base
            .insert_global(b"\xfc\x05other\x00", b"foreign")
            .unwrap();
        let [a, b, c] = [3, 1, 2].map(|n| answer(&base, n));
        let ab = a.merge(&b).unwrap();
        assert_eq!(ab.bytes(), b.merge(&a).unwrap().bytes());
        assert_eq!(record_count(&ab), record_count(&base) + 2 * 4);
        let orders = [
            ab.merge(&c).unwrap(),
            a.merge(&b.merge(&c).unwrap()).unwrap(),
            c.merge(&b).unwrap().merge(&a).unwrap(),
            b.merge(&a.merge(&c).unwrap()).unwrap(),
        ];
        for merged in &orders {
            assert_eq!(merged.bytes(), orders[0].bytes());
            for part in [&a, &b, &c, &base] {
                assert!(holds(merged, part));
            }
        }
        assert_eq!(a.merge(&a).unwrap().bytes(), a.bytes());
        assert_eq!(a.merge(&base).unwrap().bytes(), a.bytes());
        assert_eq!(base.merge(&a).unwrap().bytes(), a.bytes());
    }
}

/// The bitcoin crate's combiner drops the parent when the other side repeats the coin.
#[test]
fn the_parent_stays_when_the_other_side_brings_the_coin_alone() {
    let full = Case::new(PsbtVersion::V0, 1).raw();
    let lean = RawPsbt::from_vec(edit(&full, IN_0, &[0x00], None)).unwrap();
    let bare = RawPsbt::from_vec(edit(&full, IN_0, &[0x01], None)).unwrap();
    for (a, b) in [(&full, &lean), (&lean, &bare), (&full, &bare)] {
        let merged = a.merge(b).unwrap();
        assert_eq!(merged.bytes(), b.merge(a).unwrap().bytes());
        assert_eq!(record_count(&merged), record_count(&full));
        assert!(holds(&merged, &full));
    }
}

#[test]
fn records_in_another_order_merge_to_the_same_bytes() {
    let base = Case::new(PsbtVersion::V0, 1).raw();
    let add = |psbt: &RawPsbt, key: &[u8]| psbt.insert_input(InputIndex(0), key, b"v").unwrap();
    let a = add(&add(&base, b"\xf1"), b"\xf0");
    let b = add(&add(&base, b"\xf0"), b"\xf1");
    assert_ne!(a.bytes(), b.bytes());
    let merged = a.merge(&b).unwrap();
    assert_eq!(merged.bytes(), b.merge(&a).unwrap().bytes());
    assert!(holds(&merged, &a) && holds(&a, &merged));
}

#[test]
fn a_contradiction_names_map_and_key() {
    for version in BOTH {
        let base = Case::new(version, 2).raw();
        let map = MapId::Input(InputIndex(1));
        let key = [&[0x02][..], &key(1).serialize()].concat();
        let with = |value: &[u8]| base.insert_input(InputIndex(1), &key, value).unwrap();
        let expected = Err(MergeError::Conflict {
            map,
            key: key.clone(),
        });
        assert_eq!(with(&[1]).merge(&with(&[2])), expected);
        assert_eq!(with(&[2]).merge(&with(&[1])), expected);
    }
}

/// Only the flags of the transaction may differ: no other record of one byte, and no such key of an
/// input.
#[test]
fn other_single_bytes_contradict_too() {
    let base = Case::new(PsbtVersion::V2, 1).raw();
    let global = |value: u8| base.insert_global(&[0xF0], &[value]).unwrap();
    let input = |value: u8| base.insert_input(InputIndex(0), &[0xF0], &[value]).unwrap();
    for (a, b) in [(global(1), global(2)), (input(1), input(2))] {
        assert!(matches!(a.merge(&b), Err(MergeError::Conflict { .. })));
    }
}

#[test]
fn other_transactions_and_versions_do_not_merge() {
    let [v0, v2] = BOTH.map(|version| Case::new(version, 2).raw());
    assert_eq!(v0.merge(&v2), Err(MergeError::Version));
    for version in BOTH {
        let base = Case::new(version, 2);
        let mut other = Case::new(version, 2);
        other.tx.output[0].value += bitcoin::Amount::ONE_SAT;
        assert_eq!(base.raw().merge(&other.raw()), Err(MergeError::Transaction));
        let mut fewer = Case::new(version, 2);
        fewer.tx.input.pop();
        fewer.inputs.pop();
        assert_eq!(base.raw().merge(&fewer.raw()), Err(MergeError::Transaction));
    }
}

#[test]
fn required_lock_times_of_both_must_make_the_same_transaction() {
    let base = Case::new(PsbtVersion::V2, 2).raw();
    let fallback = edit(&base, MapId::Global, &[0x03], Some(&[9, 0, 0, 0]));
    let base = RawPsbt::from_vec(fallback).unwrap();
    let height = |n: u32| {
        base.insert_input(InputIndex(n), &[0x12], &[9, 0, 0, 0])
            .unwrap()
    };
    assert_eq!(height(0).unsigned_tx(), base.unsigned_tx());
    assert!(height(0).merge(&height(1)).is_ok());
    // A time in one input and a height in the other: each alone is a transaction, both are none.
    let time = base
        .insert_input(InputIndex(1), &[0x11], &500_000_000_u32.to_le_bytes())
        .unwrap();
    assert_eq!(height(0).merge(&time), Err(MergeError::Transaction));
}

#[test]
fn modifiable_flags_merge_to_what_both_allow() {
    let base = Case::new(PsbtVersion::V2, 1).raw();
    let with = |flags: u8| base.insert_global(&[0x06], &[flags]).unwrap();
    for (a, b, merged) in [
        (3, 0, 0),
        (3, 1, 1),
        (2, 1, 0),
        (3, 3, 3),
        (4, 0, 4),
        (4, 4, 4),
        (0xF8, 1, 0xF8),
    ] {
        for (a, b) in [(a, b), (b, a)] {
            let both = with(a).merge(&with(b)).unwrap();
            assert_eq!(both.value(MapId::Global, &[0x06]), Some(&[merged][..]));
        }
    }
    // The answer of a device that cleared them, and the PSBT as it was.
    let asked = with(3);
    let answered = answer(&asked, 1);
    assert_eq!(answered.value(MapId::Global, &[0x06]), Some(&[0][..]));
    assert_eq!(asked.merge(&answered).unwrap().bytes(), answered.bytes());
}

#[test]
fn an_error_is_told_in_its_two_lines() {
    let error = MergeError::Transaction;
    assert_eq!(std::format!("{error}"), error.text(Lang::En));
    assert_eq!(error.text(Lang::En).lines().count(), 2);
}

//! A10: versions of PSBT.

use super::{accept, refuse, usual};
use crate::case::{Case, Family};
use crate::psbt::Psbt;

const FORM: &str = "PSB01";

pub(super) fn families() -> Vec<Family> {
    let note =
        "House: version 0 and version 2 are both read; only what is wrong with them is refused.";
    let cases = [
        numbers(),
        mixed(),
        fields_of_v2(),
        lock_times(),
        modifiable(),
    ]
    .concat();
    vec![Family::new("A10-version", note, cases)]
}

fn numbers() -> Vec<Case> {
    let mut cases = vec![];
    for value in [1_u32, 3, 4, 0x0100_0000, u32::MAX] {
        for version in [0, 2] {
            let psbt = usual(version).psbt().with(|p| {
                p.global.set(&[0xFB], &value.to_le_bytes());
            });
            cases.push(refuse(format!("v{version}-says-{value}"), &psbt, FORM));
        }
    }
    for (name, value) in [
        ("short", &[2, 0, 0][..]),
        ("long", &[2, 0, 0, 0, 0]),
        ("empty", &[]),
    ] {
        let psbt = usual(2).psbt().with(|p| {
            p.global.set(&[0xFB], value);
        });
        cases.push(refuse(format!("number-{name}"), &psbt, FORM));
    }
    let said = |version, number: u32| {
        usual(version).psbt().with(|p| {
            p.global.set(&[0xFB], &number.to_le_bytes());
        })
    };
    cases.push(accept("v0-says-0", &said(0, 0)));
    cases.push(refuse("v0-says-2", &said(0, 2), FORM));
    cases.push(refuse("v2-says-0", &said(2, 0), FORM));
    let silent = usual(2).psbt().with(|p| {
        p.global.remove(0xFB);
    });
    cases.push(refuse("v2-says-nothing", &silent, FORM));
    cases
}

/// Fields of one version in the other.
fn mixed() -> Vec<Case> {
    let mut cases = vec![];
    for (name, place, key, value) in [
        ("tx-version", 0, 0x02, &[2, 0, 0, 0][..]),
        ("fallback-locktime", 0, 0x03, &[0; 4]),
        ("input-count", 0, 0x04, &[2]),
        ("output-count", 0, 0x05, &[2]),
        ("modifiable", 0, 0x06, &[0]),
        ("previous-txid", 1, 0x0E, &[1; 32]),
        ("output-index", 1, 0x0F, &[0; 4]),
        ("sequence", 2, 0x10, &[0; 4]),
        ("required-time", 2, 0x11, &[0, 0x65, 0xCD, 0x1D]),
        ("required-height", 1, 0x12, &[1, 0, 0, 0]),
        ("amount", 3, 0x03, &[0; 8]),
        ("script", 4, 0x04, &[0x51]),
    ] {
        let psbt = usual(0).psbt().with(|p| {
            p.map_mut(place).push(&[key], value);
        });
        cases.push(refuse(format!("v0-with-{name}"), &psbt, FORM));
    }
    let unsigned = usual(0).psbt().global.get(&[0]).to_vec();
    let psbt = usual(2).psbt().with(|p| {
        p.global.push(&[0], &unsigned);
    });
    cases.push(refuse("v2-with-unsigned-tx", &psbt, FORM));
    cases
}

/// What version 2 needs, and the length of each field.
fn fields_of_v2() -> Vec<Case> {
    let mut cases = vec![];
    for (name, place, key) in [
        ("tx-version", 0, 0x02),
        ("input-count", 0, 0x04),
        ("output-count", 0, 0x05),
        ("previous-txid", 1, 0x0E),
        ("output-index", 2, 0x0F),
        ("amount", 3, 0x03),
        ("script", 4, 0x04),
    ] {
        let psbt = usual(2).psbt().with(|p| {
            p.map_mut(place).remove(key);
        });
        cases.push(refuse(format!("v2-without-{name}"), &psbt, FORM));
    }
    for (name, place, key, length) in [
        ("tx-version", 0, 0x02, 4),
        ("fallback-locktime", 0, 0x03, 4),
        ("modifiable", 0, 0x06, 1),
        ("previous-txid", 1, 0x0E, 32),
        ("output-index", 1, 0x0F, 4),
        ("sequence", 2, 0x10, 4),
        ("required-time", 2, 0x11, 4),
        ("required-height", 1, 0x12, 4),
        ("amount", 3, 0x03, 8),
    ] {
        for (how, length) in [("short", length - 1), ("long", length + 1)] {
            let psbt = usual(2).psbt().with(|p| {
                p.map_mut(place).set(&[key], &vec![1; length]);
            });
            cases.push(refuse(format!("v2-{name}-{how}"), &psbt, FORM));
        }
        let psbt = usual(2).psbt().with(|p| {
            let map = p.map_mut(place);
            map.remove(key);
            map.push(&[key, 0], &vec![1; length]);
        });
        cases.push(refuse(format!("v2-{name}-key-data"), &psbt, FORM));
    }
    cases
}

/// The lock times that inputs require, at and beyond their limits.
fn lock_times() -> Vec<Case> {
    const TIME: u32 = 500_000_000;
    let requiring = |records: &[(usize, u8, u32)]| -> Psbt {
        let locks = records.to_vec();
        usual(2).psbt().with(move |p| {
            for (input, key, value) in locks {
                p.inputs[input].push(&[key], &value.to_le_bytes());
            }
        })
    };
    let no_height = requiring(&[(0, 0x12, 0)]);
    let high = requiring(&[(0, 0x12, TIME)]);
    let early = requiring(&[(1, 0x11, TIME - 1)]);
    let apart = requiring(&[(0, 0x12, 800_000), (1, 0x11, TIME)]);
    let same = requiring(&[(0, 0x12, 840_000), (1, 0x12, 850_000)]);
    let either = requiring(&[(0, 0x12, 850_000), (0, 0x11, TIME), (1, 0x12, 1)]);
    let ahead = requiring(&[(1, 0x12, 850_001)]);
    let time = requiring(&[(0, 0x11, TIME)]);
    vec![
        refuse("required-height-0", &no_height, FORM),
        refuse("required-height-is-a-time", &high, FORM),
        refuse("required-time-is-a-height", &early, FORM),
        refuse("one-height-one-time", &apart, FORM),
        accept("two-heights", &same),
        accept("height-where-both-can", &either),
        refuse("required-height-ahead", &ahead, "PSB07@transaction"),
        refuse("required-time", &time, "PSB07@transaction"),
    ]
}

fn modifiable() -> Vec<Case> {
    let flags = (0..8).chain([0x80, 0xFF]).map(|flags: u8| {
        let psbt = usual(2).psbt().with(|p| {
            p.global.set(&[0x06], &[flags]);
        });
        accept(format!("modifiable-{flags:#04x}"), &psbt)
    });
    flags.collect()
}

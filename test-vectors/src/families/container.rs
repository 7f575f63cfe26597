//! A01 to A09 and A11: the container and its parser.

use bitcoin::consensus;

use super::{accept, both, refuse, refuse_bytes, usual};
use crate::case::{Case, Expected, Family};
use crate::psbt::{Psbt, compact, push_sized, wide_compact};
use crate::text::{base64, hex};
use crate::world::world;

const FORM: &str = "PSB01";

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new(
            "A14-read-in-two-ways",
            "What readers take in different ways: found by comparing them (fuzz targets `psbt_v0` and\n\
             `psbt_v2`, the differential test), kept here. Where it decides nothing it is passed through;\n\
             where it may decide something it is refused.",
            two_ways(),
        ),
        Family::new("A01-not-a-psbt", "", not_a_psbt()),
        Family::new("A02-cut", "Cut at every byte.", cut()),
        Family::new("A03-trailing", "", trailing()),
        Family::new(
            "A04-duplicate-key",
            "Every record of a complete PSBT once more in its own map, with the same value and with
             another; and known keys in maps where they have another meaning or none.",
            duplicate_key(),
        ),
        Family::new("A05-non-minimal-size", "", non_minimal()),
        Family::new(
            "A06-wide-key-type",
            "Key types of more than one byte whose low byte is a known type. House: they pass through
             byte for byte and are never read as the known type.",
            wide_types(),
        ),
        Family::new("A07-not-unsigned", "", not_unsigned()),
        Family::new("A08-map-count", "", map_count()),
        Family::new("A09-field-shape", "", field_shape()),
        Family::new(
            "A11-foreign-fields",
            "House: unknown and proprietary fields pass byte for byte, up to 64 KiB in all; a proprietary key
             that BIP-174 does not know how to take apart is refused.",
            foreign_fields(),
        ),
    ]
}

/// A type is read by its map, a transaction without inputs is no witness form, and of two lock times
/// the one that an input requires counts (BIP-370).
fn two_ways() -> Vec<Case> {
    let height = crate::world::TIP.to_le_bytes();
    let beside = |fallback: u32| {
        usual(2).psbt().with(|p| {
            p.global.set(&[3], &fallback.to_le_bytes());
            p.inputs[0].push(&[0x12], &height);
        })
    };
    let markers = |flag: u8| {
        let mut tx = 2_i32.to_le_bytes().to_vec();
        tx.extend([0, flag]);
        tx.extend(consensus::serialize(&usual(0).tx().output[0]));
        tx.extend([0; 4]);
        let mut psbt = Psbt::default();
        psbt.global.push(&[0], &tx);
        psbt.outputs.push(crate::psbt::Map::default());
        psbt
    };
    let mut cases = both(|version| {
        let with = |edit: &dyn Fn(&mut Psbt)| usual(version).psbt().with(|p| edit(p));
        vec![
            accept(
                "lock-time-of-an-input-in-the-global-map",
                &with(&|p| {
                    p.global.push(&[0x11], &[7]);
                }),
            ),
            accept(
                "lock-time-of-an-input-in-an-output",
                &with(&|p| {
                    p.outputs[1].push(&[0x12], &[0; 5]);
                }),
            ),
        ]
    });
    cases.extend([
        refuse(
            "no-input-and-one-output",
            &markers(1),
            "PSB02@transaction PSB06@transaction",
        ),
        accept("fallback-none-beside-a-required-height", &beside(0)),
        accept(
            "fallback-time-beside-a-required-height",
            &beside(1_790_000_000),
        ),
    ]);
    cases
}

fn not_a_psbt() -> Vec<Case> {
    let good = usual(0).psbt().bytes();
    let edited = |place: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[place] = byte;
        bytes
    };
    let mut signed = usual(0).tx();
    signed.input[0].witness = bitcoin::Witness::from_slice(&[vec![], vec![1; 72]]);
    let with_mark = [&b"\xef\xbb\xbf"[..], &good].concat();
    vec![
        refuse_bytes("empty", vec![], FORM),
        refuse_bytes("magic-only", b"psbt\xff".to_vec(), FORM),
        refuse_bytes("magic-and-empty-map", b"psbt\xff\0".to_vec(), FORM),
        refuse_bytes(
            "network-transaction",
            consensus::serialize(&usual(0).tx()),
            FORM,
        ),
        refuse_bytes("signed-transaction", consensus::serialize(&signed), FORM),
        refuse_bytes("wrong-magic", edited(0, b'q'), FORM),
        refuse_bytes("upper-case-magic", edited(3, b'T'), FORM),
        refuse_bytes("wrong-separator", edited(4, 0xFE), FORM),
        refuse_bytes("zero-separator", edited(4, 0), FORM),
        refuse_bytes("base64-text", base64(&good).into_bytes(), FORM),
        refuse_bytes("hex-text", hex(&good).into_bytes(), FORM),
        refuse_bytes("byte-order-mark", with_mark, FORM),
    ]
}

fn cut() -> Vec<Case> {
    both(|version| {
        let case = |name: &str, psbt: &Psbt| Case::new(name, psbt.bytes(), Expected::CutAnywhere);
        vec![
            case("complete", &usual(version).psbt()),
            case("bare", &usual(version).bare()),
        ]
    })
}

fn trailing() -> Vec<Case> {
    both(|version| {
        let good = usual(version).psbt().bytes();
        let after = |name: &str, tail: &[u8]| refuse_bytes(name, [&good[..], tail].concat(), FORM);
        vec![
            after("zero-byte", &[0]),
            after("ff-byte", &[0xFF]),
            after("newline", b"\n"),
            after("zeros", &[0; 64]),
            after("record", &[1, 0xF0, 1, 0, 0]),
            after("second-psbt", &usual(0).bare().bytes()),
        ]
    })
}

fn duplicate_key() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        let mut good = usual(version).psbt();
        for place in 0..=2 {
            good.map_mut(place * 2).push(b"\xF0\x01", b"unknown");
            good.map_mut(place * 2)
                .push(b"\xFC\x05other\x00", b"foreign");
        }
        // The global map, the second input, the change.
        for place in [0, 2, 4] {
            for (key, value) in good.clone().map_mut(place).0.clone() {
                let name = format!("map-{place}-key-{:.20}", hex(&key));
                let same = good.clone().with(|p| {
                    p.map_mut(place).push(&key, &value);
                });
                let other = good.clone().with(|p| {
                    p.map_mut(place).push(&key, &[&value[..], &[0]].concat());
                });
                cases.push(refuse(format!("{name}-same"), &same, FORM));
                cases.push(refuse(format!("{name}-other"), &other, FORM));
            }
        }
        cases
    })
}

/// Parts of a PSBT's first record, for defects of its sizes.
fn non_minimal() -> Vec<Case> {
    let mut cases = vec![];
    for bytes in [3, 5, 9] {
        for version in [0, 2] {
            let psbt = usual(version).bare();
            let name = |what: &str| format!("v{version}-{what}-in-{bytes}");
            for (what, place) in [("global", 0), ("input", 2), ("output", 4)] {
                let sizes = [("key-length", 0), ("key-type", 1), ("value-length", 2)];
                for (size, which) in sizes {
                    let made = with_wide(&psbt, place, which, bytes);
                    cases.push(refuse_bytes(name(&format!("{what}-{size}")), made, FORM));
                }
            }
        }
        for (what, which) in [
            ("inputs", 0),
            ("outputs", 1),
            ("script-sig", 2),
            ("script", 3),
        ] {
            let psbt = usual(0).bare();
            let tx = wide_transaction(which, bytes);
            let psbt = psbt.with(|p| {
                p.global.set(&[0], &tx);
            });
            cases.push(refuse(
                format!("transaction-{what}-in-{bytes}"),
                &psbt,
                FORM,
            ));
        }
        for (what, key) in [("input-count", 4), ("output-count", 5)] {
            let psbt = usual(2).bare().with(|p| {
                p.global.set(&[key], &wide_compact(2, bytes));
            });
            cases.push(refuse(format!("v2-{what}-in-{bytes}"), &psbt, FORM));
        }
    }
    cases
}

/// A PSBT whose last record of a map has one size that is longer than needed.
fn with_wide(psbt: &Psbt, place: usize, which: u8, bytes: usize) -> Vec<u8> {
    let mut out = b"psbt\xff".to_vec();
    for (n, map) in psbt.maps().enumerate() {
        let last = map.0.len().wrapping_sub(1);
        for (r, (key, value)) in map.0.iter().enumerate() {
            if n != place || r != last {
                push_sized(&mut out, key);
                push_sized(&mut out, value);
                continue;
            }
            let mut key = key.clone();
            if which == 1 {
                key.splice(..1, wide_compact(key[0].into(), bytes));
            }
            let size = |n: usize, wide: bool| match wide {
                true => wide_compact(n as u64, bytes),
                false => compact(n as u64),
            };
            out.extend(size(key.len(), which == 0));
            out.extend(key);
            out.extend(size(value.len(), which == 2));
            out.extend(value);
        }
        out.push(0);
    }
    out
}

/// The unsigned transaction with one count that is longer than needed.
fn wide_transaction(which: u8, bytes: usize) -> Vec<u8> {
    let tx = usual(0).tx();
    let size = |n: usize, place: u8| match which == place {
        true => wide_compact(n as u64, bytes),
        false => compact(n as u64),
    };
    let mut out = tx.version.0.to_le_bytes().to_vec();
    out.extend(size(tx.input.len(), 0));
    for input in &tx.input {
        out.extend(consensus::serialize(&input.previous_output));
        out.extend(size(0, 2));
        out.extend(input.sequence.0.to_le_bytes());
    }
    out.extend(size(tx.output.len(), 1));
    for output in &tx.output {
        out.extend(output.value.to_sat().to_le_bytes());
        out.extend(size(output.script_pubkey.len(), 3));
        out.extend_from_slice(output.script_pubkey.as_bytes());
    }
    out.extend(tx.lock_time.to_consensus_u32().to_le_bytes());
    out
}

/// BIP-174: identifier behind its length, subtype as a CompactSize, data. A proprietary key that is
/// not made so is read in two ways by two readers.
fn spoiled_proprietary(version: u32) -> Vec<Case> {
    let mut cases = vec![];
    for (what, place) in [("global", 0), ("input", 1), ("output", 4)] {
        for (kind, key) in [
            ("proprietary-of-nothing", &b"\xFC"[..]),
            ("proprietary-name-cut", b"\xFC\x05oth"),
            ("proprietary-name-size-cut", b"\xFC\xFD\x05"),
            ("proprietary-name-size-wide", b"\xFC\xFD\x05\x00other\x01"),
            ("proprietary-without-subtype", b"\xFC\x05other"),
            ("proprietary-subtype-cut", b"\xFC\x05other\xFD\x01"),
            ("proprietary-subtype-wide", b"\xFC\x05other\xFD\x01\x00"),
            ("our-name-without-subtype", b"\xFC\x06himuro"),
        ] {
            let psbt = usual(version).psbt().with(|p| {
                p.map_mut(place).push(key, b"1");
            });
            cases.push(refuse(format!("{kind}-in-{what}"), &psbt, FORM));
        }
        let wide = usual(version).psbt().with(|p| {
            p.map_mut(place)
                .push(b"\xFC\x05other\xFD\x00\x01data", b"1");
        });
        cases.push(accept(
            format!("proprietary-large-subtype-in-{what}"),
            &wide,
        ));
    }
    cases
}

fn wide_types() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        for (what, place, low) in [
            ("unsigned-tx", 0, 0x00_u64),
            ("version", 0, 0xFB),
            ("previous-tx", 1, 0x00),
            ("partial-sig", 1, 0x02),
            ("sighash", 2, 0x03),
            ("final-witness", 2, 0x08),
            ("output-script", 3, 0x01),
            ("tap-tree", 3, 0x06),
        ] {
            for bytes in [3, 5, 9] {
                let key = wide_compact(0x100 | low, bytes.min(3));
                let key = match bytes {
                    3 => key,
                    5 => wide_compact(0x0100_0000 | low, 5),
                    _ => wide_compact(1 << 56 | low, 9),
                };
                let psbt = usual(version).psbt().with(|p| {
                    p.map_mut(place).push(&key, b"value");
                });
                cases.push(accept(format!("{what}-in-{bytes}"), &psbt));
            }
        }
        cases
    })
}

fn not_unsigned() -> Vec<Case> {
    let with = |name: &str, edit: &dyn Fn(&mut Vec<u8>)| {
        let psbt = usual(0).psbt().with(|p| {
            let mut tx = p.global.get(&[0]).to_vec();
            edit(&mut tx);
            p.global.set(&[0], &tx);
        });
        refuse(name, &psbt, FORM)
    };
    let mut signed = usual(0).tx();
    signed.input[0].witness = bitcoin::Witness::from_slice(&[vec![], vec![1; 72]]);
    let signed = consensus::serialize(&signed);
    let mut script_sig = usual(0).tx();
    script_sig.input[1].script_sig = bitcoin::ScriptBuf::from_bytes(vec![0x51]);
    let script_sig = consensus::serialize(&script_sig);
    vec![
        with("script-sig-on-last-input", &|tx| tx.clone_from(&script_sig)),
        with("witness", &|tx| tx.clone_from(&signed)),
        with("marker-and-flag-without-witness", &|tx| {
            let end = tx.len() - 4;
            tx.splice(end..end, [0, 0]);
            tx.splice(4..4, [0, 1]);
        }),
        with("marker-alone", &|tx| {
            tx.insert(4, 0);
        }),
        with("byte-after-it", &|tx| tx.push(0)),
        with("cut-by-a-byte", &|tx| {
            tx.pop();
        }),
        with("empty", &|tx| tx.clear()),
        with("twice-in-one-value", &|tx| tx.extend(tx.clone())),
    ]
}

fn map_count() -> Vec<Case> {
    let mut cases = both(|version| {
        let spoiled = |name: &str, edit: &dyn Fn(&mut Psbt)| {
            let psbt = usual(version).psbt().with(edit);
            refuse(name, &psbt, FORM)
        };
        vec![
            spoiled("one-input-map-less", &|p| {
                p.inputs.pop();
            }),
            spoiled("one-input-map-more", &|p| {
                let map = p.inputs[0].clone();
                p.inputs.push(map);
            }),
            spoiled("one-output-map-less", &|p| {
                p.outputs.pop();
            }),
            spoiled("one-output-map-more", &|p| {
                let map = p.outputs[0].clone();
                p.outputs.push(map);
            }),
            spoiled("empty-map-more", &|p| {
                p.outputs.push(crate::psbt::Map::default());
            }),
            spoiled("no-maps", &|p| {
                p.inputs.clear();
                p.outputs.clear();
            }),
            refuse(
                "no-outputs",
                &usual(version).with(|t| t.outputs.clear()).bare(),
                "PSB02@transaction",
            ),
            refuse(
                "no-inputs",
                &usual(version).with(|t| t.coins.clear()).bare(),
                "PSB02@transaction PSB06@transaction",
            ),
            refuse(
                "nothing",
                &usual(version)
                    .with(|t| {
                        t.coins.clear();
                        t.outputs.clear();
                    })
                    .bare(),
                "PSB02@transaction",
            ),
        ]
    });
    let without = usual(0).psbt().with(|p| {
        p.global.remove(0);
    });
    cases.push(refuse("v0-no-unsigned-tx", &without, FORM));
    for (name, key, value) in [
        ("one-input-claimed", 4, &[1][..]),
        ("three-inputs-claimed", 4, &[3]),
        ("one-output-claimed", 5, &[1]),
        ("three-outputs-claimed", 5, &[3]),
        ("no-input-claimed", 4, &[0]),
        ("count-in-two-parts", 4, &[2, 0]),
        ("empty-count", 5, &[]),
    ] {
        let psbt = usual(2).psbt().with(|p| {
            p.global.set(&[key], value);
        });
        cases.push(refuse(format!("v2-{name}"), &psbt, FORM));
    }
    cases
}

/// A record that a known type cannot have: name, map (0 global, 1 input, 2 output), key, value.
type Misshapen = (&'static str, usize, Vec<u8>, Vec<u8>);

fn field_shape() -> Vec<Case> {
    let key = world().cold.keys(0, 0)[0].public.clone();
    let with_key = |key_type: u8, data: &[u8]| [&[key_type][..], data].concat();
    let mut shapes: Vec<Misshapen> = vec![
        ("version-with-key-data", 0, vec![0xFB, 0], vec![0; 4]),
        ("xpub-key-short", 0, with_key(1, &[4; 77]), vec![0; 20]),
        ("xpub-key-long", 0, with_key(1, &[4; 79]), vec![0; 20]),
        (
            "xpub-origin-not-as-deep",
            0,
            with_key(1, &[2; 78]),
            vec![0; 8],
        ),
        ("xpub-origin-cut", 0, with_key(1, &[0; 78]), vec![0; 3]),
        ("xpub-origin-odd", 0, with_key(1, &[0; 78]), vec![0; 5]),
        ("witness-utxo-key-data", 1, vec![1, 1], vec![0; 9]),
        ("witness-utxo-empty", 1, vec![1], vec![]),
        ("witness-utxo-cut", 1, vec![1], vec![0; 8]),
        (
            "witness-utxo-script-cut",
            1,
            vec![1],
            vec![0, 0, 0, 0, 0, 0, 0, 0, 2, 0],
        ),
        (
            "witness-utxo-byte-after",
            1,
            vec![1],
            vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        ("previous-tx-key-data", 1, vec![0, 0], vec![]),
        ("sighash-key-data", 1, vec![3, 0], vec![1, 0, 0, 0]),
        ("sighash-short", 1, vec![3], vec![1, 0, 0]),
        ("sighash-long", 1, vec![3], vec![1, 0, 0, 0, 0]),
        ("sighash-empty", 1, vec![3], vec![]),
        ("redeem-script-key-data", 1, vec![4, 0], vec![0x51]),
        ("witness-script-key-data", 1, vec![5, 0], vec![0x51]),
        ("final-script-sig-key-data", 1, vec![7, 0], vec![0x51]),
        ("final-witness-key-data", 1, vec![8, 0], vec![0]),
        ("output-redeem-script-key-data", 2, vec![0, 0], vec![0x51]),
        ("output-witness-script-key-data", 2, vec![1, 0], vec![0x51]),
    ];
    for (what, map, key_type) in [
        ("partial-sig", 1, 2_u8),
        ("derivation", 1, 6),
        ("output-derivation", 2, 2),
    ] {
        let value = vec![0; 4];
        for (data, name) in [
            (vec![], "no-key"),
            (key[..32].to_vec(), "key-short"),
            ([&key[..], &[0]].concat(), "key-long"),
            (key[1..].to_vec(), "key-x-only"),
            ([&[4][..], &[1; 64]].concat(), "key-uncompressed"),
            ([&[4][..], &[1; 32]].concat(), "key-uncompressed-mark-in-33"),
            ([&[0][..], &[1; 32]].concat(), "key-mark-0"),
            ([&[5][..], &[1; 32]].concat(), "key-mark-5"),
        ] {
            let name = String::leak(format!("{what}-{name}"));
            shapes.push((name, map, with_key(key_type, &data), value.clone()));
        }
    }
    for (what, map, key_type) in [("derivation", 1, 6_u8), ("output-derivation", 2, 2)] {
        for length in [0, 1, 3, 5, 7, 17] {
            let name = String::leak(format!("{what}-of-{length}-bytes"));
            shapes.push((name, map, with_key(key_type, &key), vec![0; length]));
        }
    }
    both(|version| {
        let cases = shapes.iter().map(|(name, map, key, value)| {
            let psbt = usual(version).psbt().with(|p| {
                let records = p.map_mut(if *map == 2 { 4 } else { *map });
                records.0.retain(|(k, _)| k != key);
                records.push(key, value);
            });
            refuse(*name, &psbt, FORM)
        });
        cases.collect()
    })
}

fn foreign_fields() -> Vec<Case> {
    both(|version| {
        let mut cases = vec![];
        for (what, place) in [
            ("global", 0),
            ("input", 1),
            ("last-input", 2),
            ("output", 4),
        ] {
            for (kind, key) in [
                ("unknown", &b"\xF0"[..]),
                ("unknown-with-key-data", b"\xE1\x01\x02"),
                ("proprietary", b"\xFC\x05other\x00\x01"),
                ("vendor-attestation", b"\xFC\x08coldcard\x00"),
                ("our-name-unknown-subtype", b"\xFC\x06himuro\x7F"),
                ("proprietary-without-name", b"\xFC\x00\x01"),
            ] {
                let psbt = usual(version).psbt().with(|p| {
                    p.map_mut(place).push(key, b"1");
                });
                cases.push(accept(format!("{kind}-in-{what}"), &psbt));
            }
        }
        cases.extend(spoiled_proprietary(version));
        // In an input or output, a record of ours is somebody else's: it is not read.
        for place in [1, 4] {
            let psbt = usual(version).psbt().with(|p| {
                p.map_mut(place)
                    .push(&crate::transfer::himuro(1, &[]), b"a request?");
            });
            cases.push(accept(format!("our-request-in-map-{place}"), &psbt));
        }
        for (what, key) in [
            ("request-with-key-data", crate::transfer::himuro(1, b"x")),
            ("headers-with-key-data", crate::transfer::himuro(3, b"x")),
            ("approval-of-nobody", crate::transfer::himuro(2, b"")),
            (
                "approval-of-an-impossible-name",
                crate::transfer::himuro(2, b"Officer A"),
            ),
            ("receipt-key-short", crate::transfer::himuro(0x10, &[1; 35])),
            ("receipt-key-long", crate::transfer::himuro(0x10, &[1; 37])),
        ] {
            let psbt = usual(version).psbt().with(|p| {
                p.global.push(&key, b"1");
            });
            cases.push(refuse(what, &psbt, FORM));
        }
        cases
    })
}

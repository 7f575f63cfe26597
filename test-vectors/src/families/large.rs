//! A12: sizes and counts. What is too large to be kept is made by name.

use super::usual;
use crate::case::{Case, Expected, Family, Source};
use crate::psbt::{Psbt, compact};
use crate::transfer::{Coin, Output, Transfer};
use crate::world::{destination_script, world};

type Maker = fn() -> Vec<u8>;

/// Name, what must come of it, and how it is made.
const LARGE: [(&str, &str, Maker); 21] = [
    ("33-million-inputs-in-20-bytes", "PSB02", || {
        claimed_transaction(0)
    }),
    ("33-million-outputs-in-67-bytes", "PSB02", || {
        claimed_transaction(1)
    }),
    ("v2-33-million-inputs", "PSB02", || {
        claimed_count(0x04, 33_000_000)
    }),
    ("v2-2-63-outputs", "PSB02", || claimed_count(0x05, 1 << 63)),
    ("4-million-byte-key-in-11-bytes", "PSB02", || {
        [&b"psbt\xff"[..], &compact(4_000_000), b"\0"].concat()
    }),
    ("2-63-byte-value", "PSB01", || {
        [&b"psbt\xff\x01\xF0"[..], &compact(1 << 63)].concat()
    }),
    ("file-of-4-mib", "PSB03@input-0", || {
        file_of(4 * 1024 * 1024)
    }),
    ("file-of-4-mib-and-a-byte", "PSB02@whole", || {
        file_of(4 * 1024 * 1024 + 1)
    }),
    ("1000-outputs", "accept", || outputs(1_000)),
    ("1001-outputs", "PSB02@transaction", || outputs(1_001)),
    ("1001-inputs", "PSB02@transaction PSB07@transaction", || {
        inputs(1_001)
    }),
    // More than nodes relay, whatever the count: 956 inputs of a 2-of-3 with one output.
    ("950-inputs", "accept", || inputs(950)),
    ("1000-inputs", "PSB07@transaction", || inputs(1_000)),
    ("10001-input-maps", "PSB02", || claimed_count(0x04, 10_001)),
    ("64-kib-foreign", "accept", || foreign(64 * 1024)),
    ("64-kib-and-a-byte-foreign", "PSB02@whole", || {
        foreign(64 * 1024 + 1)
    }),
    ("10000-foreign-records", "PSB02@whole", || records(10_000)),
    ("4000-foreign-records", "accept", || records(4_000)),
    ("path-of-200000-levels", "PSB02@input-0", || path(200_000)),
    ("parent-of-100-kb", "accept", parent_of_100_kb),
    ("eleven-outputs-of-9900-bytes", "PSB07@transaction", heavy),
];

/// The bytes of a case that is made by name.
pub fn generated(name: &str) -> Option<Vec<u8>> {
    let found = LARGE.iter().find(|(other, _, _)| *other == name);
    found.map(|(_, _, make)| make())
}

pub(super) fn families() -> Vec<Family> {
    let cases = LARGE.iter().map(|(name, rules, _)| {
        let expected = match *rules {
            "accept" => Expected::Accept,
            rules => Expected::refuse(rules),
        };
        Case::new(*name, vec![], expected).with(|case| {
            case.source = Source::Generated((*name).into());
        })
    });
    let note =
        "House: 1,000 inputs and outputs, files of 4 MiB, 64 KiB of foreign fields, 12 levels.
        Cases are made by name: cargo run -p test-vectors --bin generate -- --print NAME";
    vec![Family::new("A12-limits", note, cases.collect())]
}

/// An unsigned transaction that claims 33 million inputs, or outputs.
fn claimed_transaction(which: usize) -> Vec<u8> {
    let claim = compact(33_000_000);
    let input = [&[1][..], &[1; 36], &[0], &[0xFF; 4]].concat();
    let tx = match which {
        0 => [&2_i32.to_le_bytes()[..], &claim].concat(),
        _ => [&2_i32.to_le_bytes()[..], &input, &claim].concat(),
    };
    let mut psbt = Psbt::default();
    psbt.global.push(&[0], &tx);
    psbt.bytes()
}

fn claimed_count(key: u8, count: u64) -> Vec<u8> {
    let psbt = usual(2).bare().with(|p| {
        p.global.set(&[key], &compact(count));
    });
    psbt.bytes()
}

/// A PSBT of exactly this size: the first parent is no transaction, but long.
fn file_of(bytes: usize) -> Vec<u8> {
    let with = |length: usize| {
        let psbt = usual(0).psbt().with(|p| {
            p.inputs[0].set(&[0], &vec![0; length]);
        });
        psbt.bytes()
    };
    let guess = bytes - 10_000;
    let made = with(guess + bytes - with(guess).len());
    assert_eq!(made.len(), bytes);
    made
}

fn outputs(count: u32) -> Vec<u8> {
    let transfer = one_coin().with(|t| {
        t.coins[0].sats = 100_000_000 + u64::from(count) * 1_000;
        let payments = (0..count).map(|_| Output::paying(destination_script("hot-1"), 1_000));
        t.outputs = payments.collect();
        t.outputs[0].sats = 100_000_000 + 1_000 - 4_000;
    });
    transfer.psbt().bytes()
}

fn one_coin() -> Transfer {
    usual(0).with(|t| t.coins.truncate(1))
}

fn inputs(count: u32) -> Vec<u8> {
    let transfer = usual(0).with(|t| {
        t.coins.clear();
        for n in 0..count {
            t.add(Coin::of(&world().cold, 0, n % 5, 200_000));
        }
        t.outputs = vec![Output::to("hot-1", u64::from(count) * 200_000 - 20_000)];
    });
    transfer.psbt().bytes()
}

/// Foreign records of so many bytes in all, keys counted.
fn foreign(bytes: usize) -> Vec<u8> {
    let psbt = usual(2).psbt().with(|p| {
        p.global.push(b"\xF0", &vec![7; bytes / 2 - 1]);
        p.outputs[1].push(b"\xF0", &vec![7; bytes - bytes / 2 - 1]);
    });
    psbt.bytes()
}

fn records(count: u32) -> Vec<u8> {
    let psbt = usual(0).psbt().with(|p| {
        for n in 0..count {
            p.inputs[1].push(&[&[0xF0][..], &n.to_be_bytes()].concat(), b"value");
        }
    });
    psbt.bytes()
}

fn path(levels: usize) -> Vec<u8> {
    let psbt = usual(0).psbt().with(|p| {
        let key = world().cold.keys(0, 0)[0].public.clone();
        p.inputs[0].set(&[&[6][..], &key].concat(), &vec![0; 4 + 4 * levels]);
    });
    psbt.bytes()
}

fn heavy() -> Vec<u8> {
    let transfer = usual(2).with(|t| {
        let script = bitcoin::ScriptBuf::from_bytes(vec![0x51; 9_900]);
        t.outputs[1].sats -= 11_000;
        t.outputs
            .extend((0..11).map(|_| Output::paying(script.clone(), 1_000)));
    });
    transfer.psbt().bytes()
}

fn parent_of_100_kb() -> Vec<u8> {
    let transfer = usual(0);
    let mut parent = transfer.coins[1].parent();
    parent.input[0].witness = bitcoin::Witness::from_slice(&[vec![1; 100_000]]);
    let psbt = transfer.psbt().with(|p| {
        p.inputs[1].set(&[0], &bitcoin::consensus::serialize(&parent));
    });
    psbt.bytes()
}

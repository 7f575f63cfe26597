//! Any PSBT of up to 4 MiB is read or refused within 2 seconds of processor time and 256 MiB,
//! also without optimisation: inputs made to be slow, each in a process state of its own peak.
//! Larger ones, up to the largest that is taken at all, in proportion.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bitcoin::secp256k1::{Secp256k1, SecretKey};
use bitcoin::{ScriptBuf, opcodes, script};
use signer_core::psbt::{Limits, ParsedPsbt};
use signer_core::types::Network;
use signer_core::wallet::{CheckOnly, CheckTerms, DescriptorWallet, ListedDescriptor};

/// Largest file of usual size.
const FILE: usize = 4 * 1024 * 1024;
/// Most processor time for one, in nanoseconds.
const TIME: u64 = 2_000_000_000;
/// Most memory of the whole process, in kB.
const PEAK_KB: u64 = 256 * 1024;

/// A generator point, compressed: a key that is on the curve.
const POINT: [u8; 33] = *b"\x02\x79\xbe\x66\x7e\xf9\xdc\xbb\xac\x55\xa0\x62\x95\xce\x87\x0b\x07\
    \x02\x9b\xfc\xdb\x2d\xce\x28\xd9\x59\xf2\x81\x5b\x16\xf8\x17\x98";

fn compact(out: &mut Vec<u8>, value: usize) {
    match value {
        0..=0xFC => out.push(u8::try_from(value).unwrap()),
        0xFD..=0xFFFF => {
            out.push(0xFD);
            out.extend(u16::try_from(value).unwrap().to_le_bytes());
        }
        _ => {
            out.push(0xFE);
            out.extend(u32::try_from(value).unwrap().to_le_bytes());
        }
    }
}

fn record(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    for bytes in [key, value] {
        compact(out, bytes.len());
        out.extend(bytes);
    }
}

/// A transaction without witnesses: coins `txid:0`, outputs of nothing to `script`.
fn transaction(coins: &[[u8; 32]], outputs: usize, script: &[u8]) -> Vec<u8> {
    let mut tx = 2_u32.to_le_bytes().to_vec();
    compact(&mut tx, coins.len());
    for coin in coins {
        tx.extend(coin);
        tx.extend([0; 5]);
        tx.extend([0xFF; 4]);
    }
    compact(&mut tx, outputs);
    for _ in 0..outputs {
        tx.extend([0; 8]);
        compact(&mut tx, script.len());
        tx.extend(script);
    }
    tx.extend([0; 4]);
    tx
}

fn txid(number: usize) -> [u8; 32] {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_le_bytes());
    id
}

/// A PSBT of version 0 of this transaction; `maps` writes each map after the global one, with the
/// room that is left for it.
fn psbt(tx: &[u8], maps: usize, write: impl FnMut(usize, usize, &mut Vec<u8>)) -> Vec<u8> {
    psbt_of(FILE, tx, maps, write)
}

/// The same of at most so many bytes.
fn psbt_of(
    most: usize,
    tx: &[u8],
    maps: usize,
    mut write: impl FnMut(usize, usize, &mut Vec<u8>),
) -> Vec<u8> {
    let mut out = b"psbt\xff".to_vec();
    record(&mut out, &[0x00], tx);
    out.push(0);
    for map in 0..maps {
        let room = (most - out.len()) / (maps - map) - 1;
        let end = out.len() + room;
        write(map, room, &mut out);
        assert!(
            out.len() <= end,
            "map {map} is {} too long",
            out.len() - end
        );
        out.push(0);
    }
    assert!(out.len() <= most);
    out
}

/// One input and one output, the input's map full of records made from a number.
fn full_of(make: impl Fn(u32) -> (Vec<u8>, Vec<u8>)) -> Vec<u8> {
    let mut out = b"psbt\xff".to_vec();
    record(&mut out, &[0x00], &transaction(&[txid(0)], 1, &[0x51]));
    out.push(0);
    for (key, value) in (0..).map(make) {
        if out.len() + key.len() + value.len() + 12 > FILE {
            break;
        }
        record(&mut out, &key, &value);
    }
    out.extend([0, 0]);
    out
}

/// Public keys of the numbers from 1.
fn keys(count: u8) -> Vec<[u8; 33]> {
    let secp = Secp256k1::new();
    let key = |number: u8| {
        let mut secret = [0; 32];
        secret[31] = number;
        let secret = SecretKey::from_slice(&secret).unwrap();
        secret.public_key(&secp).serialize()
    };
    (1..=count).map(key).collect()
}

fn keyed(key_type: u8, number: u32) -> Vec<u8> {
    [&[key_type][..], &number.to_le_bytes()].concat()
}

/// A name and the file.
type Input = (&'static str, fn() -> Vec<u8>);

const INPUTS: [Input; 12] = [
    ("nothing but zeros", || {
        let mut zeros = vec![0; FILE];
        zeros[..5].copy_from_slice(b"psbt\xff");
        zeros
    }),
    ("ten thousand inputs without parents", || {
        let coins: Vec<_> = (0..10_000).map(txid).collect();
        psbt(&transaction(&coins, 1, &[0x51]), 10_001, |_, _, _| {})
    }),
    ("ten thousand times the same coin", || {
        let coins = vec![txid(0); 10_000];
        psbt(&transaction(&coins, 1, &[0x51]), 10_001, |_, _, _| {})
    }),
    ("ten thousand outputs of nothing", || {
        psbt(
            &transaction(&[txid(0)], 10_000, &[0x51]),
            10_001,
            |_, _, _| {},
        )
    }),
    ("one parent with very many outputs", || {
        full_of(|number| match number {
            0 => (vec![0x00], transaction(&[txid(1)], (FILE - 300) / 9, &[])),
            _ => (keyed(0xF0, number), vec![]),
        })
    }),
    ("a thousand parents of many inputs", || {
        let coins: Vec<_> = (0..1_000).map(txid).collect();
        let parent: Vec<_> = (0..95).map(txid).collect();
        let parent = transaction(&parent, 1, &[0x51]);
        psbt(&transaction(&coins, 1, &[0x51]), 1_001, |map, room, out| {
            if map < 1_000 && parent.len() + 8 < room {
                record(out, &[0x00], &parent);
            }
        })
    }),
    (
        "a hundred signatures of different keys on each input",
        || {
            let coins: Vec<_> = (0..1_000).map(txid).collect();
            let keys = keys(110);
            psbt(&transaction(&coins, 1, &[0x51]), 1_001, |map, _, out| {
                for key in keys.iter().filter(|_| map < 1_000) {
                    record(out, &[&[0x02][..], key].concat(), &[]);
                }
            })
        },
    ),
    ("one key under very many signatures", || {
        let coins: Vec<_> = (0..9_999).map(txid).collect();
        psbt(
            &transaction(&coins, 1, &[0x51]),
            10_000,
            |map, room, out| {
                if map < 9_999 && room > 60 {
                    record(out, &[&[0x02][..], &POINT].concat(), &[]);
                }
            },
        )
    }),
    ("fields of another kind of spending", || {
        full_of(|number| ([&keyed(0x14, number)[..], &[0; 4]].concat(), vec![]))
    }),
    ("unknown fields with keys that begin alike", || {
        full_of(|number| {
            let key = [&[0xF0; 60][..], &number.to_be_bytes()].concat();
            (key, vec![])
        })
    }),
    ("origins of very many keys", || {
        full_of(|number| {
            let mut key = [&[0x06][..], &POINT].concat();
            key[2..6].copy_from_slice(&number.to_le_bytes());
            (key, vec![0; 4])
        })
    }),
    ("extended keys and approvals", || {
        let mut out = b"psbt\xff".to_vec();
        record(&mut out, &[0x00], &transaction(&[txid(0)], 1, &[0x51]));
        for number in 0_u32.. {
            if out.len() > FILE - 200 {
                break;
            }
            let mut xpub = [&[0x01][..], &[0; 78]].concat();
            xpub[6..10].copy_from_slice(&number.to_le_bytes());
            record(&mut out, &xpub, &[0; 4]);
            let approval = format!("\u{6}himuro\u{2}officer.{number}");
            record(&mut out, &[&[0xFC][..], approval.as_bytes()].concat(), &[1]);
        }
        out.extend([0, 0, 0]);
        out
    }),
];

/// Processor time of this thread.
fn on_processor() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// The most memory since the last [`forget_peak`], in kB.
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kb = line.and_then(|l| l.trim().strip_suffix(" kB"));
    kb.unwrap().parse().unwrap()
}

fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The tests measure one process: one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What judging took, in nanoseconds and kB, and what was said first.
fn measured(judge: impl FnOnce() -> Option<String>) -> (u64, u64, String) {
    forget_peak();
    let start = on_processor();
    let said = judge();
    let (time, peak) = (on_processor() - start, peak_kb());
    (time, peak, said.unwrap_or_else(|| "read".into()))
}

/// Whether it stayed within the bounds.
fn within(name: &str, size: usize, (time, peak, said): &(u64, u64, String)) -> bool {
    let milliseconds = time / 1_000_000;
    println!("{name}: {size} bytes, {milliseconds} ms, {peak} kB; {said:.120}");
    *time <= TIME && *peak <= PEAK_KB
}

#[test]
fn the_slowest_files_to_read_stay_within_the_bounds() {
    let _alone = alone();
    let mut missed = Vec::new();
    for (name, make) in INPUTS {
        let bytes = make();
        let size = bytes.len();
        assert!(size <= FILE, "{name}");
        let took = measured(|| {
            let stopped = ParsedPsbt::parse_within(bytes, Limits::USUAL).err()?;
            let first = stopped.refusal()?;
            Some(first.text(signer_core::types::Lang::En))
        });
        if !within(name, size, &took) {
            missed.push(name);
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

/// One parent of seven million outputs; and as much of parents as is taken at all, of inputs alone.
const LARGE: [Input; 2] = [
    ("64 MiB: one parent with very many outputs", || {
        let outputs = (64 * 1024 * 1024 - 400) / 9;
        let mut out = b"psbt\xff".to_vec();
        record(&mut out, &[0x00], &transaction(&[txid(0)], 1, &[0x51]));
        out.push(0);
        record(&mut out, &[0x00], &transaction(&[txid(1)], outputs, &[]));
        out.extend([0, 0]);
        out
    }),
    ("128 MiB: a thousand parents of many inputs", || {
        let most = Limits::HEAVY.file_bytes();
        let coins: Vec<_> = (0..1_000).map(txid).collect();
        let parent: Vec<_> = (0..3_265).map(txid).collect();
        let parent = transaction(&parent, 1, &[0x51]);
        psbt_of(
            most,
            &transaction(&coins, 1, &[0x51]),
            1_001,
            |map, room, out| {
                if map < 1_000 && parent.len() + 8 < room {
                    record(out, &[0x00], &parent);
                }
            },
        )
    }),
];

/// Most memory beside a large file, in its hundredths: what the file holds is not copied.
const BESIDE: u64 = 20;

/// In proportion: two seconds for each 4 MiB, and 1.2 times the file.
#[test]
fn larger_files_stay_within_the_bounds_in_proportion() {
    let _alone = alone();
    for (name, make) in LARGE {
        let bytes = make();
        let size = bytes.len() as u64;
        assert!(
            bytes.len() <= Limits::HEAVY.file_bytes() && bytes.len() > 15 * FILE,
            "{name}"
        );
        forget_peak();
        let with_the_file = peak_kb();
        let (time, peak, said) = measured(|| {
            let stopped = ParsedPsbt::parse_within(bytes, Limits::HEAVY).err()?;
            let first = stopped.refusal()?;
            Some(first.text(signer_core::types::Lang::En))
        });
        // The kernel counts in steps: a peak that is none may lie a step below.
        let beside = peak.saturating_sub(with_the_file);
        println!(
            "{name}: {size} bytes, {} ms, {beside} kB; {said:.120}",
            time / 1_000_000
        );
        assert!(time <= TIME * size / FILE as u64, "{name}: {time} ns");
        assert!(beside * 1024 <= size * BESIDE / 100, "{name}: {beside} kB");
    }
    // One byte past the largest is refused before anything is looked at.
    let over = vec![0; Limits::HEAVY.file_bytes() + 1];
    let (time, _, said) = measured(|| {
        let stopped = ParsedPsbt::parse_within(over, Limits::HEAVY).err()?;
        Some(stopped.refusal()?.text(signer_core::types::Lang::En))
    });
    assert!(
        said.starts_with("PSB02") && time < TIME / 20,
        "{time} ns: {said}"
    );
}

/// A thousand coins of a wallet of fifteen, each with fifteen signatures that do not verify.
#[test]
fn the_most_signatures_stay_within_the_bounds() {
    let _alone = alone();
    let keys = keys(15);
    let (wallet, script) = wallet(&keys);
    let parents: Vec<_> = (0..1_000)
        .map(|number| parent(&txid(number), &script))
        .collect();
    let coins: Vec<_> = parents.iter().map(|(id, _)| *id).collect();
    let signature = bitcoin::hex::FromHex::from_hex(SIGNATURE);
    let signature: Vec<u8> = signature.unwrap();
    let mut tx = transaction(&coins, 1, &[0x51]);
    // The one output pays something: no rule stops before the signatures are looked at.
    let amount = tx.len() - 4 - 2 - 8;
    tx[amount] = 1;
    let bytes = psbt(&tx, 1_001, |map, _, out| {
        if let Some((_, parent)) = parents.get(map) {
            record(out, &[0x00], parent);
            for key in &keys {
                record(out, &[&[0x02][..], key].concat(), &signature);
            }
        }
    });
    let terms = CheckTerms {
        wallet: &wallet,
        network: Network::Regtest,
        policy: None,
        tip: None,
    };
    let size = bytes.len();
    let took = measured(|| {
        let checked = CheckOnly::judge(bytes, Limits::USUAL, terms);
        assert!(checked.parsed().is_some());
        let refusals = checked.report().refusals();
        let of_signatures = refusals.filter(|refusal| refusal.rule.name() == "WAL06");
        Some(format!("{} refusals of WAL06", of_signatures.count()))
    });
    assert_eq!(took.2, "101 refusals of WAL06");
    assert!(within("fifteen thousand signatures", size, &took));
}

/// Strict DER with SIGHASH_ALL: r is 1, s is 1.
const SIGNATURE: &str = "300602010102010101";

/// The wallet of one address of all these keys, and the script that pays to it.
fn wallet(keys: &[[u8; 33]]) -> (DescriptorWallet, Vec<u8>) {
    let hex: Vec<String> = keys
        .iter()
        .map(bitcoin::hex::DisplayHex::to_lower_hex_string)
        .collect();
    let listed = ListedDescriptor {
        text: format!("wsh(sortedmulti(15,{}))", hex.join(",")),
        chain: None,
        range: (0, 0),
    };
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    let multisig = sorted
        .iter()
        .fold(script::Builder::new().push_int(15), |built, key| {
            built.push_slice(key)
        });
    let multisig = multisig
        .push_int(15)
        .push_opcode(opcodes::all::OP_CHECKMULTISIG);
    let script = ScriptBuf::new_p2wsh(&multisig.into_script().wscript_hash());
    let wallet = DescriptorWallet::read(&[listed]).unwrap();
    (wallet, script.into_bytes())
}

/// A transaction that pays a coin to the script, with its identifier.
fn parent(of: &[u8; 32], script: &[u8]) -> ([u8; 32], Vec<u8>) {
    use bitcoin::hashes::{Hash, sha256d};
    let mut tx = transaction(&[*of], 1, script);
    let amount = tx.len() - 4 - script.len() - 1 - 8;
    tx[amount + 1] = 0x10;
    (sha256d::Hash::hash(&tx).to_byte_array(), tx)
}

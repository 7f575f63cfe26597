//! What verifying needs at its peak, in a process of its own that reads entry by entry.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;

use signer_core::digest::{RootDigest, from_hex, hex};
use signer_core::keys::P256PublicKey;

use signer_core::transcript::{JournalHead, Replay, Trust};

pub(crate) fn table(lives: &[(usize, String)], trust: &Trust) {
    println!("memory at the peak, KiB, less that of a process that only reads and splits");
    for (entries, file) in lives {
        let [chain, replay] = ["chain", "replay"].map(|what| peak(what, file, trust));
        println!("{entries:>7} entries: chain {chain}, replay {replay}");
    }
}

fn peak(what: &str, file: &str, trust: &Trust) -> u64 {
    let of = |what: &str| {
        let output = Command::new(std::env::current_exe().expect("a program"))
            .args([what, file, &trust.root.to_hex()])
            .arg(hex(trust.identity.as_bytes()))
            .output()
            .expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.trim()
            .parse::<u64>()
            .unwrap_or_else(|_| panic!("{text} {}", String::from_utf8_lossy(&output.stderr)))
    };
    of(what).saturating_sub(of("split"))
}

/// Reads the file entry by entry and says what it took.
pub(crate) fn once(what: &str, file: &Path, root: &str, identity: &str) {
    let root = RootDigest::from_bytes(from_hex(root).expect("a digest"));
    let identity = from_hex::<33>(identity)
        .and_then(|key| P256PublicKey::from_sec1(&key))
        .expect("a key");
    let mut replay = Replay::of(Trust { root, identity });
    let mut head = JournalHead::START;
    let mut reader = BufReader::with_capacity(64 * 1024, fs::File::open(file).expect("there"));
    let mut unread = Vec::new();
    loop {
        let some = reader.fill_buf().expect("it can be read").to_vec();
        reader.consume(some.len());
        unread.extend_from_slice(&some);
        let mut rest = &unread[..];
        while let Ok((item, after)) = JournalHead::START.split(rest) {
            match what {
                "replay" => drop(replay.take(item).expect("it follows")),
                "chain" => drop(head.take(item).expect("it follows")),
                _ => {}
            }
            rest = after;
        }
        unread = rest.to_vec();
        if some.is_empty() {
            break;
        }
    }
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    println!("{}", number.expect("a size"));
}

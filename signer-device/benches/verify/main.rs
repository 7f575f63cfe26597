//! What verifying a transcript costs above the bare signatures and hashes.
//!
//! `scripts/bench verify` runs it; `docs/performance.md` explains what it prints. The transcripts are
//! those of the real program on real tokens: one ceremony of many inputs, and a long life of small ones.
//! Times of a shared machine are no test: nothing is asserted of them.

#[path = "../../tests/support/mod.rs"]
mod support;

#[path = "../sign/bare.rs"]
mod bare;

mod append;
mod memory;

use std::fs;
use std::path::Path;
use std::time::Duration;

use bitcoin::hashes::{Hash as _, sha256};
use signer_core::cose::peek;
use signer_core::transcript::{
    Body, CeremonyKind, JournalHead, Replay, Trust, UnverifiedTranscript,
};
use signer_core::types::KeyIndex;
use signer_core::wallet::DeviceCard;

use bare::cpu;
use support::house::{House, destination_script, run};
use support::people::{at_ceremony, at_the_next_device};
use support::play::{Act, Prompt};

/// Inputs of the large ceremony, unless `HIMURO_INPUTS` says how many.
const INPUTS: u32 = 1_000;
/// Entries of the long life, unless `HIMURO_ENTRIES` says how many.
const ENTRIES: usize = 10_000;
/// Keys on each chain of the wallet.
const KEYS: u32 = 25;
/// P-256 signatures of a signing session: both operators, request, two approvals, receipt, seal.
const OFFICERS: u32 = 7;
/// Each is measured so often; the table has the median.
const TIMES: usize = 5;

fn main() {
    if let [_, what, file, root, identity] = &std::env::args().collect::<Vec<_>>()[..] {
        return memory::once(what, Path::new(file), root, identity);
    }
    support::benched("verify", |bench| {
        let mut house = House::empty(bench, None);
        house.keys = KEYS;
        let mut house = house.settled();
        let (inputs, entries) = (
            asked("HIMURO_INPUTS", INPUTS),
            asked("HIMURO_ENTRIES", ENTRIES),
        );
        let before = bench.read("d1/journal.cbor").len();
        sign(&mut house, "d1", 0, inputs, at_ceremony);
        let ceremony = Transcript::of(&house, "d1", before);
        let before = bench.read("d2/journal.cbor").len();
        let mut coins = inputs..;
        let mut lives = vec![];
        let mut life = Transcript::of(&house, "d2", before);
        for part in [4, 2, 1] {
            while life.entries.len() < entries / part {
                for _ in 0..8 {
                    let coin = coins.next().expect("there is no end");
                    sign(&mut house, "d2", coin, 1, at_the_next_device);
                }
                life = Transcript::of(&house, "d2", before);
            }
            lives.push(life.kept(&house, &format!("life-{part}")));
        }
        println!("processor time, medians of {TIMES}");
        println!(
            "{:>22} {:>7} {:>9} {:>8} | {:>8} {:>8} {:>8} {:>7} | {:>8} {:>7}",
            "",
            "entries",
            "bytes",
            "sessions",
            "full ms",
            "bare ms",
            "hash ms",
            "/bare",
            "chain ms",
            "full/"
        );
        ceremony.row(&format!("{inputs} inputs"));
        life.row("a life");
        append::table(&life.bytes, Path::new(env!("CARGO_TARGET_TMPDIR")));
        memory::table(&lives, &life.trust);
    });
}

fn asked<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Signs a transaction of so many fresh coins.
fn sign(
    house: &mut House<'_>,
    device: &str,
    first: u32,
    inputs: u32,
    person: fn(&Prompt<'_>) -> Act,
) {
    let coins: Vec<(KeyIndex, u32)> = (first..first + inputs)
        .map(|coin| (KeyIndex(coin % KEYS), coin))
        .collect();
    let psbt = house.approved_psbt_from(destination_script(), &coins);
    house.bench.write("in.psbt", &psbt.to_bytes());
    let _ = fs::remove_file(house.bench.path("out.psbt"));
    let arguments = house.sign_arguments(device, "in.psbt", &["out.psbt"]);
    run(&arguments, person).ended(0);
}

/// A journal, of which the signing sessions are measured.
struct Transcript {
    bytes: Vec<u8>,
    /// Where the first signing session begins.
    from: usize,
    /// Each entry from there on.
    entries: Vec<Vec<u8>>,
    sessions: u32,
    signatures: u32,
    trust: Trust,
}

impl Transcript {
    fn of(house: &House<'_>, device: &str, from: usize) -> Self {
        let bytes = house.bench.read(&format!("{device}/journal.cbor"));
        let card: DeviceCard = peek(&house.bench.read(&format!("{device}.card"))).expect("a card");
        let (mut rest, mut entries) = (&bytes[from..], vec![]);
        while !rest.is_empty() {
            let (item, after) = JournalHead::START.split(rest).expect("whole");
            entries.push(item.to_vec());
            rest = after;
        }
        let all = UnverifiedTranscript::parse(&bytes)
            .expect("a chain")
            .into_entries();
        let count = |is: fn(&Body) -> bool| {
            let found = all.iter().filter(|entry| is(&entry.body)).count();
            u32::try_from(found).expect("few")
        };
        let sessions = count(
            |body| matches!(body, Body::SessionOpened(opened) if opened.kind == CeremonyKind::Sign),
        );
        let signatures = count(|body| matches!(body, Body::Result(_)));
        let trust = Trust {
            root: house.officers.root.digest(),
            identity: card.identity,
        };
        Self {
            bytes,
            from,
            entries,
            sessions,
            signatures,
            trust,
        }
    }

    /// A copy on the bench, for a process of its own; its size in entries.
    fn kept(&self, house: &House<'_>, name: &str) -> (usize, String) {
        (self.entries.len(), house.bench.write(name, &self.bytes))
    }

    fn row(&self, name: &str) {
        let measured: Vec<[Duration; 4]> = (0..TIMES)
            .map(|_| [self.full(), self.bare(), self.hashes(), self.chain()])
            .collect();
        let [full, bare, hashes, chain] = [0, 1, 2, 3].map(|place| {
            let mut times: Vec<Duration> = measured.iter().map(|row| row[place]).collect();
            times.sort_unstable();
            times[TIMES / 2]
        });
        println!(
            "{name:>22} {:>7} {:>9} {:>8} | {:>8.1} {:>8.1} {:>8.2} {:>7.3} | {:>8.2} {:>7.1}",
            self.entries.len(),
            self.bytes.len() - self.from,
            self.sessions,
            ms(full),
            ms(bare + hashes),
            ms(hashes),
            full.as_secs_f64() / (bare + hashes).as_secs_f64(),
            ms(chain),
            full.as_secs_f64() / chain.as_secs_f64(),
        );
    }

    /// The whole verification, after what came before the first signing session.
    fn full(&self) -> Duration {
        let mut replay = Replay::of(self.trust.clone());
        let mut rest = &self.bytes[..self.from];
        while !rest.is_empty() {
            let (item, after) = replay.split(rest).expect("whole");
            replay.take(item).expect("it follows");
            rest = after;
        }
        let began = cpu();
        for item in &self.entries {
            replay.take(item).expect("it follows");
        }
        replay.finish().expect("verified");
        cpu().saturating_sub(began)
    }

    /// The chain alone: TRN01.
    fn chain(&self) -> Duration {
        let mut head = JournalHead::START;
        let mut rest = &self.bytes[..self.from];
        while !rest.is_empty() {
            let (item, after) = head.split(rest).expect("whole");
            head.take(item).expect("it follows");
            rest = after;
        }
        let began = cpu();
        for item in &self.entries {
            head.take(item).expect("it follows");
        }
        cpu().saturating_sub(began)
    }

    /// Every signature, verified as it must be: those of transactions by two libraries.
    fn bare(&self) -> Duration {
        bare::bitcoin(self.signatures) + bare::officers(self.sessions * OFFICERS)
    }

    /// Every byte, hashed once.
    fn hashes(&self) -> Duration {
        let began = cpu();
        for item in &self.entries {
            std::hint::black_box(sha256::Hash::hash(item));
        }
        cpu().saturating_sub(began)
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

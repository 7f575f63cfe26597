//! The fuzz targets on a stable toolchain: every seed, and a fixed number of mutants of the seeds,
//! the same on every run; `HIMURO_FUZZ_TIMES=50` makes fifty times as many. For long runs that follow
//! the program's branches see `scripts/fuzz`.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use targets::{TARGETS, Target};

/// Most memory of this whole process, all targets at once: 256 MiB, in kB.
const PEAK_KB: u64 = 256 * 1024;
/// Most processor time of one input, in nanoseconds.
const TIME: u64 = 2_000_000_000;
/// Largest mutant, in bytes.
const LONGEST: usize = 64 * 1024;

/// One test for each target, with how many mutants it gets.
macro_rules! smoke {
    ($($target:ident: $mutants:literal,)*) => {
        $(#[test]
        fn $target() {
            smoke(stringify!($target), $mutants);
        })*

        const SMOKED: [&str; TARGETS.len()] = [$(stringify!($target)),*];
    };
}

smoke! {
    psbt_v0: 6_000,
    psbt_v2: 6_000,
    psbt_stages: 1_500,
    merge: 4_000,
    wallet: 600,
    policy: 1_000,
    roster: 600,
    request: 1_500,
    approval: 1_500,
    device_card: 400,
    receipt: 1_500,
    acceptance: 500,
    small_artefacts: 2_000,
    transcript: 120,
    headers: 1_500,
    ur: 2_000,
    ur_parts: 6_000,
    bbqr: 4_000,
    byte_frames: 4_000,
    text: 20_000,
    descriptors: 10_000,
}

#[test]
fn every_target_has_seeds_a_program_and_a_smoke_test() {
    let named: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let smoked: BTreeSet<String> = SMOKED.map(str::to_owned).into();
    let programs = names_in(&fuzz().join("fuzz_targets"));
    let programs = programs.iter().map(|name| name.replace(".rs", ""));
    assert_eq!(named.len(), TARGETS.len());
    assert_eq!(named, smoked);
    assert_eq!(named, names_in(&fuzz().join("corpus")));
    assert_eq!(named, programs.collect());
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in named {
        let program = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(
            program.contains(&format!("run(\"{name}\", data)")),
            "{name}"
        );
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
    }
}

#[test]
fn the_corpora_are_small() {
    let seeds = TARGETS.iter().flat_map(|(name, _)| seeds(name));
    let bytes: usize = seeds.map(|(_, seed)| seed.len()).sum();
    assert!(bytes < 300_000, "{bytes} bytes");
}

/// How many times the usual number of mutants is asked for.
fn times() -> u32 {
    let asked = std::env::var("HIMURO_FUZZ_TIMES");
    asked.map_or(1, |text| {
        text.parse().expect("HIMURO_FUZZ_TIMES is a number")
    })
}

/// The seeds and mutants of one target: no panic, something taken, memory within its bound.
fn smoke(name: &str, mutants: u32) {
    let target = TARGETS.iter().find(|(named, _)| *named == name).unwrap().1;
    let seeds = seeds(name);
    let taken = seeds
        .iter()
        .filter(|(file, seed)| tried(target, file, seed));
    assert!(taken.count() > 0, "no seed of {name} gets to the end");
    let mutants = mutants * times();
    let mut mutator = Mutator(0x0123_4567_89ab_cdef ^ 0x5eed);
    let mut taken = 0;
    for _ in 0..mutants {
        let mutant = mutator.mutant(&seeds);
        taken += u32::from(tried(target, name, &mutant));
    }
    assert!(taken > 0 && taken < mutants, "{name}: {taken} of {mutants}");
    let peak = peak_kb();
    assert!(peak < PEAK_KB, "{name}: {peak} kB");
}

/// Runs a target; where it panics or takes too long, the input is kept so that it can become a seed.
fn tried(target: Target, name: &str, data: &[u8]) -> bool {
    let timed = || {
        let start = on_processor();
        let taken = target(data);
        let time = on_processor() - start;
        assert!(time <= TIME, "{} ms for one input", time / 1_000_000);
        taken
    };
    panic::catch_unwind(AssertUnwindSafe(timed)).unwrap_or_else(|cause| {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("found-{name}"));
        fs::write(&kept, data).unwrap();
        eprintln!("{name}: the input is in {}", kept.display());
        panic::resume_unwind(cause)
    })
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| name(entry.unwrap())).collect()
}

/// The seeds of a target that are named: what libFuzzer adds by itself has a hash for a name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join("corpus").join(target);
    let hashed = |name: &String| name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let names = names_in(&folder).into_iter().filter(|name| !hashed(name));
    names
        .map(|name| (name.clone(), fs::read(folder.join(name)).unwrap()))
        .collect()
}

/// Processor time of this thread.
fn on_processor() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// The most memory that this process ever had.
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kb = line.and_then(|l| l.trim().strip_suffix(" kB"));
    kb.unwrap().parse().unwrap()
}

/// Changes seeds, the same way on every run.
struct Mutator(u64);

impl Mutator {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        b ^ (b >> 31)
    }

    /// A number below `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn range(&mut self, data: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(data.len());
        let longest = if self.below(4) == 0 { data.len() } else { 8 };
        start..(start + self.below(longest + 1)).min(data.len())
    }

    /// One of the seeds, changed one to four times.
    fn mutant(&mut self, seeds: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut data = seeds[self.below(seeds.len())].1.clone();
        for _ in 0..=self.below(4) {
            let other = &seeds[self.below(seeds.len())].1;
            self.change(&mut data, other);
        }
        data.truncate(LONGEST);
        data
    }

    fn change(&mut self, data: &mut Vec<u8>, other: &[u8]) {
        const TELLING: [u8; 12] = [
            0, 1, 0x17, 0x18, 0x1f, 0x7f, 0x80, 0xf6, 0xfc, 0xfd, 0xfe, 0xff,
        ];
        let at = self.below(data.len());
        let range = self.range(data);
        match (self.below(10), data.get(at).copied()) {
            (0 | 1, Some(byte)) => data[at] = byte ^ (1 << self.below(8)),
            (2, Some(_)) => data[at] = TELLING[self.below(TELLING.len())],
            (3, Some(byte)) => data[at] = byte.wrapping_add(1),
            (4, Some(byte)) => data[at] = byte.wrapping_sub(1),
            (5, _) => data.insert(at, self.byte()),
            (6, _) => drop(data.drain(range)),
            (7, _) => {
                let copy = data[range].to_vec();
                data.splice(at..at, copy);
            }
            (8, _) => {
                let part = other[self.range(other)].to_vec();
                let end = (at + part.len()).min(data.len());
                data.splice(at..end, part);
            }
            (_, _) => data.truncate(at),
        }
    }
}

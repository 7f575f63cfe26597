//! What appending an entry costs above encoding, writing and flushing it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use signer_core::codec;
use signer_core::transcript::{Journal, UnverifiedTranscript};

use super::bare::cpu;

/// Most entries that are appended, each flushed.
const APPENDED: usize = 2_000;

/// The entries of a journal, appended once more: by a journal that judges each, and bare.
pub(crate) fn table(journal: &[u8], folder: &Path) {
    let path = folder.join("appended");
    let mut judged = measure(&path, journal, true);
    let mut bare = measure(&path, journal, false);
    // In turns, so that a busy neighbour disturbs both alike.
    for _ in 1..super::TIMES {
        judged = judged.least(measure(&path, journal, true));
        bare = bare.least(measure(&path, journal, false));
    }
    let us = |time: Duration| {
        let entries = u32::try_from(judged.entries).expect("few");
        time.as_secs_f64() * 1e6 / f64::from(entries)
    };
    println!(
        "an entry appended, us, least of {}: {:.1} of time, {:.1} bare, ratio {:.3}; {:.1} of processor, {:.1} bare, \
         ratio {:.3}",
        super::TIMES,
        us(judged.wall),
        us(bare.wall),
        judged.wall.as_secs_f64() / bare.wall.as_secs_f64(),
        us(judged.cpu),
        us(bare.cpu),
        judged.cpu.as_secs_f64() / bare.cpu.as_secs_f64(),
    );
}

/// The second half of a short journal, the end of a long one.
fn appended(entries: usize) -> usize {
    APPENDED.min(entries / 2)
}

#[derive(Clone, Copy)]
struct Spent {
    entries: usize,
    wall: Duration,
    cpu: Duration,
}

impl Spent {
    fn least(self, other: Self) -> Self {
        Self {
            entries: self.entries,
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
        }
    }
}

fn measure(path: &Path, journal: &[u8], judged: bool) -> Spent {
    let entries = UnverifiedTranscript::parse(journal)
        .expect("a chain")
        .into_entries();
    let appended = appended(entries.len());
    let from = entries.len() - appended;
    let mut state = Journal::empty();
    let mut file = File::create(path).expect("it can be made");
    let (mut wall, mut clock) = (Instant::now(), cpu());
    for (place, entry) in entries.into_iter().enumerate() {
        if place == from {
            (wall, clock) = (Instant::now(), cpu());
        }
        if place < from {
            let _ = state.append(entry.body).expect("it follows");
            continue;
        }
        let bytes = if judged {
            state
                .append(entry.body)
                .expect("it follows")
                .bytes()
                .to_vec()
        } else {
            codec::encode(&entry)
        };
        file.write_all(&bytes).expect("there is room");
        file.sync_data().expect("it can be flushed");
    }
    let spent = Spent {
        entries: appended,
        wall: wall.elapsed(),
        cpu: cpu().saturating_sub(clock),
    };
    fs::remove_file(path).expect("it was made");
    spent
}

//! How often each function was called, and how long that took.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Counts by function. Delays that the script adds are within the wall time.
#[derive(Default)]
pub(crate) struct Counts(Mutex<BTreeMap<&'static str, Count>>);

#[derive(Clone, Copy, Default)]
struct Count {
    calls: u64,
    wall: Duration,
    cpu: Duration,
}

/// When a call began.
pub(crate) struct Started {
    wall: Instant,
    cpu: Duration,
}

impl Started {
    pub(crate) fn now() -> Self {
        Self {
            wall: Instant::now(),
            cpu: cpu(),
        }
    }
}

/// Processor time of this thread.
fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let part = |number| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
}

impl Counts {
    pub(crate) fn add(&self, name: &'static str, started: &Started) {
        let (wall, cpu) = (started.wall.elapsed(), cpu().saturating_sub(started.cpu));
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name).or_default();
        count.calls += 1;
        count.wall += wall;
        count.cpu += cpu;
    }

    /// Writes the counts into the file that `HIMURO_QUIRK_COUNT` names.
    pub(crate) fn write(&self) {
        let Some(path) = std::env::var_os("HIMURO_QUIRK_COUNT") else {
            return;
        };
        let mut text = String::new();
        for (name, count) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            let (wall, cpu) = (count.wall.as_nanos(), count.cpu.as_nanos());
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} {} {wall} {cpu}", count.calls);
        }
        if let Err(error) = std::fs::write(&path, text) {
            eprintln!("quirk-module: {}: {error}", path.display());
        }
    }
}

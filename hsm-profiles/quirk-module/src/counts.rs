//! How often each function was called, how long that took, and when the first signatures were asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Signatures whose beginning is noted.
const FIRST: usize = 8;

/// Counts by function. Delays that the script adds are within the wall time.
#[derive(Default)]
pub(crate) struct Counts(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    functions: BTreeMap<&'static str, Count>,
    first: Vec<Spent>,
}

/// Processor time up to a moment.
struct Spent {
    module: Duration,
    process: Duration,
}

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
    time_of(ClockId::ThreadCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    let part = |number| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
}

impl Counts {
    pub(crate) fn add(&self, name: &'static str, started: &Started) {
        let (wall, cpu) = (started.wall.elapsed(), cpu().saturating_sub(started.cpu));
        let mut counted = self.counted();
        let count = counted.functions.entry(name).or_default();
        count.calls += 1;
        count.wall += wall;
        count.cpu += cpu;
    }

    /// A signature is about to be made.
    pub(crate) fn about_to_sign(&self) {
        let mut counted = self.counted();
        if counted.first.len() < FIRST {
            let module = counted.functions.values().map(|count| count.cpu).sum();
            let process = time_of(ClockId::ProcessCPUTime);
            counted.first.push(Spent { module, process });
        }
    }

    /// Writes the counts into the file that `HIMURO_QUIRK_COUNT` names.
    pub(crate) fn write(&self) {
        let Some(path) = std::env::var_os("HIMURO_QUIRK_COUNT") else {
            return;
        };
        let counted = self.counted();
        let mut text = String::new();
        // Writing to a String cannot fail.
        for (name, count) in &counted.functions {
            let (wall, cpu) = (count.wall.as_nanos(), count.cpu.as_nanos());
            let _ = writeln!(text, "{name} {} {wall} {cpu}", count.calls);
        }
        for (number, spent) in (1..).zip(&counted.first) {
            let (module, process) = (spent.module.as_nanos(), spent.process.as_nanos());
            let _ = writeln!(text, "before-signature {number} {module} {process}");
        }
        if let Err(error) = std::fs::write(&path, text) {
            eprintln!("quirk-module: {}: {error}", path.display());
        }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

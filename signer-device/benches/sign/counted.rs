//! What the counting module wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Calls by function.
pub(crate) struct Counted(BTreeMap<String, Count>);

#[derive(Clone, Copy, Default)]
struct Count {
    calls: u64,
    wall: Duration,
    cpu: Duration,
}

impl Counted {
    /// Reads `name calls wall-ns cpu-ns`, line by line.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("the module wrote its counts");
        let line = |line: &str| {
            let fields: Vec<&str> = line.split(' ').collect();
            let [name, numbers @ ..] = &fields[..] else {
                panic!("{line}");
            };
            let number = |n: usize| numbers[n].parse::<u64>().expect("a number");
            let count = Count {
                calls: number(0),
                wall: Duration::from_nanos(number(1)),
                cpu: Duration::from_nanos(number(2)),
            };
            ((*name).to_owned(), count)
        };
        Self(text.lines().map(line).collect())
    }

    fn of(&self, function: &str) -> Count {
        self.0.get(function).copied().unwrap_or_default()
    }

    pub(crate) fn calls(&self, function: &str) -> u64 {
        self.of(function).calls
    }

    pub(crate) fn wall(&self, function: &str) -> Duration {
        self.of(function).wall
    }

    pub(crate) fn cpu(&self, function: &str) -> Duration {
        self.of(function).cpu
    }

    pub(crate) fn all_calls(&self) -> u64 {
        self.0.values().map(|count| count.calls).sum()
    }
}

/// The module, which is built with the tests, beside this program.
pub(crate) fn module() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    program.with_file_name("libquirk_module.so")
}

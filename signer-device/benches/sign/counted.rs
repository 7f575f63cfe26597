//! What the counting module wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Calls by function, and what the first signatures began with.
pub(crate) struct Counted {
    functions: BTreeMap<String, Count>,
    before: Vec<Before>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    calls: u64,
    wall: Duration,
    cpu: Duration,
}

/// Processor time that was spent before a signature was begun.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    /// In the module.
    pub(crate) module: Duration,
    /// In the whole program.
    pub(crate) program: Duration,
}

impl Counted {
    /// Reads `name calls wall-ns cpu-ns`, line by line, then `before-signature number module-ns program-ns`.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("the module wrote its counts");
        let mut counted = Self {
            functions: BTreeMap::new(),
            before: Vec::new(),
        };
        for line in text.lines() {
            let (name, numbers) = line.split_once(' ').expect("a name");
            let numbers: Vec<u64> = numbers
                .split(' ')
                .map(|number| number.parse().expect("a number"))
                .collect();
            let [calls, first, second] = numbers[..] else {
                panic!("{line}");
            };
            let [first, second] = [first, second].map(Duration::from_nanos);
            if name == "before-signature" {
                counted.before.push(Before {
                    module: first,
                    program: second,
                });
                continue;
            }
            let (wall, cpu) = (first, second);
            let count = Count { calls, wall, cpu };
            counted.functions.insert(name.to_owned(), count);
        }
        counted
    }

    fn of(&self, function: &str) -> Count {
        self.functions.get(function).copied().unwrap_or_default()
    }

    pub(crate) fn calls(&self, function: &str) -> u64 {
        self.of(function).calls
    }

    pub(crate) fn wall(&self, function: &str) -> Duration {
        self.of(function).wall
    }

    /// Processor time of signing: `C_SignInit` and `C_Sign`.
    pub(crate) fn signing(&self) -> Duration {
        self.of("C_SignInit").cpu + self.of("C_Sign").cpu
    }

    /// Processor time of every call, and of loading the module.
    pub(crate) fn module(&self) -> Duration {
        self.functions.values().map(|count| count.cpu).sum()
    }

    pub(crate) fn all_calls(&self) -> u64 {
        let functions = self.functions.iter().filter(|(name, _)| *name != "load");
        functions.map(|(_, count)| count.calls).sum()
    }

    /// What was spent before the signature of this number, from 0.
    pub(crate) fn before(&self, number: usize) -> Before {
        self.before[number]
    }
}

/// The module, which is built with the tests, beside this program.
pub(crate) fn module() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    program.with_file_name("libquirk_module.so")
}

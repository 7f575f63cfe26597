//! Reads the machine for ENV01 and ENV02. What it means is judged in signer-core.
//!
//! Every reading is read again each time; nothing is remembered between two of them.

mod netlink;
mod random;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use random::KernelRandom;
use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
use signer_core::environment::{EnvironmentReading, Interface};

/// Variables by which a library gets into a process unasked.
const PRELOADING: [&str; 3] = ["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH"];

/// The machine as it is now.
pub(crate) fn read() -> EnvironmentReading {
    let preloaded = PRELOADING.iter().filter_map(|name| {
        let value = std::env::var_os(name)?;
        (!value.is_empty()).then(|| format!("{name}={}", value.to_string_lossy()))
    });
    let files = Files(PathBuf::from("/"));
    EnvironmentReading {
        sysfs: files.interfaces(),
        netlink: netlink::interfaces().ok(),
        proc_net_dev: files.net_dev(),
        tracer_pid: files.tracer(),
        swaps: files.swaps(),
        core_limit: Some(core_limit()),
        core_pattern: files.text("proc/sys/kernel/core_pattern"),
        preloaded: files.preload_file().map(|mut named| {
            named.extend(preloaded);
            named
        }),
        dumpable: dumpable(),
    }
}

/// The machine's clock, in seconds since 1970: a claim.
pub(crate) fn clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

/// No limit at all is the largest one.
fn core_limit() -> u64 {
    getrlimit(Resource::Core).maximum.unwrap_or(u64::MAX)
}

fn dumpable() -> Option<u32> {
    Some(match dumpable_behavior().ok()? {
        DumpableBehavior::NotDumpable => 0,
        DumpableBehavior::Dumpable => 1,
        DumpableBehavior::DumpableReadableOnlyByRoot => 2,
    })
}

/// The files of a machine, below a root: `/`, or a folder in tests.
struct Files(PathBuf);

impl Files {
    fn path(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    fn text(&self, below: &str) -> Option<String> {
        fs::read_to_string(self.path(below))
            .ok()
            .map(|text| text.trim().to_owned())
    }

    fn interfaces(&self) -> Option<Vec<Interface>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path("sys/class/net")).ok()? {
            let path = entry.ok()?.path();
            // A plain file there is a control of a driver, no interface.
            if path.is_dir() {
                found.push(interface_of(&path)?);
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Some(found)
    }

    fn net_dev(&self) -> Option<Vec<String>> {
        let text = self.text("proc/net/dev")?;
        let name = |line: &str| line.split_once(':').map(|(name, _)| name.trim().to_owned());
        Some(text.lines().filter_map(name).collect())
    }

    fn tracer(&self) -> Option<u32> {
        let status = self.text("proc/self/status")?;
        let line = status.lines().find_map(|l| l.strip_prefix("TracerPid:"))?;
        line.trim().parse().ok()
    }

    /// Names of active swap areas; the first line is a heading. A kernel built without swap has
    /// no such file.
    fn swaps(&self) -> Option<Vec<String>> {
        if self.path("proc").is_dir() && !self.path("proc/swaps").exists() {
            return Some(Vec::new());
        }
        let text = self.text("proc/swaps")?;
        let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
        Some(text.lines().skip(1).filter_map(name).collect())
    }

    fn preload_file(&self) -> Option<Vec<String>> {
        let path = self.path("etc/ld.so.preload");
        if !path.exists() {
            return Some(Vec::new());
        }
        let text = fs::read_to_string(path).ok()?;
        Some(text.split_whitespace().map(str::to_owned).collect())
    }
}

fn interface_of(path: &Path) -> Option<Interface> {
    let kind = fs::read_to_string(path.join("type")).ok()?;
    Some(Interface {
        name: path.file_name()?.to_string_lossy().into_owned(),
        kind: kind.trim().parse().ok()?,
    })
}

#[cfg(test)]
mod tests;

//! What stopped a ceremony before its session was open: one line each, kept beside the journal
//! until the next session records it.
//!
//! Nothing was read, judged or signed by then, and nothing depends on these lines; whoever can
//! write to the disk can write or remove them.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Name of the file in the state folder.
const FILE: &str = "unrecorded";
/// Most bytes that are read, and most lines that are recorded.
const LARGEST: u64 = 64 << 10;
const MOST: usize = 16;

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Keeps a line. Where that fails the failure itself is on the screen all the same.
pub(crate) fn keep(folder: &Path, line: &str) {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path(folder));
    let _ = file.and_then(|mut file| {
        writeln!(file, "{line}")?;
        file.sync_all()
    });
}

/// The last lines that were kept.
pub(crate) fn lines(folder: &Path) -> Vec<String> {
    let mut bytes = Vec::new();
    let Ok(file) = fs::File::open(path(folder)) else {
        return Vec::new();
    };
    if file.take(LARGEST).read_to_end(&mut bytes).is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<String> = text.lines().map(str::to_owned).collect();
    let from = all.len().saturating_sub(MOST);
    all.get(from..).unwrap_or_default().to_vec()
}

/// They are recorded now.
pub(crate) fn forget(folder: &Path) {
    // What stays is recorded once more by the next session: no harm.
    let _ = fs::remove_file(path(folder));
}

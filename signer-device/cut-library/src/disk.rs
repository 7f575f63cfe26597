//! What a disk holds for sure, and what it loses when the power fails.
//!
//! Bytes are there after a flush of their file; names after a flush of their folder. All that is not
//! flushed is taken away: the worst that a disk may do that keeps to what it confirmed.

use std::collections::BTreeMap;

use crate::raw;

/// What was done and is not flushed.
#[derive(Default)]
pub(crate) struct Disk {
    /// Files that were written, and how long each is for sure.
    written: BTreeMap<Vec<u8>, u64>,
    /// Names, in the order in which they were made, moved and removed.
    names: Vec<Change>,
}

/// A change of a folder, or of a file's length.
pub(crate) enum Change {
    /// A name that was not there.
    Made(Vec<u8>),
    /// A file that had the first name has the second.
    Moved(Vec<u8>, Vec<u8>),
    /// A file without these bytes at its end.
    Shortened(Vec<u8>, Vec<u8>),
}

impl Disk {
    /// A file is about to be written.
    pub(crate) fn writes(&mut self, path: &[u8]) {
        let length = raw::length(path).unwrap_or_default();
        self.written.entry(path.to_vec()).or_insert(length);
    }

    /// A name or a length has changed.
    pub(crate) fn changes(&mut self, change: Change) {
        self.names.push(change);
    }

    /// A file, or a folder, was flushed.
    pub(crate) fn flushed(&mut self, path: &[u8]) {
        self.written.remove(path);
        self.names.retain(|change| match change {
            Change::Made(name) | Change::Moved(_, name) => folder(name) != path,
            Change::Shortened(file, _) => file != path,
        });
    }

    /// The power fails. Of bytes that were not flushed none are there, or as many as `some` says.
    pub(crate) fn lose(&mut self, some: u64) {
        for (path, sure) in &self.written {
            let there = raw::length(path).unwrap_or_default();
            let torn = there.saturating_sub(*sure);
            let left = if torn == 0 { 0 } else { some % torn };
            raw::shorten(path, sure + left);
        }
        for change in self.names.iter().rev() {
            match change {
                Change::Made(path) => raw::remove(path),
                Change::Moved(from, to) => raw::rename(to, from),
                Change::Shortened(path, tail) => {
                    let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CLOEXEC;
                    if let Some(file) = raw::open(path, flags) {
                        raw::write(file, tail);
                    }
                }
            }
        }
    }
}

fn folder(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte == b'/');
    path.get(..end.unwrap_or_default()).unwrap_or_default()
}

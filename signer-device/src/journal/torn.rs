//! What a power cut leaves of an entry: it is moved from the end of the journal to a file of its own.
//!
//! The power may fail here too, and again while the next entry is written at the same place. So the
//! file appears whole or not at all, and each cut has a file of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{FILE, disk, sync_folder};
use crate::failure::{Deed, Failure};

/// Half an entry at the end of the file: what a power cut leaves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TornTail {
    /// How many bytes.
    pub(crate) length: usize,
    /// Where they are kept now; nowhere else, where the folder is only read.
    pub(crate) kept: Option<PathBuf>,
}

/// Keeps the bytes behind the last whole entry, and shortens the journal by them.
pub(super) fn keep_aside(
    folder: &Path,
    journal: &File,
    good: usize,
    torn: &[u8],
) -> Result<TornTail, Failure> {
    let path = match place(folder, good, torn)? {
        Place::Kept(path) => path,
        Place::Free(path) => {
            write_whole(folder, &path, torn)?;
            path
        }
    };
    sync_folder(folder)?;
    let length = u64::try_from(good).unwrap_or(u64::MAX);
    journal
        .set_len(length)
        .and_then(|()| journal.sync_all())
        .map_err(|e| disk(Deed::Shorten, &folder.join(FILE), &e))?;
    Ok(TornTail {
        length: torn.len(),
        kept: Some(path),
    })
}

/// Where the bytes of a cut go.
enum Place {
    /// They are there: a run that was cut before it shortened the journal has kept them.
    Kept(PathBuf),
    Free(PathBuf),
}

fn place(folder: &Path, good: usize, torn: &[u8]) -> Result<Place, Failure> {
    let mut path = folder.join(format!("{FILE}.torn-at-{good}"));
    let mut cuts: u32 = 1;
    loop {
        match fs::read(&path) {
            Ok(kept) if kept == torn => return Ok(Place::Kept(path)),
            // Another cut at the same place.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::Free(path)),
            Err(error) => return Err(disk(Deed::Read, &path, &error)),
        }
        cuts = cuts.saturating_add(1);
        path.set_file_name(format!("{FILE}.torn-at-{good}-{cuts}"));
    }
}

/// The name is given when the bytes are on the disk.
fn write_whole(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let draft = folder.join(format!("{FILE}.torn"));
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, path))
        .map_err(|e| disk(Deed::Write, path, &e))
}

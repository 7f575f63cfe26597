//! Files: read with a limit, written whole or not at all, never over another.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use officer_console::medium::{self, NewFile};
use officer_console::system;
use signer_core::phrase;
use signer_core::psbt::limits::HEAVY_FILE_BYTES;
use signer_core::rule::Named;

use crate::error::Failure;

/// Largest file that is read, in bytes, where nothing else is said: a wallet record of 15 devices is
/// about 1 MiB.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;
/// As large as a device lets its journal become.
const TRANSCRIPT_LIMIT: u64 = 4 << 30;

/// The bytes of a plain file that is not empty.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    read_within(path, FILE_LIMIT)
}

/// The same of a PSBT.
pub(crate) fn read_psbt(path: &Path) -> Result<Vec<u8>, Failure> {
    // As large as a device takes it, in base64.
    let heavy = u64::try_from(HEAVY_FILE_BYTES).unwrap_or(u64::MAX);
    read_within(path, heavy.saturating_mul(2))
}

/// The same of a transcript, or of whatever may be one.
pub(crate) fn read_transcript(path: &Path) -> Result<Vec<u8>, Failure> {
    read_within(path, TRANSCRIPT_LIMIT)
}

fn read_within(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    medium::read(path, limit).map_err(|error| Failure::explained(&error))
}

/// The text of a file.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| {
        Failure::input(
            phrase!(
                "{path} is not text in UTF-8",
                "{path} はUTF-8の文字列ではない",
                path = Named(path.display())
            ),
            phrase!(
                "give the right file, or save it as UTF-8",
                "正しいファイルを指定するか、UTF-8で保存し直してください。"
            ),
        )
    })
}

/// A new file that is not there yet: reserved before the work, visible after it.
#[derive(Debug)]
pub(crate) struct Output(NewFile);

impl Output {
    /// Makes sure, before anybody is asked anything, that `path` can be written and is free.
    pub(crate) fn reserve(path: &Path) -> Result<Self, Failure> {
        let reserved = NewFile::reserve(path).map_err(|error| Failure::explained(&error))?;
        Ok(Self(reserved))
    }

    /// Writes everything, flushes it, reads it back and gives the file its name.
    pub(crate) fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.0.write(bytes);
        written.map_err(|error| Failure::explained(&error))
    }
}

/// Makes a new folder for many files and lets `fill` write them: all of them, or no folder.
pub(crate) fn new_folder(
    path: &Path,
    fill: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    fs::create_dir(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => unwritable(path, &error),
    })?;
    fill().inspect_err(|_| {
        // The first error is told; a folder that stays is told at the next run.
        let _ = fs::remove_dir_all(path);
    })
}

fn exists(path: &Path) -> Failure {
    Failure::input(
        phrase!(
            "{path} exists already",
            "{path} が既にある",
            path = Named(path.display())
        ),
        phrase!(
            "choose another name; nothing is ever written over",
            "別の名前を指定してください。上書きは行いません。"
        ),
    )
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let advice = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => phrase!(
            "free some space and run it again",
            "空き容量を確保して再度実行してください。"
        ),
        ErrorKind::NotFound => phrase!("make the folder first", "先にフォルダを作成してください。"),
        _ => phrase!(
            "choose a folder that you may write to",
            "書込みできるフォルダを指定してください。"
        ),
    };
    Failure::input(
        phrase!(
            "cannot write {path}: {why}",
            "{path} に書き込めない: {why}",
            path = Named(path.display()),
            why = system(error)
        ),
        advice,
    )
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// As large as a device takes or writes it; one byte more is not.
    #[test]
    fn each_kind_of_file_has_a_limit_of_its_own() {
        let folder = std::env::temp_dir().join(format!("host-cli-limits-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("the temporary folder can be written");
        let path = folder.join("a");
        let file = File::create(&path).expect("ours");
        // No byte of it is on the disk.
        file.set_len(FILE_LIMIT).expect("ours");
        assert!(read(&path).is_ok());
        file.set_len(FILE_LIMIT + 1).expect("ours");
        assert!(read(&path).is_err());
        assert!(read_psbt(&path).is_ok() && read_transcript(&path).is_ok());
        fs::remove_dir_all(folder).expect("ours");
    }
}

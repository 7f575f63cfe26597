//! Files: read with a limit, written whole or not at all, never over another.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use officer_console::system;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use signer_core::phrase;
use signer_core::psbt::limits::HEAVY_FILE_BYTES;
use signer_core::rule::Named;

use crate::error::Failure;

/// Largest file that is read, in bytes, where nothing else is said: a wallet record of 15 devices is
/// about 1 MiB.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;
/// As large as a device lets its journal become.
const TRANSCRIPT_LIMIT: u64 = 4 << 30;

/// The bytes of a file that is not empty.
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
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    match u64::try_from(bytes.len()) {
        Ok(0) => Err(Failure::input(
            phrase!(
                "{path} is empty",
                "{path} は空である",
                path = Named(path.display())
            ),
            phrase!(
                "give the file as it was written by the command that made it",
                "作成したコマンドが書き出したままのファイルを指定してください。"
            ),
        )),
        Ok(len) if len <= limit => Ok(bytes),
        _ => Err(Failure::input(
            phrase!(
                "{path} is larger than {limit} bytes",
                "{path} が {limit} バイトを超えている",
                path = Named(path.display()),
                limit = limit
            ),
            phrase!(
                "give the right file; none of this kind is that large",
                "正しいファイルを指定してください。この種類でこの大きさのファイルは作られません。"
            ),
        )),
    }
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

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let advice = match error.kind() {
        ErrorKind::NotFound => phrase!(
            "check the name; the command that makes it must have ended well",
            "名前を確認してください。作成するコマンドが正常に終わっている必要があります。"
        ),
        ErrorKind::IsADirectory => phrase!(
            "name a file, not a folder",
            "フォルダではなくファイルを指定してください。"
        ),
        _ => phrase!("check who may read it", "読取りの権限を確認してください。"),
    };
    Failure::input(
        phrase!(
            "cannot read {path}: {why}",
            "{path} を読み取れない: {why}",
            path = Named(path.display()),
            why = system(error)
        ),
        advice,
    )
}

/// A new file that is not there yet: reserved before the work, visible after it.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    draft: PathBuf,
    file: Option<File>,
}

impl Output {
    /// Makes sure, before anybody is asked anything, that `path` can be written and is free.
    pub(crate) fn reserve(path: &Path) -> Result<Self, Failure> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(exists(path));
        }
        let name = path.file_name().ok_or_else(|| {
            Failure::input(
                phrase!(
                    "{path} is not the name of a file",
                    "{path} はファイルの名前ではない",
                    path = Named(path.display())
                ),
                phrase!(
                    "give the name of a file that is to be made",
                    "作成するファイルの名前を指定してください。"
                ),
            )
        })?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        let draft = path.with_file_name(hidden);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&draft)
            .map_err(|error| unwritable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            draft,
            file: Some(file),
        })
    }

    /// Writes everything, flushes file and folder, and gives the file its name.
    pub(crate) fn write(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let failed = |error: &std::io::Error| unwritable(&self.path, error);
        if let Some(mut file) = self.file.take() {
            file.write_all(bytes).map_err(|e| failed(&e))?;
            file.sync_all().map_err(|e| failed(&e))?;
        }
        self.give_name()?;
        let folder = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| failed(&e))
    }

    fn give_name(&self) -> Result<(), Failure> {
        let named = renameat_with(CWD, &self.draft, CWD, &self.path, RenameFlags::NOREPLACE);
        match named.map_err(std::io::Error::from) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(exists(&self.path)),
            // Some media know no such renaming.
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                if fs::symlink_metadata(&self.path).is_ok() {
                    return Err(exists(&self.path));
                }
                fs::rename(&self.draft, &self.path).map_err(|e| unwritable(&self.path, &e))
            }
            Err(error) => Err(unwritable(&self.path, &error)),
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // After the renaming there is nothing left to remove.
        let _ = fs::remove_file(&self.draft);
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
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("host-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("the temporary folder can be written");
        folder
    }

    /// As large as a device takes or writes it; one byte more is not.
    #[test]
    fn each_kind_of_file_has_a_limit_of_its_own() {
        let folder = scratch("limits");
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

    #[test]
    fn an_output_appears_whole_and_leaves_no_draft() {
        let folder = scratch("whole");
        let path = folder.join("a");
        let output = Output::reserve(&path).expect("free");
        assert!(!path.exists());
        output.write(b"bytes").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"bytes");
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 1);
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn nothing_is_written_over_even_when_it_appears_late() {
        let folder = scratch("over");
        let path = folder.join("a");
        let output = Output::reserve(&path).expect("free");
        fs::write(&path, b"first").expect("ours");
        assert!(output.write(b"second").is_err());
        assert_eq!(fs::read(&path).expect("there"), b"first");
        assert!(Output::reserve(&path).is_err());
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 1);
        fs::remove_dir_all(folder).expect("ours");
    }

    #[test]
    fn an_unused_reservation_leaves_nothing() {
        let folder = scratch("unused");
        drop(Output::reserve(&folder.join("a")).expect("free"));
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 0);
        fs::remove_dir_all(folder).expect("ours");
    }
}

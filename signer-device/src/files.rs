//! Files from outside and for outside: read with a limit, written whole, never over another.

use signer_core::phrase;
use signer_core::rule::Named;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::failure::{Deed, Failure};

/// Largest artefact that is read, in bytes.
pub(crate) const ARTEFACT: u64 = 4 * 1024 * 1024;

/// The bytes of a plain file that is not empty and not larger than `limit`.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let about = fs::symlink_metadata(path).map_err(|e| Failure::file(Deed::Read, path, &e))?;
    if !about.is_file() {
        return Err(Failure::input(
            phrase!(
                "{path} is not a plain file",
                "{path} は通常のファイルではない",
                path = Named(path.display())
            ),
            phrase!(
                "Give the file itself: no folder, link, pipe or device.",
                "ファイルそのものを指定してください(フォルダ、リンク、パイプ、デバイスは不可)。"
            ),
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|e| Failure::file(Deed::Read, path, &e))?;
    match u64::try_from(bytes.len()) {
        Ok(0) => Err(Failure::input(
            phrase!(
                "{path} is empty",
                "{path} は空である",
                path = Named(path.display())
            ),
            phrase!(
                "Copy the file again from where it was made.",
                "作成元からファイルをもう一度コピーしてください。"
            ),
        )),
        Ok(length) if length <= limit => Ok(bytes),
        _ => Err(Failure::input(
            phrase!(
                "{path} is larger than {limit} bytes",
                "{path} が {limit} バイトを超えている",
                path = Named(path.display()),
                limit = limit
            ),
            phrase!(
                "Give the right file; nothing of ours is that large.",
                "正しいファイルを指定してください。この大きさのファイルはありません。"
            ),
        )),
    }
}

/// A file that is not there yet. Its name is taken before the work begins, so that nobody is asked
/// anything for an output that cannot be written.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    draft: PathBuf,
}

impl Output {
    /// Makes sure that `path` is free and can be written.
    pub(crate) fn reserve(path: &Path) -> Result<Self, Failure> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(taken(path));
        }
        let Some(name) = path.file_name() else {
            return Err(Failure::input(
                phrase!(
                    "{path} is not the name of a file",
                    "{path} はファイルの名前ではない",
                    path = Named(path.display())
                ),
                phrase!(
                    "Give the name of a file that is to be made.",
                    "作成するファイルの名前を指定してください。"
                ),
            ));
        };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        let draft = path.with_file_name(hidden);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&draft)
            .map_err(|e| Failure::file(Deed::Write, path, &e))?;
        Ok(Self {
            path: path.to_path_buf(),
            draft,
        })
    }

    /// Writes everything, flushes file and folder, and gives the file its name.
    pub(crate) fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        let written = OpenOptions::new()
            .write(true)
            .open(&self.draft)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(|e| self.failed(&e))?;
        // A hard link is refused where the name is taken; some media know none.
        match fs::hard_link(&self.draft, &self.path) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(taken(&self.path)),
            Err(_) if fs::symlink_metadata(&self.path).is_ok() => return Err(taken(&self.path)),
            Err(_) => fs::rename(&self.draft, &self.path).map_err(|e| self.failed(&e))?,
        }
        crate::journal::sync_folder(folder_of(&self.path))
    }

    /// The name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::file(Deed::Write, &self.path, error)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Renamed, or never used: either way it may be gone already.
        let _ = fs::remove_file(&self.draft);
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn taken(path: &Path) -> Failure {
    Failure::input(
        phrase!(
            "{path} exists already",
            "{path} が既にある",
            path = Named(path.display())
        ),
        phrase!(
            "Choose another name; nothing is ever written over.",
            "別の名前を指定してください。上書きは行いません。"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("himuro-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn an_output_appears_whole_or_not_at_all() {
        let folder = scratch("output");
        let path = folder.join("a");
        drop(Output::reserve(&path).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        Output::reserve(&path).unwrap().write(b"bytes").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"bytes");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn nothing_is_written_over_even_when_it_appears_late() {
        let folder = scratch("late");
        let path = folder.join("a");
        let output = Output::reserve(&path).unwrap();
        fs::write(&path, b"first").unwrap();
        assert!(output.write(b"second").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert!(Output::reserve(&path).is_err());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_plain_files_of_a_sane_size_are_read() {
        let folder = scratch("read");
        let file = folder.join("a");
        fs::write(&file, b"12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert!(read(&file, 4).is_err());
        assert!(read(&folder, 5).is_err());
        assert!(read(&folder.join("missing"), 5).is_err());
        fs::write(folder.join("empty"), b"").unwrap();
        assert!(read(&folder.join("empty"), 5).is_err());
        std::os::unix::fs::symlink(&file, folder.join("link")).unwrap();
        assert!(read(&folder.join("link"), 5).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}

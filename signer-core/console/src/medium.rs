//! Files on a medium: read without following links and within a limit; written whole under another
//! name, flushed, read back, and only then named. Nothing is ever written over.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, CWD, OFlags, RenameFlags, fadvise, renameat_with};
use rustix::io::Errno;

mod error;

pub use error::MediumError;
use error::Trouble;

/// The bytes of a plain file that is not empty and holds at most `limit` bytes.
///
/// # Errors
/// [`MediumError`]: the file is missing, empty or larger, is no plain file, or cannot be read.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, MediumError> {
    let told = |trouble| MediumError::new(path, trouble);
    let file = open_plain(path).map_err(told)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| told(Trouble::Read(error)))?;
    match u64::try_from(bytes.len()) {
        Ok(0) => Err(told(Trouble::Empty)),
        Ok(length) if length <= limit => Ok(bytes),
        _ => Err(told(Trouble::TooLarge(limit))),
    }
}

/// Opens a file and no link to one; what is no plain file is not waited for.
fn open_plain(path: &Path) -> Result<File, Trouble> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP | Errno::NXIO) => Trouble::NotPlain,
        _ => Trouble::Read(error),
    })?;
    let about = file.metadata().map_err(Trouble::Read)?;
    if about.is_file() {
        Ok(file)
    } else {
        Err(Trouble::NotPlain)
    }
}

/// A file that is not there yet. Its place is taken before the work begins, so that nobody is asked
/// anything for an output that cannot be written.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    draft: PathBuf,
    file: Option<File>,
}

impl NewFile {
    /// Makes sure that `path` is free and that its folder can be written.
    ///
    /// # Errors
    /// [`MediumError`]: it is taken, is no name, or the medium takes no file.
    pub fn reserve(path: &Path) -> Result<Self, MediumError> {
        let told = |trouble| MediumError::new(path, trouble);
        if fs::symlink_metadata(path).is_ok() {
            return Err(told(Trouble::Taken));
        }
        let name = path.file_name().ok_or_else(|| told(Trouble::NoName))?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        let draft = path.with_file_name(hidden);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&draft)
            .map_err(|error| told(Trouble::Write(error)))?;
        Ok(Self {
            path: path.to_path_buf(),
            draft,
            file: Some(file),
        })
    }

    /// The name that it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes everything, flushes it, reads it back, gives it its name and flushes the folder.
    ///
    /// # Errors
    /// [`MediumError`]: the medium is full, write-protected, gone or returns other bytes, or the name
    /// was taken meanwhile. Nothing of it stays, or the error says that it may.
    pub fn write(mut self, bytes: &[u8]) -> Result<(), MediumError> {
        self.write_draft(bytes)
            .and_then(|()| self.is_on_the_medium(bytes))
            .and_then(|()| self.give_name())
            .and_then(|()| self.keep_name(flush_folder))
            .map_err(|trouble| MediumError::new(&self.path, trouble))
    }

    fn write_draft(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let Some(mut file) = self.file.take() else {
            return Ok(());
        };
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(Trouble::Write)?;
        // Or the bytes would come back out of memory. Some media know no such request.
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        Ok(())
    }

    fn is_on_the_medium(&self, bytes: &[u8]) -> Result<(), Trouble> {
        let mut back = Vec::new();
        let limit = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        open_plain(&self.draft)?
            .take(limit.saturating_add(1))
            .read_to_end(&mut back)
            .map_err(Trouble::Read)?;
        if back == bytes {
            Ok(())
        } else {
            Err(Trouble::OtherBytes)
        }
    }

    fn give_name(&self) -> Result<(), Trouble> {
        let flags = RenameFlags::NOREPLACE;
        match renameat_with(CWD, &self.draft, CWD, &self.path, flags) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(Trouble::Taken),
            // Some media know no such renaming.
            Err(Errno::INVAL | Errno::NOSYS) => self.give_second_name(),
            Err(errno) => Err(Trouble::Write(errno.into())),
        }
    }

    /// A second name, which nothing may have yet; the first one goes with the draft.
    fn give_second_name(&self) -> Result<(), Trouble> {
        match fs::hard_link(&self.draft, &self.path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Trouble::Taken),
            // Some media know no second names either.
            Err(_) => self.take_place(),
        }
    }

    /// Takes the place with an empty file of its own, and writes over that alone.
    fn take_place(&self) -> Result<(), Trouble> {
        let taken = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.path);
        match taken {
            Ok(_) => fs::rename(&self.draft, &self.path).map_err(|error| {
                let _ = fs::remove_file(&self.path);
                Trouble::Write(error)
            }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Trouble::Taken),
            Err(error) => Err(Trouble::Write(error)),
        }
    }

    /// Makes the name durable, or takes it back: what was called failed must not lie there whole.
    fn keep_name(&self, flush: impl Fn(&Path) -> io::Result<()>) -> Result<(), Trouble> {
        flush(&self.path).map_err(|error| match fs::remove_file(&self.path) {
            Ok(()) => Trouble::Write(error),
            Err(_) => Trouble::Left(error),
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After the renaming there is nothing left to remove.
        let _ = fs::remove_file(&self.draft);
    }
}

/// Makes the name durable. Some media cannot flush a folder: what is in the file was flushed.
fn flush_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let flushed = File::open(folder).and_then(|folder| folder.sync_all());
    flushed.or_else(|error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Unsupported => Ok(()),
        _ => Err(error),
    })
}

/// Whether the medium is full, or a limit says so.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

/// Whether the medium is gone, or failing.
fn is_gone(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(
        errno,
        Some(Errno::IO | Errno::NODEV | Errno::NXIO | Errno::STALE)
    )
}

#[cfg(test)]
mod tests;

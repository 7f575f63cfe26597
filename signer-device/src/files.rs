//! Files from outside and for outside, as a failure of a command.

use std::path::Path;

use officer_console::medium::{self, NewFile};

use crate::failure::Failure;

/// Largest artefact that is read, in bytes.
pub(crate) const ARTEFACT: u64 = 4 * 1024 * 1024;

/// The bytes of a plain file that is not empty and not larger than `limit`.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    medium::read(path, limit).map_err(|error| Failure::explained(&error))
}

/// A file that is not there yet. Its name is taken before the work begins, so that nobody is asked
/// anything for an output that cannot be written.
#[derive(Debug)]
pub(crate) struct Output(NewFile);

impl Output {
    /// Makes sure that `path` is free and can be written.
    pub(crate) fn reserve(path: &Path) -> Result<Self, Failure> {
        let reserved = NewFile::reserve(path).map_err(|error| Failure::explained(&error))?;
        Ok(Self(reserved))
    }

    /// Writes everything, flushes it, reads it back and gives the file its name.
    pub(crate) fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.0.write(bytes);
        written.map_err(|error| Failure::explained(&error))
    }

    /// The name.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

//! One file is read once, and that reading is handed on.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::{Limits, ParsedPsbt};
use crate::rule::Stopped;

/// What reading a file found, kept from the first time that somebody asks. It says nothing that the
/// file does not say: two are always equal.
#[derive(Debug, Default)]
pub struct ReadOnce(OnceCell<Result<ParsedPsbt, Stopped>>);

impl ReadOnce {
    /// What reading these bytes finds; always asked with the same ones.
    pub(crate) fn of(&self, bytes: &Arc<Vec<u8>>, limits: Limits) -> Result<&ParsedPsbt, &Stopped> {
        let read = || ParsedPsbt::parse_shared(Arc::clone(bytes), limits);
        self.0.get_or_init(read).as_ref()
    }

    /// What was found, where it was read.
    pub(crate) fn known(&self) -> Option<&ParsedPsbt> {
        self.0.get()?.as_ref().ok()
    }

    /// The stage that goes on from these bytes.
    pub(crate) fn stage(
        &self,
        bytes: &Arc<Vec<u8>>,
        limits: Limits,
    ) -> Result<ParsedPsbt, Stopped> {
        match self.of(bytes, limits) {
            Ok(parsed) => Ok(parsed.again()),
            Err(stopped) => Err(stopped.clone()),
        }
    }
}

impl Clone for ReadOnce {
    fn clone(&self) -> Self {
        let Some(read) = self.0.get() else {
            return Self::default();
        };
        let read = read.as_ref().map(ParsedPsbt::again).map_err(Clone::clone);
        Self(OnceCell::from(read))
    }
}

impl PartialEq for ReadOnce {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ReadOnce {}

//! Which blocks a device has accepted: a fold of the headers that its journal installed.

use alloc::vec::Vec;

use bitcoin::block::Header;
use bitcoin::consensus;
use bitcoin::hashes::Hash;

use super::{ChainTip, HeaderRun};
use crate::types::Height;

/// The hashes of all blocks from the checkpoint to the tip, in the byte order of headers (not
/// reversed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedBlocks {
    first: Height,
    hashes: Vec<[u8; 32]>,
}

impl AcceptedBlocks {
    /// Before a device is born.
    pub(crate) const fn none() -> Self {
        Self {
            first: Height(0),
            hashes: Vec::new(),
        }
    }

    /// The block that a device is born with.
    pub(crate) fn checkpoint(tip: &ChainTip) -> Self {
        Self {
            first: tip.height(),
            hashes: alloc::vec![*tip.hash()],
        }
    }

    /// The hash of the block at this height, where it was accepted.
    pub fn hash(&self, height: Height) -> Option<&[u8; 32]> {
        let place = height.0.checked_sub(self.first.0)?;
        self.hashes.get(usize::try_from(place).ok()?)
    }

    /// Forgets the blocks from this height on.
    pub(crate) fn leave(&mut self, from: Height) {
        let kept = from.0.saturating_sub(self.first.0);
        self.hashes
            .truncate(usize::try_from(kept).unwrap_or(usize::MAX));
    }

    /// Takes the blocks of a run that [`Chain::extend`](super::Chain::extend) has taken; those that are
    /// known are left as they are.
    pub(crate) fn follow(&mut self, run: &HeaderRun) {
        let next = usize::try_from(self.first.0)
            .unwrap_or(usize::MAX)
            .saturating_add(self.hashes.len());
        let begins = usize::try_from(run.first_height.0).unwrap_or(usize::MAX);
        let new = run.headers.iter().skip(next.saturating_sub(begins));
        self.hashes.extend(new.filter_map(|bytes| {
            let header: Header = consensus::deserialize(bytes).ok()?;
            Some(header.block_hash().to_byte_array())
        }));
    }
}

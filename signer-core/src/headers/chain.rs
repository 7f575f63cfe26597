//! The chain that a device follows: its newest block, and the last ones below it, to which it can go
//! back where another chain from there on has more work.
//!
//! A block that the chain leaves again is mined every few weeks. So the last [`GIVEN_UP`] blocks are
//! open, and no others: what a settlement stands on is never undone.

use alloc::vec::Vec;

use bitcoin::block::Header;

use super::{ChainTip, HeaderError, HeaderRun};
use crate::root::Checkpoint;
use crate::settlement::CONFIRMATIONS;
use crate::types::{Blocks, Height, Network};

/// Most blocks that are given up for a chain with more work: as many as stand on top of a block
/// that settles.
pub const GIVEN_UP: Blocks = Blocks(CONFIRMATIONS);

/// The newest block that is known, and the last ones below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    newest: Block,
    /// At most [`GIVEN_UP`], the oldest first.
    below: Vec<Block>,
}

/// A block, and how much work it took.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    tip: ChainTip,
    work: u128,
}

/// A chain after a run of headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extended {
    /// The chain.
    pub chain: Chain,
    /// What of the known chain is none of it any more.
    pub left: Option<LeftBlocks>,
}

/// Blocks that are given up for others with more work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftBlocks {
    /// The lowest of them.
    pub from: Height,
    /// The highest: the tip until then.
    pub to: Height,
    /// The hash of the highest, in the byte order of the header (not reversed).
    pub tip: [u8; 32],
}

impl LeftBlocks {
    /// How many.
    pub const fn count(&self) -> Blocks {
        Blocks(self.to.0.saturating_sub(self.from.0).saturating_add(1))
    }
}

impl Chain {
    /// The chain that a device is born with: nothing lies below its one block.
    pub fn checkpoint(checkpoint: &Checkpoint) -> Self {
        Self {
            newest: Block {
                tip: ChainTip::checkpoint(checkpoint),
                work: 0,
            },
            below: Vec::new(),
        }
    }

    /// The newest block.
    pub const fn tip(&self) -> &ChainTip {
        &self.newest.tip
    }

    /// The chain with `run` on it, as [`ChainTip::extend`] judges it. Where the run leads away from
    /// one of the last blocks, those above that one are left, if the run has more work than they
    /// have and does not end below them.
    ///
    /// # Errors
    /// [`HeaderError`] with the height; nothing of the run is taken then.
    pub fn extend(&self, run: &HeaderRun, network: Network) -> Result<Extended, HeaderError> {
        let mut chain = self.up_to(run);
        let base = chain.tip().height();
        let mut gained = 0_u128;
        let start = chain.tip().clone();
        start.follow(run, network, |tip, header| {
            let work = work(header);
            gained = gained.saturating_add(work);
            chain.add(Block {
                tip: tip.clone(),
                work,
            });
        })?;
        let (known, got) = (self.tip().height(), chain.tip().height());
        if got < known {
            return Err(HeaderError::Behind { tip: known, got });
        }
        if base == known {
            return Ok(Extended { chain, left: None });
        }
        let from = Height(base.0.saturating_add(1));
        if gained <= self.work_from(from) {
            return Err(HeaderError::NoMoreWork(from));
        }
        let left = LeftBlocks {
            from,
            to: known,
            tip: *self.tip().hash(),
        };
        Ok(Extended {
            chain,
            left: Some(left),
        })
    }

    /// This chain up to the highest of its last blocks from which the run goes on; all of it, where
    /// the run goes on from none.
    fn up_to(&self, run: &HeaderRun) -> Self {
        let newest_first = core::iter::once(&self.newest).chain(self.below.iter().rev());
        let above = newest_first
            .enumerate()
            .find(|(_, block)| goes_on(&block.tip, run))
            .map_or(0, |(above, _)| above);
        let Some(kept) = self.below.len().checked_sub(above) else {
            return self.clone();
        };
        match self.below.get(kept) {
            Some(newest) => Self {
                newest: newest.clone(),
                below: self.below.iter().take(kept).cloned().collect(),
            },
            None => self.clone(),
        }
    }

    fn add(&mut self, block: Block) {
        let before = core::mem::replace(&mut self.newest, block);
        self.below.push(before);
        let most = usize::try_from(GIVEN_UP.0).unwrap_or_default();
        let excess = self.below.len().saturating_sub(most);
        self.below.drain(..excess);
    }

    /// The work in the blocks from this height on.
    fn work_from(&self, from: Height) -> u128 {
        let all = self.below.iter().chain([&self.newest]);
        let left = all.filter(|block| block.tip.height() >= from);
        left.fold(0, |sum, block| sum.saturating_add(block.work))
    }
}

/// Whether the run holds this block, or begins with one on top of it.
fn goes_on(tip: &ChainTip, run: &HeaderRun) -> bool {
    let at = |height: u32| {
        let place = height.checked_sub(run.first_height.0)?;
        let bytes = run.headers.get(usize::try_from(place).ok()?)?;
        super::decode(bytes)
    };
    let holds = at(tip.height().0).map(|header| super::hash_of(&header));
    let on_top = at(tip.height().0.saturating_add(1)).map(|header| super::previous(&header));
    match holds {
        Some(hash) => hash == *tip.hash(),
        None => on_top == Some(*tip.hash()),
    }
}

/// Hashes that a block takes, on average. No block that can be mined fills the number.
fn work(header: &Header) -> u128 {
    let bytes = header.work().to_be_bytes();
    let [high, low] = bytes.as_chunks::<16>().0 else {
        return u128::MAX;
    };
    match u128::from_be_bytes(*high) {
        0 => u128::from_be_bytes(*low),
        _ => u128::MAX,
    }
}

#[cfg(test)]
mod tests;

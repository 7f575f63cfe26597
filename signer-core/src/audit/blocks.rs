//! Which blocks the auditor's own node gave: a range without a gap, or parts.

use alloc::collections::{BTreeMap, BTreeSet};

use bitcoin::hashes::Hash as _;
use bitcoin::{Block, BlockHash};

use crate::phrase;
use crate::rule::Phrase;
use crate::types::Height;

/// Blocks from `first` to `last`, each built on the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRange {
    /// The lowest.
    pub first: Height,
    /// The highest.
    pub last: Height,
}

impl BlockRange {
    /// Whether every block of another range is one of these.
    pub fn covers(&self, other: Self) -> Coverage {
        if self.first <= other.first && other.last <= self.last {
            Coverage::Whole
        } else {
            Coverage::InPart
        }
    }

    /// From where to where.
    pub fn phrase(&self) -> Phrase {
        phrase!(
            "blocks {first} to {last}",
            "ブロック {first} から {last}",
            first = self.first,
            last = self.last
        )
    }
}

/// Whether a range is all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    Whole,
    /// Not all of it.
    InPart,
}

/// The blocks that were given, by their hashes.
#[derive(Clone, Debug, Default)]
pub struct GivenBlocks(BTreeMap<BlockHash, Link>);

/// What a block is built on, its height where it says so, and what a time-stamp leads to.
#[derive(Clone, Copy, Debug)]
struct Link {
    previous: BlockHash,
    height: Option<u32>,
    stated: StatedBlock,
}

/// What the header of a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedBlock {
    /// The Merkle root, in the byte order of the header.
    pub merkle_root: [u8; 32],
    /// Its time, in seconds since 1970.
    pub time: u32,
}

impl GivenBlocks {
    /// Takes a block whose Merkle root was looked at: its coinbase states the height (BIP34).
    pub fn add(&mut self, block: &Block) {
        let previous = block.header.prev_blockhash;
        let height = if previous == BlockHash::all_zeros() {
            Some(0)
        } else {
            let stated = block.bip34_block_height().ok();
            stated.and_then(|height| u32::try_from(height).ok())
        };
        let stated = StatedBlock {
            merkle_root: block.header.merkle_root.to_byte_array(),
            time: block.header.time,
        };
        let link = Link {
            previous,
            height,
            stated,
        };
        self.0.insert(block.block_hash(), link);
    }

    /// The blocks that state this height.
    pub fn at(&self, height: Height) -> impl Iterator<Item = StatedBlock> {
        let links = self.0.values();
        links
            .filter(move |link| link.height == Some(height.0))
            .map(|link| link.stated)
    }

    /// The range that they are; none where one is missing between them, where two stand side by side,
    /// or where heights are not stated or contradict each other.
    pub fn range(&self) -> Option<BlockRange> {
        let below: BTreeSet<BlockHash> = self.0.values().map(|link| link.previous).collect();
        let mut ends = self.0.keys().filter(|hash| !below.contains(*hash));
        let (Some(end), None) = (ends.next(), ends.next()) else {
            return None;
        };
        let (mut depth, mut last, mut at) = (0_u32, None, *end);
        while let Some(link) = self.0.get(&at) {
            let stated = link.height.map(|height| height.saturating_add(depth));
            if stated.is_some() && last.is_some() && stated != last {
                return None;
            }
            last = last.or(stated);
            depth = depth.saturating_add(1);
            at = link.previous;
        }
        let all = u32::try_from(self.0.len()).ok()? == depth;
        let last = last.filter(|_| all)?;
        let first = last.checked_sub(depth.saturating_sub(1))?;
        Some(BlockRange {
            first: Height(first),
            last: Height(last),
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use std::vec;

    use bitcoin::block::{Header, Version};
    use bitcoin::{CompactTarget, ScriptBuf, Transaction, TxMerkleNode, Witness};

    use super::*;

    /// So many linked blocks from this height, which each states.
    fn linked(first: i64, count: i64) -> Vec<Block> {
        let mut previous = BlockHash::from_byte_array([7; 32]);
        let blocks = (first..first + count).map(|height| {
            let coinbase = Transaction {
                version: bitcoin::transaction::Version::TWO,
                lock_time: bitcoin::absolute::LockTime::ZERO,
                input: vec![bitcoin::TxIn {
                    script_sig: ScriptBuf::builder().push_int(height).into_script(),
                    witness: Witness::new(),
                    ..bitcoin::TxIn::default()
                }],
                output: vec![],
            };
            let block = Block {
                header: Header {
                    version: Version::TWO,
                    prev_blockhash: previous,
                    merkle_root: TxMerkleNode::all_zeros(),
                    time: 0,
                    bits: CompactTarget::from_consensus(0x207f_ffff),
                    nonce: u32::try_from(height).unwrap(),
                },
                txdata: vec![coinbase],
            };
            previous = block.block_hash();
            block
        });
        blocks.collect()
    }

    fn range<'b>(blocks: impl IntoIterator<Item = &'b Block>) -> Option<BlockRange> {
        let mut given = GivenBlocks::default();
        for block in blocks {
            given.add(block);
        }
        given.range()
    }

    fn between(first: u32, last: u32) -> BlockRange {
        BlockRange {
            first: Height(first),
            last: Height(last),
        }
    }

    #[test]
    fn linked_blocks_are_a_range_in_any_order() {
        let blocks = linked(850_000, 5);
        assert_eq!(range(&blocks), Some(between(850_000, 850_004)));
        assert_eq!(range(blocks.iter().rev()), Some(between(850_000, 850_004)));
        assert_eq!(range(blocks.iter().chain(&blocks[1..2])), range(&blocks));
        assert_eq!(range(&blocks[2..3]), Some(between(850_002, 850_002)));
        // Heights up to 16 are no bytes in a coinbase: those above tell them.
        assert_eq!(range(&linked(1, 30)), Some(between(1, 30)));
        let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
        assert_eq!(range([&genesis]), Some(between(0, 0)));
    }

    #[test]
    fn blocks_with_a_gap_are_no_range() {
        let blocks = linked(850_000, 5);
        assert_eq!(range([]), None);
        assert_eq!(range(blocks[..2].iter().chain(&blocks[3..])), None);
        let mut rival = blocks[4].clone();
        rival.header.time += 1;
        assert_eq!(range(blocks.iter().chain([&rival])), None);
        // A coinbase that states another height than the links.
        let mut other = linked(850_000, 2);
        other[1].txdata = linked(850_007, 1).remove(0).txdata;
        assert_eq!(range(&other), None);
        // None that states any.
        let mut silent = linked(850_000, 1);
        silent[0].txdata.clear();
        assert_eq!(range(&silent), None);
    }

    #[test]
    fn a_range_covers_what_lies_within_it() {
        let given = between(10, 20);
        for (first, last, coverage) in [
            (10, 20, Coverage::Whole),
            (9, 20, Coverage::InPart),
            (10, 21, Coverage::InPart),
            (15, 15, Coverage::Whole),
            (21, 22, Coverage::InPart),
        ] {
            assert_eq!(given.covers(between(first, last)), coverage);
        }
    }
}

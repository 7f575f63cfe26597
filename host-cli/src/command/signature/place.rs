//! Where a transaction stands in a block: out of the whole block, or out of what Bitcoin Core's
//! `gettxoutproof` prints.

use bitcoin::block::Header;
use bitcoin::hashes::{Hash as _, sha256d};
use bitcoin::merkle_tree::MerkleBlock;
use bitcoin::{Block, TxMerkleNode, Txid};
use signer_core::settlement::MerklePath;

/// A block, and what can be proven of it.
pub(super) enum Source {
    /// All of it.
    Whole(Box<Block>),
    /// A proof for some of its transactions.
    Proof(MerkleBlock),
}

/// A transaction's place.
pub(super) struct Place {
    pub(super) header: Header,
    pub(super) position: u32,
    pub(super) path: MerklePath,
}

impl Source {
    /// Where this transaction stands; none where this source does not prove it.
    pub(super) fn place(&self, txid: Txid) -> Option<Place> {
        match self {
            Self::Whole(block) => in_block(block, txid),
            Self::Proof(proof) => in_proof(proof, txid),
        }
    }
}

fn in_block(block: &Block, txid: Txid) -> Option<Place> {
    let mut row: Vec<[u8; 32]> = block
        .txdata
        .iter()
        .map(|tx| tx.compute_txid().to_byte_array())
        .collect();
    let position = row.iter().position(|id| *id == txid.to_byte_array())?;
    let (mut at, mut path) = (position, vec![]);
    while row.len() > 1 {
        path.push(*row.get(at ^ 1).or_else(|| row.get(at))?);
        row = row.chunks(2).map(over).collect();
        at /= 2;
    }
    let root = TxMerkleNode::from_byte_array(*row.first()?);
    (root == block.header.merkle_root).then_some(Place {
        header: block.header,
        position: u32::try_from(position).ok()?,
        path: MerklePath::new(path)?,
    })
}

fn in_proof(proof: &MerkleBlock, txid: Txid) -> Option<Place> {
    let (mut matches, mut indexes) = (vec![], vec![]);
    proof.extract_matches(&mut matches, &mut indexes).ok()?;
    let found = matches.iter().position(|id| *id == txid)?;
    let position = *indexes.get(found)?;
    let tree = &proof.txn;
    let mut walk = Walk {
        flags: tree.bits().iter(),
        hashes: tree.hashes().iter(),
        leaves: tree.num_transactions(),
        wanted: position,
        path: vec![],
    };
    let height = (0..u32::BITS).find(|height| walk.width(*height) <= 1)?;
    walk.node(height, 0)?;
    Some(Place {
        header: proof.header,
        position,
        path: MerklePath::new(walk.path)?,
    })
}

/// A partial tree, depth first: the hash of each node, and on the way the hashes beside the way to
/// one leaf, from below.
struct Walk<'a> {
    flags: core::slice::Iter<'a, bool>,
    hashes: core::slice::Iter<'a, TxMerkleNode>,
    leaves: u32,
    wanted: u32,
    path: Vec<[u8; 32]>,
}

impl Walk<'_> {
    /// How many nodes there are at a height above the leaves.
    fn width(&self, height: u32) -> u32 {
        self.leaves.div_ceil(1 << height.min(31))
    }

    fn node(&mut self, height: u32, at: u32) -> Option<[u8; 32]> {
        let flag = *self.flags.next()?;
        let Some(below) = height.checked_sub(1).filter(|_| flag) else {
            return Some(self.hashes.next()?.to_byte_array());
        };
        let left = self.node(below, at * 2)?;
        let right = if at * 2 + 1 < self.width(below) {
            self.node(below, at * 2 + 1)?
        } else {
            left
        };
        if self.wanted >> height == at {
            let is_left = (self.wanted >> below) & 1 == 0;
            self.path.push(if is_left { right } else { left });
        }
        Some(over(&[left, right]))
    }
}

/// The node over one or two others: one is taken twice.
fn over(nodes: &[[u8; 32]]) -> [u8; 32] {
    let mut bytes = nodes.concat();
    if nodes.len() == 1 {
        bytes.extend_from_within(..);
    }
    sha256d::Hash::hash(&bytes).to_byte_array()
}

#[cfg(test)]
mod tests {
    use bitcoin::absolute::LockTime;
    use bitcoin::block::Version;
    use bitcoin::consensus::encode::{deserialize, serialize};
    use bitcoin::transaction;
    use bitcoin::{BlockHash, CompactTarget, Transaction};

    use super::*;

    fn block(count: u32) -> Block {
        let tx = |n| Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::from_consensus(n),
            input: vec![bitcoin::TxIn::default()],
            output: vec![],
        };
        let mut block = Block {
            header: Header {
                version: Version::TWO,
                prev_blockhash: BlockHash::all_zeros(),
                merkle_root: TxMerkleNode::all_zeros(),
                time: 0,
                bits: CompactTarget::from_consensus(0x207f_ffff),
                nonce: 0,
            },
            txdata: (0..count).map(tx).collect(),
        };
        block.header.merkle_root = block.compute_merkle_root().expect("transactions");
        block
    }

    /// Both sources give the same path, and it leads to the root: trees of every shape.
    #[test]
    fn every_transaction_of_every_tree_has_one_path() {
        for count in 1..=17 {
            let block = block(count);
            for (position, tx) in (0..).zip(&block.txdata) {
                let txid = tx.compute_txid();
                let proof = MerkleBlock::from_block_with_predicate(&block, |id| *id == txid);
                let proof: MerkleBlock = deserialize(&serialize(&proof)).expect("itself");
                for source in [Source::Whole(Box::new(block.clone())), Source::Proof(proof)] {
                    let place = source.place(txid).expect("in the block");
                    assert_eq!(place.position, position, "{count}");
                    let root = place.path.root(txid.to_byte_array(), position);
                    let expected = block.header.merkle_root.to_byte_array();
                    assert_eq!(root, Some(expected), "{position} of {count}");
                }
            }
        }
    }

    #[test]
    fn a_transaction_that_is_not_proven_has_no_place() {
        let block = block(5);
        let first = block.txdata[0].compute_txid();
        let second = block.txdata[1].compute_txid();
        let proof = MerkleBlock::from_block_with_predicate(&block, |id| *id == first);
        assert!(Source::Proof(proof).place(second).is_none());
        let elsewhere = Txid::all_zeros();
        let mut other = block;
        assert!(
            Source::Whole(Box::new(other.clone()))
                .place(elsewhere)
                .is_none()
        );
        other.txdata.pop();
        assert!(Source::Whole(Box::new(other)).place(first).is_none());
    }
}

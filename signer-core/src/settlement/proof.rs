//! The proof that a transaction is in the chain. It carries no signature: work was done for it, and
//! the device compares its headers with those that it has accepted.

use alloc::vec::Vec;

use bitcoin::Transaction;
use bitcoin::consensus;
use bitcoin::hashes::{Hash, HashEngine, sha256d};
use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::codec::ByteString;
use crate::headers::HeaderRun;
use crate::types::Height;

/// Deepest tree of a block: fewer than 2^16 transactions of the least weight fit in one.
const DEEPEST: usize = 16;
/// Bytes of a hash.
const HASH: usize = 32;

/// What comes to the device: headers by which it reaches the blocks, and the proof.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SettlementFile {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Headers that may lead on from the last block that the device knows.
    #[n(1)]
    pub headers: HeaderRun,
    /// The proof.
    #[n(2)]
    pub settlement: Settlement,
}

/// Transactions that spent coins of open signatures, each in its block, and the headers from the
/// first of these blocks to one that is deep enough behind the last.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Settlement {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Headers without a gap; the last one is a block that the device has accepted.
    #[n(1)]
    pub headers: HeaderRun,
    /// The transactions.
    #[n(2)]
    pub spends: Vec<ConfirmedSpend>,
}

/// A transaction, and its place in a block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ConfirmedSpend {
    /// The block.
    #[n(0)]
    pub height: Height,
    /// The transaction as it is sent, with or without witnesses.
    #[n(1)]
    pub transaction: ByteString,
    /// Its place in the block, from 0.
    #[n(2)]
    pub position: u32,
    /// From its id to the root in the header.
    #[n(3)]
    pub path: MerklePath,
}

impl ConfirmedSpend {
    /// The transaction, where the bytes are one and nothing else.
    pub(super) fn read(&self) -> Option<Transaction> {
        consensus::deserialize(&self.transaction.0).ok()
    }
}

/// The hashes beside the way from a transaction to the root, from below, in the byte order of the
/// block (not reversed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerklePath(Vec<[u8; HASH]>);

impl MerklePath {
    /// A path, if no block has a deeper one.
    pub fn new(hashes: Vec<[u8; HASH]>) -> Option<Self> {
        (hashes.len() <= DEEPEST).then_some(Self(hashes))
    }

    /// The root over the leaf at this position; none where a tree of this depth has no such place.
    pub fn root(&self, leaf: [u8; HASH], position: u32) -> Option<[u8; HASH]> {
        let mut place = position;
        let mut hash = leaf;
        for beside in &self.0 {
            hash = match place & 1 {
                0 => node(&hash, beside),
                _ => node(beside, &hash),
            };
            place >>= 1;
        }
        (place == 0).then_some(hash)
    }
}

/// Double SHA-256 over both halves.
fn node(left: &[u8; HASH], right: &[u8; HASH]) -> [u8; HASH] {
    let mut engine = sha256d::Hash::engine();
    engine.input(left);
    engine.input(right);
    sha256d::Hash::from_engine(engine).to_byte_array()
}

impl<C> Encode<C> for MerklePath {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(self.0.as_flattened())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for MerklePath {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
        let (hashes, rest) = d.bytes()?.as_chunks::<HASH>();
        let path = Self::new(hashes.to_vec()).filter(|_| rest.is_empty());
        path.ok_or_else(|| Error::message("at most 16 hashes of 32 bytes"))
    }
}

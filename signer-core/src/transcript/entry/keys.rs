//! How keys come to a device: announced, made and read back; and what a cut left behind.

use alloc::vec::Vec;

use bitcoin::secp256k1::PublicKey;
use minicbor::{Decode, Encode};

use crate::codec;
use crate::token::{Evidence, KeyAttributes, Remains};
use crate::types::{Chain, KeyIndex, PoolNumber};

/// Keys that are about to be made: on the disk before the HSM is asked for the first of them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeysIntended {
    /// The pool.
    #[n(0)]
    pub pool: PoolNumber,
    /// What is made on which chain: one range for each chain at most, chain 0 first.
    #[n(1)]
    pub ranges: Vec<KeyRange>,
}

/// Keys of one chain that stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyRange {
    /// The chain.
    #[n(0)]
    pub chain: Chain,
    /// Index of the first of them.
    #[n(1)]
    pub first: KeyIndex,
    /// How many there are.
    #[n(2)]
    pub count: u32,
}

impl KeyRange {
    /// The index behind the last of them.
    pub const fn end(&self) -> u32 {
        self.first.0.saturating_add(self.count)
    }
}

/// Keys that were generated and read back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeysGenerated {
    /// The pool.
    #[n(0)]
    pub pool: PoolNumber,
    /// The chain.
    #[n(1)]
    pub chain: Chain,
    /// Index of the first of them.
    #[n(2)]
    pub first: KeyIndex,
    /// The keys, in the order of their indexes.
    #[n(3)]
    pub keys: Vec<MadeKey>,
    /// What stands behind the attributes.
    #[n(4)]
    pub evidence: Evidence,
}

/// One key as it was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MadeKey {
    /// The public key.
    #[cbor(n(0), with = "codec::as_bytes")]
    pub public_key: PublicKey,
    /// The private key's attributes.
    #[n(1)]
    pub attributes: KeyAttributes,
}

/// What a cut left on the token: announced, never recorded. It is about to be destroyed, and no
/// entry ever names a key of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeysDiscarded {
    /// The pool.
    #[n(0)]
    pub pool: PoolNumber,
    /// What stood there, ascending.
    #[n(1)]
    pub keys: Vec<DiscardedKey>,
}

/// One place at which a cut left something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DiscardedKey {
    /// The chain.
    #[n(0)]
    pub chain: Chain,
    /// The index.
    #[n(1)]
    pub index: KeyIndex,
    /// What stood there.
    #[n(2)]
    pub remains: Remains,
}

//! The root of trust: what a device is born with.
//!
//! Commissioning pins the network, a header checkpoint and the first roster. Two people type the
//! digest of the root from a paper that did not come from the host. Cards of different roots never
//! form a wallet.

use minicbor::{Decode, Encode};

use crate::codec;
use crate::cose::Scope;
use crate::digest::{RootDigest, RosterDigest};
use crate::types::Height;

/// The root of trust. It carries no signature: people compare its digest in full.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Root {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose of everything under this root.
    #[n(1)]
    pub scope: Scope,
    /// The block from which headers are linked.
    #[n(2)]
    pub checkpoint: Checkpoint,
    /// The first roster, signed by every administrator in it.
    #[n(3)]
    pub roster: RosterDigest,
}

/// A block that is known to be in the chain, with what the next headers are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Checkpoint {
    /// Its height.
    #[n(0)]
    pub height: Height,
    /// Its hash, in the byte order of the header (not reversed).
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// Its compact target.
    #[n(2)]
    pub bits: u32,
    /// Its time, in seconds since 1970.
    #[n(3)]
    pub time: u32,
}

impl Root {
    /// What people compare and every artefact names.
    pub fn digest(&self) -> RootDigest {
        RootDigest::over(&[&codec::encode(self)])
    }
}

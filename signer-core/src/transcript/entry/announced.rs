//! What a device tells the people of every session before they do anything.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::types::{Height, OfficerId};

/// What had to be said at the beginning of a session. Where nothing has, there is no such entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Announced {
    /// Officers whose entry in the roster ends soon, or has ended, in ascending order.
    #[n(0)]
    pub ending: Vec<EndingEntry>,
}

impl Announced {
    /// The announcement, unless there is nothing in it.
    pub fn unless_empty(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

/// An entry of the roster that ends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EndingEntry {
    /// Whose it is.
    #[n(0)]
    pub officer: OfficerId,
    /// The last height at which it is valid.
    #[n(1)]
    pub valid_to: Height,
}

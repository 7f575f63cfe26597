//! What a token holds, and what it could prove.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::codec::ByteString;
use crate::rule::RuleLine;
use crate::token::Inventory;

/// Everything on the token, and what HSM03 says of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Inventoried {
    /// What is there.
    #[n(0)]
    pub inventory: Inventory,
    /// The rule's line.
    #[n(1)]
    pub report: Vec<RuleLine>,
}

/// A backup or a restored HSM that was held against the device card.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Proven {
    /// The signed possession report.
    #[n(0)]
    pub signed: ByteString,
    /// What KEY01 says of it.
    #[n(1)]
    pub report: Vec<RuleLine>,
}

//! Reading, merging, writing and extending PSBTs: version 0 (BIP-174) and version 2 (BIP-370).
//!
//! Two readings lie above each other. [`RawPsbt`] is the container: every record byte for byte and
//! in order, nothing forgotten, nothing understood but the structure. [`ParsedPsbt`] is the stage:
//! a transaction of our narrower profile whose every amount is proven by its previous transaction.
//!
//! What this module may not do: repair anything, believe an amount that is only claimed, drop or
//! reorder a record, or make a signature. It knows no wallet and no policy.

mod armour;
pub mod build;
mod container;
mod form;
pub mod key;
pub mod lean;
pub mod limits;
pub mod merge;
mod once;
mod parse;
pub mod previous;
mod raw;
mod reader;
mod rules;
pub mod signed;
mod unsigned;

pub use armour::unarmoured;
pub use form::{Carried, KeyOrigin};
pub use key::{KeyType, MapId, ProprietaryField, PsbtVersion};
pub use limits::Limits;
pub use once::ReadOnce;
pub use parse::{ParsedInput, ParsedOutput, ParsedPsbt, multisig_witness_bytes, signed_weight};
pub(crate) use raw::first_map;
pub use raw::{RawPsbt, Record};
pub(crate) use rules::overweight;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

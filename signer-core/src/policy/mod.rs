//! The policy and its rules: a transaction of a registered wallet becomes a checked one.
//!
//! What this module may not do: let anything pass that the signed policy does not name, or take a
//! label from anywhere else.

mod active;
mod check;
mod checking;
mod document;
mod plain;
mod pol01;
mod pol02;
mod pol04;
mod pol07;

pub use active::{ActivePolicy, PolicyError, PolicyStanding};
pub use check::{CheckedPayment, CheckedTx};
pub use document::{ApprovalQuorum, Destination, FeeCaps, Policy, WalletRules};
pub use plain::PlainPolicy;

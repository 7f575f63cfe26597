//! The policy and its rules: a transaction of a registered wallet becomes a checked one.

mod document;

pub use document::{ApprovalQuorum, Destination, FeeCaps, Policy, WalletRules};

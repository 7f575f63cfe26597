//! The policy and its rules: a transaction of a registered wallet becomes a checked one.
//!
//! What this module may not do: let anything pass that the signed policy does not name, or take a
//! label from anywhere else.

mod active;
mod balance;
mod change;
mod check;
mod checking;
mod document;
mod error;
mod page;
mod placement;
mod plain;
mod pol01;
mod pol02;
mod pol03;
mod pol04;
mod pol05;
mod pol06;
mod pol07;
mod pol08;
mod pol09;
mod pol10;
mod separation;
mod strict;
mod sweep;
#[cfg(test)]
mod tests;
mod whole;
mod words;

pub(crate) use check::OF_DEVICES;

pub use active::{ActivePolicy, Before, PolicyStanding};
pub use balance::{BalanceStatement, ColdFloor, WalletBalance};
pub use change::{
    Changed, ColdFloorChange, DestinationChange, Direction, PolicyChange, PolicyChanges, Voters,
    WalletChange, WindowChange,
};
pub use check::{CheckedPayment, CheckedTx};
pub use document::{
    ApprovalQuorum, ClassMove, Destination, FeeCaps, MAX_WITNESSES, Policy, QuorumBand,
    WalletRules, WindowLimit,
};
pub use error::PolicyError;
pub use page::{Asked, Page, Typed};
pub use placement::Placement;
pub use plain::PlainPolicy;
pub use pol06::ColdShare;
pub use pol08::{NewPolicy, pol08};
pub(crate) use pol09::pol09_among;
pub use separation::{Separation, SeparationChange};
pub use sweep::{Sweep, SweepChange};

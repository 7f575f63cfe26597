//! The rules of Himuro: pure, and the same on the device, on the host and at the auditor's desk.
//!
//! ```text
//! bytes (hostile) -> ParsedPsbt -> WalletTx -> CheckedTx -> ApprovedTx -> ConfirmedTx
//!    -> SighashOrder, one per input: all that SigningHsm::sign accepts
//!    -> SignedPsbt -> Release: the only stage that turns into bytes
//! refusal at any arrow -> Stopped (the complete rule report)
//! ```
//!
//! A stage is made only from the one before it, by value. Nothing here reads a file, a clock, a
//! terminal, a random number or an HSM: all of that comes in as an argument.

#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod acceptance;
pub mod approval;
pub mod audit;
pub mod codec;
pub mod cose;
pub mod digest;
pub mod environment;
pub mod frames;
pub mod headers;
mod html;
pub mod keys;
pub mod ledger;
pub mod life;
pub mod pack;
pub mod policy;
pub mod psbt;
pub mod random;
pub mod report;
pub mod review;
pub mod root;
pub mod rule;
pub mod settlement;
pub mod signing;
pub mod split;
#[cfg(test)]
pub(crate) mod testing;
pub mod token;
pub mod transcript;
pub mod types;
pub mod wallet;

//! The only orders that an HSM obeys.
//!
//! There is no function anywhere that signs bytes from outside. Four closed orders exist; each is
//! made in this crate, from content that this crate has computed itself.

pub mod order;
mod receipt;

pub use order::{OfficerOrder, PossessionOrder, SealOrder, SighashOrder, SigningHsm, WalletKeyRef};
pub use receipt::{Receipt, SignatureLine};

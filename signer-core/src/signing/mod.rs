//! The only orders that an HSM obeys, and what becomes of its signatures.
//!
//! There is no function anywhere that signs bytes from outside. Four closed orders exist; each is
//! made in this crate, from content that this crate has computed itself. What was not confirmed
//! by the operators becomes no order.

mod intent;
pub mod order;
mod receipt;
mod rules;
mod session;

#[cfg(test)]
mod tests;

pub use intent::{Coin, Intent, IntentLine, IntentPayment};
pub use order::{OfficerOrder, PossessionOrder, SealOrder, SighashOrder, SigningHsm, WalletKeyRef};
pub use receipt::{Receipt, SignatureLine};
pub(crate) use rules::{Libraries, used_before};
pub use session::{Intended, ReceiptFacts, SignedPsbt, Signing};

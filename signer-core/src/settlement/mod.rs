//! Open partial signatures: what this device released and cannot call back, and the proof that
//! settles it.
//!
//! ```text
//! sealed sessions that signed -> OpenRegister (a fold of the journal; no second database)
//! Settlement (transaction, Merkle path, headers) -> TRN06 -> SettledSet: off the register
//! ```
//!
//! A settlement changes the register and nothing else: coins that were signed over stay signed over
//! (POL07), and limits count what they counted.

mod proof;
mod register;
mod trn06;

pub use proof::{ConfirmedSpend, MerklePath, Settlement, SettlementFile};
pub use register::{OpenRegister, OpenSignature, Settled, SettledAs, SettledSet};
pub use trn06::{CONFIRMATIONS, SPENDS_LIMIT, trn06};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

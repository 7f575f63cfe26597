//! The acceptance test of an HSM: what the module claims, what was tried on throw-away keys, and
//! what held.
//!
//! ```text
//! driver's observations -> AcceptanceReport (signed) -> Findings -> Standing
//! ```
//!
//! The report holds observations only. What they mean is computed here, by the device that made
//! the report and again by everybody who reads it.

mod judge;
mod order;
mod page;
mod report;
mod tally;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod trial;

pub use judge::{Finding, Findings, Standing, Subject};
pub use order::TestDigest;
pub use page::{PageSeal, page};
pub use report::{
    AcceptanceReport, CheckedReport, MechanismLine, Operation, ReportError, ReportSigner, Timing,
    TrialLine,
};
pub use tally::{SignatureTally, Tally};
pub use trial::{Answer, Trial, Weight};

//! What an auditor asks of the records of a house, and how each question is answered.
//!
//! ```text
//! AuditTrust (from the genesis paper) + transcripts of several devices -> AuditAnswer
//! ```
//!
//! Every question is one sentence with a count in it, and one line for each case that was counted.
//! Nothing here opens a file: the program that reads them says only what it read.

mod answer;
mod trust;

pub use answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
pub use trust::{AuditTrust, TrustedDevice, TrustedRelease};

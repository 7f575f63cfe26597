//! What an auditor asks of the records of a house, and how each question is answered.
//!
//! ```text
//! AuditTrust (from the genesis paper) + transcripts of several devices -> AuditAnswer
//! ```
//!
//! Every question is one sentence with a count in it, and one line for each case that was counted.
//! Nothing here opens a file: the program that reads them says only what it read.

mod answer;
mod blocks;
mod finding;
mod history;
mod papers;
mod question;
mod recorder;
mod records;
#[cfg(test)]
mod tests;
mod trust;
mod walk;

pub use answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
pub use blocks::{BlockRange, Coverage, GivenBlocks, StatedBlock};
pub use finding::Finding;
pub use history::{
    Allowed, Attendee, CaseRecord, DeviceHistory, InstalledPolicy, InstalledRoster, SessionRecord,
};
pub use papers::{FoundReceipt, FoundRefusal, FoundSignature, NodeData, Papers, Source, SpentCoin};
pub use question::{
    Walked, approvals, chain, complete, destinations, exceptions, keys, limits, nonces, open,
    people, placement, policy, refusals, rng, roster, sample, shown, signatures, software, time,
    verify,
};
pub use recorder::Recorder;
pub use records::{Completeness, DeviceRecord, Held, Records, Told};
pub use trust::{AuditTrust, TrustedDevice, TrustedRelease};
pub use walk::{ChainWalk, SealedHead};

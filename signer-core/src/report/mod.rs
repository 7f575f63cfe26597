//! Reports for people who were not there: one page for each session of a device, and one for each
//! case over the sessions of all its devices.
//!
//! ```text
//! VerifiedTranscript -> SessionRecord -> page
//! case + its SessionRecords + final transaction -> CaseReport -> page
//! ```
//!
//! A view, never authority: only a transcript that verified is told of, everything is computed from
//! it again, and the same transcript gives the same page byte for byte, also when the device has
//! gone on since.

mod both;
mod case;
mod case_page;
mod entries;
mod events;
mod finished;
mod gather;
mod heard;
mod papers;
mod parts;
mod record;
mod screens;
mod session_page;
#[cfg(test)]
mod tests;
mod transfer;
mod verdicts;

pub use case::CaseReport;
pub use finished::{FinishedError, FinishedTx};
pub use record::{SessionRecord, Source};

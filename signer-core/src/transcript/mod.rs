//! The journal of a device and what follows from it: state, seal, anchor, replay, release.
//!
//! ```text
//! entries -> Journal (chain) -> DeviceState (fold)
//!                            -> Seal -> SealedSession + SignedPsbt -> Release
//! bytes -> UnverifiedTranscript -> VerifiedTranscript
//! ```
//!
//! This module opens no file: durability is the program's, order and meaning are decided here.

mod anchor;
mod chain;
mod entry;
mod judge;
mod release;
mod replay;
mod restored;
mod seal;
mod state;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use anchor::{Anchor, AnchoredRoster, trn03};
pub use chain::{Appended, Journal, JournalHead, UnverifiedTranscript, whole_prefix};
pub use entry::{
    Aborted, Announced, AnnouncedRoster, Answered, Body, CLOCK_SLACK, CeremonyKind, Channel,
    DiscardedKey, EndingEntry, Entry, Exception, Genesis, Installed, Intake, Inventoried, KeyRange,
    KeysDiscarded, KeysGenerated, KeysIntended, Looks, MadeKey, OpenCount, Outcome, Proven,
    ReadiedBy, Rechecked, Rejected, SessionOpened, Shown, Software, WhatKind, WrongPin,
};
pub(crate) use judge::two_operators;
pub use judge::{NotApproved, begin_signing, judge, new_rejections, operators, review};
pub use release::{Release, Released};
pub use replay::{Findings, Replay, Trust, VerifiedTranscript};
pub use restored::trn05;
pub use seal::{NotSigned, Seal, SealedSession, trn02};
pub use state::{DeviceState, FoldError, OpenSession, SessionSummary, Unfinished};

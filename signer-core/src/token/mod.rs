//! What is known of an HSM and its keys, and the rules HSM01 to HSM06 over it.
//!
//! Plain facts only: this module calls no token. Whoever reads a token hands in what it said, and
//! the same facts stand in device cards and transcripts, so that an auditor judges them again.

#[cfg(test)]
mod alone;
mod date;
mod facts;
mod fips;
mod hsm01;
mod hsm02;
mod hsm03;
mod hsm04;
mod hsm05;
mod hsm06;
mod leftover;
mod line;
mod pattern;
mod reading;
mod screen;

pub use date::Date;
pub use facts::{AnchorStore, Assurance, Evidence, HsmFacts, HsmIdentity, KeyStorage, LoginKind};
pub use fips::{
    FipsClaim, FipsLevel, FipsList, FipsListing, FipsStandard, FipsStanding, FipsStatus,
    FipsWarning, STALE_AFTER, fips_status,
};
pub use hsm01::hsm01;
pub use hsm02::{Expectation, hsm02};
pub use hsm03::{hsm03, hsm03_after_cut};
pub use hsm04::{RandomBefore, hsm04};
pub use hsm05::{LoginState, SessionEnd, hsm05};
#[cfg(test)]
pub(crate) use hsm06::tests::acceptance_of;
pub use hsm06::{AcceptanceRecord, ProfileStanding, hsm06};
pub use leftover::{Leftover, Remains};
pub use line::Line;
pub use pattern::Pattern;
pub use reading::{
    Flag, ForeignObject, Half, HalfPair, Inventory, KeyAttribute, KeyAttributes, KeyReading,
    KnownKey, LocalClaim, Presence, Relaxations, SeenKey, WrapBackup,
};
pub(crate) use screen::hsm_block;
pub use screen::hsm_screen;

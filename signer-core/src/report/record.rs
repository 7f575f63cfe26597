//! What one session of a verified transcript says, with all that follows from it.

use alloc::string::String;
use alloc::vec::Vec;

use super::gather::{self, Wanted};
use super::heard::Heard;
use super::session_page;
use super::transfer::Transfer;
use crate::approval::Seat;
use crate::cose;
use crate::digest::FileDigest;
use crate::review::Person;
use crate::rule::RuleReport;
use crate::signing::{Receipt, SignatureLine};
use crate::token::AcceptanceRecord;
use crate::transcript::{
    Body, CeremonyKind, Entry, Genesis, Outcome, SessionOpened, VerifiedTranscript,
};
use crate::types::{Height, Id, SessionNumber};

/// One session, computed again: everything on its page.
#[derive(Debug)]
pub struct SessionRecord<'a> {
    pub(super) genesis: &'a Genesis,
    /// The acceptance test of the HSM of this session: another one's from a replacement on.
    pub(super) acceptance: Option<AcceptanceRecord>,
    pub(super) number: SessionNumber,
    pub(super) opened: &'a SessionOpened,
    pub(super) entries: &'a [Entry],
    /// SHA-256 of the bytes of each entry.
    pub(super) hashes: Vec<[u8; 32]>,
    pub(super) source: Source,
    /// Height of the last block that the device knew when it began.
    pub(super) known: Height,
    pub(super) seated: Vec<Seated>,
    pub(super) heard: Option<Heard>,
    pub(super) report: Option<&'a RuleReport>,
    pub(super) transfer: Option<Transfer>,
    /// Signatures that the device had ever made, before and after.
    pub(super) signatures: [u64; 2],
    pub(super) seal: Option<FileDigest>,
    pub(super) outcome: Outcome,
}

/// The bytes that a record comes from: the journal up to and with the session's last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of these bytes: `head -c BYTES FILE | sha256sum`.
    pub sha256: [u8; 32],
    /// SHA-256 of the last entry: the head of the chain.
    pub head: [u8; 32],
}

/// Somebody who took a seat with their own key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seated {
    pub(super) seat: Option<Seat>,
    /// As the roster of that hour knows them; absent where it does not.
    pub(super) person: Option<Person>,
}

impl<'a> SessionRecord<'a> {
    /// Every session of a transcript, in order.
    pub fn all(verified: &'a VerifiedTranscript) -> Vec<Self> {
        gather::sessions(verified, &Wanted::All)
    }

    /// One session.
    pub fn of(verified: &'a VerifiedTranscript, number: SessionNumber) -> Option<Self> {
        gather::sessions(verified, &Wanted::Session(number)).pop()
    }

    /// Every session that read a PSBT whose genuine request names this case.
    pub fn of_case(verified: &'a VerifiedTranscript, case: &Id) -> Vec<Self> {
        gather::sessions(verified, &Wanted::Case(case))
    }

    /// Its number.
    pub const fn number(&self) -> SessionNumber {
        self.number
    }

    /// The ceremony.
    pub const fn kind(&self) -> CeremonyKind {
        self.opened.kind
    }

    /// How it ended.
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The case of the genuine request that was read, where one was.
    pub fn case(&self) -> Option<&Id> {
        Some(&self.heard.as_ref()?.request.as_ref()?.body.case)
    }

    /// The device's name.
    pub const fn device(&self) -> &Id {
        &self.genesis.name
    }

    /// The bytes that this record comes from.
    pub const fn source(&self) -> Source {
        self.source
    }

    /// The page of the session; `command` is what makes it again.
    pub fn page(&self, command: &str) -> String {
        session_page::page(self, command)
    }

    /// The signatures that this session released: those of its receipt, where a cut session's are
    /// among them, or what it made before it ended otherwise.
    pub(super) fn signatures_made(&self) -> Vec<SignatureLine> {
        let receipt = self.bodies().find_map(|body| match body {
            Body::Receipt(bytes) => cose::peek::<Receipt>(&bytes.0).ok(),
            _ => None,
        });
        if let Some(receipt) = receipt {
            return receipt.signatures;
        }
        let made = self.bodies().filter_map(|body| match body {
            Body::Result(line) => Some(*line),
            _ => None,
        });
        made.collect()
    }

    pub(super) fn bodies(&self) -> impl Iterator<Item = &'a Body> {
        self.entries.iter().map(|entry| &entry.body)
    }
}

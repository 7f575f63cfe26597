//! The chain: each entry carries the hash of the one before.

use alloc::vec::Vec;

use super::entry::{Body, Entry};
use super::state::{DeviceState, FoldError};
use crate::codec;
use crate::digest::sha256_of;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::signing::used_before;
use crate::types::SessionNumber;

/// Largest entry: a PSBT of the largest size with some room.
pub(super) const ENTRY_LIMIT: usize = 132 * 1024 * 1024;

/// Where a journal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// SHA-256 of the last entry; zero before the first.
    pub hash: [u8; 32],
    /// How many entries there are; the sequence number of the next one.
    pub entries: u64,
    /// The session of the last entry.
    pub session: SessionNumber,
}

impl JournalHead {
    /// Before the first entry.
    pub const START: Self = Self {
        hash: [0; 32],
        entries: 0,
        session: SessionNumber(0),
    };

    /// The entry that says `body` after this head.
    fn entry(&self, body: Body) -> Entry {
        let (sequence, session) = self.place_of(&body);
        Entry {
            prev: self.hash,
            sequence,
            session,
            body,
        }
    }

    /// Place and session of an entry that says `body` after this head. A recovery goes on where the
    /// HSM remembers the journal to be, so that no count ever falls; sessions go on behind the
    /// highest number that any can have had.
    fn place_of(&self, body: &Body) -> (u64, SessionNumber) {
        match body {
            Body::SessionOpened(_) => {
                let session = SessionNumber(self.session.0.saturating_add(1));
                (self.entries, session)
            }
            Body::Recovered(recovered) => {
                let entries = self.entries.max(recovered.anchor.entries);
                let session = u32::try_from(entries).unwrap_or(u32::MAX);
                (entries, SessionNumber(session))
            }
            _ => (self.entries, self.session),
        }
    }

    /// The bytes of the next entry, and what follows them.
    ///
    /// # Errors
    /// TRN01 where `bytes` do not begin with a whole entry.
    pub fn split<'a>(&self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Refusal> {
        codec::split_first(bytes).map_err(|error| unreadable(self.entries, &error))
    }

    /// TRN01 for one entry: it follows this head, which it moves on.
    ///
    /// # Errors
    /// TRN01; the head is then unchanged.
    pub fn take(&mut self, item: &[u8]) -> Result<Entry, Refusal> {
        let place = self.entries;
        let entry: Entry =
            codec::decode_within(item, ENTRY_LIMIT).map_err(|error| unreadable(place, &error))?;
        let (sequence, session) = self.place_of(&entry.body);
        if entry.sequence != sequence {
            let expected = phrase!("sequence {n}", "通し番号 {n}", n = sequence);
            return Err(trn01(place, expected, Phrase::figure(entry.sequence)));
        }
        if entry.prev != self.hash {
            let [head, prev] = [self.hash, entry.prev].map(|h| crate::digest::hex(&h));
            let expected = phrase!("previous {head}", "直前の記録 {head}", head = head);
            return Err(trn01(place, expected, Phrase::figure(prev)));
        }
        if entry.session != session {
            let expected = phrase!("session {n}", "セッション {n}", n = session);
            return Err(trn01(place, expected, Phrase::figure(entry.session)));
        }
        *self = Self::after(sequence, session, item);
        Ok(entry)
    }

    /// The head after an entry at this place, of these bytes.
    fn after(sequence: u64, session: SessionNumber, bytes: &[u8]) -> Self {
        Self {
            hash: sha256_of(bytes),
            entries: sequence.saturating_add(1),
            session,
        }
    }
}

/// The journal of a device while it runs: its head, and what all its entries mean.
#[derive(Debug)]
pub struct Journal {
    head: JournalHead,
    state: DeviceState,
}

/// An entry that was added: its bytes are to be written, and flushed where the ceremony says so.
/// Made only by a journal that took the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Appended {
    bytes: Vec<u8>,
    head: JournalHead,
}

impl Appended {
    /// The bytes of the entry, and nothing else.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The head after it.
    pub const fn head(&self) -> JournalHead {
        self.head
    }
}

impl Journal {
    /// A journal without an entry.
    pub fn empty() -> Self {
        Self {
            head: JournalHead::START,
            state: DeviceState::unborn(),
        }
    }

    /// Reads a journal from the disk and folds it.
    ///
    /// # Errors
    /// TRN01 where the chain is broken; TRN04 where an entry does not follow from those before it.
    pub fn load(bytes: &[u8]) -> Result<Self, Refusal> {
        Self::of(&UnverifiedTranscript::parse(bytes)?)
    }

    /// Folds a journal that was read from the disk.
    ///
    /// # Errors
    /// TRN04 where an entry does not follow from those before it.
    pub fn of(transcript: &UnverifiedTranscript) -> Result<Self, Refusal> {
        let mut state = DeviceState::unborn();
        for entry in transcript.entries() {
            state.apply(entry).map_err(|error| refused(entry, &error))?;
        }
        Ok(Self {
            head: transcript.head(),
            state,
        })
    }

    /// Where the journal stands.
    pub const fn head(&self) -> JournalHead {
        self.head
    }

    /// What its entries mean.
    pub const fn state(&self) -> &DeviceState {
        &self.state
    }

    /// Adds an entry. Write its bytes before anything is done that it announces.
    ///
    /// # Errors
    /// TRN04 where the entry does not follow from those before it; the journal is then unchanged.
    pub fn append(&mut self, body: Body) -> Result<Appended, Refusal> {
        let entry = self.head.entry(body);
        self.state
            .apply(&entry)
            .map_err(|error| refused(&entry, &error))?;
        let bytes = codec::encode(&entry);
        self.head = JournalHead::after(entry.sequence, entry.session, &bytes);
        Ok(Appended {
            bytes,
            head: self.head,
        })
    }
}

/// SIG03, for signatures over anything but transactions.
pub(super) fn repeated_r(r: &[u8; 32]) -> Refusal {
    let expected = phrase!("a new r value", "初出のr値");
    Refusal::new(RuleId::SIG03, Place::Token, expected, used_before(r))
}

/// An entry that does not follow.
pub(super) fn refused(entry: &Entry, error: &FoldError) -> Refusal {
    if let FoldError::RepeatedR(r) = error {
        return repeated_r(r);
    }
    let expected = phrase!(
        "an entry \"{name}\" that follows",
        "続くべき記録「{name}」",
        name = entry.body.phrase()
    );
    let place = Place::Entry(entry.sequence);
    Refusal::new(RuleId::TRN04, place, expected, error.phrase())
}

/// A journal whose chain is unbroken; nothing that it says is verified yet.
#[derive(Debug)]
pub struct UnverifiedTranscript {
    entries: Vec<Entry>,
    hashes: Vec<[u8; 32]>,
    head: JournalHead,
}

impl UnverifiedTranscript {
    /// TRN01: The journal is one unbroken chain.
    ///
    /// A CBOR sequence of entries in deterministic encoding, each naming the one before it,
    /// counted without a gap but that of a recovery, in sessions that rise.
    ///
    /// # Errors
    /// TRN01.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut read = Self {
            entries: Vec::new(),
            hashes: Vec::new(),
            head: JournalHead::START,
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = read.next(rest)?;
        }
        if read.entries.is_empty() {
            return Err(nothing());
        }
        Ok(read)
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries, given away.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// SHA-256 of each entry, in order.
    pub fn hashes(&self) -> &[[u8; 32]] {
        &self.hashes
    }

    /// Where the journal stands.
    pub const fn head(&self) -> JournalHead {
        self.head
    }

    /// The hash of the last of so many entries; none where that place was lost, or never reached.
    pub fn hash_at(&self, entries: u64) -> Option<&[u8; 32]> {
        let sequence = entries.checked_sub(1)?;
        let found = self.entries.binary_search_by_key(&sequence, |e| e.sequence);
        self.hashes.get(found.ok()?)
    }

    /// Takes the next entry; what follows it.
    fn next<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Refusal> {
        let (item, rest) = self.head.split(bytes)?;
        let entry = self.head.take(item)?;
        self.hashes.push(self.head.hash);
        self.entries.push(entry);
        Ok(rest)
    }
}

/// TRN01 of a journal without an entry.
pub(super) fn nothing() -> Refusal {
    let expected = phrase!("at least one entry", "1件以上の記録");
    trn01(0, expected, Phrase::none())
}

fn unreadable(place: u64, error: &codec::CodecError) -> Refusal {
    trn01(place, phrase!("an entry", "ジャーナル記録"), error.phrase())
}

const fn trn01(place: u64, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::TRN01, Place::Entry(place), expected, got)
}

/// The part of `bytes` that consists of whole entries: what a cut in the middle of a write left.
///
/// Only for the device's own disk, whose anchor says whether more than a torn end is missing.
pub fn whole_prefix(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Ok((_, after)) = codec::split_first(rest) {
        if after.len() == rest.len() {
            break;
        }
        rest = after;
    }
    let whole = bytes.len().saturating_sub(rest.len());
    bytes.get(..whole).unwrap_or_default()
}

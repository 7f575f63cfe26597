//! The fold over a verified transcript that writes down what each session says.

use alloc::vec::Vec;

use bitcoin::hashes::{Hash, HashEngine, sha256};

use super::heard::Heard;
use super::record::{Seated, SessionRecord, Source};
use super::transfer::Transfer;
use crate::approval::Attendance;
use crate::codec;
use crate::cose::{self, Endorsed};
use crate::digest::sha256_of;
use crate::life::Replacement;
use crate::review;
use crate::token::AcceptanceRecord;
use crate::transcript;
use crate::transcript::{
    Body, CeremonyKind, DeviceState, Entry, Genesis, Outcome, SessionOpened, SessionSummary,
    VerifiedTranscript, judge,
};
use crate::types::{Id, SessionNumber};

/// Which sessions are asked for.
pub(super) enum Wanted<'a> {
    All,
    Session(SessionNumber),
    Case(&'a Id),
}

/// The bytes up to here.
#[derive(Clone)]
struct Read {
    engine: sha256::HashEngine,
    bytes: u64,
}

/// The sessions of a transcript that are wanted, in order. What verified folds again, so nothing is
/// left out.
pub(super) fn sessions<'a>(
    verified: &'a VerifiedTranscript,
    wanted: &Wanted<'_>,
) -> Vec<SessionRecord<'a>> {
    let mut state = DeviceState::unborn();
    let mut read = Read {
        engine: sha256::Hash::engine(),
        bytes: 0,
    };
    let mut found: Vec<SessionRecord<'a>> = Vec::new();
    let mut genesis = None;
    let entries = verified.entries();
    for (place, entry) in entries.iter().enumerate() {
        let bytes = codec::encode(entry);
        read.take(&bytes);
        match &entry.body {
            Body::Genesis(born) => genesis = Some(born.as_ref()),
            Body::SessionOpened(opened) => {
                drop_unwanted(&mut found, wanted);
                let rest = entries.get(place..).unwrap_or_default();
                found.extend(genesis.map(|genesis| {
                    begin(genesis, entry.session, opened, of_session(rest), &state)
                }));
            }
            _ => {}
        }
        if let Some(record) = found.last_mut() {
            record.note(entry, &state, wanted);
            record.source = read.source(&bytes);
            record.hashes.push(sha256_of(&bytes));
        }
        if state.apply(entry).is_err() {
            break;
        }
        if let Some(record) = found.last_mut() {
            record.signatures[1] = state.ledger().signatures();
        }
    }
    drop_unwanted(&mut found, wanted);
    for record in &mut found {
        record.end(state.sessions());
    }
    found
}

impl Read {
    fn take(&mut self, bytes: &[u8]) {
        self.engine.input(bytes);
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(more);
    }

    fn source(&self, last: &[u8]) -> Source {
        Source {
            bytes: self.bytes,
            sha256: sha256::Hash::from_engine(self.engine.clone()).to_byte_array(),
            head: sha256_of(last),
        }
    }
}

/// The entries of the session that begins here.
fn of_session(rest: &[Entry]) -> &[Entry] {
    let begins = |entry: &Entry| matches!(entry.body, Body::SessionOpened(_));
    let next = rest.iter().skip(1).position(begins);
    let end = next.map_or(rest.len(), |place| place.saturating_add(1));
    rest.get(..end).unwrap_or_default()
}

fn begin<'a>(
    genesis: &'a Genesis,
    number: SessionNumber,
    opened: &'a SessionOpened,
    entries: &'a [Entry],
    state: &DeviceState,
) -> SessionRecord<'a> {
    SessionRecord {
        genesis,
        acceptance: accepted_before(opened, state),
        number,
        opened,
        entries,
        hashes: Vec::new(),
        source: Source {
            bytes: 0,
            sha256: [0; 32],
            head: [0; 32],
        },
        known: state.height(),
        seated: Vec::new(),
        heard: None,
        report: None,
        transfer: None,
        signatures: [state.ledger().signatures(); 2],
        seal: None,
        outcome: Outcome::Cut,
    }
}

/// What is on record of the HSM that a session opened. A restored one that is about to take the place
/// of another has its record in the order; the one in force is the other's.
fn accepted_before(opened: &SessionOpened, state: &DeviceState) -> Option<AcceptanceRecord> {
    let own = state
        .genesis()
        .filter(|_| opened.kind != CeremonyKind::Replace);
    own.and_then(|own| own.acceptance.clone())
}

fn drop_unwanted(found: &mut Vec<SessionRecord<'_>>, wanted: &Wanted<'_>) {
    let unwanted = |record: &SessionRecord<'_>| match wanted {
        Wanted::All => false,
        Wanted::Session(number) => record.number != *number,
        Wanted::Case(case) => record.case() != Some(*case),
    };
    if found.last().is_some_and(unwanted) {
        found.pop();
    }
}

impl<'a> SessionRecord<'a> {
    /// Writes down what an entry says, over the state before it.
    fn note(&mut self, entry: &'a Entry, state: &DeviceState, wanted: &Wanted<'_>) {
        match &entry.body {
            // A recovery gives its session a new number.
            Body::Recovered(_) => self.number = entry.session,
            Body::Replaced(what) => {
                let order = Endorsed::<Replacement>::peek(&what.order.0).ok();
                self.acceptance = order.and_then(|order| order.acceptance);
            }
            Body::Attended(bytes) => self.seated.push(seated(&bytes.0, state)),
            Body::Intake(intake) => self.heard = Some(Heard::of(intake, state)),
            Body::Reported(report) => {
                self.report = Some(report);
                let told = match wanted {
                    Wanted::All => true,
                    Wanted::Session(number) => self.number == *number,
                    Wanted::Case(case) => self.case() == Some(*case),
                };
                if told {
                    self.transfer = transfer(state);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, sessions: &[SessionSummary]) {
        let of = sessions
            .iter()
            .find(|session| session.number == self.number);
        if let Some(summary) = of {
            (self.outcome, self.seal) = (summary.outcome, summary.seal);
        }
    }
}

/// The transaction as the machine approved it, with every page that the operators were to see.
fn transfer(state: &DeviceState) -> Option<Transfer> {
    let approved = judge(state).ok()?;
    let before = Transfer::before(&approved);
    let review = transcript::review(state, approved).ok()?;
    Some(before.with(&review))
}

fn seated(bytes: &[u8], state: &DeviceState) -> Seated {
    let roster = state.roster();
    let opened = roster.and_then(|roster| roster.open_signed::<Attendance>(bytes).ok());
    Seated {
        seat: cose::peek::<Attendance>(bytes).ok().map(|seat| seat.seat),
        person: opened.map(|(_, officer)| review::person(officer)),
    }
}

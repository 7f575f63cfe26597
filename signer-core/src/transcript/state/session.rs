//! Sessions as the fold knows them: open, cut, or ended.

use alloc::vec::Vec;

use super::FoldError;
use crate::approval::{Attendance, RequestKind};
use crate::codec::ByteString;
use crate::cose::peek;
use crate::digest::{FileDigest, PsbtDigest, RosterDigest, TxDigest};
use crate::ledger::LedgerState;
use crate::rule::{Refusal, RuleId};
use crate::signing::{Intent, IntentLine, SignatureLine};
use crate::transcript::entry::{
    Announced, Answered, Body, CLOCK_SLACK, CeremonyKind, Exception, Intake, Looks, Outcome,
    SessionOpened, Shown, WhatKind,
};
use crate::transcript::seal::NotSigned;
use crate::types::{OfficerId, SessionNumber};

/// A session that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// Its number.
    pub number: SessionNumber,
    /// Its ceremony.
    pub kind: CeremonyKind,
    /// How it ended; [`Outcome::Cut`] without a closing entry of its own.
    pub outcome: Outcome,
    /// Digest of its signed seal; a session that was cut is covered by the next seal.
    pub seal: Option<FileDigest>,
}

/// Who sits down first: operator A and operator B.
const OPERATORS: usize = 2;

/// A session that is not sealed yet.
#[derive(Debug)]
pub struct OpenSession {
    pub(super) number: SessionNumber,
    pub(super) at: u64,
    pub(super) opened: SessionOpened,
    pub(super) attended: Vec<ByteString>,
    /// Witnesses who signed for the session.
    pub(super) witnessed: Vec<OfficerId>,
    pub(super) intake: Option<Intake>,
    pub(super) shown: Vec<Shown>,
    pub(super) answered: Vec<Answered>,
    /// Screens that were read for an artefact that is installed.
    compared: usize,
    pub(super) intended: bool,
    /// The transaction of its intent.
    pub(super) signs: Option<TxDigest>,
    pub(super) due: Option<Announced>,
    pub(super) backwards: Option<Exception>,
    /// The latest clock of all sessions up to this one: what is judged in it.
    pub(super) clock: u64,
    /// The latest clock of this session alone.
    pub(super) read: u64,
    pub(super) excepted: Option<Exception>,
    pub(super) renewed: Option<RosterDigest>,
    /// Rules that refused, each once, in the order in which they did.
    refused: Vec<RuleId>,
    pub(super) closed: Option<Outcome>,
}

impl OpenSession {
    /// A session that begins.
    pub(super) fn new(
        number: SessionNumber,
        at: u64,
        opened: &SessionOpened,
        due: Option<Announced>,
        backwards: Option<Exception>,
        before: u64,
    ) -> Self {
        Self {
            clock: before.max(opened.clock),
            read: opened.clock,
            number,
            at,
            opened: opened.clone(),
            attended: Vec::new(),
            witnessed: Vec::new(),
            intake: None,
            shown: Vec::new(),
            answered: Vec::new(),
            compared: 0,
            intended: false,
            signs: None,
            due,
            backwards,
            excepted: None,
            renewed: None,
            refused: Vec::new(),
            closed: None,
        }
    }

    /// Within a session the clock stands or goes on: one that is set back meanwhile keeps nothing open.
    ///
    /// # Errors
    /// [`FoldError::ClockFell`], where it lies behind itself by more than [`CLOCK_SLACK`].
    pub const fn admits_clock(&self, clock: u64) -> Result<(), FoldError> {
        if clock.saturating_add(CLOCK_SLACK) < self.read {
            return Err(FoldError::ClockFell);
        }
        Ok(())
    }

    /// It was read once more.
    pub(super) fn note_clock(&mut self, clock: u64) {
        self.read = self.read.max(clock);
        self.clock = self.clock.max(clock);
    }

    /// Operators take their seats before a PSBT is read, and nobody after it.
    pub(super) fn attend(&mut self, attendance: &ByteString) -> Result<(), FoldError> {
        if self.intake.is_some() {
            return Err(FoldError::Attendance);
        }
        self.attended.push(attendance.clone());
        Ok(())
    }

    /// One PSBT is read in a session that signs, and none in any other; two operators attend.
    pub(super) fn take_in(&mut self, intake: &Intake) -> Result<(), FoldError> {
        if self.attended.len() < OPERATORS {
            return Err(FoldError::Attendance);
        }
        if self.intake.is_some() || !self.opened.kind.signs() {
            return Err(FoldError::Intake);
        }
        if !intake.is_coded_right() {
            return Err(FoldError::TransferCode);
        }
        self.intake = Some(intake.clone());
        Ok(())
    }

    /// What refused is in the seal, where a PSBT was not signed.
    pub(super) fn note_refused<'a>(&mut self, refusals: impl IntoIterator<Item = &'a Refusal>) {
        for refusal in refusals {
            if !self.refused.contains(&refusal.rule) {
                self.refused.push(refusal.rule);
            }
        }
    }

    /// The PSBT that this session read and did not sign.
    pub(super) fn not_signed(&self) -> Option<NotSigned> {
        let unsigned = self.closed.is_some_and(|ended| ended != Outcome::Signed);
        let intake = self.intake.as_ref().filter(|_| unsigned)?;
        Some(NotSigned {
            psbt: PsbtDigest::over(&[intake.psbt()]),
            rules: self.refused.clone(),
        })
    }

    /// Each ceremony makes its own entries: one that only looks changes nothing, and only a
    /// destruction destroys. One that signs or destroys installs nothing but headers, so that
    /// nothing is ever used in the session that installed it.
    pub(super) fn admit(&self, body: &Body) -> Result<(), FoldError> {
        use CeremonyKind::{Destroy, Resume, Settle, Sign, Sweep};
        let kind = self.opened.kind;
        let fits = match body {
            Body::Installed(installed)
                if matches!(kind, Sign | Sweep | Resume | Destroy | Settle) =>
            {
                installed.kind == WhatKind::Headers
            }
            Body::Destroying(_) | Body::Destroyed(_) => kind == CeremonyKind::Destroy,
            Body::Proven(_) => kind == CeremonyKind::Backup,
            Body::Recovered(_) => kind == CeremonyKind::Recover,
            Body::Replaced(_) => kind == CeremonyKind::Replace,
            Body::Settled(_) => kind == CeremonyKind::Settle,
            // Who may order the recovery.
            Body::Installed(installed) if kind == CeremonyKind::Recover => {
                installed.kind == WhatKind::Roster && self.takes_rosters()
            }
            Body::KeysIntended(_) | Body::KeysGenerated(_) | Body::KeysDiscarded(_)
                if kind == CeremonyKind::Recover =>
            {
                false
            }
            // The HSM is not the device's own, up to the last entry but its end.
            Body::Installed(_)
            | Body::KeysIntended(_)
            | Body::KeysGenerated(_)
            | Body::KeysDiscarded(_)
                if kind == CeremonyKind::Replace =>
            {
                false
            }
            Body::PinSplit(_) => kind == CeremonyKind::SplitPin,
            Body::KeysIntended(_) | Body::KeysGenerated(_) | Body::KeysDiscarded(_)
                if kind == Settle =>
            {
                false
            }
            Body::Installed(_)
            | Body::KeysIntended(_)
            | Body::KeysGenerated(_)
            | Body::KeysDiscarded(_) => kind.looks() == Looks::AndActs,
            _ => true,
        };
        if !fits {
            return Err(FoldError::Ceremony);
        }
        if self.due.is_some() && !may_come_first(body) {
            return Err(FoldError::Unannounced);
        }
        if self.backwards.is_some() && acts(body) {
            return Err(FoldError::Backwards);
        }
        if self.renewed.is_some() && acts(body) {
            return Err(FoldError::Renewed);
        }
        Ok(())
    }

    /// The people of this session are told, once, exactly what there is to say.
    pub(super) fn announce(&mut self, announced: &Announced) -> Result<(), FoldError> {
        match self.due.take() {
            Some(due) if due == *announced => Ok(()),
            due => {
                self.due = due;
                Err(FoldError::Unannounced)
            }
        }
    }

    /// What is still to be recorded of a clock that lies behind an earlier session's.
    pub const fn backwards(&self) -> Option<&Exception> {
        self.backwards.as_ref()
    }

    /// What the people of this session are still to be told.
    pub const fn due(&self) -> Option<&Announced> {
        self.due.as_ref()
    }

    /// The screens that were shown, in order.
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// The number of the first screen since the last artefact that was compared, and the screens from
    /// there on.
    pub(super) fn unread(&self) -> (u32, &[Shown]) {
        let first = u32::try_from(self.compared).map_or(u32::MAX, |read| read.saturating_add(1));
        (first, self.shown.get(self.compared..).unwrap_or_default())
    }

    /// What was shown up to here was about what is installed: the next artefact has screens of its
    /// own.
    pub(super) const fn have_compared(&mut self) {
        self.compared = self.shown.len();
    }

    /// What was typed, in order, right or wrong.
    pub fn answered(&self) -> &[Answered] {
        &self.answered
    }

    /// Its number.
    pub const fn number(&self) -> SessionNumber {
        self.number
    }

    /// The place of its opening entry: how many entries there were before it.
    pub const fn opened_at(&self) -> u64 {
        self.at
    }

    /// Whether it recovered.
    pub fn has_recovered(&self) -> bool {
        self.opened.kind == CeremonyKind::Recover && self.intended
    }

    /// Whether it replaced.
    pub fn has_replaced(&self) -> bool {
        self.opened.kind == CeremonyKind::Replace && self.intended
    }

    /// Whether rosters that the journal lost are taken: before anybody attends under one of them.
    /// The order names the last of them, and two operators of it type the words of the order.
    pub(super) fn takes_rosters(&self) -> bool {
        self.fell_short() && self.attended.is_empty()
    }

    /// Whether it was to recover and has not: nothing follows from such a session.
    pub(super) fn fell_short(&self) -> bool {
        self.opened.kind == CeremonyKind::Recover && !self.intended
    }

    /// How it began.
    pub const fn opened(&self) -> &SessionOpened {
        &self.opened
    }

    /// The signed attendances, in order.
    pub fn attended(&self) -> &[ByteString] {
        &self.attended
    }

    /// Who says to sit as operator; whether they do, APP10 judges.
    pub(super) fn operators(&self) -> Vec<OfficerId> {
        let seats = self.attended.iter().take(OPERATORS);
        let named = seats.filter_map(|bytes| peek::<Attendance>(&bytes.0).ok());
        named.map(|attendance| attendance.officer).collect()
    }

    /// Who says to sit as witness, beside the operators; whether they do, APP17 judges.
    pub fn witnesses(&self) -> Vec<OfficerId> {
        let seats = self.attended.iter().skip(OPERATORS);
        let named = seats.filter_map(|bytes| peek::<Attendance>(&bytes.0).ok());
        named.map(|attendance| attendance.officer).collect()
    }

    /// Whether every witness who sits here has signed for the session.
    pub(super) fn is_witnessed(&self) -> bool {
        let mut seated = self.witnesses().into_iter();
        seated.all(|who| self.witnessed.contains(&who))
    }

    /// The PSBT that came in.
    pub const fn intake(&self) -> Option<&Intake> {
        self.intake.as_ref()
    }

    /// How it was closed.
    pub const fn closed(&self) -> Option<Outcome> {
        self.closed
    }
}

/// What a session may hold before its people were told what there is to say: facts about its
/// beginning, and its end.
const fn may_come_first(body: &Body) -> bool {
    match body {
        Body::Announced(_) => true,
        _ => !acts(body),
    }
}

/// Whether an entry makes, uses or changes anything.
const fn acts(body: &Body) -> bool {
    !matches!(
        body,
        Body::Shown(_)
            | Body::Answered(_)
            | Body::Refused(_)
            | Body::Aborted(_)
            | Body::WrongPin(_)
            | Body::PinOpened(_)
            | Body::Exception(_)
            | Body::Closed(_)
    )
}

/// An intent that has not been released: what a power cut leaves behind.
#[derive(Debug)]
pub struct Unfinished {
    pub(super) session: SessionNumber,
    pub(super) kind: RequestKind,
    pub(super) intake: Intake,
    pub(super) intent: Intent,
    pub(super) results: Vec<SignatureLine>,
    pub(super) ledger_before: LedgerState,
}

impl Unfinished {
    /// The session of the intent, also where another one went on with it and was cut as well.
    pub const fn session(&self) -> SessionNumber {
        self.session
    }

    /// What it was about to sign.
    pub const fn kind(&self) -> RequestKind {
        self.kind
    }

    /// The PSBT: the chain is run again on it.
    pub const fn intake(&self) -> &Intake {
        &self.intake
    }

    /// What was about to be signed.
    pub const fn intent(&self) -> &Intent {
        &self.intent
    }

    /// Signatures that were made and recorded, in order.
    pub fn results(&self) -> &[SignatureLine] {
        &self.results
    }

    /// What the sessions before it mean, and every rejection since: what the rules judge when it
    /// is resumed.
    pub const fn ledger_before(&self) -> &LedgerState {
        &self.ledger_before
    }

    /// Whether a transaction over these coins would stand in its place.
    pub(super) fn shares(&self, other: &Intent) -> bool {
        let coins = |line: &IntentLine| other.lines.iter().any(|new| new.coin == line.coin);
        self.intent.lines.iter().any(coins)
    }

    /// Lines of the intent without a result: results come in the order of the lines.
    pub(super) fn missing(&self) -> impl Iterator<Item = &IntentLine> {
        self.intent.lines.iter().skip(self.results.len())
    }
}

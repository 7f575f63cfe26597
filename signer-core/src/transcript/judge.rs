//! The one way from a journal to an approved transaction and its review: the device takes it in a
//! session, and the auditor takes it again.

use alloc::vec::Vec;

use super::entry::{CeremonyKind, Rejected};
use super::state::{DeviceState, OpenSession};
use crate::approval::{
    ActiveRoster, ApprovedTx, Now, Operators, Role, SessionFacts, may_reject, rejections,
};
use crate::ledger::LedgerState;
use crate::phrase;
use crate::policy::CheckedTx;
use crate::review::{ConfirmedTx, Review, ReviewSession};
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleReport, Stopped};
use crate::signing::{Intended, Signing};
use crate::wallet::{BindContext, DeviceStanding, WalletTx};

/// Why the open session has no approved transaction.
#[derive(Debug)]
pub enum NotApproved {
    /// A rule refused; the report is complete.
    Stopped(Stopped),
    /// The session is not ready for a judgement: something that comes before it is missing.
    Unready(Refusal),
}

impl NotApproved {
    /// The report, where there is one.
    pub const fn report(&self) -> Option<&RuleReport> {
        match self {
            Self::Stopped(stopped) => Some(stopped.report()),
            Self::Unready(_) => None,
        }
    }
}

impl From<Stopped> for NotApproved {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

/// Judges the PSBT of the open session by all that the journal says up to now. The report of
/// either outcome is the next entry.
///
/// # Errors
/// [`NotApproved`].
pub fn judge(state: &DeviceState) -> Result<ApprovedTx, NotApproved> {
    let session = open(state)?;
    let intake = session
        .intake()
        .ok_or_else(|| missing(phrase!("a PSBT that was read", "読み込んだPSBT")))?;
    let device = state
        .device()
        .ok_or_else(|| missing(phrase!("a genesis", "起点の記録")))?;
    let roster = state
        .roster()
        .ok_or_else(|| missing(phrase!("a roster", "名簿")))?;
    let policy = state
        .policy()
        .ok_or_else(|| missing(phrase!("a policy", "ポリシー")))?;
    let ledger = ledger(state, session)?;
    let operators = operators(state)?;
    let time = state.time();
    let parsed = intake.stage()?;
    let context = BindContext {
        wallets: state.wallets(),
        policy,
        ledger,
        device: &device,
        time,
        standing: DeviceStanding::of(state.frozen()),
        register: state.register(),
    };
    let tx = WalletTx::bind(parsed, &context)?;
    let checked = CheckedTx::check(tx, policy, roster)?;
    let approved = ApprovedTx::approve(checked, roster, &operators)?;
    Ok(approved)
}

/// The two operators who attend the open session, and its witnesses.
///
/// # Errors
/// [`NotApproved::Unready`] with APP10 or APP17.
pub fn operators(state: &DeviceState) -> Result<Operators, NotApproved> {
    let session = open(state)?;
    let device = state
        .device()
        .ok_or_else(|| missing(phrase!("a genesis", "起点の記録")))?;
    let roster = state
        .roster()
        .ok_or_else(|| missing(phrase!("a roster", "名簿")))?;
    let [a, b, witnesses @ ..] = session.attended() else {
        return Err(missing(phrase!("two operators", "操作者2名")).into());
    };
    let facts = SessionFacts {
        device,
        session: session.number(),
        nonce: session.opened().nonce,
    };
    let both = Operators::open(&a.0, &b.0, facts, roster);
    let seated = witnesses
        .iter()
        .fold(both, |seated, witness| seated?.beside(&witness.0, roster));
    Ok(seated?)
}

/// Two people who may operate now, by this roster, have the seats of the open session: one each.
///
/// # Errors
/// [`NotApproved::Unready`] with APP10.
pub(crate) fn two_operators(state: &DeviceState, roster: &ActiveRoster) -> Result<(), NotApproved> {
    let operators = operators(state)?;
    let [a, b] = operators.both();
    let acts = |id| {
        let officer = roster.officer(id);
        officer.is_some_and(|o| o.acting_as(Role::Operator, state.time()).is_some())
    };
    if a != b && acts(a) && acts(b) {
        Ok(())
    } else {
        Err(missing(phrase!("two operators", "操作者2名")).into())
    }
}

/// Opens the review of an approved transaction in the open session.
///
/// # Errors
/// [`NotApproved::Unready`] without an open session.
pub fn review(state: &DeviceState, approved: ApprovedTx) -> Result<Review, NotApproved> {
    let session = open(state)?;
    let genesis = state
        .genesis()
        .ok_or_else(|| missing(phrase!("a genesis", "起点の記録")))?;
    let facts = ReviewSession {
        device: genesis.identity.device_id(),
        device_name: genesis.name.clone(),
        session: session.number(),
        nonce: session.opened().nonce,
    };
    Ok(Review::open(approved, session.opened().lang, facts))
}

/// Goes on from what people confirmed, at the moment at which the session read the clock last.
///
/// # Errors
/// Any APP rule or TIM01, where something has ended since; SIG04.
pub fn begin_signing(state: &DeviceState, confirmed: ConfirmedTx) -> Result<Intended, Refusal> {
    let roster = state
        .roster()
        .ok_or_else(|| missing(phrase!("a roster", "名簿")))?;
    let now = Now {
        time: state.time(),
        roster,
    };
    Signing::begin(confirmed, &now)
}

/// Every rejection in the open session's PSBT that is not journalled yet: each becomes an entry
/// after the report, whatever the report says.
pub fn new_rejections(state: &DeviceState) -> Vec<Rejected> {
    let found = || {
        let roster = state.roster()?;
        let intake = state.open()?.intake()?;
        // An auditor asks this of every session, and most hold none.
        may_reject(intake.psbt()).then_some(())?;
        Some(rejections(intake.read().ok()?, roster))
    };
    let found = found().unwrap_or_default().into_iter();
    found
        .filter(|(request, _)| state.ledger().rejected_by(request).is_none())
        .map(|(request, officer)| Rejected { request, officer })
        .collect()
}

/// A session that goes on after a cut is judged as if its intent had never been.
fn ledger<'a>(
    state: &'a DeviceState,
    session: &OpenSession,
) -> Result<&'a LedgerState, NotApproved> {
    if session.opened().kind != CeremonyKind::Resume {
        return Ok(state.ledger());
    }
    let unfinished = state.resumed();
    let unfinished =
        unfinished.ok_or_else(|| missing(phrase!("an intent that was cut", "中断した署名予定")))?;
    Ok(unfinished.ledger_before())
}

fn open(state: &DeviceState) -> Result<&OpenSession, Refusal> {
    state
        .open()
        .ok_or_else(|| missing(phrase!("an open session", "開いたセッション")))
}

fn missing(what: Phrase) -> Refusal {
    Refusal::new(RuleId::APP10, Place::Operators, what, Phrase::none())
}

impl From<Refusal> for NotApproved {
    fn from(refusal: Refusal) -> Self {
        Self::Unready(refusal)
    }
}

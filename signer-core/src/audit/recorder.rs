//! Follows a transcript entry by entry, replays it, and keeps only what questions are asked of.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::history::{
    Allowed, Attendee, CaseRecord, DeviceHistory, InstalledPolicy, InstalledRoster, SessionRecord,
};
use crate::approval::{Attendance, RequestKind};
use crate::codec::ByteString;
use crate::cose::{Signed, peek};
use crate::digest::{KeyId, ReceiptDigest};
use crate::policy::{ActivePolicy, CheckedTx, Destination, Policy, Sweep};
use crate::review::{Review, TxFacts};
use crate::rule::Verdict;
use crate::signing::Receipt;
use crate::transcript::{
    Body, DeviceState, Entry, Findings, Genesis, Installed, OpenSession, Outcome, Replay,
    SessionOpened, Trust, WhatKind,
};
use crate::types::OfficerId;

/// A transcript on its way to a [`DeviceHistory`].
#[derive(Debug)]
pub struct Recorder {
    replay: Replay,
    birth: Option<Genesis>,
    sessions: Vec<SessionRecord>,
    rosters: Vec<InstalledRoster>,
    policies: Vec<InstalledPolicy>,
}

impl Recorder {
    /// Before the first entry.
    pub fn of(trust: Trust) -> Self {
        Self {
            replay: Replay::of(trust),
            birth: None,
            sessions: Vec::new(),
            rosters: Vec::new(),
            policies: Vec::new(),
        }
    }

    /// The bytes of the next entry, and what follows them.
    ///
    /// # Errors
    /// [`Findings`], where they do not begin with a whole entry.
    pub fn split<'a>(&mut self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Findings> {
        self.replay.split(bytes)
    }

    /// Takes the bytes of the next entry.
    ///
    /// # Errors
    /// [`Findings`] where nothing that follows can be judged.
    pub fn take(&mut self, item: &[u8]) -> Result<(), Findings> {
        let entry = self.replay.take(item)?;
        self.note(&entry);
        Ok(())
    }

    /// How many entries were taken.
    pub const fn entries(&self) -> u64 {
        self.replay.head().entries
    }

    /// After the last entry.
    ///
    /// # Errors
    /// [`Findings`], in the order of the journal.
    pub fn finish(self) -> Result<DeviceHistory, Findings> {
        let (state, head) = self.replay.finish()?;
        let Some(birth) = self.birth else {
            return Err(Findings::nothing());
        };
        Ok(DeviceHistory {
            name: birth.name,
            site: birth.site,
            identity: birth.identity,
            birth: birth.hsm,
            sessions: self.sessions,
            rosters: self.rosters,
            policies: self.policies,
            state,
            head,
        })
    }

    fn note(&mut self, entry: &Entry) {
        let (state, last) = (self.replay.state(), self.replay.head().hash);
        match &entry.body {
            Body::Genesis(genesis) => self.birth = Some((**genesis).clone()),
            Body::SessionOpened(opened) => self.sessions.push(begun(entry, opened, state)),
            Body::Installed(installed) => {
                self.rosters.extend(new_roster(installed, state));
                self.policies.extend(new_policy(installed, state));
            }
            _ => {}
        }
        let Some(session) = self.sessions.last_mut() else {
            return;
        };
        session.number = entry.session;
        session.last = last;
        session.after = state.tip().cloned();
        if let Body::Reported(_) = &entry.body {
            let review = self.replay.review();
            let case = review.and_then(|review| Some(case(review, state.policy()?, state)));
            session.case = case.map(Box::new);
        }
        note_in(session, &entry.body, state);
    }
}

fn begun(entry: &Entry, opened: &SessionOpened, state: &DeviceState) -> SessionRecord {
    SessionRecord {
        number: entry.session,
        kind: opened.kind,
        lang: opened.lang,
        // Until it says how it ended.
        outcome: Outcome::Cut,
        last: [0; 32],
        software: opened.software.clone(),
        hsm: opened.hsm.clone(),
        clock: opened.clock,
        before: state.tip().cloned(),
        after: None,
        random: opened.random,
        machine: opened.report.clone(),
        attended: Vec::new(),
        refusals: refused(&opened.report),
        rejected: Vec::new(),
        aborted: None,
        wrong_pins: 0,
        exceptions: Vec::new(),
        screens: 0,
        answers: 0,
        case: None,
    }
}

/// What an entry adds to the session in which it stands.
fn note_in(session: &mut SessionRecord, body: &Body, state: &DeviceState) {
    match body {
        Body::Attended(bytes) => session.attended.extend(attendee(bytes, state)),
        Body::Reported(report) => session.refusals.extend(report.refusals().cloned()),
        Body::Rechecked(again) => {
            session.refusals.extend(refused(&again.report));
            session.machine.extend(again.report.iter().cloned());
        }
        Body::Inventoried(listed) => session.refusals.extend(refused(&listed.report)),
        Body::Proven(proven) => session.refusals.extend(refused(&proven.report)),
        Body::Refused(refusal) => session.refusals.push(refusal.clone()),
        Body::Rejected(rejected) => session.rejected.push(rejected.officer.clone()),
        Body::Aborted(aborted) => session.aborted = Some(aborted.clone()),
        Body::WrongPin(_) => session.wrong_pins = session.wrong_pins.saturating_add(1),
        Body::Exception(exception) => session.exceptions.push(exception.clone()),
        Body::Shown(_) => session.screens = session.screens.saturating_add(1),
        Body::Answered(_) => session.answers = session.answers.saturating_add(1),
        Body::Closed(outcome) => session.outcome = *outcome,
        _ => {}
    }
    let Some(case) = session.case.as_deref_mut() else {
        return;
    };
    match body {
        Body::Intent(intent) => {
            case.intent = Some(intent.clone());
            // As it was counted: the clock was read once more before it.
            case.counted = state.time().closes();
        }
        Body::Result(line) => case.signatures.push(*line),
        Body::Receipt(bytes) => case.receipt = receipt(bytes, state),
        _ => {}
    }
}

fn refused(report: &[crate::rule::RuleLine]) -> Vec<crate::rule::Refusal> {
    let refusals = report.iter().filter_map(|line| match &line.verdict {
        Verdict::Refused(refusals) => Some(refusals.iter().cloned()),
        _ => None,
    });
    refusals.flatten().collect()
}

/// An attendance, held against the roster in force.
fn attendee(bytes: &ByteString, state: &DeviceState) -> Option<Attendee> {
    let claimed = peek::<Attendance>(&bytes.0).ok()?;
    let session = state.open()?;
    let signed = state
        .roster()
        .and_then(|roster| roster.open_signed::<Attendance>(&bytes.0).ok());
    let here = (state.device(), session.number(), session.opened().nonce);
    let officer = signed.and_then(|(signed, officer)| {
        let body = signed.body();
        let there = (Some(body.device), body.session, body.nonce);
        (there == here && body.officer == officer.id).then(|| officer.id.clone())
    });
    Some(Attendee {
        officer,
        seat: claimed.seat,
    })
}

/// The transaction of a review, as the screens show it.
fn case(review: &Review, policy: &ActivePolicy, state: &DeviceState) -> CaseRecord {
    let approved = review.tx();
    let checked = approved.checked();
    let questions = review.pages().iter().map(|page| page.challenges().len());
    let approvals = approved.approvers().iter();
    CaseRecord {
        facts: TxFacts::of(approved),
        wallet: checked.wallet_tx().wallet().id(),
        request: approved.request_digest(),
        roster: checked.roster(),
        policy: checked.policy(),
        allowed: Allowed {
            rules: checked.rules().clone(),
            destinations: paid_to(checked, policy),
            waits_until: policy.waits_until(),
            sweep: swept_to(checked, policy),
        },
        quorum: checked.quorum(),
        approvals: approvals
            .map(|a| (a.officer.id.clone(), a.approval, a.height))
            .collect(),
        policy_signers: signers(checked.policy_signers(), state),
        separation: checked.separation(),
        threshold: checked.wallet_tx().wallet().threshold(),
        builder: approved.request().builder.clone(),
        broadcaster: approved.request().broadcaster.clone(),
        witnesses: state.open().map(OpenSession::witnesses).unwrap_or_default(),
        heads: approved.heads().to_vec(),
        height: state.height(),
        counted: state.time().closes(),
        pages: count(review.pages().len()),
        questions: count(questions.sum()),
        intent: None,
        signatures: Vec::new(),
        receipt: None,
    }
}

/// Each destination that is paid, once.
fn paid_to(checked: &CheckedTx, policy: &ActivePolicy) -> Vec<Destination> {
    let listed = policy.policy().destinations.iter();
    let is_paid = |listed: &&Destination| {
        let mut payments = checked.payments().iter();
        payments.any(|payment| payment.destination == listed.id)
    };
    listed.filter(is_paid).cloned().collect()
}

/// The profile of a sweep.
fn swept_to(checked: &CheckedTx, policy: &ActivePolicy) -> Option<Sweep> {
    match checked.kind() {
        RequestKind::Ordinary => None,
        RequestKind::Sweep => policy.policy().sweep.clone(),
    }
}

/// The officers of the roster in force who hold these keys.
fn signers(keys: &[KeyId], state: &DeviceState) -> Vec<OfficerId> {
    let roster = state.roster();
    let officers = keys.iter().filter_map(|key| roster?.officer_of(key));
    officers.map(|officer| officer.id.clone()).collect()
}

/// The digest of the receipt of this device; the replay has compared its content.
fn receipt(bytes: &ByteString, state: &DeviceState) -> Option<ReceiptDigest> {
    let identity = *state.identity()?;
    let known = |kid: &_| (*kid == identity.key_id()).then_some(identity);
    let signed = Signed::<Receipt>::open(&bytes.0, state.scope()?, known).ok()?;
    Some(ReceiptDigest::from_bytes(signed.digest(ReceiptDigest::TAG)))
}

fn new_roster(installed: &Installed, state: &DeviceState) -> Option<InstalledRoster> {
    if installed.kind != WhatKind::Roster {
        return None;
    }
    let roster = state.roster()?;
    Some(InstalledRoster {
        digest: roster.digest(),
        installed: state.height(),
        roster: roster.roster().clone(),
    })
}

fn new_policy(installed: &Installed, state: &DeviceState) -> Option<InstalledPolicy> {
    if installed.kind != WhatKind::Policy {
        return None;
    }
    let (active, roster) = (state.policy()?, state.roster()?);
    let endorsed = roster.open_order::<Policy>(&installed.artefact.0, state.time());
    let endorsed = endorsed.ok()?;
    let signers = endorsed.signers().filter_map(|kid| {
        let officer = roster.officer_of(&kid)?;
        Some(officer.id.clone())
    });
    Some(InstalledPolicy {
        digest: active.digest(),
        installed: state.height(),
        waits_until: active.waits_until(),
        signers: signers.collect(),
        policy: active.document().clone(),
    })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

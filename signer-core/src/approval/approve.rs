//! `CheckedTx` to `ApprovedTx`: the right people have said yes, and nobody has said no.

use alloc::vec::Vec;

use super::{
    ActiveRoster, Approval, Decision, KnownHead, Officer, Operators, Request, Role, app01, app02,
    app03, app04, app05, app06, app07, app08, app09, app10, app11, app12, app13, app14, app15,
    app16, app17, tim01,
};
use crate::cose::{CoseError, Signed, peek};
use crate::digest::{ApprovalDigest, RequestDigest};
use crate::headers::KnownTime;
use crate::ledger::LedgerState;
use crate::phrase;
use crate::policy::{ApprovalQuorum, CheckedTx};
use crate::psbt::{ParsedPsbt, ProprietaryField, first_map};
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleReport, Stage, Stopped, Verdict};
use crate::types::{Height, OfficerId};

/// A checked transaction with the request it was asked for by and the approvals that carry it.
///
/// The report is complete from PSB01 to the last of this stage: all that a machine can judge is judged.
#[derive(Debug)]
pub struct ApprovedTx {
    checked: CheckedTx,
    request: Signed<Request>,
    /// What came as approvals, each with the officer under whom it was filed.
    votes: Vec<(OfficerId, Result<Signed<Approval>, CoseError>)>,
    seated: Operators,
    requester: Officer,
    approvers: Vec<Approver>,
    operators: [Officer; 2],
    heads: Vec<KnownHead>,
    report: RuleReport,
}

/// An officer who approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// The roster's entry.
    pub officer: Officer,
    /// What the officer signed.
    pub approval: ApprovalDigest,
    /// Height of the chain when the officer decided.
    pub height: Height,
}

impl Signed<Request> {
    /// The digest that approvals are over.
    pub fn request_digest(&self) -> RequestDigest {
        RequestDigest::from_bytes(self.digest(RequestDigest::TAG))
    }
}

impl Signed<Approval> {
    /// The digest by which the transcript names this approval.
    pub fn approval_digest(&self) -> ApprovalDigest {
        ApprovalDigest::from_bytes(self.digest(ApprovalDigest::TAG))
    }
}

impl ApprovedTx {
    /// Judges the request and the approvals that came with the PSBT.
    ///
    /// # Errors
    /// The complete report, when any of the rules of this stage refuses.
    pub fn approve(
        checked: CheckedTx,
        roster: &ActiveRoster,
        operators: &Operators,
    ) -> Result<Self, Stopped> {
        let hearing = Hearing::new(&checked, roster);
        let verdicts = hearing.verdicts(operators);
        let approvers = hearing.approvers();
        let heads = app14::named(&hearing);
        let heads = heads.into_iter().map(|(_, head)| head.clone()).collect();
        let both = hearing.seated(operators);
        let (request, votes) = (hearing.request, hearing.votes.into_iter());
        let votes = votes.map(|vote| (vote.filed.clone(), vote.opened.map(|(signed, _)| signed)));
        let votes = votes.collect();
        let report = checked
            .report()
            .clone()
            .with_stage(Stage::Approve, &verdicts);
        let report = report.unrefused()?;
        let (Some((request, requester)), Some(both)) = (request, both) else {
            // No rule refused, so there are both: this is never reached, and stops.
            let expected = phrase!("a request", "申請");
            let nothing = Refusal::new(RuleId::APP01, Place::Request, expected, Phrase::none());
            return Err(report.refusing(nothing).stopped(RuleId::APP01));
        };
        Ok(Self {
            request,
            votes,
            seated: operators.clone(),
            requester: requester.clone(),
            approvers,
            operators: both,
            heads,
            report,
            checked,
        })
    }

    /// Judges the same once more, at a later moment: what has ended since is refused.
    ///
    /// # Errors
    /// The first refusal of this stage.
    pub fn judge_again(&self, now: &Now<'_>) -> Result<(), Refusal> {
        let hearing = Hearing::again(self, now);
        let verdicts = hearing.verdicts(&self.seated).into_iter();
        let mut refusals = verdicts.filter_map(|(_, verdict)| match verdict {
            Verdict::Refused(refusals) => refusals.into_iter().next(),
            _ => None,
        });
        refusals.next().map_or(Ok(()), Err)
    }

    /// The transaction.
    pub const fn checked(&self) -> &CheckedTx {
        &self.checked
    }

    /// The request.
    pub const fn request(&self) -> &Request {
        self.request.body()
    }

    /// The digest of the request.
    pub fn request_digest(&self) -> RequestDigest {
        self.request.request_digest()
    }

    /// Who asked.
    pub const fn requester(&self) -> &Officer {
        &self.requester
    }

    /// Who approved, in ascending order of their identifiers.
    pub fn approvers(&self) -> &[Approver] {
        &self.approvers
    }

    /// Every end of a session that the requester and the approvers know.
    pub fn heads(&self) -> &[KnownHead] {
        &self.heads
    }

    /// Operator A and operator B.
    pub const fn operators(&self) -> &[Officer; 2] {
        &self.operators
    }

    /// The report of every rule from PSB01 to the last of APP, none refused.
    pub const fn report(&self) -> &RuleReport {
        &self.report
    }
}

/// What is known at the moment at which signing begins.
#[derive(Clone, Copy, Debug)]
pub struct Now<'a> {
    /// By the headers, and by the clock as the session read it last.
    pub time: KnownTime,
    /// The roster in force.
    pub roster: &'a ActiveRoster,
}

/// What the rules of this stage judge.
pub(super) struct Hearing<'a> {
    pub(super) checked: &'a CheckedTx,
    pub(super) roster: &'a ActiveRoster,
    pub(super) ledger: &'a LedgerState,
    pub(super) time: KnownTime,
    /// The request, where it is signed by an officer of the roster.
    pub(super) request: Option<(Signed<Request>, &'a Officer)>,
    /// Why there is none.
    pub(super) no_request: Option<CoseError>,
    /// What came as approvals, in ascending order of the officers they are filed under.
    pub(super) votes: Vec<Vote<'a>>,
}

/// One thing that came as an approval.
pub(super) struct Vote<'a> {
    /// The officer under whom it is filed in the PSBT.
    pub(super) filed: &'a OfficerId,
    /// What it is, where an officer of the roster signed it.
    pub(super) opened: Result<(Signed<Approval>, &'a Officer), CoseError>,
}

impl<'a> Hearing<'a> {
    pub(super) fn new(checked: &'a CheckedTx, roster: &'a ActiveRoster) -> Self {
        let carried = checked.wallet_tx().parsed().carried();
        let opened = carried
            .request
            .as_deref()
            .map(|bytes| roster.open_signed::<Request>(bytes));
        let (request, no_request) = match opened {
            Some(Ok(request)) => (Some(request), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let mut votes: Vec<Vote<'a>> = carried
            .approvals
            .iter()
            .map(|(filed, bytes)| Vote {
                filed,
                opened: roster.open_signed(bytes),
            })
            .collect();
        votes.sort_by_key(|vote| vote.filed);
        Self {
            checked,
            roster,
            ledger: checked.wallet_tx().ledger(),
            time: checked.wallet_tx().time(),
            request,
            no_request,
            votes,
        }
    }

    /// What was heard before, at another moment. No signature changes meanwhile: those that were verified
    /// under this roster are not verified twice. Under another roster they are, and no operator counts (APP10).
    fn again(before: &'a ApprovedTx, now: &Now<'a>) -> Self {
        let (checked, roster) = (&before.checked, now.roster);
        if before.seated.roster() != roster.digest() {
            let time = now.time;
            return Self {
                time,
                ..Self::new(checked, roster)
            };
        }
        let votes = before.votes.iter().map(|(filed, opened)| Vote {
            filed,
            opened: opened.clone().and_then(|signed| roster.signer_of(signed)),
        });
        let (request, no_request) = match roster.signer_of(before.request.clone()) {
            Ok(request) => (Some(request), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            checked,
            roster,
            ledger: checked.wallet_tx().ledger(),
            time: now.time,
            request,
            no_request,
            votes: votes.collect(),
        }
    }

    /// Every rule of this stage, in the order of the report.
    fn verdicts(&self, operators: &Operators) -> [(RuleId, Verdict); 18] {
        [
            (RuleId::APP01, app01::app01(self)),
            (RuleId::APP02, app02::app02(self)),
            (RuleId::APP03, app03::app03(self)),
            (RuleId::APP04, app04::app04(self)),
            (RuleId::APP05, app05::app05(self)),
            (RuleId::APP06, app06::app06(self)),
            (RuleId::APP07, app07::app07(self)),
            (RuleId::APP08, app08::app08(self)),
            (RuleId::APP09, app09::app09(self, operators)),
            (RuleId::APP10, app10::app10(self, operators)),
            (RuleId::APP11, app11::app11(self, operators)),
            (RuleId::APP12, app12::app12(self, operators)),
            (RuleId::APP13, app13::app13(self, operators)),
            (RuleId::APP14, app14::app14(self)),
            (RuleId::APP15, app15::app15(self, operators)),
            (RuleId::APP16, app16::app16(self, operators)),
            (RuleId::APP17, app17::app17(self, operators)),
            (RuleId::TIM01, tim01::tim01(self.time)),
        ]
    }

    /// Runs a rule over the request; without a genuine request the rule refuses.
    pub(super) fn with_request(
        &self,
        rule: RuleId,
        judge: impl FnOnce(&Request, RequestDigest) -> Vec<Refusal>,
    ) -> Verdict {
        match &self.request {
            Some((request, _)) => Verdict::of(judge(request.body(), request.request_digest())),
            None => Verdict::of(alloc::vec![Refusal::new(
                rule,
                Place::Request,
                app01::signed_request(),
                Phrase::none(),
            )]),
        }
    }

    /// Approvals that count: genuine, over the same digests, by a valid approver or director.
    pub(super) fn counted(&self) -> Vec<(&'a Officer, &Signed<Approval>)> {
        let votes = self.votes.iter();
        let counted = votes.filter_map(|vote| {
            let (approval, officer) = vote.opened.as_ref().ok()?;
            let counts = approval.body().decision == Decision::Approve
                && app04::differences(self, vote.filed, approval, officer).is_empty();
            counts.then_some((*officer, approval))
        });
        counted.collect()
    }

    /// Whether a vote of this officer came, whatever it is worth.
    pub(super) fn has_voted(&self, who: &OfficerId) -> bool {
        let mut votes = self.votes.iter();
        votes.any(|vote| matches!(&vote.opened, Ok((_, officer)) if officer.id == *who))
    }

    /// Who must approve it.
    pub(super) fn quorum(&self) -> ApprovalQuorum {
        self.checked.quorum()
    }

    fn approvers(&self) -> Vec<Approver> {
        let counted = self.counted().into_iter();
        let approvers = counted.map(|(officer, approval)| Approver {
            officer: officer.clone(),
            approval: approval.approval_digest(),
            height: approval.body().height,
        });
        approvers.collect()
    }

    fn seated(&self, operators: &Operators) -> Option<[Officer; 2]> {
        let [a, b] = operators.both();
        let entry = |id| self.roster.officer(id).cloned();
        Some([entry(a)?, entry(b)?])
    }
}

/// Whether an officer may approve at this height. A director is an approver.
pub(super) fn may_approve(officer: &Officer, at: KnownTime) -> bool {
    let roles = [Role::Approver, Role::Director];
    roles
        .into_iter()
        .any(|role| officer.acting_as(role, at).is_some())
}

/// Every genuine rejection in a PSBT: which request, and who.
///
/// Needs no other stage, so that a device can remember a rejection for ever even when the chain
/// stops earlier. A rejection asks for no role and no validity: whoever of the roster says no is
/// heard.
pub fn rejections(parsed: &ParsedPsbt, roster: &ActiveRoster) -> Vec<(RequestDigest, OfficerId)> {
    let approvals = parsed.carried().approvals.iter();
    let rejecting = approvals.filter(|(_, bytes)| says_no(bytes));
    let rejected = rejecting.filter_map(|(_, bytes)| {
        let (approval, officer) = roster.open_signed::<Approval>(bytes).ok()?;
        Some((approval.body().request, officer.id.clone()))
    });
    rejected.collect()
}

/// Whether anything in a PSBT that nobody has read would be a rejection if its signature is genuine.
/// Where nothing is, [`rejections`] finds none.
pub(crate) fn may_reject(psbt: &[u8]) -> bool {
    let mut votes = first_map(psbt).filter(|record| {
        let field = ProprietaryField::of_key(record.key());
        field.is_some_and(|(field, _)| field == ProprietaryField::Approval)
    });
    votes.any(|vote| says_no(vote.value()))
}

/// Whether a vote would be a rejection if its signature is genuine: no signature makes one of a vote
/// that says yes, so only these are verified.
fn says_no(bytes: &[u8]) -> bool {
    peek::<Approval>(bytes).is_ok_and(|vote| vote.decision == Decision::Reject)
}

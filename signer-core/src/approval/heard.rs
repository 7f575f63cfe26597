//! A request at an officer's own desk, judged as far as a desk can judge it.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::approve::Hearing;
use super::{
    ActiveRoster, Decision, Officer, Request, app01, app02, app03, app04, app05, app06, app07,
    app08,
};
use crate::cose::Signed;
use crate::digest::RequestDigest;
use crate::policy::CheckedTx;
use crate::rule::{Refusal, RuleId, RuleLine, Stage, Verdict};
use crate::types::OfficerId;

/// A checked transaction and its request, as an officer's own desk can judge them before the
/// officer decides. Not a stage: nothing is signed from it but the officer's own word.
#[derive(Debug)]
pub struct HeardRequest {
    checked: CheckedTx,
    request: Signed<Request>,
    requester: Officer,
    votes: Vec<(Officer, Decision)>,
    asked: Vec<AskedOfficer>,
    judged: Vec<RuleLine>,
    open: Vec<Refusal>,
    rejections: Vec<Refusal>,
}

/// An officer from whom a word is awaited, or came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedOfficer {
    /// The identifier that the request or the word names.
    pub id: OfficerId,
    /// The roster's entry, if it lists them.
    pub entry: Option<Officer>,
    /// Why they are on this list.
    pub duty: Duty,
    /// What they said so far.
    pub word: Option<Decision>,
}

/// How much depends on an officer's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Without their approval nothing is signed.
    Mandatory,
    /// They were asked.
    Invited,
    /// They decided without being asked.
    Unasked,
}

impl HeardRequest {
    /// Judges the request and the words on it so far: APP01 to APP04 and APP08.
    ///
    /// # Errors
    /// Every refusal of these rules.
    pub fn hear(checked: CheckedTx, roster: &ActiveRoster) -> Result<Self, Vec<Refusal>> {
        let seen = Self::look(checked, roster)?;
        if seen.rejections.is_empty() {
            Ok(seen)
        } else {
            Err(seen.rejections)
        }
    }

    /// The same of a request that may be rejected already: [`Self::rejections`] says so.
    ///
    /// # Errors
    /// Every refusal of APP01 to APP04.
    pub fn look(checked: CheckedTx, roster: &ActiveRoster) -> Result<Self, Vec<Refusal>> {
        let hearing = Hearing::new(&checked, roster);
        let now = [
            (RuleId::APP01, app01::app01(&hearing)),
            (RuleId::APP02, app02::app02(&hearing)),
            (RuleId::APP03, app03::app03(&hearing)),
            (RuleId::APP04, app04::app04(&hearing)),
        ];
        let later = [
            (RuleId::APP05, app05::app05(&hearing)),
            (RuleId::APP06, app06::app06(&hearing)),
            (RuleId::APP07, app07::app07(&hearing)),
        ];
        let rejected = [(RuleId::APP08, app08::app08(&hearing))];
        let refusals: Vec<Refusal> = refused(&now).cloned().collect();
        let votes = votes(&hearing);
        match hearing.request {
            Some((request, requester)) if refusals.is_empty() => Ok(Self {
                asked: asked(request.body(), &votes, roster),
                judged: judged(&checked, now.iter().chain(&later).chain(&rejected)),
                open: refused(&later).cloned().collect(),
                rejections: refused(&rejected).cloned().collect(),
                requester: requester.clone(),
                request,
                votes,
                checked,
            }),
            _ => {
                let rejections = refused(&rejected).cloned();
                Err(refusals.into_iter().chain(rejections).collect())
            }
        }
    }

    /// The transaction.
    pub const fn checked(&self) -> &CheckedTx {
        &self.checked
    }

    /// The request.
    pub const fn request(&self) -> &Request {
        self.request.body()
    }

    /// The digest that approvals are over.
    pub fn request_digest(&self) -> RequestDigest {
        self.request.request_digest()
    }

    /// Who asked.
    pub const fn requester(&self) -> &Officer {
        &self.requester
    }

    /// Who has decided so far, and what.
    pub fn votes(&self) -> &[(Officer, Decision)] {
        &self.votes
    }

    /// Everybody who was asked or has decided, in ascending order of their identifiers.
    pub fn asked(&self) -> &[AskedOfficer] {
        &self.asked
    }

    /// Those who were asked and have not answered yet.
    pub fn waiting(&self) -> impl Iterator<Item = &AskedOfficer> {
        self.asked.iter().filter(|asked| asked.word.is_none())
    }

    /// The rules that were judged here and did not refuse, from PSB01 on, in their order.
    pub fn judged(&self) -> &[RuleLine] {
        &self.judged
    }

    /// What a device would still refuse for: approvals that did not come yet.
    pub fn open(&self) -> &[Refusal] {
        &self.open
    }

    /// Who has rejected: the request is dead.
    pub fn rejections(&self) -> &[Refusal] {
        &self.rejections
    }

    /// Rules of the approvals that only a device can judge, with its operators there.
    pub fn at_device(&self) -> Vec<RuleId> {
        let known = |rule: RuleId| {
            let open = self.open.iter().chain(&self.rejections);
            let open = open.map(|refusal| refusal.rule);
            let judged = self.judged.iter().map(|line| line.rule);
            judged.chain(open).any(|found| found == rule)
        };
        let rules = RuleId::of(Stage::Approve);
        rules.filter(|rule| !known(*rule)).collect()
    }
}

fn votes(hearing: &Hearing<'_>) -> Vec<(Officer, Decision)> {
    let votes = hearing.votes.iter().filter_map(|vote| {
        let (approval, officer) = vote.opened.as_ref().ok()?;
        Some(((*officer).clone(), approval.body().decision))
    });
    votes.collect()
}

fn asked(
    request: &Request,
    votes: &[(Officer, Decision)],
    roster: &ActiveRoster,
) -> Vec<AskedOfficer> {
    let decided = votes.iter().map(|(officer, _)| &officer.id);
    let named = request.invited.iter().chain(&request.mandatory);
    let all: BTreeSet<&OfficerId> = named.chain(decided).collect();
    let all = all.into_iter().map(|id| AskedOfficer {
        id: id.clone(),
        entry: roster.officer(id).cloned(),
        duty: if request.mandatory.contains(id) {
            Duty::Mandatory
        } else if request.invited.contains(id) {
            Duty::Invited
        } else {
            Duty::Unasked
        },
        word: votes
            .iter()
            .find(|(officer, _)| officer.id == *id)
            .map(|(_, decision)| *decision),
    });
    all.collect()
}

fn refused(verdicts: &[(RuleId, Verdict)]) -> impl Iterator<Item = &Refusal> {
    verdicts.iter().flat_map(|(_, verdict)| match verdict {
        Verdict::Refused(refusals) => refusals.as_slice(),
        _ => &[],
    })
}

fn judged<'a>(
    checked: &CheckedTx,
    desk: impl Iterator<Item = &'a (RuleId, Verdict)>,
) -> Vec<RuleLine> {
    let before = checked.report().lines().iter().cloned();
    let stood = desk.filter(|(_, verdict)| !matches!(verdict, Verdict::Refused(_)));
    let here = stood.map(|(rule, verdict)| RuleLine {
        rule: *rule,
        verdict: verdict.clone(),
    });
    before.chain(here).collect()
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::testing::{Ballot, Case, World, id};

    fn seen(case: &Case, world: &World) -> HeardRequest {
        HeardRequest::look(case.check_full(world).unwrap(), &world.roster).unwrap()
    }

    #[test]
    fn who_has_not_answered_is_told_and_what_is_open() {
        let world = World::new();
        let mut case = Case::new(&world);
        case.ballots = vec![Ballot::yes("approver.a")];
        case.edit_request = alloc::boxed::Box::new(|request| {
            request.invited = vec![id("approver.a"), id("director.d")];
            request.mandatory = vec![id("director.d")];
        });
        let heard = seen(&case, &world);
        let asked: Vec<_> = heard
            .asked()
            .iter()
            .map(|asked| (asked.id.as_str(), asked.duty, asked.word))
            .collect();
        assert_eq!(
            asked,
            [
                ("approver.a", Duty::Invited, Some(Decision::Approve)),
                ("director.d", Duty::Mandatory, None)
            ]
        );
        let votes: Vec<_> = heard
            .votes()
            .iter()
            .map(|(who, word)| (who.id.as_str(), *word))
            .collect();
        assert_eq!(votes, [("approver.a", Decision::Approve)]);
        let open: Vec<RuleId> = heard.open().iter().map(|refusal| refusal.rule).collect();
        assert_eq!(
            open,
            [RuleId::APP05, RuleId::APP05, RuleId::APP06, RuleId::APP07]
        );
        assert!(heard.rejections().is_empty());
        // Every rule has one place: judged, open, or the device's.
        let mut rules: Vec<RuleId> = heard.judged().iter().map(|line| line.rule).collect();
        rules.extend(open.iter().skip(1));
        rules.extend(heard.at_device());
        rules.sort();
        let all = RuleId::ALL.iter().copied();
        let mut all: Vec<RuleId> = all.filter(|rule| rule.stage() <= Stage::Approve).collect();
        all.sort();
        assert_eq!(rules, all);
    }

    #[test]
    fn a_rejected_request_is_seen_but_not_heard() {
        let world = World::new();
        let mut case = Case::new(&world);
        case.ballots = vec![Ballot::yes("approver.a"), Ballot::no("director.d")];
        let heard = seen(&case, &world);
        assert_eq!(heard.rejections().len(), 1);
        assert_eq!(heard.asked()[1].word, Some(Decision::Reject));
        let stopped =
            HeardRequest::hear(case.check_full(&world).unwrap(), &world.roster).unwrap_err();
        assert_eq!(stopped[0].rule, RuleId::APP08);
    }

    /// The request is genuine, an approval is not: there is nothing to look at.
    #[test]
    fn what_a_rule_refuses_is_not_seen() {
        let world = World::new();
        let mut case = Case::new(&world);
        case.ballots.push(Ballot::yes("requester.r"));
        let checked = case.check_full(&world).unwrap();
        let stopped = HeardRequest::look(checked, &world.roster).unwrap_err();
        let rules: Vec<RuleId> = stopped.iter().map(|refusal| refusal.rule).collect();
        assert_eq!(rules, [RuleId::APP04]);
    }

    #[test]
    fn an_officer_who_was_not_asked_is_told_as_such() {
        let world = World::new();
        let mut case = Case::new(&world);
        case.edit_request = alloc::boxed::Box::new(|request| request.invited.clear());
        let heard = seen(&case, &world);
        assert!(
            heard
                .asked()
                .iter()
                .all(|asked| asked.duty == Duty::Unasked)
        );
        assert!(heard.open().is_empty());
    }
}

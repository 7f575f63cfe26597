//! APP14.

use alloc::vec::Vec;

use super::approve::Hearing;
use super::request::KnownHead;
use crate::digest::hex;
use crate::ledger::HeadStanding;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// APP14: This device has every session of its own that request and approvals name, and no two of
/// them name different ends of one.
///
/// A disk that was rolled back together with the token lacks a session that people have read; two
/// ends of one session are two journals. What was lost by order of the administrators is not asked for.
pub(super) fn app14(hearing: &Hearing<'_>) -> Verdict {
    let named = named(hearing);
    let tx = hearing.checked.wallet_tx();
    let own = tx.device();
    let mut refusals = Vec::new();
    for (nth, (place, head)) in named.iter().enumerate() {
        let before = named.iter().take(nth);
        let mut others = before.map(|(_, other)| *other);
        let found = if head.device == own {
            unknown(hearing.ledger.heads().standing(head.session, &head.head))
        } else {
            let differs = others.any(|other| contradicts(head, other));
            differs.then(|| phrase!("another one was named before", "先に示されたものと異なる"))
        };
        let got = |why: Phrase| {
            phrase!(
                "session {session} of {device} with {head}: {why}",
                "端末 {device} のセッション {session}(末尾 {head}): {why}",
                session = head.session,
                device = head.device,
                head = hex(&head.head),
                why = why
            )
        };
        refusals.extend(found.map(|why| {
            let expected = phrase!("sessions that the devices hold", "端末が保持するセッション");
            Refusal::new(RuleId::APP14, place.clone(), expected, got(why))
        }));
    }
    Verdict::of(refusals)
}

/// Every head that an officer of the roster signed for, and where.
pub(super) fn named<'a>(hearing: &'a Hearing<'_>) -> Vec<(Place, &'a KnownHead)> {
    let request = hearing.request.iter().flat_map(|(request, _)| {
        let heads = request.body().heads.iter();
        heads.map(|head| (Place::Request, head))
    });
    let votes = hearing.votes.iter().flat_map(|vote| {
        let heads = vote.opened.iter().flat_map(|(vote, _)| &vote.body().heads);
        heads.map(|head| (Place::Approval(vote.filed.clone()), head))
    });
    request.chain(votes).collect()
}

fn contradicts(one: &KnownHead, other: &KnownHead) -> bool {
    (one.device, one.session) == (other.device, other.session) && one.head != other.head
}

fn unknown(standing: HeadStanding) -> Option<Phrase> {
    match standing {
        HeadStanding::Held | HeadStanding::Lost => None,
        HeadStanding::Missing => Some(phrase!(
            "no such session in this journal",
            "このジャーナルに該当セッションなし"
        )),
        HeadStanding::Other => Some(phrase!(
            "it ended otherwise in this journal",
            "このジャーナルでは末尾が異なる"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::testing::{Ballot, Case, refused, world};
    use crate::types::SessionNumber;

    const ALONE: [RuleId; 1] = [RuleId::APP14];

    fn head(device: usize, session: u32, head: u8) -> KnownHead {
        KnownHead {
            device: world().devices[device].id(),
            session: SessionNumber(session),
            head: [head; 32],
        }
    }

    /// A device whose sessions 1 to 3 ended with their numbers, and that lost 5 and 6.
    fn case(requested: Vec<KnownHead>, approved: Vec<KnownHead>) -> Case {
        let mut case = Case::new(world());
        for (session, head) in [(1, 1), (2, 2), (3, 3)] {
            let session = SessionNumber(session);
            case.ledger.record_head(session, [head; 32]);
        }
        case.ledger.record_lost(SessionNumber(5)..SessionNumber(7));
        case.edit_request = Box::new(move |request| request.heads.clone_from(&requested));
        let mut ballot = Ballot::yes("approver.a");
        ballot.edit = Box::new(move |approval| approval.heads.clone_from(&approved));
        case.ballots = vec![ballot, Ballot::yes("director.d")];
        case
    }

    fn rules(requested: Vec<KnownHead>, approved: Vec<KnownHead>) -> Vec<RuleId> {
        refused(case(requested, approved).approve(world()))
    }

    #[test]
    fn passes_sessions_that_ended_so_and_those_of_others() {
        assert_eq!(rules(vec![], vec![]), []);
        assert_eq!(rules(vec![head(0, 1, 1)], vec![head(0, 3, 3)]), []);
        assert_eq!(rules(vec![head(1, 9, 9)], vec![head(1, 9, 9)]), []);
        assert_eq!(rules(vec![head(1, 9, 9)], vec![head(1, 8, 8)]), []);
        assert_eq!(rules(vec![head(1, 9, 9)], vec![head(2, 9, 8)]), []);
    }

    #[test]
    fn at_the_last_session() {
        assert_eq!(rules(vec![head(0, 3, 3)], vec![head(0, 3, 3)]), []);
    }

    #[test]
    fn one_past_it() {
        assert_eq!(rules(vec![head(0, 4, 4)], vec![]), ALONE);
    }

    #[test]
    fn app14_alone() {
        assert_eq!(rules(vec![], vec![head(0, 4, 4)]), ALONE);
        assert_eq!(rules(vec![head(0, 2, 3)], vec![]), ALONE);
    }

    #[test]
    fn refuses_two_ends_of_one_session_of_another_device() {
        assert_eq!(rules(vec![head(1, 9, 9)], vec![head(1, 9, 8)]), ALONE);
        assert_eq!(rules(vec![head(1, 9, 9), head(1, 9, 8)], vec![]), ALONE);
    }

    #[test]
    fn what_was_lost_by_order_is_not_asked_for() {
        assert_eq!(rules(vec![head(0, 5, 9), head(0, 6, 9)], vec![]), []);
        assert_eq!(rules(vec![head(0, 7, 9)], vec![]), ALONE);
    }

    /// A rejection is an officer's word too.
    #[test]
    fn the_heads_of_a_rejection_count() {
        let mut case = case(vec![], vec![]);
        let mut no = Ballot::no("director.d");
        no.edit = Box::new(|approval| approval.heads = vec![head(0, 4, 4)]);
        case.ballots[1] = no;
        let rules = refused(case.approve(world()));
        assert!(rules.contains(&RuleId::APP14), "{rules:?}");
    }
}

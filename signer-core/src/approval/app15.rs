//! APP15.

use alloc::vec::Vec;

use super::app12::operated_before;
use super::approve::Hearing;
use super::{Operators, Role};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// APP15: Who is to broadcast is a broadcaster of the roster, and has no other part in the transfer.
///
/// The requester names the broadcaster and signs that. Another part has who asks, who built, who
/// votes, who operates this device and, by their receipts, who operated those that have signed.
pub(super) fn app15(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    let (before, _) = operated_before(hearing.checked.wallet_tx());
    hearing.with_request(RuleId::APP15, |request, _| {
        let who = &request.broadcaster;
        let refused =
            |place, expected| Refusal::new(RuleId::APP15, place, expected, Phrase::figure(who));
        let mut refusals = Vec::new();
        let entry = hearing.roster.officer(who);
        if entry.is_none_or(|officer| officer.acting_as(Role::Broadcaster, hearing.time).is_none())
        {
            let expected = phrase!(
                "a broadcaster valid at height {tip}",
                "ブロック高 {tip} で有効な送信担当者",
                tip = hearing.time
            );
            refusals.push(refused(Place::Request, expected));
        }
        if *who == request.requester || *who == request.builder {
            let expected = phrase!(
                "a broadcaster other than the requester and the builder",
                "起案者・取引作成者以外の送信担当者"
            );
            refusals.push(refused(Place::Request, expected));
        }
        if hearing.has_voted(who) {
            let expected = phrase!(
                "approvers other than the broadcaster",
                "送信担当者以外の承認者"
            );
            refusals.push(refused(Place::Approval(who.clone()), expected));
        }
        let here = operators.both().contains(&who);
        if here || before.iter().any(|device| device.operators.contains(who)) {
            let expected = phrase!(
                "operators other than the broadcaster",
                "送信担当者以外の操作者"
            );
            refusals.push(refused(Place::Operators, expected));
        }
        refusals
    })
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;
    use std::vec::Vec;

    use crate::rule::{Place, RuleId};
    use crate::testing::{Ballot, Case, free, id, refusals, refused, world};
    use crate::types::Height;

    fn broadcast_by(who: &'static str) -> Case {
        let mut case = Case::new(world());
        case.edit_request = Box::new(move |request| request.broadcaster = id(who));
        case
    }

    fn places(case: &Case) -> Vec<Place> {
        let refusals = refusals(case.approve(world())).into_iter();
        let own = refusals.map(|refusal| {
            assert_eq!(refusal.rule, RuleId::APP15);
            refusal.place
        });
        own.collect()
    }

    #[test]
    fn passes_a_broadcaster_who_does_nothing_else() {
        for who in ["sender.x", "everybody"] {
            assert_eq!(places(&broadcast_by(who)), []);
        }
    }

    #[test]
    fn refuses_officers_who_are_no_broadcasters_and_strangers() {
        for who in ["approver.b", "witness.w", "stranger"] {
            assert_eq!(places(&broadcast_by(who)), [Place::Request], "{who}");
        }
    }

    #[test]
    fn refuses_a_broadcaster_who_asks_or_builds() {
        let mut asks = broadcast_by("everybody");
        asks.requester = "everybody";
        assert_eq!(places(&asks), [Place::Request]);
        let mut builds = Case::new(world());
        builds.edit_request = Box::new(|request| {
            request.broadcaster = id("everybody");
            request.builder = id("everybody");
        });
        assert_eq!(places(&builds), [Place::Request]);
    }

    /// A vote that counts for nothing is a part all the same.
    #[test]
    fn refuses_a_broadcaster_who_votes() {
        let mut case = broadcast_by("everybody");
        case.ballots.push(Ballot::yes("everybody"));
        assert_eq!(places(&case), [Place::Approval(id("everybody"))]);
    }

    #[test]
    fn refuses_a_broadcaster_who_operates_here_or_operated_before() {
        for operators in [["everybody", "operator.b"], ["operator.a", "everybody"]] {
            let mut case = broadcast_by("everybody");
            case.operators = operators;
            assert_eq!(places(&case), [Place::Operators]);
        }
        let mut case = broadcast_by("everybody");
        case.signed_by = std::vec![1];
        case.operated_by = ["operator.c", "everybody"];
        assert_eq!(places(&case), [Place::Operators]);
    }

    /// The roster's entries are valid from 800,000 to 900,000.
    #[test]
    fn at_the_limit_and_one_past_it_of_the_broadcasters_entry() {
        let rules = |height| {
            let mut case = Case::new(world());
            case.time = free(Height(height));
            case.edit_request = Box::new(|request| request.expiry = Height(999_999));
            refused(case.approve(world()))
        };
        assert_eq!(rules(900_000), []);
        assert!(rules(900_001).contains(&RuleId::APP15));
    }
}

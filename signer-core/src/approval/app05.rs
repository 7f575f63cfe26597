//! APP05.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::approve::Hearing;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::OfficerId;

/// APP05: Enough distinct people with distinct keys approved.
///
/// And among them everybody whom the request calls mandatory.
pub(super) fn app05(hearing: &Hearing<'_>) -> Verdict {
    hearing.with_request(RuleId::APP05, |request, _| {
        let counted = hearing.counted();
        let people: BTreeSet<&OfficerId> = counted.iter().map(|(o, _)| &o.id).collect();
        let keys: BTreeSet<_> = counted.iter().map(|(o, _)| o.key).collect();
        let got = people.len().min(keys.len());
        let needed = usize::from(hearing.quorum().approvers);
        let mut refusals = Vec::new();
        if got < needed {
            let expected = phrase!("{needed} approvers", "承認者 {needed} 名", needed = needed);
            let got = phrase!("{got}", "{got} 名", got = got);
            refusals.push(Refusal::new(RuleId::APP05, Place::Request, expected, got));
        }
        let missing = request.mandatory.iter().filter(|id| !people.contains(id));
        refusals.extend(missing.map(|id| {
            let place = Place::Approval(id.clone());
            let expected = phrase!("a mandatory approval", "必須の承認");
            Refusal::new(RuleId::APP05, place, expected, Phrase::none())
        }));
        refusals
    })
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;

    use bitcoin::Amount;

    use crate::policy::QuorumBand;
    use crate::rule::{Place, RuleId};
    use crate::testing::{Ballot, Case, World, id, refusals, refused, rules_of, world};

    const ALONE: [RuleId; 1] = [RuleId::APP05];

    fn with_needed(needed: u8, officers: &[&'static str]) -> std::vec::Vec<RuleId> {
        let world = World::with_policy(|policy| rules_of(policy).quorum.approvers = needed);
        let mut case = Case::new(&world);
        case.ballots = officers.iter().copied().map(Ballot::yes).collect();
        refused(case.approve(&world))
    }

    #[test]
    fn at_the_limit() {
        assert_eq!(with_needed(2, &["approver.a", "director.d"]), []);
        assert_eq!(
            with_needed(3, &["approver.a", "approver.b", "director.d"]),
            []
        );
    }

    #[test]
    fn one_past_it() {
        assert_eq!(with_needed(3, &["approver.a", "director.d"]), ALONE);
        let none = with_needed(2, &[]);
        assert_eq!(none, [RuleId::APP05, RuleId::APP06, RuleId::APP07]);
    }

    /// The band that begins at what is paid out, and one that begins one satoshi above.
    #[test]
    fn a_larger_amount_asks_for_more() {
        let payments = Case::new(world()).check(world()).unwrap();
        let paid: Amount = payments.payments().iter().map(|p| p.amount).sum();
        let under = |from| {
            let world = World::with_policy(|policy| {
                let rules = rules_of(policy);
                let mut quorum = rules.quorum;
                quorum.approvers = 3;
                rules.bands = Some(std::vec![QuorumBand { from, quorum }]);
            });
            let judge = |officers: &[&'static str]| {
                let mut case = Case::new(&world);
                case.ballots = officers.iter().copied().map(Ballot::yes).collect();
                refused(case.approve(&world))
            };
            let three = ["approver.a", "approver.b", "director.d"];
            assert_eq!(judge(&three), []);
            judge(&["approver.a", "director.d"])
        };
        assert_eq!(under(paid), ALONE);
        assert_eq!(under(paid + Amount::from_sat(1)), []);
    }

    fn mandatory(officer: &'static str) -> Case {
        let mut case = Case::new(world());
        case.edit_request = Box::new(move |request| request.mandatory = std::vec![id(officer)]);
        case
    }

    #[test]
    fn passes_with_the_mandatory_approver() {
        assert_eq!(refused(mandatory("director.d").approve(world())), []);
    }

    #[test]
    fn refuses_without_the_mandatory_approver() {
        let refusals = refusals(mandatory("approver.b").approve(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::APP05);
        assert_eq!(refusals[0].place, Place::Approval(id("approver.b")));
    }
}

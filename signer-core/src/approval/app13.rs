//! APP13.

use super::Operators;
use super::app12::operated_before;
use super::approve::Hearing;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::OfficerId;

/// APP13: As many of those who signed the policy in force as it says have no part in the transfer.
///
/// A part in it has who asks, who built, who votes, who operates this device and, by their receipts,
/// who operated those that have signed.
pub(super) fn app13(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    let (before, _) = operated_before(hearing.checked.wallet_tx());
    hearing.with_request(RuleId::APP13, |request, _| {
        let takes_part = |who: &OfficerId| {
            *who == request.requester
                || *who == request.builder
                || operators.both().contains(&who)
                || before.iter().any(|device| device.operators.contains(who))
                || hearing.has_voted(who)
        };
        let signers = hearing.checked.policy_signers().iter();
        let people = signers.filter_map(|key| hearing.roster.officer_of(key));
        let apart = people.filter(|officer| !takes_part(&officer.id)).count();
        let least = usize::from(hearing.checked.separation().administrators_apart);
        let short = (apart < least).then(|| {
            let expected = phrase!(
                "at least {least} who signed the policy and have no part in this transfer",
                "ポリシーに署名し、この出庫に関与しない者 {least} 名以上",
                least = least
            );
            Refusal::new(RuleId::APP13, Place::Whole, expected, Phrase::figure(apart))
        });
        short.into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;

    use crate::rule::RuleId;
    use crate::testing::{Ballot, Case, World, id, refused, world};

    const ALONE: [RuleId; 1] = [RuleId::APP13];

    fn with(apart: u8) -> World {
        World::with_policy(|policy| policy.separation.administrators_apart = apart)
    }

    /// Two administrators sign the policy of the world, and take no part.
    fn asked_for(apart: u8) -> std::vec::Vec<RuleId> {
        let world = with(apart);
        refused(Case::new(&world).approve(&world))
    }

    #[test]
    fn at_the_limit() {
        assert_eq!(asked_for(1), []);
        assert_eq!(asked_for(2), []);
    }

    #[test]
    fn one_past_it() {
        assert_eq!(asked_for(3), ALONE);
    }

    #[test]
    fn who_built_it_is_not_apart() {
        let world = with(2);
        let built_by = |builder: &'static str| {
            let mut case = Case::new(&world);
            case.edit_request = Box::new(move |request| request.builder = id(builder));
            refused(case.approve(&world))
        };
        assert_eq!(built_by("admin.a"), ALONE);
        assert_eq!(built_by("admin.b"), ALONE);
        // This administrator did not sign the policy.
        assert_eq!(built_by("admin.c"), []);
    }

    /// A vote that counts for nothing is a part all the same.
    #[test]
    fn who_votes_is_not_apart() {
        let world = with(2);
        let mut case = Case::new(&world);
        case.ballots.push(Ballot::yes("admin.a"));
        let rules = refused(case.approve(&world));
        assert_eq!(rules, [RuleId::APP04, RuleId::APP13]);
    }

    #[test]
    fn who_operated_another_device_is_not_apart() {
        let world = with(2);
        let operated_by = |operators| {
            let mut case = Case::new(&world);
            case.signed_by = std::vec![1];
            case.operated_by = operators;
            refused(case.approve(&world))
        };
        assert_eq!(operated_by(["operator.c", "operator.d"]), []);
        assert_eq!(operated_by(["admin.a", "operator.d"]), ALONE);
        assert_eq!(operated_by(["operator.c", "admin.b"]), ALONE);
    }

    #[test]
    fn one_is_enough_where_one_is_asked_for() {
        let mut case = Case::new(world());
        case.edit_request = Box::new(|request| request.builder = id("admin.a"));
        assert_eq!(refused(case.approve(world())), []);
    }
}

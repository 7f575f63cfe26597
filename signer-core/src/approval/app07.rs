//! APP07.

use super::Role;
use super::approve::Hearing;
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP07: A director is among the approvers.
pub(super) fn app07(hearing: &Hearing<'_>) -> Verdict {
    let counted = hearing.counted();
    let approvers = counted.iter();
    let directors = approvers
        .filter(|(officer, _)| officer.acting_as(Role::Director, hearing.time).is_some())
        .count();
    // One at least, whatever a policy says.
    let needed = usize::from(hearing.quorum().directors).max(1);
    let judged = if directors < needed {
        let expected = phrase!(
            "{needed} directors among the approvers",
            "承認者のうち承認取締役 {needed} 名",
            needed = needed
        );
        Err(Refusal::new(
            RuleId::APP07,
            Place::Request,
            expected,
            phrase!("{got}", "{got} 名", got = directors),
        ))
    } else {
        Ok(())
    };
    judged.into()
}

#[cfg(test)]
mod tests {
    use crate::rule::RuleId;
    use crate::testing::{Ballot, Case, World, refused, rules_of, world};

    #[test]
    fn at_the_limit() {
        assert_eq!(refused(Case::new(world()).approve(world())), []);
    }

    #[test]
    fn one_past_it() {
        let two = World::with_policy(|policy| rules_of(policy).quorum.directors = 2);
        assert_eq!(refused(Case::new(&two).approve(&two)), [RuleId::APP07]);
    }

    #[test]
    fn refuses_without_a_director() {
        let mut case = Case::new(world());
        case.ballots = std::vec![Ballot::yes("approver.a"), Ballot::yes("approver.b")];
        assert_eq!(refused(case.approve(world())), [RuleId::APP07]);
    }
}

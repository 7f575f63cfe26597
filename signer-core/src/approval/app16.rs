//! APP16.

use super::approve::Hearing;
use super::{Operators, RequestKind};
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP16: Nobody operates more sessions that sign in a row, on this device, than the policy allows.
///
/// Counted is what this device's journal holds: sessions with an intent. A session that goes on
/// after a cut is the same one.
pub(super) fn app16(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    if hearing.checked.kind() == RequestKind::Sweep {
        return Verdict::NotApplicable(phrase!(
            "a sweep: whoever is there operates it",
            "緊急退避送金(その場にいる者が操作する)"
        ));
    }
    let Some(most) = hearing.checked.separation().sessions_in_a_row else {
        return Verdict::NotApplicable(phrase!(
            "the policy does not rotate this duty",
            "ポリシーに操作担当の交代の定めがない"
        ));
    };
    let duty = hearing.ledger.duty();
    let too_many = operators.both().into_iter().filter_map(|who| {
        let before = duty.in_a_row(who);
        (before >= u32::from(most)).then(|| {
            let expected = phrase!(
                "at most {most} sessions in a row by one person",
                "1人の連続操作は {most} セッションまで",
                most = most
            );
            let got = phrase!(
                "{who} operated the last {before}",
                "{who} が直近の {before} セッションを操作",
                who = who,
                before = before
            );
            Refusal::new(RuleId::APP16, Place::Operators, expected, got)
        })
    });
    Verdict::of(too_many.collect())
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use crate::rule::{RuleId, Verdict};
    use crate::testing::{Case, World, id, refusals, refused};

    const ALONE: [RuleId; 1] = [RuleId::APP16];

    fn with(most: Option<u8>) -> World {
        World::with_policy(|policy| policy.separation.sessions_in_a_row = most)
    }

    /// Operator A sat at the last sessions, with these others, the last one last.
    fn after(world: &World, others: &[&str]) -> Vec<RuleId> {
        let mut case = Case::new(world);
        for other in others {
            case.ledger.record_duty(&[id("operator.a"), id(other)]);
        }
        refused(case.approve(world))
    }

    #[test]
    fn passes_people_who_rotate() {
        let world = with(Some(1));
        let mut case = Case::new(&world);
        case.ledger
            .record_duty(&[id("operator.a"), id("operator.b")]);
        case.ledger
            .record_duty(&[id("operator.c"), id("operator.d")]);
        assert_eq!(refused(case.approve(&world)), []);
    }

    #[test]
    fn at_the_limit() {
        assert_eq!(after(&with(Some(2)), &["operator.c"]), []);
        assert_eq!(after(&with(Some(3)), &["operator.c", "operator.d"]), []);
    }

    #[test]
    fn one_past_it() {
        assert_eq!(after(&with(Some(1)), &["operator.c"]), ALONE);
        assert_eq!(after(&with(Some(2)), &["operator.c", "operator.d"]), ALONE);
    }

    #[test]
    fn both_are_named_where_both_stayed() {
        let world = with(Some(1));
        let mut case = Case::new(&world);
        case.ledger
            .record_duty(&[id("operator.a"), id("operator.b")]);
        assert_eq!(refusals(case.approve(&world)).len(), 2);
    }

    #[test]
    fn app16_alone() {
        assert_eq!(after(&with(Some(1)), &["operator.d"]), ALONE);
    }

    #[test]
    fn says_that_it_does_not_apply_where_the_policy_states_nothing() {
        let world = with(None);
        let mut case = Case::new(&world);
        for _ in 0..300 {
            case.ledger
                .record_duty(&[id("operator.a"), id("operator.b")]);
        }
        let approved = case.approve(&world).unwrap();
        let line = approved.report().lines().iter();
        let line = line.clone().find(|line| line.rule == RuleId::APP16);
        assert!(matches!(line.unwrap().verdict, Verdict::NotApplicable(_)));
    }

    #[test]
    fn a_sweep_waits_for_nobody() {
        let world = World::sweeping(|policy| policy.separation.sessions_in_a_row = Some(1));
        let mut case = Case::sweep(&world);
        case.ledger
            .record_duty(&[id("operator.a"), id("operator.b")]);
        assert_eq!(refused(case.approve(&world)), []);
    }
}

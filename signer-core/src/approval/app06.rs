//! APP06.

use alloc::collections::BTreeSet;

use super::approve::Hearing;
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP06: The approvers come from enough departments.
pub(super) fn app06(hearing: &Hearing<'_>) -> Verdict {
    let counted = hearing.counted();
    let departments: BTreeSet<_> = counted.iter().map(|(o, _)| &o.department).collect();
    let needed = usize::from(hearing.quorum().departments);
    let judged = if departments.len() < needed {
        let expected = phrase!(
            "approvers of {needed} departments",
            "{needed} 部門の承認者",
            needed = needed
        );
        let got = phrase!("{got}", "{got} 部門", got = departments.len());
        Err(Refusal::new(RuleId::APP06, Place::Request, expected, got))
    } else {
        Ok(())
    };
    judged.into()
}

#[cfg(test)]
mod tests {
    use crate::rule::RuleId;
    use crate::testing::{Ballot, Case, World, refused, rules_of};

    /// Departments: security, finance, and board for both `approver.s` and `director.d`.
    fn with_needed(departments: u8, officers: &[&'static str]) -> std::vec::Vec<RuleId> {
        let world = World::with_policy(|policy| {
            rules_of(policy).quorum.approvers = 3;
            rules_of(policy).quorum.departments = departments;
        });
        let mut case = Case::new(&world);
        case.ballots = officers.iter().copied().map(Ballot::yes).collect();
        refused(case.approve(&world))
    }

    #[test]
    fn at_the_limit() {
        assert_eq!(
            with_needed(2, &["approver.a", "approver.s", "director.d"]),
            []
        );
        assert_eq!(
            with_needed(3, &["approver.a", "approver.b", "director.d"]),
            []
        );
    }

    #[test]
    fn one_past_it() {
        let three = ["approver.a", "approver.s", "director.d"];
        assert_eq!(with_needed(3, &three), [RuleId::APP06]);
    }

    #[test]
    fn refuses_one_department() {
        let world = World::with_policy(|_| {});
        let mut case = Case::new(&world);
        case.ballots = std::vec![Ballot::yes("approver.s"), Ballot::yes("director.d")];
        assert_eq!(refused(case.approve(&world)), [RuleId::APP06]);
    }
}

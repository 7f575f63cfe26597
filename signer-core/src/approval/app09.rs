//! APP09.

use alloc::vec::Vec;

use super::Operators;
use super::approve::Hearing;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::OfficerId;

/// APP09: Requester, approvers and operators are different people.
///
/// Everybody who voted counts, also where the vote itself does not.
pub(super) fn app09(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    hearing.with_request(RuleId::APP09, |request, _| {
        let refused = |place, expected, who: &OfficerId| {
            Refusal::new(RuleId::APP09, place, expected, Phrase::figure(who))
        };
        let mut refusals = Vec::new();
        let operators = operators.both();
        if operators.contains(&&request.requester) {
            let expected = phrase!("operators other than the requester", "起案者以外の操作者");
            refusals.push(refused(Place::Operators, expected, &request.requester));
        }
        let voters = hearing
            .votes
            .iter()
            .filter_map(|vote| vote.opened.as_ref().ok());
        for (_, officer) in voters {
            let place = || Place::Approval(officer.id.clone());
            if officer.id == request.requester {
                let expected = phrase!("approvers other than the requester", "起案者以外の承認者");
                refusals.push(refused(place(), expected, &officer.id));
            }
            if operators.contains(&&officer.id) {
                let expected = phrase!("approvers other than the operators", "操作者以外の承認者");
                refusals.push(refused(place(), expected, &officer.id));
            }
        }
        refusals
    })
}

#[cfg(test)]
mod tests {
    use crate::rule::{Place, RuleId};
    use crate::testing::{Ballot, Case, id, refusals, refused, world};

    const ALONE: [RuleId; 1] = [RuleId::APP09];

    #[test]
    fn passes_different_people() {
        assert_eq!(refused(Case::new(world()).approve(world())), []);
    }

    /// `everybody` may request, approve and operate: but only one of them in one case.
    #[test]
    fn refuses_a_requester_who_approves() {
        let mut case = Case::new(world());
        case.requester = "everybody";
        case.ballots.push(Ballot::yes("everybody"));
        let refusals = refusals(case.approve(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::APP09);
        assert_eq!(refusals[0].place, Place::Approval(id("everybody")));
    }

    #[test]
    fn refuses_a_requester_who_operates() {
        for operators in [["everybody", "operator.b"], ["operator.a", "everybody"]] {
            let mut case = Case::new(world());
            case.requester = "everybody";
            case.operators = operators;
            let refusals = refusals(case.approve(world()));
            assert_eq!(refusals.len(), 1);
            assert_eq!(refusals[0].place, Place::Operators);
        }
    }

    #[test]
    fn refuses_an_approver_who_operates() {
        for operators in [["everybody", "operator.b"], ["operator.a", "everybody"]] {
            let mut case = Case::new(world());
            case.ballots.push(Ballot::yes("everybody"));
            case.operators = operators;
            assert_eq!(refused(case.approve(world())), ALONE);
        }
    }

    #[test]
    fn one_role_each_is_no_reason() {
        let mut case = Case::new(world());
        case.operators = ["everybody", "operator.b"];
        assert_eq!(refused(case.approve(world())), []);
    }
}

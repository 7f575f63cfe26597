//! APP09.

use alloc::vec::Vec;

use super::Operators;
use super::approve::Hearing;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::OfficerId;

/// APP09: Requester, approvers and operators are different people.
///
/// Everybody who voted counts, also where the vote itself does not.
pub(super) fn app09(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    hearing.with_request(RuleId::APP09, |request, _| {
        let refused = |place, expected: &str, who: &OfficerId| {
            Refusal::new(RuleId::APP09, place, expected, who)
        };
        let mut refusals = Vec::new();
        let operators = operators.both();
        if operators.contains(&&request.requester) {
            let expected = "operators other than the requester";
            refusals.push(refused(Place::Operators, expected, &request.requester));
        }
        let voters = hearing
            .votes
            .iter()
            .filter_map(|vote| vote.opened.as_ref().ok());
        for (_, officer) in voters {
            let place = || Place::Approval(officer.id.clone());
            if officer.id == request.requester {
                let expected = "approvers other than the requester";
                refusals.push(refused(place(), expected, &officer.id));
            }
            if operators.contains(&&officer.id) {
                let expected = "approvers other than the operators";
                refusals.push(refused(place(), expected, &officer.id));
            }
        }
        refusals
    })
}

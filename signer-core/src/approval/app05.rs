//! APP05.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use super::approve::Hearing;
use crate::rule::{Place, Refusal, RuleId, Verdict};
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
        let needed = usize::from(hearing.checked.rules().quorum.approvers);
        let mut refusals = Vec::new();
        if got < needed {
            let expected = format!("{needed} approvers");
            refusals.push(Refusal::new(RuleId::APP05, Place::Request, expected, got));
        }
        let missing = request.mandatory.iter().filter(|id| !people.contains(id));
        refusals.extend(missing.map(|id| {
            let place = Place::Approval(id.clone());
            Refusal::new(RuleId::APP05, place, "a mandatory approval", "none")
        }));
        refusals
    })
}

//! APP03.

use alloc::format;
use alloc::vec::Vec;

use super::approve::Hearing;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP03: The request is not expired at the known height.
///
/// A known height that lies behind the height at which an officer approved is known to be old: it
/// cannot show that the request is still open, and so it refuses.
pub(super) fn app03(hearing: &Hearing<'_>) -> Verdict {
    hearing.with_request(RuleId::APP03, |request, _| {
        let tip = hearing.tip;
        let mut refusals = Vec::new();
        if tip > request.expiry {
            let expected = format!("a height of at most {}", request.expiry);
            refusals.push(Refusal::new(RuleId::APP03, Place::Request, expected, tip));
        }
        for (officer, approval) in hearing.counted() {
            let height = approval.body().height;
            if height > tip {
                let place = Place::Approval(officer.id.clone());
                let expected = format!("a known height of at least {height}");
                refusals.push(Refusal::new(RuleId::APP03, place, expected, tip));
            }
        }
        refusals
    })
}

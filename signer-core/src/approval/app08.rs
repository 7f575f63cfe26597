//! APP08.

use alloc::vec::Vec;

use super::approve::{Hearing, rejections};
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP08: Nobody rejected this request, now or ever on this device.
///
/// A rejection outweighs every approval, also one of the same officer.
pub(super) fn app08(hearing: &Hearing<'_>) -> Verdict {
    hearing.with_request(RuleId::APP08, |_, digest| {
        let mut refusals = Vec::new();
        if let Some(officer) = hearing.ledger.rejected_by(&digest) {
            let got = alloc::format!("rejected by {officer} in an earlier session");
            let expected = "a request that was never rejected";
            refusals.push(Refusal::new(RuleId::APP08, Place::Request, expected, got));
        }
        let here = rejections(hearing.checked.wallet_tx().parsed(), hearing.roster);
        let here = here.into_iter().filter(|(request, _)| *request == digest);
        refusals.extend(here.map(|(_, officer)| {
            let got = alloc::format!("rejected by {officer}");
            Refusal::new(RuleId::APP08, Place::Approval(officer), "no rejection", got)
        }));
        refusals
    })
}

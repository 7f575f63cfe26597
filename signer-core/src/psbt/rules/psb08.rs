//! PSB08: fields of another kind of spending.

use crate::rule::{Refusal, RuleId, Verdict};

use super::Reading;

/// PSB08: No field asks for another kind of spending: taproot, MuSig2, preimages, proofs.
///
/// Also silent payments, signed messages and proofs of reserves. Unknown fields ask for nothing
/// that we would do: they pass through.
pub(super) fn psb08(reading: &Reading<'_>) -> Verdict {
    let refusals = reading.fields.other_spending.iter().map(|(map, name)| {
        let expected = "only fields of a multisig spending by signatures";
        Refusal::new(RuleId::PSB08, map.place(), expected, name)
    });
    Verdict::of(refusals.collect())
}

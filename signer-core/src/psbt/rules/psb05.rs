//! PSB05: nothing is finalized.

use crate::rule::{Refusal, RuleId, Verdict};

use super::{Reading, at_input, inputs};

/// PSB05: No input is finalized.
pub(super) fn psb05(reading: &Reading<'_>) -> Verdict {
    let finalized = inputs(reading.fields).filter_map(|(index, input)| {
        let field = input.final_field?;
        let place = at_input(index);
        Some(Refusal::new(RuleId::PSB05, place, "no final field", field))
    });
    Verdict::of(finalized.collect())
}

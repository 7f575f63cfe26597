//! PSB05: nothing is finalized.

use crate::phrase;
use crate::rule::{Phrase, Refusal, RuleId, Verdict};

use super::{Reading, at_input, inputs, verdict};

/// PSB05: No input is finalized.
pub(super) fn psb05(reading: &Reading<'_>) -> Verdict {
    let finalized = inputs(reading.fields).filter_map(|(index, input)| {
        let field = input.final_field?;
        let place = at_input(index);
        let expected = phrase!("no final field", "確定済み項目なし");
        let got = Phrase::figure(field);
        Some(Refusal::new(RuleId::PSB05, place, expected, got))
    });
    verdict(finalized)
}

#[cfg(test)]
mod tests {
    use crate::psbt::MapId;
    use crate::psbt::testing::{BOTH, Case, edit, refusing};
    use crate::rule::RuleId;
    use crate::types::InputIndex;

    #[test]
    fn passes_what_is_not_final() {
        for version in BOTH {
            assert_eq!(refusing(Case::new(version, 2).raw().to_bytes()), []);
        }
    }

    #[test]
    fn refuses_either_final_field_on_every_input_whatever_it_holds() {
        for version in BOTH {
            let raw = Case::new(version, 2).raw();
            for n in 0..2 {
                for field in [0x07, 0x08] {
                    for value in [&[][..], &[0], &[1, 1, 0]] {
                        let place = MapId::Input(InputIndex(n));
                        let bytes = edit(&raw, place, &[field], Some(value));
                        assert_eq!(refusing(bytes), [RuleId::PSB05]);
                    }
                }
            }
        }
    }
}

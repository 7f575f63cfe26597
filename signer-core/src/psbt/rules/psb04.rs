//! PSB04: signature types.

use alloc::vec::Vec;

use crate::psbt::form::InputFields;
use crate::rule::{Refusal, RuleId, Verdict};

use super::{Reading, at_input, inputs};

/// SIGHASH_ALL: the signature covers every input and every output.
const ALL: u8 = 0x01;

/// PSB04: Every signature type is absent or ALL.
///
/// That of an input, and the last byte of each signature that is already there.
pub(super) fn psb04(reading: &Reading<'_>) -> Verdict {
    let mut refusals = Vec::new();
    for (index, input) in inputs(reading.fields) {
        for other in other_types(input) {
            let place = at_input(index);
            refusals.push(Refusal::new(
                RuleId::PSB04,
                place,
                "signature type ALL (1)",
                other,
            ));
        }
    }
    Verdict::of(refusals)
}

fn other_types(input: &InputFields) -> Vec<alloc::string::String> {
    let stated = input.sighash.filter(|sighash| *sighash != u32::from(ALL));
    let stated = stated.map(|sighash| alloc::format!("{sighash:#x}"));
    let signed = input.partial_sigs.iter().filter_map(|(key, signature)| {
        let last = signature.last();
        let text = || match last {
            Some(byte) => alloc::format!("{byte:#x} in the signature of {key}"),
            None => alloc::format!("an empty signature of {key}"),
        };
        (last != Some(&ALL)).then(text)
    });
    stated.into_iter().chain(signed).collect()
}

//! PSB04: signature types.

use bitcoin::secp256k1::PublicKey;

use crate::phrase;
use crate::rule::{Phrase, Refusal, RuleId, Verdict};

use super::{Reading, Refused, at_input, inputs};

/// SIGHASH_ALL: the signature covers every input and every output.
const ALL: u8 = 0x01;

/// PSB04: Every signature type is absent or ALL.
///
/// That of an input, and the last byte of each signature that is already there.
pub(super) fn psb04(reading: &Reading<'_>) -> Verdict {
    let mut refused = Refused::default();
    for (index, input) in inputs(reading.fields) {
        let refusal = |got| {
            let all = phrase!("signature type ALL (1)", "署名種別 ALL (1)");
            Refusal::new(RuleId::PSB04, at_input(index), all, got)
        };
        if let Some(other) = input.sighash.filter(|sighash| *sighash != u32::from(ALL)) {
            refused.add(|| refusal(Phrase::figure(format_args!("{other:#x}"))));
        }
        for (key, signature) in &input.partial_sigs {
            if signature.last() != Some(&ALL) {
                refused.add(|| refusal(signed(key, signature)));
            }
        }
    }
    refused.verdict()
}

/// The type of a signature, its last byte.
fn signed(key: &PublicKey, signature: &[u8]) -> Phrase {
    match signature.last() {
        Some(byte) => phrase!(
            "{byte} in the signature of {key}",
            "{key} の署名で {byte}",
            byte = format_args!("{byte:#x}"),
            key = key
        ),
        None => phrase!("an empty signature of {key}", "{key} の空の署名", key = key),
    }
}

#[cfg(test)]
mod tests {
    use crate::psbt::testing::{BOTH, Case, IN_0, edit, key, refusing};
    use crate::psbt::{MapId, ParsedPsbt};
    use crate::rule::{Place, RuleId};
    use crate::types::InputIndex;

    const ALONE: [RuleId; 1] = [RuleId::PSB04];

    #[test]
    fn passes_absent_and_all() {
        for version in BOTH {
            let raw = Case::new(version, 1).raw();
            assert_eq!(refusing(raw.to_bytes()), []);
            assert_eq!(refusing(edit(&raw, IN_0, &[0x03], Some(&[1, 0, 0, 0]))), []);
        }
    }

    #[test]
    fn refuses_every_other_type_on_every_input() {
        let raw = Case::new(BOTH[0], 3).raw();
        for sighash in [0, 2, 3, 4, 0x41, 0x81, 0x82, 0x83, 0x101, u32::MAX] {
            for n in 0..3 {
                let place = MapId::Input(InputIndex(n));
                let bytes = edit(&raw, place, &[0x03], Some(&sighash.to_le_bytes()));
                let stopped = ParsedPsbt::parse(bytes.clone()).unwrap_err();
                assert_eq!(
                    stopped.refusal().unwrap().place,
                    Place::Input(InputIndex(n))
                );
                assert_eq!(refusing(bytes), ALONE);
            }
        }
    }

    #[test]
    fn refuses_a_signature_of_another_type() {
        let raw = Case::new(BOTH[1], 1).raw();
        let record = [&[0x02][..], &key(1).serialize()].concat();
        let signed = |value: &[u8]| refusing(edit(&raw, IN_0, &record, Some(value)));
        assert_eq!(signed(&[0x30, 0, 1]), []);
        for other in [
            &[][..],
            &[0x30, 0],
            &[0x30, 2],
            &[0x30, 3],
            &[0x30, 0x81],
            &[0x30, 0x83],
        ] {
            assert_eq!(signed(other), ALONE);
        }
    }
}

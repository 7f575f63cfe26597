//! PSB02: counts and sizes are within the limits of this device.

use alloc::vec::Vec;

use crate::phrase;
use crate::psbt::form::{Fields, KeyOrigin};
use crate::psbt::raw::{BYTES_OF_FILE, INPUTS, OUTPUTS, within};
use crate::psbt::{Limits, limits};
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

use super::{Reading, at_output, inputs, verdict};

/// PSB02, the part that is judged before anything is read: the size of the file.
pub(in crate::psbt) fn file_size(bytes: usize, limits: Limits) -> Result<(), Refusal> {
    within(
        BYTES_OF_FILE,
        bytes as u64,
        limits.file_bytes() as u64,
        Place::Whole,
    )
}

/// PSB02: Counts and sizes are within the limits of this device.
pub(super) fn psb02(reading: &Reading<'_>) -> Verdict {
    let fields = reading.fields;
    let mut found = Found(Vec::new());
    found.refuse(file_size(fields.raw.bytes().len(), reading.limits));
    found.count(INPUTS, fields.tx.input.len(), limits::INPUTS);
    found.count(OUTPUTS, fields.tx.output.len(), limits::OUTPUTS);
    found.most(
        ["bytes carried for us", "himuro 項目のバイト数"],
        fields.carried_bytes,
        limits::CARRIED_BYTES,
        Place::Whole,
    );
    found.most(
        ["bytes of foreign records", "その他の項目のバイト数"],
        fields.foreign.bytes,
        limits::FOREIGN_BYTES,
        Place::Whole,
    );
    found.judge_inputs(fields);
    found.judge_outputs(fields);
    verdict(found.0)
}

struct Found(Vec<Refusal>);

impl Found {
    fn refuse(&mut self, result: Result<(), Refusal>) {
        self.0.extend(result.err());
    }

    fn most(&mut self, what: [&str; 2], got: usize, limit: usize, place: Place) {
        self.refuse(within(what, got as u64, limit as u64, place));
    }

    /// At least one, at most `limit`.
    fn count(&mut self, what: [&str; 2], got: usize, limit: usize) {
        if got == 0 {
            let [en, ja] = what;
            let expected = phrase!(
                "1 to {limit} {what}",
                "{what} 1 以上 {limit} 以下",
                limit = limit,
                what = Phrase::new(en, ja)
            );
            let place = Place::Transaction;
            self.refuse(Err(Refusal::new(
                RuleId::PSB02,
                place,
                expected,
                Phrase::none(),
            )));
        }
        self.most(what, got, limit, Place::Transaction);
    }

    fn judge_inputs(&mut self, fields: &Fields) {
        for (index, input) in inputs(fields) {
            let place = super::at_input(index);
            let script =
                |script: &Option<bitcoin::ScriptBuf>| script.as_ref().map_or(0, |s| s.len());
            let witness_script = script(&input.witness_script);
            let redeem_script = script(&input.redeem_script);
            self.most(
                ["bytes of witness script", "witness script のバイト数"],
                witness_script,
                limits::WITNESS_SCRIPT_BYTES,
                place.clone(),
            );
            self.most(
                ["bytes of redeem script", "redeem script のバイト数"],
                redeem_script,
                limits::REDEEM_SCRIPT_BYTES,
                place.clone(),
            );
            self.most(
                ["signatures", "署名数"],
                input.partial_sigs.len(),
                limits::KEYS,
                place.clone(),
            );
            self.origins(&input.origins, &place);
        }
    }

    fn judge_outputs(&mut self, fields: &Fields) {
        for ((index, output), tx_out) in (0..).zip(&fields.outputs).zip(&fields.tx.output) {
            let place = at_output(index);
            let length = tx_out.script_pubkey.len();
            self.most(
                ["bytes of script", "スクリプトのバイト数"],
                length,
                limits::OUTPUT_SCRIPT_BYTES,
                place.clone(),
            );
            self.origins(&output.origins, &place);
        }
    }

    fn origins(&mut self, origins: &[KeyOrigin], place: &Place) {
        let what = ["key origins", "鍵の由来の数"];
        self.most(what, origins.len(), limits::KEYS, place.clone());
        let deepest = origins.iter().map(|origin| origin.path.len()).max();
        let deepest = deepest.unwrap_or_default();
        self.most(
            ["levels of a key path", "鍵パスの階層数"],
            deepest,
            limits::PATH_LEVELS,
            place.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use bitcoin::{Amount, ScriptBuf, TxOut};

    use crate::keys::Fingerprint;
    use crate::psbt::build::OutputParts;
    use crate::psbt::testing::{BOTH, Case, edit, key, multisig, refusing, small_parent};
    use crate::psbt::{KeyOrigin, Limits, MapId, ParsedPsbt, ProprietaryField, RawPsbt, limits};
    use crate::rule::RuleId;
    use crate::types::InputIndex;

    const ALONE: [RuleId; 1] = [RuleId::PSB02];

    /// Tiny inputs, so that the weight stays within its limit.
    fn with_inputs(count: usize) -> Case {
        let mut case = Case::new(BOTH[0], 0);
        for n in 0..count {
            case.add_plain_coin(&small_parent(u32::try_from(n).unwrap()));
        }
        case.tx.output[0].value = Amount::from_sat(1);
        case
    }

    fn with_outputs(count: usize) -> Case {
        let mut case = Case::new(BOTH[1], 1);
        let output = TxOut {
            value: Amount::from_sat(1),
            script_pubkey: ScriptBuf::new(),
        };
        case.tx.output = vec![output; count];
        case.outputs = vec![OutputParts::default(); count];
        case
    }

    #[test]
    fn passes_at_the_limit_and_refuses_one_past_it() {
        assert_eq!(refusing(with_inputs(limits::INPUTS).bytes()), []);
        assert_eq!(refusing(with_inputs(limits::INPUTS + 1).bytes()), ALONE);
        assert_eq!(refusing(with_outputs(limits::OUTPUTS).bytes()), []);
        assert_eq!(refusing(with_outputs(limits::OUTPUTS + 1).bytes()), ALONE);
    }

    #[test]
    fn refuses_a_transaction_without_inputs_or_outputs() {
        let mut case = Case::new(BOTH[0], 1);
        case.tx.output.clear();
        case.outputs.clear();
        assert_eq!(refusing(case.bytes()), ALONE);
        let mut case = Case::new(BOTH[1], 0);
        case.tx.output[0].value = Amount::from_sat(1);
        assert!(refusing(case.bytes()).contains(&RuleId::PSB02));
    }

    #[test]
    fn limits_what_is_carried_and_what_is_foreign() {
        let raw = Case::new(BOTH[1], 1).raw();
        let key = ProprietaryField::request_key();
        let request = |size: usize| {
            let value = vec![0; size - key.len()];
            raw.insert_global(&key, &value).unwrap().into_bytes()
        };
        assert_eq!(refusing(request(limits::CARRIED_BYTES)), []);
        assert_eq!(refusing(request(limits::CARRIED_BYTES + 1)), ALONE);
        let foreign = |size: usize| {
            let half = vec![0; size / 2 - 2];
            let rest = vec![0; size - size / 2 - 2];
            let raw = raw.insert_global(b"\xf0a", &half).unwrap();
            let raw = raw.insert_input(InputIndex(0), b"\xf1a", &rest);
            raw.unwrap().into_bytes()
        };
        assert_eq!(refusing(foreign(limits::FOREIGN_BYTES)), []);
        assert_eq!(refusing(foreign(limits::FOREIGN_BYTES + 1)), ALONE);
    }

    #[test]
    fn limits_scripts() {
        let raw = Case::new(BOTH[0], 1).raw();
        for (key, limit) in [
            (0x05, limits::WITNESS_SCRIPT_BYTES),
            (0x04, limits::REDEEM_SCRIPT_BYTES),
        ] {
            let with = |size| {
                edit(
                    &raw,
                    MapId::Input(InputIndex(0)),
                    &[key],
                    Some(&vec![0; size]),
                )
            };
            assert_eq!(refusing(with(limit)), []);
            assert_eq!(refusing(with(limit + 1)), ALONE);
        }
        let output = |size| {
            let mut case = Case::new(BOTH[0], 1);
            case.tx.output[0].script_pubkey = ScriptBuf::from_bytes(vec![0; size]);
            case.bytes()
        };
        assert_eq!(refusing(output(limits::OUTPUT_SCRIPT_BYTES)), []);
        assert_eq!(refusing(output(limits::OUTPUT_SCRIPT_BYTES + 1)), ALONE);
    }

    #[test]
    fn limits_origins_and_their_depth() {
        let origins = |count: usize, depth: usize| -> Vec<KeyOrigin> {
            let origin = |n: usize| KeyOrigin {
                public_key: key(u8::try_from(n + 1).unwrap()).serialize(),
                fingerprint: Fingerprint::from_bytes([0; 4]),
                path: vec![1; depth],
            };
            (0..count).map(origin).collect()
        };
        let bytes = |count, depth, on_input: bool| {
            let mut case = Case::new(BOTH[1], 1);
            if on_input {
                case.inputs[0].origins = origins(count, depth);
            } else {
                case.outputs[0].origins = origins(count, depth);
            }
            case.bytes()
        };
        for on_input in [true, false] {
            assert_eq!(
                refusing(bytes(limits::KEYS, limits::PATH_LEVELS, on_input)),
                []
            );
            assert_eq!(refusing(bytes(limits::KEYS + 1, 3, on_input)), ALONE);
            assert_eq!(refusing(bytes(1, limits::PATH_LEVELS + 1, on_input)), ALONE);
        }
    }

    #[test]
    fn limits_signatures() {
        let signed = |count: usize| {
            let mut raw = Case::new(BOTH[0], 1).raw();
            for n in 0..count {
                let key = key(u8::try_from(n + 1).unwrap()).serialize();
                let key = [&[0x02][..], &key].concat();
                raw = raw.insert_input(InputIndex(0), &key, &[1]).unwrap();
            }
            raw.into_bytes()
        };
        assert_eq!(refusing(signed(limits::KEYS)), []);
        assert_eq!(refusing(signed(limits::KEYS + 1)), ALONE);
    }

    #[test]
    fn limits_the_file_in_two_sizes() {
        let script = multisig(2, &[key(1), key(2), key(3)]);
        let mut parent = crate::psbt::testing::parent(0, &script);
        parent.output[0].script_pubkey = ScriptBuf::from_bytes(vec![0; 5_000_000]);
        let mut case = Case::new(BOTH[0], 0);
        case.add_coin(&parent, &script);
        case.tx.output[0].value = Amount::from_sat(1_000);
        let bytes = case.bytes();
        assert_eq!(refusing(bytes.clone()), ALONE);
        assert!(ParsedPsbt::parse_within(bytes, Limits::HEAVY).is_ok());
        let too_large = vec![0; limits::RAW_FILE_BYTES + 1];
        assert_eq!(
            RawPsbt::from_vec(too_large).unwrap_err().rule,
            RuleId::PSB02
        );
    }
}

//! PSB02: counts and sizes are within the limits of this device.

use alloc::vec::Vec;

use crate::psbt::form::{Fields, KeyOrigin};
use crate::psbt::raw::within;
use crate::psbt::{Limits, limits};
use crate::rule::{Place, Refusal, Verdict};

use super::{Reading, at_output, inputs};

/// PSB02, the part that is judged before anything is read: the size of the file.
pub(in crate::psbt) fn file_size(bytes: usize, limits: Limits) -> Result<(), Refusal> {
    within(
        "bytes of file",
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
    found.count("inputs", fields.tx.input.len(), limits::INPUTS);
    found.count("outputs", fields.tx.output.len(), limits::OUTPUTS);
    found.most(
        "bytes carried for us",
        fields.carried_bytes,
        limits::CARRIED_BYTES,
        Place::Whole,
    );
    found.most(
        "bytes of foreign records",
        fields.foreign.bytes,
        limits::FOREIGN_BYTES,
        Place::Whole,
    );
    found.judge_inputs(fields);
    found.judge_outputs(fields);
    Verdict::of(found.0)
}

struct Found(Vec<Refusal>);

impl Found {
    fn refuse(&mut self, result: Result<(), Refusal>) {
        self.0.extend(result.err());
    }

    fn most(&mut self, what: &str, got: usize, limit: usize, place: Place) {
        self.refuse(within(what, got as u64, limit as u64, place));
    }

    /// At least one, at most `limit`.
    fn count(&mut self, what: &str, got: usize, limit: usize) {
        if got == 0 {
            let expected = alloc::format!("1 to {limit} {what}");
            self.refuse(Err(Refusal::new(
                crate::rule::RuleId::PSB02,
                Place::Transaction,
                expected,
                "none",
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
                "bytes of witness script",
                witness_script,
                limits::WITNESS_SCRIPT_BYTES,
                place.clone(),
            );
            self.most(
                "bytes of redeem script",
                redeem_script,
                limits::REDEEM_SCRIPT_BYTES,
                place.clone(),
            );
            self.most(
                "signatures",
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
                "bytes of script",
                length,
                limits::OUTPUT_SCRIPT_BYTES,
                place.clone(),
            );
            self.origins(&output.origins, &place);
        }
    }

    fn origins(&mut self, origins: &[KeyOrigin], place: &Place) {
        self.most("key origins", origins.len(), limits::KEYS, place.clone());
        let deepest = origins.iter().map(|origin| origin.path.len()).max();
        let deepest = deepest.unwrap_or_default();
        self.most(
            "levels of a key path",
            deepest,
            limits::PATH_LEVELS,
            place.clone(),
        );
    }
}

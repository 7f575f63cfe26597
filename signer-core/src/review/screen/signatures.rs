//! The co-signers who have signed already.

use alloc::format;

use crate::review::facts::TxFacts;
use crate::review::layout::Block;
use crate::types::Lang;

pub(super) fn write(block: &mut Block, facts: &TxFacts) {
    if facts.signed_by.is_empty() {
        block.say([
            "No signature is there yet: this device is the first to sign.",
            "署名はまだありません。この端末が最初の署名者です。",
        ]);
        return;
    }
    for (signer, number) in facts.signed_by.iter().zip(1_usize..) {
        let (en, ja) = (
            format!("Co-signer {number}"),
            format!("共同署名者 {number}"),
        );
        let (name, inputs, of) = (&signer.name, signer.inputs, facts.inputs.count);
        let value = match block.lang() {
            Lang::En => format!("{name}  {inputs} of {of} inputs"),
            Lang::Ja => format!("{name}  入力 {of} 件中 {inputs} 件"),
        };
        block.fact([&en, &ja], value);
    }
    block.gap();
    block.say([
        "Every one of these signatures was verified.",
        "これらの署名はすべて検証済みです。",
    ]);
}

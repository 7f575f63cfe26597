//! One notice: a rule holds, and people must know this.

use crate::review::facts::TxFacts;
use crate::review::layout::Block;

pub(super) fn write(block: &mut Block, facts: &TxFacts, place: usize) {
    let Some((rule, text)) = facts.notices().nth(place) else {
        return;
    };
    let lang = block.lang();
    block.fact(["Rule", "規則"], rule.name());
    block.text(rule.sentence(lang));
    block.gap();
    block.fact(["What is noted", "注意事項"], text.text(lang));
    block.gap();
    block.fact(["If unexpected", "想定外の場合"], rule.advice(lang));
}

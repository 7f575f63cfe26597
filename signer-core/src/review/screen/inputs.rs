//! The coins that are spent.

use alloc::format;

use crate::review::amount;
use crate::review::facts::TxFacts;
use crate::review::layout::Block;

pub(super) fn write(block: &mut Block, facts: &TxFacts) {
    let inputs = facts.inputs;
    block.fact(["Coins", "件数"], format!("{}", inputs.count));
    block.fact(["Sum", "合計"], amount::btc(inputs.sum));
    block.fact(["", ""], amount::sat(inputs.sum));
    block.gap();
    block.say([
        "All of them belong to this wallet; every amount is proven by its previous transaction.",
        "すべてこのウォレットのコインであり、金額は前の取引で証明済みです。",
    ]);
}

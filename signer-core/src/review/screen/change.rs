//! What returns to the wallet.

use alloc::format;

use crate::review::facts::TxFacts;
use crate::review::layout::Block;
use crate::review::{address, amount};

pub(super) fn write(block: &mut Block, facts: &TxFacts) {
    if facts.change.is_empty() {
        block.say([
            "There is no change: nothing returns to this wallet.",
            "おつりはありません。このウォレットに戻る額はありません。",
        ]);
    }
    for change in &facts.change {
        block.say([
            "Returns to this wallet (address rebuilt from the registered keys and equal):",
            "このウォレットに戻ります(登録鍵から再計算して一致):",
        ]);
        block.fact(["Output", "出力番号"], format!("{}", change.output));
        block.fact(["Path", "経路"], format!("1/{}", change.index));
        block.fact(["Amount", "金額"], amount::btc(change.amount));
        block.fact(["", ""], amount::sat(change.amount));
        for line in address::grouped(&change.address) {
            block.text(line);
        }
    }
}

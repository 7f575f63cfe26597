//! One payment: label, full address, amount.

use alloc::format;

use crate::review::facts::TxFacts;
use crate::review::layout::Block;
use crate::review::{address, amount};

pub(super) fn write(block: &mut Block, facts: &TxFacts, place: usize) {
    let Some(payment) = facts.payments.get(place) else {
        return;
    };
    block.fact(["Label", "登録名"], payment.label.as_str());
    block.fact(["Destination", "送付先ID"], payment.destination.as_str());
    block.fact(["Output", "出力番号"], format!("{}", payment.output));
    if let Some(to) = &payment.inside {
        let class = to.class.phrase();
        let class = class.text(block.lang());
        let value = format!("{} ({class})", to.name);
        block.fact(["Moves to wallet", "移動先ウォレット"], value);
    }
    block.gap();
    block.fact(["Amount", "金額"], amount::btc(payment.amount));
    block.fact(["", ""], amount::sat(payment.amount));
    block.gap();
    block.say([
        "Address, each line begins with the number of its first character:",
        "アドレス(行頭は最初の文字の番号):",
    ]);
    for line in address::grouped(&payment.address) {
        block.text(line);
    }
}

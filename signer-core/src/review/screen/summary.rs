//! What happens next.

use alloc::format;

use crate::review::amount;
use crate::review::facts::TxFacts;
use crate::review::layout::Block;

pub(super) fn write(block: &mut Block, facts: &TxFacts) {
    block.fact(["Case", "案件"], facts.case.as_str());
    block.fact(
        ["Payments", "出庫件数"],
        format!("{}", facts.payments.len()),
    );
    block.fact(["Total paid out", "出庫合計"], amount::btc(facts.total()));
    block.fact(["", ""], amount::sat(facts.total()));
    block.fact(["Fee", "手数料"], amount::btc(facts.fee.fee));
    block.gap();
    let have = facts.signatures_before.saturating_add(1);
    let need = facts.wallet.threshold;
    let (en, ja) = (
        format!("After this: {have} of {need} signatures. Coins have NOT moved."),
        format!("この後の署名数: {need} 件中 {have} 件。コインはまだ移動しません。"),
    );
    block.say([&en, &ja]);
    block.gap();
    block.say([
        "This is the last question. After it the HSM signs every input.",
        "これが最後の確認です。この後、HSMが全入力に署名します。",
    ]);
}

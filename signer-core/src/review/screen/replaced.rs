//! A version that a fee bump replaces, side by side with this one.

use alloc::format;
use alloc::string::String;

use bitcoin::Amount;

use crate::review::amount::thousands;
use crate::review::facts::{TxFacts, VersionFacts};
use crate::review::layout::{Block, width};

/// Columns of a figure: 21 million BTC in satoshi, with separators.
const FIGURE: usize = 22;

pub(super) fn write(block: &mut Block, facts: &TxFacts, place: usize) {
    let Some(before) = facts.replaces.get(place) else {
        return;
    };
    if let Some(known) = &before.known {
        block.say([
            "This transaction replaces one that was signed before. Both can never be paid.",
            "この取引は署名済みの取引を置き換えます。両方が支払われることはありません。",
        ]);
        block.gap();
        side_by_side(block, known, &facts.version());
    } else {
        block.say([
            "The request says that this transaction replaces one that was never signed here.",
            "申請によれば、この取引はここで署名していない取引を置き換えます。",
        ]);
        block.gap();
        block.say([
            "What that one paid is not known, nor whether both can be paid.",
            "その内容も、両方が支払われ得るかどうかも、この端末では確認できません。",
        ]);
    }
    block.gap();
    block.fact(["Digest before", "以前の取引"], before.tx.to_hex());
    block.fact(["Digest now", "今回の取引"], facts.tx.to_hex());
}

fn side_by_side(block: &mut Block, before: &VersionFacts, now: &VersionFacts) {
    let sat =
        |before: Amount, now: Amount| pair(&thousands(before.to_sat()), &thousands(now.to_sat()));
    let count = |coins: usize| thousands(u64::try_from(coins).unwrap_or(u64::MAX));
    let lang = block.lang();
    let heads = pair(lang.pick("before", "以前"), lang.pick("now", "今回"));
    block.fact(["sat", "sat"], heads);
    block.fact(["Paid out", "送付合計"], sat(before.paid, now.paid));
    block.fact(["Change", "おつり"], sat(before.change, now.change));
    block.fact(["Fee", "手数料"], sat(before.fee, now.fee));
    block.fact(
        ["Coins spent", "使用コイン数"],
        pair(&count(before.coins), &count(now.coins)),
    );
}

/// Two figures below each other in every line; a kanji takes two columns.
fn pair(left: &str, right: &str) -> String {
    let aligned = |text: &str| {
        let blank = FIGURE.saturating_sub(width(text));
        format!("{}{text}", " ".repeat(blank))
    };
    format!("{}  {}", aligned(left), aligned(right))
}

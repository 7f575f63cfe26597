//! The wallet that pays.

use alloc::format;
use alloc::string::String;

use crate::review::facts::WalletFacts;
use crate::review::layout::Block;
use crate::types::{Height, Lang};
use crate::wallet::WalletClass;

/// Words of a digest on one line.
const WORDS_PER_LINE: usize = 4;

pub(super) fn write(block: &mut Block, wallet: &WalletFacts) {
    let lang = block.lang();
    let [en, ja] = class(wallet.class);
    block.fact(["Name", "名称"], wallet.name.as_str());
    block.fact(["Class", "区分"], lang.pick(en, ja));
    block.fact(
        ["Signatures", "必要署名数"],
        format!("{} / {}", wallet.threshold, wallet.devices),
    );
    block.fact(
        ["Policy", "ポリシー"],
        format!("No. {}", wallet.policy_number),
    );
    if let Some(cold) = &wallet.cold {
        let [after, floor] = [cold.per_mille, cold.floor.into()].map(percent);
        block.fact(
            ["Cold after this", "出庫後コールド比率"],
            format!("{after} %  (>= {floor} %)"),
        );
        block.fact(["Statement of", "残高報告書"], height(lang, cold.height));
    }
    block.say([
        "Wallet digest in words, each line begins with the number of its first word:",
        "ウォレット照合語(行頭は最初の語の番号):",
    ]);
    words(block, &wallet.digest.words());
}

fn height(lang: Lang, height: Height) -> String {
    match lang {
        Lang::En => format!("height {height}"),
        Lang::Ja => format!("ブロック高 {height}"),
    }
}

/// Thousandths as a percentage, rounded down before: a share never looks larger than it is.
fn percent(thousandths: u64) -> String {
    let whole = thousandths.checked_div(10).unwrap_or_default();
    let tenth = thousandths.checked_rem(10).unwrap_or_default();
    format!("{whole}.{tenth}")
}

/// The words of a digest, each line with the number of its first word.
pub(in crate::review) fn words(block: &mut Block, words: &[&str]) {
    for (place, line) in words.chunks(WORDS_PER_LINE).enumerate() {
        let first = place.saturating_mul(WORDS_PER_LINE).saturating_add(1);
        block.text(format!("{first:>3} | {}", line.join(" ")));
    }
}

/// Whose assets the wallet holds, in the words of the law.
pub(crate) const fn class(class: WalletClass) -> [&'static str; 2] {
    match class {
        WalletClass::Customer => ["customer assets", "利用者(顧客)資産"],
        WalletClass::Guarantee => ["performance-guarantee crypto-assets", "履行保証暗号資産"],
        WalletClass::Company => ["own assets", "自己資産"],
        WalletClass::Emergency => ["emergency sweep", "緊急退避"],
    }
}

//! The wallet that pays.

use alloc::format;
use alloc::string::String;

use crate::digest::word_lines;
use crate::review::facts::WalletFacts;
use crate::review::layout::Block;
use crate::types::{Height, Lang};

pub(super) fn write(block: &mut Block, wallet: &WalletFacts) {
    let lang = block.lang();
    block.fact(["Name", "名称"], wallet.name.as_str());
    block.fact(["Class", "区分"], wallet.class.phrase().text(lang));
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
    words(block, wallet.digest.as_bytes());
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
pub(in crate::review) fn words(block: &mut Block, digest: &[u8; 32]) {
    for line in word_lines(digest) {
        block.text(line);
    }
}

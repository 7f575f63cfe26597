//! The wallet that pays.

use alloc::format;

use crate::review::facts::WalletFacts;
use crate::review::layout::Block;
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
    block.say([
        "Wallet digest in words, each line begins with the number of its first word:",
        "ウォレット照合語(行頭は最初の語の番号):",
    ]);
    words(block, &wallet.digest.words());
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

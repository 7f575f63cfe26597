//! The sections of the sheet that no screen of a device has.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Digests, Sheet};
use crate::approval::{AskedOfficer, Decision, Duty, RequestKind};
use crate::digest::hex;
use crate::review::address::in_fours;
use crate::review::facts::TxFacts;
use crate::review::layout::Block;
use crate::review::screen::{people, wallet};
use crate::review::{amount, gather};
use crate::rule::{Refusal, RuleId};
use crate::types::Lang;

pub(super) fn head(block: &mut Block, sheet: &Sheet) {
    let lang = block.lang();
    if sheet.facts.kind == RequestKind::Sweep {
        let all = lang.pick(
            "everything to the emergency wallet, on frozen devices",
            "全額を緊急退避ウォレットへ(凍結中の端末)",
        );
        block.fact(["SWEEP", "緊急退避送金"], all);
    }
    block.fact(["Case", "案件"], sheet.facts.case.as_str());
    block.fact(["Built by", "取引作成者"], sheet.builder.as_str());
    block.fact(["To broadcast", "送信担当者"], sheet.broadcaster.as_str());
    block.fact(["Standing", "状態"], sheet.standing().text(lang));
    for refusal in &sheet.rejections {
        block.fact(["Rejected", "否認"], refusal.got.text(lang));
    }
}

/// Everybody who was asked or has decided: who, whether all depends on them, what they said.
pub(super) fn asked(block: &mut Block, sheet: &Sheet) {
    let lang = block.lang();
    for asked in &sheet.asked {
        let name = name(asked, lang);
        let word = word(asked.word, lang);
        let value = match duty(asked.duty, lang) {
            Some(duty) => format!("{name}  {duty}"),
            None => name,
        };
        block.fact([word, word], value);
    }
    if sheet.asked.is_empty() {
        block.say([
            "Nobody was invited by name.",
            "名指しの依頼先はありません。",
        ]);
    }
}

pub(super) fn name(asked: &AskedOfficer, lang: Lang) -> String {
    match &asked.entry {
        Some(officer) => people::person(lang, &gather::person(officer)),
        None => format!(
            "{} {}",
            asked.id,
            lang.pick("(not in the roster)", "(名簿にない)")
        ),
    }
}

const fn word(word: Option<Decision>, lang: Lang) -> &'static str {
    match word {
        Some(Decision::Approve) => lang.pick("approved", "承認"),
        Some(Decision::Reject) => lang.pick("REJECTED", "否認"),
        None => lang.pick("no answer yet", "未回答"),
    }
}

const fn duty(duty: Duty, lang: Lang) -> Option<&'static str> {
    match duty {
        Duty::Mandatory => Some(lang.pick("MANDATORY", "必須")),
        Duty::Invited => None,
        Duty::Unasked => Some(lang.pick("was not invited", "依頼なし")),
    }
}

/// What leaves the wallet.
pub(super) fn total(block: &mut Block, facts: &TxFacts) {
    block.fact(
        ["Payments", "出庫件数"],
        format!("{}", facts.payments.len()),
    );
    block.fact(["Total paid out", "出庫合計"], amount::btc(facts.total()));
    block.fact(["", ""], amount::sat(facts.total()));
    block.fact(["Fee", "手数料"], amount::btc(facts.fee.fee));
    block.fact(["", ""], amount::sat(facts.fee.fee));
    let leaves = facts.total().checked_add(facts.fee.fee);
    if let Some(leaves) = leaves {
        block.fact(
            ["Leaves the wallet", "ウォレットの減少"],
            amount::btc(leaves),
        );
        block.fact(["", ""], amount::sat(leaves));
    }
}

/// What is missing, and what only a device can judge.
pub(super) fn beyond(block: &mut Block, sheet: &Sheet) {
    let lang = block.lang();
    for refusal in &sheet.open {
        let (en, ja) = (
            format!("{} open", refusal.rule),
            format!("{} 未了", refusal.rule),
        );
        block.fact([&en, &ja], still_missing(refusal, lang));
    }
    let rules: Vec<&str> = sheet
        .at_device
        .iter()
        .map(|rule| RuleId::name(*rule))
        .collect();
    block.fact(["At the device", "端末で判定"], rules.join(" "));
    block.say([
        "A device judges every rule again, with its operators and with all that it has signed.",
        "端末は、操作者と過去の署名も含めて、すべての規則を改めて判定します。",
    ]);
}

/// What is still missing, in one line: where, what is expected, what is there so far.
pub fn still_missing(refusal: &Refusal, lang: Lang) -> String {
    let (expected, got) = (refusal.expected.text(lang), refusal.got.text(lang));
    let place = refusal.place.text(lang);
    match lang {
        Lang::En => format!("{place}: {expected}; so far {got}"),
        Lang::Ja => format!("{place}: {expected}。現状 {got}"),
    }
}

/// Every digest that a word on this request is over: all 64 characters, all 32 words.
pub(super) fn digests(block: &mut Block, digests: &Digests) {
    for (name, bytes) in [
        (["Request", "申請"], digests.request.as_bytes()),
        (["Transaction", "取引"], digests.tx.as_bytes()),
        (["Wallet", "ウォレット"], digests.wallet.as_bytes()),
        (["Policy", "ポリシー"], digests.policy.as_bytes()),
        (["Roster", "名簿"], digests.roster.as_bytes()),
        (["Root", "信頼の起点"], digests.root.as_bytes()),
    ] {
        let text = hex(bytes);
        let (first, second) = text.split_at_checked(32).unwrap_or((&text, ""));
        block.fact(name, in_fours(first));
        block.fact(["", ""], in_fours(second));
        wallet::words(block, bytes);
    }
}

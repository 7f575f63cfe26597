//! What an officer reads before deciding: everything comes from the transaction, the policy and the
//! roster; what only the requester says is framed as such.

use bitcoin::Amount;
use signer_core::approval::{Decision, Duty, HeardRequest, Officer, RequestKind, Role, Roster};
use signer_core::phrase;
use signer_core::policy::CheckedTx;
use signer_core::review::address::grouped;
use signer_core::review::amount::{btc, sat};
use signer_core::review::layout::width;
use signer_core::review::still_missing;
use signer_core::types::{Lang, OfficerId};

use crate::artefact;
use crate::cli::Desk;
use crate::consent::{self, Answer};
use crate::error::Failure;
use crate::money::parse_btc;

/// The payments, the change and the fee.
pub(super) fn show_transaction(desk: &mut Desk, checked: &CheckedTx) -> Result<(), Failure> {
    let (tx, lang) = (checked.wallet_tx(), desk.lang);
    let wallet = tx.wallet();
    let (name, class) = (wallet.name(), wallet.class().name());
    if checked.kind() == RequestKind::Sweep {
        let all = lang.pick(
            "everything to the emergency wallet; only frozen devices sign it",
            "全額を緊急退避ウォレットへ(凍結中の端末でのみ署名)",
        );
        fact(desk, ["SWEEP", "緊急退避送金"], all)?;
    }
    fact(desk, ["wallet", "ウォレット"], &format!("{name} ({class})"))?;
    for payment in checked.payments() {
        let amount = payment.amount;
        fact(desk, ["pay", "金額"], &both(amount))?;
        let (id, label) = (&payment.destination, &payment.label);
        fact(desk, ["to", "送付先"], &format!("{id} {label}"))?;
        for row in grouped(&payment.address) {
            fact(desk, ["", ""], &row)?;
        }
    }
    fact(desk, ["total", "出庫合計"], &btc(tx.paid_out()))?;
    if let Some((_, index, amount)) = tx.change() {
        let amount = btc(amount);
        let change = match lang {
            Lang::En => format!("{amount} to change address {index}"),
            Lang::Ja => format!("{amount} おつりアドレス {index} へ"),
        };
        fact(desk, ["change", "おつり"], &change)?;
    }
    fact(desk, ["fee", "手数料"], &both(tx.fee()))?;
    fact(desk, ["policy", "ポリシー"], &checked.policy().to_string())?;
    fact(
        desk,
        ["transaction", "取引"],
        &tx.parsed().tx_digest().to_string(),
    )
}

/// The request and what officers said so far.
pub(super) fn show_request(desk: &mut Desk, heard: &HeardRequest) -> Result<(), Failure> {
    let (request, lang) = (heard.request(), desk.lang);
    let (case, who) = (&request.case, person(heard.requester(), lang));
    let asked = match lang {
        Lang::En => format!("{case} by {who}"),
        Lang::Ja => format!("{case} 起案者 {who}"),
    };
    fact(desk, ["request", "申請"], &asked)?;
    let framed = lang.pick("(in the requester's words)", "(起案者の記載)");
    let purpose = &request.purpose;
    fact(desk, ["purpose", "目的"], &format!("{framed} {purpose}"))?;
    fact(
        desk,
        ["built by", "取引作成者"],
        &request.builder.to_string(),
    )?;
    fact(
        desk,
        ["broadcaster", "送信担当者"],
        &request.broadcaster.to_string(),
    )?;
    fact(
        desk,
        ["fee ceiling", "手数料上限"],
        &btc(request.fee_ceiling),
    )?;
    let expiry = match lang {
        Lang::En => format!("after height {}", request.expiry),
        Lang::Ja => format!("ブロック高 {} まで", request.expiry),
    };
    fact(desk, ["expires", "有効期限"], &expiry)?;
    for replaced in &request.replaces {
        fact(desk, ["replaces", "置き換え"], &replaced.to_string())?;
    }
    for (officer, decision) in heard.votes() {
        let said = match decision {
            Decision::Approve => ["approved", "承認"],
            Decision::Reject => ["REJECTED", "否認"],
        };
        let by = lang.pick("by ", "");
        fact(desk, said, &format!("{by}{}", person(officer, lang)))?;
    }
    let digest = heard.request_digest().to_string();
    fact(desk, ["digest", "ダイジェスト"], &digest)
}

/// A name in both languages and a value beside it; a kanji or kana takes two columns.
fn fact(desk: &mut Desk, [en, ja]: [&str; 2], value: &str) -> Result<(), Failure> {
    let name = desk.lang.pick(en, ja);
    let columns: usize = match desk.lang {
        Lang::En => 12,
        Lang::Ja => 14,
    };
    let gap = " ".repeat(columns.saturating_sub(width(name)));
    desk.say(&format!("{name}{gap}{value}"))
}

fn both(amount: Amount) -> String {
    format!("{} = {}", btc(amount), sat(amount))
}

fn person(officer: &Officer, lang: Lang) -> String {
    let name = match lang {
        Lang::En => &officer.name,
        Lang::Ja => &officer.name_ja,
    };
    format!("{} {name}", officer.id)
}

/// Who has not answered yet, and which approvals a device would still miss; of a rejected request
/// nothing is awaited.
pub(super) fn show_waiting(desk: &mut Desk, heard: &HeardRequest) -> Result<(), Failure> {
    if !heard.rejections().is_empty() {
        return Ok(());
    }
    let lang = desk.lang;
    for asked in heard.waiting() {
        let who = match &asked.entry {
            Some(entry) => person(entry, lang),
            None => asked.id.to_string(),
        };
        let mandatory = match asked.duty {
            Duty::Mandatory => lang.pick(", who is mandatory", "(必須)"),
            Duty::Invited | Duty::Unasked => "",
        };
        let of = lang.pick("of ", "");
        fact(
            desk,
            ["no answer", "未回答"],
            &format!("{of}{who}{mandatory}"),
        )?;
    }
    for refusal in heard.open() {
        let (rule, what) = (refusal.rule, still_missing(refusal, lang));
        fact(desk, ["missing", "不足"], &format!("{rule} {what}"))?;
    }
    Ok(())
}

/// The officer types the whole amount.
pub(super) fn ask_amount(
    desk: &mut Desk,
    who: &OfficerId,
    checked: &CheckedTx,
) -> Result<(), Failure> {
    let question = desk
        .lang
        .pick("total amount to be paid, in BTC", "送付総額(BTC)");
    let total = checked.wallet_tx().paid_out();
    let lang = desk.lang;
    consent::challenge(&mut desk.console, lang, who, question, |typed| {
        Answer::equal(&parse_btc(typed), &Ok(total))
    })
}

/// The officer types the case number.
pub(super) fn ask_case(desk: &mut Desk, who: &OfficerId, case: &str) -> Result<(), Failure> {
    let lang = desk.lang;
    let question = match lang {
        Lang::En => "case number of the request to reject",
        Lang::Ja => "否認する申請の案件番号",
    };
    consent::challenge(&mut desk.console, lang, who, question, |typed| {
        Answer::equal(&typed, &case)
    })
}

/// The officer who may decide on requests: an approver or a director.
pub(super) fn approver<'a>(roster: &'a Roster, id: &OfficerId) -> Result<&'a Officer, Failure> {
    artefact::officer(roster, id, Role::Approver)
        .or_else(|_| artefact::officer(roster, id, Role::Director))
        .map_err(|_| {
            Failure::refused(
                phrase!(
                    "{who} is neither approver nor director in roster {number}",
                    "{who} は名簿 {number} で承認者でも承認取締役でもない",
                    who = id,
                    number = roster.number
                ),
                phrase!(
                    "ask an officer who has one of these roles",
                    "いずれかの役割を持つ役職員に依頼してください。"
                ),
            )
        })
}

//! What an officer reads before deciding: everything comes from the transaction, the policy and the
//! roster; what only the requester says is framed as such.

use signer_core::approval::{Decision, Duty, HeardRequest, Officer, Role, Roster};
use signer_core::policy::CheckedTx;
use signer_core::review::address::grouped;
use signer_core::review::amount::{btc, sat};
use signer_core::review::still_missing;
use signer_core::types::{Lang, OfficerId};

use crate::artefact;
use crate::cli::Desk;
use crate::consent::{self, Answer};
use crate::error::Failure;
use crate::money::parse_btc;

/// The payments, the change and the fee.
pub(super) fn show_transaction(desk: &mut Desk, checked: &CheckedTx) -> Result<(), Failure> {
    let tx = checked.wallet_tx();
    let wallet = tx.wallet();
    desk.say(&format!(
        "wallet      {} ({})",
        wallet.name(),
        wallet.class().name()
    ))?;
    for payment in checked.payments() {
        desk.say(&format!(
            "pay         {} = {}",
            btc(payment.amount),
            sat(payment.amount)
        ))?;
        desk.say(&format!(
            "to          {} {}",
            payment.destination, payment.label
        ))?;
        for row in grouped(&payment.address) {
            desk.say(&format!("            {row}"))?;
        }
    }
    desk.say(&format!("total       {}", btc(tx.paid_out())))?;
    if let Some((_, index, amount)) = tx.change() {
        desk.say(&format!(
            "change      {} to change address {index}",
            btc(amount)
        ))?;
    }
    desk.say(&format!(
        "fee         {} = {}",
        btc(tx.fee()),
        sat(tx.fee())
    ))?;
    desk.say(&format!("policy      {}", checked.policy()))?;
    desk.say(&format!("transaction {}", tx.parsed().tx_digest()))
}

/// The request and what officers said so far.
pub(super) fn show_request(desk: &mut Desk, heard: &HeardRequest) -> Result<(), Failure> {
    let request = heard.request();
    let who = heard.requester();
    desk.say(&format!(
        "request     {} by {} {}",
        request.case, who.id, who.name
    ))?;
    desk.tell(
        &format!("purpose     (in the requester's words) {}", request.purpose),
        &format!("目的        (申請者の記載) {}", request.purpose),
    )?;
    desk.say(&format!("built by    {}", request.builder))?;
    desk.say(&format!("fee ceiling {}", btc(request.fee_ceiling)))?;
    desk.say(&format!("expires     after height {}", request.expiry))?;
    for (officer, decision) in heard.votes() {
        let said = match decision {
            Decision::Approve => desk.lang.pick("approved    by", "承認       "),
            Decision::Reject => desk.lang.pick("REJECTED    by", "否認       "),
        };
        desk.say(&format!("{said} {} {}", officer.id, officer.name))?;
    }
    desk.say(&format!("digest      {}", heard.request_digest()))
}

/// Who has not answered yet, and which approvals a device would still miss; of a rejected request
/// nothing is awaited.
pub(super) fn show_waiting(desk: &mut Desk, heard: &HeardRequest) -> Result<(), Failure> {
    if !heard.rejections().is_empty() {
        return Ok(());
    }
    for asked in heard.waiting() {
        let name = asked.entry.as_ref().map_or("", |entry| entry.name.as_str());
        let id = &asked.id;
        match asked.duty {
            Duty::Mandatory => desk.tell(
                &format!("no answer   of {id} {name}, who is mandatory"),
                &format!("未回答      {id} {name}(必須)"),
            )?,
            Duty::Invited | Duty::Unasked => desk.tell(
                &format!("no answer   of {id} {name}"),
                &format!("未回答      {id} {name}"),
            )?,
        }
    }
    for refusal in heard.open() {
        let (name, rule) = (desk.lang.pick("missing   ", "不足      "), refusal.rule);
        let what = still_missing(refusal, desk.lang);
        desk.say(&format!("{name}  {rule} {what}"))?;
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
                format!(
                    "{id} is neither approver nor director in roster {}",
                    roster.number
                ),
                "ask an officer who has one of these roles",
            )
        })
}

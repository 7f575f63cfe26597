//! `request review`: the request sheet, made from the PSBT itself on the officer's own desk.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::approval::{AskedOfficer, Decision, Duty, HeardRequest};
use signer_core::review::{ChangeFacts, PaymentFacts, Sheet, SheetStanding};
use signer_core::rule::{Refusal, RuleLine};
use signer_core::types::{Height, Lang};

use super::decide::known_height;
use crate::cli::{self, Desk, ViewArgs};
use crate::error::Failure;
use crate::files::Output;
use crate::house::{self, HouseArgs};
use crate::view;

/// Decodes the PSBT by the rules of the devices, with the officer's own copies of root, roster,
/// policy and wallet, and prints the request sheet.
///
/// Nothing that another desk has shown is used. Exit code 1 where a rule refuses, or where an
/// officer has rejected; a rejected request is shown all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli request review --psbt request.psbt --policy policy.cbor --roster roster.cbor \\\n    \
    --wallet wallet.cbor --root root.cbor --page-out request-sheet.html")]
pub(crate) struct Args {
    /// The PSBT with the request
    #[arg(long)]
    psbt: PathBuf,

    #[command(flatten)]
    house: HouseArgs,

    /// Height of the chain, where the officer knows a later one than the PSBT's headers
    #[arg(long, value_parser = cli::height)]
    height: Option<Height>,

    /// Where the sheet to print on paper is written: one HTML page, Japanese and English
    #[arg(long)]
    page_out: Option<PathBuf>,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = self.page_out.as_deref().map(Output::reserve).transpose()?;
        let root = self.house.root()?;
        let parsed = house::psbt(&self.psbt)?;
        let tip = known_height(&parsed, &root, self.height)?;
        let seen = self.house.at(root, tip)?.look(parsed)?;
        let sheet = Sheet::of(&seen);
        if self.view.json {
            view::print(&json(&seen, &sheet));
        } else {
            desk.say(sheet.text(desk.lang).trim_end())?;
        }
        if let Some(out) = out {
            out.write(sheet.page().as_bytes())?;
        }
        match seen.rejections() {
            [] => Ok(()),
            rejections => Err(Failure::Rules(rejections.to_vec())),
        }
    }
}

fn json(seen: &HeardRequest, sheet: &Sheet) -> Value {
    let (request, facts) = (seen.request(), sheet.facts());
    let rules = seen.judged().iter().map(rule);
    json!({
        "type": "request-review",
        "network": facts.scope.network.name(),
        "purpose": facts.scope.purpose.name(),
        "case": facts.case.as_str(),
        "standing": standing(sheet.standing()),
        "requester": facts.people.requester.id.as_str(),
        "builder": request.builder.as_str(),
        "broadcaster": request.broadcaster.as_str(),
        "reason": facts.purpose.as_str(),
        "expiry": facts.expiry.0,
        "wallet_name": facts.wallet.name.as_str(),
        "class": facts.wallet.class.name(),
        "inputs": facts.inputs.count,
        "inputs_sat": facts.inputs.sum.to_sat(),
        "payments": facts.payments.iter().map(payment).collect::<Vec<_>>(),
        "total_sat": facts.total().to_sat(),
        "change": facts.change.iter().map(change).collect::<Vec<_>>(),
        "fee_sat": facts.fee.fee.to_sat(),
        "fee_ceiling_sat": facts.fee.ceiling.to_sat(),
        "weight": facts.fee.weight.to_wu(),
        "asked": asked(seen.asked()),
        "rules": rules.collect::<Vec<_>>(),
        "open": refusals(seen.open()),
        "rejections": refusals(seen.rejections()),
        "at_device": seen.at_device().iter().map(|rule| rule.name()).collect::<Vec<_>>(),
        "digests": {
            "request": view::digest(seen.request_digest().as_bytes()),
            "tx": view::digest(request.tx.as_bytes()),
            "wallet": view::digest(request.wallet.as_bytes()),
            "policy": view::digest(request.policy.as_bytes()),
            "roster": view::digest(request.roster.as_bytes()),
            "root": view::digest(request.root.as_bytes()),
        },
    })
}

const fn standing(standing: SheetStanding) -> &'static str {
    match standing {
        SheetStanding::Rejected => "rejected",
        SheetStanding::Open => "open",
        SheetStanding::Approved => "approved",
    }
}

fn payment(payment: &PaymentFacts) -> Value {
    json!({
        "destination": payment.destination.as_str(),
        "label": payment.label.as_str(),
        "address": payment.address,
        "amount_sat": payment.amount.to_sat(),
    })
}

fn change(change: &ChangeFacts) -> Value {
    json!({
        "change_index": change.index.0,
        "address": change.address,
        "amount_sat": change.amount.to_sat(),
    })
}

/// Everybody who was asked or has decided; the answer is null where there is none yet.
pub(super) fn asked(officers: &[AskedOfficer]) -> Vec<Value> {
    let officers = officers.iter().map(|asked| {
        json!({
            "officer": asked.id.as_str(),
            "duty": match asked.duty {
                Duty::Mandatory => "mandatory",
                Duty::Invited => "invited",
                Duty::Unasked => "unasked",
            },
            "decision": asked.word.map(|word| match word {
                Decision::Approve => "approve",
                Decision::Reject => "reject",
            }),
        })
    });
    officers.collect()
}

/// Refusals as `psbt check` prints them, each with its rule.
pub(super) fn refusals(refusals: &[Refusal]) -> Vec<Value> {
    let refusals = refusals.iter().map(|refusal| {
        json!({
            "rule": refusal.rule.name(),
            "place": refusal.place.text(Lang::En),
            "expected": refusal.expected.text(Lang::En),
            "got": refusal.got.text(Lang::En),
            "expected_ja": refusal.expected.text(Lang::Ja),
            "got_ja": refusal.got.text(Lang::Ja),
        })
    });
    refusals.collect()
}

fn rule(line: &RuleLine) -> Value {
    json!({ "rule": line.rule.name(), "verdict": line.verdict.phrase().text(Lang::En) })
}

//! `request show`: the request and what officers said of it, judged by the rules.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::approval::{Decision, HeardRequest};
use signer_core::digest::TxDigest;
use signer_core::types::{Height, Id};

use super::decide::known_height;
use super::{facts, review};
use crate::cli::{self, Desk, ViewArgs};
use crate::error::Failure;
use crate::house::{self, HouseArgs};
use crate::view;

/// Shows a request that the rules let stand, who said what of it, and who has not answered yet.
///
/// Exit code 1 where an officer has rejected it: the request is dead, and shown all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli request show --psbt request.psbt --policy policy.cbor --roster roster.cbor \\\n    \
    --wallet wallet.cbor --root root.cbor --json")]
pub(crate) struct Args {
    /// The PSBT with the request
    #[arg(long)]
    psbt: PathBuf,

    #[command(flatten)]
    house: HouseArgs,

    /// Height of the chain, where a later one is known than the PSBT's headers
    #[arg(long, value_parser = cli::height)]
    height: Option<Height>,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let root = self.house.root()?;
        let parsed = house::psbt(&self.psbt)?;
        let tip = known_height(&parsed, &root, self.height)?;
        let seen = self.house.at(root, tip)?.look(parsed)?;
        if self.view.json {
            view::print(&json(&seen));
        } else {
            facts::show_request(desk, &seen)?;
            facts::show_waiting(desk, &seen)?;
            facts::show_transaction(desk, seen.checked())?;
        }
        match seen.rejections() {
            [] => Ok(()),
            rejections => Err(Failure::Rules(rejections.to_vec())),
        }
    }
}

fn json(heard: &HeardRequest) -> Value {
    let request = heard.request();
    let payments = request.payments.iter().map(|payment| {
        json!({
            "destination": payment.destination.as_str(),
            "amount_sat": payment.amount.to_sat(),
        })
    });
    let votes = heard.votes().iter().map(|(officer, decision)| {
        json!({
            "officer": officer.id.as_str(),
            "decision": match decision {
                Decision::Approve => "approve",
                Decision::Reject => "reject",
            },
        })
    });
    let waiting = heard.waiting().map(|asked| asked.id.as_str());
    json!({
        "type": "request",
        "network": request.scope.network.name(),
        "purpose": request.scope.purpose.name(),
        "case": request.case.as_str(),
        "requester": request.requester.as_str(),
        "builder": request.builder.as_str(),
        "broadcaster": request.broadcaster.as_str(),
        "reason": request.purpose.as_str(),
        "payments": payments.collect::<Vec<_>>(),
        "fee_ceiling_sat": request.fee_ceiling.to_sat(),
        "expiry": request.expiry.0,
        "invited": request.invited.iter().map(Id::as_str).collect::<Vec<_>>(),
        "mandatory": request.mandatory.iter().map(Id::as_str).collect::<Vec<_>>(),
        "root": request.root.to_hex(),
        "roster": request.roster.to_hex(),
        "policy": request.policy.to_hex(),
        "wallet": request.wallet.to_hex(),
        "tx_digest": request.tx.to_hex(),
        "kind": request.kind.name(),
        "replaces": request.replaces.iter().map(TxDigest::to_hex).collect::<Vec<_>>(),
        "votes": votes.collect::<Vec<_>>(),
        "waiting": waiting.collect::<Vec<_>>(),
        "open": review::refusals(heard.open()),
        "digest": heard.request_digest().to_hex(),
    })
}

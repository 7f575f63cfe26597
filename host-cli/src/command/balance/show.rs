//! `balance show`: a statement of balances whose signature verifies.

use std::path::PathBuf;

use bitcoin::BlockHash;
use bitcoin::hashes::Hash as _;
use serde_json::json;
use signer_core::policy::BalanceStatement;

use super::print;
use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::rosters::RosterArgs;
use crate::{artefact, view};

/// Shows a statement of balances; its signature is that of an officer of the roster.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli balance show --balance balance.cbor --roster roster.cbor --json")]
pub(crate) struct Args {
    /// The statement
    #[arg(long)]
    balance: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let roster = self.rosters.read()?.into_last();
        let signed = artefact::balance(&self.balance, &roster)?;
        if self.view.json {
            view::print(&json(signed.body()));
        } else {
            print(signed.body());
        }
        Ok(())
    }
}

fn json(statement: &BalanceStatement) -> serde_json::Value {
    let cold = statement.cold.iter().map(
        |wallet| json!({ "wallet": wallet.wallet.to_hex(), "amount_sat": wallet.amount.to_sat() }),
    );
    json!({
        "type": "balance",
        "network": statement.scope.network.name(),
        "purpose": statement.scope.purpose.name(),
        "root": statement.root.to_hex(),
        "reconciler": statement.reconciler.as_str(),
        "height": statement.height.0,
        "block": BlockHash::from_byte_array(statement.block).to_string(),
        "class": statement.class.name(),
        "cold": cold.collect::<Vec<_>>(),
        "hot_sat": statement.hot.to_sat(),
    })
}

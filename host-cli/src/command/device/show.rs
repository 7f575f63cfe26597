//! `device show`: a device card, with every possession proof verified.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::types::Chain;
use signer_core::wallet::CheckedCard;

use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::view::line;
use crate::{artefact, consent, view};

/// Shows a device card whose signature and possession proofs verify.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device show --card tokyo-1.cbor --root root.cbor --json")]
pub(crate) struct Args {
    /// The device card
    #[arg(long)]
    card: PathBuf,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let root = artefact::root(&self.root)?;
        let card = artefact::device_card(&self.card, &root)?;
        if self.view.json {
            view::print(&json(&card));
        } else {
            print(&card);
        }
        Ok(())
    }
}

fn print(card: &CheckedCard) {
    let body = card.card();
    line!("device      {} at {}", body.name, body.site);
    line!("network     {}", view::scope(body.scope));
    line!("root        {}", body.root);
    line!(
        "hsm         {} {}, profile {}",
        body.hsm.vendor,
        body.hsm.model,
        body.hsm.profile
    );
    for pool in &body.pools {
        let (receive, change) = (pool.receive.len(), pool.change.len());
        line!(
            "pool {:<6} {receive} keys to receive, {change} for change",
            pool.pool.0
        );
    }
    line!("card        {}", card.digest());
    line!("identity    {}", card.device());
    line!("{}", consent::grid(card.device().as_bytes(), None));
}

fn json(card: &CheckedCard) -> Value {
    let body = card.card();
    let pools: Vec<Value> = body
        .pools
        .iter()
        .map(|pool| {
            json!({
                "pool": pool.pool.0,
                "receive": pool.chain(Chain::Receive).len(),
                "change": pool.chain(Chain::Change).len(),
            })
        })
        .collect();
    json!({
        "type": "device-card",
        "network": body.scope.network.name(),
        "purpose": body.scope.purpose.name(),
        "root": body.root.to_hex(),
        "name": body.name.as_str(),
        "site": body.site.as_str(),
        "generation": body.generation,
        "identity": signer_core::digest::hex(body.identity.as_bytes()),
        "device": view::digest(card.device().as_bytes()),
        "fingerprint": card.fingerprint().to_string(),
        "hsm": {
            "vendor": body.hsm.vendor.as_str(),
            "model": body.hsm.model.as_str(),
            "profile": body.hsm.profile.as_str(),
        },
        "pools": pools,
        "digest": card.digest().to_hex(),
    })
}

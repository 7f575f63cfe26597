//! `wallet show`: the wallet, its devices and its first address.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::keys::Fingerprint;
use signer_core::review::address::in_fours;
use signer_core::types::{Chain, KeyIndex};
use signer_core::wallet::{RegisteredWallet, Supply};

use crate::artefact;
use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::view::line;
use crate::{consent, view};

/// Shows a wallet record that all of its devices signed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-cli wallet show --wallet wallet.cbor --json")]
pub(crate) struct Args {
    /// The wallet record
    #[arg(long)]
    wallet: PathBuf,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let wallet = artefact::wallet(&self.wallet)?;
        if self.view.json {
            view::print(&json(&wallet));
        } else {
            print(&wallet);
        }
        Ok(())
    }
}

fn first_address(wallet: &RegisteredWallet) -> String {
    let address = wallet.address(Chain::Receive, KeyIndex(0));
    address.map_or_else(String::new, |address| address.to_string())
}

fn print(wallet: &RegisteredWallet) {
    let record = wallet.record();
    line!(
        "wallet      {} of {}",
        wallet.name(),
        view::scope(record.scope)
    );
    line!("assets      {}", wallet.class().name());
    line!(
        "quorum      {} of {} devices, {}",
        wallet.threshold(),
        wallet.cosigners().len(),
        wallet.script_type().name()
    );
    for cosigner in wallet.cosigners() {
        let device = cosigner.identity.device_id();
        line!(
            "device      {} at {}, pool {}",
            cosigner.name,
            cosigner.site,
            cosigner.pool
        );
        line!("            {device}");
    }
    line!(
        "addresses   {} to receive, {} for change",
        wallet.addresses(Chain::Receive),
        wallet.addresses(Chain::Change)
    );
    let low = |chain| {
        let index = Supply::low_from(wallet.addresses(chain));
        index.map_or_else(|| "none".to_owned(), |index| index.to_string())
    };
    line!(
        "top up      when index {} (receive) or {} (change) is used",
        low(Chain::Receive),
        low(Chain::Change)
    );
    line!("first       {}", in_fours(&first_address(wallet)));
    line!("root        {}", record.root);
    line!("id          {}", wallet.id());
    line!("digest      {}", wallet.digest());
    line!("{}", consent::grid(wallet.digest().as_bytes(), None));
}

fn json(wallet: &RegisteredWallet) -> Value {
    let record = wallet.record();
    let devices: Vec<Value> = wallet
        .cosigners()
        .iter()
        .map(|cosigner| {
            let device = cosigner.identity.device_id();
            json!({
                "name": cosigner.name.as_str(),
                "site": cosigner.site.as_str(),
                "pool": cosigner.pool.0,
                "device": device.to_hex(),
                "fingerprint": Fingerprint::of(&device).to_string(),
                "card": cosigner.card.to_hex(),
            })
        })
        .collect();
    json!({
        "type": "wallet-record",
        "network": record.scope.network.name(),
        "purpose": record.scope.purpose.name(),
        "root": record.root.to_hex(),
        "name": wallet.name().as_str(),
        "class": wallet.class().name(),
        "threshold": wallet.threshold(),
        "script": wallet.script_type().name(),
        "devices": devices,
        "table_version": record.table_version,
        "addresses": {
            "receive": wallet.addresses(Chain::Receive),
            "change": wallet.addresses(Chain::Change),
        },
        "top_up_at": {
            "receive": Supply::low_from(wallet.addresses(Chain::Receive)).map(|index| index.0),
            "change": Supply::low_from(wallet.addresses(Chain::Change)).map(|index| index.0),
        },
        "first_address": first_address(wallet),
        "id": wallet.id().to_hex(),
        "digest": view::digest(wallet.digest().as_bytes()),
    })
}

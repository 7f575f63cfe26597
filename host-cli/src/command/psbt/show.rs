//! `psbt show`: what a PSBT does, as far as it can be proven from the PSBT alone.

use std::path::PathBuf;

use bitcoin::TxOut;
use serde_json::{Value, json};
use signer_core::psbt::{ParsedPsbt, PsbtVersion};
use signer_core::review::address::in_fours;
use signer_core::types::{Chain, Network};
use signer_core::wallet::RegisteredWallet;

use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::money::btc;
use crate::view::line;
use crate::{artefact, house, view};

/// Shows inputs, outputs, fee, signatures and what travels along.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt show --psbt transfer.psbt --wallet wallet.cbor --json")]
pub(crate) struct Args {
    /// The PSBT
    #[arg(long)]
    psbt: PathBuf,

    /// The wallet: tells change from payments, and writes addresses of its network
    #[arg(long)]
    wallet: PathBuf,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let wallet = artefact::wallet(&self.wallet)?;
        let parsed = house::psbt(&self.psbt)?;
        if self.view.json {
            view::print(&json(&parsed, &wallet));
        } else {
            print(&parsed, &wallet);
        }
        Ok(())
    }
}

fn version(parsed: &ParsedPsbt) -> u32 {
    match parsed.version() {
        PsbtVersion::V0 => 0,
        PsbtVersion::V2 => 2,
    }
}

const fn network(wallet: &RegisteredWallet) -> Network {
    wallet.record().scope.network
}

fn change_index(output: &TxOut, wallet: &RegisteredWallet) -> Option<u32> {
    match wallet.locate(&output.script_pubkey) {
        Some((Chain::Change, index)) => Some(index.0),
        _ => None,
    }
}

fn print(parsed: &ParsedPsbt, wallet: &RegisteredWallet) {
    line!(
        "psbt        version {}, digest {}",
        version(parsed),
        parsed.digest()
    );
    line!("txid        {}", parsed.tx().compute_txid());
    line!("tx digest   {}", parsed.tx_digest());
    for (place, (tx_in, input)) in parsed.tx().input.iter().zip(parsed.inputs()).enumerate() {
        let signatures = input.partial_sigs.len();
        let value = btc(input.spent.value);
        line!(
            "input {place:<5} {} {value} BTC, {signatures} signatures",
            tx_in.previous_output
        );
    }
    for (place, output) in parsed.tx().output.iter().enumerate() {
        let address = view::address(&output.script_pubkey, network(wallet));
        line!("output {place:<4} {} BTC", btc(output.value));
        line!("            {}", in_fours(&address));
        if let Some(index) = change_index(output, wallet) {
            line!(
                "            change address {index} of wallet {}",
                wallet.name()
            );
        }
    }
    line!("fee         {} BTC", btc(parsed.fee()));
    let carried = parsed.carried();
    line!(
        "request     {}",
        if carried.request.is_some() {
            "yes"
        } else {
            "none"
        }
    );
    for (officer, _) in &carried.approvals {
        line!("answer      of {officer}");
    }
    for (device, session, _) in &carried.receipts {
        line!("receipt     of {device}, session {session}");
    }
}

fn json(parsed: &ParsedPsbt, wallet: &RegisteredWallet) -> Value {
    let inputs: Vec<Value> = parsed
        .tx()
        .input
        .iter()
        .zip(parsed.inputs())
        .map(|(tx_in, input)| {
            let located = wallet.locate(&input.spent.script_pubkey);
            json!({
                "txid": tx_in.previous_output.txid.to_string(),
                "vout": tx_in.previous_output.vout,
                "amount_sat": input.spent.value.to_sat(),
                "chain": located.map(|(chain, _)| chain.number()),
                "index": located.map(|(_, index)| index.0),
                "signatures": input.partial_sigs.len(),
            })
        })
        .collect();
    let outputs: Vec<Value> = parsed
        .tx()
        .output
        .iter()
        .map(|output| {
            json!({
                "address": view::address(&output.script_pubkey, network(wallet)),
                "amount_sat": output.value.to_sat(),
                "change_index": change_index(output, wallet),
            })
        })
        .collect();
    let carried = parsed.carried();
    let receipts = carried
        .receipts
        .iter()
        .map(|(device, session, _)| json!({ "device": device.to_hex(), "session": session.0 }));
    let approvals = carried
        .approvals
        .iter()
        .map(|(officer, _)| officer.as_str());
    json!({
        "type": "psbt",
        "version": version(parsed),
        "digest": parsed.digest().to_hex(),
        "txid": parsed.tx().compute_txid().to_string(),
        "tx_digest": parsed.tx_digest().to_hex(),
        "inputs": inputs,
        "outputs": outputs,
        "fee_sat": parsed.fee().to_sat(),
        "weight": parsed.weight_with(wallet.witness_bytes()).to_wu(),
        "request": carried.request.is_some(),
        "headers": carried.headers.is_some(),
        "answers_of": approvals.collect::<Vec<_>>(),
        "receipts": receipts.collect::<Vec<_>>(),
    })
}

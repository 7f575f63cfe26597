//! `psbt create`: a PSBT with everything a device asks for.

use std::path::PathBuf;

use bitcoin::{Amount, ScriptBuf, TxOut};
use signer_core::phrase;
use signer_core::policy::Policy;
use signer_core::psbt::PsbtVersion;
use signer_core::psbt::build::{InputParts, OutputParts, build};
use signer_core::psbt::{KeyOrigin, ParsedPsbt};
use signer_core::rule::{Named, Phrase};
use signer_core::types::{Chain, Id, KeyIndex};
use signer_core::wallet::RegisteredWallet;

use super::plan::{Plan, WantedFee, plan};
use crate::coins::{self, Coin};
use crate::error::Failure;
use crate::files::Output;
use crate::money::{self, btc};
use crate::rosters::RosterArgs;
use crate::view::line;
use crate::{artefact, cli, supply};

/// Makes a PSBT that spends every coin of the list and returns the rest as change.
///
/// The coin list is JSON that any node or indexer can give:
/// [{"txid": "<64 hex>", "vout": 0, "previous_tx": "<hex>"}]
///
/// A sweep names no payment and no change: `--sweep emergency.cbor --to-index 0` in place of `--pay` and
/// `--change-index` (docs/ceremony/sweep.md).
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt create --wallet wallet.cbor --policy policy.cbor --roster roster.cbor \\\n    \
    --coins coins.json --pay hot-refill-01=0.50000000 --fee-rate 5 --change-index 0 \\\n    \
    --out transfer.psbt")]
pub(crate) struct Args {
    /// The wallet that pays
    #[arg(long)]
    wallet: PathBuf,

    /// The policy that names the destinations
    #[arg(long)]
    policy: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The coins: JSON, every one is spent
    #[arg(long)]
    coins: PathBuf,

    /// A payment: destination in the policy = amount in BTC; once for each
    #[arg(long = "pay", required_unless_present = "sweep", value_parser = pay)]
    payments: Vec<(Id, Amount)>,

    /// The emergency wallet of the policy, in place of payments and change: everything goes to it
    #[arg(long, value_name = "EMERGENCY", conflicts_with_all = ["payments", "change_index"], requires = "to_index")]
    sweep: Option<PathBuf>,

    /// Index of the receive address of the emergency wallet
    #[arg(long, requires = "sweep")]
    to_index: Option<u32>,

    /// Fee in satoshi per virtual byte
    #[arg(long, required_unless_present = "fee", conflicts_with = "fee")]
    fee_rate: Option<u32>,

    /// Fee in satoshi
    #[arg(long, value_parser = cli::sats)]
    fee: Option<Amount>,

    /// Index of the change address
    #[arg(long, required_unless_present = "sweep")]
    change_index: Option<u32>,

    /// Version of the PSBT: 2 or 0
    #[arg(long, default_value = "2", value_parser = version)]
    psbt_version: PsbtVersion,

    /// The PSBT to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let wallet = artefact::wallet(&self.wallet)?;
        let rosters = self.rosters.read()?;
        let (policy, _) = artefact::policy_of(&self.policy, &rosters)?;
        let coins = coins::read(&self.coins, &wallet)?;
        let rest = self.rest(policy.body(), &wallet)?;
        let payments = self.outputs(policy.body(), &wallet)?;
        let wanted = match (self.fee_rate, self.fee) {
            (Some(rate), _) => WantedFee::Rate(rate),
            (None, fee) => WantedFee::Absolute(fee.unwrap_or(Amount::ZERO)),
        };
        let script = rest.script().clone();
        let plan = plan(&wallet, &coins, payments, script, wanted)?;
        let bytes = self.psbt(&wallet, &coins, &plan, &rest)?;
        out.write(&bytes)?;
        print(&plan, &rest);
        let mut used: Vec<_> = coins.iter().map(|coin| (coin.chain, coin.index)).collect();
        used.extend(rest.change().map(|index| (Chain::Change, index)));
        for notice in supply::notices(&wallet, &used) {
            line!("notice      {notice}");
        }
        Ok(())
    }

    /// Where what is not paid goes.
    fn rest(&self, policy: &Policy, wallet: &RegisteredWallet) -> Result<Rest, Failure> {
        if let (Some(path), Some(index)) = (&self.sweep, self.to_index) {
            return swept(policy, &artefact::wallet(path)?, KeyIndex(index));
        }
        let index = KeyIndex(self.change_index.unwrap_or_default());
        let script = address(wallet, Chain::Change, index)?;
        Ok(Rest::Change(index, script))
    }

    fn outputs(&self, policy: &Policy, wallet: &RegisteredWallet) -> Result<Vec<TxOut>, Failure> {
        let rules = policy.wallet(&wallet.digest()).ok_or_else(|| {
            Failure::refused(
                phrase!(
                    "the policy does not list wallet {wallet}",
                    "ポリシーにウォレット {wallet} がない",
                    wallet = Named(wallet.name())
                ),
                phrase!(
                    "list the wallet in the policy and have it signed",
                    "ポリシーにウォレットを載せ、署名を得てください。"
                ),
            )
        })?;
        self.payments
            .iter()
            .map(|(id, amount)| {
                let allowed = rules.destinations.contains(id);
                let known = policy.destination(id).filter(|_| allowed);
                let destination = known.ok_or_else(|| {
                    Failure::refused(
                        phrase!("{id} is no destination of wallet {wallet}", "{id} はウォレット {wallet} の送付先ではない", id = id, wallet = Named(wallet.name())),
                        phrase!("register the destination by a policy change; `host-cli policy show` lists them", "ポリシーを変更して送付先を登録してください。一覧は `host-cli policy show` にあります。"),
                    )
                })?;
                Ok(TxOut {
                    value: *amount,
                    script_pubkey: destination.script.clone(),
                })
            })
            .collect()
    }

    fn psbt(
        &self,
        wallet: &RegisteredWallet,
        coins: &[Coin],
        plan: &Plan,
        rest: &Rest,
    ) -> Result<Vec<u8>, Failure> {
        let inputs: Vec<InputParts> = coins
            .iter()
            .map(|coin| InputParts {
                previous: coin.previous.clone(),
                witness_script: wallet.witness_script(coin.chain, coin.index),
                redeem_script: wallet.redeem_script(coin.chain, coin.index),
                origins: origins(wallet, coin.chain, coin.index),
            })
            .collect();
        let mut outputs = vec![OutputParts::default(); self.payments.len()];
        if plan.change.is_some() {
            outputs.push(match rest.change() {
                Some(change) => OutputParts {
                    witness_script: wallet.witness_script(Chain::Change, change),
                    redeem_script: wallet.redeem_script(Chain::Change, change),
                    origins: origins(wallet, Chain::Change, change),
                },
                // Nothing is said of another wallet's keys: devices rebuild them.
                None => OutputParts::default(),
            });
        }
        let raw = build(self.psbt_version, &plan.tx, &inputs, &outputs).map_err(|error| {
            Failure::told(
                &phrase!("the PSBT cannot be made", "PSBTを作成できない"),
                &error,
            )
        })?;
        // The same reader as on the device: what it refuses is not written.
        let parsed = ParsedPsbt::parse_within(raw.into_bytes(), signer_core::psbt::Limits::HEAVY)?;
        Ok(parsed.bytes().to_vec())
    }
}

/// Where what is not paid goes.
enum Rest {
    /// Back to the wallet.
    Change(KeyIndex, ScriptBuf),
    /// To the emergency wallet.
    Emergency(ScriptBuf),
}

impl Rest {
    const fn script(&self) -> &ScriptBuf {
        let (Self::Change(_, script) | Self::Emergency(script)) = self;
        script
    }

    const fn change(&self) -> Option<KeyIndex> {
        match self {
            Self::Change(index, _) => Some(*index),
            Self::Emergency(_) => None,
        }
    }
}

/// A receive address of the wallet to which the policy sweeps.
fn swept(policy: &Policy, to: &RegisteredWallet, index: KeyIndex) -> Result<Rest, Failure> {
    let named = policy.sweep.as_ref().map(|sweep| sweep.wallet);
    if named != Some(to.digest()) {
        return Err(Failure::refused(
            phrase!(
                "the policy sweeps to no wallet {wallet} of this version",
                "ポリシーにウォレット {wallet} のこの版への緊急退避送金の定めがない",
                wallet = Named(to.name())
            ),
            phrase!(
                "give the record of the wallet that `host-cli policy show` names as the sweep",
                "`host-cli policy show` が緊急退避送金の宛先として示すウォレットの記録を指定してください。"
            ),
        ));
    }
    address(to, Chain::Receive, index).map(Rest::Emergency)
}

fn address(wallet: &RegisteredWallet, chain: Chain, index: KeyIndex) -> Result<ScriptBuf, Failure> {
    wallet.script_pubkey(chain, index).ok_or_else(|| {
        let [what, what_ja] = match chain {
            Chain::Receive => ["receive", "受取"],
            Chain::Change => ["change", "お釣り"],
        };
        Failure::input(
            phrase!(
                "wallet {wallet} has no {what} address {index}",
                "ウォレット {wallet} に{what}アドレス {index} がない",
                wallet = Named(wallet.name()),
                what = Phrase::new(what, what_ja),
                index = index
            ),
            phrase!(
                "choose an index that `host-cli wallet show` counts",
                "`host-cli wallet show` が示す範囲の番号を指定してください。"
            ),
        )
    })
}

fn origins(wallet: &RegisteredWallet, chain: Chain, index: KeyIndex) -> Vec<KeyOrigin> {
    let keys = wallet.keys(chain, index).unwrap_or_default();
    keys.iter()
        .filter_map(|key| {
            let (fingerprint, path) = wallet.origin_of(chain, index, key)?;
            Some(KeyOrigin {
                public_key: key.serialize(),
                fingerprint,
                path: path.to_vec(),
            })
        })
        .collect()
}

fn print(plan: &Plan, rest: &Rest) {
    line!("txid        {}", plan.tx.compute_txid());
    line!("inputs      {}", plan.tx.input.len());
    line!("fee         {} BTC", btc(plan.fee));
    match plan.change {
        Some(swept) if rest.change().is_none() => line!("sweep       {} BTC", btc(swept)),
        Some(change) => line!("change      {} BTC", btc(change)),
        None => line!("change      none: it would be dust and goes to the fee"),
    }
    line!("weight      {} when signed", plan.weight.to_wu());
}

fn pay(text: &str) -> Result<(Id, Amount), String> {
    let (id, amount) = text
        .split_once('=')
        .ok_or("destination = amount in BTC, such as hot-refill-01=0.50000000")?;
    let amount = money::parse_btc(amount)
        .map_err(|why| why.text(signer_core::types::Lang::En).to_owned())?;
    if amount == Amount::ZERO {
        return Err("the amount is zero".into());
    }
    Ok((cli::id(id)?, amount))
}

fn version(text: &str) -> Result<PsbtVersion, String> {
    match text {
        "0" => Ok(PsbtVersion::V0),
        "2" => Ok(PsbtVersion::V2),
        _ => Err("2 or 0".into()),
    }
}

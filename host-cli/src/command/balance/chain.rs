//! Coins as a node lists them at one block: scripts and satoshi, summed up for each wallet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bitcoin::hashes::Hash as _;
use bitcoin::hex::FromHex as _;
use bitcoin::{Amount, BlockHash, OutPoint, ScriptBuf};
use serde_json::Value;
use signer_core::digest::WalletId;
use signer_core::phrase;
use signer_core::policy::WalletBalance;
use signer_core::rule::{Named, Phrase};
use signer_core::types::Height;
use signer_core::wallet::RegisteredWallet;

use crate::error::{Failure, not_json};
use crate::files;

/// What the wallets hold at a block.
#[derive(Debug)]
pub(super) struct Balances {
    pub(super) height: Height,
    pub(super) block: [u8; 32],
    pub(super) cold: Vec<WalletBalance>,
}

/// Reads the list and sums it up; every coin must be one of these wallets.
pub(super) fn read(path: &Path, wallets: &[RegisteredWallet]) -> Result<Balances, Failure> {
    let text = files::read_text(path)?;
    let json = serde_json::from_str(&text).map_err(|error| bad(path, &not_json(&error)))?;
    balances(&json, wallets).map_err(|what| bad(path, &what))
}

fn balances(json: &Value, wallets: &[RegisteredWallet]) -> Result<Balances, Phrase> {
    let height = json.get("height").and_then(Value::as_u64);
    let height = height.and_then(|height| u32::try_from(height).ok());
    let block = json.get("block").and_then(Value::as_str);
    let block = block.and_then(|text| text.parse::<BlockHash>().ok());
    let coins = json.get("coins").and_then(Value::as_array);
    let (Some(height), Some(block), Some(coins)) = (height, block, coins) else {
        return Err(phrase!(
            "\"height\", \"block\" or \"coins\" is missing",
            "\"height\"、\"block\"、\"coins\" のいずれかがない"
        ));
    };
    let mut sums: BTreeMap<WalletId, Amount> = BTreeMap::new();
    for wallet in wallets {
        sums.insert(wallet.id(), Amount::ZERO);
    }
    let mut seen = BTreeSet::new();
    for (place, item) in coins.iter().enumerate() {
        let outpoint = outpoint(item).ok_or_else(|| {
            phrase!(
                "coin {place} has no \"txid\" and \"vout\"",
                "コイン {place} に \"txid\" と \"vout\" がない",
                place = place
            )
        })?;
        if !seen.insert(outpoint) {
            return Err(phrase!(
                "coin {place}: {coin} stands there twice",
                "コイン {place}: {coin} が重複している",
                place = place,
                coin = outpoint
            ));
        }
        let (wallet, amount) = coin(item, wallets).ok_or_else(|| {
            phrase!(
                "coin {place} has no script of these wallets, or no amount in satoshi",
                "コイン {place} のスクリプトがこれらのウォレットのものでないか、satoshi の金額がない",
                place = place
            )
        })?;
        let sum = sums.entry(wallet).or_insert(Amount::ZERO);
        *sum = sum
            .checked_add(amount)
            .ok_or_else(|| phrase!("more than there can be", "存在し得る額を超えている"))?;
    }
    let sums = sums.into_iter();
    Ok(Balances {
        height: Height(height),
        block: block.to_byte_array(),
        cold: sums
            .map(|(wallet, amount)| WalletBalance { wallet, amount })
            .collect(),
    })
}

fn outpoint(item: &Value) -> Option<OutPoint> {
    let txid = item.get("txid")?.as_str()?.parse().ok()?;
    let vout = u32::try_from(item.get("vout")?.as_u64()?).ok()?;
    Some(OutPoint { txid, vout })
}

fn coin(item: &Value, wallets: &[RegisteredWallet]) -> Option<(WalletId, Amount)> {
    let script = item.get("script")?.as_str()?;
    let script = ScriptBuf::from_bytes(Vec::<u8>::from_hex(script).ok()?);
    let mut holders = wallets.iter();
    let holder = holders.find(|wallet| wallet.locate(&script).is_some())?;
    Some((holder.id(), Amount::from_sat(item.get("sats")?.as_u64()?)))
}

fn bad(path: &Path, why: &Phrase) -> Failure {
    Failure::input(
        phrase!(
            "{path} is not a valid list of balances: {why}",
            "{path} は正しい残高の一覧ではない: {why}",
            path = Named(path.display()),
            why = why
        ),
        phrase!(
            "correct the list; `host-cli balance sign --help` shows its form",
            "一覧を訂正してください。形式は `host-cli balance sign --help` にあります。"
        ),
    )
}

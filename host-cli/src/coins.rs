//! Coins as any node or indexer can list them, each with its full previous transaction.

use std::path::Path;

use bitcoin::hex::FromHex as _;
use bitcoin::{OutPoint, TxOut, Txid};
use serde_json::Value;
use signer_core::phrase;
use signer_core::psbt::previous::PreviousTx;
use signer_core::rule::{Named, Phrase};
use signer_core::types::{Chain, KeyIndex};
use signer_core::wallet::RegisteredWallet;

use crate::error::{Failure, not_json};
use crate::files;

/// A coin of the wallet.
#[derive(Debug)]
pub(crate) struct Coin {
    pub(crate) outpoint: OutPoint,
    pub(crate) spent: TxOut,
    pub(crate) previous: Vec<u8>,
    pub(crate) chain: Chain,
    pub(crate) index: KeyIndex,
}

/// The items of a coin list, not looked at yet.
pub(crate) fn items(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = files::read_text(path)?;
    let json: Value = serde_json::from_str(&text).map_err(|error| bad(path, &not_json(&error)))?;
    match json {
        Value::Array(items) if !items.is_empty() => Ok(items),
        _ => Err(bad(
            path,
            &phrase!("not a list of coins", "コインの一覧ではない"),
        )),
    }
}

/// Every coin of the list: proven by its previous transaction, of this wallet, and none twice.
pub(crate) fn read(path: &Path, wallet: &RegisteredWallet) -> Result<Vec<Coin>, Failure> {
    let mut coins: Vec<Coin> = Vec::new();
    for (place, item) in items(path)?.iter().enumerate() {
        let coin = coin(item, wallet).map_err(|what| {
            bad(
                path,
                &phrase!(
                    "coin {place}: {what}",
                    "コイン {place}: {what}",
                    place = place,
                    what = what
                ),
            )
        })?;
        if coins.iter().any(|known| known.outpoint == coin.outpoint) {
            let what = phrase!(
                "coin {place}: {coin} stands there twice",
                "コイン {place}: {coin} が重複している",
                place = place,
                coin = coin.outpoint
            );
            return Err(bad(path, &what));
        }
        coins.push(coin);
    }
    Ok(coins)
}

fn bad(path: &Path, why: &Phrase) -> Failure {
    Failure::input(
        phrase!(
            "{path} is not a valid coin list: {why}",
            "{path} は正しいコインの一覧ではない: {why}",
            path = Named(path.display()),
            why = why
        ),
        phrase!(
            "correct the list; `host-cli psbt create --help` shows its form",
            "一覧を訂正してください。形式は `host-cli psbt create --help` にあります。"
        ),
    )
}

fn coin(item: &Value, wallet: &RegisteredWallet) -> Result<Coin, Phrase> {
    let text = |key: &str| {
        let text = item.get(key).and_then(Value::as_str);
        text.ok_or_else(|| {
            phrase!(
                "\"{key}\" is not text",
                "\"{key}\" が文字列ではない",
                key = key
            )
        })
    };
    let txid: Txid = text("txid")?.parse().map_err(|_| {
        phrase!(
            "\"txid\" is not 64 hexadecimal characters",
            "\"txid\" が64桁の16進数ではない"
        )
    })?;
    let vout = item.get("vout").and_then(Value::as_u64);
    let vout = vout
        .and_then(|vout| u32::try_from(vout).ok())
        .ok_or_else(|| phrase!("\"vout\" is not a number", "\"vout\" が数ではない"))?;
    let previous = Vec::<u8>::from_hex(text("previous_tx")?).map_err(|_| {
        phrase!(
            "\"previous_tx\" is not hexadecimal",
            "\"previous_tx\" が16進数ではない"
        )
    })?;
    let scanned = PreviousTx::scan(&previous, vout).map_err(|error| error.phrase())?;
    if scanned.txid() != txid {
        return Err(phrase!(
            "\"previous_tx\" is {got}, not {txid}",
            "\"previous_tx\" が {txid} ではなく {got} である",
            got = scanned.txid(),
            txid = txid
        ));
    }
    let spent = scanned.into_spent().ok_or_else(|| {
        phrase!(
            "{txid} has no output {vout}",
            "{txid} に出力 {vout} がない",
            txid = txid,
            vout = vout
        )
    })?;
    let (chain, index) = wallet.locate(&spent.script_pubkey).ok_or_else(|| {
        phrase!(
            "{txid}:{vout} does not belong to wallet {wallet}",
            "{txid}:{vout} はウォレット {wallet} のものではない",
            txid = txid,
            vout = vout,
            wallet = Named(wallet.name())
        )
    })?;
    Ok(Coin {
        outpoint: OutPoint { txid, vout },
        spent,
        previous,
        chain,
        index,
    })
}

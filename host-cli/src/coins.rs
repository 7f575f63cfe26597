//! Coins as any node or indexer can list them, each with its full previous transaction.

use std::fmt::Display;
use std::path::Path;

use bitcoin::hex::FromHex as _;
use bitcoin::{OutPoint, TxOut, Txid};
use serde_json::Value;
use signer_core::psbt::previous::PreviousTx;
use signer_core::types::{Chain, KeyIndex};
use signer_core::wallet::RegisteredWallet;

use crate::error::Failure;
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
    let json: Value = serde_json::from_str(&text).map_err(|error| bad(path, &error))?;
    match json {
        Value::Array(items) if !items.is_empty() => Ok(items),
        _ => Err(bad(path, &"not a list of coins")),
    }
}

/// Every coin of the list: proven by its previous transaction, of this wallet, and none twice.
pub(crate) fn read(path: &Path, wallet: &RegisteredWallet) -> Result<Vec<Coin>, Failure> {
    let mut coins: Vec<Coin> = Vec::new();
    for (place, item) in items(path)?.iter().enumerate() {
        let coin =
            coin(item, wallet).map_err(|what| bad(path, &format!("coin {place}: {what}")))?;
        if coins.iter().any(|known| known.outpoint == coin.outpoint) {
            let what = format!("coin {place}: {} stands there twice", coin.outpoint);
            return Err(bad(path, &what));
        }
        coins.push(coin);
    }
    Ok(coins)
}

fn bad(path: &Path, error: &impl Display) -> Failure {
    Failure::input(
        format!("{} is not a valid coin list: {error}", path.display()),
        "correct the list; `host-cli psbt create --help` shows its form",
    )
}

fn coin(item: &Value, wallet: &RegisteredWallet) -> Result<Coin, String> {
    let text = |key: &str| {
        let text = item.get(key).and_then(Value::as_str);
        text.ok_or_else(|| format!("\"{key}\" is not text"))
    };
    let txid: Txid = text("txid")?
        .parse()
        .map_err(|_| "\"txid\" is not 64 hexadecimal characters".to_owned())?;
    let vout = item.get("vout").and_then(Value::as_u64);
    let vout = vout
        .and_then(|vout| u32::try_from(vout).ok())
        .ok_or("\"vout\" is not a number")?;
    let previous = Vec::<u8>::from_hex(text("previous_tx")?)
        .map_err(|_| "\"previous_tx\" is not hexadecimal")?;
    let scanned = PreviousTx::scan(&previous, vout).map_err(|error| error.to_string())?;
    if scanned.txid() != txid {
        return Err(format!("\"previous_tx\" is {}, not {txid}", scanned.txid()));
    }
    let spent = scanned
        .into_spent()
        .ok_or_else(|| format!("{txid} has no output {vout}"))?;
    let (chain, index) = wallet
        .locate(&spent.script_pubkey)
        .ok_or_else(|| format!("{txid}:{vout} does not belong to wallet {}", wallet.name()))?;
    Ok(Coin {
        outpoint: OutPoint { txid, vout },
        spent,
        previous,
        chain,
        index,
    })
}

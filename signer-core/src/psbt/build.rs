//! Writing a new PSBT of either version (BIP-174 and BIP-370, creator and updater).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use bitcoin::hashes::Hash;
use bitcoin::{ScriptBuf, Sequence, Transaction, TxOut, consensus};

use crate::phrase;
use crate::rule::{Explained, Phrase, Refusal};
use crate::types::Lang;

use super::form::KeyOrigin;
use super::key::{
    GLOBAL_FALLBACK_LOCKTIME, GLOBAL_INPUT_COUNT, GLOBAL_OUTPUT_COUNT, GLOBAL_TX_VERSION,
    GLOBAL_UNSIGNED_TX, GLOBAL_VERSION, IN_BIP32_DERIVATION, IN_NON_WITNESS_UTXO, IN_OUTPUT_INDEX,
    IN_PREVIOUS_TXID, IN_REDEEM_SCRIPT, IN_SEQUENCE, IN_WITNESS_SCRIPT, IN_WITNESS_UTXO,
    OUT_AMOUNT, OUT_BIP32_DERIVATION, OUT_REDEEM_SCRIPT, OUT_SCRIPT, OUT_WITNESS_SCRIPT,
    PsbtVersion,
};
use super::previous::{PreviousTx, PreviousTxError};
use super::raw::{self, RawPsbt};
use super::reader::push_compact;

/// What is known of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputParts {
    /// The full previous transaction, serialized, with or without its witnesses.
    pub previous: Vec<u8>,
    /// The witness script.
    pub witness_script: Option<ScriptBuf>,
    /// The redeem script of a wrapped input.
    pub redeem_script: Option<ScriptBuf>,
    /// Where its keys come from.
    pub origins: Vec<KeyOrigin>,
}

/// What is known of an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputParts {
    /// The witness script.
    pub witness_script: Option<ScriptBuf>,
    /// The redeem script of a wrapped output.
    pub redeem_script: Option<ScriptBuf>,
    /// Where its keys come from.
    pub origins: Vec<KeyOrigin>,
}

/// Why no PSBT could be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// Not one set of parts for each input and each output.
    Parts,
    /// An input of the transaction already has a scriptSig or a witness.
    NotUnsigned,
    /// The previous transaction of this input is none.
    Previous(usize, PreviousTxError),
    /// The previous transaction of this input is another one, or has too few outputs.
    OtherPrevious(usize),
    /// What was written is no PSBT in strict form.
    Form(Refusal),
}

impl Explained for BuildError {
    fn what(&self) -> Phrase {
        match self {
            Self::Parts => phrase!(
                "not one set of parts for each input and output",
                "入力と出力それぞれに1組の情報がない"
            ),
            Self::NotUnsigned => phrase!(
                "the transaction is already signed",
                "取引が既に署名されている"
            ),
            Self::Previous(input, error) => phrase!(
                "previous transaction of input {input}: {error}",
                "入力 {input} の前取引: {error}",
                input = input,
                error = error.phrase()
            ),
            Self::OtherPrevious(input) => phrase!(
                "previous transaction of input {input} does not hold the coin that is spent",
                "入力 {input} の前取引に使用するコインがない",
                input = input
            ),
            Self::Form(refusal) => refusal.what(),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Parts => phrase!(
                "Give the parts of every input and output, in order.",
                "すべての入力と出力の情報を順に指定してください。"
            ),
            Self::NotUnsigned => phrase!(
                "Give the unsigned transaction.",
                "未署名の取引を指定してください。"
            ),
            Self::Previous(..) => phrase!(
                "Fetch it again from your own node.",
                "自社のノードからもう一度取得してください。"
            ),
            Self::OtherPrevious(_) => phrase!(
                "Fetch the transaction with the txid that the input names.",
                "入力が示す txid の取引を取得してください。"
            ),
            Self::Form(refusal) => refusal.advice(),
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for BuildError {}

impl From<Refusal> for BuildError {
    fn from(refusal: Refusal) -> Self {
        Self::Form(refusal)
    }
}

/// The records of a map, written in the order of their keys.
type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Writes a PSBT of `version` for the unsigned `tx`: every input with its full previous
/// transaction, and with the coin once more as `witness_utxo` where it is a witness spending.
///
/// Records stand in the order of their keys, so the same parts give the same bytes.
///
/// # Errors
/// [`BuildError`]: the parts do not fit the transaction.
pub fn build(
    version: PsbtVersion,
    tx: &Transaction,
    inputs: &[InputParts],
    outputs: &[OutputParts],
) -> Result<RawPsbt, BuildError> {
    if tx.input.len() != inputs.len() || tx.output.len() != outputs.len() {
        return Err(BuildError::Parts);
    }
    let signed = |i: &bitcoin::TxIn| !i.script_sig.is_empty() || !i.witness.is_empty();
    if tx.input.iter().any(signed) {
        return Err(BuildError::NotUnsigned);
    }
    let mut maps = alloc::vec![global_map(version, tx)];
    for (place, parts) in inputs.iter().enumerate() {
        maps.push(input_map(version, tx, place, parts)?);
    }
    for (tx_out, parts) in tx.output.iter().zip(outputs) {
        maps.push(output_map(version, tx_out, parts));
    }
    let borrowed = maps.iter().map(|map| {
        map.iter()
            .map(|(key, value)| (key.as_slice(), value.as_slice()))
    });
    Ok(RawPsbt::from_vec(raw::write(borrowed))?)
}

fn global_map(version: PsbtVersion, tx: &Transaction) -> Records {
    let mut map = Records::new();
    match version {
        PsbtVersion::V0 => {
            put(&mut map, GLOBAL_UNSIGNED_TX, unsigned_bytes(tx));
        }
        PsbtVersion::V2 => {
            let lock_time = tx.lock_time.to_consensus_u32();
            put(&mut map, GLOBAL_TX_VERSION, tx.version.0.to_le_bytes());
            put(&mut map, GLOBAL_FALLBACK_LOCKTIME, lock_time.to_le_bytes());
            put(&mut map, GLOBAL_INPUT_COUNT, compact(tx.input.len()));
            put(&mut map, GLOBAL_OUTPUT_COUNT, compact(tx.output.len()));
            put(&mut map, GLOBAL_VERSION, 2_u32.to_le_bytes());
        }
    }
    map
}

/// Always the form without witnesses; `bitcoin` writes a transaction without inputs as if it had
/// some.
fn unsigned_bytes(tx: &Transaction) -> Vec<u8> {
    let mut out = tx.version.0.to_le_bytes().to_vec();
    out.extend(consensus::serialize(&tx.input));
    out.extend(consensus::serialize(&tx.output));
    out.extend(tx.lock_time.to_consensus_u32().to_le_bytes());
    out
}

fn input_map(
    version: PsbtVersion,
    tx: &Transaction,
    place: usize,
    parts: &InputParts,
) -> Result<Records, BuildError> {
    let mut map = Records::new();
    let tx_in = tx.input.get(place).ok_or(BuildError::Parts)?;
    let outpoint = tx_in.previous_output;
    let previous = PreviousTx::scan(&parts.previous, outpoint.vout)
        .map_err(|error| BuildError::Previous(place, error))?;
    let coin = match previous.spent() {
        Some(coin) if previous.txid() == outpoint.txid => coin,
        _ => return Err(BuildError::OtherPrevious(place)),
    };
    put(&mut map, IN_NON_WITNESS_UTXO, parts.previous.as_slice());
    if coin.script_pubkey.is_witness_program() || parts.witness_script.is_some() {
        put(&mut map, IN_WITNESS_UTXO, consensus::serialize(coin));
    }
    put_script(&mut map, IN_REDEEM_SCRIPT, parts.redeem_script.as_ref());
    put_script(&mut map, IN_WITNESS_SCRIPT, parts.witness_script.as_ref());
    put_origins(&mut map, IN_BIP32_DERIVATION, &parts.origins);
    if version == PsbtVersion::V2 {
        put(&mut map, IN_PREVIOUS_TXID, outpoint.txid.as_byte_array());
        put(&mut map, IN_OUTPUT_INDEX, outpoint.vout.to_le_bytes());
        if tx_in.sequence != Sequence::MAX {
            put(&mut map, IN_SEQUENCE, tx_in.sequence.0.to_le_bytes());
        }
    }
    Ok(map)
}

fn output_map(version: PsbtVersion, tx_out: &TxOut, parts: &OutputParts) -> Records {
    let mut map = Records::new();
    put_script(&mut map, OUT_REDEEM_SCRIPT, parts.redeem_script.as_ref());
    put_script(&mut map, OUT_WITNESS_SCRIPT, parts.witness_script.as_ref());
    put_origins(&mut map, OUT_BIP32_DERIVATION, &parts.origins);
    if version == PsbtVersion::V2 {
        put(&mut map, OUT_AMOUNT, tx_out.value.to_sat().to_le_bytes());
        put(&mut map, OUT_SCRIPT, tx_out.script_pubkey.as_bytes());
    }
    map
}

fn put(map: &mut Records, key: u8, value: impl AsRef<[u8]>) {
    map.insert(alloc::vec![key], value.as_ref().to_vec());
}

fn put_script(map: &mut Records, key: u8, script: Option<&ScriptBuf>) {
    if let Some(script) = script {
        put(map, key, script.as_bytes());
    }
}

fn put_origins(map: &mut Records, key: u8, origins: &[KeyOrigin]) {
    for origin in origins {
        let mut record_key = alloc::vec![key];
        record_key.extend_from_slice(&origin.public_key);
        map.insert(record_key, origin.to_value());
    }
}

fn compact(count: usize) -> Vec<u8> {
    let mut out = Vec::new();
    push_compact(&mut out, count as u64);
    out
}

#[cfg(test)]
mod tests;

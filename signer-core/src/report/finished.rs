//! The final transaction of a case: whether it is the one that was approved, and by whose signatures.

use alloc::vec::Vec;
use core::fmt;

use bitcoin::consensus::encode::deserialize;
use bitcoin::secp256k1::ecdsa::Signature;
use bitcoin::{EcdsaSighashType, ScriptBuf, Transaction, TxIn, Txid, Witness};

use super::record::SessionRecord;
use super::transfer::Transfer;
use crate::digest::sha256_of;
use crate::phrase;
use crate::rule::{Explained, Phrase};

/// A whole transaction, as it went to the network.
#[derive(Clone, Debug)]
pub struct FinishedTx {
    tx: Transaction,
    bytes: Vec<u8>,
}

/// Why bytes are no finished transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishedError {
    /// They are no transaction.
    Form,
}

impl Explained for FinishedError {
    fn what(&self) -> Phrase {
        phrase!("this is no transaction", "取引ではない")
    }

    fn advice(&self) -> Phrase {
        phrase!(
            "give the file that {command} wrote",
            "{command} が書き出したファイルを指定してください。",
            command = "psbt finalize"
        )
    }
}

impl fmt::Display for FinishedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what().text(crate::types::Lang::En))
    }
}

impl core::error::Error for FinishedError {}

impl FinishedTx {
    /// Reads a transaction in the form of the network.
    ///
    /// # Errors
    /// [`FinishedError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FinishedError> {
        let tx = deserialize(bytes).map_err(|_| FinishedError::Form)?;
        let bytes = bytes.to_vec();
        Ok(Self { tx, bytes })
    }

    /// Its identifier on the network.
    pub fn txid(&self) -> Txid {
        self.tx.compute_txid()
    }

    /// SHA-256 of its bytes.
    pub fn sha256(&self) -> [u8; 32] {
        sha256_of(&self.bytes)
    }

    /// Its bytes in the form of the network.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is a transaction of this identifier with its signatures put in: same coins,
    /// outputs, sequences and lock time.
    pub(super) fn is_of(&self, transfer: &Transfer) -> bool {
        self.unsigned() == transfer.txid
    }

    /// Whether it spends any coin of that transaction.
    pub(super) fn spends_of(&self, transfer: &Transfer) -> bool {
        let spent = |input: &TxIn| {
            let coins = transfer.coins.iter();
            coins
                .map(|line| line.coin)
                .any(|coin| coin == input.previous_output)
        };
        self.tx.input.iter().any(spent)
    }

    /// The identifier without scripts of inputs: those are put in with the signatures.
    fn unsigned(&self) -> Txid {
        let mut tx = self.tx.clone();
        for input in &mut tx.input {
            input.script_sig = ScriptBuf::new();
            input.witness = Witness::new();
        }
        tx.compute_txid()
    }

    /// How many signatures it carries, and how many of them these sessions made.
    pub(super) fn signatures(&self, records: &[&SessionRecord<'_>]) -> [usize; 2] {
        let made: Vec<[u8; 64]> = records
            .iter()
            .flat_map(|record| record.signatures_made())
            .map(|line| line.signature.0)
            .collect();
        let carried = self.tx.input.iter().flat_map(|input| input.witness.iter());
        let carried: Vec<[u8; 64]> = carried.filter_map(signature).collect();
        let known = carried.iter().filter(|signature| made.contains(signature));
        [carried.len(), known.count()]
    }
}

/// A witness element that is a signature over everything.
fn signature(element: &[u8]) -> Option<[u8; 64]> {
    let (kind, der) = element.split_last()?;
    if u32::from(*kind) != EcdsaSighashType::All.to_u32() {
        return None;
    }
    Some(Signature::from_der(der).ok()?.serialize_compact())
}

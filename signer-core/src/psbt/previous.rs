//! A previous transaction, read where it lies: its txid, and the one output that is spent.
//!
//! Nothing is decoded into objects and nothing is copied but the spent output: parents may be
//! large. Strict: shortest CompactSizes, at least one input and one output, a witness form only
//! with a witness in it, no byte after the end.

use alloc::vec::Vec;
use core::fmt;

use bitcoin::hashes::{Hash, HashEngine, sha256d};
use bitcoin::{TxOut, Txid};

use crate::phrase;
use crate::rule::Phrase;
use crate::types::Lang;

use super::reader::{Cursor, ReadError};
use super::unsigned::read_tx_out;

/// What a previous transaction says of itself and of one of its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousTx {
    txid: Txid,
    outputs: u64,
    spent: Option<TxOut>,
    origin: Origin,
}

/// Where the coins of a transaction come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From other coins.
    Coins,
    /// Newly mined: a coinbase, whose outputs nodes relay only after 100 blocks.
    Mined,
}

/// Why bytes are no previous transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviousTxError {
    /// Ends early, or holds a CompactSize that is too long.
    Unreadable,
    /// Without an input.
    NoInput,
    /// Without an output.
    NoOutput,
    /// Flag of the witness form that is not 1.
    Flag,
    /// The witness form without any witness.
    EmptyWitness,
    /// Bytes after the end.
    Trailing,
}

impl PreviousTxError {
    /// In words, for a refusal.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Unreadable => phrase!("bytes that are no transaction", "取引でないバイト列"),
            Self::NoInput => phrase!("a transaction without an input", "入力のない取引"),
            Self::NoOutput => phrase!("a transaction without an output", "出力のない取引"),
            Self::Flag => phrase!(
                "an unknown flag of the witness form",
                "witness 形式の未知のフラグ"
            ),
            Self::EmptyWitness => phrase!(
                "the witness form without a witness",
                "witness のない witness 形式"
            ),
            Self::Trailing => phrase!("bytes after the transaction", "取引の後に続くバイト"),
        }
    }
}

impl fmt::Display for PreviousTxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase().text(Lang::En))
    }
}

impl core::error::Error for PreviousTxError {}

impl From<ReadError> for PreviousTxError {
    fn from(_: ReadError) -> Self {
        Self::Unreadable
    }
}

impl PreviousTx {
    /// Scans a serialized transaction, with or without witnesses, for its output `vout`.
    pub fn scan(bytes: &[u8], vout: u32) -> Result<Self, PreviousTxError> {
        let Walked {
            parts,
            outputs,
            spent,
            origin,
        } = walk(bytes, vout)?;
        let mut engine = sha256d::Hash::engine();
        for part in parts {
            engine.input(part);
        }
        Ok(Self {
            txid: Txid::from_raw_hash(sha256d::Hash::from_engine(engine)),
            outputs,
            spent,
            origin,
        })
    }

    /// The transaction's identifier: the hash without witnesses.
    pub const fn txid(&self) -> Txid {
        self.txid
    }

    /// How many outputs it has.
    pub const fn outputs(&self) -> u64 {
        self.outputs
    }

    /// The output that was asked for, where it is there.
    pub const fn spent(&self) -> Option<&TxOut> {
        self.spent.as_ref()
    }

    /// Where its coins come from.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// The output that was asked for, by value.
    pub fn into_spent(self) -> Option<TxOut> {
        self.spent
    }
}

/// The same transaction without its witnesses: the bytes that its txid covers.
///
/// # Errors
/// [`PreviousTxError`], where the bytes are no transaction.
pub(super) fn without_witnesses(bytes: &[u8]) -> Result<Vec<u8>, PreviousTxError> {
    Ok(walk(bytes, 0)?.parts.concat())
}

/// A transaction after the walk through its bytes.
struct Walked<'a> {
    /// What the txid covers: version; inputs and outputs; lock time, each as it lies.
    parts: [&'a [u8]; 3],
    outputs: u64,
    spent: Option<TxOut>,
    origin: Origin,
}

fn walk(bytes: &[u8], vout: u32) -> Result<Walked<'_>, PreviousTxError> {
    let mut cursor = Cursor::new(bytes);
    let _version: [u8; 4] = cursor.array()?;
    let with_witness = skip_marker(&mut cursor)?;
    let body_start = cursor.position();
    let (inputs, origin) = skip_inputs(&mut cursor)?;
    let (outputs, spent) = find_output(&mut cursor, vout)?;
    let body = body_start..cursor.position();
    if with_witness {
        skip_witnesses(&mut cursor, inputs)?;
    }
    let lock_start = cursor.position();
    let _lock_time: [u8; 4] = cursor.array()?;
    if !cursor.is_at_end() {
        return Err(PreviousTxError::Trailing);
    }
    let parts = [0..4, body, lock_start..bytes.len()];
    let parts = parts.map(|range| bytes.get(range).unwrap_or_default());
    Ok(Walked {
        parts,
        outputs,
        spent,
        origin,
    })
}

/// Zero inputs mean the marker of the witness form: a parent without inputs cannot exist.
fn skip_marker(cursor: &mut Cursor<'_>) -> Result<bool, PreviousTxError> {
    let [0, rest @ ..] = cursor.rest() else {
        return Ok(false);
    };
    match rest.first() {
        Some(1) => {
            cursor.take(2)?;
            Ok(true)
        }
        Some(0) => Err(PreviousTxError::NoInput),
        Some(_) => Err(PreviousTxError::Flag),
        None => Err(PreviousTxError::Unreadable),
    }
}

fn skip_inputs(cursor: &mut Cursor<'_>) -> Result<(u64, Origin), PreviousTxError> {
    let count = cursor.compact()?;
    if count == 0 {
        return Err(PreviousTxError::NoInput);
    }
    let mut origin = Origin::Coins;
    for _ in 0..count {
        let (txid, number) = (cursor.array::<32>()?, cursor.u32()?);
        if count == 1 && txid == [0; 32] && number == u32::MAX {
            origin = Origin::Mined;
        }
        cursor.sized()?;
        cursor.take(4)?;
    }
    Ok((count, origin))
}

fn find_output(
    cursor: &mut Cursor<'_>,
    vout: u32,
) -> Result<(u64, Option<TxOut>), PreviousTxError> {
    let count = cursor.compact()?;
    if count == 0 {
        return Err(PreviousTxError::NoOutput);
    }
    let mut spent = None;
    for place in 0..count {
        if place == u64::from(vout) {
            spent = Some(read_tx_out(cursor)?);
        } else {
            cursor.take(8)?;
            cursor.sized()?;
        }
    }
    Ok((count, spent))
}

fn skip_witnesses(cursor: &mut Cursor<'_>, inputs: u64) -> Result<(), PreviousTxError> {
    let mut any = false;
    for _ in 0..inputs {
        let items = cursor.compact()?;
        any |= items > 0;
        for _ in 0..items {
            cursor.sized()?;
        }
    }
    if any {
        Ok(())
    } else {
        Err(PreviousTxError::EmptyWitness)
    }
}

#[cfg(test)]
mod tests;

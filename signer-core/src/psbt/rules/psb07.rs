//! PSB07: the form of the transaction.

use alloc::format;
use alloc::vec::Vec;

use bitcoin::opcodes::all::{OP_PUSHNUM_1, OP_PUSHNUM_16};
use bitcoin::{ScriptBuf, Transaction, TxOut};

use crate::psbt::form::{Fields, InputFields};
use crate::psbt::limits;
use crate::psbt::unsigned::LOCK_TIME_THRESHOLD;
use crate::rule::{Place, Refusal, RuleId, Verdict};

use super::{Reading, at_input, inputs};

/// BIP-68: with this bit set a sequence is no relative lock.
const RELATIVE_LOCK_DISABLED: u32 = 1 << 31;

/// PSB07: The transaction is of a plain form that nodes relay: version 1 or 2, no lock time ahead,
/// no relative lock, weight within the limit.
///
/// Lock times that are times are refused, heights are taken: whether a height is ahead is judged
/// where the height of the chain is known. The weight is the largest that the witness scripts in
/// the PSBT allow; where a witness script is missing, the wallet knows better (`weight_with`).
pub(super) fn psb07(reading: &Reading<'_>) -> Verdict {
    let tx = &reading.fields.tx;
    let version = tx.version.0;
    let mut refusals = Vec::new();
    if !(1..=2).contains(&version) {
        refusals.push(refuse(Place::Transaction, "version 1 or 2", version));
    }
    let lock_time = tx.lock_time.to_consensus_u32();
    if lock_time >= LOCK_TIME_THRESHOLD {
        let got = format!("time {lock_time}");
        refusals.push(refuse(Place::Transaction, "no lock time, or a height", got));
    }
    refusals.extend(relative_locks(reading.fields));
    let weight = weight(tx, reading.spent, estimated_witnesses(reading.fields));
    if weight > limits::WEIGHT {
        let expected = format!("at most {} weight units", limits::WEIGHT);
        refusals.push(refuse(Place::Transaction, expected, weight));
    }
    Verdict::of(refusals)
}

fn relative_locks(fields: &Fields) -> Vec<Refusal> {
    if fields.tx.version.0 < 2 {
        // BIP-68 does not apply.
        return Vec::new();
    }
    let locked = inputs(fields)
        .zip(&fields.tx.input)
        .filter_map(|((index, _), tx_in)| {
            let sequence = tx_in.sequence.0;
            let got = format!("sequence {sequence:#010x}");
            let locked = sequence & RELATIVE_LOCK_DISABLED == 0;
            locked.then(|| refuse(at_input(index), "no relative lock", got))
        });
    locked.collect()
}

/// The weight of the transaction once every input has a witness of `bytes` bytes.
pub(in crate::psbt) fn weight_with(tx: &Transaction, spent: &[TxOut], bytes: u64) -> u64 {
    let witnesses = bytes.saturating_mul(tx.input.len() as u64);
    let wrapped = spent.iter().filter(|coin| coin.script_pubkey.is_p2sh());
    total_weight(tx, wrapped.count(), witnesses)
}

fn weight(tx: &Transaction, spent: &[Result<TxOut, Refusal>], witnesses: u64) -> u64 {
    let coins = spent.iter().filter_map(|coin| coin.as_ref().ok());
    let wrapped = coins.filter(|coin| coin.script_pubkey.is_p2sh()).count();
    total_weight(tx, wrapped, witnesses)
}

/// Four for each byte outside of witnesses, with the push of a 34-byte redeem script for each
/// wrapped input; two for marker and flag; one for each byte of witness.
fn total_weight(tx: &Transaction, wrapped: usize, witnesses: u64) -> u64 {
    const PUSH_OF_REDEEM_SCRIPT: usize = 35;
    let pushes = wrapped.saturating_mul(PUSH_OF_REDEEM_SCRIPT);
    let stripped = tx.base_size().saturating_add(pushes) as u64;
    stripped
        .saturating_mul(4)
        .saturating_add(2)
        .saturating_add(witnesses)
}

fn estimated_witnesses(fields: &Fields) -> u64 {
    fields
        .inputs
        .iter()
        .map(estimated_witness)
        .fold(0, u64::saturating_add)
}

/// What the witness of an input will take at most; one byte, for an empty one, where its witness
/// script is missing or is no multisig.
fn estimated_witness(input: &InputFields) -> u64 {
    let multisig = |script: &ScriptBuf| {
        let m = threshold(script)?;
        Some(multisig_witness_bytes(m, script.len()))
    };
    input
        .witness_script
        .as_ref()
        .and_then(multisig)
        .unwrap_or(1)
}

/// The m that a multisig script begins with.
fn threshold(script: &ScriptBuf) -> Option<u8> {
    let first = *script.as_bytes().first()?;
    let range = OP_PUSHNUM_1.to_u8()..=OP_PUSHNUM_16.to_u8();
    let below = OP_PUSHNUM_1.to_u8().checked_sub(1)?;
    range.contains(&first).then(|| first.saturating_sub(below))
}

/// The most bytes that the witness of an m-of-n input takes: the number of items, the empty one,
/// m signatures of 72 bytes (low S, with the signature type) and the script, each behind its
/// length.
pub(in crate::psbt) fn multisig_witness_bytes(m: u8, script_bytes: usize) -> u64 {
    const SIGNATURE: u64 = 1 + 72;
    let script = script_bytes as u64;
    let script_length = if script < 0xFD { 1 } else { 3 };
    let signatures = SIGNATURE.saturating_mul(u64::from(m));
    [2, signatures, script_length, script]
        .into_iter()
        .fold(0, u64::saturating_add)
}

fn refuse(
    place: Place,
    expected: impl core::fmt::Display,
    got: impl core::fmt::Display,
) -> Refusal {
    Refusal::new(RuleId::PSB07, place, expected, got)
}

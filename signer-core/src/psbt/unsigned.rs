//! The unsigned transaction: read from version 0, put together from the fields of version 2.

use alloc::format;
use alloc::vec::Vec;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, transaction,
};

use crate::rule::{Place, Refusal};

use super::key::{
    GLOBAL_FALLBACK_LOCKTIME, GLOBAL_TX_VERSION, GLOBAL_UNSIGNED_TX, IN_OUTPUT_INDEX,
    IN_PREVIOUS_TXID, IN_REQUIRED_HEIGHT, IN_REQUIRED_TIME, IN_SEQUENCE, MapId, OUT_AMOUNT,
    OUT_SCRIPT, PsbtVersion,
};
use super::limits;
use super::raw::{RawPsbt, form, within};
use super::reader::{Cursor, ReadError};

/// Lock times below this are heights, from it on times.
pub(super) const LOCK_TIME_THRESHOLD: u32 = 500_000_000;

/// The unsigned transaction of a PSBT.
pub(super) fn transaction(raw: &RawPsbt) -> Result<Transaction, Refusal> {
    match raw.version() {
        PsbtVersion::V0 => read(
            raw.value(MapId::Global, &[GLOBAL_UNSIGNED_TX])
                .unwrap_or(&[]),
        ),
        PsbtVersion::V2 => assemble(raw),
    }
}

/// Reads an unsigned transaction: always the form without witnesses, all scriptSigs empty.
///
/// A count of zero inputs is therefore zero inputs, never the marker of the witness form.
pub(super) fn read(bytes: &[u8]) -> Result<Transaction, Refusal> {
    let mut cursor = Cursor::new(bytes);
    let unreadable = |e: ReadError| form(Place::Transaction, "an unsigned transaction", e.text());
    let version = cursor.array().map_err(unreadable)?;
    let input = read_inputs(&mut cursor)?;
    let output = read_outputs(&mut cursor)?;
    let lock_time = cursor.u32().map_err(unreadable)?;
    if !cursor.is_at_end() {
        let got = "bytes after it";
        return Err(form(Place::Transaction, "one unsigned transaction", got));
    }
    Ok(Transaction {
        version: transaction::Version(i32::from_le_bytes(version)),
        lock_time: LockTime::from_consensus(lock_time),
        input,
        output,
    })
}

fn read_inputs(cursor: &mut Cursor<'_>) -> Result<Vec<TxIn>, Refusal> {
    let unreadable = |e: ReadError| form(Place::Transaction, "inputs", e.text());
    let count = cursor.compact().map_err(unreadable)?;
    within("inputs", count, limits::RAW_MAPS, Place::Transaction)?;
    let mut inputs = Vec::new();
    for _ in 0..count {
        let txid = cursor.array().map_err(unreadable)?;
        let vout = cursor.u32().map_err(unreadable)?;
        if !cursor.sized().map_err(unreadable)?.is_empty() {
            return Err(form(Place::Transaction, "no scriptSig", "a scriptSig"));
        }
        let sequence = cursor.u32().map_err(unreadable)?;
        inputs.push(unsigned_input(txid, vout, sequence));
    }
    Ok(inputs)
}

fn read_outputs(cursor: &mut Cursor<'_>) -> Result<Vec<TxOut>, Refusal> {
    let unreadable = |e: ReadError| form(Place::Transaction, "outputs", e.text());
    let count = cursor.compact().map_err(unreadable)?;
    within("outputs", count, limits::RAW_MAPS, Place::Transaction)?;
    let mut outputs = Vec::new();
    for _ in 0..count {
        outputs.push(read_output(cursor).map_err(unreadable)?);
    }
    Ok(outputs)
}

/// Reads an amount and a script.
pub(super) fn read_output(cursor: &mut Cursor<'_>) -> Result<TxOut, ReadError> {
    let value = Amount::from_sat(u64::from_le_bytes(cursor.array()?));
    let script_pubkey = ScriptBuf::from_bytes(cursor.sized()?.to_vec());
    Ok(TxOut {
        value,
        script_pubkey,
    })
}

fn unsigned_input(txid: [u8; 32], vout: u32, sequence: u32) -> TxIn {
    TxIn {
        previous_output: OutPoint::new(Txid::from_byte_array(txid), vout),
        script_sig: ScriptBuf::new(),
        sequence: Sequence(sequence),
        witness: Witness::new(),
    }
}

/// Puts the transaction of version 2 together.
fn assemble(raw: &RawPsbt) -> Result<Transaction, Refusal> {
    let global = MapId::Global;
    let version = required::<4>(raw, global, GLOBAL_TX_VERSION, "GLOBAL_TX_VERSION")?;
    let mut input = Vec::new();
    let mut output = Vec::new();
    for map in raw.maps() {
        match map {
            MapId::Global => {}
            MapId::Input(_) => input.push(assemble_input(raw, map)?),
            MapId::Output(_) => output.push(assemble_output(raw, map)?),
        }
    }
    Ok(Transaction {
        version: transaction::Version(i32::from_le_bytes(version)),
        lock_time: LockTime::from_consensus(lock_time(raw)?),
        input,
        output,
    })
}

fn assemble_input(raw: &RawPsbt, map: MapId) -> Result<TxIn, Refusal> {
    let txid = required::<32>(raw, map, IN_PREVIOUS_TXID, "IN_PREVIOUS_TXID")?;
    let vout = required::<4>(raw, map, IN_OUTPUT_INDEX, "IN_OUTPUT_INDEX")?;
    let sequence = optional_u32(raw, map, IN_SEQUENCE, "IN_SEQUENCE")?;
    Ok(unsigned_input(
        txid,
        u32::from_le_bytes(vout),
        sequence.unwrap_or(Sequence::MAX.0),
    ))
}

fn assemble_output(raw: &RawPsbt, map: MapId) -> Result<TxOut, Refusal> {
    let amount = required::<8>(raw, map, OUT_AMOUNT, "OUT_AMOUNT")?;
    let script = raw
        .value(map, &[OUT_SCRIPT])
        .ok_or_else(|| form(map.place(), "OUT_SCRIPT", "no such field"))?;
    Ok(TxOut {
        value: Amount::from_sat(u64::from_le_bytes(amount)),
        script_pubkey: ScriptBuf::from_bytes(script.to_vec()),
    })
}

/// The lock time as BIP-370 determines it: the largest height that inputs require, if every input
/// that requires anything can do with a height; else the largest time, if every one can do with a
/// time; the fallback when none requires anything.
fn lock_time(raw: &RawPsbt) -> Result<u32, Refusal> {
    let mut heights = Some(0);
    let mut times = Some(0);
    let mut any = false;
    for map in raw.maps() {
        if let (MapId::Input(_), Some((height, time))) = (map, required_locks(raw, map)?) {
            any = true;
            heights = larger(heights, height);
            times = larger(times, time);
        }
    }
    if any {
        let lock = heights.or(times);
        return lock.ok_or_else(|| {
            let got = "one input requires a height, another a time";
            form(Place::Transaction, "one lock time for all inputs", got)
        });
    }
    let name = "GLOBAL_FALLBACK_LOCKTIME";
    Ok(optional_u32(raw, MapId::Global, GLOBAL_FALLBACK_LOCKTIME, name)?.unwrap_or(0))
}

fn larger(so_far: Option<u32>, here: Option<u32>) -> Option<u32> {
    Some(so_far?.max(here?))
}

/// The height and the time that an input requires, where it requires anything.
#[expect(clippy::type_complexity, reason = "two optional numbers")]
pub(super) fn required_locks(
    raw: &RawPsbt,
    map: MapId,
) -> Result<Option<(Option<u32>, Option<u32>)>, Refusal> {
    let height = optional_u32(raw, map, IN_REQUIRED_HEIGHT, "IN_REQUIRED_HEIGHT_LOCKTIME")?;
    let time = optional_u32(raw, map, IN_REQUIRED_TIME, "IN_REQUIRED_TIME_LOCKTIME")?;
    if let Some(height) = height.filter(|h| !(1..LOCK_TIME_THRESHOLD).contains(h)) {
        return Err(form(
            map.place(),
            "a required height of 1 to 499999999",
            height,
        ));
    }
    if let Some(time) = time.filter(|t| *t < LOCK_TIME_THRESHOLD) {
        return Err(form(map.place(), "a required time from 500000000", time));
    }
    Ok((height.is_some() || time.is_some()).then_some((height, time)))
}

fn required<const N: usize>(
    raw: &RawPsbt,
    map: MapId,
    key: u8,
    name: &str,
) -> Result<[u8; N], Refusal> {
    optional(raw, map, key, name)?.ok_or_else(|| form(map.place(), name, "no such field"))
}

fn optional<const N: usize>(
    raw: &RawPsbt,
    map: MapId,
    key: u8,
    name: &str,
) -> Result<Option<[u8; N]>, Refusal> {
    let Some(value) = raw.value(map, &[key]) else {
        return Ok(None);
    };
    let got = || format!("{} bytes", value.len());
    let exact = <[u8; N]>::try_from(value);
    exact
        .map(Some)
        .map_err(|_| form(map.place(), format!("{name} of {N} bytes"), got()))
}

fn optional_u32(raw: &RawPsbt, map: MapId, key: u8, name: &str) -> Result<Option<u32>, Refusal> {
    Ok(optional(raw, map, key, name)?.map(u32::from_le_bytes))
}

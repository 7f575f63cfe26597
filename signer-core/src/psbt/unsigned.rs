//! The unsigned transaction: read from version 0, put together from the fields of version 2.

use alloc::vec::Vec;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, transaction,
};

use crate::phrase;
use crate::rule::{Phrase, Place, Refusal};

use super::key::{
    GLOBAL_FALLBACK_LOCKTIME, GLOBAL_TX_VERSION, GLOBAL_UNSIGNED_TX, IN_OUTPUT_INDEX,
    IN_PREVIOUS_TXID, IN_REQUIRED_HEIGHT, IN_REQUIRED_TIME, IN_SEQUENCE, MapId, OUT_AMOUNT,
    OUT_SCRIPT, PsbtVersion,
};
use super::limits;
use super::raw::{INPUTS, OUTPUTS, RawPsbt, form, no_field, within};
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
    let unreadable = |e: ReadError| {
        let expected = phrase!("an unsigned transaction", "未署名の取引");
        form(Place::Transaction, expected, e.phrase())
    };
    let version = cursor.array().map_err(unreadable)?;
    let input = read_inputs(&mut cursor)?;
    let output = read_outputs(&mut cursor)?;
    let lock_time = cursor.u32().map_err(unreadable)?;
    if !cursor.is_at_end() {
        let expected = phrase!("one unsigned transaction", "未署名の取引1件");
        let got = phrase!("bytes after it", "後に続くバイトあり");
        return Err(form(Place::Transaction, expected, got));
    }
    Ok(Transaction {
        version: transaction::Version(i32::from_le_bytes(version)),
        lock_time: LockTime::from_consensus(lock_time),
        input,
        output,
    })
}

fn read_inputs(cursor: &mut Cursor<'_>) -> Result<Vec<TxIn>, Refusal> {
    let unreadable = |e: ReadError| form(Place::Transaction, phrase!("inputs", "入力"), e.phrase());
    let count = cursor.compact().map_err(unreadable)?;
    within(INPUTS, count, limits::RAW_MAPS, Place::Transaction)?;
    let mut inputs = Vec::new();
    for _ in 0..count {
        let txid = cursor.array().map_err(unreadable)?;
        let vout = cursor.u32().map_err(unreadable)?;
        if !cursor.sized().map_err(unreadable)?.is_empty() {
            let expected = phrase!("no scriptSig", "scriptSig なし");
            let got = phrase!("a scriptSig", "scriptSig あり");
            return Err(form(Place::Transaction, expected, got));
        }
        let sequence = cursor.u32().map_err(unreadable)?;
        inputs.push(unsigned_input(txid, vout, sequence));
    }
    Ok(inputs)
}

fn read_outputs(cursor: &mut Cursor<'_>) -> Result<Vec<TxOut>, Refusal> {
    let unreadable =
        |e: ReadError| form(Place::Transaction, phrase!("outputs", "出力"), e.phrase());
    let count = cursor.compact().map_err(unreadable)?;
    within(OUTPUTS, count, limits::RAW_MAPS, Place::Transaction)?;
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
        .ok_or_else(|| form(map.place(), Phrase::figure("OUT_SCRIPT"), no_field()))?;
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
            let expected = phrase!("one lock time for all inputs", "全入力に共通のロックタイム");
            let got = phrase!(
                "one input requires a height, another a time",
                "ある入力はブロック高、別の入力は時刻を要求"
            );
            form(Place::Transaction, expected, got)
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
            phrase!(
                "a required height of 1 to 499999999",
                "1 から 499999999 までの要求ブロック高"
            ),
            Phrase::figure(height),
        ));
    }
    if let Some(time) = time.filter(|t| *t < LOCK_TIME_THRESHOLD) {
        let expected = phrase!("a required time from 500000000", "500000000 以上の要求時刻");
        return Err(form(map.place(), expected, Phrase::figure(time)));
    }
    Ok((height.is_some() || time.is_some()).then_some((height, time)))
}

fn required<const N: usize>(
    raw: &RawPsbt,
    map: MapId,
    key: u8,
    name: &str,
) -> Result<[u8; N], Refusal> {
    optional(raw, map, key, name)?
        .ok_or_else(|| form(map.place(), Phrase::figure(name), no_field()))
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
    let exact = <[u8; N]>::try_from(value);
    exact.map(Some).map_err(|_| {
        let expected = phrase!(
            "{name} of {n} bytes",
            "{n} バイトの {name}",
            name = name,
            n = N
        );
        form(map.place(), expected, super::raw::bytes(value.len()))
    })
}

fn optional_u32(raw: &RawPsbt, map: MapId, key: u8, name: &str) -> Result<Option<u32>, Refusal> {
    Ok(optional(raw, map, key, name)?.map(u32::from_le_bytes))
}

//! The unsigned transaction: read from version 0, put together from the fields of version 2.

use alloc::vec::Vec;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, transaction,
};

use crate::phrase;
use crate::rule::{Phrase, Place, Refusal};
use crate::types::{InputIndex, OutputIndex};

use super::key::{
    GLOBAL_FALLBACK_LOCKTIME, GLOBAL_TX_VERSION, IN_OUTPUT_INDEX, IN_PREVIOUS_TXID,
    IN_REQUIRED_HEIGHT, IN_REQUIRED_TIME, IN_SEQUENCE, MapId, OUT_AMOUNT, OUT_SCRIPT,
};
use super::limits;
use super::raw::{INPUTS, Map, OUTPUTS, form, no_field, within};
use super::reader::{Cursor, ReadError};

/// Lock times below this are heights, from it on times.
pub(super) const LOCK_TIME_THRESHOLD: u32 = 500_000_000;

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
        outputs.push(read_tx_out(cursor).map_err(unreadable)?);
    }
    Ok(outputs)
}

/// Reads an amount and a script.
pub(super) fn read_tx_out(cursor: &mut Cursor<'_>) -> Result<TxOut, ReadError> {
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

/// A map of version 2 while its transaction is put together.
#[derive(Clone, Copy)]
struct Source<'a> {
    bytes: &'a [u8],
    map: &'a Map,
    id: MapId,
}

/// Puts the transaction of version 2 together, with its lock time resolved.
pub(super) fn assemble(
    bytes: &[u8],
    global: &Map,
    inputs: &[Map],
    outputs: &[Map],
) -> Result<Transaction, Refusal> {
    let source = |id: MapId, map| Source { bytes, map, id };
    let global = source(MapId::Global, global);
    let inputs = (0..).map(|n| MapId::Input(InputIndex(n))).zip(inputs);
    let outputs = (0..).map(|n| MapId::Output(OutputIndex(n))).zip(outputs);
    let version = required::<4>(global, GLOBAL_TX_VERSION, "GLOBAL_TX_VERSION")?;
    let input: Vec<TxIn> = inputs
        .clone()
        .map(|(id, map)| assemble_input(source(id, map)))
        .collect::<Result<_, _>>()?;
    let output: Vec<TxOut> = outputs
        .map(|(id, map)| assemble_output(source(id, map)))
        .collect::<Result<_, _>>()?;
    let lock_time = lock_time(global, inputs.map(|(id, map)| source(id, map)))?;
    Ok(Transaction {
        version: transaction::Version(i32::from_le_bytes(version)),
        lock_time: LockTime::from_consensus(lock_time),
        input,
        output,
    })
}

fn assemble_input(from: Source<'_>) -> Result<TxIn, Refusal> {
    let txid = required::<32>(from, IN_PREVIOUS_TXID, "IN_PREVIOUS_TXID")?;
    let vout = required::<4>(from, IN_OUTPUT_INDEX, "IN_OUTPUT_INDEX")?;
    let sequence = optional_u32(from, IN_SEQUENCE, "IN_SEQUENCE")?;
    Ok(unsigned_input(
        txid,
        u32::from_le_bytes(vout),
        sequence.unwrap_or(Sequence::MAX.0),
    ))
}

fn assemble_output(from: Source<'_>) -> Result<TxOut, Refusal> {
    let amount = required::<8>(from, OUT_AMOUNT, "OUT_AMOUNT")?;
    let script = from
        .map
        .value(from.bytes, &[OUT_SCRIPT])
        .ok_or_else(|| form(from.id.place(), Phrase::figure("OUT_SCRIPT"), no_field()))?;
    Ok(TxOut {
        value: Amount::from_sat(u64::from_le_bytes(amount)),
        script_pubkey: ScriptBuf::from_bytes(script.to_vec()),
    })
}

/// The lock time as BIP-370 determines it: the largest height that inputs require, if every input
/// that requires anything can do with a height; else the largest time, if every one can do with a
/// time; the fallback when none requires anything.
fn lock_time<'a>(
    global: Source<'a>,
    inputs: impl Iterator<Item = Source<'a>>,
) -> Result<u32, Refusal> {
    let mut heights = Some(0);
    let mut times = Some(0);
    let mut any = false;
    for input in inputs {
        if let Some((height, time)) = required_locks(input)? {
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
    Ok(optional_u32(global, GLOBAL_FALLBACK_LOCKTIME, name)?.unwrap_or(0))
}

fn larger(so_far: Option<u32>, here: Option<u32>) -> Option<u32> {
    Some(so_far?.max(here?))
}

/// The height and the time that an input requires, where it requires anything.
#[expect(clippy::type_complexity, reason = "two optional numbers")]
fn required_locks(from: Source<'_>) -> Result<Option<(Option<u32>, Option<u32>)>, Refusal> {
    let height = optional_u32(from, IN_REQUIRED_HEIGHT, "IN_REQUIRED_HEIGHT_LOCKTIME")?;
    let time = optional_u32(from, IN_REQUIRED_TIME, "IN_REQUIRED_TIME_LOCKTIME")?;
    if let Some(height) = height.filter(|h| !(1..LOCK_TIME_THRESHOLD).contains(h)) {
        return Err(form(
            from.id.place(),
            phrase!(
                "a required height of 1 to 499999999",
                "1 から 499999999 までの要求ブロック高"
            ),
            Phrase::figure(height),
        ));
    }
    if let Some(time) = time.filter(|t| *t < LOCK_TIME_THRESHOLD) {
        let expected = phrase!("a required time from 500000000", "500000000 以上の要求時刻");
        return Err(form(from.id.place(), expected, Phrase::figure(time)));
    }
    Ok((height.is_some() || time.is_some()).then_some((height, time)))
}

fn required<const N: usize>(from: Source<'_>, key: u8, name: &str) -> Result<[u8; N], Refusal> {
    optional(from, key, name)?
        .ok_or_else(|| form(from.id.place(), Phrase::figure(name), no_field()))
}

fn optional<const N: usize>(
    from: Source<'_>,
    key: u8,
    name: &str,
) -> Result<Option<[u8; N]>, Refusal> {
    let Some(value) = from.map.value(from.bytes, &[key]) else {
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
        form(from.id.place(), expected, super::raw::bytes(value.len()))
    })
}

fn optional_u32(from: Source<'_>, key: u8, name: &str) -> Result<Option<u32>, Refusal> {
    Ok(optional(from, key, name)?.map(u32::from_le_bytes))
}

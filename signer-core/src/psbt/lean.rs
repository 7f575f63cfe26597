//! Lean PSBTs: less to show where every byte is part of a picture.
//!
//! A lean request leaves out what a registered wallet says again by itself. It is a PSBT of our
//! profile like any other: every rule runs over the bytes that came in, and nothing is filled in
//! before (docs/adr/0009-lean-across-the-gap.md). A lean answer holds the transaction, what one
//! device signed and its receipt; with the request that the host kept it is the whole answer
//! again, byte for byte.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use bitcoin::{Script, ScriptBuf};

use crate::rule::Refusal;

use super::build::OutputParts;
use super::key::{
    GLOBAL_FALLBACK_LOCKTIME, GLOBAL_INPUT_COUNT, GLOBAL_OUTPUT_COUNT, GLOBAL_TX_MODIFIABLE,
    GLOBAL_TX_VERSION, GLOBAL_UNSIGNED_TX, GLOBAL_VERSION, IN_BIP32_DERIVATION,
    IN_NON_WITNESS_UTXO, IN_OUTPUT_INDEX, IN_PREVIOUS_TXID, IN_REDEEM_SCRIPT, IN_REQUIRED_HEIGHT,
    IN_REQUIRED_TIME, IN_SEQUENCE, IN_WITNESS_SCRIPT, IN_WITNESS_UTXO, KeyType, MapId, OUT_AMOUNT,
    OUT_BIP32_DERIVATION, OUT_REDEEM_SCRIPT, OUT_SCRIPT, OUT_WITNESS_SCRIPT,
};
use super::merge::MergeError;
use super::raw::{self, RawPsbt, Record};
use super::signed::{clear_modifiable, is_receipt, is_signature, only_permitted_difference};
use super::{ParsedPsbt, previous};

/// The request without what `known` says again of the script of a coin or an output.
///
/// Left out are witness script, redeem script and key origins where they are exactly what `known`
/// says, the coin where its previous transaction says it too, and the witnesses of previous
/// transactions, which no txid covers. What differs from `known` stays, to be refused.
///
/// # Errors
/// PSB01 when the result is no PSBT.
pub fn request(
    whole: &ParsedPsbt,
    known: impl Fn(&Script) -> Option<OutputParts>,
) -> Result<RawPsbt, Refusal> {
    let raw = whole.raw();
    let nothing = core::iter::once(None);
    let inputs = whole.inputs().iter().map(|i| &i.spent.script_pubkey);
    let outputs = whole.tx().output.iter().map(|o| &o.script_pubkey);
    let said = nothing.chain(inputs.chain(outputs).map(|script| known(script)));
    let maps: Vec<Vec<Kept<'_>>> = raw
        .maps()
        .zip(said)
        .map(|(map, said)| {
            let kept = raw
                .records(map)
                .filter(|record| !is_said_again(map, *record, said.as_ref()));
            kept.map(|record| (record.key(), without_witnesses(map, record)))
                .collect()
        })
        .collect();
    let borrowed = maps
        .iter()
        .map(|map| map.iter().map(|(key, value)| (*key, &**value)));
    RawPsbt::from_vec(raw::write(borrowed))
}

/// A record that stays: its key and its value.
type Kept<'a> = (&'a [u8], Cow<'a, [u8]>);

fn is_said_again(map: MapId, record: Record<'_>, said: Option<&OutputParts>) -> bool {
    let KeyType::Byte(key_type) = record.key_type() else {
        return false;
    };
    let is = |script: fn(&OutputParts) -> Option<&ScriptBuf>| {
        let script = said.and_then(script);
        record.key_data().is_empty() && script.is_some_and(|s| s.as_bytes() == record.value())
    };
    match (map, key_type) {
        // PSB03 has compared it with the previous transaction, which stays.
        (MapId::Input(_), IN_WITNESS_UTXO) => true,
        (MapId::Input(_), IN_WITNESS_SCRIPT) | (MapId::Output(_), OUT_WITNESS_SCRIPT) => {
            is(|said| said.witness_script.as_ref())
        }
        (MapId::Input(_), IN_REDEEM_SCRIPT) | (MapId::Output(_), OUT_REDEEM_SCRIPT) => {
            is(|said| said.redeem_script.as_ref())
        }
        (MapId::Input(_), IN_BIP32_DERIVATION) | (MapId::Output(_), OUT_BIP32_DERIVATION) => {
            let mut origins = said.into_iter().flat_map(|said| &said.origins);
            origins.any(|origin| {
                record.key_data() == origin.public_key && record.value() == origin.to_value()
            })
        }
        _ => false,
    }
}

fn without_witnesses(map: MapId, record: Record<'_>) -> Cow<'_, [u8]> {
    let is_previous = matches!(map, MapId::Input(_)) && record.key() == [IN_NON_WITNESS_UTXO];
    let stripped = is_previous.then(|| previous::without_witnesses(record.value()));
    match stripped {
        Some(Ok(stripped)) => Cow::Owned(stripped),
        Some(Err(_)) | None => Cow::Borrowed(record.value()),
    }
}

/// The lean answer: the transaction, and the signatures and the receipt that `after` has and
/// `before` has not.
///
/// # Errors
/// SIG05, where they differ in anything else.
pub fn answer(before: &RawPsbt, after: &RawPsbt) -> Result<RawPsbt, Refusal> {
    only_permitted_difference(before, after)?;
    answer_of(before, after)
}

/// The same, where SIG05 was judged over both before.
///
/// # Errors
/// PSB01, where the result is no PSBT.
pub(crate) fn answer_of(before: &RawPsbt, after: &RawPsbt) -> Result<RawPsbt, Refusal> {
    let maps = after.maps().map(|map| {
        // What is permitted stands behind all that was there.
        let known = before.records(map).count();
        let records = after.records(map).enumerate();
        let kept = records
            .filter(move |(place, record)| *place >= known || is_of_transaction(map, *record));
        kept.map(|(_, record)| (record.key(), record.value()))
    });
    RawPsbt::from_vec(raw::write(maps))
}

/// Whether this is a lean answer: nothing but a transaction, one signature for each input and one
/// receipt.
pub fn is_answer(psbt: &RawPsbt) -> bool {
    psbt.maps().all(|map| {
        let others = psbt.records(map);
        let mut others = others.filter(|record| !is_of_transaction(map, *record));
        let expected: Option<fn(Record<'_>) -> bool> = match map {
            MapId::Global => Some(is_receipt),
            MapId::Input(_) => Some(is_signature),
            MapId::Output(_) => None,
        };
        expected.is_none_or(|expected| others.next().is_some_and(expected))
            && others.next().is_none()
    })
}

/// The whole answer, out of the request that was kept and a lean answer.
///
/// # Errors
/// [`MergeError`] where they are not about one transaction, or the answer adds anything but one
/// signature for each input and one receipt.
pub fn complete(request: &RawPsbt, answer: &RawPsbt) -> Result<RawPsbt, MergeError> {
    if request.version() != answer.version() {
        return Err(MergeError::Version);
    }
    if request.unsigned_tx()? != answer.unsigned_tx()? {
        return Err(MergeError::Transaction);
    }
    let mut added = Vec::new();
    for map in answer.maps() {
        let records = answer.records(map);
        for record in records.filter(|record| !is_of_transaction(map, *record)) {
            added.push((map, record.key().to_vec(), record.value().to_vec()));
        }
    }
    let mut whole = request.with_records(&added)?;
    clear_modifiable(&mut whole);
    only_permitted_difference(request, &whole)?;
    Ok(whole)
}

/// Whether a record says what the transaction is.
const fn is_of_transaction_type(map: MapId, key_type: u8) -> bool {
    match map {
        MapId::Global => matches!(
            key_type,
            GLOBAL_UNSIGNED_TX
                | GLOBAL_TX_VERSION
                | GLOBAL_FALLBACK_LOCKTIME
                | GLOBAL_INPUT_COUNT
                | GLOBAL_OUTPUT_COUNT
                | GLOBAL_TX_MODIFIABLE
                | GLOBAL_VERSION
        ),
        MapId::Input(_) => matches!(
            key_type,
            IN_PREVIOUS_TXID
                | IN_OUTPUT_INDEX
                | IN_SEQUENCE
                | IN_REQUIRED_TIME
                | IN_REQUIRED_HEIGHT
        ),
        MapId::Output(_) => matches!(key_type, OUT_AMOUNT | OUT_SCRIPT),
    }
}

fn is_of_transaction(map: MapId, record: Record<'_>) -> bool {
    match record.key() {
        [key_type] => is_of_transaction_type(map, *key_type),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

//! What the device adds to a PSBT, and the proof that it added nothing else.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::secp256k1::PublicKey;

use crate::digest::DeviceId;
use crate::keys::KeyPoint;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::types::{InputIndex, SessionNumber};

use super::key::{GLOBAL_TX_MODIFIABLE, IN_PARTIAL_SIG, KeyType, MapId, ProprietaryField};
use super::raw::{RawPsbt, Record};

/// Signature type ALL, the last byte of every signature we add.
const ALL: u8 = 0x01;

/// Inputs and outputs modifiable: what a signature over all of them ends.
const MODIFIABLE: u8 = 0b11;

/// The PSBT with our signatures (DER and signature type ALL), each at the end of its input's map,
/// and our receipt at the end of the global map; all else stays byte for byte.
///
/// In version 2 the flags "modifiable" are cleared where they are there (BIP-370, signer).
///
/// # Errors
/// PSB01 when an input is not there, or already has a signature by that key or this receipt.
pub fn add_signatures(
    raw: &RawPsbt,
    signatures: &[(InputIndex, KeyPoint, Vec<u8>)],
    receipt: (DeviceId, SessionNumber, Vec<u8>),
) -> Result<RawPsbt, Refusal> {
    let (device, session, receipt) = receipt;
    let receipt_key = ProprietaryField::receipt_key(&device, session);
    let mut added = alloc::vec![(MapId::Global, receipt_key, receipt)];
    for (input, key, signature) in signatures {
        let mut record_key = alloc::vec![IN_PARTIAL_SIG];
        record_key.extend_from_slice(key.as_bytes());
        added.push((MapId::Input(*input), record_key, signature.clone()));
    }
    let mut signed = raw.with_records(&added)?;
    clear_modifiable(&mut signed);
    Ok(signed)
}

/// What a signer does to the flags of version 2, where they are there.
pub(super) fn clear_modifiable(psbt: &mut RawPsbt) {
    if let Some([flags]) = psbt.value(MapId::Global, &[GLOBAL_TX_MODIFIABLE]) {
        let cleared = flags & !MODIFIABLE;
        psbt.overwrite(GLOBAL_TX_MODIFIABLE, cleared);
    }
}

/// SIG05: Nothing else in the PSBT changed.
///
/// Permitted are one partial signature of type ALL at the end of each input's map, one receipt at
/// the end of the global map, and in version 2 the flags "modifiable" cleared.
///
/// # Errors
/// SIG05, with the first place that differs in another way.
pub fn only_permitted_difference(before: &RawPsbt, after: &RawPsbt) -> Result<(), Refusal> {
    only_added(before, after, |_, record| is_signature(record))
}

/// The same where every signature is known: exactly these are added.
///
/// # Errors
/// SIG05, with the first place that differs in another way.
pub fn only_these_added(
    before: &RawPsbt,
    after: &RawPsbt,
    signatures: &[(InputIndex, KeyPoint, Vec<u8>)],
) -> Result<(), Refusal> {
    let known: BTreeMap<InputIndex, (&KeyPoint, &[u8])> = signatures
        .iter()
        .map(|(input, key, signature)| (*input, (key, &signature[..])))
        .collect();
    only_added(before, after, |input, record| {
        known.get(&input).is_some_and(|(key, signature)| {
            record.key_type() == KeyType::Byte(IN_PARTIAL_SIG)
                && record.key_data() == key.as_bytes()
                && record.value() == *signature
                && signature.last() == Some(&ALL)
        })
    })
}

fn only_added(
    before: &RawPsbt,
    after: &RawPsbt,
    is_ours: impl Fn(InputIndex, Record<'_>) -> bool,
) -> Result<(), Refusal> {
    let maps = |psbt: &RawPsbt| psbt.maps().collect::<Vec<_>>();
    if before.version() != after.version() || maps(before) != maps(after) {
        return Err(refuse(
            Place::Whole,
            phrase!(
                "the same version and the same maps",
                "同じバージョンと同じマップ"
            ),
            phrase!("others", "異なるもの"),
        ));
    }
    before
        .maps()
        .try_for_each(|map| same_but_added(before, after, map, &is_ours))
}

fn same_but_added(
    before: &RawPsbt,
    after: &RawPsbt,
    map: MapId,
    is_ours: impl Fn(InputIndex, Record<'_>) -> bool,
) -> Result<(), Refusal> {
    let mut present = after.records(map);
    for record in before.records(map) {
        let now = present.next();
        if !now.is_some_and(|now| same_record(map, record, now)) {
            let expected = phrase!(
                "record {key} unchanged",
                "変更のないレコード {key}",
                key = crate::digest::hex(record.key())
            );
            let got = phrase!("another record in its place", "その位置に別のレコード");
            return Err(refuse(map.place(), expected, got));
        }
    }
    let added: Vec<Record<'_>> = present.collect();
    match (map, added.as_slice()) {
        (MapId::Global, [record]) if is_receipt(*record) => Ok(()),
        (MapId::Global, _) => Err(wrong_addition(
            map,
            phrase!("one receipt added", "追加の受領証1つ"),
            &added,
        )),
        (MapId::Input(input), [record]) if is_ours(input, *record) => Ok(()),
        (MapId::Input(_), _) => Err(wrong_addition(
            map,
            phrase!("one signature added", "追加の署名1つ"),
            &added,
        )),
        (MapId::Output(_), []) => Ok(()),
        (MapId::Output(_), _) => Err(wrong_addition(
            map,
            phrase!("nothing added", "追加なし"),
            &added,
        )),
    }
}

fn same_record(map: MapId, before: Record<'_>, after: Record<'_>) -> bool {
    match (before.value(), after.value()) {
        ([before_flags], [after_flags])
            if map == MapId::Global && before.key() == [GLOBAL_TX_MODIFIABLE] =>
        {
            before.key() == after.key() && *after_flags == before_flags & !MODIFIABLE
        }
        _ => before == after,
    }
}

pub(super) fn is_receipt(record: Record<'_>) -> bool {
    let field = ProprietaryField::of_key(record.key());
    field.is_some_and(|(field, key_data)| {
        let named = super::form::receipt_key_data(key_data).is_some();
        field == ProprietaryField::Receipt && named
    })
}

pub(super) fn is_signature(record: Record<'_>) -> bool {
    record.key_type() == KeyType::Byte(IN_PARTIAL_SIG)
        && PublicKey::from_slice(record.key_data()).is_ok()
        && record.key_data().len() == 33
        && record.value().last() == Some(&ALL)
}

fn wrong_addition(map: MapId, expected: Phrase, added: &[Record<'_>]) -> Refusal {
    let keys: Vec<_> = added
        .iter()
        .map(|record| crate::digest::hex(record.key()))
        .collect();
    if keys.is_empty() {
        let got = phrase!("nothing added", "追加なし");
        return refuse(map.place(), expected, got);
    }
    let got = phrase!(
        "{count} records added: {keys}",
        "追加 {count} レコード: {keys}",
        count = keys.len(),
        keys = keys.join(", ")
    );
    refuse(map.place(), expected, got)
}

const fn refuse(place: Place, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::SIG05, place, expected, got)
}

#[cfg(test)]
mod tests;

//! PSB01: the file is one PSBT, version 0 or 2, in strict form.
//!
//! From the container to typed fields. Whatever is not exactly the shape that BIP-174 and BIP-370
//! give a known field is refused; unknown fields are counted and left alone.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use bitcoin::secp256k1::PublicKey;
use bitcoin::{ScriptBuf, Transaction, TxOut};

use crate::digest::DeviceId;
use crate::keys::Fingerprint;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal};
use crate::types::{InputIndex, OfficerId, SessionNumber};

use super::key::{
    self, GLOBAL_TX_MODIFIABLE, IN_BIP32_DERIVATION, IN_FINAL_SCRIPTSIG, IN_FINAL_SCRIPTWITNESS,
    IN_NON_WITNESS_UTXO, IN_PARTIAL_SIG, IN_REDEEM_SCRIPT, IN_SIGHASH_TYPE, IN_WITNESS_SCRIPT,
    IN_WITNESS_UTXO, KeyData, KeyType, Known, MapId, OUT_BIP32_DERIVATION, OUT_REDEEM_SCRIPT,
    OUT_WITNESS_SCRIPT, ProprietaryField, PsbtVersion, Purpose, ValueForm, Versions,
};
use super::raw::{self, RawPsbt, Record, form};
use super::reader::Cursor;
use super::unsigned;

/// Where a public key is said to come from. A claim: only comparison with registered keys counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOrigin {
    /// The compressed public key as it stands there; not checked to be on the curve.
    pub public_key: [u8; 33],
    /// Whose master key.
    pub fingerprint: Fingerprint,
    /// The path from there.
    pub path: Vec<u32>,
}

impl KeyOrigin {
    /// The value of its record: fingerprint and path.
    pub(super) fn to_value(&self) -> Vec<u8> {
        let mut value = self.fingerprint.to_bytes().to_vec();
        value.extend(self.path.iter().flat_map(|level| level.to_le_bytes()));
        value
    }
}

/// What travels in the PSBT for us, as bytes: each is judged where it is used.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The request.
    pub request: Option<Vec<u8>>,
    /// Approvals and rejections, by officer.
    pub approvals: Vec<(OfficerId, Vec<u8>)>,
    /// Block headers.
    pub headers: Option<Vec<u8>>,
    /// A statement of balances.
    pub balance: Option<Vec<u8>>,
    /// Receipts of devices.
    pub receipts: Vec<(DeviceId, SessionNumber, Vec<u8>)>,
}

/// Records that are passed through unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

/// The fields of a PSBT in strict form: what the other rules judge.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) raw: RawPsbt,
    pub(super) tx: Arc<Transaction>,
    pub(super) inputs: Vec<InputFields>,
    pub(super) outputs: Vec<OutputFields>,
    pub(super) carried: Carried,
    pub(super) carried_bytes: usize,
    pub(super) foreign: Foreign,
    pub(super) other_spending: Vec<(MapId, &'static str)>,
    pub(super) modifiable: Option<u8>,
}

#[derive(Debug, Default)]
pub(super) struct InputFields {
    pub(super) parent: Option<Range<usize>>,
    pub(super) witness_utxo: Option<TxOut>,
    pub(super) partial_sigs: Vec<(PublicKey, Vec<u8>)>,
    pub(super) sighash: Option<u32>,
    pub(super) redeem_script: Option<ScriptBuf>,
    pub(super) witness_script: Option<ScriptBuf>,
    pub(super) origins: Vec<KeyOrigin>,
    pub(super) final_field: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(super) struct OutputFields {
    pub(super) redeem_script: Option<ScriptBuf>,
    pub(super) witness_script: Option<ScriptBuf>,
    pub(super) origins: Vec<KeyOrigin>,
}

/// PSB01: The file is one PSBT, version 0 or 2, in strict form.
pub(super) fn psb01(raw: RawPsbt) -> Result<Fields, Refusal> {
    let mut fields = Fields {
        tx: raw.shared_tx()?,
        inputs: Vec::new(),
        outputs: Vec::new(),
        carried: Carried::default(),
        carried_bytes: 0,
        foreign: Foreign::default(),
        other_spending: Vec::new(),
        modifiable: None,
        raw,
    };
    let maps: Vec<MapId> = fields.raw.maps().collect();
    for map in maps {
        fields.note_purposes(map)?;
        match map {
            MapId::Global => fields.read_global()?,
            MapId::Input(index) => {
                let input = read_input(&fields.raw, index)?;
                fields.inputs.push(input);
            }
            MapId::Output(_) => {
                let output = read_output(&fields.raw, map);
                fields.outputs.push(output);
            }
        }
    }
    Ok(fields)
}

impl Fields {
    /// Checks the shape of every known field, and counts what is not read.
    fn note_purposes(&mut self, map: MapId) -> Result<(), Refusal> {
        for record in self.raw.records(map) {
            if let Some(known) = known(map, record) {
                check_shape(self.raw.version(), map, &known, record)?;
                if known.purpose == Purpose::OtherSpending {
                    self.other_spending.push((map, known.name));
                }
            } else {
                check_proprietary(map, record)?;
                note_unread(map, record, &mut self.foreign, &mut self.carried_bytes);
            }
        }
        Ok(())
    }

    fn read_global(&mut self) -> Result<(), Refusal> {
        for record in self.raw.records(MapId::Global) {
            if record.key() == [GLOBAL_TX_MODIFIABLE] {
                self.modifiable = record.value().first().copied();
            }
            if let Some((field, key_data)) = ProprietaryField::of_key(record.key()) {
                self.carried.take(field, key_data, record.value())?;
            }
        }
        Ok(())
    }
}

fn known(map: MapId, record: Record<'_>) -> Option<Known> {
    match record.key_type() {
        KeyType::Byte(key_type) => key::known(map, key_type),
        KeyType::Wide(_) => None,
    }
}

/// A proprietary key is an identifier behind its length, a subtype and data (BIP-174), also where
/// it is somebody else's: one that is not is taken apart by every reader in another way.
fn check_proprietary(map: MapId, record: Record<'_>) -> Result<(), Refusal> {
    let proprietary = record.key_type() == KeyType::Byte(key::PROPRIETARY);
    if !proprietary || key::names_a_subtype(record.key_data()) {
        return Ok(());
    }
    let expected = phrase!(
        "a proprietary key of identifier and subtype",
        "識別名とサブタイプからなる独自キー"
    );
    let got = Phrase::figure(crate::digest::hex(record.key()));
    Err(form(map.place(), expected, got))
}

fn note_unread(map: MapId, record: Record<'_>, foreign: &mut Foreign, carried: &mut usize) {
    let size = record.key().len().saturating_add(record.value().len());
    if map == MapId::Global && ProprietaryField::of_key(record.key()).is_some() {
        *carried = carried.saturating_add(size);
    } else {
        foreign.records = foreign.records.saturating_add(1);
        foreign.bytes = foreign.bytes.saturating_add(size);
    }
}

fn check_shape(
    version: PsbtVersion,
    map: MapId,
    known: &Known,
    record: Record<'_>,
) -> Result<(), Refusal> {
    let wrong = |shape: Phrase| Err(misshapen(map, known.name, &shape, record));
    if let Versions::Only(needed) = known.versions
        && needed != version
    {
        let expected = phrase!(
            "{name} only in version {needed}",
            "{name} はバージョン {needed} のみ",
            name = known.name,
            needed = needed.number()
        );
        let got = phrase!("version {n}", "バージョン {n}", n = version.number());
        return Err(form(map.place(), expected, got));
    }
    check_key_data(map, known, record.key_data())?;
    match known.value {
        ValueForm::Any => Ok(()),
        ValueForm::Exactly(length) if record.value().len() == length => Ok(()),
        ValueForm::Exactly(length) => wrong(phrase!(
            "of {length} bytes",
            "{length} バイト",
            length = length
        )),
        ValueForm::Origin if is_origin(known, record) => Ok(()),
        ValueForm::Origin => wrong(phrase!(
            "as a fingerprint and 4 bytes for each level",
            "フィンガープリントと階層ごとに4バイト"
        )),
    }
}

fn check_key_data(map: MapId, known: &Known, key_data: &[u8]) -> Result<(), Refusal> {
    let fits = match known.key_data {
        KeyData::Any => true,
        KeyData::None => key_data.is_empty(),
        KeyData::Xpub => key_data.len() == 78,
        KeyData::PublicKey => compressed(key_data).is_some(),
    };
    if fits {
        return Ok(());
    }
    let shape = match known.key_data {
        KeyData::Any | KeyData::None => phrase!("without key data", "キーデータなし"),
        KeyData::Xpub => phrase!("with an extended key of 78 bytes", "78バイトの拡張鍵"),
        KeyData::PublicKey => phrase!("with a compressed public key", "圧縮公開鍵"),
    };
    let got = of_key_data(key_data);
    Err(form(map.place(), shaped(known.name, &shape), got))
}

/// A field and the shape that it must have.
fn shaped(name: &str, shape: &Phrase) -> Phrase {
    phrase!(
        "{name} {shape}",
        "{name}: {shape}",
        name = name,
        shape = *shape
    )
}

/// A field whose value has not the shape that it must have.
fn misshapen(map: MapId, name: &str, shape: &Phrase, record: Record<'_>) -> Refusal {
    let got = raw::bytes(record.value().len());
    form(map.place(), shaped(name, shape), got)
}

fn of_key_data(key_data: &[u8]) -> Phrase {
    phrase!(
        "{count} bytes of key data",
        "キーデータ {count} バイト",
        count = key_data.len()
    )
}

fn compressed(key_data: &[u8]) -> Option<[u8; 33]> {
    let key = <[u8; 33]>::try_from(key_data).ok()?;
    matches!(key, [2 | 3, ..]).then_some(key)
}

/// A fingerprint and whole levels; of an extended key as many levels as it says it is deep.
fn is_origin(known: &Known, record: Record<'_>) -> bool {
    let levels = record.value().len().checked_sub(4);
    let whole = levels.is_some_and(|bytes| bytes % 4 == 0);
    let deep = match (known.key_data, record.key_data().get(4)) {
        (KeyData::Xpub, Some(depth)) => levels == Some(usize::from(*depth).saturating_mul(4)),
        _ => true,
    };
    whole && deep
}

/// The coin as WITNESS_UTXO repeats it; a claim.
fn claimed_coin(map: MapId, record: Record<'_>) -> Result<TxOut, Refusal> {
    let mut cursor = Cursor::new(record.value());
    let coin = unsigned::read_tx_out(&mut cursor).ok();
    coin.filter(|_| cursor.is_at_end()).ok_or_else(|| {
        let shape = phrase!("as an amount and a script", "金額とスクリプト");
        misshapen(map, "IN_WITNESS_UTXO", &shape, record)
    })
}

fn origin_of(record: Record<'_>) -> Option<KeyOrigin> {
    let (fingerprint, path) = record.value().split_first_chunk::<4>()?;
    let (levels, _) = path.as_chunks::<4>();
    Some(KeyOrigin {
        public_key: compressed(record.key_data())?,
        fingerprint: Fingerprint::from_bytes(*fingerprint),
        path: levels
            .iter()
            .map(|level| u32::from_le_bytes(*level))
            .collect(),
    })
}

fn script_of(record: Record<'_>) -> ScriptBuf {
    ScriptBuf::from_bytes(record.value().to_vec())
}

fn read_input(raw: &RawPsbt, index: InputIndex) -> Result<InputFields, Refusal> {
    let map = MapId::Input(index);
    let mut input = InputFields {
        parent: raw.value_range(map, &[IN_NON_WITNESS_UTXO]),
        ..InputFields::default()
    };
    for record in raw.records(map) {
        let KeyType::Byte(key_type) = record.key_type() else {
            continue;
        };
        match key_type {
            IN_WITNESS_UTXO => input.witness_utxo = Some(claimed_coin(map, record)?),
            IN_PARTIAL_SIG => input.partial_sigs.push(partial_sig(map, record)?),
            IN_SIGHASH_TYPE => {
                input.sighash = <[u8; 4]>::try_from(record.value())
                    .ok()
                    .map(u32::from_le_bytes);
            }
            IN_REDEEM_SCRIPT => input.redeem_script = Some(script_of(record)),
            IN_WITNESS_SCRIPT => input.witness_script = Some(script_of(record)),
            IN_BIP32_DERIVATION => input.origins.extend(origin_of(record)),
            IN_FINAL_SCRIPTSIG => input.final_field = Some("FINAL_SCRIPTSIG"),
            IN_FINAL_SCRIPTWITNESS => input.final_field = Some("FINAL_SCRIPTWITNESS"),
            _ => {}
        }
    }
    Ok(input)
}

fn partial_sig(map: MapId, record: Record<'_>) -> Result<(PublicKey, Vec<u8>), Refusal> {
    let key = PublicKey::from_slice(record.key_data()).map_err(|_| {
        let expected = phrase!(
            "PARTIAL_SIG with a public key on the curve",
            "曲線上の公開鍵を持つ PARTIAL_SIG"
        );
        let got = Phrase::figure(crate::digest::hex(record.key_data()));
        form(map.place(), expected, got)
    })?;
    Ok((key, record.value().to_vec()))
}

fn read_output(raw: &RawPsbt, map: MapId) -> OutputFields {
    let mut output = OutputFields::default();
    for record in raw.records(map) {
        match record.key_type() {
            KeyType::Byte(OUT_REDEEM_SCRIPT) => output.redeem_script = Some(script_of(record)),
            KeyType::Byte(OUT_WITNESS_SCRIPT) => output.witness_script = Some(script_of(record)),
            KeyType::Byte(OUT_BIP32_DERIVATION) => output.origins.extend(origin_of(record)),
            KeyType::Byte(_) | KeyType::Wide(_) => {}
        }
    }
    output
}

impl Carried {
    fn take(
        &mut self,
        field: ProprietaryField,
        key_data: &[u8],
        value: &[u8],
    ) -> Result<(), Refusal> {
        let wrong = |shape: Phrase| {
            let expected = phrase!(
                "himuro {name} with {shape}",
                "himuro の項目 {name}: {shape}",
                name = field.name(),
                shape = shape
            );
            form(Place::Whole, expected, of_key_data(key_data))
        };
        let value = value.to_vec();
        match field {
            ProprietaryField::Approval => {
                let text = core::str::from_utf8(key_data).ok();
                let officer = text.and_then(|text| OfficerId::new(text).ok());
                let officer = officer.ok_or_else(|| wrong(phrase!("an officer", "役職員")))?;
                self.approvals.push((officer, value));
            }
            ProprietaryField::Receipt => {
                let (device, session) = receipt_key_data(key_data).ok_or_else(|| {
                    wrong(phrase!(
                        "32 bytes of device and 4 of session",
                        "端末32バイトとセッション4バイト"
                    ))
                })?;
                self.receipts.push((device, session, value));
            }
            _ if !key_data.is_empty() => {
                return Err(wrong(phrase!("no key data", "キーデータなし")));
            }
            ProprietaryField::Request => self.request = Some(value),
            ProprietaryField::Headers => self.headers = Some(value),
            ProprietaryField::Balance => self.balance = Some(value),
        }
        Ok(())
    }
}

/// Device and session of a receipt's key data.
pub(super) fn receipt_key_data(key_data: &[u8]) -> Option<(DeviceId, SessionNumber)> {
    let (device, rest) = key_data.split_first_chunk::<32>()?;
    let session = <[u8; 4]>::try_from(rest).ok()?;
    Some((
        DeviceId::from_bytes(*device),
        SessionNumber(u32::from_be_bytes(session)),
    ))
}

#[cfg(test)]
mod psb01;

//! PSB01: the file is one PSBT, version 0 or 2, in strict form.
//!
//! From the container to typed fields. Whatever is not exactly the shape that BIP-174 and BIP-370
//! give a known field is refused; unknown fields are counted and left alone.

use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use bitcoin::secp256k1::PublicKey;
use bitcoin::{ScriptBuf, Transaction, TxOut};

use crate::digest::DeviceId;
use crate::keys::Fingerprint;
use crate::rule::{Place, Refusal};
use crate::types::{InputIndex, OfficerId, SessionNumber};

use super::key::{
    self, GLOBAL_TX_MODIFIABLE, IN_BIP32_DERIVATION, IN_FINAL_SCRIPTSIG, IN_FINAL_SCRIPTWITNESS,
    IN_NON_WITNESS_UTXO, IN_PARTIAL_SIG, IN_REDEEM_SCRIPT, IN_SIGHASH_TYPE, IN_WITNESS_SCRIPT,
    IN_WITNESS_UTXO, KeyData, KeyType, Known, MapId, OUT_BIP32_DERIVATION, OUT_REDEEM_SCRIPT,
    OUT_WITNESS_SCRIPT, ProprietaryField, PsbtVersion, Purpose, ValueForm, Versions,
};
use super::raw::{RawPsbt, Record, form};
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
    pub(super) tx: Transaction,
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
        tx: unsigned::transaction(&raw)?,
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
            match known(map, record) {
                Some(known) => {
                    check_shape(self.raw.version(), map, &known, record)?;
                    if known.purpose == Purpose::OtherSpending {
                        self.other_spending.push((map, known.name));
                    }
                }
                None => note_unread(map, record, &mut self.foreign, &mut self.carried_bytes),
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
    let wrong = |expected: &str| {
        let got = format!("{} bytes", record.value().len());
        Err(form(map.place(), format!("{} {expected}", known.name), got))
    };
    if let Versions::Only(needed) = known.versions
        && needed != version
    {
        let expected = format!("{} only in {needed:?}", known.name);
        return Err(form(map.place(), expected, format!("{version:?}")));
    }
    check_key_data(map, known, record.key_data())?;
    match known.value {
        ValueForm::Any => Ok(()),
        ValueForm::Exactly(length) if record.value().len() == length => Ok(()),
        ValueForm::Exactly(length) => wrong(&format!("of {length} bytes")),
        ValueForm::Count if is_count(record.value()) => Ok(()),
        ValueForm::Count => wrong("as one CompactSize"),
        ValueForm::Origin if is_origin(known, record) => Ok(()),
        ValueForm::Origin => wrong("as a fingerprint and 4 bytes for each level"),
        ValueForm::Output if output_of(record.value()).is_some() => Ok(()),
        ValueForm::Output => wrong("as an amount and a script"),
    }
}

fn check_key_data(map: MapId, known: &Known, key_data: &[u8]) -> Result<(), Refusal> {
    let (fits, expected) = match known.key_data {
        KeyData::Any => (true, ""),
        KeyData::None => (key_data.is_empty(), "without key data"),
        KeyData::Xpub => (key_data.len() == 78, "with an extended key of 78 bytes"),
        KeyData::PublicKey => (
            compressed(key_data).is_some(),
            "with a compressed public key",
        ),
    };
    if fits {
        return Ok(());
    }
    let got = format!("{} bytes of key data", key_data.len());
    Err(form(map.place(), format!("{} {expected}", known.name), got))
}

fn compressed(key_data: &[u8]) -> Option<[u8; 33]> {
    let key = <[u8; 33]>::try_from(key_data).ok()?;
    matches!(key, [2 | 3, ..]).then_some(key)
}

fn is_count(value: &[u8]) -> bool {
    let mut cursor = Cursor::new(value);
    cursor.compact().is_ok() && cursor.is_at_end()
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

fn output_of(value: &[u8]) -> Option<TxOut> {
    let mut cursor = Cursor::new(value);
    let output = unsigned::read_output(&mut cursor).ok()?;
    cursor.is_at_end().then_some(output)
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
    // Judged here also where the lock time of the transaction does not need them.
    unsigned::required_locks(raw, map)?;
    let mut input = InputFields {
        parent: raw.value_range(map, &[IN_NON_WITNESS_UTXO]),
        ..InputFields::default()
    };
    for record in raw.records(map) {
        let KeyType::Byte(key_type) = record.key_type() else {
            continue;
        };
        match key_type {
            IN_WITNESS_UTXO => input.witness_utxo = output_of(record.value()),
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
        let got = crate::digest::hex(record.key_data());
        form(
            map.place(),
            "PARTIAL_SIG with a public key on the curve",
            got,
        )
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
        let wrong = |expected: &str| {
            let got = format!("{} bytes of key data", key_data.len());
            form(
                Place::Whole,
                format!("himuro {field:?} with {expected}"),
                got,
            )
        };
        let value = value.to_vec();
        match field {
            ProprietaryField::Approval => {
                let text = core::str::from_utf8(key_data).ok();
                let officer = text.and_then(|text| OfficerId::new(text).ok());
                let officer = officer.ok_or_else(|| wrong("an officer"))?;
                self.approvals.push((officer, value));
            }
            ProprietaryField::Receipt => {
                let (device, session) = receipt_key_data(key_data)
                    .ok_or_else(|| wrong("32 bytes of device and 4 of session"))?;
                self.receipts.push((device, session, value));
            }
            _ if !key_data.is_empty() => return Err(wrong("no key data")),
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

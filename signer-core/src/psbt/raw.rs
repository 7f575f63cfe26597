//! The container: every record of a PSBT, byte for byte and in order.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use bitcoin::{Transaction, Txid};

use crate::digest::PsbtDigest;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::types::{InputIndex, OutputIndex};

use super::container;
use super::key::{KeyType, MapId, ProprietaryField, PsbtVersion};
use super::reader::{Cursor, push_sized};

/// The first five bytes of every PSBT.
pub(super) const MAGIC: [u8; 5] = *b"psbt\xff";

/// One PSBT of version 0 or 2 as bytes, and where each of its records lies in them.
///
/// The structure is strict: the magic, shortest CompactSizes, no key twice in a map, as many maps
/// as the transaction asks for, nothing after the last. What the records mean is not judged.
#[derive(Clone, PartialEq, Eq)]
pub struct RawPsbt {
    bytes: Arc<Vec<u8>>,
    version: PsbtVersion,
    global: Map,
    inputs: Vec<Map>,
    outputs: Vec<Map>,
    unsigned: Unsigned,
}

/// The unsigned transaction, decoded once where the bytes are read, and handed on from there.
pub(super) type Unsigned = Result<Arc<Transaction>, Refusal>;

/// Where the records of a map lie, and where its separator is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) records: Vec<Span>,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

impl Map {
    /// The value of the record with exactly this key; `bytes` are those of the file.
    pub(super) fn value<'a>(&self, bytes: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
        let mut spans = self.records.iter();
        let span = spans.find(|span| bytes.get(span.key.clone()) == Some(key))?;
        bytes.get(span.value.clone())
    }
}

/// A record: a key (type and key data) and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
}

impl<'a> Record<'a> {
    /// The whole key: type and key data.
    pub const fn key(self) -> &'a [u8] {
        self.key
    }

    /// The value.
    pub const fn value(self) -> &'a [u8] {
        self.value
    }

    /// The type of the key.
    pub fn key_type(self) -> KeyType {
        match Cursor::new(self.key).compact() {
            Ok(wide @ 0xFD..) => KeyType::Wide(wide),
            // Below 0xFD the type is the first byte.
            Ok(_) | Err(_) => KeyType::Byte(self.key.first().copied().unwrap_or_default()),
        }
    }

    /// The key data: what follows the type.
    pub fn key_data(self) -> &'a [u8] {
        let mut cursor = Cursor::new(self.key);
        let _ = cursor.compact();
        cursor.rest()
    }
}

impl RawPsbt {
    /// Reads a PSBT of either version.
    ///
    /// # Errors
    /// PSB01 for the form, PSB02 for what is too much to look at.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        Self::from_vec(bytes.to_vec())
    }

    /// Reads a PSBT of either version without copying it.
    ///
    /// # Errors
    /// PSB01 for the form, PSB02 for what is too much to look at.
    pub fn from_vec(bytes: Vec<u8>) -> Result<Self, Refusal> {
        Self::from_shared(Arc::new(bytes))
    }

    /// Reads a PSBT of either version whose bytes others hold too.
    pub(crate) fn from_shared(bytes: Arc<Vec<u8>>) -> Result<Self, Refusal> {
        let maps = container::maps(&bytes)?;
        Ok(Self {
            bytes,
            version: maps.version,
            global: maps.global,
            inputs: maps.inputs,
            outputs: maps.outputs,
            unsigned: maps.unsigned,
        })
    }

    /// The id of the unsigned transaction, where it is one.
    pub(crate) fn unsigned_txid(&self) -> Option<Txid> {
        let tx = self.unsigned_tx().ok()?;
        Some(tx.compute_txid())
    }

    /// The PSBT as it was read or written.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.to_vec()
    }

    /// The PSBT as it was read or written, borrowed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, without copying them where nobody else holds them.
    pub fn into_bytes(self) -> Vec<u8> {
        Arc::unwrap_or_clone(self.bytes)
    }

    /// The digest of the bytes.
    pub fn digest(&self) -> PsbtDigest {
        PsbtDigest::over(&[&self.bytes])
    }

    /// The version.
    pub const fn version(&self) -> PsbtVersion {
        self.version
    }

    /// How many inputs there are.
    pub fn input_count(&self) -> usize {
        self.inputs.len()
    }

    /// Every map, in the order of the file.
    pub fn maps(&self) -> impl Iterator<Item = MapId> {
        let inputs = (0..).take(self.inputs.len());
        let outputs = (0..).take(self.outputs.len());
        core::iter::once(MapId::Global)
            .chain(inputs.map(|n| MapId::Input(InputIndex(n))))
            .chain(outputs.map(|n| MapId::Output(OutputIndex(n))))
    }

    /// The records of a map, in order; none of a map that is not there.
    pub fn records(&self, map: MapId) -> impl Iterator<Item = Record<'_>> {
        let spans = self.map(map).map_or(&[][..], |map| &map.records);
        spans.iter().map(|span| Record {
            key: self.slice(&span.key),
            value: self.slice(&span.value),
        })
    }

    /// The value of the record with exactly this key.
    pub fn value(&self, map: MapId, key: &[u8]) -> Option<&[u8]> {
        self.records(map)
            .find(|record| record.key == key)
            .map(Record::value)
    }

    /// The unsigned transaction; in version 2 put together as BIP-370 says, with the lock time
    /// resolved.
    ///
    /// # Errors
    /// PSB01 where a field of it is missing or has the wrong form.
    pub fn unsigned_tx(&self) -> Result<&Transaction, Refusal> {
        self.unsigned.as_deref().map_err(Refusal::clone)
    }

    /// The same, shared with the container.
    pub(super) fn shared_tx(&self) -> Unsigned {
        self.unsigned.clone()
    }

    /// This PSBT with one record more at the end of the global map.
    ///
    /// # Errors
    /// PSB01 when the key is already there or is no key.
    pub fn insert_global(&self, key: &[u8], value: &[u8]) -> Result<Self, Refusal> {
        self.with_records(&[(MapId::Global, key.to_vec(), value.to_vec())])
    }

    /// This PSBT with one record more at the end of an input's map.
    ///
    /// # Errors
    /// PSB01 when the input is not there, or the key is already there or is no key.
    pub fn insert_input(
        &self,
        input: InputIndex,
        key: &[u8],
        value: &[u8],
    ) -> Result<Self, Refusal> {
        self.with_records(&[(MapId::Input(input), key.to_vec(), value.to_vec())])
    }

    /// This PSBT with records added, each at the end of its map and in the order given; all else
    /// stays byte for byte.
    ///
    /// # Errors
    /// PSB01 when a map is not there, or a key is already there or is no key.
    pub fn with_records(&self, added: &[(MapId, Vec<u8>, Vec<u8>)]) -> Result<Self, Refusal> {
        let mut sorted: Vec<_> = added.iter().collect();
        sorted.sort_by_key(|(map, _, _)| *map);
        let mut out = Vec::with_capacity(self.bytes.len());
        let mut copied = 0;
        for (map, key, value) in sorted {
            let end = self
                .map(*map)
                .ok_or_else(|| {
                    let expected = phrase!("a map that is there", "存在するマップ");
                    form(map.place(), expected, Phrase::none())
                })?
                .end;
            out.extend_from_slice(self.slice(&(copied..end)));
            push_sized(&mut out, key);
            push_sized(&mut out, value);
            copied = end;
        }
        out.extend_from_slice(self.slice(&(copied..self.bytes.len())));
        Self::from_vec(out)
    }

    /// This PSBT with these headers in place of any others. Headers are no part of what officers
    /// sign: they are fresh on the day of the ceremony.
    ///
    /// # Errors
    /// PSB01 when the result is no PSBT.
    pub fn with_headers(&self, headers: &[u8]) -> Result<Self, Refusal> {
        self.with_global(&ProprietaryField::headers_key(), headers)
    }

    /// The same with this statement of balances in place of any other.
    ///
    /// # Errors
    /// Where the PSBT would become too large.
    pub fn with_balance(&self, statement: &[u8]) -> Result<Self, Refusal> {
        self.with_global(&ProprietaryField::balance_key(), statement)
    }

    fn with_global(&self, key: &[u8], value: &[u8]) -> Result<Self, Refusal> {
        let kept = write(self.maps().map(|map| {
            let others = self.records(map).filter(|record| record.key != key);
            others.map(|record| (record.key, record.value))
        }));
        Self::from_vec(kept)?.insert_global(key, value)
    }

    /// Overwrites a value of the global map that is one byte, where it is there.
    pub(super) fn overwrite(&mut self, key: u8, value: u8) {
        let place = self.value_range(MapId::Global, &[key]);
        let bytes = Arc::make_mut(&mut self.bytes);
        if let Some([byte]) = place.and_then(|range| bytes.get_mut(range)) {
            *byte = value;
        }
    }

    /// Where a value lies in the bytes.
    pub(super) fn value_range(&self, map: MapId, key: &[u8]) -> Option<Range<usize>> {
        let map = self.map(map)?;
        map.records
            .iter()
            .find(|span| self.slice(&span.key) == key)
            .map(|span| span.value.clone())
    }

    /// Bytes of the file by their place.
    pub(super) fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    fn map(&self, map: MapId) -> Option<&Map> {
        let place = |n: u32| usize::try_from(n).ok();
        match map {
            MapId::Global => Some(&self.global),
            MapId::Input(n) => self.inputs.get(place(n.0)?),
            MapId::Output(n) => self.outputs.get(place(n.0)?),
        }
    }
}

impl fmt::Debug for RawPsbt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawPsbt")
            .field("version", &self.version)
            .field("inputs", &self.inputs.len())
            .field("outputs", &self.outputs.len())
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The records of the global map of a PSBT that nobody has read, up to its end or to what is no
/// record: to find out whether the PSBT is worth reading. Nothing is judged.
pub(crate) fn first_map(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut cursor = Cursor::new(bytes.strip_prefix(&MAGIC).unwrap_or_default());
    core::iter::from_fn(move || {
        let key = cursor.sized().ok().filter(|key| !key.is_empty())?;
        let value = cursor.sized().ok()?;
        Some(Record { key, value })
    })
}

/// Writes the bytes of a PSBT from its maps in order.
pub(super) fn write<'a, M, R>(maps: M) -> Vec<u8>
where
    M: IntoIterator<Item = R>,
    R: IntoIterator<Item = (&'a [u8], &'a [u8])>,
{
    let mut out = MAGIC.to_vec();
    for map in maps {
        for (key, value) in map {
            push_sized(&mut out, key);
            push_sized(&mut out, value);
        }
        out.push(0);
    }
    out
}

/// What is counted in more than one place.
pub(super) const BYTES_OF_FILE: [&str; 2] = ["bytes of file", "ファイルのバイト数"];
pub(super) const INPUTS: [&str; 2] = ["inputs", "入力数"];
pub(super) const OUTPUTS: [&str; 2] = ["outputs", "出力数"];

/// A field that is needed and not there.
pub(super) fn no_field() -> Phrase {
    phrase!("no such field", "項目なし")
}

/// So many bytes.
pub(super) fn bytes(count: usize) -> Phrase {
    phrase!("{count} bytes", "{count} バイト", count = count)
}

/// A refusal of the form.
pub(super) const fn form(place: Place, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::PSB01, place, expected, got)
}

/// A refusal of the size, where `got` is past `limit`; `what` in English and Japanese.
pub(super) fn within(
    [en, ja]: [&str; 2],
    got: u64,
    limit: u64,
    place: Place,
) -> Result<(), Refusal> {
    if got <= limit {
        return Ok(());
    }
    let what = Phrase::new(en, ja);
    let expected = phrase!(
        "at most {limit} {what}",
        "{what} {limit} 以下",
        limit = limit,
        what = what
    );
    Err(Refusal::new(
        RuleId::PSB02,
        place,
        expected,
        Phrase::figure(got),
    ))
}

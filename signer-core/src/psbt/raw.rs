//! The container: every record of a PSBT, byte for byte and in order.

use alloc::format;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use bitcoin::Transaction;

use crate::digest::PsbtDigest;
use crate::rule::{Place, Refusal, RuleId};
use crate::types::{InputIndex, OutputIndex};

use super::key::{
    self, GLOBAL_INPUT_COUNT, GLOBAL_OUTPUT_COUNT, GLOBAL_UNSIGNED_TX, GLOBAL_VERSION, KeyType,
    MapId, PsbtVersion,
};
use super::reader::{Cursor, ReadError, push_sized};
use super::{limits, unsigned};

/// The first five bytes of every PSBT.
pub(super) const MAGIC: [u8; 5] = *b"psbt\xff";

/// One PSBT of version 0 or 2 as bytes, and where each of its records lies in them.
///
/// The structure is strict: the magic, shortest CompactSizes, no key twice in a map, as many maps
/// as the transaction asks for, nothing after the last. What the records mean is not judged.
#[derive(Clone, PartialEq, Eq)]
pub struct RawPsbt {
    bytes: Vec<u8>,
    version: PsbtVersion,
    global: Map,
    inputs: Vec<Map>,
    outputs: Vec<Map>,
}

/// Where the records of a map lie, and where its separator is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Map {
    records: Vec<Span>,
    end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    key: Range<usize>,
    value: Range<usize>,
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
        within(
            "bytes of file",
            bytes.len() as u64,
            limits::RAW_FILE_BYTES as u64,
            Place::Whole,
        )?;
        let mut reader = MapReader::new(&bytes)?;
        let global = reader.map()?;
        let head = Head::of(&bytes, &global)?;
        let inputs = reader.maps(head.inputs)?;
        let outputs = reader.maps(head.outputs)?;
        reader.end()?;
        Ok(Self {
            version: head.version,
            global,
            inputs,
            outputs,
            bytes,
        })
    }

    /// The PSBT as it was read or written.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// The PSBT as it was read or written, borrowed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, without copying them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
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

    /// How many outputs there are.
    pub fn output_count(&self) -> usize {
        self.outputs.len()
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
    pub fn unsigned_tx(&self) -> Result<Transaction, Refusal> {
        unsigned::transaction(self)
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
                .ok_or_else(|| form(map.place(), "a map that is there", "none"))?
                .end;
            out.extend_from_slice(self.slice(&(copied..end)));
            push_sized(&mut out, key);
            push_sized(&mut out, value);
            copied = end;
        }
        out.extend_from_slice(self.slice(&(copied..self.bytes.len())));
        Self::from_vec(out)
    }

    /// Overwrites the one byte of the flags "transaction modifiable", where there are any.
    pub(super) fn set_modifiable(&mut self, flags: u8) {
        let place = self.global.records.iter().find_map(|span| {
            let key = self.bytes.get(span.key.clone())?;
            (key == [key::GLOBAL_TX_MODIFIABLE]).then(|| span.value.clone())
        });
        if let Some([byte]) = place.and_then(|range| self.bytes.get_mut(range)) {
            *byte = flags;
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

/// What the global map says of the rest of the file.
struct Head {
    version: PsbtVersion,
    inputs: u64,
    outputs: u64,
}

impl Head {
    fn of(bytes: &[u8], global: &Map) -> Result<Self, Refusal> {
        let value = |key: u8| {
            let mut spans = global.records.iter();
            let span = spans.find(|span| bytes.get(span.key.clone()) == Some(&[key]))?;
            bytes.get(span.value.clone())
        };
        let head = match version_of(value(GLOBAL_VERSION))? {
            PsbtVersion::V0 => {
                let unsigned = value(GLOBAL_UNSIGNED_TX)
                    .ok_or_else(|| form(Place::Whole, "an unsigned transaction", "none"))?;
                let tx = unsigned::read(unsigned)?;
                Self {
                    version: PsbtVersion::V0,
                    inputs: tx.input.len() as u64,
                    outputs: tx.output.len() as u64,
                }
            }
            PsbtVersion::V2 => Self {
                version: PsbtVersion::V2,
                inputs: count(value(GLOBAL_INPUT_COUNT), "GLOBAL_INPUT_COUNT")?,
                outputs: count(value(GLOBAL_OUTPUT_COUNT), "GLOBAL_OUTPUT_COUNT")?,
            },
        };
        within("inputs", head.inputs, limits::RAW_MAPS, Place::Whole)?;
        within("outputs", head.outputs, limits::RAW_MAPS, Place::Whole)?;
        Ok(head)
    }
}

fn version_of(value: Option<&[u8]>) -> Result<PsbtVersion, Refusal> {
    match value {
        None | Some([0, 0, 0, 0]) => Ok(PsbtVersion::V0),
        Some([2, 0, 0, 0]) => Ok(PsbtVersion::V2),
        Some(other) => Err(form(
            Place::Whole,
            "PSBT version 0 or 2",
            crate::digest::hex(other.get(..4).unwrap_or(other)),
        )),
    }
}

fn count(value: Option<&[u8]>, name: &str) -> Result<u64, Refusal> {
    let value = value.ok_or_else(|| form(Place::Whole, name, "no such field"))?;
    let mut cursor = Cursor::new(value);
    match cursor.compact() {
        Ok(count) if cursor.is_at_end() => Ok(count),
        Ok(_) => Err(form(
            Place::Whole,
            format!("{name} alone"),
            "bytes after it",
        )),
        Err(error) => Err(form(Place::Whole, name, error.text())),
    }
}

/// Reads map after map.
struct MapReader<'a> {
    bytes: &'a [u8],
    cursor: Cursor<'a>,
    records: usize,
}

impl<'a> MapReader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut cursor = Cursor::new(bytes);
        if cursor.array() != Ok(MAGIC) {
            return Err(form(
                Place::Byte(0),
                "the magic of a PSBT, 70736274ff",
                "other bytes",
            ));
        }
        Ok(Self {
            bytes,
            cursor,
            records: 0,
        })
    }

    /// Reads `count` maps. Nothing is set aside for maps that are only claimed.
    fn maps(&mut self, count: u64) -> Result<Vec<Map>, Refusal> {
        let mut maps = Vec::new();
        for _ in 0..count {
            maps.push(self.map()?);
        }
        Ok(maps)
    }

    fn map(&mut self) -> Result<Map, Refusal> {
        let start = self.cursor.position();
        let mut records = Vec::new();
        loop {
            let at = self.cursor.position();
            let length = self.cursor.compact().map_err(|e| self.unreadable(e))?;
            if length == 0 {
                self.unique_keys(&records, start)?;
                return Ok(Map { records, end: at });
            }
            records.push(self.record(length, at)?);
        }
    }

    fn record(&mut self, key_length: u64, at: usize) -> Result<Span, Refusal> {
        let place = Place::Byte(at as u64);
        self.records = self.records.saturating_add(1);
        within(
            "records",
            self.records as u64,
            limits::RAW_RECORDS as u64,
            place.clone(),
        )?;
        within("bytes of a key", key_length, limits::RAW_KEY_BYTES, place)?;
        let key_start = self.cursor.position();
        let key = self
            .cursor
            .take(key_length)
            .map_err(|e| self.unreadable(e))?;
        Cursor::new(key).compact().map_err(|e| self.unreadable(e))?;
        let key_end = self.cursor.position();
        let value = self.cursor.sized().map_err(|e| self.unreadable(e))?;
        let end = self.cursor.position();
        Ok(Span {
            key: key_start..key_end,
            value: end.saturating_sub(value.len())..end,
        })
    }

    fn unique_keys(&self, records: &[Span], start: usize) -> Result<(), Refusal> {
        let mut keys: Vec<&[u8]> = records
            .iter()
            .filter_map(|span| self.bytes.get(span.key.clone()))
            .collect();
        keys.sort_unstable();
        let twice = keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        if twice {
            let place = Place::Byte(start as u64);
            return Err(form(
                place,
                "each key once in a map",
                "a key twice in the map that starts here",
            ));
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Refusal> {
        if self.cursor.is_at_end() {
            return Ok(());
        }
        Err(form(
            Place::Byte(self.cursor.position() as u64),
            "the end of the file after the last map",
            format!("{} bytes more", self.cursor.rest().len()),
        ))
    }

    fn unreadable(&self, error: ReadError) -> Refusal {
        let place = Place::Byte(self.cursor.position() as u64);
        form(place, "a record in shortest form", error.text())
    }
}

/// A refusal of the form.
pub(super) fn form(place: Place, expected: impl fmt::Display, got: impl fmt::Display) -> Refusal {
    Refusal::new(RuleId::PSB01, place, expected, got)
}

/// A refusal of the size, where `got` is past `limit`.
pub(super) fn within(what: &str, got: u64, limit: u64, place: Place) -> Result<(), Refusal> {
    if got <= limit {
        return Ok(());
    }
    Err(Refusal::new(
        RuleId::PSB02,
        place,
        format!("at most {limit} {what}"),
        got,
    ))
}

//! From bytes to maps of records: the structure, and nothing set aside for what is only claimed.

use alloc::sync::Arc;
use alloc::vec::Vec;

use bitcoin::Transaction;

use crate::phrase;
use crate::rule::{Phrase, Place, Refusal};

use super::key::{
    GLOBAL_INPUT_COUNT, GLOBAL_OUTPUT_COUNT, GLOBAL_UNSIGNED_TX, GLOBAL_VERSION, PsbtVersion,
};
use super::raw::{
    BYTES_OF_FILE, INPUTS, MAGIC, Map, OUTPUTS, Span, Unsigned, form, no_field, within,
};
use super::reader::{Cursor, ReadError};
use super::{limits, unsigned};

/// All maps of a file, and the transaction that they are about.
pub(super) struct Maps {
    pub(super) version: PsbtVersion,
    pub(super) global: Map,
    pub(super) inputs: Vec<Map>,
    pub(super) outputs: Vec<Map>,
    pub(super) unsigned: Unsigned,
}

/// Reads all maps of a file, and nothing after them.
pub(super) fn maps(bytes: &[u8]) -> Result<Maps, Refusal> {
    let size = bytes.len() as u64;
    let limit = limits::RAW_FILE_BYTES as u64;
    within(BYTES_OF_FILE, size, limit, Place::Whole)?;
    let mut reader = MapReader::new(bytes)?;
    let global = reader.map()?;
    let head = Head::of(bytes, &global)?;
    let inputs = reader.maps(head.inputs)?;
    let outputs = reader.maps(head.outputs)?;
    reader.end()?;
    let unsigned = match head.unsigned {
        Some(tx) => Ok(tx),
        None => unsigned::assemble(bytes, &global, &inputs, &outputs),
    };
    Ok(Maps {
        version: head.version,
        global,
        inputs,
        outputs,
        unsigned: unsigned.map(Arc::new),
    })
}

/// What the global map says of the rest of the file; in version 0 with the transaction that says
/// it.
struct Head {
    version: PsbtVersion,
    inputs: u64,
    outputs: u64,
    unsigned: Option<Transaction>,
}

impl Head {
    fn of(bytes: &[u8], global: &Map) -> Result<Self, Refusal> {
        let value = |key: u8| global.value(bytes, &[key]);
        let head = match version_of(value(GLOBAL_VERSION))? {
            PsbtVersion::V0 => {
                let unsigned = value(GLOBAL_UNSIGNED_TX).ok_or_else(|| {
                    let expected = phrase!("an unsigned transaction", "未署名の取引");
                    form(Place::Whole, expected, Phrase::none())
                })?;
                let tx = unsigned::read(unsigned)?;
                Self {
                    version: PsbtVersion::V0,
                    inputs: tx.input.len() as u64,
                    outputs: tx.output.len() as u64,
                    unsigned: Some(tx),
                }
            }
            PsbtVersion::V2 => Self {
                version: PsbtVersion::V2,
                inputs: count(value(GLOBAL_INPUT_COUNT), "GLOBAL_INPUT_COUNT")?,
                outputs: count(value(GLOBAL_OUTPUT_COUNT), "GLOBAL_OUTPUT_COUNT")?,
                unsigned: None,
            },
        };
        within(INPUTS, head.inputs, limits::RAW_MAPS, Place::Whole)?;
        within(OUTPUTS, head.outputs, limits::RAW_MAPS, Place::Whole)?;
        Ok(head)
    }
}

fn version_of(value: Option<&[u8]>) -> Result<PsbtVersion, Refusal> {
    match value {
        None | Some([0, 0, 0, 0]) => Ok(PsbtVersion::V0),
        Some([2, 0, 0, 0]) => Ok(PsbtVersion::V2),
        Some(other) => Err(form(
            Place::Whole,
            phrase!("PSBT version 0 or 2", "PSBT バージョン 0 または 2"),
            Phrase::figure(crate::digest::hex(other.get(..4).unwrap_or(other))),
        )),
    }
}

fn count(value: Option<&[u8]>, name: &str) -> Result<u64, Refusal> {
    let field = || Phrase::figure(name);
    let value = value.ok_or_else(|| form(Place::Whole, field(), no_field()))?;
    let mut cursor = Cursor::new(value);
    match cursor.compact() {
        Ok(count) if cursor.is_at_end() => Ok(count),
        Ok(_) => Err(form(
            Place::Whole,
            phrase!("{name} alone", "{name} のみ", name = name),
            phrase!("bytes after it", "後に続くバイトあり"),
        )),
        Err(error) => Err(form(Place::Whole, field(), error.phrase())),
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
                phrase!(
                    "the magic of a PSBT, 70736274ff",
                    "PSBTの先頭の印 70736274ff"
                ),
                phrase!("other bytes", "異なるバイト"),
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
            ["records", "レコード数"],
            self.records as u64,
            limits::RAW_RECORDS as u64,
            place.clone(),
        )?;
        let what = ["bytes of a key", "キーのバイト数"];
        within(what, key_length, limits::RAW_KEY_BYTES, place)?;
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
                phrase!("each key once in a map", "マップ内でキーの重複なし"),
                phrase!(
                    "a key twice in the map that starts here",
                    "この位置から始まるマップでキーが重複"
                ),
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
            phrase!(
                "the end of the file after the last map",
                "最後のマップの後でファイル終了"
            ),
            phrase!(
                "{more} bytes more",
                "余分な {more} バイト",
                more = self.cursor.rest().len()
            ),
        ))
    }

    fn unreadable(&self, error: ReadError) -> Refusal {
        let place = Place::Byte(self.cursor.position() as u64);
        let expected = phrase!("a record in shortest form", "最短形式のレコード");
        form(place, expected, error.phrase())
    }
}

//! Putting two PSBTs of one transaction together without losing a record.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use crate::phrase;
use crate::rule::{Explained, Phrase, Refusal};
use crate::types::Lang;

use super::key::{GLOBAL_TX_MODIFIABLE, MapId};
use super::raw::{self, RawPsbt};

/// Why two PSBTs cannot become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// One is of version 0, the other of version 2.
    Version,
    /// They are about different transactions.
    Transaction,
    /// The same key with different values.
    Conflict {
        /// The map.
        map: MapId,
        /// The whole key.
        key: Vec<u8>,
    },
    /// One of them, or what they would become, is no PSBT in strict form.
    Form(Refusal),
}

impl Explained for MergeError {
    fn what(&self) -> Phrase {
        match self {
            Self::Version => phrase!(
                "one PSBT is of version 0, the other of version 2",
                "PSBTのバージョンが0と2で異なる"
            ),
            Self::Transaction => phrase!(
                "the PSBTs are about different transactions",
                "PSBTの取引が互いに異なる"
            ),
            Self::Conflict { map, key } => phrase!(
                "the PSBTs contradict each other in {map}, key {key}",
                "PSBTの値が互いに矛盾する: {map}、キー {key}",
                map = map.place(),
                key = crate::digest::hex(key)
            ),
            Self::Form(refusal) => refusal.what(),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Version | Self::Transaction => phrase!(
                "Use answers to the same PSBT.",
                "同じPSBTへの回答を指定してください。"
            ),
            Self::Conflict { .. } => phrase!(
                "One of them was changed on its way: fetch both again from where they were made.",
                "途中で変更されたものがあります。両方を作成元から取得し直してください。"
            ),
            Self::Form(refusal) => refusal.advice(),
        }
    }
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for MergeError {}

impl From<Refusal> for MergeError {
    fn from(refusal: Refusal) -> Self {
        Self::Form(refusal)
    }
}

type Pair<'a> = (&'a [u8], Vec<u8>);

impl RawPsbt {
    /// All records of both. The same whichever is merged into which: common records stay in their
    /// order where both have them in the same one, the others follow in the order of their keys.
    ///
    /// Only the flags "transaction modifiable" may differ: a transaction may be modified further
    /// where both allow it, and has a SIGHASH_SINGLE where either says so.
    ///
    /// # Errors
    /// [`MergeError`] where the two are not about one transaction, or contradict each other.
    pub fn merge(&self, other: &Self) -> Result<Self, MergeError> {
        if self.version() != other.version() {
            return Err(MergeError::Version);
        }
        let tx = self.unsigned_tx()?;
        if tx != other.unsigned_tx()? {
            return Err(MergeError::Transaction);
        }
        let mut maps = Vec::new();
        for map in self.maps() {
            maps.push(merge_map(self, other, map)?);
        }
        let borrowed = maps
            .iter()
            .map(|map| map.iter().map(|(key, value)| (*key, value.as_slice())));
        let merged = Self::from_vec(raw::write(borrowed))?;
        // Lock times that inputs require may come from either: together they must not make another
        // transaction.
        if merged.unsigned_tx()? != tx {
            return Err(MergeError::Transaction);
        }
        Ok(merged)
    }
}

fn merge_map<'a>(a: &'a RawPsbt, b: &'a RawPsbt, map: MapId) -> Result<Vec<Pair<'a>>, MergeError> {
    let of_a: BTreeMap<&[u8], &[u8]> = a.records(map).map(|r| (r.key(), r.value())).collect();
    let of_b: BTreeMap<&[u8], &[u8]> = b.records(map).map(|r| (r.key(), r.value())).collect();
    let order = |psbt: &'a RawPsbt, in_other: &BTreeMap<&[u8], &[u8]>| -> Vec<&'a [u8]> {
        let keys = psbt.records(map).map(super::Record::key);
        keys.filter(|key| in_other.contains_key(key)).collect()
    };
    let mut keys = order(a, &of_b);
    if keys != order(b, &of_a) {
        keys.sort_unstable();
    }
    let mut single: Vec<&[u8]> = of_a
        .keys()
        .chain(of_b.keys())
        .filter(|key| !(of_a.contains_key(*key) && of_b.contains_key(*key)))
        .copied()
        .collect();
    single.sort_unstable();
    keys.extend(single);
    keys.into_iter()
        .map(|key| Ok((key, merge_value(map, key, of_a.get(key), of_b.get(key))?)))
        .collect()
}

fn merge_value(
    map: MapId,
    key: &[u8],
    a: Option<&&[u8]>,
    b: Option<&&[u8]>,
) -> Result<Vec<u8>, MergeError> {
    match (a, b) {
        (Some([a]), Some([b])) if map == MapId::Global && key == [GLOBAL_TX_MODIFIABLE] => {
            Ok(alloc::vec![merge_modifiable(*a, *b)])
        }
        (Some(a), Some(b)) if a != b => Err(MergeError::Conflict {
            map,
            key: key.to_vec(),
        }),
        (value, other) => Ok(value
            .or(other)
            .map_or_else(Vec::new, |value| value.to_vec())),
    }
}

/// Bits 0 and 1 allow something, so both must; the others state something, so one is enough.
const fn merge_modifiable(a: u8, b: u8) -> u8 {
    const ALLOW: u8 = 0b11;
    (a | b) & (!ALLOW | (a & b))
}

#[cfg(test)]
mod tests;

//! Reading one TOML table to its last key: a key that nobody takes is an error, not a comment.

use std::collections::BTreeMap;

use bitcoin::Amount;
use signer_core::phrase;
use signer_core::rule::Phrase;
use toml::de::{DeTable, DeValue};

use crate::money;

/// A table of which every key must be taken.
pub(in crate::command) struct Table<'t> {
    place: String,
    entries: BTreeMap<&'t str, &'t DeValue<'t>>,
}

impl<'t> Table<'t> {
    /// The table at `place`, which error messages name.
    pub(in crate::command) fn new(place: &str, table: &'t DeTable<'t>) -> Self {
        let entries = table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()))
            .collect();
        Self {
            place: place.to_owned(),
            entries,
        }
    }

    fn place_of(&self, key: &str) -> String {
        if self.place.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place)
        }
    }

    /// What is wrong with `key`.
    pub(in crate::command) fn bad(&self, key: &str, why: &Phrase) -> Phrase {
        phrase!(
            "{place}: {why}",
            "{place}: {why}",
            place = self.place_of(key),
            why = why
        )
    }

    /// Whether the table says anything under this key.
    pub(in crate::command) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    fn take(&mut self, key: &str) -> Result<&'t DeValue<'t>, Phrase> {
        let taken = self.entries.remove(key);
        taken.ok_or_else(|| {
            phrase!(
                "{place} is missing",
                "{place} がない",
                place = self.place_of(key)
            )
        })
    }

    /// Text that `parse` takes.
    pub(in crate::command) fn text<T, E: Into<Phrase>>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Phrase> {
        let value = self.take(key)?;
        let text = value
            .as_str()
            .ok_or_else(|| self.bad(key, &phrase!("not text", "文字列ではない")))?;
        parse(text).map_err(|error| self.bad(key, &error.into()))
    }

    /// A number without sign that fits.
    pub(in crate::command) fn number<T: TryFrom<u64>>(&mut self, key: &str) -> Result<T, Phrase> {
        let value = self.take(key)?;
        integer(value)
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| {
                self.bad(
                    key,
                    &phrase!("not a whole number in range", "範囲内の整数ではない"),
                )
            })
    }

    /// A whole number that may be left out.
    pub(in crate::command) fn some_number<T: TryFrom<u64>>(
        &mut self,
        key: &str,
    ) -> Result<Option<T>, Phrase> {
        if self.has(key) {
            self.number(key).map(Some)
        } else {
            Ok(None)
        }
    }

    /// An amount: text in BTC, or whole satoshi. A float is neither.
    pub(in crate::command) fn amount(&mut self, key: &str) -> Result<Amount, Phrase> {
        let value = self.take(key)?;
        let read = match (value.as_str(), integer(value)) {
            (Some(text), _) => money::parse_btc(text),
            (None, Some(sats)) => money::parse_sats(&sats.to_string()),
            (None, None) => Err(phrase!(
                "neither BTC as text (\"0.50000000\") nor whole satoshi",
                "BTCの文字列(\"0.50000000\")でも satoshi の整数でもない"
            )),
        };
        read.map_err(|error| self.bad(key, &error))
    }

    /// A table inside.
    pub(in crate::command) fn table(&mut self, key: &str) -> Result<Self, Phrase> {
        let place = self.place_of(key);
        match self.take(key)? {
            DeValue::Table(table) => Ok(Self::new(&place, table)),
            _ => Err(phrase!(
                "{place}: not a table",
                "{place}: 表ではない",
                place = place
            )),
        }
    }

    /// Text that `parse` takes, where there is some.
    pub(in crate::command) fn text_if_any<T, E: Into<Phrase>>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Phrase> {
        if self.has(key) {
            self.text(key, parse).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Tables inside: `[[key]]`, at least one.
    pub(in crate::command) fn tables(&mut self, key: &str) -> Result<Vec<Self>, Phrase> {
        let place = self.place_of(key);
        let wrong = || {
            phrase!(
                "{place}: not a list of tables [[{key}]]",
                "{place}: 表 [[{key}]] の一覧ではない",
                place = place,
                key = key
            )
        };
        let array = self.take(key)?.as_array().ok_or_else(wrong)?;
        array
            .iter()
            .enumerate()
            .map(|(n, item)| match item.get_ref() {
                DeValue::Table(table) => Ok(Self::new(&format!("{place} {}", n + 1), table)),
                _ => Err(wrong()),
            })
            .collect()
    }

    /// Tables inside, where there are any.
    pub(in crate::command) fn some_tables(&mut self, key: &str) -> Result<Vec<Self>, Phrase> {
        if self.has(key) {
            self.tables(key)
        } else {
            Ok(Vec::new())
        }
    }

    /// A list of texts.
    pub(in crate::command) fn texts(&mut self, key: &str) -> Result<Vec<&'t str>, Phrase> {
        let value = self.take(key)?;
        let texts = value.as_array().and_then(|array| {
            let texts = array.iter().map(|item| item.get_ref().as_str());
            texts.collect::<Option<Vec<_>>>()
        });
        texts.ok_or_else(|| self.bad(key, &phrase!("not a list of texts", "文字列の一覧ではない")))
    }

    /// Refuses keys that nobody took.
    pub(in crate::command) fn end(self) -> Result<(), Phrase> {
        match self.entries.keys().next() {
            None => Ok(()),
            Some(key) => Err(phrase!(
                "{place} is not known",
                "{place} は未知の項目である",
                place = self.place_of(key)
            )),
        }
    }
}

fn integer(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

//! Reading one TOML table to its last key.

use signer_core::rule::Phrase;

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::ProfileError;

/// A table of which every key must be taken.
pub(super) struct Table<'t> {
    place: String,
    entries: BTreeMap<&'t str, &'t DeValue<'t>>,
}

impl<'t> Table<'t> {
    /// A whole profile.
    pub(super) fn root(table: &'t DeTable<'t>) -> Self {
        Self::new(String::new(), table)
    }

    fn new(place: String, table: &'t DeTable<'t>) -> Self {
        let entries = table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()))
            .collect();
        Self { place, entries }
    }

    fn place_of(&self, key: &str) -> String {
        if self.place.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place)
        }
    }

    /// The error that `key` has another form than expected, in English and in Japanese.
    pub(super) fn bad(&self, key: &str, [en, ja]: [&str; 2]) -> ProfileError {
        ProfileError::Value {
            key: self.place_of(key),
            expected: Phrase::new(en, ja),
        }
    }

    fn optional(&mut self, key: &str) -> Option<&'t DeValue<'t>> {
        self.entries.remove(key)
    }

    fn required(&mut self, key: &str) -> Result<&'t DeValue<'t>, ProfileError> {
        self.optional(key)
            .ok_or_else(|| ProfileError::Missing(self.place_of(key)))
    }

    /// A table inside.
    pub(super) fn table(&mut self, key: &str) -> Result<Self, ProfileError> {
        match self.required(key)? {
            DeValue::Table(table) => Ok(Self::new(self.place_of(key), table)),
            _ => Err(self.bad(key, ["a table", "表"])),
        }
    }

    /// The names of all keys that nobody took yet.
    pub(super) fn names(&self) -> Vec<String> {
        self.entries.keys().map(|key| (*key).to_owned()).collect()
    }

    /// Text.
    pub(super) fn text(&mut self, key: &str) -> Result<&'t str, ProfileError> {
        let value = self.required(key)?;
        value
            .as_str()
            .ok_or_else(|| self.bad(key, ["text", "文字列"]))
    }

    /// Text that may be missing.
    pub(super) fn optional_text(&mut self, key: &str) -> Result<Option<&'t str>, ProfileError> {
        if self.entries.contains_key(key) {
            self.text(key).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A number without sign.
    pub(super) fn number(&mut self, key: &str) -> Result<u32, ProfileError> {
        let value = self.required(key)?;
        value
            .as_integer()
            .and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok())
            .ok_or_else(|| {
                self.bad(
                    key,
                    ["a number from 0 to 4294967295", "0から4294967295の数"],
                )
            })
    }

    /// A number of this kind.
    pub(super) fn number_in(
        &mut self,
        key: &str,
        good: impl Fn(u32) -> bool,
        expected: [&str; 2],
    ) -> Result<u32, ProfileError> {
        let number = self.number(key)?;
        if good(number) {
            Ok(number)
        } else {
            Err(self.bad(key, expected))
        }
    }

    /// One of the names of an enum.
    pub(super) fn named<T: Copy>(
        &mut self,
        key: &str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, ProfileError> {
        let text = self.text(key)?;
        let found = all.iter().copied().find(|value| name(*value) == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = all.iter().copied().map(name).collect();
            let names = names.join(", ");
            self.bad(key, [&names; 2])
        })
    }

    /// True or false.
    pub(super) fn truth(&mut self, key: &str) -> Result<bool, ProfileError> {
        let value = self.required(key)?;
        value
            .as_bool()
            .ok_or_else(|| self.bad(key, ["true or false", "true または false"]))
    }

    /// A list of texts, none of them twice.
    pub(super) fn texts(&mut self, key: &str) -> Result<Vec<&'t str>, ProfileError> {
        let value = self.required(key)?;
        let expected = ["a list of texts, each once", "重複のない文字列の一覧"];
        let array = value.as_array().ok_or_else(|| self.bad(key, expected))?;
        let mut texts = Vec::new();
        for item in array {
            match item.get_ref().as_str() {
                Some(text) if !texts.contains(&text) => texts.push(text),
                _ => return Err(self.bad(key, expected)),
            }
        }
        Ok(texts)
    }

    /// Texts that `take` takes, none of them twice.
    pub(super) fn list_of<T>(
        &mut self,
        key: &str,
        take: impl Fn(&str) -> Option<T>,
        expected: [&str; 2],
    ) -> Result<Vec<T>, ProfileError> {
        let texts = self.texts(key)?;
        let taken: Option<Vec<T>> = texts.into_iter().map(take).collect();
        taken.ok_or_else(|| self.bad(key, expected))
    }

    /// What `named` takes of a text.
    pub(super) fn one_of<T>(
        &mut self,
        key: &str,
        named: impl Fn(&str) -> Option<T>,
        expected: [&str; 2],
    ) -> Result<T, ProfileError> {
        let text = self.text(key)?;
        named(text).ok_or_else(|| self.bad(key, expected))
    }

    /// Refuses keys that nobody took.
    pub(super) fn end(self) -> Result<(), ProfileError> {
        match self.entries.keys().next() {
            None => Ok(()),
            Some(key) => Err(ProfileError::Unknown(self.place_of(key))),
        }
    }
}

//! `[verification]`: which values of a profile nobody has verified, and why they stand there.

use std::collections::BTreeSet;

use signer_core::token::{Assurance, Line};
use toml::de::{DeTable, DeValue};

use super::ProfileError;
use super::table::Table;

/// A value of the profile that nobody has verified on a device or in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedValue {
    /// The value, as `table.key`.
    pub key: Line,
    /// Why it is not verified.
    pub why: Line,
}

/// What the table says.
pub(super) struct Verification {
    pub(super) assurance: Assurance,
    pub(super) unverified: Vec<UnverifiedValue>,
}

/// What a profile is made for: `profile.assurance`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MadeFor {
    Tests,
    Hardware,
}

impl MadeFor {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "test-only" => Some(Self::Tests),
            "hardware" => Some(Self::Hardware),
            _ => None,
        }
    }
}

/// Reads the table. `verified` says when, on which firmware and by whom, and lists no value;
/// `unverified` lists at least one, and each that it lists is in the profile.
pub(super) fn read(
    mut table: Table<'_>,
    made_for: MadeFor,
    keys: &BTreeSet<String>,
) -> Result<Verification, ProfileError> {
    let status = |name: &str| match name {
        "verified" => Some(Assurance::Verified),
        "unverified" => Some(Assurance::Unverified),
        _ => None,
    };
    let status = table.one_of(
        "status",
        status,
        ["verified or unverified", "verified または unverified"],
    )?;
    let mut unverified = Vec::new();
    if status == Assurance::Verified {
        for key in ["on", "firmware", "by"] {
            table.one_of(
                key,
                Line::new,
                ["a line of printable ASCII", "表示可能なASCIIの1行"],
            )?;
        }
    } else {
        let mut listed = table.table("unverified")?;
        for key in listed.names() {
            if !keys.contains(&key) {
                return Err(listed.bad(
                    &key,
                    [
                        "the table.key of a value in this profile",
                        "このプロファイルの値の「表.項目」",
                    ],
                ));
            }
            let why = listed.one_of(
                &key,
                reason,
                ["why it is not verified, in one line", "未検証の理由を1行で"],
            )?;
            unverified.push(UnverifiedValue {
                key: Line::lossy(&key),
                why,
            });
        }
        listed.end()?;
        if unverified.is_empty() {
            return Err(table.bad("unverified", ["at least one value", "1つ以上の値"]));
        }
    }
    table.end()?;
    let assurance = match made_for {
        MadeFor::Tests => Assurance::TestOnly,
        MadeFor::Hardware => status,
    };
    Ok(Verification {
        assurance,
        unverified,
    })
}

fn reason(text: &str) -> Option<Line> {
    Line::new(text).filter(|line| !line.as_str().is_empty())
}

/// Every `table.key` of a profile.
pub(super) fn keys(document: &DeTable<'_>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (table, value) in document {
        if let DeValue::Table(inner) = value.get_ref() {
            let inner = inner.keys();
            keys.extend(inner.map(|key| format!("{}.{}", table.get_ref(), key.get_ref())));
        }
    }
    keys
}

//! `[fips]`: a certificate as the list showed it when somebody looked, or none.

use signer_core::token::{Date, FipsClaim, FipsLevel, FipsList, FipsListing, FipsStandard, Line};

use super::ProfileError;
use super::table::Table;

const LINE: [&str; 2] = ["a line of printable ASCII", "表示可能なASCIIの1行"];
const DATE: [&str; 2] = ["a date as 2026-09-21", "2026-09-21 の形の日付"];

/// Reads the table. What is true today is computed from it elsewhere: a file cannot say it.
pub(super) fn read(mut table: Table<'_>) -> Result<FipsClaim, ProfileError> {
    let status = |name: &str| match name {
        "none" => Some(None),
        _ => FipsList::ALL
            .iter()
            .find(|list| list.name() == name)
            .map(|list| Some(*list)),
    };
    let expected = [
        "none, active, interim or historical: as it was on checked_on",
        "checked_on の日の状態: none、active、interim、historical のいずれか",
    ];
    let claim = match table.one_of("status", status, expected)? {
        None => FipsClaim::Never(table.one_of("why", some_line, LINE)?),
        Some(list) => FipsClaim::Listed(listing(&mut table, list)?),
    };
    table.end()?;
    Ok(claim)
}

fn listing(table: &mut Table<'_>, list: FipsList) -> Result<FipsListing, ProfileError> {
    let sunset = match table.optional_text("sunset")? {
        None => None,
        Some(text) => Some(Date::parse(text).ok_or_else(|| table.bad("sunset", DATE))?),
    };
    Ok(FipsListing {
        certificate: table.number("certificate")?,
        module: table.one_of("module", some_line, LINE)?,
        standard: table.named("standard", FipsStandard::ALL, FipsStandard::name)?,
        level: table.named("level", FipsLevel::ALL, FipsLevel::name)?,
        list,
        firmware: table.list_of("firmware", some_line, ["a list of versions", "版の一覧"])?,
        sunset,
        checked_on: table.one_of("checked_on", Date::parse, DATE)?,
        source: table.one_of("source", some_line, LINE)?,
    })
}

fn some_line(text: &str) -> Option<Line> {
    Line::new(text).filter(|line| !line.as_str().is_empty())
}

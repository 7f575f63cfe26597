//! From the text of a profile to a [`Profile`]: every key known, every value one that the driver
//! serves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use signer_core::digest::FileDigest;
use signer_core::token::{
    Assurance, KeyAttribute, KeyStorage, Line, LocalClaim, Relaxations, WrapBackup,
};
use signer_core::types::Id;
use toml::de::DeTable;

use super::table::Table;
use super::{
    Consequence, EcTable, GenerateTable, Limits, LoginTable, ModuleTable, PointForm, Profile,
    ProfileError, Sent, Serial, TokenTable,
};
use crate::error::ErrorClass;

/// Reads a whole profile.
pub(super) fn profile(text: &str) -> Result<Profile, ProfileError> {
    let document = DeTable::parse(text).map_err(|e| ProfileError::NotToml(one_line(&e)))?;
    let mut root = Table::root(document.get_ref());
    let mut head = root.table("profile")?;
    let profile = Profile {
        digest: FileDigest::over(&[text.as_bytes()]),
        id: head.one_of("id", |t| Id::new(t).ok(), "1 to 32 of a-z 0-9 . _ -")?,
        vendor: line(&mut head, "vendor")?,
        model: line(&mut head, "model")?,
        product: line(&mut head, "product")?,
        version: head.number("version")?,
        assurance: assurance(&mut head)?,
        key_storage: head.one_of(
            "key_storage",
            KeyStorage::from_name,
            "internal, wrapped-on-host or software",
        )?,
        module: module(root.table("module")?)?,
        token: token(root.table("token")?)?,
        login: login(root.table("login")?)?,
        ec: ec(root.table("ec")?)?,
        generate: generate(root.table("generate")?)?,
        relaxations: check(root.table("check")?)?,
        limits: limits(root.table("limits")?)?,
        errors: errors(root.table("errors")?)?,
        fips: fips(root.table("fips")?)?,
    };
    head.end()?;
    only(root.table("derivation")?, "kind")?;
    only(root.table("attestation")?, "kind")?;
    only(root.table("backup")?, "method")?;
    root.end()?;
    Ok(profile)
}

fn line(table: &mut Table<'_>, key: &str) -> Result<Line, ProfileError> {
    table.one_of(key, Line::new, "a line of printable ASCII")
}

/// A verified profile says when, on which firmware and by whom it was verified.
fn assurance(head: &mut Table<'_>) -> Result<Assurance, ProfileError> {
    let names = "test-only, unverified or verified";
    let assurance = head.one_of("assurance", Assurance::from_name, names)?;
    if assurance == Assurance::Verified {
        line(head, "verified_on")?;
        line(head, "verified_firmware")?;
        line(head, "verified_by")?;
    }
    Ok(assurance)
}

fn module(mut table: Table<'_>) -> Result<ModuleTable, ProfileError> {
    let module = ModuleTable {
        paths: table
            .texts("paths")?
            .into_iter()
            .map(PathBuf::from)
            .collect(),
        environment: table
            .texts("environment")?
            .into_iter()
            .map(str::to_owned)
            .collect(),
        library: table
            .texts("library")?
            .into_iter()
            .map(Line::lossy)
            .collect(),
    };
    table.end()?;
    Ok(module)
}

fn token(mut table: Table<'_>) -> Result<TokenTable, ProfileError> {
    let serial = |name: &str| match name {
        "present" => Some(Serial::Present),
        "absent" => Some(Serial::Absent),
        _ => None,
    };
    let token = TokenTable {
        serial: table.one_of("serial", serial, "present or absent")?,
        min_firmware: table.optional_text("min_firmware")?.map(Line::lossy),
    };
    table.end()?;
    Ok(token)
}

fn login(mut table: Table<'_>) -> Result<LoginTable, ProfileError> {
    let consequence = |name: &str| match name {
        "none" => Some(Consequence::None),
        "lock" => Some(Consequence::Lock),
        "wipe" => Some(Consequence::Wipe),
        _ => None,
    };
    table.one_of("kind", exactly("pin"), "pin")?;
    let login = LoginTable {
        min: length(&mut table, "min")?,
        max: length(&mut table, "max")?,
        tries: table.number("tries")?,
        consequence: table.one_of("consequence", consequence, "none, lock or wipe")?,
    };
    table.end()?;
    Ok(login)
}

fn length(table: &mut Table<'_>, key: &str) -> Result<usize, ProfileError> {
    let number = table.number(key)?;
    usize::try_from(number).map_err(|_| table.bad(key, "a length"))
}

/// Curve by OID, 32-byte digests and r||s are the only forms that the driver serves.
fn ec(mut table: Table<'_>) -> Result<EcTable, ProfileError> {
    let point = |name: &str| match name {
        "der" => Some(PointForm::Der),
        "raw" => Some(PointForm::Raw),
        "either" => Some(PointForm::Either),
        _ => None,
    };
    table.one_of("params", exactly("oid"), "oid")?;
    let ec = EcTable {
        point: table.one_of("point", point, "der, raw or either")?,
    };
    if table.number("digest_len")? != 32 {
        return Err(table.bad("digest_len", "32"));
    }
    table.one_of("signature", exactly("rs64"), "rs64")?;
    // A fact for readers: the driver brings S down in any case.
    table.truth("low_s_by_hsm")?;
    table.end()?;
    Ok(ec)
}

fn generate(mut table: Table<'_>) -> Result<GenerateTable, ProfileError> {
    let mut send = Vec::new();
    for name in table.texts("send")? {
        let expected = "attributes that are not sent in any case, each once";
        send.push(Sent::from_name(name).ok_or_else(|| table.bad("send", expected))?);
    }
    let generate = GenerateTable {
        send,
        pool_max: table.number("pool_max")?,
    };
    table.end()?;
    Ok(generate)
}

fn check(mut table: Table<'_>) -> Result<Relaxations, ProfileError> {
    let local = |name: &str| match name {
        "required" => Some(LocalClaim::Required),
        "unreliable" => Some(LocalClaim::Unreliable),
        _ => None,
    };
    let local = table.one_of("local", local, "required or unreliable")?;
    let extractable = if table.truth("extractable_means_wrap")? {
        WrapBackup::MeansWrap
    } else {
        WrapBackup::Forbidden
    };
    let mut absent_ok = Vec::new();
    for name in table.texts("absent_ok")? {
        let attribute = KeyAttribute::from_name(name);
        absent_ok.push(attribute.ok_or_else(|| table.bad("absent_ok", "attributes of keys"))?);
    }
    absent_ok.sort_unstable();
    table.end()?;
    Ok(Relaxations {
        local,
        extractable,
        absent_ok,
    })
}

fn limits(mut table: Table<'_>) -> Result<Limits, ProfileError> {
    let limits = Limits {
        sessions: table.number("sessions")?,
        timeout_ms: table.number("timeout_ms")?,
    };
    table.end()?;
    Ok(limits)
}

fn errors(mut table: Table<'_>) -> Result<BTreeMap<String, ErrorClass>, ProfileError> {
    let mut errors = BTreeMap::new();
    for (name, class) in ErrorClass::NAMED {
        for code in table.texts(name)? {
            let known = code.starts_with("CKR_") || code.starts_with("0x8");
            if !known || errors.insert(code.to_owned(), class).is_some() {
                return Err(table.bad(name, "CKR_ names or 0x8 numbers, each in one class"));
            }
        }
    }
    table.end()?;
    Ok(errors)
}

/// What may be said of a FIPS validation, in one line.
fn fips(mut table: Table<'_>) -> Result<Line, ProfileError> {
    let status = line(&mut table, "status")?;
    let mut text = status.to_string();
    let fields = [
        "standard",
        "level",
        "certificate",
        "firmware",
        "sunset",
        "checked_on",
        "source",
    ];
    for field in fields {
        if let Some(value) = table.optional_text(field)? {
            // Writing to a String cannot fail.
            let _ = write!(text, "; {field} {value}");
        }
    }
    table.end()?;
    Line::new(&text).ok_or_else(|| ProfileError::Value {
        key: "fips".into(),
        expected: format!("at most {} printable characters in all", Line::MAX),
    })
}

/// A table that can only say `none` until the driver serves another value.
fn only(mut table: Table<'_>, key: &str) -> Result<(), ProfileError> {
    table.one_of(key, exactly("none"), "none")?;
    table.end()
}

fn exactly(name: &'static str) -> impl Fn(&str) -> Option<()> {
    move |text| (text == name).then_some(())
}

fn one_line(error: &toml::de::Error) -> String {
    error
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

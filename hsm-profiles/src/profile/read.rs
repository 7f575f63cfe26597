//! From the text of a profile to a [`Profile`]: every key known, every value one that the driver
//! serves.

use std::collections::BTreeMap;
use std::path::PathBuf;

use signer_core::digest::FileDigest;
use signer_core::token::{
    AnchorStore, KeyAttribute, KeyStorage, Line, LocalClaim, LoginKind, Pattern, Relaxations,
    WrapBackup,
};
use signer_core::types::Id;
use toml::de::DeTable;

use super::codes::is_code;
use super::facts::{
    Attestation, Backup, Consequence, Derivation, EcTable, GenerateTable, Initialise, Limits,
    LoginRole, LoginTable, ModuleTable, PointForm, PointOnPrivate, Sent, Serial, TokenTable,
};
use super::fips;
use super::table::Table;
use super::verification::{self, MadeFor};
use super::{Profile, ProfileError};
use crate::error::ErrorClass;

/// Reads a whole profile.
pub(super) fn profile(text: &str) -> Result<Profile, ProfileError> {
    let document = DeTable::parse(text).map_err(|e| ProfileError::NotToml(one_line(&e)))?;
    let keys = verification::keys(document.get_ref());
    let mut root = Table::root(document.get_ref());
    let mut head = root.table("profile")?;
    let made_for = head.one_of(
        "assurance",
        MadeFor::from_name,
        ["test-only or hardware", "test-only または hardware"],
    )?;
    let verified = verification::read(root.table("verification")?, made_for, &keys)?;
    let profile = Profile {
        digest: FileDigest::over(&[text.as_bytes()]),
        id: head.one_of(
            "id",
            |t| Id::new(t).ok(),
            ["1 to 32 of a-z 0-9 . _ -", "a-z 0-9 . _ - の1〜32文字"],
        )?,
        vendor: patterns(&mut head, "vendor")?,
        model: patterns(&mut head, "model")?,
        product: line(&mut head, "product")?,
        version: head.number("version")?,
        assurance: verified.assurance,
        unverified: verified.unverified,
        key_storage: head.one_of(
            "key_storage",
            KeyStorage::from_name,
            [
                "internal, wrapped-on-host or software",
                "internal、wrapped-on-host、software のいずれか",
            ],
        )?,
        module: module(root.table("module")?)?,
        token: token(root.table("token")?)?,
        login: login(root.table("login")?)?,
        ec: ec(root.table("ec")?)?,
        generate: generate(root.table("generate")?)?,
        relaxations: check(root.table("check")?)?,
        limits: limits(root.table("limits")?)?,
        errors: errors(root.table("errors")?)?,
        derivation: derivation(root.table("derivation")?)?,
        attestation: attestation(root.table("attestation")?)?,
        backup: backup(root.table("backup")?)?,
        fips: fips::read(root.table("fips")?)?,
    };
    head.end()?;
    root.end()?;
    Ok(profile)
}

fn line(table: &mut Table<'_>, key: &str) -> Result<Line, ProfileError> {
    table.one_of(
        key,
        Line::new,
        ["a line of printable ASCII", "表示可能なASCIIの1行"],
    )
}

fn optional_line(table: &mut Table<'_>, key: &str) -> Result<Option<Line>, ProfileError> {
    match table.optional_text(key)? {
        None => Ok(None),
        Some(text) => {
            let line = Line::new(text).filter(|line| !line.as_str().is_empty());
            let expected = ["a line of printable ASCII", "表示可能なASCIIの1行"];
            line.map(Some).ok_or_else(|| table.bad(key, expected))
        }
    }
}

/// At least one; a star may end each.
fn patterns(table: &mut Table<'_>, key: &str) -> Result<Vec<Pattern>, ProfileError> {
    let expected = [
        "a list of texts, each with at most a star at its end",
        "文字列の一覧(それぞれ末尾にのみ星印可)",
    ];
    let patterns = table.list_of(key, Pattern::new, expected)?;
    if patterns.is_empty() {
        return Err(table.bad(key, expected));
    }
    Ok(patterns)
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
        library: patterns(&mut table, "library")?,
        daemon: optional_line(&mut table, "daemon")?,
    };
    table.end()?;
    Ok(module)
}

/// What `CkaId` is on a token, in bytes.
const ID_LENGTH: u32 = 16;

fn token(mut table: Table<'_>) -> Result<TokenTable, ProfileError> {
    let token = TokenTable {
        serial: table.named("serial", Serial::ALL, Serial::name)?,
        min_firmware: optional_line(&mut table, "min_firmware")?,
        initialise: table.named("initialise", Initialise::ALL, Initialise::name)?,
        anchor: table.named("anchor", AnchorStore::ALL, AnchorStore::name)?,
        id_max: table.number_in(
            "id_max",
            |length| length >= ID_LENGTH,
            [
                "16 or more bytes: a shorter CKA_ID could not name a key",
                "16バイト以上(短いCKA_IDでは鍵を区別できない)",
            ],
        )?,
    };
    table.end()?;
    Ok(token)
}

fn login(mut table: Table<'_>) -> Result<LoginTable, ProfileError> {
    let login = LoginTable {
        kind: table.named("kind", LoginKind::ALL, LoginKind::name)?,
        min: length(&mut table, "min")?,
        max: length(&mut table, "max")?,
        tries: table.number("tries")?,
        consequence: table.named("consequence", Consequence::ALL, Consequence::name)?,
        generate_as: table.named("generate_as", LoginRole::ALL, LoginRole::name)?,
    };
    // The security officer signs nothing, in PKCS#11 nor on any HSM that was looked at.
    table.one_of("sign_as", exactly("user"), ["user"; 2])?;
    // A key that asks for a login before each signature is refused: nobody types 900 PINs.
    table.one_of("context", exactly("refused"), ["refused"; 2])?;
    if login.min > login.max {
        return Err(table.bad("min", ["at most max", "max 以下"]));
    }
    if (login.tries == 0) != (login.consequence == Consequence::None) {
        return Err(table.bad(
            "tries",
            [
                "0 with the consequence none, else more",
                "consequence が none なら0、それ以外は1以上",
            ],
        ));
    }
    table.end()?;
    Ok(login)
}

fn length(table: &mut Table<'_>, key: &str) -> Result<usize, ProfileError> {
    let number = table.number(key)?;
    usize::try_from(number).map_err(|_| table.bad(key, ["a length", "長さ"]))
}

/// Curve by OID, 32-byte digests and r||s are the only forms that the driver serves.
fn ec(mut table: Table<'_>) -> Result<EcTable, ProfileError> {
    table.one_of("params", exactly("oid"), ["oid"; 2])?;
    let ec = EcTable {
        point: table.named("point", PointForm::ALL, PointForm::name)?,
        point_on_private: table.named(
            "point_on_private",
            PointOnPrivate::ALL,
            PointOnPrivate::name,
        )?,
    };
    if table.number("digest_len")? != 32 {
        return Err(table.bad("digest_len", ["32"; 2]));
    }
    table.one_of("signature", exactly("rs64"), ["rs64"; 2])?;
    // A fact for readers: the driver brings S down in any case.
    table.truth("low_s_by_hsm")?;
    table.end()?;
    Ok(ec)
}

fn generate(mut table: Table<'_>) -> Result<GenerateTable, ProfileError> {
    let sent = |name: &str| Sent::ALL.iter().copied().find(|sent| sent.name() == name);
    let expected = [
        "attributes that are not sent in any case, each once",
        "常に送るもの以外の属性を1回ずつ",
    ];
    let generate = GenerateTable {
        send: table.list_of("send", sent, expected)?,
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
    let local = table.one_of(
        "local",
        local,
        ["required or unreliable", "required または unreliable"],
    )?;
    let extractable = if table.truth("extractable_means_wrap")? {
        WrapBackup::MeansWrap
    } else {
        WrapBackup::Forbidden
    };
    let names = KeyAttribute::from_name;
    let mut absent_ok = table.list_of("absent_ok", names, ["attributes of keys", "鍵の属性"])?;
    absent_ok.sort_unstable();
    table.end()?;
    Ok(Relaxations {
        local,
        extractable,
        absent_ok,
    })
}

fn limits(mut table: Table<'_>) -> Result<Limits, ProfileError> {
    let some = |number: u32| number > 0;
    let limits = Limits {
        sessions: table.number_in("sessions", some, ["1 or more", "1以上"])?,
        timeout_ms: table.number_in("timeout_ms", some, ["1 or more", "1以上"])?,
        parallel: table.number_in("parallel", |number| number == 1, ["1"; 2])?,
    };
    table.end()?;
    Ok(limits)
}

fn errors(mut table: Table<'_>) -> Result<BTreeMap<String, ErrorClass>, ProfileError> {
    let mut errors = BTreeMap::new();
    for (name, class) in ErrorClass::NAMED {
        for code in table.texts(name)? {
            if !is_code(code) || errors.insert(code.to_owned(), class).is_some() {
                return Err(table.bad(
                    name,
                    [
                        "CKR_ names or vendors' 0x numbers, each in one class",
                        "CKR_ の名前または製造者の 0x の番号(1つの分類に1回)",
                    ],
                ));
            }
        }
    }
    table.end()?;
    Ok(errors)
}

fn derivation(mut table: Table<'_>) -> Result<Derivation, ProfileError> {
    let kind = table.named("kind", Derivation::ALL, Derivation::name)?;
    table.end()?;
    Ok(kind)
}

fn attestation(mut table: Table<'_>) -> Result<Attestation, ProfileError> {
    let kind = table.named("kind", Attestation::ALL, Attestation::name)?;
    // The vendor's tool, for the auditors.
    optional_line(&mut table, "tool")?;
    table.end()?;
    Ok(kind)
}

fn backup(mut table: Table<'_>) -> Result<Backup, ProfileError> {
    let method = table.named("method", Backup::ALL, Backup::name)?;
    // Who must come together, for the auditors.
    optional_line(&mut table, "quorum")?;
    table.end()?;
    Ok(method)
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

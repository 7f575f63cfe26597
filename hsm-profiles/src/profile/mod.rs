//! Profiles: what is known of one HSM model, with the source of each value.
//!
//! A profile may only tighten what the driver and the rules ask, but for the closed list of
//! [`Relaxations`]. A key that is not known here is an error, so that a misspelt relaxation or a
//! newer profile never passes silently. Further models add a file under `profiles/` and a line in
//! [`BUILT_IN`]; what a file cannot say becomes another variant of one of the enums here, and the
//! driver's one place that matches on it.

mod codes;
mod facts;
mod fips;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod verification;

use std::collections::BTreeMap;
use std::fmt;

use signer_core::digest::FileDigest;
use signer_core::phrase;
use signer_core::rule::{Explained, Phrase};
use signer_core::token::{
    AnchorStore, Assurance, Evidence, Expectation, FipsClaim, HsmFacts, KeyStorage, Line,
    LoginKind, Pattern, ProfileStanding, Relaxations,
};
use signer_core::types::Id;
use signer_core::types::Lang;

use crate::error::ErrorClass;
pub use facts::{
    Attestation, Backup, Consequence, Derivation, Initialise, Limits, LoginRole, PointOnPrivate,
};
use facts::{EcTable, GenerateTable, LoginTable, ModuleTable, TokenTable};
pub(crate) use facts::{PointForm, Sent, Serial};
pub use verification::UnverifiedValue;

/// A profile's name and its text.
macro_rules! built_in {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../profiles/", $name, ".toml")),
        )
    };
}

/// The profiles that come with the program.
const BUILT_IN: [(&str, &str); 13] = [
    built_in!("cloudhsm-marvell"),
    built_in!("futurex"),
    built_in!("ibm-ep11"),
    built_in!("luna7"),
    built_in!("nethsm"),
    built_in!("nshield-xc"),
    built_in!("nshield5"),
    built_in!("opencryptoki-soft"),
    built_in!("securosys-primus"),
    built_in!("smartcard-hsm"),
    built_in!("softhsm2"),
    built_in!("utimaco"),
    built_in!("yubihsm2"),
];

/// Why a text is not a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// There is no built-in profile of this name.
    NoSuchProfile(String),
    /// Not TOML; the message names the line.
    NotToml(String),
    /// A key is missing.
    Missing(String),
    /// A key that no profile has.
    Unknown(String),
    /// A key has another form, or a value that this driver does not serve.
    Value {
        /// The key.
        key: String,
        /// What is expected.
        expected: Phrase,
    },
}

impl Explained for ProfileError {
    fn what(&self) -> Phrase {
        match self {
            Self::NoSuchProfile(name) => phrase!(
                "there is no profile {name}; known: {known}",
                "プロファイル {name} はない。使えるもの: {known}",
                name = format!("{name:?}"),
                known = Profile::names().collect::<Vec<_>>().join(", ")
            ),
            // What the library says is for those who write profiles, in English.
            Self::NotToml(reason) => Phrase::new(
                &format!("the profile is not TOML: {reason}"),
                "プロファイルがTOML形式ではない",
            ),
            Self::Missing(key) => phrase!(
                "the profile lacks {key}",
                "プロファイルに {key} がない",
                key = key
            ),
            Self::Unknown(key) => phrase!(
                "the profile has the unknown key {key}",
                "プロファイルに未知の項目 {key} がある",
                key = key
            ),
            Self::Value { key, expected } => phrase!(
                "{key} in the profile: expected {expected}",
                "プロファイルの {key}: 期待値 {expected}",
                key = key,
                expected = expected
            ),
        }
    }

    fn advice(&self) -> Phrase {
        phrase!(
            "Name a built-in profile, or give the file of the profile of this HSM model.",
            "内蔵プロファイルの名前、またはこのHSM機種のプロファイルを指定してください。"
        )
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for ProfileError {}

/// What is known of one HSM model.
#[derive(Clone, Debug)]
pub struct Profile {
    digest: FileDigest,
    id: Id,
    vendor: Vec<Pattern>,
    model: Vec<Pattern>,
    product: Line,
    version: u32,
    assurance: Assurance,
    unverified: Vec<UnverifiedValue>,
    key_storage: KeyStorage,
    pub(crate) module: ModuleTable,
    pub(crate) token: TokenTable,
    pub(crate) login: LoginTable,
    pub(crate) ec: EcTable,
    pub(crate) generate: GenerateTable,
    relaxations: Relaxations,
    limits: Limits,
    errors: BTreeMap<String, ErrorClass>,
    derivation: Derivation,
    attestation: Attestation,
    backup: Backup,
    fips: FipsClaim,
}

impl Profile {
    /// The names of the built-in profiles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.into_iter().map(|(name, _)| name)
    }

    /// The built-in profile of this name.
    pub fn named(name: &str) -> Result<Self, ProfileError> {
        BUILT_IN
            .into_iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| ProfileError::NoSuchProfile(name.to_owned()))
            .and_then(|(_, text)| Self::parse(text))
    }

    /// Reads a profile's text.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        read::profile(text)
    }

    /// The digest of the profile's text.
    pub const fn digest(&self) -> FileDigest {
        self.digest
    }

    /// The profile's name.
    pub const fn id(&self) -> &Id {
        &self.id
    }

    /// The HSM model, in words.
    pub const fn product(&self) -> &Line {
        &self.product
    }

    /// The version of the profile's text.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// How far the profile may be trusted.
    pub const fn assurance(&self) -> Assurance {
        self.assurance
    }

    /// What HSM06 judges before a token is opened.
    pub const fn standing(&self) -> ProfileStanding {
        ProfileStanding {
            assurance: self.assurance,
            digest: self.digest,
        }
    }

    /// Values that nobody has verified, in the order of their names.
    pub fn unverified(&self) -> &[UnverifiedValue] {
        &self.unverified
    }

    pub(crate) fn unverified_keys(&self) -> Vec<Line> {
        let values = self.unverified.iter();
        values.map(|value| value.key.clone()).collect()
    }

    /// Where it asks for less than the rules.
    pub const fn relaxations(&self) -> &Relaxations {
        &self.relaxations
    }

    /// Limits of the model.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Most wallet keys on a token.
    pub const fn pool_max(&self) -> u32 {
        self.generate.pool_max
    }

    /// Environment variables that the module reads.
    pub fn environment(&self) -> impl Iterator<Item = &str> {
        self.module.environment.iter().map(String::as_str)
    }

    /// Wrong PINs before the consequence (0: without end), and the consequence.
    pub const fn pin_tries(&self) -> (u32, Consequence) {
        (self.login.tries, self.login.consequence)
    }

    /// What `C_Login` is given.
    pub const fn login_kind(&self) -> LoginKind {
        self.login.kind
    }

    /// Who must be logged in to make keys. The driver serves the user alone: a module of another
    /// profile is not loaded.
    pub const fn generates_as(&self) -> LoginRole {
        self.login.generate_as
    }

    /// What must be running before the module is loaded.
    pub const fn daemon(&self) -> Option<&Line> {
        self.module.daemon.as_ref()
    }

    /// Who initialises a blank token.
    pub const fn initialise(&self) -> Initialise {
        self.token.initialise
    }

    /// Where the head of the journal is kept.
    pub const fn anchor(&self) -> AnchorStore {
        self.token.anchor
    }

    /// The longest `CKA_ID` that a token keeps whole, in bytes.
    pub const fn id_max(&self) -> u32 {
        self.token.id_max
    }

    /// Whether the private object shows its public point.
    pub const fn point_on_private(&self) -> PointOnPrivate {
        self.ec.point_on_private
    }

    /// What the model can derive by itself.
    pub const fn derivation(&self) -> Derivation {
        self.derivation
    }

    /// The vendor's statement about keys.
    pub const fn attestation(&self) -> Attestation {
        self.attestation
    }

    /// How the vendor backs keys up.
    pub const fn backup(&self) -> Backup {
        self.backup
    }

    /// What stands behind attributes that a token of this model reports.
    pub const fn evidence(&self) -> Evidence {
        Evidence::Declared
    }

    /// What HSM02 expects of a token of this profile.
    pub fn expectation(&self, commissioned: Option<HsmFacts>) -> Expectation {
        Expectation {
            vendor: self.vendor.clone(),
            model: self.model.clone(),
            min_firmware: self.token.min_firmware.clone(),
            commissioned,
        }
    }

    pub(crate) const fn key_storage(&self) -> KeyStorage {
        self.key_storage
    }

    /// What is said of a FIPS validation.
    pub const fn fips(&self) -> &FipsClaim {
        &self.fips
    }

    /// What a return code means on this model; [`ErrorClass::Unknown`] where the profile is silent.
    pub(crate) fn class_of(&self, code: &str) -> ErrorClass {
        self.errors
            .get(code)
            .copied()
            .unwrap_or(ErrorClass::Unknown)
    }
}

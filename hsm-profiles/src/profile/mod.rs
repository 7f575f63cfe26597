//! Profiles: what is known of one HSM model, with the source of each value.
//!
//! A profile may only tighten what the driver and the rules ask, but for the closed list of
//! [`Relaxations`]. A key that is not known here is an error, so that a misspelt relaxation or a
//! newer profile never passes silently. Further models add a file under `profiles/` and a line in
//! [`BUILT_IN`]; what a file cannot say becomes another variant of one of the enums here, and the
//! driver's one place that matches on it.

mod read;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use signer_core::digest::FileDigest;
use signer_core::token::{
    Assurance, Evidence, Expectation, HsmFacts, KeyStorage, Line, Relaxations,
};
use signer_core::types::{Id, Network};

use crate::error::ErrorClass;

/// The profiles that come with the program.
const BUILT_IN: [(&str, &str); 1] = [("softhsm2", include_str!("../../profiles/softhsm2.toml"))];

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
        expected: String,
    },
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchProfile(name) => {
                let known: Vec<&str> = Profile::names().collect();
                write!(
                    f,
                    "there is no profile {name:?}; known: {}",
                    known.join(", ")
                )
            }
            Self::NotToml(reason) => write!(f, "the profile is not TOML: {reason}"),
            Self::Missing(key) => write!(f, "the profile lacks {key}"),
            Self::Unknown(key) => write!(f, "the profile has the unknown key {key}"),
            Self::Value { key, expected } => write!(f, "{key} in the profile: expected {expected}"),
        }
    }
}

impl std::error::Error for ProfileError {}

/// What is known of one HSM model.
#[derive(Clone, Debug)]
pub struct Profile {
    digest: FileDigest,
    id: Id,
    vendor: Line,
    model: Line,
    product: Line,
    version: u32,
    assurance: Assurance,
    key_storage: KeyStorage,
    pub(crate) module: ModuleTable,
    pub(crate) token: TokenTable,
    pub(crate) login: LoginTable,
    pub(crate) ec: EcTable,
    pub(crate) generate: GenerateTable,
    relaxations: Relaxations,
    limits: Limits,
    errors: BTreeMap<String, ErrorClass>,
    fips: Line,
}

/// `[module]`
#[derive(Clone, Debug)]
pub(crate) struct ModuleTable {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) environment: Vec<String>,
    /// Makers of modules that lead to such a token.
    pub(crate) library: Vec<Line>,
}

/// `[token]`
#[derive(Clone, Debug)]
pub(crate) struct TokenTable {
    pub(crate) serial: Serial,
    min_firmware: Option<Line>,
}

/// Whether tokens of this model have a serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serial {
    Present,
    Absent,
}

/// `[login]`: by PIN, the one kind that this driver serves.
#[derive(Clone, Debug)]
pub(crate) struct LoginTable {
    pub(crate) min: usize,
    pub(crate) max: usize,
    tries: u32,
    consequence: Consequence,
}

/// What too many wrong PINs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing.
    None,
    /// The PIN is locked.
    Lock,
    /// Every key is wiped.
    Wipe,
}

/// `[ec]`
#[derive(Clone, Debug)]
pub(crate) struct EcTable {
    pub(crate) point: PointForm,
}

/// The form of `CKA_EC_POINT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PointForm {
    /// DER OCTET STRING around the point, as the standard says.
    Der,
    /// The point itself.
    Raw,
    /// One or the other.
    Either,
}

/// `[generate]`
#[derive(Clone, Debug)]
pub(crate) struct GenerateTable {
    pub(crate) send: Vec<Sent>,
    pub(crate) pool_max: u32,
}

/// Attributes of the private template beyond those that every token takes. Their values are the
/// driver's; a profile only says which of them its token takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Derive,
    Decrypt,
    Unwrap,
    SignRecover,
    Modifiable,
    Copyable,
    Destroyable,
    AllowedMechanisms,
}

impl Sent {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "CKA_DERIVE" => Self::Derive,
            "CKA_DECRYPT" => Self::Decrypt,
            "CKA_UNWRAP" => Self::Unwrap,
            "CKA_SIGN_RECOVER" => Self::SignRecover,
            "CKA_MODIFIABLE" => Self::Modifiable,
            "CKA_COPYABLE" => Self::Copyable,
            "CKA_DESTROYABLE" => Self::Destroyable,
            "CKA_ALLOWED_MECHANISMS" => Self::AllowedMechanisms,
            _ => return None,
        })
    }
}

/// `[limits]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sessions that one program may open.
    pub sessions: u32,
    /// Longest time of one call, in milliseconds. PKCS#11 has no time limits of its own: the
    /// driver gives a module up that does not answer within this.
    pub timeout_ms: u32,
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

    /// What stands behind attributes that a token of this model reports.
    pub const fn evidence(&self) -> Evidence {
        Evidence::Declared
    }

    /// What HSM02 expects of a token of this profile.
    pub fn expectation(&self, network: Network, commissioned: Option<HsmFacts>) -> Expectation {
        Expectation {
            network,
            vendor: self.vendor.clone(),
            model: self.model.clone(),
            min_firmware: self.token.min_firmware.clone(),
            commissioned,
        }
    }

    pub(crate) const fn key_storage(&self) -> KeyStorage {
        self.key_storage
    }

    pub(crate) const fn fips(&self) -> &Line {
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

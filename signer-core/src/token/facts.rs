//! Facts of an HSM, as the device card and the transcript hold them.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::{FipsClaim, Line, Relaxations};
use crate::digest::FileDigest;
use crate::types::Id;

/// How far a profile may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Assurance {
    /// Software for rehearsals: never signs for main net.
    #[n(0)]
    TestOnly,
    /// Nobody has run the acceptance test on the device yet: never signs for main net.
    #[n(1)]
    Unverified,
    /// The acceptance test passed on the device, and its result is recorded.
    #[n(2)]
    Verified,
}

impl Assurance {
    /// The name used in profiles and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TestOnly => "test-only",
            Self::Unverified => "unverified",
            Self::Verified => "verified",
        }
    }

    /// What holds where two are stated of one device: a rehearsal is one only where both say so.
    #[must_use]
    pub const fn stricter(self, other: Self) -> Self {
        match self {
            Self::TestOnly => other,
            Self::Unverified | Self::Verified => self,
        }
    }

    /// The assurance of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::TestOnly, Self::Unverified, Self::Verified]
            .into_iter()
            .find(|assurance| assurance.name() == name)
    }
}

/// Where the private keys lie when the HSM is at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum KeyStorage {
    /// Inside the HSM.
    #[n(0)]
    Internal,
    /// On the host's disk, encrypted under a key of the HSM: "never leaves unencrypted".
    #[n(1)]
    WrappedOnHost,
    /// In files of a software token: proves nothing.
    #[n(2)]
    Software,
}

impl KeyStorage {
    /// The name used in profiles and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::WrappedOnHost => "wrapped-on-host",
            Self::Software => "software",
        }
    }

    /// The storage of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Internal, Self::WrappedOnHost, Self::Software]
            .into_iter()
            .find(|storage| storage.name() == name)
    }
}

/// What a token is given at a login (`C_Login`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LoginKind {
    /// A PIN.
    #[n(0)]
    Pin,
    /// Four hexadecimal digits of the key that authenticates, then its password.
    #[n(1)]
    IdAndPassword,
    /// A user's name, a colon, the password.
    #[n(2)]
    UserColonPassword,
    /// Nothing: the secret goes into the HSM by its own keypad or card reader.
    #[n(3)]
    ProtectedPath,
    /// Something that is not looked at: cards were loaded before, by the vendor's tool. A login that
    /// works proves nothing of who is there.
    #[n(4)]
    Preloaded,
}

impl LoginKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Pin,
        Self::IdAndPassword,
        Self::UserColonPassword,
        Self::ProtectedPath,
        Self::Preloaded,
    ];

    /// The name used in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::IdAndPassword => "id_and_password",
            Self::UserColonPassword => "user_colon_password",
            Self::ProtectedPath => "protected_path",
            Self::Preloaded => "preloaded",
        }
    }
}

/// Where a token keeps the head of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum AnchorStore {
    /// In two private data objects.
    #[n(0)]
    DataObject,
    /// Nowhere: the token takes no data objects.
    #[n(1)]
    None,
}

impl AnchorStore {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::DataObject, Self::None];

    /// The name used in profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DataObject => "data-object",
            Self::None => "none",
        }
    }
}

/// What stands behind attributes that were read from a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Evidence {
    /// A statement signed by the vendor's key, for the auditor to verify.
    #[n(0)]
    Attested,
    /// The module's own word.
    #[n(1)]
    Declared,
}

/// The HSM, its module and its profile.
///
/// Module and profile digests are computed by the program that uses them: self-reported.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HsmFacts {
    /// Manufacturer of the token.
    #[n(0)]
    pub vendor: Line,
    /// Model of the token.
    #[n(1)]
    pub model: Line,
    /// Serial number of the token; empty where the token has none. Copies share it.
    #[n(2)]
    pub serial: Line,
    /// Firmware version of the token.
    #[n(3)]
    pub firmware: Line,
    /// Hardware version of the token.
    #[n(4)]
    pub hardware: Line,
    /// Label of the token.
    #[n(5)]
    pub label: Line,
    /// Maker and name of the PKCS#11 module, as it says itself.
    #[n(6)]
    pub module_library: Line,
    /// Version of the PKCS#11 module.
    #[n(7)]
    pub module_version: Line,
    /// The module's file.
    #[n(8)]
    pub module_digest: FileDigest,
    /// The profile.
    #[n(9)]
    pub profile: Id,
    /// The profile's file.
    #[n(10)]
    pub profile_digest: FileDigest,
    /// How far the profile may be trusted.
    #[n(11)]
    pub assurance: Assurance,
    /// Where the keys lie at rest.
    #[n(12)]
    pub key_storage: KeyStorage,
    /// What the profile says of a FIPS validation.
    #[n(13)]
    pub fips: FipsClaim,
    /// Where the profile asks for less than the rules.
    #[n(14)]
    pub relaxations: Relaxations,
    /// Values of the profile that nobody has verified, as `table.key`, in ascending order.
    #[n(15)]
    pub unverified: Vec<Line>,
    /// What the token is given at a login.
    #[n(16)]
    pub login: LoginKind,
    /// Where the token keeps the head of the journal.
    #[n(17)]
    pub anchor: AnchorStore,
}

/// Which HSM one is, wherever two are told apart: by its maker and its serial number. A model is no
/// part of it: a maker's number names one HSM, whatever it calls the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HsmIdentity<'a> {
    /// Who made it.
    pub vendor: &'a Line,
    /// Its serial number.
    pub serial: &'a Line,
}

impl HsmFacts {
    /// Which HSM these facts are of.
    pub const fn identity(&self) -> HsmIdentity<'_> {
        let (vendor, serial) = (&self.vendor, &self.serial);
        HsmIdentity { vendor, serial }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::token::LocalClaim;
    use crate::token::WrapBackup;

    pub(crate) fn softhsm() -> HsmFacts {
        HsmFacts {
            vendor: Line::lossy("SoftHSM project"),
            model: Line::lossy("SoftHSM v2"),
            serial: Line::lossy("0123456789abcdef"),
            firmware: Line::lossy("2.6"),
            hardware: Line::lossy("2.6"),
            label: Line::lossy("himuro-a"),
            module_library: Line::lossy("SoftHSM: Implementation of PKCS11"),
            module_version: Line::lossy("2.6"),
            module_digest: FileDigest::over(&[b"module"]),
            profile: Id::new("softhsm2").unwrap(),
            profile_digest: FileDigest::over(&[b"profile"]),
            assurance: Assurance::TestOnly,
            key_storage: KeyStorage::Software,
            fips: FipsClaim::Never(Line::lossy("software")),
            relaxations: Relaxations::none(),
            unverified: Vec::new(),
            login: LoginKind::Pin,
            anchor: AnchorStore::DataObject,
        }
    }

    #[test]
    fn facts_survive_the_wire() {
        let mut facts = softhsm();
        assert_eq!(
            crate::codec::decode(&crate::codec::encode(&facts)),
            Ok(facts.clone())
        );
        facts.relaxations = Relaxations {
            local: LocalClaim::Unreliable,
            extractable: WrapBackup::MeansWrap,
            absent_ok: Vec::from([crate::token::KeyAttribute::Copyable]),
        };
        facts.unverified.push(Line::lossy("login.max"));
        assert_eq!(
            crate::codec::decode(&crate::codec::encode(&facts)),
            Ok(facts)
        );
    }

    #[test]
    fn names_read_back() {
        for assurance in [
            Assurance::TestOnly,
            Assurance::Unverified,
            Assurance::Verified,
        ] {
            assert_eq!(Assurance::from_name(assurance.name()), Some(assurance));
        }
        for storage in [
            KeyStorage::Internal,
            KeyStorage::WrappedOnHost,
            KeyStorage::Software,
        ] {
            assert_eq!(KeyStorage::from_name(storage.name()), Some(storage));
        }
        assert_eq!(Assurance::from_name("Verified"), None);
    }
}

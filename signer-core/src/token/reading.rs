//! What a token said of its keys and objects.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::{Evidence, Line};
use crate::keys::{CkaId, KeyPoint};

/// A flag of a key as it was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Flag {
    /// The token says true.
    #[n(0)]
    True,
    /// The token says false.
    #[n(1)]
    False,
    /// The token does not say.
    #[n(2)]
    Absent,
}

impl Flag {
    /// The word used in refusals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Absent => "absent",
        }
    }
}

impl From<Option<bool>> for Flag {
    fn from(read: Option<bool>) -> Self {
        match read {
            Some(true) => Self::True,
            Some(false) => Self::False,
            None => Self::Absent,
        }
    }
}

macro_rules! key_attributes {
    ($($(#[$doc:meta])* $n:literal $field:ident $variant:ident $cka:literal;)*) => {
        /// A yes-or-no attribute of a private key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
        #[cbor(index_only)]
        pub enum KeyAttribute {
            $($(#[$doc])* #[n($n)] $variant,)*
        }

        impl KeyAttribute {
            /// Every attribute that is read back, in the order of the wire.
            pub const ALL: [Self; 16] = [$(Self::$variant),*];

            /// Its name in PKCS#11.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $cka,)*
                }
            }

            /// The attribute of this PKCS#11 name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|attribute| attribute.name() == name)
            }
        }

        /// The attributes of one private key, read back from the token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
        #[cbor(map)]
        pub struct KeyAttributes {
            $($(#[$doc])* #[n($n)] pub $field: Flag,)*
            /// Mechanism that made the key (`CKA_KEY_GEN_MECHANISM`), where the token says.
            #[n(16)]
            pub key_gen_mechanism: Option<u64>,
        }

        impl KeyAttributes {
            /// The flags as `read` finds them.
            pub fn read(
                mut read: impl FnMut(KeyAttribute) -> Flag,
                key_gen_mechanism: Option<u64>,
            ) -> Self {
                Self { $($field: read(KeyAttribute::$variant),)* key_gen_mechanism }
            }

            /// One flag.
            pub const fn get(&self, attribute: KeyAttribute) -> Flag {
                match attribute {
                    $(KeyAttribute::$variant => self.$field,)*
                }
            }
        }
    };
}

key_attributes! {
    /// Lives on the token, not in a session.
    0 token Token "CKA_TOKEN";
    /// Seen only after login.
    1 private Private "CKA_PRIVATE";
    /// Its value cannot be read.
    2 sensitive Sensitive "CKA_SENSITIVE";
    /// Was never otherwise.
    3 always_sensitive AlwaysSensitive "CKA_ALWAYS_SENSITIVE";
    /// Can be wrapped and taken out.
    4 extractable Extractable "CKA_EXTRACTABLE";
    /// Could never be taken out.
    5 never_extractable NeverExtractable "CKA_NEVER_EXTRACTABLE";
    /// Was generated on the token.
    6 local Local "CKA_LOCAL";
    /// May sign.
    7 sign Sign "CKA_SIGN";
    /// May derive other keys.
    8 derive Derive "CKA_DERIVE";
    /// May decrypt.
    9 decrypt Decrypt "CKA_DECRYPT";
    /// May unwrap keys.
    10 unwrap Unwrap "CKA_UNWRAP";
    /// May sign with recovery.
    11 sign_recover SignRecover "CKA_SIGN_RECOVER";
    /// May wrap keys; no attribute of private keys, so it is absent on most tokens.
    12 wrap Wrap "CKA_WRAP";
    /// Its attributes may be changed.
    13 modifiable Modifiable "CKA_MODIFIABLE";
    /// May be copied.
    14 copyable Copyable "CKA_COPYABLE";
    /// May be destroyed; recorded, not judged: a destruction ceremony must be able to.
    15 destroyable Destroyable "CKA_DESTROYABLE";
}

/// One key pair: where it is, its public part, and what the token says of its private part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyReading<K> {
    /// Where it is on the token.
    pub id: CkaId,
    /// The public part, checked to be on its curve.
    pub public_key: K,
    /// The private part's attributes.
    pub attributes: KeyAttributes,
    /// What stands behind the attributes.
    pub evidence: Evidence,
}

impl<K> KeyReading<K> {
    /// What [`super::hsm01`] judges.
    pub const fn flags(&self) -> (CkaId, &KeyAttributes) {
        (self.id, &self.attributes)
    }
}

/// Whether a profile's tokens tell the truth in `CKA_LOCAL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LocalClaim {
    /// It must be true.
    #[n(0)]
    Required,
    /// The token reports false, or nothing, for keys that it generated itself.
    #[n(1)]
    Unreliable,
}

/// What `CKA_EXTRACTABLE` true means on a profile's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum WrapBackup {
    /// It must be false.
    #[n(0)]
    Forbidden,
    /// The key can be backed up under the vendor's wrap key.
    #[n(1)]
    MeansWrap,
}

/// The only three ways in which a profile may ask for less than the rules. Each that is used is a
/// notice, and all stand in the transcript.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Relaxations {
    /// `CKA_LOCAL`.
    #[n(0)]
    pub local: LocalClaim,
    /// `CKA_EXTRACTABLE` and `CKA_NEVER_EXTRACTABLE`.
    #[n(1)]
    pub extractable: WrapBackup,
    /// Attributes about which the token may say nothing, in ascending order.
    #[n(2)]
    pub absent_ok: Vec<KeyAttribute>,
}

impl Relaxations {
    /// None: the rules as they are.
    pub const fn none() -> Self {
        Self {
            local: LocalClaim::Required,
            extractable: WrapBackup::Forbidden,
            absent_ok: Vec::new(),
        }
    }
}

/// Which half of a key pair is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Half {
    /// Only the public key: generation was interrupted.
    #[n(0)]
    Public,
    /// Only the private key.
    #[n(1)]
    Private,
}

impl Half {
    /// The name in files and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}

/// A key without its partner: listed, never used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HalfPair {
    /// Where it is on the token.
    #[n(0)]
    pub id: CkaId,
    /// The half that is there.
    #[n(1)]
    pub half: Half,
}

/// A key pair as it stands on the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SeenKey {
    /// Where it is.
    #[n(0)]
    pub id: CkaId,
    /// Its public key; absent where the id stands there more than once.
    #[n(1)]
    pub point: Option<KeyPoint>,
}

/// A key pair that the journal knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// Where it must be.
    pub id: CkaId,
    /// Its public key.
    pub point: KeyPoint,
    /// Whether it must still be there.
    pub presence: Presence,
}

impl KnownKey {
    /// A key that must be there.
    pub fn must(id: CkaId, point: impl Into<KeyPoint>) -> Self {
        Self {
            id,
            point: point.into(),
            presence: Presence::Must,
        }
    }
}

/// Whether a known key must be on the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Must,
    /// Its destruction was begun and is not recorded as done: it may be there, whole or its public
    /// half, or not.
    Ending,
}

/// An object that is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ForeignObject {
    /// Its class, for example `CKO_PRIVATE_KEY`.
    #[n(0)]
    pub class: Line,
    /// Its `CKA_ID` in hexadecimal; empty where it has none.
    #[n(1)]
    pub id: String,
    /// Its label.
    #[n(2)]
    pub label: Line,
}

/// Everything on a token, as seen after login.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Inventory {
    /// Complete key pairs, ascending; one that is doubled stands here as often as it is there.
    #[n(0)]
    pub keys: Vec<SeenKey>,
    /// Keys without a partner.
    #[n(1)]
    pub halves: Vec<HalfPair>,
    /// Anything else, but for the device's two anchors.
    #[n(2)]
    pub foreign: Vec<ForeignObject>,
}

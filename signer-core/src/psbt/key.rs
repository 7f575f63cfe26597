//! Keys of records: which map, which type, and what shape each known type has.

use alloc::vec::Vec;

use crate::digest::DeviceId;
use crate::rule::Place;
use crate::types::{InputIndex, OfficerId, OutputIndex, SessionNumber};

use super::reader::{Cursor, push_compact, push_sized};

/// The version of a PSBT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsbtVersion {
    /// BIP-174.
    V0,
    /// BIP-370.
    V2,
}

impl PsbtVersion {
    /// The number.
    pub const fn number(self) -> u32 {
        match self {
            Self::V0 => 0,
            Self::V2 => 2,
        }
    }
}

/// One of the maps of a PSBT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MapId {
    /// The global map.
    Global,
    /// The map of an input.
    Input(InputIndex),
    /// The map of an output.
    Output(OutputIndex),
}

impl MapId {
    /// The same place in the words of a refusal.
    pub const fn place(self) -> Place {
        match self {
            Self::Global => Place::Whole,
            Self::Input(index) => Place::Input(index),
            Self::Output(index) => Place::Output(index),
        }
    }
}

/// The type of a key: one byte, or a longer CompactSize that no known type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// A type of one byte, up to 0xFC.
    Byte(u8),
    /// A type of three, five or nine bytes: passed through, never read as a known one.
    Wide(u64),
}

pub(super) const GLOBAL_UNSIGNED_TX: u8 = 0x00;
pub(super) const GLOBAL_XPUB: u8 = 0x01;
pub(super) const GLOBAL_TX_VERSION: u8 = 0x02;
pub(super) const GLOBAL_FALLBACK_LOCKTIME: u8 = 0x03;
pub(super) const GLOBAL_INPUT_COUNT: u8 = 0x04;
pub(super) const GLOBAL_OUTPUT_COUNT: u8 = 0x05;
pub(super) const GLOBAL_TX_MODIFIABLE: u8 = 0x06;
pub(super) const GLOBAL_VERSION: u8 = 0xFB;
pub(super) const PROPRIETARY: u8 = 0xFC;

pub(super) const IN_NON_WITNESS_UTXO: u8 = 0x00;
pub(super) const IN_WITNESS_UTXO: u8 = 0x01;
pub(super) const IN_PARTIAL_SIG: u8 = 0x02;
pub(super) const IN_SIGHASH_TYPE: u8 = 0x03;
pub(super) const IN_REDEEM_SCRIPT: u8 = 0x04;
pub(super) const IN_WITNESS_SCRIPT: u8 = 0x05;
pub(super) const IN_BIP32_DERIVATION: u8 = 0x06;
pub(super) const IN_FINAL_SCRIPTSIG: u8 = 0x07;
pub(super) const IN_FINAL_SCRIPTWITNESS: u8 = 0x08;
pub(super) const IN_PREVIOUS_TXID: u8 = 0x0E;
pub(super) const IN_OUTPUT_INDEX: u8 = 0x0F;
pub(super) const IN_SEQUENCE: u8 = 0x10;
pub(super) const IN_REQUIRED_TIME: u8 = 0x11;
pub(super) const IN_REQUIRED_HEIGHT: u8 = 0x12;

pub(super) const OUT_REDEEM_SCRIPT: u8 = 0x00;
pub(super) const OUT_WITNESS_SCRIPT: u8 = 0x01;
pub(super) const OUT_BIP32_DERIVATION: u8 = 0x02;
pub(super) const OUT_AMOUNT: u8 = 0x03;
pub(super) const OUT_SCRIPT: u8 = 0x04;

/// What the key data of a known type must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyData {
    /// Nothing.
    None,
    /// A compressed public key of 33 bytes.
    PublicKey,
    /// A serialized extended public key of 78 bytes.
    Xpub,
    /// Not judged here.
    Any,
}

/// What the value of a known type must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueForm {
    /// Exactly this many bytes.
    Exactly(usize),
    /// Fingerprint and path: 4 bytes and 4 for each level.
    Origin,
    /// Judged where it is read, or free.
    Any,
}

/// In which versions a type may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    Both,
    Only(PsbtVersion),
}

/// What a known type is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Part of our profile.
    Profile,
    /// Another kind of spending: refused by PSB08.
    OtherSpending,
}

/// A known key type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) key_data: KeyData,
    pub(super) value: ValueForm,
    pub(super) versions: Versions,
    pub(super) purpose: Purpose,
}

const fn field(name: &'static str, key_data: KeyData, value: ValueForm) -> Known {
    Known {
        name,
        key_data,
        value,
        versions: Versions::Both,
        purpose: Purpose::Profile,
    }
}

const fn only(
    version: PsbtVersion,
    name: &'static str,
    key_data: KeyData,
    value: ValueForm,
) -> Known {
    Known {
        name,
        key_data,
        value,
        versions: Versions::Only(version),
        purpose: Purpose::Profile,
    }
}

const fn other(name: &'static str) -> Known {
    Known {
        name,
        key_data: KeyData::Any,
        value: ValueForm::Any,
        versions: Versions::Both,
        purpose: Purpose::OtherSpending,
    }
}

/// The known type `key_type` of `map`, as in the type registry of BIP-174.
pub(super) const fn known(map: MapId, key_type: u8) -> Option<Known> {
    match map {
        MapId::Global => known_global(key_type),
        MapId::Input(_) => known_input(key_type),
        MapId::Output(_) => known_output(key_type),
    }
}

const fn known_global(key_type: u8) -> Option<Known> {
    use KeyData::{None as Empty, Xpub};
    use PsbtVersion::{V0, V2};
    use ValueForm::{Any, Exactly, Origin};
    Some(match key_type {
        GLOBAL_UNSIGNED_TX => only(V0, "GLOBAL_UNSIGNED_TX", Empty, Any),
        GLOBAL_XPUB => field("GLOBAL_XPUB", Xpub, Origin),
        GLOBAL_TX_VERSION => only(V2, "GLOBAL_TX_VERSION", Empty, Exactly(4)),
        GLOBAL_FALLBACK_LOCKTIME => only(V2, "GLOBAL_FALLBACK_LOCKTIME", Empty, Exactly(4)),
        GLOBAL_INPUT_COUNT => only(V2, "GLOBAL_INPUT_COUNT", Empty, Any),
        GLOBAL_OUTPUT_COUNT => only(V2, "GLOBAL_OUTPUT_COUNT", Empty, Any),
        GLOBAL_TX_MODIFIABLE => only(V2, "GLOBAL_TX_MODIFIABLE", Empty, Exactly(1)),
        0x07 => other("GLOBAL_SP_ECDH_SHARE"),
        0x08 => other("GLOBAL_SP_DLEQ"),
        0x09 => other("GLOBAL_GENERIC_SIGNED_MESSAGE"),
        GLOBAL_VERSION => field("GLOBAL_VERSION", Empty, Exactly(4)),
        _ => return None,
    })
}

const fn known_input(key_type: u8) -> Option<Known> {
    use KeyData::{None as Empty, PublicKey};
    use PsbtVersion::V2;
    use ValueForm::{Any, Exactly, Origin};
    Some(match key_type {
        IN_NON_WITNESS_UTXO => field("IN_NON_WITNESS_UTXO", Empty, Any),
        IN_WITNESS_UTXO => field("IN_WITNESS_UTXO", Empty, Any),
        IN_PARTIAL_SIG => field("IN_PARTIAL_SIG", PublicKey, Any),
        IN_SIGHASH_TYPE => field("IN_SIGHASH_TYPE", Empty, Exactly(4)),
        IN_REDEEM_SCRIPT => field("IN_REDEEM_SCRIPT", Empty, Any),
        IN_WITNESS_SCRIPT => field("IN_WITNESS_SCRIPT", Empty, Any),
        IN_BIP32_DERIVATION => field("IN_BIP32_DERIVATION", PublicKey, Origin),
        IN_FINAL_SCRIPTSIG => field("IN_FINAL_SCRIPTSIG", Empty, Any),
        IN_FINAL_SCRIPTWITNESS => field("IN_FINAL_SCRIPTWITNESS", Empty, Any),
        0x09 => other("IN_POR_COMMITMENT"),
        0x0A => other("IN_RIPEMD160"),
        0x0B => other("IN_SHA256"),
        0x0C => other("IN_HASH160"),
        0x0D => other("IN_HASH256"),
        IN_PREVIOUS_TXID => only(V2, "IN_PREVIOUS_TXID", Empty, Exactly(32)),
        IN_OUTPUT_INDEX => only(V2, "IN_OUTPUT_INDEX", Empty, Exactly(4)),
        IN_SEQUENCE => only(V2, "IN_SEQUENCE", Empty, Exactly(4)),
        IN_REQUIRED_TIME => only(V2, "IN_REQUIRED_TIME_LOCKTIME", Empty, Exactly(4)),
        IN_REQUIRED_HEIGHT => only(V2, "IN_REQUIRED_HEIGHT_LOCKTIME", Empty, Exactly(4)),
        0x13 => other("IN_TAP_KEY_SIG"),
        0x14 => other("IN_TAP_SCRIPT_SIG"),
        0x15 => other("IN_TAP_LEAF_SCRIPT"),
        0x16 => other("IN_TAP_BIP32_DERIVATION"),
        0x17 => other("IN_TAP_INTERNAL_KEY"),
        0x18 => other("IN_TAP_MERKLE_ROOT"),
        0x1A => other("IN_MUSIG2_PARTICIPANT_PUBKEYS"),
        0x1B => other("IN_MUSIG2_PUB_NONCE"),
        0x1C => other("IN_MUSIG2_PARTIAL_SIG"),
        0x1D => other("IN_SP_ECDH_SHARE"),
        0x1E => other("IN_SP_DLEQ"),
        0x1F => other("IN_SP_SPEND_BIP32_DERIVATION"),
        0x20 => other("IN_SP_TWEAK"),
        _ => return None,
    })
}

const fn known_output(key_type: u8) -> Option<Known> {
    use KeyData::{None as Empty, PublicKey};
    use PsbtVersion::V2;
    use ValueForm::{Any, Exactly, Origin};
    Some(match key_type {
        OUT_REDEEM_SCRIPT => field("OUT_REDEEM_SCRIPT", Empty, Any),
        OUT_WITNESS_SCRIPT => field("OUT_WITNESS_SCRIPT", Empty, Any),
        OUT_BIP32_DERIVATION => field("OUT_BIP32_DERIVATION", PublicKey, Origin),
        OUT_AMOUNT => only(V2, "OUT_AMOUNT", Empty, Exactly(8)),
        OUT_SCRIPT => only(V2, "OUT_SCRIPT", Empty, Any),
        0x05 => other("OUT_TAP_INTERNAL_KEY"),
        0x06 => other("OUT_TAP_TREE"),
        0x07 => other("OUT_TAP_BIP32_DERIVATION"),
        0x08 => other("OUT_MUSIG2_PARTICIPANT_PUBKEYS"),
        0x09 => other("OUT_SP_V0_INFO"),
        0x0A => other("OUT_SP_V0_LABEL"),
        _ => return None,
    })
}

/// What travels in a PSBT for us: global proprietary records with the identifier `himuro`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProprietaryField {
    /// The request. No key data.
    Request,
    /// An officer's approval or rejection. Key data: the officer's identifier.
    Approval,
    /// Block headers. No key data.
    Headers,
    /// A statement of balances. No key data.
    Balance,
    /// A device's receipt. Key data: 32 bytes of device, 4 of session (big-endian).
    Receipt,
}

/// Whether the key data of a proprietary key begins with an identifier and a subtype, each in its
/// shortest form.
pub(super) fn names_a_subtype(key_data: &[u8]) -> bool {
    let mut cursor = Cursor::new(key_data);
    cursor.sized().is_ok() && cursor.compact().is_ok()
}

/// The identifier of our proprietary records.
pub const PROPRIETARY_ID: &[u8] = b"himuro";

impl ProprietaryField {
    /// The subtype number.
    pub const fn number(self) -> u64 {
        match self {
            Self::Request => 0x01,
            Self::Approval => 0x02,
            Self::Headers => 0x03,
            Self::Balance => 0x04,
            Self::Receipt => 0x10,
        }
    }

    /// The name, for a refusal.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Approval => "approval",
            Self::Headers => "headers",
            Self::Balance => "balance",
            Self::Receipt => "receipt",
        }
    }

    const fn of(number: u64) -> Option<Self> {
        match number {
            0x01 => Some(Self::Request),
            0x02 => Some(Self::Approval),
            0x03 => Some(Self::Headers),
            0x04 => Some(Self::Balance),
            0x10 => Some(Self::Receipt),
            _ => None,
        }
    }

    /// The complete key of a record: `FC 06 "himuro" subtype key_data`.
    pub fn key(self, key_data: &[u8]) -> Vec<u8> {
        let mut key = alloc::vec![PROPRIETARY];
        push_sized(&mut key, PROPRIETARY_ID);
        push_compact(&mut key, self.number());
        key.extend_from_slice(key_data);
        key
    }

    /// Key of the one request of a PSBT.
    pub fn request_key() -> Vec<u8> {
        Self::Request.key(&[])
    }

    /// Key of the one header run of a PSBT.
    pub fn headers_key() -> Vec<u8> {
        Self::Headers.key(&[])
    }

    /// Key of the one statement of balances of a PSBT.
    pub fn balance_key() -> Vec<u8> {
        Self::Balance.key(&[])
    }

    /// Key of an officer's approval.
    pub fn approval_key(officer: &OfficerId) -> Vec<u8> {
        Self::Approval.key(officer.as_str().as_bytes())
    }

    /// Key of a device's receipt for a session.
    pub fn receipt_key(device: &DeviceId, session: SessionNumber) -> Vec<u8> {
        let mut key = Self::Receipt.key(device.as_bytes());
        key.extend_from_slice(&session.0.to_be_bytes());
        key
    }

    /// Takes a complete key apart: the field and its key data, where the key is one of ours and
    /// its subtype is known.
    pub fn of_key(key: &[u8]) -> Option<(Self, &[u8])> {
        let (&first, rest) = key.split_first()?;
        let mut cursor = Cursor::new(rest);
        if first != PROPRIETARY || cursor.sized().ok()? != PROPRIETARY_ID {
            return None;
        }
        let field = Self::of(cursor.compact().ok()?)?;
        Some((field, cursor.rest()))
    }
}

//! Why cards, records and wallets were not taken.

use core::fmt;

use bitcoin::secp256k1::PublicKey;

use crate::cose::CoseError;
use crate::digest::{DeviceId, WalletId};
use crate::keys::Fingerprint;
use crate::types::{Chain, Id, KeyIndex, Label, PoolNumber};

/// Why a device card, a wallet record or a registration was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalletError {
    /// Not a signed artefact of this kind, network and purpose.
    Signed(CoseError),
    /// A structure of another version.
    Version(u8),
    /// Of another network or purpose than it was signed for.
    OtherScope,
    /// Made under another root of trust.
    OtherRoot(Id),
    /// Not 2 <= m <= n <= 15.
    Quorum {
        /// m.
        threshold: u8,
        /// n.
        devices: usize,
    },
    /// One device stands there twice, or the devices are not in order.
    DeviceOrder(DeviceId),
    /// Two devices have the same fingerprint.
    RepeatedFingerprint(Fingerprint),
    /// One public key stands in two places.
    RepeatedKey(PublicKey),
    /// The pools of a card are not in ascending order.
    PoolOrder(PoolNumber),
    /// The card has no such pool, or no pool at all.
    NoPool {
        /// The device.
        device: Id,
        /// The pool that was asked for.
        pool: Option<PoolNumber>,
    },
    /// A chain without a key.
    NoKeys(Chain),
    /// A row of the key table that does not hold one key of each device.
    Row(Chain, KeyIndex),
    /// The proof of possession of this key does not verify.
    Possession {
        /// The device.
        device: Id,
        /// The pool.
        pool: PoolNumber,
        /// The chain.
        chain: Chain,
        /// The index.
        index: KeyIndex,
    },
    /// The keys of this pool do not have the attributes of keys born and kept in an HSM.
    Attributes(Id, PoolNumber),
    /// A device whose HSM profile is not verified, on main net.
    NotForMain(Id),
    /// This device is not in the record.
    NotMember,
    /// No card of this co-signer was given.
    CardMissing(Id),
    /// No enrolment of this co-signer was given.
    NotEnrolled(Id),
    /// The record is not the one that the cards make.
    NotFromCards,
    /// Not signed by exactly the devices that it names.
    Signers {
        /// How many of them signed.
        got: usize,
        /// How many there are.
        devices: usize,
    },
    /// An extension of an older record, which this version does not register yet.
    Extension,
    /// The pool of this device serves another wallet already.
    PoolInUse(WalletId),
    /// Another wallet has this name.
    NameInUse(Label),
    /// A descriptor could not be made.
    Descriptor,
}

impl WalletError {
    /// What a person can do.
    const fn advice(&self) -> &'static str {
        match self {
            Self::Signed(_) | Self::Version(_) | Self::OtherScope => {
                "Ask the device that made the file to write it again."
            }
            Self::OtherRoot(_) => "Use devices that were commissioned under one root.",
            Self::Quorum { .. } => "Choose 2 <= m <= n <= 15.",
            Self::DeviceOrder(_) | Self::CardMissing(_) => "Give one card of each device.",
            Self::RepeatedFingerprint(_) => "Commission one of the two devices again.",
            Self::RepeatedKey(_) | Self::Possession { .. } | Self::Attributes(..) => {
                "Do not use this device for a wallet. Report it."
            }
            Self::NoPool { .. } | Self::NoKeys(_) | Self::PoolOrder(_) => {
                "Generate a pool on the device, then write its card again."
            }
            Self::NotForMain(_) => "Run the acceptance test of the HSM, or use another one.",
            Self::NotMember => "Register the wallet on its own devices only.",
            Self::NotEnrolled(_) => "Let the policy administrators enrol the device first.",
            Self::NotFromCards | Self::Row(..) | Self::Descriptor => {
                "Do not register. Draft the record again from the cards; if it differs again, report it."
            }
            Self::Signers { .. } => "Collect the signature of every device of the wallet.",
            Self::Extension => "Register the first version of the wallet.",
            Self::PoolInUse(_) => "Generate a new pool for a new wallet.",
            Self::NameInUse(_) => "Choose another name.",
        }
    }
}

impl fmt::Display for WalletError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(error) => write!(f, "{error}")?,
            Self::Version(got) => write!(f, "version {got} of the structure, expected 1")?,
            Self::OtherScope => f.write_str("made for another network or purpose")?,
            Self::OtherRoot(name) => write!(f, "{name} belongs to another root of trust")?,
            Self::Quorum { threshold, devices } => {
                write!(f, "{threshold} of {devices} devices is no quorum")?;
            }
            Self::DeviceOrder(device) => write!(f, "device {device} twice or out of order")?,
            Self::RepeatedFingerprint(print) => write!(f, "two devices have fingerprint {print}")?,
            Self::RepeatedKey(key) => write!(f, "public key {key} stands in two places")?,
            Self::PoolOrder(pool) => write!(f, "pool {pool} twice or out of order")?,
            Self::NoPool { device, pool: None } => write!(f, "{device} has no pool")?,
            Self::NoPool {
                device,
                pool: Some(pool),
            } => write!(f, "{device} has no pool {pool}")?,
            Self::NoKeys(chain) => write!(f, "no key on chain {}", chain.number())?,
            Self::Row(chain, index) => {
                write!(
                    f,
                    "row {}/{index} is not one key of each device",
                    chain.number()
                )?;
            }
            Self::Possession {
                device,
                pool,
                chain,
                index,
            } => write!(
                f,
                "{device} does not prove that it has key {pool}/{}/{index}",
                chain.number()
            )?,
            Self::Attributes(device, pool) => write!(
                f,
                "keys of pool {pool} of {device} were not born and kept in an HSM"
            )?,
            Self::NotForMain(device) => write!(f, "the HSM of {device} is not verified")?,
            Self::NotMember => f.write_str("this device is not in the record")?,
            Self::CardMissing(device) => write!(f, "no card of {device}")?,
            Self::NotEnrolled(device) => write!(f, "no enrolment of {device}")?,
            Self::NotFromCards => f.write_str("the record is not the one that the cards make")?,
            Self::Signers { got, devices } => {
                write!(f, "signed by {got} of its {devices} devices")?;
            }
            Self::Extension => f.write_str("the record extends another one")?,
            Self::PoolInUse(wallet) => write!(f, "the pool already serves wallet {wallet}")?,
            Self::NameInUse(name) => write!(f, "another wallet is called {name}")?,
            Self::Descriptor => f.write_str("no descriptor for this address")?,
        }
        write!(f, "\n  {}", self.advice())
    }
}

impl core::error::Error for WalletError {}

impl From<CoseError> for WalletError {
    fn from(error: CoseError) -> Self {
        Self::Signed(error)
    }
}

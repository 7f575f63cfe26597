//! How a session begins: the ceremony, the software, the machine and the HSM.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::digest::FileDigest;
use crate::environment::EnvironmentReading;
use crate::random::RandomEvidence;
use crate::rule::RuleLine;
use crate::token::{HsmFacts, Line};
use crate::types::{Lang, SessionNumber};

/// A ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum CeremonyKind {
    /// Commissioning a device.
    #[n(0)]
    Commission,
    /// Generating a pool of keys.
    #[n(1)]
    Keys,
    /// Registering a wallet.
    #[n(2)]
    Wallet,
    /// Installing a roster or enrolments.
    #[n(3)]
    Roster,
    /// Installing a policy.
    #[n(4)]
    Policy,
    /// Taking in headers.
    #[n(5)]
    Headers,
    /// Reviewing and signing a PSBT.
    #[n(6)]
    Sign,
    /// Signing a wallet record or a card.
    #[n(7)]
    Card,
    /// Destroying keys.
    #[n(8)]
    Destroy,
    /// Going on after a cut.
    #[n(9)]
    Resume,
    /// Listing everything on the token.
    #[n(10)]
    Inventory,
    /// Holding a backup or a restored HSM against the device card. The HSM that is looked at is
    /// told nothing: its memory stays as it is.
    #[n(11)]
    Backup,
    /// Retiring a wallet.
    #[n(12)]
    Retire,
    /// Going on from the anchor in the HSM, without the journal up to it. Nothing is written to the
    /// journal in use, and the HSM is told nothing, before the entry that recovers.
    #[n(13)]
    Recover,
    /// Splitting a PIN among its holders.
    #[n(14)]
    SplitPin,
    /// One officer freezes the device.
    #[n(15)]
    Freeze,
    /// Thawing it.
    #[n(16)]
    Thaw,
    /// Putting a restored HSM in the place of the device's. The HSM that is looked at is told nothing
    /// before the entry that replaces.
    #[n(17)]
    Replace,
    /// Settling open partial signatures by proof.
    #[n(18)]
    Settle,
    /// Reviewing and signing a sweep, on a frozen device.
    #[n(19)]
    Sweep,
}

impl CeremonyKind {
    /// The name in files and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commission => "commission",
            Self::Keys => "keys",
            Self::Wallet => "wallet",
            Self::Roster => "roster",
            Self::Policy => "policy",
            Self::Headers => "headers",
            Self::Sign => "sign",
            Self::Card => "card",
            Self::Destroy => "destroy",
            Self::Resume => "resume",
            Self::Inventory => "inventory",
            Self::Backup => "backup",
            Self::Retire => "retire",
            Self::Recover => "recover",
            Self::SplitPin => "split-pin",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Replace => "replace",
            Self::Settle => "settle",
            Self::Sweep => "sweep",
        }
    }

    /// Whether a transaction is reviewed and signed in it.
    pub const fn signs(self) -> bool {
        matches!(self, Self::Sign | Self::Sweep | Self::Resume)
    }

    /// Whether the ceremony only looks: nothing is installed, generated, signed or destroyed.
    pub const fn looks(self) -> Looks {
        match self {
            Self::Inventory | Self::Backup => Looks::Only,
            _ => Looks::AndActs,
        }
    }
}

/// What a ceremony does beside looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// Nothing: it is open to a token that a rule refuses.
    Only,
    /// It changes something.
    AndActs,
}

/// How a session began.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SessionOpened {
    /// The ceremony.
    #[n(0)]
    pub kind: CeremonyKind,
    /// Drawn from the HSM and the kernel.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
    /// Language of the screens.
    #[n(2)]
    pub lang: Lang,
    /// What runs; self-reported.
    #[n(3)]
    pub software: Software,
    /// The machine's clock, in seconds since 1970: a claim.
    #[n(4)]
    pub clock: u64,
    /// The HSM as it shows itself today.
    #[n(6)]
    pub hsm: HsmFacts,
    /// What was read of the machine.
    #[n(7)]
    pub environment: EnvironmentReading,
    /// What ENV and HSM rules said of it.
    #[n(8)]
    pub report: Vec<RuleLine>,
    /// Digest of the last signed seal; absent before the first.
    #[n(9)]
    pub previous_seal: Option<FileDigest>,
    /// What the health tests found of the random numbers.
    #[n(10)]
    pub random: RandomEvidence,
    /// The session that was cut, where this one goes on with what it was about to sign.
    #[n(11)]
    pub resumes: Option<SessionNumber>,
}

/// The machine and the HSM, read again before signing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rechecked {
    /// What was read of the machine.
    #[n(0)]
    pub environment: EnvironmentReading,
    /// What ENV and HSM rules said of it.
    #[n(1)]
    pub report: Vec<RuleLine>,
    /// What the health tests of this session have found of the random numbers by now.
    #[n(2)]
    pub random: RandomEvidence,
    /// The machine's clock, in seconds since 1970: a claim.
    #[n(3)]
    pub clock: u64,
}

/// The software; self-reported.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Software {
    /// Version.
    #[n(0)]
    pub version: Line,
    /// Source revision.
    #[n(1)]
    pub revision: Line,
    /// The program's file.
    #[n(2)]
    pub binary: FileDigest,
    /// The PKCS#11 module's file.
    #[n(3)]
    pub module: FileDigest,
    /// The profile's file.
    #[n(4)]
    pub profile: FileDigest,
}

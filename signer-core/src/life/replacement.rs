//! Replacement: the order of the administrators by which a restored HSM becomes the device's own.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::Standing;
use super::replacement_error::ReplacementError;
use crate::approval::ActiveRoster;
use crate::cose::{Artefact, Endorsed, Scope, SignedBy};
use crate::digest::{CardDigest, FileDigest, ReplacementDigest, RootDigest, RosterDigest};
use crate::headers::KnownTime;
use crate::keys::P256PublicKey;
use crate::rule::Verdict;
use crate::token::{AcceptanceRecord, HsmFacts, Line};
use crate::transcript::Genesis;
use crate::types::Label;

/// The order by which a restored HSM takes the place of the device's HSM, which is retired. Signed
/// by a quorum of policy administrators.
///
/// It names one possession report in the journal, and the generation of the HSM: the order serves
/// once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Replacement {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The root.
    #[n(2)]
    pub root: RootDigest,
    /// The roster whose administrators sign.
    #[n(3)]
    pub roster: RosterDigest,
    /// The device's identity key.
    #[n(4)]
    pub identity: P256PublicKey,
    /// Generation of the new HSM behind the device's name: one more than that of the old one.
    #[n(5)]
    pub generation: u32,
    /// The HSM that is retired, as it stands on the device card.
    #[n(6)]
    pub retired: HsmName,
    /// The restored HSM, as its possession report says.
    #[n(7)]
    pub hsm: HsmFacts,
    /// The acceptance test that the restored HSM has passed (HSM06).
    #[n(8)]
    pub acceptance: Option<AcceptanceRecord>,
    /// The signed possession report, byte for byte.
    #[n(9)]
    pub report: FileDigest,
    /// How many entries the journal had before that report.
    #[n(10)]
    pub entries: u64,
    /// SHA-256 of the last of them.
    #[cbor(n(11), with = "minicbor::bytes")]
    pub head: [u8; 32],
    /// Why, in few words.
    #[n(12)]
    pub reason: Label,
}

/// An HSM by what people read on it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HsmName {
    /// Serial number of the token; empty where the token has none. Copies share it.
    #[n(0)]
    pub serial: Line,
    /// Label of the token.
    #[n(1)]
    pub label: Line,
}

impl HsmName {
    /// The name of an HSM.
    pub fn of(hsm: &HsmFacts) -> Self {
        Self {
            serial: hsm.serial.clone(),
            label: hsm.label.clone(),
        }
    }

    /// What people type of it: the serial number, and the label where there is none.
    pub fn typed(&self) -> &Line {
        if self.serial.as_str().trim().is_empty() {
            &self.label
        } else {
            &self.serial
        }
    }
}

impl core::fmt::Display for HsmName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} ({})", self.serial, self.label)
    }
}

impl Artefact for Replacement {
    const KIND: &'static str = "replacement";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

impl Endorsed<Replacement> {
    /// The digest by which people and journals name this order.
    pub fn replacement_digest(&self) -> ReplacementDigest {
        ReplacementDigest::from_bytes(self.digest(ReplacementDigest::TAG))
    }
}

/// A possession report in the journal, and nothing behind it but looks at backups.
#[derive(Clone, Debug)]
pub struct ProvenHsm {
    /// The signed report.
    pub report: FileDigest,
    /// How many entries the journal had before it.
    pub entries: u64,
    /// SHA-256 of the last of them.
    pub head: [u8; 32],
    /// The card of which every key was asked for.
    pub card: CardDigest,
    /// The HSM.
    pub hsm: HsmFacts,
    /// How its memory stood to the journal.
    pub standing: Standing,
    /// What KEY01 said.
    pub verdict: Verdict,
}

/// What a replacement is held against: all of it from the journal.
#[derive(Clone, Copy, Debug)]
pub struct ReplacementStanding<'a> {
    /// The roster in force.
    pub roster: &'a ActiveRoster,
    /// The device, with the HSM that it has now.
    pub device: &'a Genesis,
    /// The device's newest card.
    pub card: Option<CardDigest>,
    /// Every possession report since anything else was done.
    pub proven: &'a [ProvenHsm],
    /// What is known of the time.
    pub time: KnownTime,
}

/// A replacement that a quorum of administrators signed, of this device's HSM, by one that has
/// proven every key of the newest card since the old one was last used.
#[derive(Clone, Debug)]
pub struct CheckedReplacement {
    endorsed: Endorsed<Replacement>,
    digest: ReplacementDigest,
}

impl CheckedReplacement {
    /// Takes an order of the roster in force for this device and its HSM.
    ///
    /// # Errors
    /// [`ReplacementError`].
    pub fn open(bytes: &[u8], at: ReplacementStanding<'_>) -> Result<Self, ReplacementError> {
        let ReplacementStanding { roster, device, .. } = at;
        let endorsed = roster.open_order::<Replacement>(bytes, at.time)?;
        let order = endorsed.body();
        if order.identity != device.identity {
            return Err(ReplacementError::OtherDevice(order.identity.device_id()));
        }
        let next = device.generation.saturating_add(1);
        if order.generation != next {
            return Err(ReplacementError::Generation {
                next,
                got: order.generation,
            });
        }
        let current = HsmName::of(&device.hsm);
        if order.retired != current {
            return Err(ReplacementError::OtherHsm {
                current,
                got: order.retired.clone(),
            });
        }
        let mut proven = at.proven.iter();
        let proven = proven.find(|proven| proven.report == order.report);
        let proven = proven.ok_or(ReplacementError::NoReport(order.report))?;
        judge_report(order, proven, at.card)?;
        Ok(Self {
            digest: endorsed.replacement_digest(),
            endorsed,
        })
    }

    /// The order.
    pub const fn order(&self) -> &Replacement {
        self.endorsed.body()
    }

    /// The order with its signatures.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.endorsed.to_bytes()
    }

    /// Its digest.
    pub const fn digest(&self) -> ReplacementDigest {
        self.digest
    }
}

/// The report is the one that the order describes, of a restored HSM with every key.
fn judge_report(
    order: &Replacement,
    proven: &ProvenHsm,
    card: Option<CardDigest>,
) -> Result<(), ReplacementError> {
    let stated = (order.entries, &order.head, &order.hsm);
    if stated != (proven.entries, &proven.head, &proven.hsm) || card != Some(proven.card) {
        return Err(ReplacementError::OtherReport);
    }
    match proven.standing {
        Standing::Behind | Standing::Blank => {}
        Standing::Current => return Err(ReplacementError::InUse),
        Standing::Unanchored => return Err(ReplacementError::Unanchored),
    }
    if proven.verdict == Verdict::Passed {
        Ok(())
    } else {
        Err(ReplacementError::NotProven)
    }
}

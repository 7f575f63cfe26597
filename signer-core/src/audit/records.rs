//! The transcripts of a house together: which are there, which verify, which part.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::{Script, ScriptBuf};

use super::answer::AuditCase;
use super::blocks::BlockRange;
use super::finding::Finding;
use super::history::{CaseRecord, DeviceHistory, SessionRecord};
use super::trust::{AuditTrust, TrustedDevice};
use crate::digest::{DeviceId, ReceiptDigest, TxDigest};
use crate::keys::P256PublicKey;
use crate::phrase;
use crate::rule::Phrase;
use crate::transcript::{Findings, Outcome};
use crate::types::{Height, Id, SessionNumber};

/// What is known of the transcript of one trusted device.
#[derive(Debug)]
pub enum Told {
    /// It was replayed, and nothing was found.
    Verified(Box<DeviceHistory>),
    /// It was replayed, and this was found.
    Unverified(Findings),
    /// It was not given.
    Absent,
}

/// One trusted device.
#[derive(Debug)]
pub struct DeviceRecord {
    /// As the trust file names it.
    pub device: TrustedDevice,
    /// Its newest transcript.
    pub told: Told,
}

impl DeviceRecord {
    /// The name, for a line of an answer.
    pub fn subject(&self) -> Phrase {
        phrase!("device {name}", "端末 {name}", name = self.device.name)
    }

    /// The device.
    pub const fn id(&self) -> DeviceId {
        self.device.id
    }

    /// The history, where it is verified.
    pub fn history(&self) -> Option<&DeviceHistory> {
        match &self.told {
            Told::Verified(history) => Some(history),
            Told::Unverified(_) | Told::Absent => None,
        }
    }
}

/// The transcripts of every trusted device.
#[derive(Debug)]
pub struct Records {
    /// What is trusted.
    pub trust: AuditTrust,
    /// Each trusted device, in the order of the trust file.
    pub devices: Vec<DeviceRecord>,
    /// Transcripts of devices that the trust file does not name, by their files.
    pub strangers: Vec<Phrase>,
}

impl Records {
    /// Every verified history.
    pub fn histories(&self) -> impl Iterator<Item = &DeviceHistory> {
        self.devices.iter().filter_map(DeviceRecord::history)
    }

    /// Every reviewed transaction of every device.
    pub fn cases(&self) -> impl Iterator<Item = Held<'_>> {
        self.histories().flat_map(|history| {
            let cases = history.cases();
            cases.map(move |(session, case)| Held {
                history,
                session,
                case,
            })
        })
    }

    /// Every session in which a signature was made, or that let go what a cut session had made: where
    /// the power failed behind the last signature, the session that goes on makes none itself.
    pub fn signed(&self) -> impl Iterator<Item = Held<'_>> {
        self.cases()
            .filter(|held| !held.case.signatures.is_empty() || held.released().is_some())
    }

    /// The transactions that were signed, each once, in the order of the first device's journal.
    pub fn transactions(&self) -> Vec<TxDigest> {
        let mut found = Vec::new();
        for held in self.signed() {
            if !found.contains(&held.case.facts.tx) {
                found.push(held.case.facts.tx);
            }
        }
        found
    }

    /// The blocks in which a spend of what was signed at this height or later may be: from the next
    /// one to the newest that any device knows.
    pub fn blocks_after(&self, signed: Height) -> BlockRange {
        let known = self.histories().map(|history| history.state.height());
        let last = known.max().unwrap_or(signed);
        BlockRange {
            first: last.min(Height(signed.0.saturating_add(1))),
            last,
        }
    }

    /// The history of this device.
    pub fn of(&self, device: &DeviceId) -> Option<&DeviceRecord> {
        self.devices.iter().find(|record| record.id() == *device)
    }

    /// The identity key of a trusted device, from its own card in any history.
    pub fn identity(&self, device: &DeviceId) -> Option<P256PublicKey> {
        self.of(device)?;
        let cards = self.histories().flat_map(|history| history.state.cards());
        let mut keys = cards.map(|card| card.card().identity);
        keys.find(|key| key.device_id() == *device)
    }

    /// Whether every trusted device's transcript is there and verified.
    pub fn complete(&self) -> Completeness {
        let heard = self.devices.iter().all(|record| record.history().is_some());
        if heard && self.unnamed().next().is_none() {
            Completeness::Whole
        } else {
            Completeness::InPart
        }
    }

    /// Whether a script belongs to a wallet that any device registered.
    pub fn owns(&self, script: &Script) -> bool {
        self.histories()
            .any(|history| history.state.wallets().locate(script).is_some())
    }

    /// A case for each device whose transcript says nothing, because it is not there, does not verify,
    /// or is not asked for by the trust file: no answer is given over the others alone.
    pub fn unheard(&self) -> Vec<AuditCase> {
        let silent = self.devices.iter().filter_map(|record| match &record.told {
            Told::Verified(_) => None,
            Told::Absent => Some(AuditCase::missing(
                record.subject(),
                Finding::NoTranscript.phrase(),
            )),
            Told::Unverified(findings) => Some(AuditCase::found(
                record.subject(),
                Finding::NotVerified,
                findings.phrase(),
            )),
        });
        silent.chain(self.unnamed()).collect()
    }

    /// A case for each co-signer of a registered wallet that the trust file does not name: nobody
    /// heard it.
    pub(super) fn unnamed(&self) -> impl Iterator<Item = AuditCase> {
        let mut unnamed: BTreeMap<DeviceId, Id> = BTreeMap::new();
        for history in self.histories() {
            for wallet in history.state.wallets().wallets() {
                for cosigner in wallet.cosigners() {
                    let id = cosigner.identity.device_id();
                    if self.of(&id).is_none() {
                        unnamed.entry(id).or_insert_with(|| cosigner.name.clone());
                    }
                }
            }
        }
        unnamed.into_iter().map(|(id, name)| {
            let subject = phrase!(
                "device {name} ({id}), co-signer of a registered wallet",
                "登録済みウォレットの共同署名者 {name}({id})",
                name = name,
                id = id
            );
            let found = phrase!(
                "the trust file does not name it",
                "信頼ファイルに記載がない"
            );
            AuditCase::missing(subject, found)
        })
    }
}

/// Whether all trusted devices are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every one.
    Whole,
    /// At least one is missing, or does not verify.
    InPart,
}

/// A reviewed transaction where it was found.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The device.
    pub history: &'a DeviceHistory,
    /// The session.
    pub session: &'a SessionRecord,
    /// The transaction.
    pub case: &'a CaseRecord,
}

impl<'a> Held<'a> {
    /// The receipt under which this session let signatures go.
    pub(super) fn released(&self) -> Option<ReceiptDigest> {
        let signed = self.session.outcome == Outcome::Signed;
        self.case.receipt.filter(|_| signed)
    }

    /// The session of this device that went on after this one was cut, and let the signatures go.
    pub(super) fn gone_on(&self) -> Option<Held<'a>> {
        let (history, cut) = (self.history, self);
        let later = history.cases().map(move |(session, case)| Held {
            history,
            session,
            case,
        });
        let mut later = later.filter(|held| held.session.number > cut.session.number);
        later.find(|held| held.case.facts.tx == cut.case.facts.tx && held.released().is_some())
    }

    /// Case, device and session, for a line of an answer.
    pub fn subject(&self) -> Phrase {
        phrase!(
            "case {case}, device {device}, session {session}",
            "案件 {case}、端末 {device}、セッション {session}",
            case = self.case.facts.case,
            device = self.history.name,
            session = self.session.number
        )
    }

    /// The device.
    pub fn device(&self) -> DeviceId {
        self.history.identity.device_id()
    }

    /// Device and session.
    pub const fn place(&self) -> (&DeviceHistory, SessionNumber) {
        (self.history, self.session.number)
    }
}

/// Device and session, for a line of an answer.
pub(super) fn at(history: &DeviceHistory, session: &SessionRecord) -> Phrase {
    phrase!(
        "device {device}, session {session}",
        "端末 {device}、セッション {session}",
        device = history.name,
        session = session.number
    )
}

/// The output script that an input spends by this witness: only ours are asked for.
pub(super) fn spent_scripts(witness_script: &Script) -> [ScriptBuf; 2] {
    let native = witness_script.to_p2wsh();
    let nested = native.to_p2sh();
    [native, nested]
}

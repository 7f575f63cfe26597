//! What a verified transcript says, without its bytes: one record for each session.
//!
//! It grows with sessions and signatures, never with the size of what was signed.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::approval::{KnownHead, Roster, Seat};
use crate::digest::{
    ApprovalDigest, PolicyDigest, ReceiptDigest, RequestDigest, RosterDigest, WalletId,
};
use crate::headers::ChainTip;
use crate::keys::P256PublicKey;
use crate::policy::{ApprovalQuorum, Destination, Policy, Separation, Sweep, WalletRules};
use crate::random::RandomEvidence;
use crate::review::TxFacts;
use crate::rule::{Refusal, RuleLine};
use crate::signing::{Intent, SignatureLine};
use crate::token::HsmFacts;
use crate::transcript::{
    Aborted, CeremonyKind, DeviceState, Exception, JournalHead, Outcome, Software,
};
use crate::types::{Height, Id, Label, Lang, OfficerId, SessionNumber};

/// The life of a device, replayed: every digest was computed again and found equal.
#[derive(Debug)]
pub struct DeviceHistory {
    /// Its name.
    pub name: Id,
    /// Where it stands.
    pub site: Label,
    /// Its identity key.
    pub identity: P256PublicKey,
    /// The HSM at its birth.
    pub birth: HsmFacts,
    /// Every session, in order.
    pub sessions: Vec<SessionRecord>,
    /// Every roster that was installed, in order.
    pub rosters: Vec<InstalledRoster>,
    /// Every policy that was installed, in order.
    pub policies: Vec<InstalledPolicy>,
    /// What all entries mean together.
    pub state: DeviceState,
    /// Where the journal stands.
    pub head: JournalHead,
}

impl DeviceHistory {
    /// Every reviewed transaction with its session, in order.
    pub fn cases(&self) -> impl Iterator<Item = (&SessionRecord, &CaseRecord)> {
        let sessions = self.sessions.iter();
        sessions.filter_map(|session| Some((session, session.case.as_deref()?)))
    }

    /// The newest roster that was installed at this height or below.
    pub fn roster_at(&self, at: Height) -> Option<&InstalledRoster> {
        self.rosters.iter().rev().find(|r| r.installed <= at)
    }

    /// The newest policy that was installed at this height or below.
    pub fn policy_at(&self, at: Height) -> Option<&InstalledPolicy> {
        self.policies.iter().rev().find(|p| p.installed <= at)
    }
}

/// One session.
#[derive(Debug)]
pub struct SessionRecord {
    /// Its number.
    pub number: SessionNumber,
    /// Its ceremony.
    pub kind: CeremonyKind,
    /// The language of its screens.
    pub lang: Lang,
    /// How it ended.
    pub outcome: Outcome,
    /// SHA-256 of its last entry; of a sealed session, of its seal.
    pub last: [u8; 32],
    /// What ran; self-reported.
    pub software: Software,
    /// The HSM as it showed itself.
    pub hsm: HsmFacts,
    /// The machine's clock, in seconds since 1970: a claim.
    pub clock: u64,
    /// The last block that was known when it opened.
    pub before: Option<ChainTip>,
    /// The last block that was known when it ended.
    pub after: Option<ChainTip>,
    /// What the health tests found of the random numbers.
    pub random: RandomEvidence,
    /// What ENV and HSM rules said at its opening, and again before signing.
    pub machine: Vec<RuleLine>,
    /// Who attended.
    pub attended: Vec<Attendee>,
    /// Every refusal.
    pub refusals: Vec<Refusal>,
    /// Officers who rejected.
    pub rejected: Vec<OfficerId>,
    /// How people ended it.
    pub aborted: Option<Aborted>,
    /// Wrong PINs.
    pub wrong_pins: u32,
    /// Deviations from the script.
    pub exceptions: Vec<Exception>,
    /// Screens that were shown.
    pub screens: u32,
    /// Lines that were typed.
    pub answers: u32,
    /// The transaction that passed every rule up to the review.
    pub case: Option<Box<CaseRecord>>,
}

/// Somebody who took a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    /// Who; none where the signature is not one of the roster in force.
    pub officer: Option<OfficerId>,
    /// The seat.
    pub seat: Seat,
}

/// A transaction that passed every rule, and what became of it.
#[derive(Debug)]
pub struct CaseRecord {
    /// What was shown: computed again from the PSBT in the transcript.
    pub facts: TxFacts,
    /// The wallet.
    pub wallet: WalletId,
    /// The request.
    pub request: RequestDigest,
    /// The roster in force.
    pub roster: RosterDigest,
    /// The policy in force.
    pub policy: PolicyDigest,
    /// What it allowed then: what it loosens may have waited.
    pub allowed: Allowed,
    /// Who had to approve.
    pub quorum: ApprovalQuorum,
    /// Who approved what, and at which height.
    pub approvals: Vec<(OfficerId, ApprovalDigest, Height)>,
    /// Who signed the policy, by the roster in force.
    pub policy_signers: Vec<OfficerId>,
    /// Who is kept apart from whom.
    pub separation: Separation,
    /// How many devices sign.
    pub threshold: u8,
    /// Who built the transaction.
    pub builder: OfficerId,
    /// Who is to broadcast it.
    pub broadcaster: OfficerId,
    /// Who attended as witness.
    pub witnesses: Vec<OfficerId>,
    /// The last sealed heads that the requester and the approvers knew.
    pub heads: Vec<KnownHead>,
    /// The height that the device knew.
    pub height: Height,
    /// The height at which it was counted: the later of headers and clock.
    pub counted: Height,
    /// How many screens there were to show.
    pub pages: u32,
    /// How many questions there were to answer.
    pub questions: u32,
    /// What was about to be signed.
    pub intent: Option<Intent>,
    /// What was signed.
    pub signatures: Vec<SignatureLine>,
    /// The receipt.
    pub receipt: Option<ReceiptDigest>,
}

/// What the policy in force allowed a transaction at the height that the device knew: the stricter of
/// it and of the one before it, while what it loosens waits.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The wallet's rules.
    pub rules: WalletRules,
    /// The destinations that are paid.
    pub destinations: Vec<Destination>,
    /// From when all of the policy is in force, where some of it waited.
    pub waits_until: Option<Height>,
    /// By which profile, where it is a sweep.
    pub sweep: Option<Sweep>,
}

/// A roster, as a device took it.
#[derive(Clone, Debug)]
pub struct InstalledRoster {
    /// Its digest.
    pub digest: RosterDigest,
    /// The height that the device knew then.
    pub installed: Height,
    /// What it says.
    pub roster: Roster,
}

/// A policy, as a device took it.
#[derive(Clone, Debug)]
pub struct InstalledPolicy {
    /// Its digest.
    pub digest: PolicyDigest,
    /// The height that the device knew then.
    pub installed: Height,
    /// The height from which all of it is in force, where some of it waited.
    pub waits_until: Option<Height>,
    /// The administrators who signed it.
    pub signers: Vec<OfficerId>,
    /// What it says.
    pub policy: Policy,
}

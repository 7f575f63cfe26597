//! Verification of a transcript: the same pure code runs again on what the journal holds, and
//! everything that it finds is compared with what the journal says.

mod life;
mod signing;

use alloc::vec::Vec;
use core::fmt;

use super::chain::{JournalHead, UnverifiedTranscript, repeated_r};
use super::entry::{Body, Entry, Genesis, SessionOpened};
use super::state::{DeviceState, FoldError};
use crate::digest::RootDigest;
use crate::environment;
use crate::keys::P256PublicKey;
use crate::life::env03;
use crate::phrase;
use crate::random::RandomEvidence;
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleLine};
use crate::token::{HsmFacts, RandomBefore, hsm04, hsm06};

use signing::SessionReplay;

/// What an auditor trusts: pinned once, from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The root of trust.
    pub root: RootDigest,
    /// The device's identity key, from its enrolment.
    pub identity: P256PublicKey,
}

/// A transcript of which every digest was computed again and found equal.
#[derive(Debug)]
pub struct VerifiedTranscript {
    state: DeviceState,
    entries: Vec<Entry>,
    head: JournalHead,
}

impl VerifiedTranscript {
    /// TRN04: Replay of every session gives the recorded digests.
    ///
    /// Chain and seals are verified on the way.
    ///
    /// # Errors
    /// [`Findings`]: TRN01, TRN02, TRN04, and the first refusal in each session.
    pub fn verify(bytes: &[u8], trust: &Trust) -> Result<Self, Findings> {
        let transcript = UnverifiedTranscript::parse(bytes).map_err(Findings::one)?;
        let mut findings = Vec::new();
        let mut state = DeviceState::unborn();
        let mut session = SessionReplay::none();
        for entry in transcript.entries() {
            if let Body::SessionOpened(opened) = &entry.body {
                session = SessionReplay::of(opened);
                findings.extend(opening_again(entry, opened, &state));
            }
            findings.extend(trusted(entry, trust));
            findings.extend(session.follow(entry, &state));
            if let Err(error) = state.apply(entry) {
                findings.push(unfolded(entry, error));
                return Err(Findings(findings));
            }
        }
        findings.extend(unsealed(&state, transcript.head()));
        if !findings.is_empty() {
            return Err(Findings(findings));
        }
        let head = transcript.head();
        Ok(Self {
            state,
            entries: transcript.into_entries(),
            head,
        })
    }

    /// What all entries mean together.
    pub const fn state(&self) -> &DeviceState {
        &self.state
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where the journal stands.
    pub const fn head(&self) -> JournalHead {
        self.head
    }
}

/// What verification found: at least one refusal, in the order of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Refusal>);

impl Findings {
    fn one(refusal: Refusal) -> Self {
        Self(alloc::vec![refusal])
    }

    /// The refusals, in the order of the journal.
    pub fn refusals(&self) -> &[Refusal] {
        &self.0
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, refusal) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&refusal.text(crate::types::Lang::En))?;
        }
        Ok(())
    }
}

impl core::error::Error for Findings {}

/// A refusal by TRN04.
const fn trn04(place: u64, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::TRN04, Place::Entry(place), expected, got)
}

/// A transcript must not bring the keys by which it is judged.
fn trusted(entry: &Entry, trust: &Trust) -> Option<Refusal> {
    let Body::Genesis(genesis) = &entry.body else {
        return None;
    };
    let (root, device) = (genesis.root.digest(), genesis.identity.device_id());
    if root != trust.root {
        let (expected, got) = (Phrase::figure(trust.root), Phrase::figure(root));
        return Some(trn04(entry.sequence, expected, got));
    }
    (genesis.identity != trust.identity).then(|| {
        let expected = Phrase::figure(trust.identity.device_id());
        trn04(entry.sequence, expected, Phrase::figure(device))
    })
}

/// The rules of the machine, of its random numbers and of its HSM, judged again over what was read.
fn opening_again(entry: &Entry, opened: &SessionOpened, state: &DeviceState) -> Option<Refusal> {
    let mut again = environment::judge(&opened.environment, opened.hsm.assurance);
    let before = RandomBefore::Sessions(state.random_samples());
    again.push(random_line(&opened.random, before));
    let birth = state.genesis();
    again.extend(birth.map(|birth| acceptance_line(&opened.hsm, birth)));
    again.extend(state.frozen().map(|frozen| RuleLine {
        rule: RuleId::ENV03,
        verdict: env03(Some(frozen), opened.kind),
    }));
    let missing = again.iter().find(|line| !opened.report.contains(line))?;
    let expected = phrase!(
        "{rule} {verdict}",
        "{rule} {verdict}",
        rule = missing.rule,
        verdict = missing.verdict.phrase()
    );
    let got = phrase!("another verdict", "別の判定");
    Some(trn04(entry.sequence, expected, got))
}

/// HSM04, of which the journal holds all that it judges.
fn random_line(evidence: &RandomEvidence, before: RandomBefore<'_>) -> RuleLine {
    RuleLine {
        rule: RuleId::HSM04,
        verdict: hsm04(evidence, before),
    }
}

/// HSM06 over the HSM as the session found it, and the record from the device's birth.
fn acceptance_line(hsm: &HsmFacts, birth: &Genesis) -> RuleLine {
    let (network, accepted) = (birth.root.scope.network, birth.acceptance.as_ref());
    RuleLine {
        rule: RuleId::HSM06,
        verdict: hsm06(hsm.standing(), Some(hsm), network, accepted),
    }
}

fn unfolded(entry: &Entry, error: FoldError) -> Refusal {
    match error {
        FoldError::Seal(refusal) | FoldError::Key(refusal) | FoldError::Policy(refusal) => refusal,
        FoldError::RepeatedR(r) => repeated_r(&r),
        other => {
            let expected = phrase!("an entry that follows", "続くべき記録");
            trn04(entry.sequence, expected, other.phrase())
        }
    }
}

/// TRN02 for the end: the last session is sealed, and nothing stands after its seal.
fn unsealed(state: &DeviceState, head: JournalHead) -> Option<Refusal> {
    let sealed = state.open().is_none() && state.last_seal().is_some();
    (!sealed).then(|| {
        Refusal::new(
            RuleId::TRN02,
            Place::Entry(head.entries),
            phrase!("a journal that ends with a seal", "封印で終わるジャーナル"),
            phrase!("an open session", "開いたままのセッション"),
        )
    })
}

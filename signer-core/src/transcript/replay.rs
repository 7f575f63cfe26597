//! Verification of a transcript: the same pure code runs again on what the journal holds, and
//! everything that it finds is compared with what the journal says.

mod life;
mod signing;

use alloc::vec::Vec;
use core::fmt;

use super::chain::{JournalHead, nothing, repeated_r};
use super::entry::{Body, CeremonyKind, Entry, Genesis, SessionOpened};
use super::state::{DeviceState, FoldError};
use crate::approval::RequestKind;
use crate::digest::RootDigest;
use crate::environment;
use crate::keys::P256PublicKey;
use crate::life::{Standing, env03};
use crate::phrase;
use crate::random::RandomEvidence;
use crate::review::Review;
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleLine};
use crate::token::{AnchorStore, HsmFacts, RandomBefore, hsm04, hsm06};

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
        // What follows from a broken chain is not what is wrong with it: the chain is told first.
        unbroken(bytes)?;
        let mut replay = Replay::of(trust.clone());
        let mut entries = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (item, after) = replay.split(rest)?;
            entries.push(replay.take(item)?);
            rest = after;
        }
        let (state, head) = replay.finish()?;
        Ok(Self {
            state,
            entries,
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

/// TRN01 for the whole journal.
fn unbroken(bytes: &[u8]) -> Result<(), Findings> {
    let mut head = JournalHead::START;
    let mut rest = bytes;
    while !rest.is_empty() {
        let (item, after) = head.split(rest).map_err(Findings::one)?;
        head.take(item).map_err(Findings::one)?;
        rest = after;
    }
    Ok(())
}

/// A transcript that is verified entry by entry: no entry is kept.
#[derive(Debug)]
pub struct Replay {
    trust: Trust,
    head: JournalHead,
    state: DeviceState,
    session: SessionReplay,
    findings: Vec<Refusal>,
}

impl Replay {
    /// Before the first entry.
    pub fn of(trust: Trust) -> Self {
        Self {
            trust,
            head: JournalHead::START,
            state: DeviceState::unborn(),
            session: SessionReplay::none(),
            findings: Vec::new(),
        }
    }

    /// The bytes of the next entry, and what follows them.
    ///
    /// # Errors
    /// [`Findings`], where they do not begin with a whole entry.
    pub fn split<'a>(&mut self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Findings> {
        let split = self.head.split(bytes);
        split.map_err(|refusal| self.ending(refusal))
    }

    /// Takes the bytes of the next entry: chain, trust, replay and fold.
    ///
    /// # Errors
    /// [`Findings`] where nothing that follows can be judged; all that was found up to here is in it.
    /// Findings after which the journal can be followed are told at the end.
    pub fn take(&mut self, item: &[u8]) -> Result<Entry, Findings> {
        let entry = match self.head.take(item) {
            Ok(entry) => entry,
            Err(refusal) => return Err(self.ending(refusal)),
        };
        if let Body::SessionOpened(opened) = &entry.body {
            self.session = SessionReplay::of(opened);
            let again = opening_again(&entry, opened, &self.state);
            self.findings.extend(again);
        }
        self.findings.extend(trusted(&entry, &self.trust));
        self.findings
            .extend(self.session.follow(&entry, &self.state));
        match self.state.apply(&entry) {
            Ok(()) => Ok(entry),
            Err(error) => Err(self.ending(unfolded(&entry, error))),
        }
    }

    /// Where the journal stands.
    pub const fn head(&self) -> &JournalHead {
        &self.head
    }

    /// What the entries up to here mean.
    pub const fn state(&self) -> &DeviceState {
        &self.state
    }

    /// The review that the open session is in, judged and made again.
    pub(crate) const fn review(&self) -> Option<&Review> {
        self.session.review()
    }

    /// After the last entry.
    ///
    /// # Errors
    /// [`Findings`], in the order of the journal.
    pub fn finish(mut self) -> Result<(DeviceState, JournalHead), Findings> {
        if self.head == JournalHead::START {
            return Err(Findings::one(nothing()));
        }
        self.findings.extend(unsealed(&self.state, self.head));
        if self.findings.is_empty() {
            Ok((self.state, self.head))
        } else {
            Err(Findings(self.findings))
        }
    }

    fn ending(&mut self, refusal: Refusal) -> Findings {
        self.findings.push(refusal);
        Findings(core::mem::take(&mut self.findings))
    }
}

/// What verification found: at least one refusal, in the order of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Refusal>);

impl Findings {
    fn one(refusal: Refusal) -> Self {
        Self(alloc::vec![refusal])
    }

    /// Of a journal without an entry.
    pub(crate) fn nothing() -> Self {
        Self::one(nothing())
    }

    /// All of them in one line.
    pub fn phrase(&self) -> Phrase {
        let lines = self.0.iter().take(3).map(|refusal| {
            phrase!(
                "{rule} at {place}: {difference}",
                "{rule} 拒否({place}): {difference}",
                rule = refusal.rule,
                place = refusal.place,
                difference = refusal.difference()
            )
        });
        Phrase::listed(lines)
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
    let mut again = environment::judge(&opened.environment, state.assurance_in(opened));
    let before = RandomBefore::Sessions(state.random_samples());
    again.push(random_line(&opened.random, before));
    // The HSM of a replacement is judged with the card of the entry that replaces.
    let replaces = opened.kind == CeremonyKind::Replace;
    let birth = state.genesis().filter(|_| !replaces);
    again.extend(birth.map(|birth| acceptance_line(&opened.hsm, birth)));
    let signing = state.signing(opened.kind, opened.resumes);
    if state.frozen().is_some() || signing == Some(RequestKind::Sweep) {
        again.push(RuleLine {
            rule: RuleId::ENV03,
            verdict: env03(state.frozen(), signing),
        });
    }
    again.extend(remembered_lines(opened, state).into_iter().flatten());
    if let Some(rule) = unjudged(opened) {
        let expected = phrase!("one verdict of {rule}", "{rule} の判定1件", rule = rule);
        return Some(trn04(entry.sequence, expected, Phrase::none()));
    }
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

/// A rule that judges the token of every session and of which there is not one verdict. What is on a
/// token only the device sees: that it judged is held here, and that nothing went on where it refused.
fn unjudged(opened: &SessionOpened) -> Option<RuleId> {
    let remembers = [RuleId::TRN03, RuleId::TRN05];
    let always = [RuleId::HSM01, RuleId::HSM02, RuleId::HSM03];
    let asked = if asks_no_memory(opened.kind) {
        &[][..]
    } else {
        &remembers[..]
    };
    let once = |rule: RuleId| {
        let lines = opened.report.iter().filter(|line| line.rule == rule);
        lines.count() == 1
    };
    let mut rules = always.iter().chain(asked).copied();
    rules.find(|rule| !once(*rule))
}

/// TRN03 and TRN05 where only the token in use goes on.
fn remembered_lines(opened: &SessionOpened, state: &DeviceState) -> Option<[RuleLine; 2]> {
    let of_a_copy = matches!(opened.kind, CeremonyKind::Backup | CeremonyKind::Replace);
    if of_a_copy || asks_no_memory(opened.kind) {
        return None;
    }
    let standing = match (state.genesis()?.hsm.anchor, opened.hsm.anchor) {
        (AnchorStore::None, AnchorStore::None) => Standing::Unanchored,
        (AnchorStore::DataObject, _) | (_, AnchorStore::DataObject) => Standing::Current,
    };
    Some(standing.lines())
}

/// A device that is born has no memory yet, and one that recovers goes on without it.
const fn asks_no_memory(kind: CeremonyKind) -> bool {
    matches!(kind, CeremonyKind::Commission | CeremonyKind::Recover)
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
        FoldError::Seal(refusal)
        | FoldError::Card(refusal)
        | FoldError::Key(refusal)
        | FoldError::Policy(refusal)
        | FoldError::Settlement(refusal) => refusal,
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

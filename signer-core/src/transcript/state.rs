//! What all entries of a journal mean together: a fold, the same on the device and at the
//! auditor's desk. There is no second database.

mod announce;
mod compared;
mod error;
mod install;
mod keys;
mod life;
mod pins;
mod placement;
mod receipts;
mod recovery;
mod registered;
mod replacement;
mod session;
mod settlement;
mod signatures;
mod supply;
mod witness;

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bitcoin::OutPoint;

pub use error::FoldError;
pub use session::{OpenSession, SessionSummary, Unfinished};

use self::life::Life;
use super::entry::{
    Body, CeremonyKind, Entry, Exception, Genesis, KeysGenerated, KeysIntended, Outcome, Rejected,
    SessionOpened,
};
use super::judge::new_rejections;
use super::seal::{Seal, trn02};
use crate::approval::{ActiveRoster, CheckedEnrolment, RequestKind, WaitingRoster};
use crate::codec::ByteString;
use crate::cose::Scope;
use crate::digest::{DeviceId, FileDigest, SampleDigest};
use crate::headers::{AcceptedBlocks, Chain, ChainTip, KnownTime};
use crate::keys::P256PublicKey;
use crate::ledger::LedgerState;
use crate::life::{Frozen, PolicyPin, ProvenHsm};
use crate::policy::{ActivePolicy, Before, PolicyStanding};
use crate::settlement::OpenRegister;
use crate::signing::{Intent, SignatureLine};
use crate::split::Pins;
use crate::token::Assurance;
use crate::types::{Height, SessionNumber};
use crate::wallet::{CheckedCard, Registry};

/// What a device is, by its journal.
#[derive(Debug)]
pub struct DeviceState {
    genesis: Option<Genesis>,
    roster: Option<ActiveRoster>,
    waiting: Option<WaitingRoster>,
    frozen: Option<Frozen>,
    enrolments: Vec<CheckedEnrolment>,
    cards: Vec<CheckedCard>,
    drafts: Vec<ByteString>,
    wallets: Registry,
    policy: Option<Arc<ActivePolicy>>,
    pinned: Option<PolicyPin>,
    chain: Option<Chain>,
    accepted: AcceptedBlocks,
    register: OpenRegister,
    keys: Vec<KeysGenerated>,
    generation: Option<KeysIntended>,
    life: Life,
    proven: Vec<ProvenHsm>,
    pins: Pins,
    used: supply::Used,
    ledger: LedgerState,
    sessions: Vec<SessionSummary>,
    open: Option<OpenSession>,
    unfinished: Vec<Unfinished>,
    last_seal: Option<FileDigest>,
    latest_clock: u64,
    random_samples: BTreeSet<SampleDigest>,
}

impl DeviceState {
    /// A device without an entry.
    pub fn unborn() -> Self {
        Self {
            genesis: None,
            roster: None,
            waiting: None,
            frozen: None,
            enrolments: Vec::new(),
            cards: Vec::new(),
            drafts: Vec::new(),
            wallets: Registry::new(),
            policy: None,
            pinned: None,
            chain: None,
            accepted: AcceptedBlocks::none(),
            register: OpenRegister::default(),
            keys: Vec::new(),
            generation: None,
            life: Life::default(),
            proven: Vec::new(),
            pins: Pins::default(),
            used: supply::Used::default(),
            ledger: LedgerState::empty(),
            sessions: Vec::new(),
            open: None,
            unfinished: Vec::new(),
            last_seal: None,
            latest_clock: 0,
            random_samples: BTreeSet::new(),
        }
    }

    /// How the device was born, with the HSM, its generation and its acceptance test as they are
    /// since it was last replaced.
    pub const fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_ref()
    }

    /// Network and purpose.
    pub fn scope(&self) -> Option<Scope> {
        self.genesis().map(|genesis| genesis.root.scope)
    }

    /// The device.
    pub fn device(&self) -> Option<DeviceId> {
        self.identity().map(P256PublicKey::device_id)
    }

    /// The device's identity key.
    pub fn identity(&self) -> Option<&P256PublicKey> {
        self.genesis().map(|genesis| &genesis.identity)
    }

    /// The roster in force.
    pub const fn roster(&self) -> Option<&ActiveRoster> {
        self.roster.as_ref()
    }

    /// A roster of the recovery quorum that waits.
    pub const fn waiting_roster(&self) -> Option<&WaitingRoster> {
        self.waiting.as_ref()
    }

    /// Who froze this device, as long as it is frozen.
    pub const fn frozen(&self) -> Option<&Frozen> {
        self.frozen.as_ref()
    }

    /// Every enrolment.
    pub fn enrolments(&self) -> &[CheckedEnrolment] {
        &self.enrolments
    }

    /// Every card, of this device and of co-signers, newest last.
    pub fn cards(&self) -> &[CheckedCard] {
        &self.cards
    }

    /// This device's newest card.
    pub fn own_card(&self) -> Option<&CheckedCard> {
        let device = self.device()?;
        self.cards.iter().rev().find(|card| card.device() == device)
    }

    /// Wallet records that this device endorsed before all had.
    pub fn drafts(&self) -> &[ByteString] {
        &self.drafts
    }

    /// The registered wallets.
    pub const fn wallets(&self) -> &Registry {
        &self.wallets
    }

    /// The policy in force at the known height. None is, from a recovery that names another one
    /// until that one is installed.
    pub fn policy(&self) -> Option<&ActivePolicy> {
        match self.pinned {
            None => self.policy.as_deref(),
            Some(_) => None,
        }
    }

    /// How a policy that is installed now would stand.
    pub fn policy_standing(&self) -> PolicyStanding<'_> {
        PolicyStanding {
            installed: self.time(),
            before: match (&self.policy, self.pinned) {
                (last, Some(_)) => Before::Lost(last.as_ref()),
                (Some(last), None) => Before::Policy(last),
                (None, None) => Before::Nothing,
            },
        }
    }

    /// The policy that has to be installed before any other, where a recovery named one.
    pub const fn pinned_policy(&self) -> Option<&PolicyPin> {
        self.pinned.as_ref()
    }

    /// The last block that is known.
    pub fn tip(&self) -> Option<&ChainTip> {
        self.chain().map(Chain::tip)
    }

    /// The chain that is followed.
    pub const fn chain(&self) -> Option<&Chain> {
        self.chain.as_ref()
    }

    /// Height of the last block that is known; 0 before the device was born.
    pub fn height(&self) -> Height {
        self.tip().map_or(Height(0), ChainTip::height)
    }

    /// What is known of the time: by the headers, and by the clock as the open session read it last.
    pub fn time(&self) -> KnownTime {
        self.time_at(0)
    }

    /// The same where the clock is read again.
    fn time_at(&self, clock: u64) -> KnownTime {
        match (self.tip(), self.scope(), self.open()) {
            (Some(tip), Some(scope), Some(open)) => {
                KnownTime::of(tip, open.clock.max(clock), scope.network)
            }
            _ => KnownTime::without_clock(self.height()),
        }
    }

    /// The blocks that this device has accepted.
    pub const fn accepted(&self) -> &AcceptedBlocks {
        &self.accepted
    }

    /// The partial signatures that were released, open until they are settled.
    pub const fn register(&self) -> &OpenRegister {
        &self.register
    }

    /// What past sessions mean for limits and replay.
    pub const fn ledger(&self) -> &LedgerState {
        &self.ledger
    }

    /// Sessions that have ended, in order.
    pub fn sessions(&self) -> &[SessionSummary] {
        &self.sessions
    }

    /// The session that is not sealed yet.
    pub const fn open(&self) -> Option<&OpenSession> {
        self.open.as_ref()
    }

    /// What was about to be signed and was not released, oldest first: each until a session goes on with
    /// it, or until another transaction over one of its coins stands in its place.
    pub fn unfinished(&self) -> &[Unfinished] {
        &self.unfinished
    }

    /// What this session was about to sign when it was cut.
    pub fn cut_in(&self, session: SessionNumber) -> Option<&Unfinished> {
        let mut cut = self.unfinished.iter();
        cut.find(|unfinished| unfinished.session == session)
    }

    /// What the open session goes on with.
    pub fn resumed(&self) -> Option<&Unfinished> {
        self.cut_in(self.open()?.opened().resumes?)
    }

    /// What the open session has begun to sign.
    pub fn in_hand(&self) -> Option<&Unfinished> {
        let tx = self.open()?.signs?;
        self.unfinished.iter().find(|set| set.intent.tx == tx)
    }

    fn in_hand_mut(&mut self) -> Option<&mut Unfinished> {
        let tx = self.open()?.signs?;
        self.unfinished.iter_mut().find(|set| set.intent.tx == tx)
    }

    /// Digest of the last signed seal.
    pub const fn last_seal(&self) -> Option<FileDigest> {
        self.last_seal
    }

    /// What both sources of random numbers gave at the start of every session: none may do so
    /// again.
    pub const fn random_samples(&self) -> &BTreeSet<SampleDigest> {
        &self.random_samples
    }

    /// How strictly the machine of a session is judged: by what is stated of its HSM or of the device's
    /// own, whichever is stricter. A profile that is named for one session makes no rehearsal of a real
    /// device. A session that replaces the HSM is judged by the one that comes.
    pub fn assurance_in(&self, opened: &SessionOpened) -> Assurance {
        let stated = opened.hsm.assurance;
        let own = self.genesis();
        let own = own.filter(|_| opened.kind != CeremonyKind::Replace);
        own.map_or(stated, |birth| birth.hsm.assurance.stricter(stated))
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// [`FoldError`]; the state is then unchanged.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        let made = self.new_signatures(&entry.body)?;
        if let (Some(clock), Some(open)) = (entry.body.clock(), self.open()) {
            open.admits_clock(clock)?;
        }
        self.follow(entry)?;
        self.read_clock(&entry.body);
        for signature in &made {
            self.ledger.record_signature(signature);
        }
        Ok(())
    }

    fn follow(&mut self, entry: &Entry) -> Result<(), FoldError> {
        match &entry.body {
            Body::Genesis(genesis) => return self.born(entry, genesis),
            Body::SessionOpened(opened) => return self.opened(entry, opened),
            Body::Sealed(bytes) => return self.sealed(entry, bytes),
            _ => {}
        }
        let fits = self.reads_here();
        let session = self.open.as_mut().ok_or(FoldError::NoSession)?;
        if session.closed.is_some() {
            return Err(FoldError::Closed);
        }
        session.admit(&entry.body)?;
        match &entry.body {
            Body::Installed(installed) => self.install(installed),
            Body::KeysIntended(intended) => self.intend_keys(intended),
            Body::KeysGenerated(made) => self.record_keys(made),
            Body::KeysDiscarded(discarded) => self.discard_keys(discarded),
            Body::Attended(bytes) => session.attend(bytes),
            Body::Intake(_) if !fits => Err(FoldError::Frozen),
            Body::Intake(intake) => session.take_in(intake),
            Body::Reported(report) => {
                session.note_refused(report.refusals());
                Ok(())
            }
            Body::Refused(refusal) => {
                session.note_refused([refusal]);
                Ok(())
            }
            Body::Rejected(rejected) => {
                self.reject(rejected);
                Ok(())
            }
            Body::Intent(intent) => {
                self.intend(intent)?;
                self.note_used(intent);
                Ok(())
            }
            Body::Result(line) => self.made(line),
            Body::Closed(outcome) => self.close(*outcome),
            Body::Shown(shown) => {
                session.shown.push(*shown);
                Ok(())
            }
            Body::Answered(answered) => {
                session.answered.push(answered.clone());
                Ok(())
            }
            Body::Destroying(what) => self.doom(what),
            Body::Destroyed(id) => self.destroyed(*id),
            Body::Announced(announced) => session.announce(announced),
            Body::Recovered(what) => self.recover(entry.session, what),
            Body::Proven(proven) => {
                self.note_proven(entry, proven);
                Ok(())
            }
            Body::Replaced(what) => self.replace(&entry.prev, what),
            Body::Settled(what) => self.settle(what),
            Body::Witnessed(bytes) => self.witness(entry, bytes),
            Body::PinSplit(split) => self.announce_pin(split),
            Body::PinOpened(opened) => self.pin_opened(opened),
            Body::Exception(exception) => {
                self.except(exception);
                Ok(())
            }
            // Facts for the auditor: no later session depends on them.
            _ => Ok(()),
        }
    }

    /// What a ceremony of this kind would sign on this device, if anything. One that goes on after a
    /// cut signs what the cut one was about to.
    pub fn signing(
        &self,
        kind: CeremonyKind,
        resumes: Option<SessionNumber>,
    ) -> Option<RequestKind> {
        match kind {
            CeremonyKind::Sign => Some(RequestKind::Ordinary),
            CeremonyKind::Sweep => Some(RequestKind::Sweep),
            CeremonyKind::Resume => self.cut_in(resumes?).map(Unfinished::kind),
            _ => None,
        }
    }

    /// Whether a PSBT may be read in the open session: a frozen device reads none but to sweep, and
    /// no other one does.
    fn reads_here(&self) -> bool {
        let opened = self.open().map(OpenSession::opened);
        let signing = opened.and_then(|opened| self.signing(opened.kind, opened.resumes));
        (signing == Some(RequestKind::Sweep)) == self.frozen.is_some()
    }

    /// The seal that the open session must get, once it is closed.
    pub(super) fn expected_seal(
        &self,
        head: [u8; 32],
        entries: u64,
    ) -> Option<(Seal, P256PublicKey)> {
        let session = self.open()?;
        let identity = *self.identity()?;
        let seal = Seal {
            version: 1,
            scope: self.scope()?,
            device: identity.device_id(),
            session: session.number,
            head,
            entries,
            signatures: self.ledger.signatures(),
            outcome: session.closed?,
            ledger: self.ledger.digest(),
            not_signed: session.not_signed(),
        };
        Some((seal, identity))
    }

    fn born(&mut self, entry: &Entry, genesis: &Genesis) -> Result<(), FoldError> {
        if entry.sequence != 0 || self.genesis.is_some() {
            return Err(FoldError::Genesis);
        }
        let chain = Chain::checkpoint(&genesis.root.checkpoint);
        self.accepted = AcceptedBlocks::checkpoint(chain.tip());
        self.chain = Some(chain);
        self.genesis = Some(genesis.clone());
        Ok(())
    }

    /// A session that was still open was cut; the next seal covers it. A rejection in what it had
    /// read is heard, also where the cut came before its entry.
    fn opened(&mut self, entry: &Entry, opened: &SessionOpened) -> Result<(), FoldError> {
        if self.genesis.is_none() {
            return Err(FoldError::Genesis);
        }
        if self.open().is_some_and(OpenSession::fell_short) {
            return Err(FoldError::Ceremony);
        }
        if opened.previous_seal != self.last_seal {
            return Err(FoldError::PreviousSeal);
        }
        let known = opened.resumes.is_some_and(|cut| self.cut_in(cut).is_some());
        let goes_on = opened.kind == CeremonyKind::Resume;
        if (goes_on, goes_on) != (opened.resumes.is_some(), known) {
            return Err(FoldError::Resumed);
        }
        for rejected in new_rejections(self) {
            self.reject(&rejected);
        }
        self.count_receipts();
        if let Some(cut) = self.open.take() {
            self.sessions.push(SessionSummary {
                number: cut.number,
                kind: cut.opened.kind,
                outcome: cut.closed.unwrap_or(Outcome::Cut),
                seal: None,
            });
        }
        if let Some(before) = self.sessions.last() {
            self.ledger.record_head(before.number, entry.prev);
        }
        let random = &opened.random;
        self.random_samples
            .extend([random.hsm.start_up, random.kernel.start_up]);
        let due = self.announcement();
        let before = self.latest_clock;
        let backwards = self.compare_clock(opened.clock);
        self.forget_proven(opened.kind);
        self.open = Some(OpenSession::new(
            entry.session,
            entry.sequence,
            opened,
            due,
            backwards,
            before,
        ));
        Ok(())
    }

    /// What a session owes whose clock lies behind the latest one; otherwise its own is the latest.
    fn compare_clock(&mut self, clock: u64) -> Option<Exception> {
        let backwards = Exception::clock_went_back(self.latest_clock, clock);
        if backwards.is_none() {
            self.latest_clock = self.latest_clock.max(clock);
        }
        backwards
    }

    /// The clock as an entry tells it: what ends by it ends within a session too.
    fn read_clock(&mut self, body: &Body) {
        let (Some(clock), Some(session)) = (body.clock(), self.open.as_mut()) else {
            return;
        };
        session.note_clock(clock);
        if session.backwards.is_none() {
            self.latest_clock = self.latest_clock.max(clock);
        }
    }

    /// From the next session on, the clock counts as it is now. In this one two clocks contradict each
    /// other, and the later one closes.
    fn except(&mut self, exception: &Exception) {
        let Some(session) = self.open.as_mut() else {
            return;
        };
        if session.backwards.as_ref() == Some(exception) {
            session.backwards = None;
            self.latest_clock = session.read;
        }
        session.excepted = Some(exception.clone());
    }

    /// For ever, and for an intent that goes on after a cut too: it is judged by what was before
    /// it, but no rejection is forgotten.
    fn reject(&mut self, rejected: &Rejected) {
        let (request, officer) = (rejected.request, &rejected.officer);
        self.ledger.record_rejection(request, officer.clone());
        for unfinished in &mut self.unfinished {
            let before = &mut unfinished.ledger_before;
            before.record_rejection(request, officer.clone());
        }
    }

    fn intend(&mut self, intent: &Intent) -> Result<(), FoldError> {
        let session = self.open.as_mut().ok_or(FoldError::NoSession)?;
        let intake = session.intake.clone().ok_or(FoldError::Intake)?;
        if session.intended {
            return Err(FoldError::Intent);
        }
        if session.opened.kind == CeremonyKind::Resume {
            // Lines without a result may be signed a second time: they count again.
            let cut = session.opened.resumes;
            let mut known = self.unfinished.iter();
            let unfinished = known.find(|set| Some(set.session) == cut);
            let unfinished = unfinished.ok_or(FoldError::Intent)?;
            if unfinished.intent != *intent || unfinished.intake.psbt() != intake.psbt() {
                return Err(FoldError::Intent);
            }
            let coins: Vec<OutPoint> = unfinished.missing().map(|l| l.coin.into()).collect();
            session.intended = true;
            session.signs = Some(intent.tx);
            let before = &unfinished.ledger_before;
            self.ledger.record_duty_beside(&session.operators(), before);
            self.ledger.record_intent(intent.tx, &coins);
            self.count(intent);
            return Ok(());
        }
        if self.unfinished.iter().any(|set| set.intent.tx == intent.tx) {
            return Err(FoldError::Intent);
        }
        let ledger_before = self.ledger.clone();
        self.ledger.record_duty(&session.operators());
        let coins: Vec<OutPoint> = intent.lines.iter().map(|l| l.coin.into()).collect();
        self.ledger.record_intent(intent.tx, &coins);
        if let Some(index) = intent.change {
            self.ledger.record_change(intent.wallet, index);
        }
        let (session_number, opened) = (session.number, session.opened.kind);
        session.intended = true;
        session.signs = Some(intent.tx);
        self.count(intent);
        // Approved with what was cut before their eyes: nobody makes signatures for that one any more.
        self.unfinished.retain(|set| !set.shares(intent));
        self.unfinished.push(Unfinished {
            session: session_number,
            kind: if opened == CeremonyKind::Sweep {
                RequestKind::Sweep
            } else {
                RequestKind::Ordinary
            },
            intake,
            intent: intent.clone(),
            results: Vec::new(),
            ledger_before,
        });
        Ok(())
    }

    /// Limits over time count the intent at the later of headers and clock: a window is not left
    /// earlier where headers were withheld.
    fn count(&mut self, intent: &Intent) {
        let height = self.time().closes();
        self.ledger
            .record_transfer(intent.tx, &intent.transfer(), &intent.replaces, height);
    }

    fn made(&mut self, made: &SignatureLine) -> Result<(), FoldError> {
        let unfinished = self.in_hand_mut().ok_or(FoldError::Result)?;
        let next = unfinished.missing().next().ok_or(FoldError::Result)?;
        if (next.input, next.key) != (made.input, made.key) {
            return Err(FoldError::Result);
        }
        unfinished.results.push(*made);
        if unfinished.results.len() == 1 {
            self.open_set();
        }
        Ok(())
    }

    fn close(&mut self, outcome: Outcome) -> Result<(), FoldError> {
        let in_hand = self.in_hand();
        let signed = in_hand.is_some_and(|set| set.missing().next().is_none());
        let session = self.open.as_mut().ok_or(FoldError::NoSession)?;
        let half_done = session.opened.kind == CeremonyKind::Destroy && self.life.is_ending();
        let wrong = match outcome {
            _ if session.fell_short() => true,
            Outcome::Cut => true,
            Outcome::Signed => !signed || !session.is_witnessed(),
            Outcome::Done => half_done,
            Outcome::Refused | Outcome::Aborted => false,
        };
        if wrong {
            return Err(FoldError::Outcome);
        }
        session.closed = Some(outcome);
        self.count_receipts();
        Ok(())
    }

    fn sealed(&mut self, entry: &Entry, bytes: &ByteString) -> Result<(), FoldError> {
        let (seal, identity) = self
            .expected_seal(entry.prev, entry.sequence)
            .ok_or(FoldError::NotClosed)?;
        trn02(&bytes.0, &seal, &identity, entry.sequence).map_err(FoldError::Seal)?;
        let session = self.open.take().ok_or(FoldError::NoSession)?;
        let digest = FileDigest::over(&[&bytes.0]);
        self.sessions.push(SessionSummary {
            number: session.number,
            kind: session.opened.kind,
            outcome: seal.outcome,
            seal: Some(digest),
        });
        self.last_seal = Some(digest);
        if seal.outcome == Outcome::Signed {
            let done = session.signs;
            self.unfinished.retain(|set| Some(set.intent.tx) != done);
        }
        Ok(())
    }
}

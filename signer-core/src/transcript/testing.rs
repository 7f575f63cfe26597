//! A bench for tests: a device of the small world that keeps a journal, and two operators who
//! read and type.

mod recovery;
mod replacement;

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::string::ToString;
use std::vec;

use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, TxMerkleNode, consensus};

use super::{
    Appended, Body, CeremonyKind, Channel, DeviceState, Genesis, Installed, Intake, Inventoried,
    Journal, KeyRange, KeysGenerated, KeysIntended, MadeKey, NotApproved, OpenSession, Outcome,
    Proven, Rechecked, SealedSession, SessionOpened, Shown, Software, Trust, Unfinished, WhatKind,
    begin_signing, judge, new_rejections, review,
};
use crate::approval::{ApprovedTx, CheckedEnrolment, Seat, SessionFacts, WitnessStatement};
use crate::codec::{self, ByteString};
use crate::cose::{Endorsed, Signed};
use crate::digest::{FileDigest, FreezeDigest};
use crate::environment::{self, EnvironmentReading, Interface, LOOPBACK_KIND};
use crate::headers::HeaderRun;
use crate::life::{
    CheckedRetirement, Destruction, Found, Freeze, Frozen, PossessionReport, ProofLine, Retirement,
    RetirementStanding, Standing, Thaw, Undertaker, env03, key01,
};
use crate::policy::{NewPolicy, Page};
use crate::random::RandomEvidence;
use crate::random::testing::{evidence, evidence_again};
use crate::review::{Answer, ConfirmedTx, Review, Step};
use crate::rule::{Refusal, RuleId, RuleLine, Verdict};
use crate::signing::{PossessionOrder, ReceiptFacts, SignedPsbt, Signing, SigningHsm};
use crate::testing::{
    Case, SCOPE, SoftDevice, TIP, World, attendance, enrolment, id, label, officer_signs,
    officers_sign,
};
use crate::token::{
    Evidence, Inventory, KnownKey, Line, RandomBefore, SeenKey, hsm03, hsm04, hsm06,
};
use crate::transcript::entry::Answered;
use crate::types::{Blocks, Chain, Height, KeyIndex, Lang, SessionNumber};
use crate::wallet::{
    CheckedCard, DeviceCard, PoolCard, RegisteredWallet, RegistrableRecord, Registration,
};

/// The clock of the tests' machine.
pub(crate) const CLOCK: u64 = 1_790_000_000;

/// Who operates the device of the tests.
pub(crate) const OPERATORS: [&str; 2] = ["operator.a", "operator.b"];

/// The announcement of a whole pool.
pub(crate) fn announced(pool: &PoolCard) -> KeysIntended {
    let range = |chain| KeyRange {
        chain,
        first: KeyIndex(0),
        count: u32::try_from(pool.chain(chain).len()).unwrap(),
    };
    KeysIntended {
        pool: pool.pool,
        ranges: vec![range(Chain::Receive), range(Chain::Change)],
    }
}

/// A device with its journal in memory.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) device: SoftDevice,
    pub(crate) journal: Journal,
    pub(crate) disk: Vec<u8>,
    pub(crate) lang: Lang,
    pub(crate) clock: u64,
    /// Hash and time of the last block of every run of [`Self::blocks`].
    pub(crate) mined: Vec<([u8; 32], u32)>,
}

impl Bench {
    /// A device that was just born, with one sealed session.
    pub(crate) fn born() -> Self {
        Self::born_as(0)
    }

    /// The same of another device of the world.
    fn born_as(place: usize) -> Self {
        Self::born_in(World::rooted(Height(TIP.0 - 2)), place)
    }

    fn born_in(world: World, place: usize) -> Self {
        let mut bench = Self::begun(world, place);
        bench.open(CeremonyKind::Commission);
        bench.close(Outcome::Done);
        bench
    }

    /// A device with a genesis and no session.
    pub(crate) fn newborn() -> Self {
        Self::begun(World::rooted(Height(TIP.0 - 2)), 0)
    }

    fn begun(world: World, place: usize) -> Self {
        let device = world.devices[place].clone();
        let mut bench = Self {
            device,
            journal: Journal::empty(),
            disk: vec![],
            lang: Lang::En,
            clock: CLOCK,
            world,
            mined: vec![],
        };
        bench.begin();
        bench
    }

    /// The first entry.
    fn begin(&mut self) {
        let card = self.device.card(self.world.root.digest(), &[1]);
        self.add(Body::Genesis(Box::new(Genesis {
            root: self.world.root.clone(),
            name: card.name,
            site: card.site,
            identity: card.identity,
            hsm: card.hsm,
            generation: 1,
            acceptance: card.acceptance,
            readied: None,
        })));
    }

    /// A device that may sign: keys, cards, roster, enrolments, headers, wallet, policy.
    pub(crate) fn ready() -> Self {
        Self::ready_as(0)
    }

    /// The same of another device of the world.
    pub(crate) fn ready_as(place: usize) -> Self {
        Self::made_ready(Self::born_as(place))
    }

    /// The same in another world, whose checkpoint is two blocks below the tip.
    pub(crate) fn ready_in(world: World) -> Self {
        Self::made_ready(Self::born_in(world, 0))
    }

    /// The same of another device there.
    pub(crate) fn ready_at(world: World, place: usize) -> Self {
        Self::made_ready(Self::born_in(world, place))
    }

    fn made_ready(bench: Self) -> Self {
        let mut bench = Self::with_keys(bench);
        bench.attend(CeremonyKind::Wallet, OPERATORS);
        bench.settle();
        bench
    }

    /// A device with its wallet, and without a policy.
    pub(crate) fn registered() -> Self {
        let mut bench = Self::keyed();
        bench.attend(CeremonyKind::Wallet, OPERATORS);
        bench.register_all();
        bench
    }

    /// A device with keys, roster and headers, and nothing else.
    pub(crate) fn keyed() -> Self {
        Self::with_keys(Self::born())
    }

    fn with_keys(mut bench: Self) -> Self {
        bench.open(CeremonyKind::Keys);
        bench.install(WhatKind::Roster, bench.world.roster.to_bytes());
        bench.install(WhatKind::Headers, codec::encode(&headers()));
        let card = bench.device.card(bench.world.root.digest(), &[1]);
        let pool = &card.pools[0];
        bench.add(Body::KeysIntended(announced(pool)));
        for chain in [Chain::Receive, Chain::Change] {
            let keys = pool.chain(chain).iter().map(|key| MadeKey {
                public_key: key.public_key,
                attributes: pool.attributes,
            });
            bench.add(Body::KeysGenerated(KeysGenerated {
                pool: pool.pool,
                chain,
                first: KeyIndex(0),
                keys: keys.collect(),
                evidence: Evidence::Declared,
            }));
        }
        bench.install(WhatKind::Card, bench.device.seal(card).to_bytes());
        bench.close(Outcome::Done);
        bench
    }

    /// Every device of the world and the wallet, in the order in which they are registered.
    pub(crate) fn registration(&self) -> Vec<(WhatKind, Vec<u8>)> {
        let mut artefacts = vec![];
        for device in &self.world.devices {
            let body = enrolment(device, &self.world.roster);
            let enrolled = officers_sign(body, &["admin.a", "admin.c"]).to_bytes();
            artefacts.push((WhatKind::Enrolment, enrolled));
            if device.id() != self.device.id() {
                let card = device.card(self.world.root.digest(), &[1]);
                artefacts.push((WhatKind::Card, device.seal(card).to_bytes()));
            }
        }
        let record = self.world.wallet.to_bytes();
        artefacts.push((WhatKind::WalletDraft, record.clone()));
        artefacts.push((WhatKind::Wallet, record));
        artefacts
    }

    fn register_all(&mut self) {
        for (kind, artefact) in self.registration() {
            self.register(kind, artefact);
        }
        self.close(Outcome::Done);
    }

    /// All of that in an open session; and the policy in its own.
    fn settle(&mut self) {
        self.register_all();
        self.install_policy(self.world.policy.to_bytes());
    }

    /// Two operators compare it, and it is installed.
    pub(crate) fn register(&mut self, kind: WhatKind, artefact: Vec<u8>) {
        self.compare(kind, &artefact);
        self.install(kind, artefact);
    }

    /// What an auditor of this device trusts.
    pub(crate) fn trust(&self) -> Trust {
        Trust {
            root: self.world.root.digest(),
            identity: self.device.identity(),
        }
    }

    /// What the journal means.
    pub(crate) fn state(&self) -> &DeviceState {
        self.journal.state()
    }

    /// Adds an entry and writes it.
    pub(crate) fn add(&mut self, body: Body) {
        let _ = self.append(body);
    }

    /// Adds an entry, if the journal takes it.
    pub(crate) fn try_add(&mut self, body: Body) -> Result<(), Refusal> {
        let appended = self.journal.append(body)?;
        self.disk.extend(appended.bytes());
        Ok(())
    }

    fn append(&mut self, body: Body) -> Appended {
        let appended = self.journal.append(body).unwrap();
        self.disk.extend(appended.bytes());
        appended
    }

    pub(crate) fn install(&mut self, kind: WhatKind, artefact: Vec<u8>) {
        self.add(Body::Installed(Installed {
            kind,
            artefact: ByteString(artefact),
            clock: self.clock,
        }));
    }

    /// A session in which a policy is compared, every right answer typed, and installed.
    pub(crate) fn install_policy(&mut self, bytes: Vec<u8>) {
        self.compare_policy(&bytes);
        self.install(WhatKind::Policy, bytes);
        self.close(Outcome::Done);
    }

    /// Opens a session, shows every screen of a policy and types every right answer.
    pub(crate) fn compare_policy(&mut self, bytes: &[u8]) {
        self.attend(CeremonyKind::Policy, OPERATORS);
        self.read_policy(bytes);
    }

    /// Every screen of a policy, every answer right.
    pub(crate) fn read_policy(&mut self, bytes: &[u8]) {
        let pages = NewPolicy::of(self.state(), bytes).unwrap().pages(self.lang);
        self.show_all(pages);
    }

    /// What two people read and type before this takes effect; nothing where it is none.
    pub(crate) fn pages(&self, kind: WhatKind, bytes: &[u8]) -> Vec<Page> {
        let state = self.state();
        let (Some(roster), time) = (state.roster(), state.time()) else {
            return Vec::new();
        };
        let pages = match kind {
            WhatKind::Roster | WhatKind::WaitingRoster => {
                let next = roster.next(bytes, state.waiting_roster(), time);
                next.ok().map(|next| {
                    let mut pages = state.people_pages(next.roster()).unwrap();
                    pages.push(state.roster_page(next.roster()).unwrap());
                    pages
                })
            }
            WhatKind::Cancellation => {
                let order = roster.open_cancellation(bytes, state.waiting_roster(), time);
                let order = order.ok();
                order.map(|order| vec![state.cancellation_page(order.body()).unwrap()])
            }
            WhatKind::Thaw => {
                let order = Frozen::open_thaw(state.frozen(), bytes, roster, time).ok();
                order.map(|order| vec![state.thaw_page(order.body()).unwrap()])
            }
            WhatKind::Retirement => {
                let standing = RetirementStanding {
                    roster,
                    wallets: state.wallets(),
                    time,
                };
                let order = CheckedRetirement::open(bytes, standing).ok();
                order.map(|order| vec![state.retirement_page(&order).unwrap()])
            }
            WhatKind::Enrolment => {
                let enrolment = CheckedEnrolment::open(bytes, roster, time).ok();
                enrolment.map(|known| vec![state.enrolment_page(&known).unwrap()])
            }
            WhatKind::Card => {
                let card = CheckedCard::open(bytes, SCOPE, &self.world.root.digest()).ok();
                card.map(|card| vec![state.card_page(&card).unwrap()])
            }
            WhatKind::WalletDraft => {
                let draft = RegistrableRecord::check(&Registration {
                    record: bytes,
                    own: state.own_card().unwrap(),
                    cards: state.cards(),
                    enrolments: state.enrolments(),
                    wallets: state.wallets(),
                });
                draft.ok().map(|draft| state.draft_pages(&draft).unwrap())
            }
            WhatKind::Wallet => {
                let wallet = RegisteredWallet::open(bytes, SCOPE, &self.world.root.digest());
                wallet
                    .ok()
                    .map(|wallet| state.wallet_pages(&wallet).unwrap())
            }
            _ => None,
        };
        pages.unwrap_or_default()
    }

    /// Shows every screen of an artefact and types every right answer.
    pub(crate) fn compare(&mut self, kind: WhatKind, bytes: &[u8]) {
        let pages = self.pages(kind, bytes);
        self.show_all(pages);
    }

    /// Shows these screens and types every right answer.
    pub(crate) fn show_all(&mut self, pages: Vec<Page>) {
        let shown = u32::try_from(self.state().open().unwrap().shown().len()).unwrap();
        for (screen, page) in (shown + 1..).zip(pages) {
            self.add(Body::Shown(Shown::of(screen, self.lang, &page.lines)));
            for asked in &page.asked {
                self.add(Body::Answered(Answered {
                    screen,
                    seat: asked.seat(),
                    text: asked.expected(),
                }));
            }
        }
    }

    /// So many blocks after the last one that is known, in a session of their own.
    pub(crate) fn blocks(&mut self, count: u32) {
        self.open(CeremonyKind::Headers);
        let height = self.state().height().0;
        let known = self.mined.last().copied();
        let (mut previous, mut time) = known.unwrap_or(headers_end());
        let headers = (0..count).map(|_| {
            time += 1;
            let header = mined(previous, time);
            previous = header.block_hash().to_byte_array();
            consensus::serialize(&header).try_into().unwrap()
        });
        let run = HeaderRun {
            first_height: Height(height + 1),
            headers: headers.collect(),
        };
        self.mined.push((previous, time));
        self.install(WhatKind::Headers, codec::encode(&run));
        self.close(Outcome::Done);
    }

    /// How the next session of this kind begins.
    pub(crate) fn opening(&self, kind: CeremonyKind) -> SessionOpened {
        opened(self, kind)
    }

    /// Opens a session.
    pub(crate) fn open(&mut self, kind: CeremonyKind) {
        let opened = opened(self, kind);
        self.add(Body::SessionOpened(Box::new(opened)));
        self.say_what_is_open();
    }

    /// Opens a session whose report says of ENV03 that it passed, whatever was found.
    pub(crate) fn open_hiding_the_freeze(&mut self, kind: CeremonyKind) {
        let mut opened = opened(self, kind);
        for line in &mut opened.report {
            if line.rule == RuleId::ENV03 {
                line.verdict = Verdict::Passed;
            }
        }
        self.add(Body::SessionOpened(Box::new(opened)));
    }

    /// Where nothing but open signatures is due, it is said at once.
    pub(crate) fn say_what_is_open(&mut self) {
        let due = self.state().open().and_then(OpenSession::due).cloned();
        let due = due.filter(|due| due.ending.is_empty() && due.waiting.is_none());
        if let Some(due) = due {
            self.add(Body::Announced(due));
        }
    }

    /// Closes and seals the session.
    pub(crate) fn close(&mut self, outcome: Outcome) -> SealedSession {
        self.add(Body::Closed(outcome));
        let draft = self.journal.seal_draft().unwrap();
        let signature = self.device.seal_with(&draft.seal_order().unwrap());
        let sealed = self
            .journal
            .seal(&draft.signed(signature).unwrap())
            .unwrap();
        self.disk.extend(sealed.entry().bytes());
        sealed
    }

    /// Opens a session with both operators.
    pub(crate) fn attend(&mut self, kind: CeremonyKind, [a, b]: [&str; 2]) {
        self.open(kind);
        self.sit_down([a, b]);
    }

    /// Both operators take their seats.
    pub(crate) fn sit_down(&mut self, [a, b]: [&str; 2]) {
        self.sit(a, Seat::OperatorA);
        self.sit(b, Seat::OperatorB);
    }

    /// Somebody takes a seat.
    pub(crate) fn sit(&mut self, who: &str, seat: Seat) {
        let session = self.state().open().unwrap();
        let facts = SessionFacts {
            device: self.device.id(),
            session: session.number(),
            nonce: session.opened().nonce,
        };
        self.add(Body::Attended(ByteString(attendance(who, seat, facts))));
    }

    /// What a witness signs now.
    pub(crate) fn statement(&self, who: &str) -> Option<WitnessStatement> {
        let head = self.journal.head();
        self.state().to_witness(&id(who), head.hash, head.entries)
    }

    /// Every witness signs for the session.
    pub(crate) fn witness(&mut self) {
        for who in self.state().open().unwrap().witnesses() {
            let statement = self.statement(who.as_str()).unwrap();
            let signed = officer_signs(statement, who.as_str()).to_bytes();
            self.add(Body::Witnessed(ByteString(signed)));
        }
    }

    /// So many blocks more, in a session of their own.
    pub(crate) fn extend_chain(&mut self, blocks: Blocks) {
        let tip = self.state().tip().unwrap();
        let (mut previous, height) = (*tip.hash(), tip.height().0);
        let headers = (1..=blocks.0).map(|n| {
            let header = mined(previous, 1_700_010_000 + height + n);
            previous = header.block_hash().to_byte_array();
            consensus::serialize(&header).try_into().unwrap()
        });
        let run = HeaderRun {
            first_height: Height(height + 1),
            headers: headers.collect(),
        };
        self.open(CeremonyKind::Headers);
        let due = self.state().open().unwrap().due().cloned();
        if let Some(due) = due {
            self.add(Body::Announced(due));
        }
        self.install(WhatKind::Headers, codec::encode(&run));
        self.close(Outcome::Done);
    }

    /// A whole session in which one officer freezes the device.
    pub(crate) fn freeze(&mut self) -> Result<(), Refusal> {
        self.open(CeremonyKind::Freeze);
        let session = self.state().open().unwrap();
        let (number, nonce) = (session.number(), session.opened().nonce);
        let artefact = freeze(&self.world, number, nonce).to_bytes();
        self.try_session(WhatKind::Freeze, artefact)
    }

    /// A whole session in which it is thawed.
    pub(crate) fn thaw(&mut self) -> Result<(), Refusal> {
        let frozen = self.state().frozen();
        let frozen = frozen.map_or(FreezeDigest::over(&[]), |frozen| frozen.digest);
        self.attend(CeremonyKind::Thaw, OPERATORS);
        let artefact = thaw(&self.world, frozen).to_bytes();
        self.compare(WhatKind::Thaw, &artefact);
        self.try_session(WhatKind::Thaw, artefact)
    }

    /// Installs, if the journal takes it, and closes the session.
    fn try_session(&mut self, kind: WhatKind, artefact: Vec<u8>) -> Result<(), Refusal> {
        let taken = self.try_add(Body::Installed(Installed {
            kind,
            artefact: ByteString(artefact),
            clock: self.clock,
        }));
        let outcome = match taken {
            Ok(()) => Outcome::Done,
            Err(_) => Outcome::Aborted,
        };
        self.close(outcome);
        taken
    }

    /// Retires the wallet of the tests.
    pub(crate) fn retire(&mut self) {
        self.attend(CeremonyKind::Retire, OPERATORS);
        let order = retirement(&self.world).to_bytes();
        self.compare(WhatKind::Retirement, &order);
        self.install(WhatKind::Retirement, order);
        self.close(Outcome::Done);
    }

    /// Opens a destruction, shows its screen and types every right answer.
    pub(crate) fn confirm_destruction(&mut self) -> Destruction {
        self.attend(CeremonyKind::Destroy, OPERATORS);
        let wallet = self.world.wallet.id();
        let destruction = Destruction::of(self.state(), &wallet).unwrap();
        let lines = destruction.screen(self.lang);
        self.add(Body::Shown(Shown::of(1, self.lang, &lines)));
        for asked in destruction.asked() {
            let seat = asked.seat();
            let text = asked.expected().join(" ");
            self.add(Body::Answered(Answered {
                screen: 1,
                seat,
                text,
            }));
        }
        destruction
    }

    /// Writes down what is destroyed, and the end of so many keys.
    pub(crate) fn destroy(&mut self, destruction: Destruction, keys: usize) -> Undertaker {
        let entry = self.append(Body::Destroying(destruction.what().clone()));
        let mut undertaker = destruction.journalled(&entry, &self.disk).unwrap();
        for _ in 0..keys {
            let Some(order) = undertaker.next_order() else {
                break;
            };
            self.add(Body::Destroyed(order.key().id));
        }
        undertaker
    }

    /// What HSM03 finds on a token with all that the journal knows; `edit` changes the token.
    pub(crate) fn inventory(&mut self, edit: impl FnOnce(&mut Inventory)) -> Verdict {
        let mut inventory = Inventory {
            keys: self.state().known_keys().into_iter().map(seen).collect(),
            halves: vec![],
            foreign: vec![],
        };
        edit(&mut inventory);
        let verdict = hsm03(&inventory, self.state().known_keys());
        let report = vec![RuleLine {
            rule: RuleId::HSM03,
            verdict: verdict.clone(),
        }];
        self.add(Body::Inventoried(Inventoried { inventory, report }));
        verdict
    }

    /// Opens a session that holds the token against the card; `edit` changes what is found.
    pub(crate) fn prove(&mut self, edit: impl FnOnce(&mut PossessionReport)) -> Verdict {
        self.open(CeremonyKind::Backup);
        let opened = self.state().open().unwrap();
        let nonce = PossessionReport::nonce_of(&opened.opened().nonce, &self.journal.head().hash);
        let asked = PossessionReport::asked(self.state());
        let lines = asked.iter().map(|line| {
            let order = PossessionOrder::new(&self.device.id(), line.key, nonce);
            ProofLine {
                id: line.key.id,
                public_key: line.key.public_key,
                found: Found::Proven(self.device.clone().prove(&order).unwrap()),
            }
        });
        let mut report = PossessionReport {
            version: 1,
            scope: SCOPE,
            device: self.device.id(),
            session: opened.number(),
            nonce,
            card: self.state().own_card().unwrap().digest(),
            hsm: opened.opened().hsm.clone(),
            standing: Standing::Behind,
            lines: lines.collect(),
            entries: self.journal.head().entries,
            head: self.journal.head().hash,
        };
        edit(&mut report);
        let verdict = key01(&report, &asked);
        let signed = ByteString(self.device.seal(report).to_bytes());
        let report = vec![RuleLine {
            rule: RuleId::KEY01,
            verdict: verdict.clone(),
        }];
        self.add(Body::Proven(Proven { signed, report }));
        verdict
    }

    /// Opens a session with both operators and reads a PSBT.
    pub(crate) fn take_in(&mut self, kind: CeremonyKind, case: &Case) {
        self.attend(kind, case.operators);
        for who in &case.witnesses {
            self.sit(who, Seat::Witness);
        }
        self.add(Body::Intake(Intake::new(
            case.full(&self.world).into_bytes(),
            Channel::File,
            self.clock,
        )));
    }

    /// Judges what was read, and writes the report and the rejections.
    pub(crate) fn judge(&mut self) -> Result<ApprovedTx, NotApproved> {
        let judged = judge(self.state());
        let report = match &judged {
            Ok(approved) => approved.report(),
            Err(refused) => refused.report().unwrap(),
        };
        self.add(Body::Reported(report.clone()));
        for rejected in new_rejections(self.journal.state()) {
            self.add(Body::Rejected(rejected));
        }
        judged
    }

    /// The review of what was read.
    pub(crate) fn review(&mut self) -> Review {
        let approved = self.judge().unwrap();
        review(self.state(), approved).unwrap()
    }

    /// Shows everything and types every right answer, until `until` questions were answered.
    pub(crate) fn read(&mut self, review: &mut Review, until: usize) {
        let mut answered = 0;
        loop {
            let lang = review.lang();
            match review.step() {
                Step::Show { page, number, .. } => {
                    let screen = page.screen().digest(lang);
                    self.add(Body::Shown(Shown { number, screen }));
                    review.shown();
                }
                Step::Ask { .. } if answered == until => return,
                Step::Ask { challenge, .. } => {
                    let text = std::string::String::from(challenge.expected());
                    assert_eq!(self.type_in(review, &text), Answer::Accepted);
                    answered += 1;
                }
                Step::Done => return,
            }
        }
    }

    /// Types one answer and writes it down.
    pub(crate) fn type_in(&mut self, review: &mut Review, text: &str) -> Answer {
        let Step::Ask { challenge, number } = review.step() else {
            panic!("nothing is asked");
        };
        let seat = challenge.seat();
        self.add(Body::Answered(Answered {
            screen: number,
            seat,
            text: text.into(),
        }));
        review.answer(text)
    }

    /// Confirms everything.
    pub(crate) fn confirm(&mut self) -> ConfirmedTx {
        let mut review = self.review();
        self.read(&mut review, usize::MAX);
        review.finish().unwrap()
    }

    /// Writes the intent and signs so many inputs.
    pub(crate) fn sign(&mut self, confirmed: ConfirmedTx, inputs: usize) -> Signing {
        let opened = self.state().open().unwrap().opened();
        let random = evidence_again(&opened.nonce[0].to_string());
        let mut report = environment::judge(&reading(), opened.hsm.assurance);
        let before = RandomBefore::Opening(&opened.random);
        report.push(hsm04_line(&random, before));
        self.add(Body::Rechecked(Box::new(Rechecked {
            environment: reading(),
            report,
            random,
            clock: self.clock,
        })));
        let intended = begin_signing(self.state(), confirmed).unwrap();
        let known = self.state().resumed();
        let known = known.map_or(vec![], |u| u.results().to_vec());
        let resumed = self.state().open().unwrap().opened().kind == CeremonyKind::Resume;
        let entry = self.append(Body::Intent(intended.intent().clone()));
        let mut signing = intended.journalled(&entry, &self.disk).unwrap();
        if resumed {
            for line in &known {
                let before = self.state().resumed().unwrap().ledger_before();
                signing.accept_recorded(line, before).unwrap();
            }
        }
        while signing.made() < inputs {
            let Some(order) = signing.next_order() else {
                break;
            };
            let signature = self.device.sign(&order).unwrap();
            let ledger = self.journal.state().ledger();
            let line = signing.accept(order, signature, ledger).unwrap();
            self.add(Body::Result(line));
        }
        signing
    }

    /// Writes the receipt.
    pub(crate) fn receipt(&mut self, signing: Signing) -> SignedPsbt {
        let head = self.journal.head();
        let facts = ReceiptFacts {
            head: head.hash,
            entries: head.entries,
            signature_count: self.state().ledger().signatures(),
        };
        let draft = signing.receipt(facts, self.device.identity()).unwrap();
        let signature = self.device.seal_with(&draft.seal_order().unwrap());
        let signed = draft.signed(signature).unwrap();
        self.add(Body::Receipt(ByteString(signed.to_bytes())));
        signing.finish(&signed).unwrap()
    }

    /// A whole session that signs a case.
    pub(crate) fn sign_case(&mut self, case: &Case) -> (SignedPsbt, SealedSession) {
        self.sign_as(CeremonyKind::Sign, case)
    }

    /// The same in a ceremony of this kind.
    pub(crate) fn sign_as(
        &mut self,
        kind: CeremonyKind,
        case: &Case,
    ) -> (SignedPsbt, SealedSession) {
        self.take_in(kind, case);
        let confirmed = self.confirm();
        let signing = self.sign(confirmed, usize::MAX);
        self.witness();
        let signed = self.receipt(signing);
        (signed, self.close(Outcome::Signed))
    }
}

/// A device that may sign, under a second roster without one of the approvers.
pub(crate) fn renewed() -> Bench {
    let mut bench = Bench::ready();
    let last = &bench.world.roster;
    let mut body = last.roster().clone();
    body.number.0 += 1;
    body.predecessor = Some(last.digest());
    body.officers
        .retain(|officer| officer.id != id("approver.s"));
    let bytes = officers_sign(body, &["admin.a", "admin.b"]).to_bytes();
    bench.attend(CeremonyKind::Roster, OPERATORS);
    bench.compare(WhatKind::Roster, &bytes);
    bench.install(WhatKind::Roster, bytes.clone());
    bench.close(Outcome::Done);
    bench.world.roster = bench
        .world
        .roster
        .succeed(&bytes, crate::testing::free(TIP))
        .unwrap();
    bench
}

/// Recovery keys in safes, and what they do.
pub(crate) mod safes;

/// A device on which the recovery quorum replaced an administrator, after a first try that one of
/// them cancelled.
pub(crate) fn recovered() -> Bench {
    let mut bench = safes::with_safes();
    let roster = safes::recovered(&bench);
    let body = |kind, artefact: Vec<u8>| {
        Body::Installed(Installed {
            kind,
            artefact: ByteString(artefact),
            clock: CLOCK,
        })
    };
    safes::session(&mut bench, body(WhatKind::WaitingRoster, roster.clone())).unwrap();
    let order = safes::cancellation(&bench).to_bytes();
    safes::session(&mut bench, body(WhatKind::Cancellation, order)).unwrap();
    safes::session(&mut bench, body(WhatKind::WaitingRoster, roster.clone())).unwrap();
    bench.extend_chain(safes::DELAY);
    safes::session(&mut bench, body(WhatKind::Roster, roster)).unwrap();
    bench
}

/// One officer's word that the device of the tests signs nothing any more.
pub(crate) fn freeze(world: &World, session: SessionNumber, nonce: [u8; 32]) -> Signed<Freeze> {
    let body = Freeze {
        version: 1,
        scope: SCOPE,
        officer: id("requester.r"),
        device: world.devices[0].id(),
        session,
        nonce,
        reason: label("seal broken"),
    };
    officer_signs(body, "requester.r")
}

/// The administrators let it go on.
pub(crate) fn thaw(world: &World, freeze: FreezeDigest) -> Endorsed<Thaw> {
    let body = Thaw {
        version: 1,
        scope: SCOPE,
        root: world.root.digest(),
        roster: world.roster.digest(),
        freeze,
        reason: label("the seal was found"),
    };
    officers_sign(body, &["admin.a", "admin.b"])
}

/// A device that was frozen, thawed again, and has signed.
pub(crate) fn thawed() -> Bench {
    let mut bench = Bench::ready();
    bench.freeze().unwrap();
    bench.thaw().unwrap();
    bench
}

/// A frozen device whose policy names a sweep to a wallet that is registered on it.
pub(crate) fn sweeping() -> Bench {
    let mut bench = Bench::ready_in(World::sweeping(|_| {}));
    bench.attend(CeremonyKind::Wallet, OPERATORS);
    bench.register(WhatKind::Wallet, bench.world.other.to_bytes());
    bench.close(Outcome::Done);
    bench.freeze().unwrap();
    bench
}

/// The order that retires the wallet of the tests.
pub(crate) fn retirement(world: &World) -> Endorsed<Retirement> {
    let order = Retirement {
        version: 1,
        scope: SCOPE,
        root: world.root.digest(),
        roster: world.roster.digest(),
        wallet: world.wallet.id(),
        empty_at: TIP,
        reason: label("moved to Cold 2"),
    };
    officers_sign(order, &["admin.a", "admin.c"])
}

const fn seen(known: KnownKey) -> SeenKey {
    SeenKey {
        id: known.id,
        point: Some(known.point),
    }
}

/// How a session of this bench begins. The nonce is another one for each session.
fn opened(bench: &Bench, kind: CeremonyKind) -> SessionOpened {
    let card = bench.device.card(bench.world.root.digest(), &[]);
    let cut = bench.state().unfinished().first();
    let cut = cut.filter(|_| kind == CeremonyKind::Resume);
    let resumes = cut.map(Unfinished::session);
    let environment = reading();
    let next = u8::try_from(bench.journal.head().session.0 + 1).unwrap();
    let random = evidence(&next.to_string());
    let mut report = environment::judge(&environment, card.hsm.assurance);
    let before = RandomBefore::Sessions(bench.state().random_samples());
    report.push(hsm04_line(&random, before));
    report.push(accepted(&card));
    report.push(RuleLine {
        rule: RuleId::ENV03,
        verdict: env03(bench.state().frozen(), bench.state().signing(kind, resumes)),
    });
    let passed = |rule| RuleLine {
        rule,
        verdict: Verdict::Passed,
    };
    report.extend([RuleId::HSM01, RuleId::HSM02, RuleId::HSM03].map(passed));
    report.extend(Standing::Current.lines());
    SessionOpened {
        kind,
        nonce: [next; 32],
        lang: bench.lang,
        software: Software {
            version: Line::lossy("0.1.0"),
            revision: Line::lossy("test"),
            binary: FileDigest::over(&[b"binary"]),
            module: card.hsm.module_digest,
            profile: card.hsm.profile_digest,
        },
        clock: bench.clock,
        report,
        environment,
        hsm: card.hsm,
        previous_seal: bench.state().last_seal(),
        random,
        resumes,
    }
}

fn hsm04_line(random: &RandomEvidence, before: RandomBefore<'_>) -> RuleLine {
    RuleLine {
        rule: RuleId::HSM04,
        verdict: hsm04(random, before),
    }
}

/// HSM06 over the HSM of a card.
fn accepted(card: &DeviceCard) -> RuleLine {
    let (hsm, network) = (&card.hsm, card.scope.network);
    RuleLine {
        rule: RuleId::HSM06,
        verdict: hsm06(hsm.standing(), Some(hsm), network, card.acceptance.as_ref()),
    }
}

/// A machine that is closed.
pub(crate) fn reading() -> EnvironmentReading {
    let lo = Interface {
        name: "lo".into(),
        kind: LOOPBACK_KIND,
    };
    EnvironmentReading {
        sysfs: Some(vec![lo.clone()]),
        netlink: Some(vec![lo]),
        proc_net_dev: Some(vec!["lo".into()]),
        tracer_pid: Some(0),
        swaps: Some(vec![]),
        core_limit: Some(0),
        core_pattern: Some("core".into()),
        preloaded: Some(vec![]),
        dumpable: Some(0),
    }
}

/// Headers from the checkpoint of the world to its tip.
fn headers() -> HeaderRun {
    let mut previous = [7; 32];
    let headers = (1..=2).map(|n| {
        let header = mined(previous, 1_700_000_000 + n);
        previous = header.block_hash().to_byte_array();
        consensus::serialize(&header).try_into().unwrap()
    });
    HeaderRun {
        first_height: Height(TIP.0 - 1),
        headers: headers.collect(),
    }
}

/// Hash and time of the last of them.
fn headers_end() -> ([u8; 32], u32) {
    let run = headers();
    let last: Header = consensus::deserialize(run.headers.last().unwrap()).unwrap();
    (last.block_hash().to_byte_array(), last.time)
}

fn mined(previous: [u8; 32], time: u32) -> Header {
    mined_over(previous, time, [0; 32])
}

/// A header over this Merkle root.
pub(crate) fn mined_over(previous: [u8; 32], time: u32, root: [u8; 32]) -> Header {
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash: BlockHash::from_byte_array(previous),
        merkle_root: TxMerkleNode::from_byte_array(root),
        time,
        bits: CompactTarget::from_consensus(0x207f_ffff),
        nonce: 0,
    };
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    header
}

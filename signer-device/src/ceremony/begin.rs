//! How every ceremony after commissioning begins: machine, journal, token, session, operators.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hsm_profiles::{DeviceHsm, Module, Pin, PinState, Profile, TokenSelector, digest_of};
use signer_core::environment::{self, EnvironmentReading};
use signer_core::phrase;

use signer_core::life::{CheckedReplacement, Standing, env03};
use signer_core::policy::ActivePolicy;
use signer_core::review::ReviewSession;
use signer_core::rule::{Refusal, RuleId, RuleLine};
use signer_core::signing::SigningHsm as _;
use signer_core::split::PinOpened;
use signer_core::token::{
    AcceptanceRecord, AnchorStore, Assurance, Date, HsmFacts, Line, LoginKind, RandomBefore,
    hsm_screen, hsm04,
};
use signer_core::transcript::{
    Anchor, Body, CeremonyKind, DeviceState, Exception, Genesis, Journal, Looks, OpenSession,
    SessionOpened, Software, UnverifiedTranscript, WrongPin, trn03, trn05,
};
use signer_core::types::{Chain, Id, Lang, PoolNumber, SessionNumber};
use signer_core::wallet::{RegisteredWallet, Supply, SupplyLevel};

use super::Script;
use super::holders::{Known, Login, ask_login};
use super::random::Random;
use super::room::Room;
use super::session::{Memory, Records, Session, of_hsm};
use super::token::{ExpectedKeys, Past, judge_token};
use crate::console::Answers;
use crate::failure::{Deed, Failure, Kind};
use crate::journal::{Disk, Hold, TornTail, unrecorded};
use crate::machine;
use crate::plan::{self, Place, TokenChoice};
use crate::shares::store;
use crate::spareless::Spareless;

/// A commissioned device with its folder held, before anything is judged or asked.
pub(super) struct Desk {
    pub(super) room: Room,
    disk: Disk,
    /// The journal as it was read: what the HSM remembers is held against it.
    written: UnverifiedTranscript,
    journal: Journal,
    genesis: Genesis,
    profile: Profile,
    module: Option<PathBuf>,
    label: Line,
    torn: Option<TornTail>,
}

impl Desk {
    /// Takes the folder, reads the journal and the profile.
    ///
    /// # Errors
    /// TRN01, TRN04 where the journal is not one; bad input where the folder is none.
    pub(super) fn sit_down(
        place: &Place,
        choice: TokenChoice,
        script: &'static Script,
    ) -> Result<Self, Failure> {
        let mut room = Room::enter(place.lang, script);
        let (mut disk, torn) = Disk::open(&place.state, Hold::Alone)?;
        let written = UnverifiedTranscript::parse(&disk.take_bytes());
        let written = written.map_err(|refusal| room.refused([&refusal]))?;
        let journal = Journal::of(&written).map_err(|refusal| room.refused([&refusal]))?;
        let genesis = journal.state().genesis().cloned();
        let genesis = genesis.ok_or_else(|| {
            Failure::internal(phrase!(
                "a journal without a birth",
                "起点の記録がないジャーナル"
            ))
        })?;
        let named = choice.profile.as_deref();
        let profile = plan::profile(named.unwrap_or_else(|| genesis.hsm.profile.as_str()))?;
        let assurance = genesis.hsm.assurance.stricter(profile.assurance());
        room.console.admit(answers(assurance))?;
        Ok(Self {
            label: choice.label.unwrap_or_else(|| genesis.hsm.label.clone()),
            module: choice.module,
            room,
            disk,
            written,
            journal,
            genesis,
            profile,
            torn,
        })
    }

    /// The profile of the token.
    pub(super) const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What the journal means.
    pub(super) const fn state(&self) -> &DeviceState {
        self.journal.state()
    }

    /// Reads and judges the machine.
    ///
    /// # Errors
    /// ENV01, ENV02. Nothing is recorded: no session is open yet.
    pub(super) fn machine(&mut self) -> Result<Machine, Failure> {
        let assurance = self.assurance();
        judge_machine(&mut self.room, assurance)
    }

    /// A profile that is named for one session does not make a rehearsal of a real device.
    const fn assurance(&self) -> Assurance {
        let commissioned = self.genesis.hsm.assurance;
        commissioned.stricter(self.profile.assurance())
    }

    /// Says where the journal stands.
    pub(super) fn journal(&mut self) -> Result<(), Failure> {
        if let Some(torn) = &self.torn {
            let [en, ja] = torn_journal(torn);
            self.room.notice(&en, &ja)?;
        }
        let state = self.journal.state();
        let (entries, sessions) = (self.journal.head().entries, self.journal.head().session);
        if let Some(open) = state.open() {
            let text = match self.room.lang() {
                Lang::En => format!(
                    "session {} was cut and is not sealed; it is covered by the next seal",
                    open.number()
                ),
                Lang::Ja => format!("セッション {} は中断され未封印です", open.number()),
            };
            self.room.console.notice(&text)?;
        }
        for unfinished in state.unfinished() {
            let (done, of) = (unfinished.results().len(), unfinished.intent().lines.len());
            let session = unfinished.session();
            self.room.notice(
                &format!(
                    "session {session}: {done} of {of} signatures were made and no ceremony \
                     released them; go on with psbt resume --session {session}"
                ),
                &format!(
                    "セッション {session}: 署名 {of} 件中 {done} 件を作成、解放は0件。\
                     psbt resume --session {session} で再開してください"
                ),
            )?;
        }
        if let Some(cut) = state.generation() {
            let missing = state.missing_keys().iter().map(|range| range.count).sum();
            self.room
                .console
                .notice(&unfinished_keys(cut.pool, missing, self.room.lang()))?;
        }
        let lang = self.room.lang();
        let spareless = Spareless::of(state).into_iter();
        let spareless = spareless.map(|wallet| wallet.text(lang));
        for text in scarce(state, lang).into_iter().chain(spareless) {
            self.room.console.notice(&text)?;
        }
        let (name, site) = (&self.genesis.name, &self.genesis.site);
        self.room.say(
            &format!("device {name} at {site}: {sessions} sessions, {entries} entries"),
            &format!("端末 {name}({site}): セッション {sessions} 回、記録 {entries} 件"),
        )
    }

    /// Opens the token, logs in and reads what it is.
    ///
    /// # Errors
    /// HSM, for a wrong PIN or another device's token; TRN03, TRN05.
    pub(super) fn token(self) -> Result<TokenDesk, Failure> {
        self.look_at(Asks::TheTokenInUse)
    }

    /// The same for a backup, or an HSM that was restored from one: how it stands to the journal is
    /// found out, and it is told nothing.
    ///
    /// # Errors
    /// HSM; TRN03 where it remembers more than this journal, or another one.
    pub(super) fn backup(self) -> Result<TokenDesk, Failure> {
        self.look_at(Asks::AnyCopy)
    }

    /// The same for an HSM that an order brings in the place of the one in use: it is selected and
    /// judged as the order says. A PIN is asked for no token but one that administrators ordered.
    ///
    /// # Errors
    /// HSM; TRN03 where it remembers more than this journal, or another one.
    pub(super) fn successor(mut self, order: &CheckedReplacement) -> Result<TokenDesk, Failure> {
        let order = order.order();
        self.genesis.hsm = order.hsm.clone();
        self.genesis.acceptance.clone_from(&order.acceptance);
        self.label = order.hsm.label.clone();
        self.room.console.admit(answers(self.assurance()))?;
        self.look_at(Asks::TheSuccessor)
    }

    fn look_at(mut self, asks: Asks) -> Result<TokenDesk, Failure> {
        match self.open_token(asks) {
            Ok(found) => Ok(TokenDesk {
                desk: self,
                hsm: found.hsm,
                module: found.module,
                memory: match (found.standing, asks) {
                    (Standing::Unanchored, _) => Memory::Nothing,
                    (_, Asks::TheTokenInUse) => Memory::Told(found.anchor),
                    (_, Asks::AnyCopy) => Memory::LeftAlone,
                    (_, Asks::TheSuccessor) => Memory::NotYet(found.anchor),
                },
                standing: found.standing,
                pin: found.pin,
                login: found.login,
            }),
            Err(failure) => Err(keep(self.disk.folder(), failure)),
        }
    }

    fn open_token(&mut self, asks: Asks) -> Result<FoundToken, Failure> {
        let module = Module::load(&self.profile, self.module.as_deref());
        let module = module.map_err(|e| of_hsm(&e))?;
        // A backup lies in another HSM, which has a serial number of its own.
        let serial = match asks {
            Asks::TheTokenInUse | Asks::TheSuccessor => Some(self.genesis.hsm.serial.clone()),
            Asks::AnyCopy => None,
        };
        let serial = serial.filter(|serial| !serial.as_str().is_empty());
        let selector = TokenSelector {
            label: self.label.clone(),
            serial,
        };
        let closed = module.open(&selector).map_err(|e| of_hsm(&e))?;
        let known = Known {
            folder: self.disk.folder(),
            state: self.journal.state(),
            any_copy: asks != Asks::TheTokenInUse,
        };
        let login = ask_login(&mut self.room, &closed, &selector, known)?;
        let pin = closed.pin_state();
        let open = closed.login(&login.pin).map_err(|e| of_hsm(&e))?;
        let mut hsm = DeviceHsm::new(open).map_err(|e| of_hsm(&e))?;
        if hsm.identity() != self.genesis.identity {
            return Err(Failure::hsm(
                phrase!(
                    "the token is of another device than the journal",
                    "トークンがこのジャーナルの端末のものではない"
                ),
                phrase!(
                    "Use the token that was commissioned with this state folder.",
                    "この状態フォルダと共に初期設定したトークンを使用してください。"
                ),
            ));
        }
        let (anchor, standing) = self.remembered(&mut hsm, asks)?;
        Ok(FoundToken {
            hsm,
            module,
            anchor,
            standing,
            pin,
            login,
        })
    }

    /// What the HSM remembers of the journal, held against the disk.
    fn remembered(
        &mut self,
        hsm: &mut DeviceHsm,
        asks: Asks,
    ) -> Result<(Option<Anchor>, Standing), Failure> {
        if self.anchor_store() == AnchorStore::None {
            self.room.console.notice(self.room.lang().pick(
                "TRN03 -- this HSM keeps no anchor: a disk that was copied or rolled back is not noticed",
                "TRN03 -- このHSMはアンカーを保持せず、ディスクの複製や巻き戻しを検出できません",
            ))?;
            return Ok((None, Standing::Unanchored));
        }
        let slots = hsm.token().anchors();
        let slots = slots.map_err(|e| of_hsm(&e))?;
        let anchor = Anchor::newest([slots[0].as_deref(), slots[1].as_deref()]);
        let standing = standing(anchor.as_ref(), &self.written, asks);
        let standing = standing.map_err(|refusal| self.room.refused([&refusal]))?;
        if let Some(anchor) = &anchor {
            let (entries, signatures) = (anchor.entries, anchor.signatures);
            self.room.say(
                &format!("anchor in the HSM: {entries} entries, {signatures} signatures"),
                &format!("HSM内のアンカー: 記録 {entries} 件、署名 {signatures} 件"),
            )?;
        }
        Ok((anchor, standing))
    }

    /// Where the head of the journal is kept. A profile that says "nowhere" is believed only where
    /// the device was commissioned like that; HSM02 refuses the change itself.
    const fn anchor_store(&self) -> AnchorStore {
        match (self.genesis.hsm.anchor, self.profile.anchor()) {
            (AnchorStore::None, AnchorStore::None) => AnchorStore::None,
            (AnchorStore::DataObject, _) | (_, AnchorStore::DataObject) => AnchorStore::DataObject,
        }
    }
}

/// Which token a ceremony asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// The one that was told of the last session.
    TheTokenInUse,
    /// That one, or a copy of it.
    AnyCopy,
    /// The one that an order brings in its place.
    TheSuccessor,
}

/// A token that was logged in to and has the device's identity key.
struct FoundToken {
    hsm: DeviceHsm,
    module: Module,
    anchor: Option<Anchor>,
    standing: Standing,
    pin: PinState,
    login: Login,
}

/// How the token's memory stands to the journal. Only the token in use goes on with it.
fn standing(
    anchor: Option<&Anchor>,
    journal: &UnverifiedTranscript,
    asks: Asks,
) -> Result<Standing, Refusal> {
    let of_a_copy = if anchor.is_some() {
        Standing::Behind
    } else {
        Standing::Blank
    };
    let is_ours = trn03(anchor, journal);
    match asks {
        Asks::TheTokenInUse => {
            is_ours?;
            trn05(anchor, journal)?;
            Ok(Standing::Current)
        }
        Asks::AnyCopy | Asks::TheSuccessor => {
            if anchor.is_some() {
                is_ours.clone()?;
            }
            let current = is_ours.and_then(|()| trn05(anchor, journal));
            Ok(current.map_or(of_a_copy, |()| Standing::Current))
        }
    }
}

/// What is said of chains of which a fifth or less is unused.
fn scarce(state: &DeviceState, lang: Lang) -> Vec<String> {
    let retired = |wallet: &RegisteredWallet| state.wallets().retirement(&wallet.id()).is_some();
    let wallets = state.wallets().newest().filter(|wallet| !retired(wallet));
    let chains = wallets.flat_map(|wallet| [Chain::Receive, Chain::Change].map(|c| (wallet, c)));
    let low = chains.filter_map(|(wallet, chain)| {
        let supply = state.supply(wallet, chain);
        (supply.level() == SupplyLevel::Low).then_some((wallet, chain, supply))
    });
    let text = |(wallet, chain, supply): (&Arc<RegisteredWallet>, Chain, Supply)| {
        let (left, total, name) = (supply.left(), supply.total(), wallet.name());
        let chain = chain.number();
        match lang {
            Lang::En => format!(
                "wallet {name}: {left} of {total} addresses are left on chain {chain}; \
                 generate more keys and extend the wallet"
            ),
            Lang::Ja => format!(
                "ウォレット {name}: チェーン {chain} の未使用アドレスは {total} 件中 {left} 件です。\
                 鍵を生成しウォレットを拡張してください"
            ),
        }
    };
    low.map(text).collect()
}

/// What is said of a generation that was cut.
fn unfinished_keys(pool: PoolNumber, missing: u32, lang: Lang) -> String {
    match lang {
        Lang::En => format!(
            "pool {pool}: {missing} announced keys are not recorded, and no card shows the others; \
             go on by device resume"
        ),
        Lang::Ja => format!(
            "プール {pool}: 予定した鍵 {missing} 個が未記録で、カードも未作成です。\
             device resume で続行してください"
        ),
    }
}

/// The HSM stopped a ceremony before there was a session to record it in: the next one does. Few
/// tokens say by themselves that a wrong PIN was tried.
pub(super) fn keep(folder: &Path, failure: Failure) -> Failure {
    if matches!(failure.kind(), Kind::Hsm | Kind::WrongPin) {
        unrecorded::keep(folder, failure.for_record());
    }
    failure
}

/// A machine that was read and judged.
pub(super) struct Machine {
    pub(super) reading: EnvironmentReading,
    pub(super) lines: Vec<RuleLine>,
}

/// Reads and judges the machine.
///
/// # Errors
/// ENV01, ENV02.
pub(super) fn judge_machine(room: &mut Room, assurance: Assurance) -> Result<Machine, Failure> {
    let reading = machine::read();
    let lines = environment::judge(&reading, assurance);
    room.verdicts(&lines)?;
    Ok(Machine { reading, lines })
}

/// What a session begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    kind: CeremonyKind,
    resumes: Option<SessionNumber>,
}

impl Opening {
    /// A session that goes on with what another one was about to sign.
    pub(super) const fn going_on(cut: SessionNumber) -> Self {
        Self {
            kind: CeremonyKind::Resume,
            resumes: Some(cut),
        }
    }
}

impl From<CeremonyKind> for Opening {
    fn from(kind: CeremonyKind) -> Self {
        Self {
            kind,
            resumes: None,
        }
    }
}

/// A desk with its token open and found to be the device's.
pub(super) struct TokenDesk {
    desk: Desk,
    hsm: DeviceHsm,
    module: Module,
    memory: Memory,
    standing: Standing,
    pin: PinState,
    login: Login,
}

impl TokenDesk {
    /// How the token's memory stands to the journal.
    pub(super) const fn standing(&self) -> Standing {
        self.standing
    }

    /// The room.
    pub(super) const fn room(&mut self) -> &mut Room {
        &mut self.desk.room
    }

    /// Judges the token and opens the session: its first entry is on the disk and anchored.
    ///
    /// # Errors
    /// HSM01 to HSM04, HSM06 or ENV03, recorded in the session that they end.
    pub(super) fn open(
        self,
        opening: impl Into<Opening>,
        machine: Machine,
    ) -> Result<Session, Failure> {
        self.open_with_pin(opening, machine)
            .map(|(session, _)| session)
    }

    /// The same, for a ceremony that changes the PIN with which the token was logged in to.
    pub(super) fn open_with_pin(
        self,
        opening: impl Into<Opening>,
        machine: Machine,
    ) -> Result<(Session, Pin), Failure> {
        let (session, login) = self.open_with_login(opening, machine)?;
        Ok((session, login.pin))
    }

    /// The same, for a ceremony that records itself who logged in.
    pub(super) fn open_with_login(
        self,
        opening: impl Into<Opening>,
        machine: Machine,
    ) -> Result<(Session, Login), Failure> {
        let folder = self.desk.disk.folder().to_path_buf();
        let (mut session, found, lines) = self
            .begin(opening.into(), machine)
            .map_err(|failure| keep(&folder, failure))?;
        match greet(&mut session, &found, &lines) {
            Ok(()) => Ok((session, found.login)),
            Err(failure) => Err(session.end_badly(failure)),
        }
    }

    fn begin(
        mut self,
        Opening { kind, resumes }: Opening,
        machine: Machine,
    ) -> Result<(Session, Found, Vec<RuleLine>), Failure> {
        let lang = self.desk.room.lang();
        let mut random = Random::start(self.hsm.token())?;
        let nonce = random.session_nonce(self.hsm.token())?;
        let evidence = random.evidence();
        let before = RandomBefore::Sessions(self.desk.journal.state().random_samples());
        let healthy = hsm04(&evidence, before);
        let genesis = &self.desk.genesis;
        let network = genesis.root.scope.network;
        let state = self.desk.journal.state();
        let expected = expected_keys(state, kind);
        let (hsm_facts, now) = (self.hsm.token().facts(), machine::clock());
        let screen = hsm_lines(&hsm_facts, genesis.acceptance.as_ref(), now, lang);
        let lines = judge_token(
            self.hsm.token(),
            network,
            Past::Born(genesis),
            expected,
            healthy,
        );
        let mut lines = lines.map_err(|e| of_hsm(&e))?;
        lines.push(RuleLine {
            rule: RuleId::ENV03,
            verdict: env03(state.frozen(), state.signing(kind, resumes)),
        });
        lines.extend(self.standing.lines());
        let state = self.desk.journal.state();
        let opened = SessionOpened {
            kind,
            nonce,
            lang,
            software: software(&hsm_facts)?,
            clock: now,
            hsm: hsm_facts,
            environment: machine.reading,
            report: [machine.lines, lines.clone()].concat(),
            previous_seal: state.last_seal(),
            random: evidence,
            resumes,
        };
        let torn = self.desk.torn.as_ref().map(|torn| torn.length);
        let cut = state.open().map(OpenSession::number);
        let (device, device_name) = (genesis.identity.device_id(), genesis.name.clone());
        let mut records = Records::new(self.desk.disk, self.desk.journal, self.memory);
        records.append(Body::SessionOpened(Box::new(opened)))?;
        records.flush()?;
        records.anchor(&mut self.hsm)?;
        let facts = ReviewSession {
            device,
            device_name,
            session: SessionNumber(records.journal().head().session.0),
            nonce,
        };
        let session = Session::new(
            self.desk.room,
            self.hsm,
            random,
            facts,
            self.module,
            records,
        );
        let found = Found {
            torn,
            cut,
            pin: self.pin,
            login: self.login,
            screen,
        };
        Ok((session, found, lines))
    }
}

/// What HSM03 expects on the token: keys that were announced only where this ceremony makes them.
fn expected_keys(state: &DeviceState, kind: CeremonyKind) -> ExpectedKeys {
    ExpectedKeys {
        recorded: state.known_keys(),
        unrecorded: match kind {
            CeremonyKind::Keys => state.missing_ids().collect(),
            _ => BTreeSet::new(),
        },
    }
}

/// What was found before the session could record it.
struct Found {
    torn: Option<usize>,
    cut: Option<SessionNumber>,
    pin: PinState,
    login: Login,
    screen: Vec<String>,
}

/// The first things in a session: what was found before it, and what the token rules found.
fn greet(session: &mut Session, found: &Found, lines: &[RuleLine]) -> Result<(), Failure> {
    session.room.console.screen("hsm", &found.screen)?;
    if let Some(length) = found.torn {
        let happened = format!("{length} bytes of an entry that was never finished");
        session.record(exception(
            "a journal of whole entries",
            &happened,
            "kept aside",
        ))?;
    }
    if let Some(number) = found.cut {
        let happened = format!("session {number} was cut");
        session.record(exception(
            "a sealed session",
            &happened,
            "closed by this one",
        ))?;
    }
    record_clock(session)?;
    if session.hsm.token().profile().login_kind() == LoginKind::Preloaded {
        session.record(exception(
            "a login by who is here",
            "cards were loaded before: the login proves nothing of who is here",
            "begun all the same",
        ))?;
    }
    let folder = session.records.folder().to_path_buf();
    record_unrecorded(session, &folder)?;
    record_login(session, found.login.by.as_ref(), &folder)?;
    record_wrong_pin(session, found.pin)?;
    let kind = session
        .journal()
        .state()
        .open()
        .map(|open| open.opened().kind);
    match kind.map(CeremonyKind::looks) {
        Some(Looks::Only) => session.room.findings(lines)?,
        Some(Looks::AndActs) | None => session.room.verdicts(lines)?,
    }
    announce(session)?;
    let number = session.facts.session;
    let [policy, policy_ja] = match session.journal().state().policy() {
        None => nothing(),
        Some(policy) => in_force(policy),
    };
    let previous = session.journal().state().last_seal();
    let [seal, seal_ja] = previous.map_or_else(nothing, |seal| [seal.to_hex(), seal.to_hex()]);
    session.room.say(
        &format!("session {number} is open; policy {policy}; previous seal {seal}"),
        &format!("セッション {number} を開始。ポリシー {policy_ja}、前回の封印 {seal_ja}"),
    )
}

/// A clock that lies behind an earlier session's: the journal takes nothing before that is recorded.
pub(super) fn record_clock(session: &mut Session) -> Result<(), Failure> {
    let open = session.journal().state().open();
    let Some(exception) = open.and_then(OpenSession::backwards).cloned() else {
        return Ok(());
    };
    let (expected, happened) = (&exception.expected, &exception.happened);
    let text = match session.lang() {
        Lang::En => format!("the machine's clock went back: {happened}, expected {expected}"),
        Lang::Ja => format!("端末の時計が逆行しています: {happened}(期待: {expected})"),
    };
    session.room.console.notice(&text)?;
    session.record(Body::Exception(exception))
}

/// A wrong PIN of which the token knows: a login makes it forget.
pub(super) fn record_wrong_pin(session: &mut Session, pin: PinState) -> Result<(), Failure> {
    if !matches!(pin, PinState::CountLow | PinState::FinalTry) {
        return Ok(());
    }
    session.room.console.notice(session.lang().pick(
        "a wrong PIN was entered since the last login",
        "前回のログイン以降に誤ったPINが入力されました",
    ))?;
    session.record(Body::WrongPin(WrongPin { tries_left: None }))
}

/// Says what every session is told first, and records that it was said: the journal takes nothing
/// else before it.
pub(super) fn announce(session: &mut Session) -> Result<(), Failure> {
    let due = session.journal().state().open().and_then(OpenSession::due);
    let Some(due) = due.cloned() else {
        return Ok(());
    };
    for line in due.lines(session.journal().state().height(), session.lang()) {
        session.room.console.notice(&line)?;
    }
    if due.open.is_some() {
        show_open(session)?;
    }
    session.record(Body::Announced(due))
}

/// Every set of partial signatures that is not settled, one line each.
fn show_open(session: &mut Session) -> Result<(), Failure> {
    let lang = session.lang();
    let state = session.journal().state();
    let open = state.register().open().into_iter();
    let lines: Vec<String> = open
        .map(|open| open.line(state.wallet_name(open), lang))
        .collect();
    session.room.console.screen("open-signatures", &lines)
}

/// The policy in force, and until when some of it waits.
fn in_force(policy: &ActivePolicy) -> [String; 2] {
    let named = |waits: &str| format!("{} ({}{waits})", policy.number(), policy.digest());
    match policy.waits_until() {
        None => [named(""), named("")],
        Some(height) => [
            named(&format!(", its loosenings wait until height {height}")),
            named(&format!("、緩和はブロック高 {height} まで発効待機")),
        ],
    }
}

fn nothing() -> [String; 2] {
    ["none".to_owned(), "なし".to_owned()]
}

/// What was found behind the last whole entry, and where it is kept.
fn torn_journal(torn: &TornTail) -> [String; 2] {
    let bytes = torn.length;
    let (kept, kept_ja) = torn.kept.as_ref().map_or_else(Default::default, |path| {
        let path = path.display();
        (
            format!("; they are kept in {path}"),
            format!("({path} に保管)"),
        )
    });
    [
        format!("the journal ended with {bytes} bytes of an entry that was never finished{kept}"),
        format!("ジャーナル末尾に書き終えていない記録 {bytes} バイトがありました{kept_ja}"),
    ]
}

/// Whose shares opened the token: that set is the token's, and the files of others go.
fn record_login(
    session: &mut Session,
    by: Option<&PinOpened>,
    folder: &Path,
) -> Result<(), Failure> {
    let kind = session.journal().state().open();
    let copies = [CeremonyKind::Backup, CeremonyKind::Replace];
    let copy = kind.is_some_and(|open| copies.contains(&open.opened().kind));
    let Some(opened) = by.filter(|_| !copy) else {
        return Ok(());
    };
    session.record(Body::PinOpened(opened.clone()))?;
    let splits = session.journal().state().pin(opened.credential);
    store::sweep(folder, opened.credential, splits)?;
    let names: Vec<&str> = opened.holders.iter().map(Id::as_str).collect();
    let names = names.join(", ");
    session.room.say(
        &format!("the PIN was put together by {names}"),
        &format!("PINの保持者: {names}"),
    )
}

/// What stopped earlier ceremonies before they had a session. It is forgotten once it is recorded.
pub(super) fn record_unrecorded(session: &mut Session, folder: &Path) -> Result<(), Failure> {
    let Some(lines) = unrecorded::lines(folder) else {
        let what = "what stopped earlier ceremonies cannot be read";
        return session.record(exception("a readable file", what, "left where it is"));
    };
    for line in lines {
        session.record(exception("a session", &line, "begun again"))?;
    }
    unrecorded::forget(folder);
    Ok(())
}

/// Something did not go as the script says, at the step that looks at the journal.
fn exception(expected: &str, happened: &str, decision: &str) -> Body {
    Body::Exception(Exception {
        step: 2,
        expected: Line::lossy(expected),
        happened: Line::lossy(happened),
        decision: Line::lossy(decision),
        decided_by: None,
    })
}

/// The screen about the HSM, on the day of this clock.
pub(super) fn hsm_lines(
    hsm: &HsmFacts,
    accepted: Option<&AcceptanceRecord>,
    clock: u64,
    lang: Lang,
) -> Vec<String> {
    hsm_screen(hsm, accepted, Date::of_clock(clock), lang)
}

/// What runs; self-reported.
pub(super) fn software(hsm: &HsmFacts) -> Result<Software, Failure> {
    let path = std::path::Path::new("/proc/self/exe");
    let binary = digest_of(path).map_err(|e| Failure::file(Deed::Read, path, &e))?;
    Ok(Software {
        version: Line::lossy(env!("CARGO_PKG_VERSION")),
        revision: Line::lossy(option_env!("HIMURO_REVISION").unwrap_or("unreleased")),
        binary,
        module: hsm.module_digest,
        profile: hsm.profile_digest,
    })
}

/// Only rehearsals take answers from a program.
pub(super) const fn answers(assurance: Assurance) -> Answers {
    match assurance {
        Assurance::TestOnly => Answers::FromAnywhere,
        Assurance::Unverified | Assurance::Verified => Answers::FromTerminal,
    }
}

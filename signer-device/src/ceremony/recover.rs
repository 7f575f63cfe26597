//! Going on from the anchor in the HSM, without the journal up to it: by an order of the
//! administrators, typed by two people. Nothing can be signed in this session.
//!
//! Everything up to the entry that recovers is written to a file beside the journal. Only then the
//! old journal gets another name and the new one its own: a cut before leaves what was there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use hsm_profiles::{DeviceHsm, Module, PinState, Profile, TokenSelector};
use signer_core::approval::{Roster, RosterError};
use signer_core::codec::ByteString;
use signer_core::cose::{Endorsed, peek};
use signer_core::digest::FileDigest;
use signer_core::keys::{CkaId, KeyRole};
use signer_core::life::{Continuation, Recovered, env03};
use signer_core::phrase;
use signer_core::review::ReviewSession;
use signer_core::rule::{RuleId, RuleLine};
use signer_core::signing::SigningHsm as _;
use signer_core::token::{AnchorStore, KnownKey, RandomBefore, hsm04};
use signer_core::transcript::{
    Anchor, Body, CeremonyKind, Genesis, Journal, Outcome, ReadiedBy, SessionOpened,
    UnverifiedTranscript, WhatKind, trn03,
};
use signer_core::types::SessionNumber;
use signer_core::wallet::{CheckedCard, DeviceCard};

use super::Script;
use super::anchor::{newest, no_anchor};
use super::begin::{
    Machine, announce, answers, hsm_lines, judge_machine, keep, record_clock, record_unrecorded,
    record_wrong_pin, software,
};
use super::commission::Trust;
use super::officers;
use super::random::Random;
use super::register_wallet::install;
use super::room::Room;
use super::session::{Memory, Records, Session, of_hsm};
use super::token::{ExpectedKeys, Past, judge_token, log_in};
use crate::console::Who;
use crate::failure::{Failure, path_of};
use crate::files;
use crate::journal::{Disk, unrecorded};
use crate::machine;
use crate::plan::{self, Recover};

/// The paper: `docs/ceremony/recover.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "recover",
    steps: &[
        ["Environment", "環境の確認"],
        ["Token", "トークンの確認"],
        ["Journal", "ジャーナルの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Check the order", "復旧指示の検証"],
        ["Compare the order", "復旧指示の照合"],
        ["Recover", "復旧"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: &Recover) -> Result<(), Failure> {
    let mut room = Room::enter(plan.place.lang, &SCRIPT);
    let order = files::read(&plan.order, files::ARTEFACT)?;
    let papers = Papers::read(plan, order)?;
    let named = plan.token.profile.as_deref();
    let profile = plan::profile(named.unwrap_or_else(|| papers.claimed.hsm.profile.as_str()))?;
    let commissioned = papers.claimed.hsm.assurance;
    let assurance = commissioned.stricter(profile.assurance());
    room.console.admit(answers(assurance))?;
    let (disk, old) = Disk::replace(&plan.place.state)?;

    // 1. Environment
    room.step(1)?;
    let machine = judge_machine(&mut room, assurance)?;

    // 2. Token
    room.step(2)?;
    let folder = disk.folder().to_path_buf();
    let token = open_token(&mut room, plan, &papers.claimed, &profile);
    let token = token.map_err(|failure| keep(&folder, failure))?;

    // 3. Journal
    room.step(3)?;
    let past = Left::find(&mut room, plan, &papers, old, &token.anchor)?;

    // 4. Session
    room.step(4)?;
    let (mut session, found) = begin(room, disk, token, machine, &past, &papers)?;
    // Up to here and until the recovery is an entry, all this is a draft that nothing builds on.
    let drafted = greet(&mut session, &found, &past.rosters)
        .and_then(|()| recover(&mut session, &papers, past.kept));
    if let Err(failure) = drafted {
        unrecorded::keep(&folder, failure.for_record());
        return Err(match session.leave() {
            Err(second) => failure.followed_by(&second),
            Ok(()) => failure,
        });
    }
    match end(&mut session) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// What was brought on a medium: the order, and the card that says what the device is.
struct Papers {
    order: Vec<u8>,
    card: Vec<u8>,
    claimed: DeviceCard,
}

impl Papers {
    fn read(plan: &Recover, order: Vec<u8>) -> Result<Self, Failure> {
        let card = files::read(&plan.card, files::ARTEFACT)?;
        let claimed = peek::<DeviceCard>(&card).map_err(|error| {
            Failure::input(
                phrase!(
                    "{path} is no device card: {why}",
                    "{path} は端末カードではない: {why}",
                    path = path_of(&plan.card),
                    why = error.phrase()
                ),
                phrase!(
                    "Give the newest card of this device, the one that the order names.",
                    "復旧指示が指す、この端末の最新の端末カードを指定してください。"
                ),
            )
        })?;
        // Every key of the card is proven, under whatever root it names: root and order are
        // compared later.
        CheckedCard::open(&card, claimed.scope, &claimed.root)
            .map_err(|error| Failure::told(&path_of(&plan.card), &error))?;
        Ok(Self {
            order,
            card,
            claimed,
        })
    }

    fn entry(&self, anchor: Anchor, kept: Option<FileDigest>) -> Recovered {
        Recovered {
            order: ByteString(self.order.clone()),
            anchor,
            card: ByteString(self.card.clone()),
            kept,
        }
    }
}

/// The token, and what it remembers.
struct Token {
    hsm: DeviceHsm,
    module: Module,
    anchor: Anchor,
    pin: PinState,
}

fn open_token(
    room: &mut Room,
    plan: &Recover,
    card: &DeviceCard,
    profile: &Profile,
) -> Result<Token, Failure> {
    if card.hsm.anchor == AnchorStore::None || profile.anchor() == AnchorStore::None {
        return Err(no_anchor());
    }
    let module = Module::load(profile, plan.token.module.as_deref());
    let module = module.map_err(|e| of_hsm(&e))?;
    let label = plan.token.label.clone();
    let serial = Some(card.hsm.serial.clone());
    let selector = TokenSelector {
        label: label.unwrap_or_else(|| card.hsm.label.clone()),
        serial: serial.filter(|serial| !serial.as_str().is_empty()),
    };
    let (open, pin) = log_in(room, &module, &selector, &Who::B, "pin")?;
    let mut hsm = DeviceHsm::new(open).map_err(|e| of_hsm(&e))?;
    if hsm.identity() != card.identity {
        return Err(Failure::hsm(
            phrase!(
                "the token is of another device than the card",
                "トークンと端末カードの端末が異なる"
            ),
            phrase!(
                "Use the token and the card of the device that is recovered.",
                "復旧する端末のトークンと端末カードを使用してください。"
            ),
        ));
    }
    let anchor = newest(&mut hsm)?.ok_or_else(no_anchor)?;
    let (generation, entries, signatures) = (anchor.generation, anchor.entries, anchor.signatures);
    room.say(
        &format!(
            "anchor in the HSM: generation {generation}, {entries} entries, {signatures} signatures"
        ),
        &format!("HSM内のアンカー: 世代 {generation}、記録 {entries} 件、署名 {signatures} 件"),
    )?;
    Ok(Token {
        hsm,
        module,
        anchor,
        pin,
    })
}

/// What is left of the journal.
struct Left {
    genesis: Genesis,
    /// The old journal, where this one goes on from it.
    before: Option<(Journal, Vec<u8>)>,
    /// The first roster, and each that followed it.
    rosters: Vec<Vec<u8>>,
    kept: Option<FileDigest>,
}

impl Left {
    /// Goes on from the journal on the disk where it is an older one of this device with this HSM,
    /// and begins anew where it is none. A journal that knows nothing of a replacement would judge
    /// the new HSM by the old one.
    fn find(
        room: &mut Room,
        plan: &Recover,
        papers: &Papers,
        old: Option<Vec<u8>>,
        anchor: &Anchor,
    ) -> Result<Self, Failure> {
        let kept = old.as_ref().map(|bytes| FileDigest::over(&[bytes]));
        let known = old.and_then(|bytes| {
            let whole = signer_core::transcript::whole_prefix(&bytes).to_vec();
            let journal = Journal::load(&whole).ok()?;
            let genesis = journal.state().genesis()?.clone();
            let stated = (papers.claimed.identity, papers.claimed.generation);
            ((genesis.identity, genesis.generation) == stated).then_some((journal, whole, genesis))
        });
        if let Some((journal, whole, genesis)) = known {
            let read = UnverifiedTranscript::parse(&whole);
            let read = read.map_err(|refusal| room.refused([&refusal]))?;
            if trn03(Some(anchor), &read).is_ok() {
                return Err(Failure::input(
                    phrase!(
                        "the HSM remembers this journal: nothing is lost",
                        "HSMはこのジャーナルを記憶しており、欠落はない"
                    ),
                    phrase!(
                        "Go on with the device as usual.",
                        "通常どおり端末の運用を続けてください。"
                    ),
                ));
            }
            let entries = journal.head().entries;
            let signatures = journal.state().ledger().signatures();
            if entries < anchor.entries && signatures <= anchor.signatures {
                room.say(
                    &format!("the disk holds {entries} entries; this device goes on from there"),
                    &format!("ディスク上の記録は {entries} 件です。ここから再開します"),
                )?;
                return Ok(Self {
                    genesis,
                    before: Some((journal, whole)),
                    rosters: read_all(&plan.rosters)?,
                    kept,
                });
            }
        }
        room.console.notice(room.lang().pick(
            "the disk holds no journal from which this device could go on: a new one begins",
            "再開できるジャーナルがディスクにありません。新しいジャーナルを開始します",
        ))?;
        Self::anew(room, plan, papers, kept)
    }

    fn anew(
        room: &mut Room,
        plan: &Recover,
        papers: &Papers,
        kept: Option<FileDigest>,
    ) -> Result<Self, Failure> {
        let (Some(pinned), [first, ..]) = (&plan.root, plan.rosters.as_slice()) else {
            return Err(Failure::input(
                phrase!(
                    "a journal that begins anew needs the root and the roster",
                    "新しいジャーナルの開始には信頼の起点と名簿が必要"
                ),
                phrase!(
                    "Give --root and --roster, as at commissioning.",
                    "初期設定時と同じく --root と --roster を指定してください。"
                ),
            ));
        };
        let trust = Trust::read(pinned, first)?;
        trust.confirm(room)?;
        let card = &papers.claimed;
        Ok(Self {
            genesis: Genesis {
                root: trust.root().clone(),
                name: card.name.clone(),
                site: card.site.clone(),
                identity: card.identity,
                hsm: card.hsm.clone(),
                generation: card.generation,
                acceptance: card.acceptance.clone(),
                readied: Some(ReadiedBy::NotKnown),
            },
            before: None,
            rosters: read_all(&plan.rosters)?,
            kept,
        })
    }

    /// Every key that must be on the token, and those that may be.
    fn expected(&self, card: &DeviceCard) -> ExpectedKeys {
        let (mut recorded, unrecorded) = if let Some((journal, _)) = &self.before {
            let state = journal.state();
            (state.known_keys(), state.missing_ids().collect())
        } else {
            let identity = CkaId::single(KeyRole::Identity);
            let own = KnownKey::must(identity, card.identity);
            (vec![own], BTreeSet::new())
        };
        let known: BTreeSet<CkaId> = recorded.iter().map(|key| key.id).collect();
        let more = card.keys().filter(|key| !known.contains(&key.id));
        recorded.extend(more.map(|key| KnownKey::must(key.id, key.public_key)));
        ExpectedKeys {
            recorded,
            unrecorded,
        }
    }
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Failure> {
    let files = paths.iter().map(|path| files::read(path, files::ARTEFACT));
    files.collect()
}

/// Opens the session in a draft of the journal. The HSM is told nothing yet.
fn begin(
    room: Room,
    disk: Disk,
    token: Token,
    machine: Machine,
    past: &Left,
    papers: &Papers,
) -> Result<(Session, Greeting), Failure> {
    let lang = room.lang();
    let Token {
        mut hsm,
        module,
        anchor,
        pin,
    } = token;
    let mut random = Random::start(hsm.token())?;
    let nonce = random.session_nonce(hsm.token())?;
    let evidence = random.evidence();
    let journal = past.journal()?;
    let state = journal.state();
    let before = RandomBefore::Sessions(state.random_samples());
    let healthy = hsm04(&evidence, before);
    let genesis = &past.genesis;
    let network = genesis.root.scope.network;
    let (facts, now) = (hsm.token().facts(), machine::clock());
    let screen = hsm_lines(&facts, genesis.acceptance.as_ref(), now, lang);
    let expected = past.expected(&papers.claimed);
    let lines = judge_token(hsm.token(), network, Past::Born(genesis), expected, healthy);
    let mut lines = lines.map_err(|e| of_hsm(&e))?;
    lines.push(RuleLine {
        rule: RuleId::ENV03,
        verdict: env03(state.frozen(), None),
    });
    let opened = SessionOpened {
        kind: CeremonyKind::Recover,
        nonce,
        lang,
        software: software(&facts)?,
        clock: now,
        hsm: facts,
        environment: machine.reading,
        report: [machine.lines, lines.clone()].concat(),
        previous_seal: state.last_seal(),
        random: evidence,
        resumes: None,
    };
    let mut records = Records::new(disk, journal, Memory::Told(Some(anchor)));
    past.write_to(&mut records)?;
    records.append(Body::SessionOpened(Box::new(opened)))?;
    let facts = ReviewSession {
        device: genesis.identity.device_id(),
        device_name: genesis.name.clone(),
        session: SessionNumber(records.journal().head().session.0),
        nonce,
    };
    let session = Session::new(room, hsm, random, facts, module, records);
    Ok((session, Greeting { screen, lines, pin }))
}

impl Left {
    fn journal(&self) -> Result<Journal, Failure> {
        match &self.before {
            None => Ok(Journal::empty()),
            Some((_, bytes)) => Journal::load(bytes).map_err(|refusal| Failure::rule(&refusal)),
        }
    }

    /// What stands before the session: the old entries, or a genesis.
    fn write_to(&self, records: &mut Records) -> Result<(), Failure> {
        match &self.before {
            Some((_, bytes)) => records.copy(bytes),
            None => records.append(Body::Genesis(Box::new(self.genesis.clone()))),
        }
    }
}

/// What the token rules found.
struct Greeting {
    screen: Vec<String>,
    lines: Vec<RuleLine>,
    pin: PinState,
}

fn greet(session: &mut Session, found: &Greeting, rosters: &[Vec<u8>]) -> Result<(), Failure> {
    session.room.console.screen("hsm", &found.screen)?;
    session.room.verdicts(&found.lines)?;
    record_clock(session)?;
    announce(session)?;
    record_wrong_pin(session, found.pin)?;
    for roster in rosters {
        follow_roster(session, roster)?;
    }
    Ok(())
}

/// Takes a roster behind the one in force; those up to it are known. The order names the last.
fn follow_roster(session: &mut Session, bytes: &[u8]) -> Result<(), Failure> {
    let body = Endorsed::<Roster>::peek(bytes);
    let body = body.map_err(|error| {
        let error = RosterError::from(error);
        Failure::told(&phrase!("roster", "名簿"), &error)
    })?;
    let state = session.journal().state();
    if let Some(known) = state.roster() {
        if body.number <= known.roster().number {
            return Ok(());
        }
        let next = known.succeed(bytes, state.time());
        next.map_err(|error| Failure::told(&phrase!("roster", "名簿"), &error))?;
    }
    install(session, WhatKind::Roster, bytes.to_vec())
}

/// Steps 5 to 8.
fn recover(
    session: &mut Session,
    papers: &Papers,
    kept: Option<FileDigest>,
) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the order
    session.room.step(6)?;
    let anchor = session.records.told().cloned();
    let what = papers.entry(anchor.ok_or_else(no_anchor)?, kept);
    let continuation = Continuation::of(session.journal().state(), &what)
        .map_err(|error| Failure::told(&phrase!("recovery", "復旧指示"), &error))?;
    session.room.say(
        "the order is signed by a quorum of administrators, for what this HSM remembers",
        "復旧指示は管理者の定足数が署名した、このHSMの記憶に対するものです",
    )?;

    // 7. Compare the order
    session.room.step(7)?;
    compare(session, &continuation)?;

    // 8. Recover
    session.room.step(8)?;
    session.records.append(Body::Recovered(Box::new(what)))?;
    session.records.take_the_place(kept)?;
    session.room.say(
        "the journal goes on from the anchor; the old one is kept aside",
        "ジャーナルはアンカーから再開しました。旧ジャーナルは保管されています",
    )
}

/// A and B type what stands on their paper and on the screen.
fn compare(session: &mut Session, continuation: &Continuation) -> Result<(), Failure> {
    let lang = session.lang();
    let screen = session.show("recovery", &continuation.screen(lang))?;
    session.ask_all(screen, &continuation.asked())
}

/// Step 9: the journal is in force, and the HSM is told.
fn end(session: &mut Session) -> Result<(), Failure> {
    session.renumbered();
    session.anchor()?;
    let folder = session.records.folder().to_path_buf();
    record_unrecorded(session, &folder)?;

    // 9. Seal
    session.room.step(9)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 10.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 10. Log out
    session.room.step(10)?;
    session.room.say(
        "this device goes on; see the paper for what has to be installed again",
        "端末は運用を再開しました。再導入するものは書面を参照してください",
    )?;
    session.leave()
}

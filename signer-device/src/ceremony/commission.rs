//! Commissioning: a blank token and an empty folder become a device. Where only the vendor's tool can
//! make a token ready, one with a label, a PIN and no object is taken.

use std::collections::BTreeSet;
use std::path::Path;

use hsm_profiles::{
    ClosedToken, DeviceHsm, Initialise, Module, OpenToken, Pin, Profile, TokenSelector,
};
use signer_core::approval::ActiveRoster;
use signer_core::codec::{self, ByteString};
use signer_core::digest::word_lines;
use signer_core::keys::{CkaId, Fingerprint, KeyRole};
use signer_core::phrase;

use signer_core::review::ReviewSession;
use signer_core::root::Root;
use signer_core::rule::{Named, RuleId, RuleLine, Verdict};
use signer_core::signing::SigningHsm as _;
use signer_core::token::{
    AcceptanceRecord, AnchorStore, KnownKey, RandomBefore, hsm03, hsm04, hsm06,
};
use signer_core::transcript::{
    Body, CeremonyKind, Genesis, Installed, Journal, Outcome, ReadiedBy, SessionOpened, WhatKind,
};
use signer_core::types::{Lang, Network, PoolNumber, SessionNumber};
use zeroize::Zeroizing;

use super::Script;
use super::acceptance::Claimed;
use super::begin::{Machine, answers, hsm_lines, judge_machine, software};
use super::pool::{announce, make_card, make_keys};
use super::random::{NothingDrawn, Random};
use super::register_wallet::install;
use super::room::Room;
use super::session::{Memory, Records, Session, of_hsm, rule_lines};
use super::token::{ExpectedKeys, Past, ask_at, judge_token};
use super::words::{self, Half};
use crate::console::Who;
use crate::failure::{Failure, path_of};
use crate::files::{self, Output};
use crate::journal::Disk;
use crate::machine;
use crate::plan::{self, Commission};

/// The first HSM behind a device's name.
const GENERATION: u32 = 1;
/// The pool that a device is born with.
const POOL: PoolNumber = PoolNumber(0);

/// The paper: `docs/ceremony/commission.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "commission",
    steps: &[
        ["Environment", "環境の確認"],
        ["Root of trust and roster", "信頼の基点と名簿"],
        ["Initialise the token", "トークンの初期化"],
        ["Log in", "ログイン"],
        ["Identity key", "識別鍵の生成"],
        ["Random numbers and token rules", "乱数とトークンの検査"],
        ["Birth of the device", "端末の記録開始"],
        ["Pool of wallet keys", "ウォレット鍵プールの生成"],
        ["Device card", "端末カード"],
        ["Seal", "封印"],
        ["Write the card and log out", "カードの書き出しとログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: &Commission) -> Result<(), Failure> {
    let mut room = Room::enter(plan.place.lang, &SCRIPT);
    let profile = plan::profile(&plan.profile)?;
    let card_out = Output::reserve(&plan.card_out)?;
    let trust = Trust::read(&plan.root, &plan.roster)?;
    let network = trust.root.scope.network;
    let claimed = plan.acceptance.as_deref();
    let claimed = claimed.map(|path| Claimed::read(path, trust.root.scope));
    let claimed = claimed.transpose()?;
    let record = claimed.as_ref().map(Claimed::record);
    fit_for(&mut room, &profile, network, record)?;
    room.console.admit(answers(profile.assurance()))?;
    let disk = Disk::create(&plan.place.state)?;

    // 1. Environment
    room.step(1)?;
    let machine = judge_machine(&mut room, profile.assurance())?;

    // 2. Root of trust and roster
    room.step(2)?;
    trust.confirm(&mut room)?;
    if let Some(claimed) = &claimed {
        claimed.confirm(&mut room)?;
    }

    // 3. Initialise the token
    room.step(3)?;
    let module = Module::load(&profile, plan.module.as_deref());
    let module = module.map_err(|e| of_hsm(&e))?;
    let (closed, pin) = match profile.initialise() {
        Initialise::Module => initialise(&mut room, &module, plan)?,
        Initialise::VendorTool => take(&mut room, &module, plan)?,
    };

    // 4. Log in
    room.step(4)?;
    let mut token = closed.login(&pin).map_err(|e| of_hsm(&e))?;
    drop(pin);
    let readied = found_empty(&mut room, &mut token, profile.initialise())?;
    let now = machine::clock();
    let facts = token.facts();
    let accepted = claimed.map(|claimed| claimed.of_this_hsm(&mut room, &facts, network));
    let accepted = accepted.transpose()?.flatten();
    let screen = hsm_lines(&facts, accepted.as_ref(), now, room.lang());
    room.console.screen("hsm", &screen)?;

    // 5. Identity key
    room.step(5)?;
    let random = Random::start(&mut token)?;
    let healthy = hsm04(&random.evidence(), RandomBefore::Sessions(&BTreeSet::new()));
    // A key of a broken generator must not even exist.
    if matches!(healthy, Verdict::Refused(_)) {
        room.verdicts(&rule_lines([(RuleId::HSM04, healthy.clone())]))?;
    }
    let identity = token.generate_identity();
    let identity = identity.map_err(|e| of_hsm(&e))?;
    show_identity(&mut room, plan, &identity.public_key.device_id())?;

    // 6. Random numbers and token rules
    room.step(6)?;
    let expected = ExpectedKeys {
        recorded: vec![KnownKey::must(
            CkaId::single(KeyRole::Identity),
            identity.public_key,
        )],
        unrecorded: BTreeSet::new(),
    };
    let lines = judge_token(
        &mut token,
        network,
        Past::Blank(accepted.as_ref()),
        expected,
        healthy,
    );
    let lines = lines.map_err(|e| of_hsm(&e))?;
    room.verdicts(&lines)?;

    // 7. Birth of the device
    room.step(7)?;
    let mut session = be_born(
        room, plan, &trust, disk, token, random, module, machine, lines, now, accepted, readied,
    )?;
    match grow_up(&mut session, plan) {
        Ok(card) => finish(session, card_out, &card),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// HSM06 over the profile, before a person is asked anything and before the token is touched.
fn fit_for(
    room: &mut Room,
    profile: &Profile,
    network: Network,
    accepted: Option<&AcceptanceRecord>,
) -> Result<(), Failure> {
    let verdict = hsm06(profile.standing(), None, network, accepted);
    match verdict {
        Verdict::Refused(refusals) => Err(room.refused(&refusals)),
        _ => Ok(()),
    }
}

/// Steps 8 to 10, inside the session; the signed card.
fn grow_up(session: &mut Session, plan: &Commission) -> Result<Vec<u8>, Failure> {
    // 8. Pool of wallet keys
    session.room.step(8)?;
    announce(session, POOL, &plan.keys)?;
    make_keys(session)?;

    // 9. Device card
    session.room.step(9)?;
    let card = make_card(session)?;
    install(session, WhatKind::Card, card.clone())?;

    // 10. Seal
    session.room.step(10)?;
    session.close(Outcome::Done)?;
    Ok(card)
}

/// Step 11.
fn finish(mut session: Session, card_out: Output, card: &[u8]) -> Result<(), Failure> {
    // 11. Write the card and log out
    session.room.step(11)?;
    let path = card_out.path().display().to_string();
    card_out.write(card)?;
    session.room.console.wrote(&format!("wrote {path}"))?;
    session.leave()
}

/// Root and roster, as they came on the medium.
pub(super) struct Trust {
    root: Root,
    roster: ActiveRoster,
    roster_bytes: Vec<u8>,
}

impl Trust {
    pub(super) fn read(root: &Path, roster: &Path) -> Result<Self, Failure> {
        let bytes = files::read(root, files::ARTEFACT)?;
        let path = root;
        let root: Root = codec::decode(&bytes).map_err(|error| {
            Failure::input(
                phrase!(
                    "{path} is no root of trust: {why}",
                    "{path} は信頼の起点ではない: {why}",
                    path = Named(path.display()),
                    why = error.phrase()
                ),
                phrase!(
                    "Give the root.cbor that the administrators made.",
                    "管理者が作成した root.cbor を指定してください。"
                ),
            )
        })?;
        let roster_bytes = files::read(roster, files::ARTEFACT)?;
        let named = roster;
        let roster = ActiveRoster::first(&roster_bytes, root.scope, &root)
            .map_err(|error| Failure::told(&path_of(named), &error))?;
        Ok(Self {
            root,
            roster,
            roster_bytes,
        })
    }

    /// The root.
    pub(super) const fn root(&self) -> &Root {
        &self.root
    }

    /// Two people type the digest of the root from a paper that did not come from the host. The
    /// digest itself is not shown before.
    pub(super) fn confirm(&self, room: &mut Room) -> Result<(), Failure> {
        let (scope, height) = (self.root.scope, self.root.checkpoint.height);
        let mut lines = vec![
            format!("network    {}", scope.network),
            format!("checkpoint {height}"),
            format!("roster     {}", self.roster.digest()),
            String::new(),
        ];
        for officer in &self.roster.roster().officers {
            let roles: Vec<&str> = officer.roles.iter().map(|role| role.name()).collect();
            lines.push(format!(
                "{}  {} {}  {}  {}",
                officer.id,
                officer.name,
                officer.name_ja,
                officer.department,
                roles.join(", ")
            ));
        }
        room.console.screen("root", &lines)?;
        let digest = *self.root.digest().as_bytes();
        for (who, id, half, [en, ja]) in [
            (
                Who::A,
                "root-1",
                Half::First,
                [
                    "Type words 1 to 16 of the root from your paper",
                    "書面の基点ダイジェスト1語目から16語目を入力",
                ],
            ),
            (
                Who::B,
                "root-2",
                Half::Second,
                [
                    "Type words 17 to 32 of the root from your paper",
                    "書面の基点ダイジェスト17語目から32語目を入力",
                ],
            ),
        ] {
            let question = room.lang().pick(en, ja);
            room.ask_until(&who, id, question, |typed| {
                words::is_half(&digest, half, typed).then_some(())
            })?;
        }
        room.say(
            "all 256 bits of the root agree with the paper",
            "基点の256ビットすべてが書面と一致しました",
        )
    }
}

/// Asks for both PINs, each twice, and initialises a blank token.
fn initialise(
    room: &mut Room,
    module: &Module,
    plan: &Commission,
) -> Result<(ClosedToken, Pin), Failure> {
    let so_pin = new_pin(
        room,
        &Who::A,
        "so-pin",
        ["New security officer PIN", "新しいSO PIN"],
    )?;
    let pin = new_pin(room, &Who::B, "pin", ["New user PIN", "新しいユーザーPIN"])?;
    let made = module.init_token(&so_pin, plan.label.as_str(), &pin);
    let selector = made.map_err(|e| of_hsm(&e))?;
    room.say(
        &format!("token {selector} is initialised"),
        &format!("トークン {selector} を初期化しました"),
    )?;
    let closed = module.open(&selector).map_err(|e| of_hsm(&e))?;
    Ok((closed, pin))
}

/// The token that the vendor's tool gave this label, and the secret that was set there: typed once,
/// or given at the HSM itself. `C_InitToken` is never called.
fn take(
    room: &mut Room,
    module: &Module,
    plan: &Commission,
) -> Result<(ClosedToken, Pin), Failure> {
    let selector = TokenSelector {
        label: plan.label.clone(),
        serial: None,
    };
    let closed = module.open(&selector).map_err(|e| of_hsm(&e))?;
    room.say(
        &format!("token {selector} was made ready by the vendor's tool"),
        &format!("トークン {selector} はベンダーのツールで初期化済みです"),
    )?;
    let (pin, _) = ask_at(room, &closed, &selector, &Who::B, "pin")?;
    Ok((closed, pin))
}

/// A token that somebody else made ready holds nothing yet: no key that was made elsewhere becomes
/// one of this device, and no memory of another journal is overwritten.
fn found_empty(
    room: &mut Room,
    token: &mut OpenToken,
    initialise: Initialise,
) -> Result<Option<ReadiedBy>, Failure> {
    if initialise == Initialise::Module {
        return Ok(None);
    }
    let inventory = token.inventory().map_err(|e| of_hsm(&e))?;
    if let Verdict::Refused(refusals) = hsm03(&inventory, []) {
        return Err(room.refused(&refusals));
    }
    let remembers = token.anchors().map_err(|e| of_hsm(&e))?;
    if remembers.iter().any(Option::is_some) {
        return Err(Failure::hsm(
            phrase!(
                "the token remembers the journal of a device",
                "トークンに端末のジャーナルの記憶がある"
            ),
            phrase!(
                "It is in use, or was. Use another token, or let the vendor's tool wipe this one.",
                "使用中または使用済みです。別のトークンを使うか、ベンダーのツールで消去してください。"
            ),
        ));
    }
    room.say(
        "the token holds no object",
        "トークンにオブジェクトはありません",
    )?;
    Ok(Some(ReadiedBy::VendorTool))
}

/// A new PIN, typed twice.
fn new_pin(room: &mut Room, who: &Who, id: &str, what: [&str; 2]) -> Result<Pin, Failure> {
    let [en, ja] = what;
    let lang = room.lang();
    let question = lang.pick(en, ja);
    let first = room.console.ask_pin(who, id, question)?;
    let again = match lang {
        Lang::En => format!("{question}, again"),
        Lang::Ja => format!("{question}(再入力)"),
    };
    let second: Zeroizing<String> = room.console.ask_pin(who, &format!("{id}-again"), &again)?;
    if first != second {
        return Err(Failure::officer(phrase!(
            "the two entries of [{id}] differ",
            "[{id}] の2回の入力が一致しない",
            id = id
        )));
    }
    Ok(Pin::new(&first))
}

fn show_identity(
    room: &mut Room,
    plan: &Commission,
    device: &signer_core::digest::DeviceId,
) -> Result<(), Failure> {
    let mut lines = vec![
        format!("device      {} ({})", plan.name, plan.site),
        format!("fingerprint {}", Fingerprint::of(device)),
        String::new(),
    ];
    lines.extend(word_lines(device.as_bytes()));
    room.console.screen("identity", &lines)
}

/// The genesis entry, the first session and the roster. They appear together, once they are on the
/// disk and anchored: a journal that people could find half made is never there.
#[expect(clippy::too_many_arguments, reason = "everything that a birth needs")]
fn be_born(
    mut room: Room,
    plan: &Commission,
    trust: &Trust,
    disk: Disk,
    mut token: OpenToken,
    mut random: Random,
    module: Module,
    machine: Machine,
    lines: Vec<RuleLine>,
    now: u64,
    acceptance: Option<AcceptanceRecord>,
    readied: Option<ReadiedBy>,
) -> Result<Session, Failure> {
    let lang = room.lang();
    // What step 5 judged: the nonce is drawn only from sources that passed.
    let evidence = random.evidence();
    let nonce = random.draw(&mut token);
    let nonce = nonce.map_err(|nothing| match nothing {
        NothingDrawn::Unhealthy(refusal) => room.refused([&refusal]),
        NothingDrawn::Failed(failure) => failure,
    })?;
    let hsm_facts = token.facts();
    let mut hsm = DeviceHsm::new(token).map_err(|e| of_hsm(&e))?;
    let identity = hsm.identity();
    let memory = match hsm_facts.anchor {
        AnchorStore::DataObject => Memory::Told(None),
        AnchorStore::None => Memory::Nothing,
    };
    let mut records = Records::new(disk, Journal::empty(), memory);
    records.append(Body::Genesis(Box::new(Genesis {
        root: trust.root.clone(),
        name: plan.name.clone(),
        site: plan.site.clone(),
        identity,
        hsm: hsm_facts.clone(),
        generation: GENERATION,
        acceptance,
        readied,
    })))?;
    records.append(Body::SessionOpened(Box::new(SessionOpened {
        kind: CeremonyKind::Commission,
        nonce,
        lang,
        software: software(&hsm_facts)?,
        clock: now,
        hsm: hsm_facts,
        environment: machine.reading,
        report: [machine.lines, lines].concat(),
        previous_seal: None,
        random: evidence,
        resumes: None,
    })))?;
    records.append(Body::Installed(Installed {
        kind: WhatKind::Roster,
        artefact: ByteString(trust.roster_bytes.clone()),
        clock: now,
    }))?;
    records.flush()?;
    records.anchor(&mut hsm)?;
    records.appear()?;
    let [begun, begun_ja] = if records.is_told() {
        [
            "the journal begins and is anchored in the HSM",
            "ジャーナルを開始しHSMに記録しました",
        ]
    } else {
        [
            "the journal begins; this HSM keeps no anchor of it",
            "ジャーナルを開始しました。HSMはアンカーを保持しません",
        ]
    };
    room.say(begun, begun_ja)?;
    let facts = ReviewSession {
        device: identity.device_id(),
        device_name: plan.name.clone(),
        session: SessionNumber(1),
        nonce,
    };
    Ok(Session::new(room, hsm, random, facts, module, records))
}

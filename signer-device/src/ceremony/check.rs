//! The acceptance test of an HSM: what the module claims, what was tried on throw-away keys, and
//! what held.
//!
//! No device is needed and no journal: this is what is run first on a new HSM. The report is
//! signed by a key that the test makes on the token and destroys again; people know it by its
//! words on the screen.

mod report;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bitcoin::secp256k1::PublicKey;
use hsm_profiles::{
    Consequence, HsmError, Module, OpenToken, Probe, Profile, ThrowAway, TokenSelector, wrong_pin,
};
use signer_core::acceptance::{Answer, MechanismLine, Operation, Tally, TestDigest, Trial};
use signer_core::digest::sha256_of;
use signer_core::token::{KeyReading, Line, LoginKind, RandomBefore, hsm04};
use signer_core::transcript::MadeKey;
use signer_core::types::Lang;

use self::report::{Outputs, Seen, conclude};
use super::Script;
use super::begin::{answers, judge_machine};
use super::random::{NothingDrawn, Random};
use super::room::Room;
use super::session::of_hsm;
use super::token::{ask_at, ask_pin};
use crate::console::Who;
use crate::failure::Failure;
use crate::files::Output;
use crate::plan::{self, Check};

/// The paper: `docs/ceremony/check.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "check",
    steps: &[
        ["Environment", "環境の確認"],
        ["Token", "トークンの確認"],
        ["Log in", "ログイン"],
        ["What the module claims", "モジュールの申告"],
        ["Throw-away keys", "使い捨て鍵の生成"],
        ["Signatures", "署名"],
        ["Attempts", "不正操作の試行"],
        ["A new login", "再ログイン"],
        ["Clean up", "後始末"],
        ["Report", "報告"],
    ],
};

/// Throw-away keys that sign in turn.
const KEYS: usize = 2;
/// Progress is said each time this many signatures are made.
const EVERY: u32 = 250;
/// What is typed to leave the wrong PIN out.
const SKIP: &str = "skip";

/// Runs the test.
pub(crate) fn run(plan: &Check) -> Result<(), Failure> {
    let mut room = Room::enter(plan.lang, &SCRIPT);
    let profile = plan::profile(&plan.profile)?;
    room.console.admit(answers(profile.assurance()))?;
    let outputs = Outputs {
        report: Output::reserve(&plan.report_out)?,
        page: Output::reserve(&plan.page_out)?,
    };

    // 1. Environment
    room.step(1)?;
    judge_machine(&mut room, profile.assurance())?;

    // 2. Token
    room.step(2)?;
    let loading = Instant::now();
    let module = Module::load(&profile, plan.module.as_deref());
    let module = module.map_err(|e| of_hsm(&e))?;
    let loaded = loading.elapsed();
    let selector = TokenSelector {
        label: plan.label.clone(),
        serial: None,
    };
    show_token(&mut room, &module, &selector)?;

    // 3. Log in
    room.step(3)?;
    let (mut token, entered) = enter(&mut room, &module, &selector, &profile)?;
    let mut random = Random::start(&mut token)?;
    let nonce = nonce(&mut random, &mut token)?;
    let began = Probe::begin(&mut token);
    let (mut probe, leftovers) = began.map_err(|e| of_hsm(&e))?;
    if leftovers > 0 {
        room.notice(
            &format!("{leftovers} objects of an earlier test were on the token and are destroyed"),
            &format!("以前の試験のオブジェクト {leftovers} 個がトークンにあり、破棄しました"),
        )?;
    }
    let before = hsm04(&random.evidence(), RandomBefore::Sessions(&BTreeSet::new()));
    probe.judge(Trial::RandomHealthy, &before);
    probe.timed(Operation::Load, loaded);
    probe.timed(Operation::Login, entered.took);
    let (answer, words) = &entered.wrong;
    probe.note(Trial::WrongPinRefused, *answer, words);

    let concluded = test(&mut room, plan, &mut probe, nonce, outputs);
    let cleaned = probe.finish().map_err(|e| of_hsm(&e));
    let left = token.logout().map_err(|e| of_hsm(&e));
    // The first that went wrong is what counts.
    concluded.and(cleaned).and(left.map(drop))
}

/// Steps 4 to 10.
fn test(
    room: &mut Room,
    plan: &Check,
    probe: &mut Probe<'_>,
    nonce: [u8; 32],
    outputs: Outputs,
) -> Result<(), Failure> {
    let of = |error: HsmError| of_hsm(&error);

    // 4. What the module claims
    room.step(4)?;
    let mechanisms = probe.mechanisms().map_err(of)?;
    claims(room, &mechanisms)?;
    probe.token_rules();
    probe.time_random().map_err(of)?;

    // 5. Throw-away keys
    room.step(5)?;
    let mut keys = Vec::new();
    for _ in 0..KEYS {
        keys.extend(probe.make_key().map_err(of)?);
    }
    let unknown = match keys.first() {
        Some((key, _)) => probe.unknown_attributes(key).map_err(of)?,
        None => Vec::new(),
    };
    let (seal, public) = probe.make_seal_key().map_err(of)?;
    read_back(room, keys.len(), &unknown)?;

    // 6. Signatures
    room.step(6)?;
    let tally = sign_many(room, probe, &keys, plan.signatures, nonce)?;

    // 7. Attempts
    room.step(7)?;
    if let Some((key, _)) = keys.first() {
        let digest = TestDigest::new(&nonce, u32::MAX);
        probe.wrong_digests(key).map_err(of)?;
        probe.repeat(key, &digest).map_err(of)?;
        probe.find(key).map_err(of)?;
        probe.attack().map_err(of)?;
        probe.doubled().map_err(of)?;
        probe.destroyed().map_err(of)?;
    }

    // 8. A new login
    room.step(8)?;
    if let Some((key, _)) = keys.first() {
        let kind = probe.token().profile().login_kind();
        let pin = ask_pin(room, kind, &plan.label, &Who::B, "pin-again")?;
        let digest = TestDigest::new(&nonce, u32::MAX - 1);
        let again = probe.login_again(key, &pin, &digest);
        again.map_err(of)?;
    }

    // 9. Clean up
    room.step(9)?;
    probe.compare().map_err(of)?;

    // 10. Report
    room.step(10)?;
    let seen = Seen {
        nonce,
        mechanisms,
        unknown,
        keys: keys.into_iter().map(|(_, read)| made(&read)).collect(),
        signatures: tally.counts(),
        key: public,
    };
    conclude(room, plan, probe, seen, &seal, outputs)
}

/// What the token says of itself, before a PIN is asked for.
fn show_token(room: &mut Room, module: &Module, selector: &TokenSelector) -> Result<(), Failure> {
    let closed = module.open(selector).map_err(|e| of_hsm(&e))?;
    let info = closed.info();
    room.console.screen(
        "token",
        &[
            format!("label    {}", info.label),
            format!("vendor   {}", info.vendor),
            format!("model    {}", info.model),
            format!("serial   {}", info.serial),
            format!("firmware {}", info.firmware),
            format!("module   {}", module.digest()),
            format!("profile  {}", module.profile().digest()),
        ],
    )
}

/// How the login went.
struct Entered {
    took: Duration,
    wrong: (Answer, String),
}

/// Asks for the PIN, enters a wrong one where people allow it, and logs in.
fn enter(
    room: &mut Room,
    module: &Module,
    selector: &TokenSelector,
    profile: &Profile,
) -> Result<(OpenToken, Entered), Failure> {
    let closed = module.open(selector).map_err(|e| of_hsm(&e))?;
    let (pin, _) = ask_at(room, &closed, selector, &Who::B, "pin")?;
    drop(closed);
    let wrong = if may_be_wrong(room, selector, profile)? {
        wrong_pin(module, selector, &pin.wrong()).map_err(|e| of_hsm(&e))?
    } else {
        let (_, consequence) = profile.pin_tries();
        let why = match consequence {
            Consequence::None if profile.login_kind() != LoginKind::Pin => "no PIN is typed here",
            Consequence::None => "nobody allowed it",
            Consequence::Lock => "too many wrong PINs lock this HSM",
            Consequence::Wipe => "too many wrong PINs wipe this HSM",
        };
        (Answer::NotTried, why.to_owned())
    };
    let since = Instant::now();
    let open = module.open(selector).and_then(|closed| closed.login(&pin));
    let open = open.map_err(|e| of_hsm(&e))?;
    let took = since.elapsed();
    Ok((open, Entered { took, wrong }))
}

/// Whether people allow one wrong PIN; not asked where the profile says that it costs anything.
fn may_be_wrong(
    room: &mut Room,
    selector: &TokenSelector,
    profile: &Profile,
) -> Result<bool, Failure> {
    let free = profile.pin_tries().1 == Consequence::None;
    if !free || profile.login_kind() != LoginKind::Pin {
        return Ok(false);
    }
    let label = selector.label.as_str();
    let question = match room.lang() {
        Lang::En => format!("One wrong PIN on purpose: type {label} to allow it, {SKIP} not to"),
        Lang::Ja => {
            format!(
                "誤ったPINを1回だけ意図的に入力します。許可: {label} を入力、省略: {SKIP} を入力"
            )
        }
    };
    room.ask_until(&Who::A, "wrong-pin", &question, |typed| match typed {
        typed if typed == label => Some(true),
        SKIP => Some(false),
        _ => None,
    })
}

/// What every digest of the test follows from. It is no secret: where random numbers fail their
/// tests, which the report says, another value serves.
fn nonce(random: &mut Random, token: &mut OpenToken) -> Result<[u8; 32], Failure> {
    match random.draw(token) {
        Ok(nonce) => Ok(nonce),
        Err(NothingDrawn::Unhealthy(_)) => Ok(sha256_of(&crate::machine::clock().to_be_bytes())),
        Err(NothingDrawn::Failed(failure)) => Err(failure),
    }
}

fn claims(room: &mut Room, mechanisms: &[MechanismLine]) -> Result<(), Failure> {
    let count = mechanisms.len();
    room.say(&format!("{count} mechanisms"), &format!("方式 {count} 件"))
}

fn read_back(room: &mut Room, keys: usize, unknown: &[Line]) -> Result<(), Failure> {
    let names: Vec<&str> = unknown.iter().map(Line::as_str).collect();
    let names = if names.is_empty() {
        "-".to_owned()
    } else {
        names.join(", ")
    };
    room.say(
        &format!("{keys} throw-away keys; attributes not known to the module: {names}"),
        &format!("使い捨て鍵 {keys} 個。モジュールが認識しない属性: {names}"),
    )
}

/// Has the keys sign in turn, and counts what two libraries say.
fn sign_many(
    room: &mut Room,
    probe: &mut Probe<'_>,
    keys: &[(ThrowAway, KeyReading<PublicKey>)],
    count: u32,
    nonce: [u8; 32],
) -> Result<Tally, Failure> {
    let mut tally = Tally::new();
    for (done, (key, read)) in (1..=count).zip(keys.iter().cycle()) {
        let digest = TestDigest::new(&nonce, done);
        let answer = probe.sign(key, &digest);
        let answer = answer.map_err(|e| of_hsm(&e))?;
        tally.take(&read.public_key, &digest, &answer);
        if done.is_multiple_of(EVERY) || done == count {
            let high = tally.counts().high_s;
            room.say(
                &format!("{done} of {count} signatures, {high} with a high S"),
                &format!("署名 {count} 件中 {done} 件、うち高S {high} 件"),
            )?;
        }
    }
    Ok(tally)
}

fn made(read: &KeyReading<PublicKey>) -> MadeKey {
    MadeKey {
        public_key: read.public_key,
        attributes: read.attributes,
    }
}

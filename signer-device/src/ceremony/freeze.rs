//! Freezing the device: one officer of any role is enough. From here on it signs nothing.

use signer_core::approval::Officer;
use signer_core::cose::Draft;
use signer_core::digest::word_lines;
use signer_core::life::{Freeze, FreezeError, may_freeze};
use signer_core::phrase;
use signer_core::rule::Explained as _;
use signer_core::transcript::{CeremonyKind, Outcome, WhatKind};
use signer_core::types::{Id, Label};

use super::Script;
use super::begin::Desk;
use super::officers;
use super::register_wallet::install;
use super::session::{Session, of_hsm};
use crate::console::Who;
use crate::failure::Failure;
use crate::plan::FreezeDevice;

/// The paper: `docs/ceremony/freeze.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "freeze",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Officer", "役職員の認証"],
        ["Freeze", "凍結"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: FreezeDevice) -> Result<(), Failure> {
    let mut desk = Desk::sit_down(&plan.place, plan.token, &SCRIPT)?;

    // 1. Environment
    desk.room.step(1)?;
    let machine = desk.machine()?;

    // 2. Journal
    desk.room.step(2)?;
    desk.journal()?;

    // 3. Token
    desk.room.step(3)?;
    let mut token = desk.token()?;

    // 4. Session
    token.room().step(4)?;
    let mut session = token.open(CeremonyKind::Freeze, machine)?;
    match freeze(&mut session, plan.reason) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 7, inside the session.
fn freeze(session: &mut Session, reason: Label) -> Result<(), Failure> {
    // 5. Officer
    session.room.step(5)?;
    let officer = who(session)?;
    let signed = sign(session, &officer, reason)?;

    // 6. Freeze
    session.room.step(6)?;
    install(session, WhatKind::Freeze, signed)?;
    session.anchor()?;
    say_so(session)?;

    // 7. Seal
    session.room.step(7)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 8.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 8. Log out
    session.room.step(8)?;
    session.leave()
}

/// Any officer whose entry is valid at the known height, whatever the clock says.
fn who(session: &mut Session) -> Result<Officer, Failure> {
    let question = session.lang().pick("Officer identifier", "役職員ID");
    let state = session.records.journal().state();
    if state.frozen().is_some() {
        let again = FreezeError::Again;
        return Err(Failure::input(again.what(), again.advice()));
    }
    let (roster, height) = (state.roster(), state.height());
    let roster = roster.ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    session
        .room
        .ask_until(&Who::A, "officer", question, |typed| {
            let officer = roster.officer(&Id::new(typed).ok()?)?;
            may_freeze(officer, height).then(|| officer.clone())
        })
}

fn sign(session: &mut Session, officer: &Officer, reason: Label) -> Result<Vec<u8>, Failure> {
    let mut token = officers::own_token(session, officer)?;
    let scope = session.scope()?;
    let body = Freeze {
        version: 1,
        scope,
        officer: officer.id.clone(),
        device: session.facts.device,
        session: session.facts.session,
        nonce: session.facts.nonce,
        reason,
    };
    let draft = Draft::new(body, scope, officer.key);
    let order = draft.officer_order().ok_or_else(|| {
        Failure::internal(phrase!(
            "a freeze is not an officer's to sign",
            "役職員が署名できない凍結"
        ))
    })?;
    let signature = token.sign(&order).map_err(|e| of_hsm(&e))?;
    officers::go_home(session, token)?;
    let signed = draft.signed(signature).map_err(|error| {
        Failure::hsm(
            error.phrase(),
            phrase!(
                "Do not use this token. Report it.",
                "このトークンを使用せず、報告してください。"
            ),
        )
    })?;
    Ok(signed.to_bytes())
}

/// The words by which the administrators name this freeze.
fn say_so(session: &mut Session) -> Result<(), Failure> {
    let frozen = session.journal().state().frozen();
    let digest = frozen.map(|frozen| frozen.digest);
    let digest = digest.ok_or_else(|| {
        Failure::internal(phrase!(
            "a freeze that froze nothing",
            "何も凍結しなかった凍結"
        ))
    })?;
    session.room.say(
        "the device is frozen: until a quorum of administrators thaws it, it signs nothing but a sweep",
        "端末を凍結しました。管理者の定足数が解除するまで何も署名しません",
    )?;
    let mut lines = vec![digest.to_hex()];
    lines.extend(word_lines(digest.as_bytes()));
    session.show("freeze", &lines).map(drop)
}

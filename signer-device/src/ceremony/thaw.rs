//! Thawing the device: the order of a quorum of administrators, read and typed by two people.

use signer_core::cose::Endorsed;
use signer_core::life::{Frozen, Thaw};
use signer_core::phrase;
use signer_core::transcript::{CeremonyKind, Outcome, WhatKind};

use super::Script;
use super::begin::Desk;
use super::compare::{compare, out_of_order};
use super::officers;
use super::register_wallet::install;
use super::session::Session;
use crate::failure::Failure;
use crate::files;
use crate::plan::ThawDevice;

/// The paper: `docs/ceremony/thaw.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "thaw",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Check the order", "解除指示の検証"],
        ["Compare the order", "解除指示の照合"],
        ["Thaw", "凍結解除"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: ThawDevice) -> Result<(), Failure> {
    let bytes = files::read(&plan.order, files::ARTEFACT)?;
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
    let mut session = token.open(CeremonyKind::Thaw, machine)?;
    match thaw(&mut session, bytes) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 9, inside the session.
fn thaw(session: &mut Session, bytes: Vec<u8>) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the order
    session.room.step(6)?;
    let order = check(session, &bytes)?;

    // 7. Compare the order
    session.room.step(7)?;
    let page = session.journal().state().thaw_page(order.body());
    compare(session, &page.map_err(out_of_order)?)?;

    // 8. Thaw
    session.room.step(8)?;
    install(session, WhatKind::Thaw, bytes)?;
    session.room.say(
        "the device is thawed: it signs again from the next session on",
        "凍結を解除しました。次のセッションから署名できます",
    )?;

    // 9. Seal
    session.room.step(9)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 10.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 10. Log out
    session.room.step(10)?;
    session.leave()
}

fn check(session: &Session, bytes: &[u8]) -> Result<Endorsed<Thaw>, Failure> {
    let state = session.journal().state();
    let roster = state.roster().ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    Frozen::open_thaw(state.frozen(), bytes, roster, state.time())
        .map_err(|error| Failure::told(&phrase!("thaw", "凍結解除"), &error))
}

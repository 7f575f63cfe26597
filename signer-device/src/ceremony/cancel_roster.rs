//! Cancelling a roster of the recovery quorum: one administrator has signed that it never takes
//! effect. It tightens, so it works at once.

use signer_core::approval::RecoveryCancellation;
use signer_core::cose::Signed;
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
use crate::plan::CancelRoster;

/// The paper: `docs/ceremony/cancel_roster.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "cancel_roster",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Check the cancellation", "取消しの検証"],
        ["Compare the cancellation", "取消しの照合"],
        ["Cancel", "取消し"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: CancelRoster) -> Result<(), Failure> {
    let bytes = files::read(&plan.cancellation, files::ARTEFACT)?;
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
    let mut session = token.open(CeremonyKind::Roster, machine)?;
    match cancel(&mut session, bytes) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 9, inside the session.
fn cancel(session: &mut Session, bytes: Vec<u8>) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the cancellation
    session.room.step(6)?;
    let order = check(session, &bytes)?;

    // 7. Compare the cancellation
    session.room.step(7)?;
    let page = session.journal().state().cancellation_page(order.body());
    compare(session, &page.map_err(out_of_order)?)?;

    // 8. Cancel
    session.room.step(8)?;
    install(session, WhatKind::Cancellation, bytes)?;
    session.room.say(
        "the roster of the recovery quorum is cancelled; the roster in force stays",
        "復旧鍵による名簿を取り消しました。有効な名簿はそのままです",
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

fn check(session: &Session, bytes: &[u8]) -> Result<Signed<RecoveryCancellation>, Failure> {
    let state = session.journal().state();
    let roster = state.roster().ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    roster
        .open_cancellation(bytes, state.waiting_roster(), state.time())
        .map_err(|error| Failure::told(&phrase!("cancellation", "取消し"), &error))
}

//! Installing a roster: two people compare everybody whose entry changes, with a paper that did not
//! come from the host. Who leaves is out from here on; the roster is used from the next session on.

use signer_core::approval::{ActiveRoster, NextRoster};
use signer_core::phrase;
use signer_core::transcript::{CeremonyKind, Outcome, WhatKind};
use signer_core::types::Lang;

use super::Script;
use super::begin::Desk;
use super::compare::{compare, out_of_order};
use super::officers;
use super::register_wallet::install;
use super::session::Session;
use crate::failure::Failure;
use crate::files;
use crate::plan::InstallRoster;

/// The paper: `docs/ceremony/install_roster.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "install_roster",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Check the roster", "名簿の検証"],
        ["Compare the people", "人員の変更点の照合"],
        ["Compare the roster", "名簿全体の照合"],
        ["Install", "名簿の登録"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: InstallRoster) -> Result<(), Failure> {
    let bytes = files::read(&plan.roster, files::ARTEFACT)?;
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
    match install_it(&mut session, &bytes) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 10, inside the session.
fn install_it(session: &mut Session, bytes: &[u8]) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the roster
    session.room.step(6)?;
    let next = check(session, bytes)?;
    say_what_it_is(session, &next)?;

    // 7. Compare the people
    session.room.step(7)?;
    compare_people(session, next.roster())?;

    // 8. Compare the roster
    session.room.step(8)?;
    compare_roster(session, next.roster())?;

    // 9. Install
    session.room.step(9)?;
    put_down(session, &next)?;

    // 10. Seal
    session.room.step(10)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 11.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 11. Log out
    session.room.step(11)?;
    session.leave()
}

fn in_force(session: &Session) -> Result<&ActiveRoster, Failure> {
    let roster = session.journal().state().roster();
    roster.ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })
}

fn check(session: &Session, bytes: &[u8]) -> Result<NextRoster, Failure> {
    let state = session.journal().state();
    in_force(session)?
        .next(bytes, state.waiting_roster(), state.time())
        .map_err(|error| Failure::told(&phrase!("roster", "名簿"), &error))
}

/// Whose roster it is, and when it is in force.
fn say_what_it_is(session: &mut Session, next: &NextRoster) -> Result<(), Failure> {
    match next {
        NextRoster::InForce(_) => session.room.say(
            "the roster follows the one in force, and the signatures that it needs are there",
            "名簿は有効な名簿に続くもので、必要な署名が揃っています",
        ),
        NextRoster::Waits(_, waiting) => {
            let from = waiting.from;
            let text = match session.lang() {
                Lang::En => format!(
                    "THE RECOVERY QUORUM replaces administrators: the roster waits until height {from}"
                ),
                Lang::Ja => {
                    format!("復旧鍵による管理者の入替えです。ブロック高 {from} まで待機します")
                }
            };
            session.room.console.notice(&text)
        }
    }
}

/// The entry, and what it means from here on.
fn put_down(session: &mut Session, next: &NextRoster) -> Result<(), Failure> {
    let bytes = next.roster().to_bytes();
    match next {
        NextRoster::InForce(_) => {
            install(session, WhatKind::Roster, bytes)?;
            session.room.say(
                "the roster is installed; whoever left is out from now on. The policy stays in force; \
                 requests and approvals are made again",
                "名簿を登録しました。離任者は今から無効です。ポリシーは引き続き有効です。\
                 申請と承認は取り直してください",
            )
        }
        NextRoster::Waits(..) => {
            install(session, WhatKind::WaitingRoster, bytes)?;
            // A recovery takes what waits from the HSM: it must not depend on the end of the session.
            session.anchor()?;
            session.room.say(
                "the roster waits; every session announces it, and one administrator can cancel it. \
                 Run this ceremony again with it when the delay is over",
                "名簿は待機中です。毎回のセッションで告知され、管理者1名で取り消せます。\
                 待機期間の終了後に同じ名簿でこのセレモニーを再度行ってください",
            )
        }
    }
}

/// Everybody who comes, leaves or changes, one screen each; A types from the paper.
fn compare_people(session: &mut Session, next: &ActiveRoster) -> Result<(), Failure> {
    let pages = session.journal().state().people_pages(next);
    let pages = pages.map_err(out_of_order)?;
    session.room.say(
        &format!("{} entries change", pages.len()),
        &format!("変更されるのは {} 名です", pages.len()),
    )?;
    pages.iter().try_for_each(|page| compare(session, page))
}

/// Number, quorums and size of the whole; B types words of it that the screen does not show.
fn compare_roster(session: &mut Session, next: &ActiveRoster) -> Result<(), Failure> {
    let page = session.journal().state().roster_page(next);
    compare(session, &page.map_err(out_of_order)?)
}

//! Retiring a wallet: the administrators' order, read and typed by two people. It tightens, so it is
//! in force at once; there is no way back.

use signer_core::life::{CheckedRetirement, RetirementStanding};
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
use crate::plan::RetireWallet;

/// The paper: `docs/ceremony/retire_wallet.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "retire_wallet",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Check the order", "廃止指示の検証"],
        ["Compare the order", "廃止指示の照合"],
        ["Retire", "廃止"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: RetireWallet) -> Result<(), Failure> {
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
    let mut session = token.open(CeremonyKind::Retire, machine)?;
    match retire(&mut session, &bytes) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 9, inside the session.
fn retire(session: &mut Session, bytes: &[u8]) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the order
    session.room.step(6)?;
    let order = check(session, bytes)?;
    session.room.say(
        "the order is signed by a quorum of administrators, for a wallet of this device",
        "廃止指示は管理者の定足数が署名した、この端末のウォレットに対するものです",
    )?;

    // 7. Compare the order
    session.room.step(7)?;
    let page = session.journal().state().retirement_page(&order);
    compare(session, &page.map_err(out_of_order)?)?;

    // 8. Retire
    session.room.step(8)?;
    install(session, WhatKind::Retirement, order.to_bytes())?;
    session.room.say(
        "the wallet is retired: this device signs nothing of it any more",
        "ウォレットを廃止しました。以後この端末は署名しません",
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

fn check(session: &Session, bytes: &[u8]) -> Result<CheckedRetirement, Failure> {
    let state = session.journal().state();
    let roster = state.roster();
    let standing = RetirementStanding {
        roster: roster.ok_or_else(|| {
            Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
        })?,
        wallets: state.wallets(),
        time: state.time(),
    };
    CheckedRetirement::open(bytes, standing)
        .map_err(|error| Failure::told(&phrase!("retirement", "廃止指示"), &error))
}

//! Taking a co-signer's newer card: two people compare it with that device's paper, and from then on the
//! wallets are judged by it. What is shown and typed is what the journal's fold asks for:
//! `transcript/state/registered.rs` in signer-core.

use signer_core::phrase;
use signer_core::transcript::{Body, CeremonyKind, DeviceState, Outcome, WhatKind};
use signer_core::wallet::CheckedCard;

use super::Script;
use super::begin::Desk;
use super::compare::{compare, out_of_order};
use super::officers;
use super::register_wallet::install;
use super::session::Session;
use crate::failure::Failure;
use crate::files;
use crate::plan::TakeCard;

/// The paper: `docs/ceremony/take_card.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "take_card",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Check the card", "カードの検証"],
        ["Compare the card", "カードの照合"],
        ["Take the card", "カードの受入れ"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: TakeCard) -> Result<(), Failure> {
    let bytes = files::read(&plan.card, files::ARTEFACT)?;
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
    let mut session = token.open(CeremonyKind::Wallet, machine)?;
    match take(&mut session, &bytes) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 9, inside the session.
fn take(session: &mut Session, bytes: &[u8]) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the card
    session.room.step(6)?;
    let card = check(session.journal().state(), bytes)?;
    if let Err(refusal) = session.journal().state().admits_card(&card) {
        session.record(Body::Refused(refusal.clone()))?;
        return Err(session.room.refused(&[refusal]));
    }
    session.room.say(
        "the card is a co-signer's, with every key proven, and follows the newest one that is known",
        "カードは共同署名端末のもので、全鍵の所持証明があり、既知の最新カードに続くものです",
    )?;

    // 7. Compare the card
    session.room.step(7)?;
    let page = session.journal().state().card_page(&card);
    compare(session, &page.map_err(out_of_order)?)?;

    // 8. Take the card
    session.room.step(8)?;
    install(session, WhatKind::Card, card.to_bytes())?;
    session.room.say(
        "from now on the wallets of this device are judged by this card",
        "以後、この端末のウォレットはこのカードにより判定されます",
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

/// A card of a device that has a wallet together with this one, and that is not known yet.
fn check(state: &DeviceState, bytes: &[u8]) -> Result<CheckedCard, Failure> {
    let Some(roster) = state.roster() else {
        return Err(Failure::internal(phrase!(
            "no roster is installed",
            "名簿が登録されていない"
        )));
    };
    let card = CheckedCard::open(bytes, roster.scope(), &roster.root());
    let card =
        card.map_err(|error| Failure::told(&phrase!("device card", "端末カード"), &error))?;
    let device = card.device();
    let mut wallets = state.wallets().wallets().iter();
    let beside = wallets.any(|wallet| {
        let mut members = wallet.cosigners().iter();
        members.any(|member| member.identity.device_id() == device)
    });
    if !beside || state.device() == Some(device) {
        return Err(Failure::input(
            phrase!(
                "{name} is no co-signer of a wallet of this device",
                "{name} はこの端末のウォレットの共同署名端末ではない",
                name = card.card().name
            ),
            phrase!(
                "Take the card of another device of a registered wallet.",
                "登録済みウォレットの他の端末のカードを指定してください。"
            ),
        ));
    }
    let mut known = state.cards().iter();
    if known.any(|old| old.digest() == card.digest()) {
        return Err(Failure::input(
            phrase!(
                "this card of {name} is known here",
                "{name} のこのカードは既知",
                name = card.card().name
            ),
            phrase!("Nothing has to be done.", "対応は不要です。"),
        ));
    }
    Ok(card)
}

//! A restored HSM takes the place of the device's own: by an order of the administrators, typed by two
//! people, and with a proof of every key in this session. Nothing can be signed in it.
//!
//! Up to the entry that replaces nothing has changed: the HSM that was in use is the device's, and the
//! restored one was told nothing. From that entry on the old one is refused, also where a cut keeps
//! the new one from being told: it is known by what the entry says of its memory.

use signer_core::codec::ByteString;
use signer_core::life::{Replaced, ReplacementError, Standing, Takeover};
use signer_core::phrase;
use signer_core::transcript::{Body, CeremonyKind, Outcome};

use super::Script;
use super::begin::Desk;
use super::holders::Login;
use super::officers;
use super::pool;
use super::session::Session;
use crate::failure::Failure;
use crate::files::{self, Output};
use crate::plan::Replace;

/// The paper: `docs/ceremony/replace.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "replace",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Check the order", "交換指示の検証"],
        ["Compare the order", "交換指示の照合"],
        ["Replace", "交換"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: Replace) -> Result<(), Failure> {
    let bytes = files::read(&plan.order, files::ARTEFACT)?;
    let out = Output::reserve(&plan.card_out)?;
    let mut desk = Desk::sit_down(&plan.place, plan.token, &SCRIPT)?;

    // 1. Environment
    desk.room.step(1)?;
    let machine = desk.machine()?;

    // 2. Journal
    desk.room.step(2)?;
    desk.journal()?;
    if desk.state().generation().is_some() {
        let what = phrase!("replacement", "交換指示");
        return Err(Failure::told(&what, &ReplacementError::Generating));
    }
    let order = Takeover::ordered(desk.state(), &bytes)
        .map_err(|error| Failure::told(&phrase!("replacement", "交換指示"), &error))?;

    // 3. Token
    desk.room.step(3)?;
    let mut token = desk.successor(&order)?;
    restored(token.standing())?;
    token.room().say(
        "the token was restored from a backup; it is told nothing before the entry that replaces",
        "トークンはバックアップから復元されたものです。交換の記録までは何も書き込みません",
    )?;

    // 4. Session
    token.room().step(4)?;
    let (mut session, login) = token.open_with_login(CeremonyKind::Replace, machine)?;
    match replace(&mut session, &bytes, login, out) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Only an HSM that is not the one in use replaces it.
fn restored(standing: Standing) -> Result<(), Failure> {
    let error = match standing {
        Standing::Behind | Standing::Blank => return Ok(()),
        Standing::Current => ReplacementError::InUse,
        Standing::Unanchored => ReplacementError::Unanchored,
    };
    Err(Failure::told(&phrase!("token", "トークン"), &error))
}

/// Steps 5 to 9, inside the session.
fn replace(session: &mut Session, order: &[u8], login: Login, out: Output) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the order
    session.room.step(6)?;
    let takeover = Takeover::of(session.journal().state(), order)
        .map_err(|error| Failure::told(&phrase!("replacement", "交換指示"), &error))?;
    session.room.say(
        "the order is signed by a quorum of administrators, for this HSM and its possession report",
        "交換指示は管理者の定足数が署名した、このHSMとその所持証明報告書に対するものです",
    )?;

    // 7. Compare the order
    session.room.step(7)?;
    compare(session, &takeover)?;

    // 8. Replace
    session.room.step(8)?;
    let card = take_over(session, &takeover, order, login)?;
    let path = out.path().display().to_string();
    out.write(&card)?;
    session.room.console.wrote(&format!("wrote {path}"))?;
    session.room.say(
        "this HSM is the device's own; the retired one is refused",
        "このHSMが端末のHSMになりました。退役したHSMは拒否されます",
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

/// A and B type what stands on their paper, on the screen and on the HSM.
fn compare(session: &mut Session, takeover: &Takeover) -> Result<(), Failure> {
    let lang = session.lang();
    let screen = session.show("replacement", &takeover.screen(lang))?;
    session.ask_all(screen, &takeover.asked())
}

/// Every key proves itself for the new card; the entry is on the disk, and then the HSM is told.
fn take_over(
    session: &mut Session,
    takeover: &Takeover,
    order: &[u8],
    login: Login,
) -> Result<Vec<u8>, Failure> {
    let named = takeover.order().order();
    let card = pool::make_card_of(
        session,
        pool::CardFacts {
            generation: named.generation,
            acceptance: named.acceptance.clone(),
            nonce: takeover.card_nonce(&session.journal().head().hash),
        },
    )?;
    let what = Replaced {
        order: ByteString(order.to_vec()),
        remembered: session.records.remembered().cloned(),
        card: ByteString(card.clone()),
        pin: login.by,
    };
    session.record(Body::Replaced(Box::new(what)))?;
    session.records.take_over();
    session.anchor()?;
    Ok(card)
}

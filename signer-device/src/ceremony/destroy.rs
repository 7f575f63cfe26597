//! Destroying the keys of a retired wallet: two operators read and type which, the list is on the
//! disk before the first key ends, and each is read back as gone. Run again after a cut, it goes on.

use signer_core::life::{Destruction, Undertaker};
use signer_core::rule::RuleId;
use signer_core::transcript::{Body, CeremonyKind, Outcome};
use signer_core::types::Lang;

use super::Script;
use super::begin::Desk;
use super::inventory;
use super::officers;
use super::pace::Pace;
use super::session::{Session, of_hsm, rule_lines};
use crate::failure::Failure;
use crate::plan::DestroyKeys;
use crate::show;

/// The paper: `docs/ceremony/destroy.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "destroy",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Wallet and keys", "ウォレットと鍵の確認"],
        ["Confirm", "確認入力"],
        ["Intent", "破棄意図の記録"],
        ["Destroy each key", "鍵の破棄"],
        ["List everything", "全オブジェクトの棚卸し"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: DestroyKeys) -> Result<(), Failure> {
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
    let mut session = token.open(CeremonyKind::Destroy, machine)?;
    match destroy(&mut session, &plan.wallet) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 11, inside the session.
fn destroy(session: &mut Session, wallet: &str) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Wallet and keys
    session.room.step(6)?;
    let wallet = show::find(session.journal().state(), wallet)?.id();
    let destruction = Destruction::of(session.journal().state(), &wallet);
    let destruction = destruction.map_err(|refusal| session.refuse(&refusal))?;
    let screen = session.show("destroy", &destruction.screen(session.lang()))?;

    // 7. Confirm
    session.room.step(7)?;
    session.ask_all(screen, &destruction.asked())?;

    // 8. Intent
    session.room.step(8)?;
    let undertaker = intend(session, destruction)?;

    // 9. Destroy each key
    session.room.step(9)?;
    end_keys(session, undertaker)?;

    // 10. List everything
    session.room.step(10)?;
    let (_, verdict) = inventory::take(session)?;
    session
        .room
        .verdicts(&rule_lines([(RuleId::HSM03, verdict)]))?;

    // 11. Seal
    session.room.step(11)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 12.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 12. Log out
    session.room.step(12)?;
    session.room.say(
        "the keys are gone; the journal stays, for the auditors",
        "鍵は消去されました。ジャーナルは監査のため残ります",
    )?;
    session.leave()
}

/// Every key that will end is on the disk and anchored before the HSM is asked for the first.
fn intend(session: &mut Session, destruction: Destruction) -> Result<Undertaker, Failure> {
    let count = destruction.what().keys.len();
    let body = Body::Destroying(destruction.what().clone());
    let entry = session.records.append_durably(body)?;
    session.anchor()?;
    let disk = session.records.read_back()?;
    let undertaker = destruction.journalled(&entry, &disk);
    let undertaker = undertaker.map_err(|refusal| session.refuse(&refusal))?;
    session.room.say(
        &format!("{count} keys are about to be destroyed; recorded and anchored"),
        &format!("鍵 {count} 個を破棄します。記録しHSMに反映しました"),
    )?;
    Ok(undertaker)
}

fn end_keys(session: &mut Session, mut undertaker: Undertaker) -> Result<(), Failure> {
    let lang = session.lang();
    let total = session.journal().state().ending().count();
    let mut pace = Pace::of(u32::try_from(total).unwrap_or(u32::MAX), ["keys", "鍵"]);
    while let Some(order) = undertaker.next_order() {
        let gone = session.hsm.destroy(&order);
        gone.map_err(|e| of_hsm(&e))?;
        let id = order.key().id;
        session.record(Body::Destroyed(id))?;
        let (pool, chain, index) = (id.pool, id.chain.number(), id.index);
        session.room.console.say(&match lang {
            Lang::En => format!("key {pool}/{chain}/{index} is gone"),
            Lang::Ja => format!("鍵 {pool}/{chain}/{index} を消去しました"),
        })?;
        if let Some(line) = pace.one(lang) {
            session.room.console.say(&line)?;
        }
    }
    Ok(())
}

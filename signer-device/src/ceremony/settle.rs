//! Settling open partial signatures: a transaction in the chain spent a coin of them. The rule
//! judges the proof; two operators read what it settles.

use signer_core::codec;
use signer_core::phrase;
use signer_core::settlement::{Settled, SettlementFile, trn06};
use signer_core::transcript::{Body, CeremonyKind, Outcome};
use signer_core::types::Network;

use super::Script;
use super::begin::Desk;
use super::compare::{compare, out_of_order};
use super::headers;
use super::officers;
use super::session::Session;
use crate::failure::Failure;
use crate::files;
use crate::plan::SettleSignatures;

/// The paper: `docs/ceremony/settle.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "settle",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Headers", "ブロックヘッダーの取込み"],
        ["Check the proof", "証明の検証"],
        ["Settle", "解消"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: SettleSignatures) -> Result<(), Failure> {
    let bytes = files::read(&plan.proof, files::ARTEFACT)?;
    let file = read(&bytes)?;
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
    let mut session = token.open(CeremonyKind::Settle, machine)?;
    match settle(&mut session, &file) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 9, inside the session.
fn settle(session: &mut Session, file: &SettlementFile) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Headers
    session.room.step(6)?;
    take_headers(session, file)?;

    // 7. Check the proof
    session.room.step(7)?;
    let settled = check(session, file)?;

    // 8. Settle
    session.room.step(8)?;
    let page = session.journal().state().settlement_page(&settled.sets);
    compare(session, &page.map_err(out_of_order)?)?;
    session.record(Body::Settled(Box::new(settled)))?;
    let left = session.journal().state().register().count();
    session.room.say(
        &format!("settled; {left} transactions are still open"),
        &format!("解消しました。未解消の取引は残り {left} 件です"),
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

fn read(bytes: &[u8]) -> Result<SettlementFile, Failure> {
    let file = codec::decode::<SettlementFile>(bytes).map_err(|error| error.phrase());
    let file = file.and_then(|file| match file.version {
        1 => Ok(file),
        other => Err(phrase!(
            "version {version}",
            "バージョン {version}",
            version = other
        )),
    });
    file.map_err(|why| {
        Failure::input(
            phrase!("no proof: {why}", "証明ではない: {why}", why = why),
            phrase!(
                "Use the file that `host-cli signature prove` wrote.",
                "`host-cli signature prove` が書き出したファイルを使用してください。"
            ),
        )
    })
}

/// The headers of the file. On some networks they prove nothing.
fn take_headers(session: &mut Session, file: &SettlementFile) -> Result<(), Failure> {
    let network = session.scope()?.network;
    headers::take(session, &file.headers)?;
    if matches!(network, Network::Regtest | Network::Signet) {
        let notice = session.lang().pick(
            "on this network headers prove nothing: whoever likes can make them",
            "このネットワークのヘッダーは何も証明しません(誰でも作成できます)",
        );
        session.room.console.notice(notice)?;
    }
    Ok(())
}

fn check(session: &mut Session, file: &SettlementFile) -> Result<Settled, Failure> {
    let state = session.journal().state();
    match trn06(&file.settlement, state.accepted(), state.register()) {
        Ok(sets) => Ok(Settled {
            settlement: file.settlement.clone(),
            sets,
        }),
        Err(refusal) => Err(session.refuse(&refusal)),
    }
}

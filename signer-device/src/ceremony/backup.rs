//! A backup, or an HSM restored from one, held against the device card: a proof of every key, and a
//! signed report. The HSM is told nothing, so that a restored one stays proof-only.

use hsm_profiles::HsmError;
use signer_core::codec::ByteString;
use signer_core::cose::Draft;
use signer_core::keys::CkaId;
use signer_core::life::{Found, KeyLine, PossessionReport, ProofLine, Standing, key01};
use signer_core::phrase;
use signer_core::rule::{RuleId, Verdict};
use signer_core::signing::{PossessionOrder, SigningHsm as _};
use signer_core::transcript::{Body, CeremonyKind, JournalHead, Outcome, Proven};
use signer_core::types::Lang;
use signer_core::wallet::CheckedCard;

use super::Script;
use super::begin::Desk;
use super::pace::Pace;
use super::session::{Session, of_hsm, rule_lines};
use crate::failure::Failure;
use crate::files::Output;
use crate::plan::VerifyBackup;

/// Keys without a proof that are named on the screen; the report names all.
const NAMED: usize = 20;

/// The paper: `docs/ceremony/backup.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "backup",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token under check", "確認対象トークンの確認"],
        ["Session", "セッションの開始"],
        ["Proof of every key", "全鍵の所持証明"],
        ["Report", "報告書"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: VerifyBackup) -> Result<(), Failure> {
    let out = Output::reserve(&plan.out)?;
    let mut desk = Desk::sit_down(&plan.place, plan.token, &SCRIPT)?;

    // 1. Environment
    desk.room.step(1)?;
    let machine = desk.machine()?;

    // 2. Journal
    desk.room.step(2)?;
    desk.journal()?;

    // 3. Token under check
    desk.room.step(3)?;
    let mut token = desk.backup()?;
    let standing = token.standing();
    let (en, ja) = stands(standing);
    token.room().say(en, ja)?;

    // 4. Session
    token.room().step(4)?;
    let mut session = token.open(CeremonyKind::Backup, machine)?;
    match check(&mut session, standing, out) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 7, inside the session.
fn check(session: &mut Session, standing: Standing, out: Output) -> Result<(), Failure> {
    // 5. Proof of every key
    session.room.step(5)?;
    let asked = PossessionReport::asked(session.journal().state());
    let report = prove_all(session, standing, &asked)?;
    show(session, &report)?;

    // 6. Report
    session.room.step(6)?;
    let verdict = key01(&report, &asked);
    let signed = sign(session, report)?;
    session.record(Body::Proven(Proven {
        signed: ByteString(signed.clone()),
        report: rule_lines([(RuleId::KEY01, verdict.clone())]),
    }))?;
    let path = out.path().display().to_string();
    out.write(&signed)?;
    session.room.console.wrote(&format!("wrote {path}"))?;
    judge(session, verdict)?;

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

/// How a token's memory stands to the journal, in words.
const fn stands(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Current => (
            "the token remembers the last session: it is the one in use, or a copy made since",
            "トークンは最後のセッションを記憶しています(使用中のもの、または以後の複製)",
        ),
        Standing::Behind => (
            "the token remembers an earlier session: it was restored, and only proves its keys",
            "トークンは以前のセッションを記憶しています。復元されたもので、所持証明のみ可能です",
        ),
        Standing::Blank => (
            "the token remembers nothing: only keys were restored, and it only proves them",
            "トークンに記憶がありません。鍵のみ復元されたもので、所持証明のみ可能です",
        ),
        Standing::Unanchored => (
            "this HSM keeps no anchor: it cannot be told whether it is the one in use or a copy",
            "このHSMはアンカーを保持しません。使用中のものか複製かを判別できません",
        ),
    }
}

fn prove_all(
    session: &mut Session,
    standing: Standing,
    asked: &[KeyLine],
) -> Result<PossessionReport, Failure> {
    let lang = session.lang();
    let state = session.journal().state();
    let card = state.own_card().map(CheckedCard::digest);
    let card = card.ok_or_else(|| {
        Failure::internal(phrase!("the device has no card", "端末のカードがない"))
    })?;
    let JournalHead {
        hash: head,
        entries,
        ..
    } = session.journal().head();
    let nonce = PossessionReport::nonce_of(&session.facts.nonce, &head);
    let total = u32::try_from(asked.len()).unwrap_or(u32::MAX);
    let mut pace = Pace::of(total, ["keys", "鍵"]);
    let mut lines = Vec::new();
    for KeyLine { key, .. } in asked {
        let order = PossessionOrder::new(&session.facts.device, *key, nonce);
        lines.push(ProofLine {
            id: key.id,
            public_key: key.public_key,
            found: found(session, &order)?,
        });
        if let Some(line) = pace.one(lang) {
            session.room.console.say(&line)?;
        }
    }
    Ok(PossessionReport {
        version: 1,
        scope: session.scope()?,
        device: session.facts.device,
        session: session.facts.session,
        nonce,
        card,
        hsm: session.hsm.token().facts(),
        standing,
        lines,
        entries,
        head,
    })
}

/// One proof. What says something of this key is a finding; what says something of the token ends
/// the ceremony.
fn found(session: &mut Session, order: &PossessionOrder) -> Result<Found, Failure> {
    match session.hsm.prove(order) {
        Ok(signature) => Ok(Found::Proven(signature)),
        Err(HsmError::NoKey(_)) => Ok(Found::Missing),
        Err(HsmError::OtherKey(_)) => Ok(Found::Other),
        Err(HsmError::UnusableKey(_) | HsmError::BadSignature(_)) => Ok(Found::Unproven),
        Err(error) => Err(of_hsm(&error)),
    }
}

fn show(session: &mut Session, report: &PossessionReport) -> Result<(), Failure> {
    let lang = session.lang();
    let (proven, all) = (report.proofs().count(), report.lines.len());
    let mut lines = vec![match lang {
        Lang::En => format!("{proven} of {all} keys of the card are proven"),
        Lang::Ja => format!("端末カードの鍵 {all} 個中 {proven} 個の所持を証明"),
    }];
    let wanting = report
        .lines
        .iter()
        .filter(|line| !matches!(line.found, Found::Proven(_)));
    lines.extend(wanting.take(NAMED).map(|line| {
        let CkaId {
            pool, chain, index, ..
        } = line.id;
        let what = line.found.name(lang);
        format!("  {pool}/{}/{index}  {what}", chain.number())
    }));
    session.room.console.screen("proofs", &lines)
}

fn sign(session: &mut Session, report: PossessionReport) -> Result<Vec<u8>, Failure> {
    let draft = Draft::new(report, session.scope()?, session.hsm.identity());
    let order = draft.seal_order().ok_or_else(|| {
        Failure::internal(phrase!(
            "a report is not a device's to sign",
            "報告書が端末の署名対象ではない"
        ))
    })?;
    let signature = session.hsm.seal(&order).map_err(|e| of_hsm(&e))?;
    let signed = draft.signed(signature).map_err(|error| {
        Failure::hsm(
            phrase!(
                "the token's signature on the report does not verify: {why}",
                "報告書へのトークンの署名を検証できない: {why}",
                why = error.phrase()
            ),
            phrase!(
                "Do not use this token. Report it.",
                "このトークンを使用せず、報告してください。"
            ),
        )
    })?;
    Ok(signed.to_bytes())
}

fn judge(session: &mut Session, verdict: Verdict) -> Result<(), Failure> {
    session
        .room
        .verdicts(&rule_lines([(RuleId::KEY01, verdict)]))
}

//! Inventory: everything on the token, named, against the journal. Nothing is changed.

use signer_core::keys::CkaId;
use signer_core::life::{KeyLine, KeyState};
use signer_core::rule::{RuleId, Verdict};
use signer_core::token::{Inventory, hsm03};
use signer_core::transcript::{Body, CeremonyKind, DeviceState, Inventoried, Outcome};
use signer_core::types::Lang;

use super::Script;
use super::begin::Desk;
use super::session::{Session, of_hsm, rule_lines};
use crate::failure::Failure;
use crate::json::Json;
use crate::plan::{Format, LookAtToken};

/// The paper: `docs/ceremony/inventory.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "inventory",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["List everything", "全オブジェクトの棚卸し"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: LookAtToken) -> Result<(), Failure> {
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
    let mut session = token.open(CeremonyKind::Inventory, machine)?;
    match list(&mut session, plan.format) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 and 6, inside the session.
fn list(session: &mut Session, format: Format) -> Result<(), Failure> {
    // 5. List everything
    session.room.step(5)?;
    let (inventory, verdict) = take(session)?;
    show(session, &inventory, &verdict, format)?;
    session
        .room
        .verdicts(&rule_lines([(RuleId::HSM03, verdict)]))?;

    // 6. Seal
    session.room.step(6)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 7.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 7. Log out
    session.room.step(7)?;
    session.leave()
}

/// Reads the whole token anew, judges it by HSM03, and records both.
pub(super) fn take(session: &mut Session) -> Result<(Inventory, Verdict), Failure> {
    let inventory = session.hsm.token().inventory();
    let inventory = inventory.map_err(|e| of_hsm(&e))?;
    let verdict = hsm03(&inventory, session.journal().state().known_keys());
    session.record(Body::Inventoried(Inventoried {
        inventory: inventory.clone(),
        report: rule_lines([(RuleId::HSM03, verdict.clone())]),
    }))?;
    Ok((inventory, verdict))
}

fn show(
    session: &mut Session,
    inventory: &Inventory,
    verdict: &Verdict,
    format: Format,
) -> Result<(), Failure> {
    let state = session.journal().state();
    if format == Format::Json {
        let json = json(state, inventory, verdict).to_string();
        return session.room.console.plain(&json);
    }
    let lang = session.lang();
    let mut lines = vec![match lang {
        Lang::En => format!(
            "{} key pairs, {} halves, {} other objects",
            inventory.keys.len(),
            inventory.halves.len(),
            inventory.foreign.len()
        ),
        Lang::Ja => format!(
            "鍵ペア {} 個、片方のみ {} 個、その他 {} 個",
            inventory.keys.len(),
            inventory.halves.len(),
            inventory.foreign.len()
        ),
    }];
    let keys: Vec<KeyLine> = state.wallet_keys().collect();
    for life in KeyState::ALL {
        let count = keys.iter().filter(|key| key.state == life).count();
        if count > 0 {
            lines.push(format!("  {}: {count}", life.title(lang)));
        }
    }
    session.room.console.screen("inventory", &lines)
}

fn json(state: &DeviceState, inventory: &Inventory, verdict: &Verdict) -> Json {
    let known: Vec<KeyLine> = state.wallet_keys().collect();
    let life = |id: &CkaId| known.iter().find(|line| line.key.id == *id);
    let keys = inventory.keys.iter().map(|seen| {
        Json::Object(vec![
            ("id", Json::text(seen.id)),
            ("point", Json::maybe(seen.point.map(|p| p.to_string()))),
            (
                "state",
                Json::maybe(life(&seen.id).map(|line| line.state.name().to_owned())),
            ),
        ])
    });
    let halves = inventory.halves.iter().map(|half| {
        Json::Object(vec![
            ("id", Json::text(half.id)),
            ("half", Json::text(half.half.name())),
        ])
    });
    let foreign = inventory.foreign.iter().map(|object| {
        Json::Object(vec![
            ("class", Json::text(&object.class)),
            ("id", Json::text(&object.id)),
            ("label", Json::text(&object.label)),
        ])
    });
    let refused = match verdict {
        Verdict::Refused(places) => places.as_slice(),
        _ => &[],
    };
    Json::Object(vec![
        ("keys", Json::List(keys.collect())),
        ("halves", Json::List(halves.collect())),
        ("foreign", Json::List(foreign.collect())),
        (
            "refused",
            Json::List(
                refused
                    .iter()
                    .map(|refusal| Json::text(refusal.difference().text(Lang::En)))
                    .collect(),
            ),
        ),
    ])
}

//! Showing what the HSM remembers of a journal that is lost: for the administrators' order. Nothing
//! is recorded: there is no journal, or not the one that the HSM remembers.

use hsm_profiles::{DeviceHsm, Module, TokenSelector};
use signer_core::codec;
use signer_core::digest::{hex, word_lines};
use signer_core::keys::Fingerprint;
use signer_core::life::AnchorStatement;
use signer_core::phrase;
use signer_core::rule::RuleId;
use signer_core::signing::SigningHsm as _;
use signer_core::token::{AnchorStore, hsm05};
use signer_core::transcript::Anchor;
use signer_core::types::Lang;

use super::Script;
use super::begin::{answers, judge_machine};
use super::room::Room;
use super::session::{of_hsm, rule_lines};
use super::token::log_in;
use crate::console::Who;
use crate::failure::Failure;
use crate::files::Output;
use crate::plan::{self, ShowAnchor};

/// The paper: `docs/ceremony/anchor.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "anchor",
    steps: &[
        ["Environment", "環境の確認"],
        ["Token", "トークンの確認"],
        ["Anchor", "アンカーの表示"],
        ["Write and log out", "書き出しとログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: &ShowAnchor) -> Result<(), Failure> {
    let mut room = Room::enter(plan.lang, &SCRIPT);
    let profile = plan::profile(&plan.profile)?;
    let out = Output::reserve(&plan.out)?;
    room.console.admit(answers(profile.assurance()))?;

    // 1. Environment
    room.step(1)?;
    judge_machine(&mut room, profile.assurance())?;

    // 2. Token
    room.step(2)?;
    if profile.anchor() == AnchorStore::None {
        return Err(no_anchor());
    }
    let lang = room.lang();
    let module = Module::load(&profile, plan.module.as_deref());
    let module = module.map_err(|e| of_hsm(&e))?;
    let selector = TokenSelector {
        label: plan.label.clone(),
        serial: None,
    };
    let (open, _) = log_in(&mut room, &module, &selector, &Who::B, "pin")?;
    let mut hsm = DeviceHsm::new(open).map_err(|e| of_hsm(&e))?;

    // 3. Anchor
    room.step(3)?;
    let anchor = newest(&mut hsm)?;
    let statement = AnchorStatement {
        version: 1,
        identity: hsm.identity(),
        anchor: anchor.ok_or_else(no_anchor)?,
    };
    room.console.screen("anchor", &lines(&statement, lang))?;

    // 4. Write and log out
    room.step(4)?;
    let path = out.path().display().to_string();
    out.write(&codec::encode(&statement))?;
    room.console.wrote(&format!("wrote {path}"))?;
    let left = hsm.logout().map_err(|e| of_hsm(&e))?;
    room.verdicts(&rule_lines([(RuleId::HSM05, hsm05(left.end))]))
}

/// The newest anchor that is whole.
pub(super) fn newest(hsm: &mut DeviceHsm) -> Result<Option<Anchor>, Failure> {
    let slots = hsm.token().anchors().map_err(|e| of_hsm(&e))?;
    Ok(Anchor::newest([slots[0].as_deref(), slots[1].as_deref()]))
}

/// An HSM that remembers nothing has nothing from which a device could go on.
pub(super) fn no_anchor() -> Failure {
    Failure::hsm(
        phrase!(
            "this HSM remembers no journal",
            "このHSMにジャーナルの記憶がない"
        ),
        phrase!(
            "A device without an anchor cannot be recovered. Move the coins with the other devices.",
            "アンカーのない端末は復旧できません。他の端末で資金を移動してください。"
        ),
    )
}

fn lines(statement: &AnchorStatement, lang: Lang) -> Vec<String> {
    let (anchor, device) = (&statement.anchor, statement.identity.device_id());
    let fact = |en, ja, value: String| format!("{:<11} {value}", lang.pick(en, ja));
    let mut lines = vec![
        fact("device", "端末", Fingerprint::of(&device).to_string()),
        fact("generation", "世代", anchor.generation.to_string()),
        fact("entries", "記録", anchor.entries.to_string()),
        fact("signatures", "署名", anchor.signatures.to_string()),
        fact("head", "先頭", hex(&anchor.head)),
        fact("ledger", "台帳", anchor.ledger.to_hex()),
    ];
    if let Some(frozen) = &anchor.frozen {
        lines.push(fact("state", "状態", frozen.phrase().text(lang).to_owned()));
    }
    if let Some(waiting) = &anchor.waiting {
        let (roster, from) = (waiting.roster.to_string(), waiting.from.to_string());
        lines.push(fact("roster", "待機中の名簿", roster));
        lines.push(fact("waits until", "待機終了高", from));
    }
    lines.push(String::new());
    lines.extend(word_lines(statement.digest().as_bytes()));
    lines
}

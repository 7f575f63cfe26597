//! Installing a policy: two people read what it changes, and type every new address from paper.

use signer_core::policy::{ActivePolicy, NewPolicy, Page};
use signer_core::transcript::{CeremonyKind, Outcome, WhatKind};
use signer_core::types::Lang;

use super::Script;
use super::begin::Desk;
use super::compare::compare;
use super::officers;
use super::register_wallet::install;
use super::session::Session;
use crate::failure::Failure;
use crate::files;
use crate::plan::InstallPolicy;

/// The paper: `docs/ceremony/install_policy.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "install_policy",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["Check the policy", "ポリシーの検証"],
        ["Compare what changes", "変更点の照合"],
        ["Compare new addresses", "新しいアドレスの照合"],
        ["Compare the policy", "ポリシーの照合"],
        ["Install", "ポリシーの登録"],
        ["Seal", "封印"],
        ["Log out", "ログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: InstallPolicy) -> Result<(), Failure> {
    let bytes = files::read(&plan.policy, files::ARTEFACT)?;
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
    let mut session = token.open(CeremonyKind::Policy, machine)?;
    match install_it(&mut session, &bytes) {
        Ok(()) => finish(session),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 11, inside the session.
fn install_it(session: &mut Session, bytes: &[u8]) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the policy
    session.room.step(6)?;
    let papers = check(session, bytes)?;
    session.room.say(
        "the policy is signed by a quorum of administrators and follows the one in force",
        "ポリシーは管理者の定足数が署名し、現行ポリシーに続くものです",
    )?;

    // 7. Compare what changes
    session.room.step(7)?;
    compare(session, &papers.difference)?;

    // 8. Compare new addresses
    session.room.step(8)?;
    for address in &papers.addresses {
        compare(session, address)?;
    }

    // 9. Compare the policy
    session.room.step(9)?;
    compare(session, &papers.whole)?;

    // 10. Install
    session.room.step(10)?;
    install(session, WhatKind::Policy, papers.policy)?;

    // 11. Seal
    session.room.step(11)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 12.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 12. Log out
    session.room.step(12)?;
    let state = session.journal().state();
    let waits = state.policy().and_then(ActivePolicy::waits_until);
    let [en, ja] = match waits {
        None => [
            "the policy is in force from the next session on".to_owned(),
            "ポリシーは次のセッションから有効です".to_owned(),
        ],
        Some(height) => [
            format!(
                "from the next session on the stricter of this policy and the one before holds; \
                 what it loosens opens at height {height}"
            ),
            format!(
                "次のセッションから新旧ポリシーの厳しい方が有効です。\
                 緩和はブロック高 {height} から有効です"
            ),
        ],
    };
    session.room.say(&en, &ja)?;
    session.leave()
}

/// What is compared, as the journal's fold will ask for it.
struct Papers {
    policy: Vec<u8>,
    difference: Page,
    addresses: Vec<Page>,
    whole: Page,
}

/// POL08 refuses what does not follow, before anybody reads it.
fn check(session: &mut Session, bytes: &[u8]) -> Result<Papers, Failure> {
    let lang: Lang = session.lang();
    let papers = NewPolicy::of(session.journal().state(), bytes).map(|new| Papers {
        policy: new.policy().to_bytes(),
        difference: new.difference(lang),
        addresses: new
            .addresses(lang)
            .into_iter()
            .chain(new.sweep(lang))
            .collect(),
        whole: new.whole(lang),
    });
    papers.map_err(|refusal| session.refuse(&refusal))
}

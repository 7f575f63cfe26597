//! Installing a policy: two people read destinations and limits, and type what they read.

use bitcoin::Address;
use signer_core::phrase;
use signer_core::policy::{ActivePolicy, Destination, WalletRules};
use signer_core::review::address::grouped;
use signer_core::review::amount::{btc, sat};
use signer_core::transcript::{CeremonyKind, Outcome, WhatKind};
use signer_core::types::{Id, Lang, Network};

use super::Script;
use super::begin::Desk;
use super::officers;
use super::register_wallet::{ask_words, class, install};
use super::session::Session;
use super::words::{self, Stretch};
use crate::console::Who;
use crate::failure::Failure;
use crate::files;
use crate::plan::InstallPolicy;

/// Characters of an address that are typed.
const STRETCH: usize = 6;
/// First characters of an address, which many addresses share: never asked for.
const PREFIX: usize = 5;

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
        ["Compare destinations", "送付先の照合"],
        ["Compare limits and quorums", "限度額と承認要件の照合"],
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

/// Steps 5 to 10, inside the session.
fn install_it(session: &mut Session, bytes: &[u8]) -> Result<(), Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. Check the policy
    session.room.step(6)?;
    let policy = check(session, bytes)?;
    session.room.say(
        "the policy is signed by a quorum of administrators and follows the one in force",
        "ポリシーは管理者の必要数が署名し、現行ポリシーに続くものです",
    )?;

    // 7. Compare destinations
    session.room.step(7)?;
    for destination in &policy.document().destinations {
        compare_destination(session, destination)?;
    }

    // 8. Compare limits and quorums
    session.room.step(8)?;
    compare_policy(session, &policy)?;

    // 9. Install
    session.room.step(9)?;
    install(session, WhatKind::Policy, policy.to_bytes())?;

    // 10. Seal
    session.room.step(10)?;
    session.close(Outcome::Done)?;
    Ok(())
}

/// Step 11.
fn finish(mut session: Session) -> Result<(), Failure> {
    // 11. Log out
    session.room.step(11)?;
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

fn check(session: &Session, bytes: &[u8]) -> Result<ActivePolicy, Failure> {
    let state = session.journal().state();
    let roster = state.roster();
    let roster = roster.ok_or_else(|| {
        Failure::internal(phrase!("no roster is installed", "名簿が登録されていない"))
    })?;
    ActivePolicy::open(bytes, roster, state.policy_standing(), state.height())
        .map_err(|error| Failure::told(&phrase!("policy", "ポリシー"), &error))
}

/// One destination: its full address, and a stretch of it typed.
fn compare_destination(session: &mut Session, destination: &Destination) -> Result<(), Failure> {
    let network = session.scope()?.network;
    let address = address_of(destination, network)?;
    let id = format!("dest-{}", destination.id);
    let lang = session.lang();
    let mut lines = vec![
        destination.label.to_string(),
        format!("{}  {network}", destination.id),
        String::new(),
    ];
    lines.extend(grouped(&address));
    lines.extend([
        String::new(),
        format!("{}  ({})", btc(destination.limit), sat(destination.limit)),
        match lang {
            Lang::En => format!(
                "at most, in one transfer; from height {}",
                destination.activation
            ),
            Lang::Ja => format!("1回の上限。高さ {} から有効", destination.activation),
        },
    ]);
    let screen = session.show(&id, &lines)?;
    let characters: Vec<char> = address.chars().collect();
    let nonce = &session.facts.nonce;
    let Stretch { first, last } = Stretch::pick(nonce, characters.len(), PREFIX, STRETCH, &id);
    let expected: String = characters
        .get(first - 1..last)
        .unwrap_or_default()
        .iter()
        .collect();
    let question = match lang {
        Lang::En => format!("Type characters {first} to {last} of the address from your paper"),
        Lang::Ja => format!("{first}文字目から{last}文字目を入力: 書面のアドレス"),
    };
    session.ask(&Who::A, &id, &question, screen, |typed| {
        let plain: String = typed.chars().filter(|c| *c != ' ').collect();
        plain == expected
    })
}

fn address_of(destination: &Destination, network: Network) -> Result<String, Failure> {
    Address::from_script(&destination.script, network.to_bitcoin())
        .map(|address| address.to_string())
        .map_err(|_| {
            Failure::internal(phrase!(
                "a destination without an address",
                "アドレスのない送付先"
            ))
        })
}

/// Everything else of the policy, and its words.
fn compare_policy(session: &mut Session, policy: &ActivePolicy) -> Result<(), Failure> {
    let lang = session.lang();
    let mut lines = vec![
        format!("policy {}  {}", policy.number(), policy.scope().network),
        format!("from height {}", policy.document().activation),
        String::new(),
    ];
    for rules in &policy.document().wallets {
        lines.extend(wallet_lines(session, rules, lang));
        lines.push(String::new());
    }
    let digest = *policy.digest().as_bytes();
    lines.extend(words::lines(&digest));
    let screen = session.show("policy", &lines)?;
    let subject = [
        "the policy from your paper".to_owned(),
        "書面のポリシー照合語".to_owned(),
    ];
    ask_words(session, &Who::B, "policy", screen, &digest, &subject)
}

/// What one wallet may do.
pub(super) fn wallet_lines(session: &Session, rules: &WalletRules, lang: Lang) -> Vec<String> {
    let registry = session.journal().state().wallets();
    let name = registry.by_digest(&rules.wallet).map_or_else(
        || {
            lang.pick(
                "NOT REGISTERED ON THIS DEVICE",
                "この端末に未登録のウォレット",
            )
            .to_owned()
        },
        |wallet| wallet.name().to_string(),
    );
    let (fee, quorum) = (rules.fee, rules.quorum);
    let to: Vec<&str> = rules.destinations.iter().map(Id::as_str).collect();
    vec![
        format!("{name}  {}", class(rules.class, lang)),
        format!("  wallet {}", rules.wallet),
        format!(
            "  per transfer  {}  ({})",
            btc(rules.per_transfer),
            sat(rules.per_transfer)
        ),
        format!(
            "  fee           {}, {} sat/vB, {}/1000",
            sat(fee.absolute),
            fee.sat_per_vbyte,
            fee.per_mille
        ),
        format!(
            "  approvals     {} people, {} departments, {} directors",
            quorum.approvers, quorum.departments, quorum.directors
        ),
        format!("  pays          {}", to.join(" ")),
        format!("  change window {}", rules.change_window),
    ]
}

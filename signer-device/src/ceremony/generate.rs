//! Generating keys: a new pool, more keys in one that is there, or the rest of a run that was cut.

use std::collections::BTreeSet;

use signer_core::keys::CkaId;
use signer_core::phrase;
use signer_core::rule::{Refusal, RuleId, Verdict};
use signer_core::token::{Leftover, hsm03, hsm03_after_cut};
use signer_core::transcript::{
    Body, CeremonyKind, DeviceState, DiscardedKey, KeyRange, KeysDiscarded, Outcome, WhatKind,
};
use signer_core::types::{Chain, Lang, PoolNumber};

use super::Script;
use super::begin::Desk;
use super::officers;
use super::pool::{announce, following, make_card, make_keys, shown};
use super::register_wallet::install;
use super::session::{Session, of_hsm, rule_lines};
use crate::console::Who;
use crate::failure::Failure;
use crate::files::Output;
use crate::plan::{Generate, WhichKeys};

/// The paper: `docs/ceremony/generate.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "generate",
    steps: &[
        ["Environment", "環境の確認"],
        ["Journal", "ジャーナルの確認"],
        ["Token", "トークンの確認"],
        ["Session", "セッションの開始"],
        ["Operators", "操作者の認証"],
        ["What a cut left behind", "中断時の残存鍵の破棄"],
        ["Confirm pool and count", "プールと個数の確認"],
        ["Pool of wallet keys", "ウォレット鍵プールの生成"],
        ["Device card", "端末カード"],
        ["Seal", "封印"],
        ["Write the card and log out", "カードの書き出しとログアウト"],
    ],
};

/// Runs the ceremony.
pub(crate) fn run(plan: Generate) -> Result<(), Failure> {
    let card_out = Output::reserve(&plan.card_out)?;
    let mut desk = Desk::sit_down(&plan.place, plan.token, &SCRIPT)?;
    plan.keys.fit(desk.state())?;

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
    let mut session = token.open(CeremonyKind::Keys, machine)?;
    match generate(&mut session, &plan.keys) {
        Ok(card) => finish(session, card_out, &card),
        Err(failure) => Err(session.end_badly(failure)),
    }
}

/// Steps 5 to 10, inside the session; the signed card.
fn generate(session: &mut Session, keys: &WhichKeys) -> Result<Vec<u8>, Failure> {
    // 5. Operators
    session.room.step(5)?;
    let _operators = officers::authenticate(session)?;

    // 6. What a cut left behind
    session.room.step(6)?;
    clear(session)?;

    // 7. Confirm pool and count
    session.room.step(7)?;
    confirm(session, keys)?;

    // 8. Pool of wallet keys
    session.room.step(8)?;
    if let WhichKeys::More { pool, counts } = keys {
        announce(session, *pool, counts)?;
    }
    make_keys(session)?;

    // 9. Device card
    session.room.step(9)?;
    let card = make_card(session)?;
    install(session, WhatKind::Card, card.clone())?;

    // 10. Seal
    session.room.step(10)?;
    session.close(Outcome::Done)?;
    Ok(card)
}

/// Step 11.
fn finish(mut session: Session, card_out: Output, card: &[u8]) -> Result<(), Failure> {
    // 11. Write the card and log out
    session.room.step(11)?;
    let path = card_out.path().display().to_string();
    card_out.write(card)?;
    session.room.console.wrote(&format!("wrote {path}"))?;
    session.leave()
}

impl WhichKeys {
    /// Whether the journal has room for these keys: a run that was cut comes first.
    fn fit(&self, state: &DeviceState) -> Result<(), Failure> {
        match (self, state.generation()) {
            (Self::Rest, Some(_)) => Ok(()),
            (Self::Rest, None) => Err(Failure::input(
                phrase!(
                    "no generation of keys was cut on this device",
                    "中断した鍵の生成がこの端末にない"
                ),
                phrase!(
                    "For more keys run `signer-device device generate --pool N --receive N --change N`.",
                    "鍵を追加するには: `signer-device device generate --pool N --receive N --change N`"
                ),
            )),
            (Self::More { .. }, Some(cut)) => Err(Failure::input(
                phrase!(
                    "a generation of keys in pool {pool} was cut",
                    "プール {pool} の鍵の生成が中断している",
                    pool = cut.pool
                ),
                phrase!(
                    "Finish it first: `signer-device device resume --state DIR --card-out FILE`.",
                    "先に完了してください: `signer-device device resume --state DIR --card-out FILE`"
                ),
            )),
            (Self::More { pool, counts }, None) => fit_pool(state, *pool, counts),
        }
    }
}

/// A pool that is there, or the next one, with keys on both chains.
fn fit_pool(state: &DeviceState, pool: PoolNumber, counts: &[(Chain, u32)]) -> Result<(), Failure> {
    let pools = state.pools();
    let next = pools.last().map_or(0, |last| last.0.saturating_add(1));
    if state.whole_pools().contains(&pool) {
        return Ok(());
    }
    if pool.0 != next || counts.iter().any(|(_, count)| *count == 0) {
        return Err(Failure::input(
            phrase!(
                "pool {pool} is not there; the next new one is {next}, with both chains",
                "プール {pool} はない。次に作れるのは両チェーンを持つプール {next}",
                pool = pool,
                next = next
            ),
            phrase!(
                "Name a pool that is there, or begin the next one with keys on both chains.",
                "既存のプールを指定するか、次の番号のプールを両チェーンの鍵付きで作成してください。"
            ),
        ));
    }
    Ok(())
}

/// Destroys what stands under ids that were announced and never recorded. Nothing of it was ever
/// shown to anybody; it is named in the journal first, and afterwards the token is read again.
fn clear(session: &mut Session) -> Result<(), Failure> {
    let left = leftovers(session)?;
    if left.is_empty() {
        return session.room.say(
            "nothing was left behind by a cut",
            "中断による残存鍵はありません",
        );
    }
    let pool = session.journal().state().generation().map(|cut| cut.pool);
    let pool = pool.ok_or_else(|| {
        Failure::internal(phrase!(
            "left behind by no generation",
            "どの生成にも属さない鍵"
        ))
    })?;
    for leftover in &left {
        let text = leftover.phrase();
        session.room.console.notice(text.text(session.lang()))?;
    }
    session.record(Body::KeysDiscarded(KeysDiscarded {
        pool,
        keys: left.iter().map(discarded).collect(),
    }))?;
    let ids: Vec<CkaId> = left.iter().map(|left| left.id).collect();
    let gone = session.hsm.token().discard(&ids);
    gone.map_err(|e| of_hsm(&e))?;
    session.room.say(
        &format!("{} destroyed, and gone when read again", ids.len()),
        &format!("{} 件を破棄し、消去を読み戻しで確認しました", ids.len()),
    )?;
    let expected = session.journal().state().known_keys();
    let inventory = session.hsm.token().listed();
    let verdict = hsm03(&inventory, expected);
    if let Verdict::Refused(refusals) = &verdict {
        record_refusals(session, refusals)?;
    }
    session
        .room
        .verdicts(&rule_lines([(RuleId::HSM03, verdict)]))
}

fn record_refusals(session: &mut Session, refusals: &[Refusal]) -> Result<(), Failure> {
    let mut refusals = refusals.iter();
    refusals.try_for_each(|refusal| session.record(Body::Refused(refusal.clone())))
}

fn leftovers(session: &mut Session) -> Result<Vec<Leftover>, Failure> {
    let state = session.journal().state();
    let intended: BTreeSet<CkaId> = state.missing_ids().collect();
    let expected = state.known_keys();
    let inventory = session.hsm.token().listed();
    let (verdict, left) = hsm03_after_cut(&inventory, expected, &intended);
    match verdict {
        Verdict::Refused(_) => Err(Failure::internal(phrase!(
            "the token changed since it was judged",
            "判定後にトークンの内容が変わった"
        ))),
        _ => Ok(left),
    }
}

const fn discarded(left: &Leftover) -> DiscardedKey {
    DiscardedKey {
        chain: left.id.chain,
        index: left.id.index,
        remains: left.remains,
    }
}

/// Two people read what will be made. One types how many keys, the other which pool.
fn confirm(session: &mut Session, keys: &WhichKeys) -> Result<(), Failure> {
    let lang = session.lang();
    let (pool, ranges) = about_to_be_made(session.journal().state(), keys);
    let total: u32 = ranges.iter().map(|range| range.count).sum();
    let mut lines = vec![match lang {
        Lang::En => format!("pool {pool}, {total} keys"),
        Lang::Ja => format!("プール {pool}、鍵 {total} 個"),
    }];
    lines.extend(ranges.iter().map(|range| shown(range, lang)));
    lines.extend(served(session, pool));
    let screen = session.show("keys", &lines)?;
    let question = lang.pick("Type how many keys will be made", "生成する鍵の個数を入力");
    session.ask(&Who::A, "keys", question, screen, |typed| {
        typed == total.to_string()
    })?;
    let question = lang.pick("Type the number of the pool", "プール番号を入力");
    session.ask(&Who::B, "pool", question, screen, |typed| {
        typed == pool.to_string()
    })
}

fn about_to_be_made(state: &DeviceState, keys: &WhichKeys) -> (PoolNumber, Vec<KeyRange>) {
    match keys {
        WhichKeys::More { pool, counts } => (*pool, following(state, *pool, counts)),
        WhichKeys::Rest => {
            let pool = state.generation().map_or(PoolNumber(0), |cut| cut.pool);
            (pool, state.missing_keys())
        }
    }
}

/// Which wallet the pool serves, if any.
fn served(session: &Session, pool: PoolNumber) -> Option<String> {
    let own = session.facts.device;
    let wallets = session.journal().state().wallets().wallets();
    let serves = |cosigner: &signer_core::wallet::CoSigner| {
        cosigner.identity.device_id() == own && cosigner.pool == pool
    };
    let wallet = wallets.iter().find(|w| w.cosigners().iter().any(serves))?;
    let name = wallet.name();
    Some(match session.lang() {
        Lang::En => format!("  serves wallet {name}; extend it afterwards on every device"),
        Lang::Ja => format!("  ウォレット {name} 用。生成後、全端末でウォレットを拡張"),
    })
}

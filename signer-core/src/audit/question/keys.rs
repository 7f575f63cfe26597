//! `audit keys`.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::history::DeviceHistory;
use super::super::records::Records;
use crate::keys::{CkaId, KeyRole};
use crate::life::KeyState;
use crate::phrase;
use crate::rule::{Phrase, Verdict};
use crate::token::{Date, Evidence, HsmFacts, fips_status, hsm01};
use crate::types::Lang;
use crate::wallet::PoolCard;

/// Which keys are there, in which HSM, and what stands behind their attributes?
pub fn keys(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    cases.extend(records.histories().flat_map(device));
    let unit = Unit {
        name: phrase!("key pools", "鍵プール"),
        claim: phrase!(
            "the attributes of every key, as the HSM gave them, are those of a key that was born in \
             it and cannot leave it",
            "HSMが示したすべての鍵の属性が、HSM内で生成され外に出せない鍵のものである"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Keys, unit, cases)
}

fn device(history: &DeviceHistory) -> Vec<AuditCase> {
    let Some(card) = history.state.own_card() else {
        let subject = phrase!("device {name}", "端末 {name}", name = history.name);
        let found = phrase!("no card of its own", "自分の端末カードがない");
        return alloc::vec![AuditCase::missing(subject, found)];
    };
    // Of the last session: the HSM may have been replaced since the birth.
    let hsm = history.sessions.last().map_or(&history.birth, |s| &s.hsm);
    let pools = card.card().pools.iter();
    pools.map(|held| pool(history, held, hsm)).collect()
}

fn pool(history: &DeviceHistory, pool: &PoolCard, hsm: &HsmFacts) -> AuditCase {
    let subject = phrase!(
        "device {name}, pool {pool}",
        "端末 {name}、プール {pool}",
        name = history.name,
        pool = pool.pool
    );
    let evidence = match pool.evidence {
        Evidence::Attested => phrase!("attested by the vendor", "製造元の証明書あり"),
        Evidence::Declared => phrase!("declared by the module alone", "モジュールの申告のみ"),
    };
    let found = phrase!(
        "{receive} receive and {change} change keys ({states}) in {vendor} {model}, serial {serial}; \
         {evidence}; {certificate}",
        "受取 {receive} 個、お釣り {change} 個({states})、{vendor} {model}、製造番号 {serial}。{evidence}。{certificate}",
        receive = pool.receive.len(),
        change = pool.change.len(),
        states = states(history, pool),
        vendor = hsm.vendor,
        model = hsm.model,
        serial = hsm.serial,
        evidence = evidence,
        certificate = certificate(history, hsm)
    );
    // All keys of a pool have one set of attributes.
    let judged = hsm01(
        [(CkaId::single(KeyRole::Wallet), &pool.attributes)],
        &hsm.relaxations,
    );
    match judged {
        Verdict::Refused(_) => AuditCase::fail(subject, found),
        _ => AuditCase::pass(subject, found),
    }
}

/// How many keys of a pool are in which state.
fn states(history: &DeviceHistory, pool: &PoolCard) -> Phrase {
    let lines = history.state.wallet_keys();
    let of_pool: Vec<KeyState> = lines
        .filter(|line| line.key.id.pool == pool.pool)
        .map(|line| line.state)
        .collect();
    let counts = KeyState::ALL.into_iter().filter_map(|state| {
        let count = of_pool.iter().filter(|known| **known == state).count();
        (count > 0).then(|| {
            phrase!(
                "{count} {state}",
                "{state} {count}",
                count = count,
                state = Phrase::new(state.title(Lang::En), state.title(Lang::Ja))
            )
        })
    });
    Phrase::listed(counts)
}

/// The standing of the HSM's certificate on the day of the last session, by its own clock.
fn certificate(history: &DeviceHistory, hsm: &HsmFacts) -> Phrase {
    let clock = history.sessions.last().map_or(0, |session| session.clock);
    let status = fips_status(&hsm.fips, &hsm.firmware, Date::of_clock(clock));
    let line = |lang| -> String { status.lines(lang).into_iter().next().unwrap_or_default() };
    Phrase::new(&line(Lang::En), &line(Lang::Ja))
}

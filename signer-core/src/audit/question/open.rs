//! `audit open`.

use alloc::vec::Vec;

use bitcoin::OutPoint;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::history::DeviceHistory;
use super::super::papers::{NodeData, Papers};
use super::super::records::{Held, Records};
use crate::digest::TxDigest;
use crate::phrase;
use crate::rule::Phrase;
use crate::settlement::SettledSet;
use crate::signing::Intent;

/// Which partial signatures exist over coins that are unspent?
pub fn open(records: &Records, papers: &Papers) -> AuditAnswer {
    let mut cases = records.unheard();
    let transactions = records.transactions().into_iter();
    cases.extend(transactions.filter_map(|tx| one(tx, records, papers)));
    let unit = Unit {
        name: phrase!("signed transactions", "署名済みの取引"),
        claim: phrase!(
            "every partial signature is settled by proof, or every coin of it is spent, so that none \
             can be used any more",
            "部分署名はすべて証明により解消済み、またはそのコインがすべて支出済みであり、もう使えない"
        ),
        none: Conclusion::Pass,
    };
    AuditAnswer::new(Question::Open, unit, cases)
}

fn one(tx: TxDigest, records: &Records, papers: &Papers) -> Option<AuditCase> {
    let held: Vec<Held<'_>> = records.signed().filter(|h| h.case.facts.tx == tx).collect();
    let first = held.first()?;
    let facts = &first.case.facts;
    let subject = phrase!(
        "case {case}, {total} satoshi",
        "案件 {case}、{total} satoshi",
        case = facts.case,
        total = facts.total().to_sat()
    );
    if let Some((device, set)) = settled(tx, records) {
        return Some(AuditCase::pass(subject, proven(device, set)));
    }
    let coins = first.case.intent.as_ref().map(coins).unwrap_or_default();
    let unspent = coins.iter().filter(|coin| papers.spender(coin).is_none());
    let open = unspent.count();
    let devices = held.iter().map(|held| Phrase::figure(&held.history.name));
    let mut signers: Vec<Phrase> = Vec::new();
    for device in devices {
        if !signers.contains(&device) {
            signers.push(device);
        }
    }
    let signed = signers.len();
    let who = Phrase::listed(signers);
    let counts = phrase!(
        "{signed} of {threshold} devices signed ({who}); {open} of {all} coins unspent",
        "{threshold} 台中 {signed} 台が署名({who})、{all} 枚中 {open} 枚が未使用",
        signed = signed,
        threshold = facts.wallet.threshold,
        who = who,
        open = open,
        all = coins.len()
    );
    Some(if open == 0 {
        AuditCase::pass(subject, counts)
    } else if papers.node == NodeData::Given {
        AuditCase::fail(subject, counts)
    } else {
        AuditCase::missing(subject, counts)
    })
}

/// A device whose journal holds the proof, which its replay judged again.
fn settled(tx: TxDigest, records: &Records) -> Option<(&DeviceHistory, &SettledSet)> {
    let mut histories = records.histories();
    histories.find_map(|history| Some((history, history.state.register().settled(&tx)?)))
}

fn proven(device: &DeviceHistory, set: &SettledSet) -> Phrase {
    phrase!(
        "settled by proof on {device}, block {height}: {how}",
        "{device} で証明により解消(ブロック高 {height}): {how}",
        device = device.name,
        height = set.height,
        how = set.how.phrase()
    )
}

fn coins(intent: &Intent) -> Vec<OutPoint> {
    intent.lines.iter().map(|line| line.coin.into()).collect()
}

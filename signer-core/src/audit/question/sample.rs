//! `audit sample`.

use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::records::Records;
use crate::digest::{TxDigest, tagged};
use crate::phrase;
use crate::rule::Phrase;

/// Draws cases for a sample: the same ones for the same seed, by whoever draws.
///
/// Every signed transaction is placed by the tagged SHA-256 (`himuro/audit-sample`) of seed and
/// transaction digest; the first so many are drawn. An auditor who names the seed after the records
/// were handed over leaves nobody a choice.
pub fn sample(records: &Records, size: usize, seed: &str) -> AuditAnswer {
    let mut all: Vec<([u8; 32], TxDigest)> = records
        .transactions()
        .into_iter()
        .map(|tx| (place(seed, &tx), tx))
        .collect();
    all.sort_unstable();
    let population = all.len();
    let mut cases = records.unheard();
    let drawn = all.iter().take(size);
    cases.extend(drawn.filter_map(|(_, tx)| case(*tx, records)));
    let unit = Unit {
        name: phrase!("drawn cases", "抽出した案件"),
        claim: phrase!(
            "drawn from {population} signed transactions by the seed \"{seed}\"",
            "署名済みの取引 {population} 件から種「{seed}」で抽出した",
            population = population,
            seed = seed
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Sample, unit, cases)
}

/// Where the seed puts this transaction: the smallest are drawn.
pub(in crate::audit) fn place(seed: &str, tx: &TxDigest) -> [u8; 32] {
    tagged("himuro/audit-sample", &[seed.as_bytes(), tx.as_bytes()])
}

/// A case, and where its evidence lies.
fn case(tx: TxDigest, records: &Records) -> Option<AuditCase> {
    let held: Vec<_> = records.signed().filter(|h| h.case.facts.tx == tx).collect();
    let first = held.first()?;
    let sessions = held.iter().map(|held| {
        phrase!(
            "{device} session {session}",
            "{device} セッション {session}",
            device = held.history.name,
            session = held.session.number
        )
    });
    let sessions = Phrase::listed(sessions);
    let subject = phrase!("case {case}", "案件 {case}", case = first.case.facts.case);
    Some(AuditCase::pass(
        subject,
        phrase!(
            "transaction {tx}, request {request}: {sessions}",
            "取引 {tx}、申請 {request}: {sessions}",
            tx = tx,
            request = first.case.request,
            sessions = sessions
        ),
    ))
}

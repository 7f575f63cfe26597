//! `audit signatures`.

use alloc::collections::BTreeMap;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::history::DeviceHistory;
use super::super::records::{Held, Records};
use crate::digest::TxDigest;
use crate::phrase;
use crate::transcript::CeremonyKind;

/// Is every signature that was counted recorded, and released once?
pub fn signatures(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    cases.extend(records.signed().map(|held| session(&held)));
    cases.extend(records.histories().map(counted));
    let unit = Unit {
        name: phrase!("signing sessions and counters", "署名セッションと計数"),
        claim: phrase!(
            "every signature that was counted is recorded, verified and under a receipt",
            "計数されたすべての署名が記録、検証され、受領証がある"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Signatures, unit, cases)
}

fn session(held: &Held<'_>) -> AuditCase {
    let case = held.case;
    let intended = case.intent.as_ref().map_or(0, |intent| intent.lines.len());
    let made = case.signatures.len();
    let resumed = held.session.kind == CeremonyKind::Resume;
    if held.released().is_some() {
        let found = if resumed {
            phrase!(
                "{made} of {all} signatures made after a cut, and released",
                "中断後に {all} 個中 {made} 個を署名し、解放した",
                made = made,
                all = intended
            )
        } else {
            phrase!(
                "{made} of {all} signatures made and released",
                "{all} 個中 {made} 個を署名し、解放した",
                made = made,
                all = intended
            )
        };
        return AuditCase::pass(held.subject(), found);
    }
    let found = phrase!(
        "ended after input {made} of {all}, nothing released",
        "{all} 件中 {made} 件目の入力の後に終了し、解放なし",
        made = made,
        all = intended
    );
    if held.gone_on().is_some() {
        AuditCase::pass(held.subject(), found)
    } else {
        AuditCase::missing(held.subject(), found)
    }
}

/// The device's counter against what its sessions intended.
fn counted(history: &DeviceHistory) -> AuditCase {
    let subject = phrase!(
        "counter of {device}",
        "端末 {device} の計数",
        device = history.name
    );
    let ledger = history.state.ledger();
    let lost = ledger.recovered().map_or(0, |recovered| recovered.unknown);
    let known = u64::try_from(intended(history)).unwrap_or(u64::MAX);
    let total = known.saturating_add(lost);
    let found = phrase!(
        "{counter} counted, {known} of them in sessions of the transcript, {lost} lost",
        "計数 {counter}、うち記録のセッションに {known}、不明 {lost}",
        counter = ledger.signatures(),
        known = known,
        lost = lost
    );
    // What a recovery took from receipts counts too, and is in no session.
    let by_receipts = ledger.recovered().is_some() && total < ledger.signatures();
    if by_receipts {
        AuditCase::missing(subject, found)
    } else if total != ledger.signatures() {
        AuditCase::found(subject, Finding::Count, found)
    } else if lost > 0 {
        AuditCase::missing(subject, found)
    } else {
        AuditCase::pass(subject, found)
    }
}

/// Signatures that the sessions announced. One that goes on after a cut announces again what no
/// session before it has made.
fn intended(history: &DeviceHistory) -> usize {
    let mut made: BTreeMap<TxDigest, usize> = BTreeMap::new();
    let mut all = 0_usize;
    for (session, case) in history.cases() {
        let lines = case.intent.as_ref().map_or(0, |intent| intent.lines.len());
        let before = made.entry(case.facts.tx).or_default();
        let again = if session.kind == CeremonyKind::Resume {
            lines.saturating_sub(*before)
        } else {
            lines
        };
        all = all.saturating_add(again);
        *before = before.saturating_add(case.signatures.len());
    }
    all
}

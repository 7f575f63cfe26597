//! `audit verify`.

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::records::{DeviceRecord, Records, Told};
use crate::digest::hex;
use crate::phrase;
use crate::rule::Phrase;

/// Is every transcript whole, sealed, and does every recomputed digest agree?
pub fn verify(records: &Records) -> AuditAnswer {
    let mut cases: alloc::vec::Vec<AuditCase> = records.devices.iter().map(device).collect();
    cases.extend(records.unnamed());
    cases.extend(
        records
            .strangers
            .iter()
            .map(|file| AuditCase::found(file.clone(), Finding::Stranger, Phrase::none())),
    );
    let unit = Unit {
        name: phrase!("device transcripts", "端末の記録"),
        claim: phrase!(
            "the chain is unbroken, every session is sealed, and every verdict, screen, sighash and \
             signature, computed again, agrees",
            "連鎖に切れ目がなく、全セッションが封印され、再計算したすべての判定、画面、署名対象、署名が一致する"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Verify, unit, cases)
}

fn device(record: &DeviceRecord) -> AuditCase {
    let subject = record.subject();
    match &record.told {
        Told::Absent => AuditCase::missing(subject, Finding::NoTranscript.phrase()),
        Told::Unverified(findings) => {
            AuditCase::found(subject, Finding::NotVerified, findings.phrase())
        }
        Told::Verified(history) => AuditCase::pass(
            subject,
            phrase!(
                "{entries} entries, {sessions} sessions, {signatures} signatures, head {head}",
                "記録 {entries} 件、セッション {sessions} 回、署名 {signatures} 個、先頭 {head}",
                entries = history.head.entries,
                sessions = history.sessions.len(),
                signatures = history.state.ledger().signatures(),
                head = hex(&history.head.hash)
            ),
        ),
    }
}

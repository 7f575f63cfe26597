//! `audit shown`.

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::records::{Held, Records};
use crate::phrase;

/// Was what was shown what was signed?
///
/// A verified transcript has every screen rendered again from the PSBT in it and every digest equal;
/// here is counted that all of them were shown and answered before the first signature.
pub fn shown(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    cases.extend(
        records
            .cases()
            .filter(|h| h.case.intent.is_some())
            .map(|held| one(&held)),
    );
    let unit = Unit {
        name: phrase!("sessions that went on to sign", "署名に進んだセッション"),
        claim: phrase!(
            "every screen, rendered again from the transaction that was signed, equals the one that \
             was shown, and every question was answered from it",
            "署名された取引から再描画したすべての画面が表示された画面と一致し、すべての確認入力が行われている"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Shown, unit, cases)
}

fn one(held: &Held<'_>) -> AuditCase {
    let (session, case) = (held.session, held.case);
    let found = phrase!(
        "{shown} of {pages} screens shown, {answers} answers to {questions} questions, transaction {tx}",
        "{pages} 画面中 {shown} 画面を表示、確認 {questions} 問に入力 {answers} 回、取引 {tx}",
        shown = session.screens,
        pages = case.pages,
        answers = session.answers,
        questions = case.questions,
        tx = case.facts.tx
    );
    if session.screens >= case.pages && session.answers >= case.questions {
        AuditCase::pass(held.subject(), found)
    } else {
        AuditCase::fail(held.subject(), found)
    }
}

//! `audit refusals` and `audit exceptions`.

use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::history::{DeviceHistory, SessionRecord};
use super::super::records::{Records, at};
use super::people::names;
use crate::phrase;
use crate::rule::Phrase;
use crate::transcript::{Exception, Outcome};

/// What was refused, rejected or aborted, and why?
pub fn refusals(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    for history in records.histories() {
        let sessions = history.sessions.iter();
        cases.extend(sessions.filter_map(|session| stopped(history, session)));
    }
    let unit = Unit {
        name: phrase!(
            "refused, rejected, aborted or cut sessions",
            "拒否、否認、中止、中断のあったセッション"
        ),
        claim: phrase!(
            "each ended without releasing a signature",
            "いずれも署名を解放せずに終了している"
        ),
        none: Conclusion::Pass,
    };
    AuditAnswer::new(Question::Refusals, unit, cases)
}

fn stopped(history: &DeviceHistory, session: &SessionRecord) -> Option<AuditCase> {
    let mut why: Vec<Phrase> = Vec::new();
    why.extend(session.refusals.iter().take(5).map(|refusal| {
        phrase!(
            "{rule} at {place}: {difference}",
            "{rule} 拒否({place}): {difference}",
            rule = refusal.rule,
            place = refusal.place,
            difference = refusal.difference()
        )
    }));
    if !session.rejected.is_empty() {
        why.push(phrase!(
            "rejected by {who}",
            "{who} による否認",
            who = names(&session.rejected)
        ));
    }
    why.extend(session.aborted.as_ref().map(|aborted| {
        phrase!(
            "ended at step {step}: {reason}",
            "手順 {step} で終了: {reason}",
            step = aborted.step,
            reason = aborted.reason
        )
    }));
    if session.wrong_pins > 0 {
        why.push(phrase!(
            "{n} wrong PINs",
            "PINの誤り {n} 回",
            n = session.wrong_pins
        ));
    }
    if session.outcome == Outcome::Cut {
        why.push(phrase!(
            "power or program failed",
            "電源またはプログラムの停止"
        ));
    }
    if why.is_empty() {
        return None;
    }
    // A wrong PIN alone stops nothing.
    let refused = !session.refusals.is_empty() || !session.rejected.is_empty();
    let found = Phrase::listed(why);
    let subject = at(history, session);
    Some(if refused && session.outcome == Outcome::Signed {
        AuditCase::fail(subject, found)
    } else {
        AuditCase::pass(subject, found)
    })
}

/// What did not go as the script says, and who decided?
pub fn exceptions(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    for history in records.histories() {
        for session in &history.sessions {
            let exceptions = session.exceptions.iter();
            cases.extend(exceptions.map(|exception| deviation(at(history, session), exception)));
        }
    }
    let unit = Unit {
        name: phrase!(
            "recorded deviations from the script",
            "手順書からの逸脱の記録"
        ),
        claim: phrase!(
            "each names what was decided, and who decided",
            "いずれも決定内容と決定者を記録している"
        ),
        none: Conclusion::Pass,
    };
    AuditAnswer::new(Question::Exceptions, unit, cases)
}

fn deviation(subject: Phrase, exception: &Exception) -> AuditCase {
    let what = phrase!(
        "step {step}: expected {expected}, happened {happened}, decided {decision}",
        "手順 {step}: 予定 {expected}、実際 {happened}、決定 {decision}",
        step = exception.step,
        expected = exception.expected,
        happened = exception.happened,
        decision = exception.decision
    );
    match &exception.decided_by {
        Some(who) => AuditCase::pass(
            subject,
            phrase!(
                "{what}, by {who}",
                "{what}、決定者 {who}",
                what = what,
                who = who
            ),
        ),
        None => AuditCase::missing(
            subject,
            phrase!(
                "{what}, by nobody named",
                "{what}、決定者の記録なし",
                what = what
            ),
        ),
    }
}

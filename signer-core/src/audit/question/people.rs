//! `audit people`.

use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::history::{DeviceHistory, SessionRecord};
use super::super::records::{Held, Records, at};
use crate::approval::{OperatedDevice, devices_per_operator, operated_too_many};
use crate::digest::TxDigest;
use crate::phrase;
use crate::rule::Phrase;
use crate::types::OfficerId;

/// Who took part, in which role, and was nobody on two sides of one transaction?
///
/// Each device judged its own session; here the devices of one transaction are held together.
pub fn people(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    for history in records.histories() {
        let sessions = history.sessions.iter();
        cases.extend(sessions.filter_map(|session| attended(history, session)));
    }
    let transactions = records.transactions().into_iter();
    cases.extend(transactions.filter_map(|tx| transaction(tx, records)));
    let unit = Unit {
        name: phrase!(
            "attended sessions and transactions",
            "在席のあるセッションと取引"
        ),
        claim: phrase!(
            "everybody who attended signed with the key of the roster in force, nobody who \
             requested, built or approved a transaction operated a device for it, and nobody \
             operated more of its devices than the policy allows",
            "在席者全員が有効な名簿の鍵で署名し、起案者、作成者、承認者は同じ取引の端末を操作しておらず、\
             ポリシーの上限を超える台数を操作した者もいない"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::People, unit, cases)
}

fn attended(history: &DeviceHistory, session: &SessionRecord) -> Option<AuditCase> {
    if session.attended.is_empty() {
        return None;
    }
    let subject = at(history, session);
    let unknown = session.attended.iter().find(|one| one.officer.is_none());
    if let Some(one) = unknown {
        let found = phrase!(
            "{seat}: not signed by an officer of the roster in force",
            "{seat}: 有効な名簿の役職員の署名ではない",
            seat = one.seat.phrase()
        );
        return Some(AuditCase::fail(subject, found));
    }
    let people = session.attended.iter().filter_map(|one| {
        let officer = one.officer.as_ref()?;
        Some(phrase!(
            "{seat} {who}",
            "{seat} {who}",
            seat = one.seat.phrase(),
            who = officer
        ))
    });
    Some(AuditCase::pass(subject, Phrase::listed(people)))
}

fn transaction(tx: TxDigest, records: &Records) -> Option<AuditCase> {
    let held: Vec<Held<'_>> = records.signed().filter(|h| h.case.facts.tx == tx).collect();
    let first = held.first()?;
    let subject = phrase!("case {case}", "案件 {case}", case = first.case.facts.case);
    let (asked, operated) = sides(&held);
    let twice = operated.iter().find(|who| asked.contains(who));
    if let Some(who) = twice.map(Phrase::figure).or_else(|| everywhere(&held)) {
        return Some(AuditCase::found(subject, Finding::OnePersonTwice, who));
    }
    if let Some(short) = nobody_apart(&held, &asked, &operated) {
        return Some(AuditCase::fail(subject, short));
    }
    Some(AuditCase::pass(
        subject,
        phrase!(
            "requested by {requester}, approved by {approvers}, operated by {operators}",
            "申請 {requester}、承認 {approvers}、操作 {operators}",
            requester = first.case.facts.people.requester.id,
            approvers = names(first.case.approvals.iter().map(|(who, _, _)| who)),
            operators = names(&operated)
        ),
    ))
}

/// Who operated more devices than the policy in force allows, by the strictest of the devices. Devices
/// that signed side by side saw no receipts of each other: only here they are held together.
fn everywhere(held: &[Held<'_>]) -> Option<Phrase> {
    let cases = held.iter().map(|one| one.case);
    let most = cases
        .map(|case| devices_per_operator(case.separation.devices_per_operator, case.threshold))
        .min()?;
    // Receipts name who let the signatures go: that is who operated a device whose session was cut.
    let last = held.iter().filter(|one| one.gone_on().is_none());
    let devices = last.filter_map(|one| {
        let [a, b] = one.case.facts.people.operators.as_ref()?;
        Some(OperatedDevice {
            device: one.device(),
            operators: [a.id.clone(), b.id.clone()],
        })
    });
    let devices: Vec<OperatedDevice> = devices.collect();
    let (who, count) = operated_too_many(&devices, most).into_iter().next()?;
    Some(phrase!(
        "{who} operated {count} devices, at most {most} are allowed",
        "{who} が {count} 台を操作(上限 {most} 台)",
        who = who,
        count = count,
        most = most
    ))
}

/// APP13 over all devices: as many who signed the policy as it says took no part anywhere.
fn nobody_apart(held: &[Held<'_>], asked: &[OfficerId], operated: &[OfficerId]) -> Option<Phrase> {
    held.iter().find_map(|one| {
        let signers = one.case.policy_signers.iter();
        let apart = signers.filter(|who| !asked.contains(who) && !operated.contains(who));
        let (apart, least) = (apart.count(), one.case.separation.administrators_apart);
        (apart < usize::from(least)).then(|| {
            phrase!(
                "{apart} who signed the policy took no part, {least} were to keep out",
                "ポリシー署名者のうち関与しなかった者 {apart} 名(必要 {least} 名)",
                apart = apart,
                least = least
            )
        })
    })
}

/// Who asked, built and approved, and who operated, over all devices of one transaction.
fn sides(held: &[Held<'_>]) -> (Vec<OfficerId>, Vec<OfficerId>) {
    let (mut asked, mut operated) = (Vec::new(), Vec::new());
    for one in held {
        let people = &one.case.facts.people;
        asked.push(people.requester.id.clone());
        asked.push(one.case.builder.clone());
        asked.extend(one.case.approvals.iter().map(|(who, _, _)| who.clone()));
        let operators = people.operators.iter().flatten();
        for operator in operators.map(|person| person.id.clone()) {
            if !operated.contains(&operator) {
                operated.push(operator);
            }
        }
    }
    (asked, operated)
}

/// Identifiers in one phrase.
pub(super) fn names<'a>(who: impl IntoIterator<Item = &'a OfficerId>) -> Phrase {
    Phrase::listed(who.into_iter().map(Phrase::figure))
}

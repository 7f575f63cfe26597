//! `audit people`.

use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::history::{DeviceHistory, SessionRecord};
use super::super::records::{Held, Records, at};
use crate::approval::{OperatedDevice, RequestKind, devices_per_operator, operated_too_many};
use crate::digest::TxDigest;
use crate::ledger::Duty;
use crate::phrase;
use crate::rule::Phrase;
use crate::transcript::CeremonyKind;
use crate::types::OfficerId;

/// Who took part, in which role, and was nobody on two sides of one transaction?
///
/// Each device judged its own session; here the devices of one transaction are held together.
pub fn people(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    for history in records.histories() {
        let mut turns = Turns::default();
        for session in &history.sessions {
            let stayed = turns.stayed(session);
            cases.extend(attended(history, session, stayed));
        }
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
             requested, built or approved a transaction operated a device for it, broadcasts it or \
             was its witness, nobody operated more of its devices, or more sessions in a row, than \
             the policy allows, and every witness whom it calls for attended",
            "在席者全員が有効な名簿の鍵で署名し、起案者、作成者、承認者は同じ取引の端末を操作せず、送信担当者・\
             立会人でもなく、ポリシーの上限を超える台数または連続セッションを操作した者もおらず、\
             ポリシーの定める立会人が全員立ち会っている"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::People, unit, cases)
}

/// Who sat at the sessions of one device that signed, one after the other.
#[derive(Default)]
struct Turns {
    duty: Duty,
    /// What was counted before the last session that signed: one that goes on with it is the same.
    before: Duty,
}

impl Turns {
    /// Who operated more sessions in a row than the policy of this session allows, after it.
    fn stayed(&mut self, session: &SessionRecord) -> Option<Phrase> {
        let case = session.case.as_deref()?;
        case.intent.as_ref()?;
        let operators = case.facts.people.operators.iter().flatten();
        let operators: Vec<OfficerId> = operators.map(|person| person.id.clone()).collect();
        if session.kind == CeremonyKind::Resume {
            self.duty.record_beside(&operators, &self.before);
        } else {
            self.before = self.duty.clone();
            self.duty.record(&operators);
        }
        let most = case.separation.sessions_in_a_row?;
        if case.facts.kind == RequestKind::Sweep {
            return None;
        }
        let counts = operators.iter().map(|who| (who, self.duty.in_a_row(who)));
        let (who, count) = counts.max_by_key(|(_, count)| *count)?;
        (count > u32::from(most)).then(|| {
            phrase!(
                "{who} operated {count} sessions in a row, at most {most} are allowed",
                "{who} が連続 {count} セッションを操作(上限 {most} セッション)",
                who = who,
                count = count,
                most = most
            )
        })
    }
}

fn attended(
    history: &DeviceHistory,
    session: &SessionRecord,
    stayed: Option<Phrase>,
) -> Option<AuditCase> {
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
    if let Some(found) = stayed {
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
    if let Some(who) = beside(&held, &asked, &operated) {
        return Some(AuditCase::found(subject, Finding::OnePersonTwice, who));
    }
    if let Some(few) = unwitnessed(&held) {
        return Some(AuditCase::fail(subject, few));
    }
    if let Some(short) = nobody_apart(&held, &asked, &operated) {
        return Some(AuditCase::fail(subject, short));
    }
    Some(AuditCase::pass(
        subject,
        phrase!(
            "requested by {requester}, approved by {approvers}, operated by {operators}, to be \
             broadcast by {broadcaster}, witnesses: {witnesses}",
            "申請 {requester}、承認 {approvers}、操作 {operators}、送信 {broadcaster}、立会 {witnesses}",
            requester = first.case.facts.people.requester.id,
            approvers = names(first.case.approvals.iter().map(|(who, _, _)| who)),
            operators = names(&operated),
            broadcaster = first.case.broadcaster,
            witnesses = witnesses(&held)
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

/// Who is to broadcast the transaction or was its witness, and had another part in it at any device.
fn beside(held: &[Held<'_>], asked: &[OfficerId], operated: &[OfficerId]) -> Option<Phrase> {
    let acted = |who: &OfficerId| asked.contains(who) || operated.contains(who);
    let twice = held.iter().find_map(|one| {
        let broadcaster = &one.case.broadcaster;
        let mut witnesses = one.case.witnesses.iter();
        let witness = witnesses.find(|who| acted(who) || *who == broadcaster);
        witness.or_else(|| acted(broadcaster).then_some(broadcaster))
    });
    twice.map(Phrase::figure)
}

/// APP17 at each device: fewer witnesses attended than the policy called for.
fn unwitnessed(held: &[Held<'_>]) -> Option<Phrase> {
    held.iter().find_map(|one| {
        let ordinary = one.case.facts.kind == RequestKind::Ordinary;
        let (came, least) = (one.case.witnesses.len(), one.case.allowed.rules.witnesses);
        (ordinary && came < usize::from(least)).then(|| {
            phrase!(
                "{came} witnesses attended a session, {least} were called for",
                "立会人 {came} 名のセッションがある(必要 {least} 名)",
                came = came,
                least = least
            )
        })
    })
}

/// Everybody who was a witness at any of the devices.
fn witnesses(held: &[Held<'_>]) -> Phrase {
    let mut all: Vec<&OfficerId> = held.iter().flat_map(|one| &one.case.witnesses).collect();
    all.sort();
    all.dedup();
    if all.is_empty() {
        return phrase!("none", "なし");
    }
    names(all)
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

//! `audit approvals`.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::records::{Held, Records};
use super::people::names;
use crate::approval::RequestKind;
use crate::digest::{DeviceId, TxDigest};
use crate::phrase;
use crate::review::Standing;
use crate::rule::Phrase;

/// Who approved exactly this transaction, and was it enough?
pub fn approvals(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    cases.extend(records.signed().map(|held| session(&held)));
    let transactions = records.transactions().into_iter();
    cases.extend(transactions.filter_map(|tx| agreed(tx, records)));
    let unit = Unit {
        name: phrase!("signing sessions and transactions", "署名セッションと取引"),
        claim: phrase!(
            "enough people of enough departments, directors among them, had approved exactly this \
             transaction before it was signed",
            "署名前に、必要な人数、部門、取締役がまさにこの取引を承認している"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Approvals, unit, cases)
}

fn session(held: &Held<'_>) -> AuditCase {
    let (case, facts) = (held.case, &held.case.facts);
    let people = &facts.people.approvers;
    let departments: BTreeSet<&str> = people.iter().map(|p| p.department.as_str()).collect();
    let directors = people.iter().filter(|p| p.standing == Standing::Director);
    let got = [people.len(), departments.len(), directors.count()];
    let quorum = case.quorum;
    let needed = [quorum.approvers, quorum.departments, quorum.directors].map(usize::from);
    let late = case.approvals.iter().find(|(_, _, at)| *at > case.height);
    let [approvers, of_departments, of_directors] = got;
    let found = phrase!(
        "{who}: {approvers} approvals, {departments} departments, {directors} directors; asked for \
         {by} were {asked}",
        "{who}: 承認 {approvers}、部門 {departments}、取締役 {directors}({by}の必要数 {asked})",
        by = asked_by(facts.kind),
        who = names(case.approvals.iter().map(|(who, _, _)| who)),
        approvers = approvers,
        departments = of_departments,
        directors = of_directors,
        asked = Phrase::listed(needed.iter().map(Phrase::figure))
    );
    let enough = got.iter().zip(needed).all(|(got, needed)| *got >= needed);
    if enough && late.is_none() {
        AuditCase::pass(held.subject(), found)
    } else {
        AuditCase::fail(held.subject(), found)
    }
}

fn asked_by(kind: RequestKind) -> Phrase {
    match kind {
        RequestKind::Ordinary => phrase!("by the wallet's rules", "ウォレットの規定"),
        RequestKind::Sweep => phrase!("of a sweep", "緊急退避送金"),
    }
}

/// Every device of one transaction judged it for one request, by one policy and one roster.
fn agreed(tx: TxDigest, records: &Records) -> Option<AuditCase> {
    let held: Vec<Held<'_>> = records.signed().filter(|h| h.case.facts.tx == tx).collect();
    let first = held.first()?;
    let subject = phrase!("case {case}", "案件 {case}", case = first.case.facts.case);
    let devices: BTreeSet<DeviceId> = held.iter().map(Held::device).collect();
    let differs = held.iter().find_map(|one| {
        let (a, b) = (first.case, one.case);
        let finding = if a.request != b.request {
            Finding::OtherRequest
        } else if a.policy != b.policy {
            Finding::OtherPolicy
        } else if a.roster != b.roster {
            Finding::OtherRoster
        } else {
            return None;
        };
        Some((finding, one.subject()))
    });
    Some(match differs {
        Some((finding, other)) => AuditCase::found(subject, finding, other),
        None => AuditCase::pass(
            subject,
            phrase!(
                "{n} devices, one request {request}",
                "端末 {n} 台、申請は1つ {request}",
                n = devices.len(),
                request = first.case.request
            ),
        ),
    })
}

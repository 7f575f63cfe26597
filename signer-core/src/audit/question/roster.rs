//! `audit roster`.

use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::history::DeviceHistory;
use super::super::records::Records;
use super::people::names;
use crate::approval::{Officer, RosterDifference};
use crate::digest::RosterDigest;
use crate::headers::KnownTime;
use crate::phrase;
use crate::rule::Phrase;
use crate::types::{Height, Lang};

/// Who could do what at a height?
pub fn roster(records: &Records, at: Height) -> AuditAnswer {
    let mut cases = records.unheard();
    let mut first: Option<RosterDigest> = None;
    for history in records.histories() {
        let known = history.roster_at(at);
        cases.push(device(history, at, first));
        if first.is_none() {
            let officers = known.iter().flat_map(|known| &known.roster.officers);
            cases.extend(officers.map(|who| officer(who, at)));
        }
        first = first.or(known.map(|known| known.digest));
    }
    let unit = Unit {
        name: phrase!("devices and officers", "端末と役職員"),
        claim: phrase!(
            "at height {at} every device held the same roster, and this is what it says of each \
             officer",
            "ブロック高 {at} ですべての端末が同一の名簿を持ち、各役職員の記載は次のとおりである",
            at = at
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Roster, unit, cases)
}

fn device(history: &DeviceHistory, at: Height, first: Option<RosterDigest>) -> AuditCase {
    let subject = phrase!("device {name}", "端末 {name}", name = history.name);
    let Some(installed) = history.roster_at(at) else {
        return AuditCase::missing(subject, phrase!("no roster yet", "名簿未導入"));
    };
    let before = history
        .rosters
        .iter()
        .take_while(|roster| roster.digest != installed.digest)
        .last();
    let left: Vec<_> = before
        .iter()
        .flat_map(|before| {
            let people = RosterDifference::between(&before.roster, &installed.roster);
            let gone = people.people().iter().filter(|one| one.after.is_none());
            gone.filter_map(|one| one.before.map(|officer| officer.id.clone()))
                .collect::<Vec<_>>()
        })
        .collect();
    let found = phrase!(
        "roster {number} {digest}, installed at height {installed}, left since the one before: {left}",
        "名簿 {number} {digest}、ブロック高 {installed} で導入、前の名簿からの離任: {left}",
        number = installed.roster.number,
        digest = installed.digest,
        installed = installed.installed,
        left = if left.is_empty() {
            Phrase::none()
        } else {
            names(&left)
        }
    );
    match first {
        Some(first) if first != installed.digest => {
            AuditCase::found(subject, Finding::OtherRoster, found)
        }
        _ => AuditCase::pass(subject, found),
    }
}

fn officer(officer: &Officer, at: Height) -> AuditCase {
    let subject = phrase!("officer {id}", "役職員 {id}", id = officer.id);
    let roles = officer.roles.iter();
    let roles = roles.map(|role| Phrase::new(role.title(Lang::En), role.title(Lang::Ja)));
    let roles = Phrase::listed(roles);
    let standing = if officer.is_valid(KnownTime::without_clock(at)) {
        phrase!("valid", "有効")
    } else {
        phrase!("not valid at this height", "このブロック高では無効")
    };
    AuditCase::pass(
        subject,
        phrase!(
            "{department}; {roles}; {standing} (heights {from} to {to})",
            "{department}、{roles}、{standing}(ブロック高 {from} から {to})",
            department = officer.department,
            roles = roles,
            standing = standing,
            from = officer.valid_from,
            to = officer.valid_to
        ),
    )
}

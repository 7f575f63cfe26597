//! HSM07.

use alloc::vec::Vec;

use super::{Credential, PinSplit};
use crate::approval::{ActiveRoster, Officer, Role};
use crate::headers::KnownTime;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::OfficerId;

/// HSM07: A split PIN takes at least two holders to open, all valid officers, and nobody holds both PINs.
///
/// The user's PIN is held by operators, the security officer's by people who do not operate. `other` is
/// what is known of the other PIN: the set in use and one that may be.
pub fn hsm07(
    split: &PinSplit,
    roster: &ActiveRoster,
    known: KnownTime,
    other: &[&PinSplit],
) -> Verdict {
    let refused = |expected, got| Refusal::new(RuleId::HSM07, Place::Token, expected, got);
    let mut refusals = Vec::new();
    let (threshold, count) = (usize::from(split.threshold), split.holders.len());
    if threshold < 2 {
        let expected = phrase!("at least 2 holders to open it", "開けるのに保持者2名以上");
        refusals.push(refused(expected, Phrase::figure(threshold)));
    }
    if count < threshold {
        let expected = phrase!(
            "at least {threshold} holders",
            "保持者 {threshold} 名以上",
            threshold = threshold
        );
        refusals.push(refused(expected, Phrase::figure(count)));
    }
    for (last, next) in split.holders.iter().zip(split.holders.iter().skip(1)) {
        if last >= next {
            let expected = phrase!(
                "different holders, in ascending order",
                "異なる保持者(昇順)"
            );
            refusals.push(refused(expected, Phrase::figure(next)));
        }
    }
    for holder in &split.holders {
        let officer = roster.officer(holder).filter(|o| o.is_valid(known));
        if !officer.is_some_and(|officer| may_hold(officer, split.credential)) {
            refusals.push(refused(
                wanted(split.credential, known),
                Phrase::figure(holder),
            ));
        }
        if holds(other, holder) {
            let expected = phrase!("a holder of one PIN only", "一方のPINだけの保持者");
            refusals.push(refused(expected, Phrase::figure(holder)));
        }
    }
    if !refusals.is_empty() {
        return Verdict::of(refusals);
    }
    if count == threshold {
        return Verdict::Notice(phrase!(
            "every one of {count} holders is needed: one forgotten passphrase and the PIN is lost",
            "保持者 {count} 名全員が必要: 1名がパスフレーズを忘れるとPINは失われる",
            count = count
        ));
    }
    Verdict::Passed
}

fn may_hold(officer: &Officer, credential: Credential) -> bool {
    let operates = officer.roles.contains(&Role::Operator);
    match credential {
        Credential::User => operates,
        Credential::SecurityOfficer => !operates,
    }
}

fn wanted(credential: Credential, known: KnownTime) -> Phrase {
    match credential {
        Credential::User => phrase!(
            "an operator valid at height {known}",
            "ブロック高 {known} で有効な操作者",
            known = known
        ),
        Credential::SecurityOfficer => phrase!(
            "an officer valid at height {known} who does not operate",
            "ブロック高 {known} で有効な、操作者でない役職員",
            known = known
        ),
    }
}

fn holds(sets: &[&PinSplit], holder: &OfficerId) -> bool {
    sets.iter().any(|split| split.holders.contains(holder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::SharesDigest;
    use crate::testing::{TIP, free, id, world};
    use crate::types::Height;

    fn split(credential: Credential, threshold: u8, holders: &[&str]) -> PinSplit {
        PinSplit {
            credential,
            number: 1,
            shares: SharesDigest::over(&[]),
            threshold,
            holders: holders.iter().map(|name| id(name)).collect(),
        }
    }

    fn judged(split: &PinSplit) -> Verdict {
        hsm07(split, &world().roster, free(TIP), &[])
    }

    fn refusals(verdict: Verdict) -> usize {
        match verdict {
            Verdict::Refused(refusals) => refusals.len(),
            _ => 0,
        }
    }

    const USER: Credential = Credential::User;
    const SO: Credential = Credential::SecurityOfficer;

    #[test]
    fn passes_operators_of_whom_some_are_enough() {
        let three = split(USER, 2, &["everybody", "operator.a", "operator.b"]);
        assert_eq!(judged(&three), Verdict::Passed);
        let so = split(SO, 2, &["admin.a", "admin.b", "admin.c"]);
        assert_eq!(judged(&so), Verdict::Passed);
    }

    #[test]
    fn says_so_where_nobody_may_be_missing() {
        let both = split(USER, 2, &["operator.a", "operator.b"]);
        assert!(matches!(judged(&both), Verdict::Notice(_)));
    }

    #[test]
    fn refuses_a_pin_that_one_person_opens() {
        for threshold in [0, 1] {
            let one = split(USER, threshold, &["operator.a", "operator.b"]);
            assert_eq!(refusals(judged(&one)), 1);
        }
        let twice = split(USER, 2, &["operator.a", "operator.a"]);
        assert_eq!(refusals(judged(&twice)), 1);
    }

    #[test]
    fn one_past_the_number_of_holders() {
        let holders = ["everybody", "operator.a", "operator.b"];
        assert_eq!(refusals(judged(&split(USER, 3, &holders))), 0);
        assert_eq!(refusals(judged(&split(USER, 4, &holders))), 1);
    }

    #[test]
    fn refuses_holders_who_may_not() {
        for wrong in ["admin.a", "approver.a", "nobody"] {
            let user = split(USER, 2, &[wrong, "operator.a", "operator.b"]);
            assert!(refusals(judged(&user)) > 0, "{wrong}");
        }
        let so = split(SO, 2, &["admin.a", "admin.b", "operator.a"]);
        assert_eq!(refusals(judged(&so)), 1);
    }

    #[test]
    fn refuses_holders_whose_time_ended() {
        let three = split(USER, 2, &["everybody", "operator.a", "operator.b"]);
        let at = |height| refusals(hsm07(&three, &world().roster, free(Height(height)), &[]));
        assert_eq!(at(900_000), 0);
        assert_eq!(at(900_001), 3);
    }

    /// An administrator may hold the security officer's PIN, and an operator the user's; who is both
    /// holds one of them.
    #[test]
    fn refuses_a_holder_of_both_pins() {
        let user = split(USER, 2, &["everybody", "operator.a", "operator.b"]);
        let so = split(SO, 2, &["admin.a", "admin.b", "operator.b"]);
        let verdict = hsm07(&user, &world().roster, free(TIP), &[&so]);
        assert_eq!(refusals(verdict), 1);
        let apart = split(SO, 2, &["admin.a", "admin.b"]);
        let verdict = hsm07(&user, &world().roster, free(TIP), &[&apart]);
        assert_eq!(verdict, Verdict::Passed);
    }
}

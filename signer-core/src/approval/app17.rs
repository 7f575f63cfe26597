//! APP17.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::app12::operated_before;
use super::approve::Hearing;
use super::{Operators, RequestKind, Role};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::OfficerId;

/// APP17: As many witnesses attend as the policy says, and each does nothing else in the transfer.
///
/// A witness whom no policy calls for may attend, and is judged like any other. That each signs for
/// the session before it is sealed, the journal holds.
pub(super) fn app17(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    let (before, _) = operated_before(hearing.checked.wallet_tx());
    hearing.with_request(RuleId::APP17, |request, _| {
        let refused = |expected, got| Refusal::new(RuleId::APP17, Place::Operators, expected, got);
        let acts = |who: &OfficerId| {
            [&request.requester, &request.builder, &request.broadcaster].contains(&who)
                || hearing.has_voted(who)
                || operators.both().contains(&who)
                || before.iter().any(|device| device.operators.contains(who))
        };
        let mut refusals = Vec::new();
        for who in operators.witnesses() {
            let entry = hearing.roster.officer(who);
            if entry.is_none_or(|o| o.acting_as(Role::Witness, hearing.time).is_none()) {
                let expected = phrase!(
                    "a witness valid at height {tip}",
                    "ブロック高 {tip} で有効な立会人",
                    tip = hearing.time
                );
                refusals.push(refused(expected, Phrase::figure(who)));
            }
            if acts(who) {
                let expected = phrase!(
                    "a witness who has no other part in the transfer",
                    "この出庫に他の関与がない立会人"
                );
                refusals.push(refused(expected, Phrase::figure(who)));
            }
        }
        let people: BTreeSet<&OfficerId> = operators.witnesses().iter().collect();
        let least = match hearing.checked.kind() {
            RequestKind::Ordinary => usize::from(hearing.checked.rules().witnesses),
            RequestKind::Sweep => 0,
        };
        if people.len() < least {
            let expected = phrase!(
                "at least {least} witnesses of this session",
                "このセッションの立会人 {least} 名以上",
                least = least
            );
            refusals.push(refused(expected, Phrase::figure(people.len())));
        }
        refusals
    })
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;
    use std::vec;
    use std::vec::Vec;

    use crate::approval::{Attendance, Operators, Seat};
    use crate::rule::RuleId;
    use crate::testing::{
        Ballot, Case, SCOPE, World, attendance, free, id, officer_signs, refused, world,
    };
    use crate::types::{Height, SessionNumber};

    const ALONE: [RuleId; 1] = [RuleId::APP17];

    fn with(witnesses: u8) -> World {
        World::with_policy(|policy| {
            for rules in &mut policy.wallets {
                rules.witnesses = witnesses;
            }
        })
    }

    fn attended(least: u8, witnesses: &[&'static str]) -> Vec<RuleId> {
        let world = with(least);
        let mut case = Case::new(&world);
        case.witnesses = witnesses.to_vec();
        refused(case.approve(&world))
    }

    #[test]
    fn passes_a_witness_and_none_where_none_is_called_for() {
        assert_eq!(attended(0, &[]), []);
        assert_eq!(attended(0, &["witness.w"]), []);
    }

    #[test]
    fn at_the_limit() {
        assert_eq!(attended(1, &["witness.w"]), []);
        assert_eq!(attended(2, &["witness.w", "witness.v"]), []);
    }

    #[test]
    fn one_past_it() {
        assert_eq!(attended(1, &[]), ALONE);
        assert_eq!(attended(2, &["witness.w"]), ALONE);
    }

    #[test]
    fn one_witness_twice_is_one() {
        assert_eq!(attended(2, &["witness.w", "witness.w"]), ALONE);
    }

    #[test]
    fn refuses_witnesses_without_the_role() {
        assert_eq!(attended(0, &["admin.a"]), ALONE);
        assert_eq!(attended(1, &["admin.c"]), ALONE);
    }

    /// `everybody` may be all of it, but only one of them in one case.
    #[test]
    fn refuses_a_witness_who_acts() {
        let edits: [fn(&mut Case); 6] = [
            |case| case.requester = "everybody",
            |case| case.edit_request = Box::new(|request| request.builder = id("everybody")),
            |case| case.edit_request = Box::new(|request| request.broadcaster = id("everybody")),
            |case| case.ballots.push(Ballot::yes("everybody")),
            |case| case.operators[0] = "everybody",
            |case| {
                case.signed_by = vec![1];
                case.operated_by[1] = "everybody";
            },
        ];
        for (place, edit) in edits.into_iter().enumerate() {
            let mut case = Case::new(world());
            edit(&mut case);
            assert_eq!(refused(case.approve(world())), [], "{place}");
            case.witnesses = vec!["everybody"];
            assert_eq!(refused(case.approve(world())), ALONE, "{place}");
        }
    }

    #[test]
    fn app17_alone() {
        assert_eq!(attended(1, &[]), ALONE);
    }

    #[test]
    fn a_sweep_waits_for_no_witness_but_judges_who_attends() {
        let world = World::sweeping(|policy| {
            for rules in &mut policy.wallets {
                rules.witnesses = 1;
            }
        });
        let mut case = Case::sweep(&world);
        assert_eq!(refused(case.approve(&world)), []);
        case.witnesses = vec!["admin.a"];
        assert_eq!(refused(case.approve(&world)), ALONE);
    }

    /// The roster's entries are valid from 800,000 to 900,000.
    #[test]
    fn refuses_a_witness_whose_entry_has_ended() {
        let rules = |height| {
            let mut case = Case::new(world());
            case.witnesses = vec!["witness.w"];
            case.time = free(Height(height));
            case.edit_request = Box::new(|request| request.expiry = Height(999_999));
            refused(case.approve(world()))
        };
        assert_eq!(rules(900_000), []);
        assert!(rules(900_001).contains(&RuleId::APP17));
    }

    #[test]
    fn refuses_attendances_that_are_not_for_this_seat_and_session() {
        let session = world().session(0);
        let operators = || world().operators(0, ["operator.a", "operator.b"]);
        let sits = |bytes: &[u8]| {
            let both: Operators = operators();
            let opened = both.beside(bytes, &world().roster);
            opened.map(drop).map_err(|refusal| refusal.rule)
        };
        assert_eq!(
            sits(&attendance("witness.w", Seat::Witness, session)),
            Ok(())
        );
        let mut other = session;
        other.session = SessionNumber(5);
        let mut stale = session;
        stale.nonce = [0; 32];
        let not = [
            attendance("witness.w", Seat::Witness, other),
            attendance("witness.w", Seat::Witness, stale),
            attendance("witness.w", Seat::OperatorB, session),
            officer_signs(
                Attendance {
                    version: 1,
                    scope: SCOPE,
                    officer: id("witness.v"),
                    seat: Seat::Witness,
                    device: session.device,
                    session: session.session,
                    nonce: session.nonce,
                },
                "witness.w",
            )
            .to_bytes(),
            vec![],
        ];
        for bytes in not {
            assert_eq!(sits(&bytes), Err(RuleId::APP17));
        }
    }
}

//! APP10.

use alloc::vec::Vec;

use super::approve::Hearing;
use super::{Operators, Role};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// APP10: Two distinct operators of the roster authenticated in this session before the PSBT was
/// read.
///
/// Their signatures over the session's nonce were verified when [`super::Operators`] was made;
/// here: two people, both operators at the known height, under this roster, at this device.
pub(super) fn app10(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    let mut refusals = Vec::new();
    let mut refuse = |expected, got: &dyn core::fmt::Display| {
        let got = Phrase::figure(got);
        refusals.push(Refusal::new(RuleId::APP10, Place::Operators, expected, got));
    };
    if operators.a() == operators.b() {
        refuse(phrase!("two different people", "異なる2名"), operators.a());
    }
    if operators.roster() != hearing.roster.digest() {
        refuse(
            phrase!("operators of the roster in force", "有効な名簿の操作者"),
            &operators.roster(),
        );
    }
    let device = hearing.checked.wallet_tx().device();
    if operators.session().device != device {
        refuse(
            phrase!("operators at this device", "この端末の操作者"),
            &operators.session().device,
        );
    }
    for id in operators.both() {
        let officer = hearing.roster.officer(id);
        let acting = officer.and_then(|o| o.acting_as(Role::Operator, hearing.time));
        if acting.is_none() {
            let expected = phrase!(
                "an operator valid at height {tip}",
                "ブロック高 {tip} で有効な操作者",
                tip = hearing.time
            );
            refuse(expected, id);
        }
    }
    Verdict::of(refusals)
}

#[cfg(test)]
mod tests {
    use crate::approval::{ActiveRoster, ApprovedTx, Attendance, Operators, Seat, SessionFacts};
    use crate::policy::CheckedTx;
    use crate::rule::RuleId;
    use crate::testing::{
        ADMINISTRATORS, Case, SCOPE, TIP, World, attendance, free, id, officer_signs,
        officers_sign, refused, root_over, roster, world,
    };
    use crate::types::{Height, Purpose, SessionNumber, Version};

    const ALONE: [RuleId; 1] = [RuleId::APP10];

    #[test]
    fn passes_two_operators() {
        let approved = Case::new(world()).approve(world()).unwrap();
        let names = approved.operators().each_ref().map(|o| o.id.as_str());
        assert_eq!(names, ["operator.a", "operator.b"]);
    }

    #[test]
    fn refuses_one_person_in_both_seats() {
        let mut case = Case::new(world());
        case.operators = ["operator.a", "operator.a"];
        assert_eq!(refused(case.approve(world())), ALONE);
    }

    #[test]
    fn refuses_officers_who_are_no_operators() {
        for other in ["admin.a", "approver.b"] {
            let mut case = Case::new(world());
            case.operators = ["operator.a", other];
            assert_eq!(refused(case.approve(world())), ALONE, "{other}");
        }
    }

    fn approve_with(operators: &Operators, world: &World) -> std::vec::Vec<RuleId> {
        let case = Case::new(world);
        let tx = case.bind_psbt(world, case.full(world)).unwrap();
        let checked = CheckedTx::check(tx, &world.policy, &world.roster).unwrap();
        refused(ApprovedTx::approve(checked, &world.roster, operators))
    }

    #[test]
    fn refuses_operators_of_another_device() {
        let here = world().operators(0, ["operator.a", "operator.b"]);
        let there = world().operators(1, ["operator.a", "operator.b"]);
        assert_eq!(approve_with(&here, world()), []);
        assert_eq!(approve_with(&there, world()), ALONE);
    }

    #[test]
    fn refuses_attendances_that_are_not_for_this_seat_and_session() {
        let session = world().session(0);
        let others = [
            SessionFacts {
                session: SessionNumber(5),
                ..session
            },
            SessionFacts {
                nonce: [0; 32],
                ..session
            },
            SessionFacts {
                device: world().devices[1].id(),
                ..session
            },
        ];
        let b = attendance("operator.b", Seat::OperatorB, session);
        let open = |a: &[u8], b: &[u8]| {
            let opened = Operators::open(a, b, session, &world().roster);
            opened
                .map_err(|refusal| refusal.rule)
                .map(|both| both.a().clone())
        };
        let good = attendance("operator.a", Seat::OperatorA, session);
        assert_eq!(open(&good, &b), Ok(id("operator.a")));
        for other in others {
            let a = attendance("operator.a", Seat::OperatorA, other);
            assert_eq!(open(&a, &b), Err(RuleId::APP10));
        }
        let seat_b = attendance("operator.a", Seat::OperatorB, session);
        assert_eq!(open(&seat_b, &b), Err(RuleId::APP10));
        assert_eq!(open(&good, &good), Err(RuleId::APP10));
        let stranger = attendance("stranger", Seat::OperatorA, session);
        assert_eq!(open(&stranger, &b), Err(RuleId::APP10));
        assert_eq!(open(&[], &b), Err(RuleId::APP10));
    }

    /// Each field of an attendance, other than it should be and signed by its officer.
    #[test]
    fn every_field_of_an_attendance_is_judged() {
        let session = world().session(0);
        let right = || Attendance {
            version: 1,
            scope: SCOPE,
            officer: id("operator.a"),
            seat: Seat::OperatorA,
            device: session.device,
            session: session.session,
            nonce: session.nonce,
        };
        let b = attendance("operator.b", Seat::OperatorB, session);
        let open = |change: &dyn Fn(&mut Attendance)| {
            let mut body = right();
            change(&mut body);
            let a = officer_signs(body, "operator.a").to_bytes();
            Operators::open(&a, &b, session, &world().roster).map_err(|refusal| refusal.rule)
        };
        assert!(open(&|_| {}).is_ok());
        let changes: [&dyn Fn(&mut Attendance); 7] = [
            &|a| a.version = 2,
            &|a| a.scope.purpose = Purpose::Drill,
            &|a| a.officer = id("operator.b"),
            &|a| a.seat = Seat::Witness,
            &|a| a.device = world().devices[1].id(),
            &|a| a.session = SessionNumber(5),
            &|a| a.nonce = [0; 32],
        ];
        for (place, change) in changes.into_iter().enumerate() {
            assert_eq!(open(change).unwrap_err(), RuleId::APP10, "{place}");
        }
    }

    #[test]
    fn refuses_operators_who_are_not_valid_any_more() {
        let mut case = Case::new(world());
        case.time = free(Height(900_001));
        let rules = refused(case.approve(world()));
        assert!(rules.contains(&RuleId::APP10));
    }

    #[test]
    fn refuses_operators_of_another_roster() {
        let mut body = roster();
        body.number = Version(2);
        let signed = officers_sign(body, &ADMINISTRATORS);
        let root = root_over(&signed, TIP);
        let other = ActiveRoster::first(&signed.to_bytes(), SCOPE, &root).unwrap();
        let session = world().session(0);
        let a = attendance("operator.a", Seat::OperatorA, session);
        let b = attendance("operator.b", Seat::OperatorB, session);
        let operators = Operators::open(&a, &b, session, &other).unwrap();
        assert_eq!(approve_with(&operators, world()), ALONE);
    }

    /// Everything is over the first roster: under another one nothing holds.
    #[test]
    fn another_roster_refuses_everything_over_the_first() {
        let mut body = roster();
        body.number = Version(2);
        let signed = officers_sign(body, &ADMINISTRATORS);
        let root = root_over(&signed, TIP);
        let other = ActiveRoster::first(&signed.to_bytes(), SCOPE, &root).unwrap();
        let case = Case::new(world());
        let tx = case.bind_psbt(world(), case.full(world())).unwrap();
        let checked = CheckedTx::check(tx, &world().policy, &world().roster).unwrap();
        let operators = world().operators(0, case.operators);
        let approved = ApprovedTx::approve(checked, &other, &operators);
        let rules = refused(approved);
        for rule in [RuleId::APP01, RuleId::APP04, RuleId::APP05, RuleId::APP10] {
            assert!(rules.contains(&rule), "{rule}");
        }
    }
}

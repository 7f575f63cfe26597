//! Rosters that follow each other: who leaves is out at once, nobody installs one alone, and what
//! has to be said is said first.

use alloc::vec::Vec;

use super::found;
use crate::approval::{EXPIRY_NOTICE, Roster};
use crate::codec::ByteString;
use crate::rule::{Refusal, RuleId};
use crate::testing::{Ballot, Case, TIP, id, officers_sign};
use crate::transcript::testing::Bench;
use crate::transcript::testing::CLOCK;
use crate::transcript::{
    Announced, Body, CeremonyKind, EndingEntry, Installed, Journal, Outcome, WhatKind,
};
use crate::types::{Height, Lang, Version};

const OPERATORS: [&str; 2] = ["operator.a", "operator.b"];

/// The roster after the one of the world, changed.
fn next(bench: &Bench, change: impl FnOnce(&mut Roster)) -> Vec<u8> {
    let roster = bench.state().roster().unwrap();
    let mut body = roster.roster().clone();
    body.number = Version(body.number.0 + 1);
    body.predecessor = Some(roster.digest());
    change(&mut body);
    officers_sign(body, &["admin.a", "admin.b"]).to_bytes()
}

fn without(name: &'static str) -> impl FnOnce(&mut Roster) {
    move |roster| roster.officers.retain(|officer| officer.id != id(name))
}

fn installed(kind: WhatKind, artefact: Vec<u8>) -> Body {
    Body::Installed(Installed {
        kind,
        artefact: ByteString(artefact),
        clock: CLOCK,
    })
}

fn install(bench: &mut Bench, roster: Vec<u8>) -> Result<(), Refusal> {
    bench.compare(WhatKind::Roster, &roster);
    bench.try_add(installed(WhatKind::Roster, roster))
}

/// A whole session that installs the next roster; the world knows it from then on.
fn renew(bench: &mut Bench, change: impl FnOnce(&mut Roster)) {
    let roster = next(bench, change);
    bench.attend(CeremonyKind::Roster, OPERATORS);
    install(bench, roster.clone()).unwrap();
    bench.close(Outcome::Done);
    bench.world.roster = bench
        .world
        .roster
        .succeed(&roster, crate::testing::free(TIP))
        .unwrap();
}

/// What refuses this case in a session of its own, and in which words.
fn refused(bench: &mut Bench, case: &Case) -> Vec<(RuleId, std::string::String)> {
    bench.take_in(CeremonyKind::Sign, case);
    let report = match bench.judge() {
        Ok(approved) => approved.report().clone(),
        Err(refused) => refused.report().unwrap().clone(),
    };
    bench.close(Outcome::Refused);
    let refusals = report.refusals();
    refusals
        .map(|r| (r.rule, r.got.text(Lang::En).into()))
        .collect()
}

fn said(refused: Result<(), Refusal>) -> std::string::String {
    let refusal = refused.unwrap_err();
    assert_eq!(refusal.rule, RuleId::TRN04);
    refusal.got.text(Lang::En).into()
}

#[test]
fn the_policy_stays_in_force_under_the_next_roster() {
    let mut bench = Bench::ready();
    renew(&mut bench, without("approver.s"));
    let policy = bench.state().policy().unwrap();
    assert_ne!(policy.roster(), bench.state().roster().unwrap().digest());
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    assert_eq!(found(&bench, &bench.disk), []);
    let loaded = Journal::load(&bench.disk).unwrap();
    assert_eq!(
        loaded.state().roster().unwrap().digest(),
        bench.world.roster.digest()
    );
}

/// The approval was given before the officer left: it counts no more, and is called what it is.
#[test]
fn a_leavers_approval_is_refused_at_once() {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.ballots.push(Ballot::yes("approver.b"));
    renew(&mut bench, without("approver.b"));
    let refused = refused(&mut bench, &case);
    let own = "a key of approver.b that roster 2 removed";
    assert_eq!(refused, [(RuleId::APP04, own.into())]);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn a_leavers_request_is_refused_at_once() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    renew(&mut bench, without("requester.r"));
    let refused = refused(&mut bench, &case);
    let own = "a key of requester.r that roster 2 removed";
    assert!(
        refused.contains(&(RuleId::APP01, own.into())),
        "{refused:?}"
    );
}

/// Also where everybody is still there: the people were asked under another roster.
#[test]
fn what_was_approved_under_the_roster_before_is_not_signed() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    let old = case.full(&bench.world);
    renew(&mut bench, without("approver.s"));
    bench.attend(CeremonyKind::Sign, OPERATORS);
    bench.add(Body::Intake(crate::transcript::Intake::new(
        old.bytes().to_vec(),
        crate::transcript::Channel::File,
        CLOCK,
    )));
    let report = bench.judge().unwrap_err();
    let first = report.report().unwrap().first_refusal().unwrap().clone();
    assert_eq!(first.rule, RuleId::APP01);
    assert!(first.expected.text(Lang::En).starts_with("roster "));
    bench.close(Outcome::Refused);
}

#[test]
fn a_rolled_back_roster_is_refused() {
    let mut bench = Bench::ready();
    let first = bench.world.roster.to_bytes();
    renew(&mut bench, without("approver.s"));
    bench.attend(CeremonyKind::Roster, OPERATORS);
    assert!(said(install(&mut bench, first)).contains("does not follow roster"));
    bench.close(Outcome::Aborted);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn nobody_installs_a_roster_alone() {
    let mut bench = Bench::ready();
    let roster = next(&bench, without("approver.s"));
    let alone = "an artefact that two operators did not compare";
    bench.open(CeremonyKind::Roster);
    assert_eq!(said(install(&mut bench, roster.clone())), alone);
    bench.close(Outcome::Aborted);
    for seats in [["operator.a", "operator.a"], ["operator.a", "approver.a"]] {
        bench.attend(CeremonyKind::Roster, seats);
        assert_eq!(said(install(&mut bench, roster.clone())), alone);
        bench.close(Outcome::Aborted);
    }
    bench.attend(CeremonyKind::Policy, OPERATORS);
    assert!(said(install(&mut bench, roster)).contains("another ceremony"));
    bench.close(Outcome::Aborted);
}

/// SOD-7: nothing is done in the session of the roster but its end.
#[test]
fn a_roster_is_not_used_in_its_own_session() {
    let mut bench = Bench::ready();
    let roster = next(&bench, without("approver.s"));
    let policy = bench.world.policy.to_bytes();
    bench.attend(CeremonyKind::Roster, OPERATORS);
    install(&mut bench, roster).unwrap();
    let third = next(&bench, |_| {});
    for (kind, artefact) in [(WhatKind::Roster, third), (WhatKind::Policy, policy)] {
        let words = said(bench.try_add(installed(kind, artefact)));
        assert!(
            words.contains("in the session that installed it"),
            "{words}"
        );
    }
    let seat = Body::Attended(ByteString(Vec::new()));
    assert!(said(bench.try_add(seat)).contains("in the session that installed it"));
    bench.close(Outcome::Done);
    assert_eq!(found(&bench, &bench.disk), []);
}

mod announced {
    use super::*;

    /// A device of which one officer's entry ends so many blocks after the tip.
    fn ending(after: u32) -> Bench {
        let mut bench = Bench::ready();
        renew(&mut bench, |roster| {
            roster.officers[6].valid_to = Height(TIP.0 + after);
        });
        bench
    }

    #[test]
    fn at_the_limit_and_one_past_it() {
        assert_eq!(ending(EXPIRY_NOTICE.0).state().announcement(), None);
        let told = ending(EXPIRY_NOTICE.0 - 1).state().announcement().unwrap();
        assert_eq!(told.ending.len(), 1);
        assert_eq!(told.ending[0].officer, id("director.d"));
    }

    #[test]
    fn comes_before_anything_is_done() {
        let mut bench = ending(100);
        let told = bench.state().announcement().unwrap();
        bench.open(CeremonyKind::Policy);
        let early = "a session whose people were not told what there is to say";
        let policy = installed(WhatKind::Policy, bench.world.policy.to_bytes());
        assert_eq!(said(bench.try_add(policy)), early);
        let other = Announced {
            open: None,
            ending: alloc::vec![EndingEntry {
                officer: id("director.d"),
                valid_to: Height(TIP.0 + 101),
            }],
            waiting: None,
        };
        for wrong in [other, Announced::default()] {
            assert_eq!(said(bench.try_add(Body::Announced(wrong))), early);
        }
        bench.add(Body::Announced(told.clone()));
        assert_eq!(said(bench.try_add(Body::Announced(told))), early);
        bench.close(Outcome::Done);
        assert_eq!(found(&bench, &bench.disk), []);
    }

    #[test]
    fn is_not_there_where_nothing_is_to_be_said() {
        let mut bench = Bench::ready();
        bench.open(CeremonyKind::Policy);
        let nothing = bench.try_add(Body::Announced(Announced::default()));
        assert!(said(nothing).contains("were not told"));
    }
}

/// The safes replace administrators: seen, announced, cancelled or in force.
mod recovery {
    use super::*;
    use crate::testing::{p256_key, p256_public};
    use crate::transcript::testing::safes::{self, DELAY, recovered, with_safes};

    fn cancellation(bench: &Bench) -> Vec<u8> {
        safes::cancellation(bench).to_bytes()
    }

    fn session(bench: &mut Bench, kind: WhatKind, artefact: Vec<u8>) -> Result<(), Refusal> {
        safes::session(bench, installed(kind, artefact))
    }

    #[test]
    fn waits_is_announced_and_is_in_force_after_the_delay() {
        let mut bench = with_safes();
        let roster = recovered(&bench);
        let early = said(session(&mut bench, WhatKind::Roster, roster.clone()));
        assert!(early.contains("has not waited"), "{early}");
        session(&mut bench, WhatKind::WaitingRoster, roster.clone()).unwrap();
        let announced = bench.state().announcement().unwrap().waiting.unwrap();
        assert_eq!(announced.from, Height(TIP.0 + DELAY.0));
        let still = said(session(&mut bench, WhatKind::Roster, roster.clone()));
        assert!(still.starts_with("waits until height"), "{still}");
        let again = said(session(&mut bench, WhatKind::WaitingRoster, roster.clone()));
        assert!(again.starts_with("waits until height"), "{again}");
        bench.extend_chain(DELAY);
        session(&mut bench, WhatKind::Roster, roster).unwrap();
        assert_eq!(bench.state().announcement(), None);
        let own = bench.state().roster().unwrap().roster().officers[0].key;
        assert_eq!(own, p256_public(&p256_key("admin.new")));
        assert_eq!(found(&bench, &bench.disk), []);
    }

    #[test]
    fn one_administrator_cancels_it() {
        let mut bench = with_safes();
        let roster = recovered(&bench);
        session(&mut bench, WhatKind::WaitingRoster, roster.clone()).unwrap();
        let order = cancellation(&bench);
        session(&mut bench, WhatKind::Cancellation, order.clone()).unwrap();
        assert_eq!(bench.state().announcement(), None);
        let again = said(session(&mut bench, WhatKind::Cancellation, order));
        assert!(again.contains("does not wait"), "{again}");
        // Shown again, it waits again.
        bench.extend_chain(DELAY);
        assert!(session(&mut bench, WhatKind::Roster, roster.clone()).is_err());
        session(&mut bench, WhatKind::WaitingRoster, roster).unwrap();
        let from = bench.state().waiting_roster().unwrap().from;
        assert_eq!(from, Height(TIP.0 + 2 * DELAY.0));
        assert_eq!(found(&bench, &bench.disk), []);
    }

    #[test]
    fn a_roster_of_the_administrators_ends_the_wait() {
        let mut bench = with_safes();
        let roster = recovered(&bench);
        session(&mut bench, WhatKind::WaitingRoster, roster.clone()).unwrap();
        let own = next(&bench, without("approver.s"));
        session(&mut bench, WhatKind::Roster, own).unwrap();
        assert_eq!(bench.state().announcement(), None);
        bench.extend_chain(DELAY);
        let late = said(session(&mut bench, WhatKind::Roster, roster));
        assert!(late.contains("does not follow roster"), "{late}");
    }

    #[test]
    fn what_is_signed_by_administrators_does_not_wait() {
        let mut bench = with_safes();
        let own = next(&bench, without("approver.s"));
        let words = said(session(&mut bench, WhatKind::WaitingRoster, own));
        assert_eq!(words, "a roster that does not wait");
    }
}

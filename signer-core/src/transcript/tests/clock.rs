//! The clock within a session: what it says later counts, and nobody sets it back.

use super::found;
use crate::approval::{ActiveRoster, Now};
use crate::codec::ByteString;
use crate::headers::KnownTime;
use crate::rule::RuleId;
use crate::testing::{ADMINISTRATORS, Case, SCOPE, TIP, dated, officers_sign, root_over, roster};
use crate::transcript::testing::{Bench, CLOCK, OPERATORS};
use crate::transcript::{
    Body, CLOCK_SLACK, CeremonyKind, Channel, Installed, Intake, Journal, Outcome, WhatKind,
    begin_signing,
};
use crate::types::{Lang, Version};

/// Every entry that tells the clock, at this one.
fn telling(bench: &Bench, clock: u64) -> [Body; 2] {
    let psbt = Case::new(&bench.world).full(&bench.world).into_bytes();
    [
        Body::Intake(Intake::new(psbt, Channel::File, clock)),
        Body::Installed(Installed {
            kind: WhatKind::Headers,
            artefact: ByteString(std::vec![]),
            clock,
        }),
    ]
}

#[test]
fn within_a_session_it_is_not_set_back_beyond_the_slack() {
    let mut bench = Bench::ready();
    bench.attend(CeremonyKind::Sign, OPERATORS);
    for told in telling(&bench, CLOCK - CLOCK_SLACK - 1) {
        let refusal = bench.try_add(told).unwrap_err();
        assert!(refusal.got.text(Lang::En).contains("set back within"));
    }
    let [at_the_limit, _] = telling(&bench, CLOCK - CLOCK_SLACK);
    bench.add(at_the_limit);
    bench.close(Outcome::Aborted);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// It is held against what the session read, not against where it began; and the next session knows it.
#[test]
fn what_was_read_last_counts_from_there_on() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.clock = CLOCK + 86_400;
    bench.attend(CeremonyKind::Sign, OPERATORS);
    bench.clock = CLOCK + 90_000;
    let [intake, _] = telling(&bench, bench.clock);
    bench.add(intake);
    bench.clock = CLOCK + 86_400;
    let confirmed = bench.confirm();
    drop(confirmed);
    let [_, again] = telling(&bench, bench.clock);
    let refusal = bench.try_add(again).unwrap_err();
    assert!(refusal.got.text(Lang::En).contains("set back within"));
    bench.close(Outcome::Aborted);
    bench.journal = Journal::load(&bench.disk).unwrap();
    bench.open(CeremonyKind::Headers);
    let owed = bench.state().open().unwrap().backwards().cloned();
    let owed = owed.expect("it lies behind what the session before has read");
    bench.add(Body::Exception(owed));
    bench.close(Outcome::Done);
    bench.clock = CLOCK + 90_000;
    bench.sign_case(&case);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// What has ended since it was judged is refused, and its rule says so.
#[test]
fn who_asked_approved_and_operates_is_judged_again_before_the_intent() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    let state = bench.state();
    let roster = state.roster().unwrap();
    let time = 1_790_000_000;
    let judged = |time: KnownTime| {
        let now = Now { time, roster };
        let judged = confirmed.approved().judge_again(&now);
        judged.map_err(|refusal| refusal.rule)
    };
    let after = |seconds: u32| dated(TIP, time, u64::from(time + seconds));
    assert_eq!(judged(after(86_400)), Ok(()));
    assert_eq!(judged(after(86_401)), Err(RuleId::TIM01));
    // The request of the case ends 144 blocks after the tip.
    assert_eq!(judged(after(145 * 600)), Err(RuleId::APP03));
    assert!(begin_signing(bench.state(), confirmed).is_ok());
}

/// Signatures that were verified count under the roster under which they were, and under no other.
#[test]
fn nothing_that_was_heard_under_one_roster_counts_under_another() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    let time = bench.state().time();
    let mut body = roster();
    body.number = Version(2);
    let signed = officers_sign(body, &ADMINISTRATORS);
    let root = root_over(&signed, TIP);
    let other = ActiveRoster::first(&signed.to_bytes(), SCOPE, &root).unwrap();
    let judged = |roster| {
        let judged = confirmed.approved().judge_again(&Now { time, roster });
        judged.map_err(|refusal| refusal.rule)
    };
    assert_eq!(judged(bench.state().roster().unwrap()), Ok(()));
    assert_eq!(judged(&other), Err(RuleId::APP01));
}

/// A program that says of a transfer that it has ended, where it has not, is found; and so is any other rule of
/// approval at this place.
#[test]
fn a_refusal_before_the_intent_is_judged_again() {
    let mut bench = Bench::ready();
    let mut expiring = Case::new(&bench.world);
    expiring.edit_request = std::boxed::Box::new(|request| request.expiry.0 -= 1_000);
    bench.take_in(CeremonyKind::Sign, &expiring);
    let refused = bench.judge().unwrap_err();
    let refusal = refused.report().unwrap().first_refusal().unwrap().clone();
    assert_eq!(refusal.rule, RuleId::APP03);
    bench.close(Outcome::Refused);
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let _ = bench.confirm();
    bench.add(Body::Refused(refusal));
    bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), [RuleId::TRN04]);
}

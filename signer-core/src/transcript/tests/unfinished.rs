//! What sessions that were cut leave behind: each set goes on by itself, whatever was signed since.

use std::boxed::Box;
use std::vec::Vec;

use super::found;
use crate::rule::{Refusal, RuleId};
use crate::testing::{Case, World};
use crate::transcript::testing::{Bench, CLOCK};
use crate::transcript::{
    Body, CeremonyKind, Channel, Intake, Journal, Outcome, Release, Unfinished,
    UnverifiedTranscript,
};
use crate::types::{Lang, SessionNumber};

/// A transfer of the wallet over other coins than the first case's.
fn of_other_coins(world: &World) -> Case {
    let mut other = Case::new(world);
    other.coins[0].sats += 1;
    other.coins[1].sats += 1;
    other.outputs[0].sats += 2;
    other
}

/// Signs a case, and the power fails after so many signatures; the session.
fn cut_after(bench: &mut Bench, case: &Case, made: usize) -> SessionNumber {
    bench.take_in(CeremonyKind::Sign, case);
    let confirmed = bench.confirm();
    drop(bench.sign(confirmed, made));
    let cut = bench.state().open().unwrap().number();
    bench.journal = Journal::load(&bench.disk).unwrap();
    cut
}

/// Opens a session that goes on with this one, if the journal takes it.
fn go_on(
    bench: &mut Bench,
    kind: CeremonyKind,
    with: Option<SessionNumber>,
) -> Result<(), Refusal> {
    let mut opened = bench.opening(kind);
    opened.resumes = with;
    bench.try_add(Body::SessionOpened(Box::new(opened)))
}

/// The same, up to the PSBT of a case.
fn go_on_with(bench: &mut Bench, cut: SessionNumber, case: &Case) {
    go_on(bench, CeremonyKind::Resume, Some(cut)).unwrap();
    bench.say_what_is_open();
    bench.sit_down(case.operators);
    let psbt = case.full(&bench.world).into_bytes();
    bench.add(Body::Intake(Intake::new(psbt, Channel::File, CLOCK)));
}

fn sessions(bench: &Bench) -> Vec<SessionNumber> {
    let sets = bench.state().unfinished().iter();
    sets.map(Unfinished::session).collect()
}

#[test]
fn what_was_cut_goes_on_after_another_transfer_was_signed() {
    for made in [1, 2] {
        let mut bench = Bench::ready();
        let first = Case::new(&bench.world);
        let cut = cut_after(&mut bench, &first, made);
        let recorded = bench.state().cut_in(cut).unwrap().results().to_vec();
        let second = of_other_coins(&bench.world);
        let (signed, sealed) = bench.sign_case(&second);
        assert!(Release::signed(signed, &sealed, bench.disk.clone()).is_ok());
        // From the gap its coins are barred, as ever.
        bench.take_in(CeremonyKind::Sign, &first);
        let refused = bench.judge().unwrap_err();
        let mut refusals = refused.report().unwrap().refusals();
        assert!(refusals.all(|refusal| refusal.rule == RuleId::POL07));
        bench.close(Outcome::Refused);

        assert_eq!(sessions(&bench), [cut]);
        let (signed, sealed) = bench.sign_as(CeremonyKind::Resume, &first);
        assert_eq!(sessions(&bench), []);
        assert_eq!(bench.state().register().count(), 2);
        let session = signed.session();
        let released = Release::signed(signed, &sealed, bench.disk.clone()).unwrap();
        let again = Release::again(bench.disk.clone(), session).unwrap();
        let [released, again] = [released, again].map(|one| one.into_released().unwrap());
        assert_eq!(released.psbt(), again.psbt());
        let written = UnverifiedTranscript::parse(&bench.disk).unwrap();
        let made = written
            .entries()
            .iter()
            .filter_map(|entry| match &entry.body {
                Body::Result(line) => Some(*line),
                _ => None,
            });
        let made: Vec<_> = made.collect();
        assert_eq!(made.len(), 4, "none was made again");
        assert!(recorded.iter().all(|line| made.contains(line)));
        assert_eq!(found(&bench, &bench.disk), []);
    }
}

/// People choose with which of two they go on, by the number of its session.
#[test]
fn two_cut_sets_go_on_in_either_order() {
    for order in [[0, 1], [1, 0]] {
        let mut bench = Bench::ready();
        let cases = [Case::new(&bench.world), of_other_coins(&bench.world)];
        let cut = [0, 1].map(|place| cut_after(&mut bench, &cases[place], place));
        assert_eq!(sessions(&bench), cut);
        for place in order {
            go_on_with(&mut bench, cut[place], &cases[place]);
            let confirmed = bench.confirm();
            let signing = bench.sign(confirmed, usize::MAX);
            let _ = bench.receipt(signing);
            bench.close(Outcome::Signed);
        }
        assert_eq!(sessions(&bench), []);
        assert_eq!(found(&bench, &bench.disk), [], "{order:?}");
    }
}

/// The first entry of a session that goes on says with what, and no other session says such a thing.
#[test]
fn nobody_goes_on_with_what_was_not_cut() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    let cut = cut_after(&mut bench, &case, 1);
    let beside = [
        None,
        Some(SessionNumber(cut.0 - 1)),
        Some(SessionNumber(cut.0 + 1)),
    ];
    for with in beside {
        let refusal = go_on(&mut bench, CeremonyKind::Resume, with).unwrap_err();
        assert!(refusal.got.text(Lang::En).contains("no cut session"));
    }
    assert!(go_on(&mut bench, CeremonyKind::Sign, Some(cut)).is_err());
    let _ = bench.sign_as(CeremonyKind::Resume, &case);
    let refused = go_on(&mut bench, CeremonyKind::Resume, Some(cut));
    assert!(refused.is_err(), "it was released");
}

/// The intent is that of the named session, and its PSBT too.
#[test]
fn a_cut_set_does_not_go_on_under_the_number_of_another() {
    let mut bench = Bench::ready();
    let cases = [Case::new(&bench.world), of_other_coins(&bench.world)];
    let cut = [0, 1].map(|place| cut_after(&mut bench, &cases[place], 1));
    go_on_with(&mut bench, cut[0], &cases[1]);
    for session in cut {
        let intent = bench.state().cut_in(session).unwrap().intent().clone();
        assert!(bench.try_add(Body::Intent(intent)).is_err());
    }
}

/// A second set of signatures over one transaction is not begun, whatever a program judged.
#[test]
fn what_was_cut_is_not_intended_anew() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    let cut = cut_after(&mut bench, &case, 1);
    bench.take_in(CeremonyKind::Sign, &case);
    let intent = bench.state().cut_in(cut).unwrap().intent().clone();
    let refusal = bench.try_add(Body::Intent(intent)).unwrap_err();
    assert!(refusal.got.text(Lang::En).contains("over what was cut"));
}

/// A fee bump is approved with the version before it in view: from its intent on nobody makes signatures
/// for that one. What was made stays open, and its coins barred.
#[test]
fn a_set_that_a_bump_stands_for_does_not_go_on() {
    let mut bench = Bench::ready();
    let first = Case::new(&bench.world);
    let cut = cut_after(&mut bench, &first, 1);
    let tx = bench.state().cut_in(cut).unwrap().intent().tx;
    let mut bump = Case::new(&bench.world);
    bump.outputs[1].sats -= 1_000;
    bump.edit_request = Box::new(move |request| request.replaces = std::vec![tx]);
    let bumped = cut_after(&mut bench, &bump, 1);
    assert_eq!(sessions(&bench), [bumped]);
    assert_eq!(bench.state().register().count(), 2);
    assert!(go_on(&mut bench, CeremonyKind::Resume, Some(cut)).is_err());
    let _ = bench.sign_as(CeremonyKind::Resume, &bump);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// Somebody said no to the request of one of two cut sets: that one is dead, the other is not.
#[test]
fn a_rejection_reaches_every_set_that_was_cut() {
    let mut bench = Bench::ready();
    let cases = [Case::new(&bench.world), of_other_coins(&bench.world)];
    let cut = [0, 1].map(|place| cut_after(&mut bench, &cases[place], 1));
    let mut no = Case::new(&bench.world);
    no.ballots.push(crate::testing::Ballot::no("approver.b"));
    bench.take_in(CeremonyKind::Sign, &no);
    assert!(bench.judge().is_err());
    bench.close(Outcome::Refused);
    go_on_with(&mut bench, cut[0], &cases[0]);
    let refused = bench.judge().unwrap_err();
    let rule = refused.report().unwrap().first_refusal().unwrap().rule;
    assert_eq!(rule, RuleId::APP08);
    bench.close(Outcome::Refused);
    go_on_with(&mut bench, cut[1], &cases[1]);
    assert!(bench.judge().is_ok());
}

//! Sessions as they should be, with signatures and without.

use crate::codec::ByteString;
use crate::psbt::signed::only_permitted_difference;
use crate::psbt::{MapId, RawPsbt};
use crate::review::Answer;
use crate::rule::{RuleId, Verdict};
use crate::testing::{Ballot, Case, Output, register, terms};
use crate::token::Line;
use crate::transcript::testing::Bench;
use crate::transcript::testing::CLOCK;
use std::boxed::Box;

use crate::transcript::{
    Aborted, Body, CLOCK_SLACK, CeremonyKind, Exception, Installed, Journal, NotSigned, Outcome,
    Release, Seal, VerifiedTranscript, WhatKind, judge,
};
use crate::types::InputIndex;
use crate::wallet::{ScriptType, WalletClass};

use super::{found, signed};

#[test]
fn a_session_that_signs_is_verified_and_released() {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.signed_by = std::vec![1];
    let before = case.full(&bench.world);
    let (signed, sealed) = bench.sign_case(&case);
    assert_eq!(found(&bench, &bench.disk), []);
    let release = Release::signed(signed, &sealed, bench.disk.clone()).unwrap();
    let after = RawPsbt::parse(release.psbt().unwrap()).unwrap();
    assert_eq!(only_permitted_difference(&before, &after), Ok(()));
    for input in 0..2 {
        let map = MapId::Input(InputIndex(input));
        let added = after.records(map).count() - before.records(map).count();
        assert_eq!(added, 1, "input {input}");
    }
    assert_eq!(release.transcript(), bench.disk);
    assert_eq!(bench.state().ledger().signatures(), 2);
}

#[test]
fn a_session_over_version_2_is_verified_too() {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.version = crate::psbt::PsbtVersion::V2;
    let (signed, sealed) = bench.sign_case(&case);
    assert_eq!(found(&bench, &bench.disk), []);
    let release = Release::signed(signed, &sealed, bench.disk.clone()).unwrap();
    let after = RawPsbt::parse(release.psbt().unwrap()).unwrap();
    assert_eq!(after.version(), crate::psbt::PsbtVersion::V2);
}

#[test]
fn a_journal_that_is_loaded_again_means_the_same() {
    let bench = signed();
    let loaded = Journal::load(&bench.disk).unwrap();
    assert_eq!(loaded.head(), bench.journal.head());
    let [again, was] = [&loaded, &bench.journal].map(Journal::state);
    assert_eq!(again.ledger(), was.ledger());
    assert_eq!(again.sessions(), was.sessions());
    assert_eq!(again.last_seal(), was.last_seal());
    assert_eq!(again.height(), crate::testing::TIP);
}

#[test]
fn nothing_is_signed_twice_but_by_resuming() {
    let mut bench = signed();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let refused = bench.judge().unwrap_err();
    let report = refused.report().unwrap();
    assert_eq!(report.first_refusal().unwrap().rule, RuleId::POL07);
    let sealed = bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), []);
    let release = Release::unsigned(&sealed, bench.disk.clone()).unwrap();
    assert_eq!(release.psbt(), None);
}

#[test]
fn a_refusal_is_released_without_a_psbt() {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.outputs[0] = Output::to("nobody", 1_200_000);
    bench.take_in(CeremonyKind::Sign, &case);
    let refused = bench.judge().unwrap_err();
    let lines = refused.report().unwrap().lines();
    let pol01 = lines
        .iter()
        .find(|line| line.rule == RuleId::POL01)
        .unwrap();
    assert!(matches!(pol01.verdict, Verdict::Refused(_)));
    let sealed = bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), []);
    assert!(Release::unsigned(&sealed, bench.disk.clone()).is_ok());
    // The seal is the host's receipt: which PSBT, by which rules, and where it stands.
    let seal = sealed.seal();
    let said = seal.not_signed.as_ref().unwrap();
    assert_eq!(said.psbt, case.full(&bench.world).digest());
    let refused: std::vec::Vec<RuleId> = lines
        .iter()
        .filter(|line| matches!(line.verdict, Verdict::Refused(_)))
        .map(|line| line.rule)
        .collect();
    assert_eq!(said.rules, refused);
    let entry = seal.entry_hash(sealed.signed().to_vec());
    assert_eq!(entry, sealed.head().hash);
}

#[test]
fn only_what_was_read_and_not_signed_is_in_a_seal() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    let (_, sealed) = bench.sign_case(&case);
    assert_eq!(sealed.seal().not_signed, None);
    bench.attend(CeremonyKind::Sign, ["op.a", "op.b"]);
    assert_eq!(bench.close(Outcome::Aborted).seal().not_signed, None);
    // People end it: no rule refused.
    bench.take_in(CeremonyKind::Sign, &case);
    let sealed = bench.close(Outcome::Aborted);
    let said = sealed.seal().not_signed.clone().unwrap();
    assert_eq!(said.rules, []);
    // What two entries refuse stands there once.
    bench.take_in(CeremonyKind::Sign, &case);
    let refused = bench.judge().unwrap_err();
    let first = refused.report().unwrap().first_refusal().unwrap().clone();
    bench.add(Body::Refused(first.clone()));
    let sealed = bench.close(Outcome::Refused);
    let said = sealed.seal().not_signed.clone().unwrap();
    let times = said.rules.iter().filter(|rule| **rule == first.rule);
    assert_eq!(times.count(), 1);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn trn02_refuses_a_seal_that_hides_what_was_not_signed() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    bench.add(Body::Closed(Outcome::Aborted));
    let honest = bench.journal.seal_draft().unwrap().body().clone();
    assert!(honest.not_signed.is_some());
    let other = honest.not_signed.clone().map(|said| NotSigned {
        rules: std::vec![RuleId::POL01],
        ..said
    });
    for not_signed in [None, other] {
        let seal = Seal {
            not_signed,
            ..honest.clone()
        };
        let signed = bench.world.devices[0].seal(seal);
        let refusal = bench.journal.seal(&signed).unwrap_err();
        assert_eq!(refusal.rule, RuleId::TRN02);
    }
}

#[test]
fn a_rejection_kills_the_request_for_ever() {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.ballots.push(Ballot::no("approver.b"));
    bench.take_in(CeremonyKind::Sign, &case);
    assert!(bench.judge().is_err());
    bench.close(Outcome::Refused);
    case.ballots.pop();
    bench.take_in(CeremonyKind::Sign, &case);
    let refused = bench.judge().unwrap_err();
    let report = refused.report().unwrap();
    assert_eq!(report.first_refusal().unwrap().rule, RuleId::APP08);
    bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn an_operator_can_reject_at_every_question() {
    let mut questions = 0;
    loop {
        let mut bench = Bench::ready();
        let case = Case::new(&bench.world);
        bench.take_in(CeremonyKind::Sign, &case);
        let mut review = bench.review();
        bench.read(&mut review, questions);
        if matches!(review.step(), crate::review::Step::Done) {
            break;
        }
        assert_eq!(bench.type_in(&mut review, " R "), Answer::Rejected);
        assert_eq!(review.answer("anything"), Answer::Wrong { tries_left: 0 });
        assert_eq!(review.finish().unwrap_err().rule, RuleId::REV02);
        bench.add(Body::Aborted(Aborted {
            step: 7,
            seat: None,
            reason: Line::lossy("rejected"),
        }));
        bench.close(Outcome::Aborted);
        assert_eq!(found(&bench, &bench.disk), [], "question {questions}");
        questions += 1;
    }
    assert_eq!(questions, 11);
}

#[test]
fn three_wrong_answers_end_the_session() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let mut review = bench.review();
    bench.read(&mut review, 4);
    for tries_left in [2, 1, 0] {
        let answer = bench.type_in(&mut review, "");
        assert_eq!(answer, Answer::Wrong { tries_left });
    }
    let refusal = review.finish().unwrap_err();
    assert_eq!(refusal.rule, RuleId::REV02);
    bench.add(Body::Refused(refusal));
    bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn an_intent_without_all_results_is_resumed_and_never_made_again() {
    for made in [0, 1, 2] {
        let mut bench = Bench::ready();
        let case = Case::new(&bench.world);
        bench.take_in(CeremonyKind::Sign, &case);
        let confirmed = bench.confirm();
        let cut = bench.sign(confirmed, made);
        drop(cut);
        // The power fails here.
        bench.journal = Journal::load(&bench.disk).unwrap();
        let unfinished = &bench.state().unfinished()[0];
        assert_eq!(unfinished.results().len(), made);
        let recorded = unfinished.results().to_vec();
        assert_eq!(bench.state().ledger().signatures(), 2);
        // What the journal holds may be carried away: it is open though nothing was released.
        assert_eq!(bench.state().register().count(), made.min(1));
        bench.take_in(CeremonyKind::Resume, &case);
        let confirmed = bench.confirm();
        let signing = bench.sign(confirmed, usize::MAX);
        let psbt = bench.receipt(signing);
        let results = bench.state().in_hand().unwrap().results();
        assert_eq!(&results[..made], recorded);
        assert_eq!(results.len(), 2);
        let sealed = bench.close(Outcome::Signed);
        assert!(bench.state().unfinished().is_empty());
        assert_eq!(bench.state().register().count(), 1);
        // Lines without a result may exist twice: they count twice.
        let possible = 2 + u64::try_from(2 - made).unwrap();
        assert_eq!(bench.state().ledger().signatures(), possible);
        assert_eq!(found(&bench, &bench.disk), [], "{made} results");
        assert!(Release::signed(psbt, &sealed, bench.disk.clone()).is_ok());
        let outcomes = bench.state().sessions().iter().map(|s| s.outcome);
        assert_eq!(outcomes.filter(|o| *o == Outcome::Cut).count(), 1);
    }
}

/// Operators authenticate first; then one PSBT is read, and nobody sits down after it.
#[test]
fn a_psbt_is_taken_between_two_operators_and_nobody_else() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let session = bench.state().open().unwrap();
    let (attended, intake) = (
        session.attended().to_vec(),
        session.intake().unwrap().clone(),
    );
    let late = bench.journal.append(Body::Attended(attended[0].clone()));
    assert_eq!(late.unwrap_err().rule, RuleId::TRN04);
    bench.close(Outcome::Aborted);
    bench.open(CeremonyKind::Sign);
    for one in attended {
        let early = bench.journal.append(Body::Intake(intake.clone()));
        assert_eq!(early.unwrap_err().rule, RuleId::TRN04);
        bench.add(Body::Attended(one));
    }
    bench.add(Body::Intake(intake));
    // Those operators sat in another session.
    assert!(judge(bench.state()).unwrap_err().report().is_none());
}

/// A record of other devices, however genuine, takes no name, pool or script here.
#[test]
fn a_wallet_of_other_devices_is_not_installed() {
    let mut bench = Bench::ready();
    let world = &bench.world;
    let terms = terms("Other 1", WalletClass::Company, ScriptType::Wsh);
    let record = register(&world.devices[1..], &world.roster, &[3], terms);
    bench.open(CeremonyKind::Wallet);
    let installed = Body::Installed(Installed {
        kind: WhatKind::Wallet,
        artefact: ByteString(record),
        clock: CLOCK,
    });
    let refusal = bench.journal.append(installed).unwrap_err();
    assert_eq!(refusal.rule, RuleId::TRN04);
    let got = refusal.got.text(crate::types::Lang::En);
    assert!(got.contains("co-signer"), "{got}");
    assert_eq!(bench.state().wallets().wallets().len(), 1);
}

/// The power fails after the PSBT was read, before the rejection in it became an entry.
#[test]
fn a_rejection_is_heard_though_its_session_was_cut() {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.ballots.push(Ballot::no("approver.b"));
    bench.take_in(CeremonyKind::Sign, &case);
    bench.journal = Journal::load(&bench.disk).unwrap();
    case.ballots.pop();
    bench.take_in(CeremonyKind::Sign, &case);
    let refused = bench.judge().unwrap_err();
    let report = refused.report().unwrap();
    assert_eq!(report.first_refusal().unwrap().rule, RuleId::APP08);
    bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// Between the cut and the session that goes on, somebody said no.
#[test]
fn a_rejection_after_a_cut_is_not_forgotten_by_going_on() {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    drop(bench.sign(confirmed, 1));
    bench.journal = Journal::load(&bench.disk).unwrap();
    case.ballots.push(Ballot::no("approver.b"));
    bench.take_in(CeremonyKind::Sign, &case);
    bench.judge().unwrap_err();
    bench.close(Outcome::Refused);
    case.ballots.pop();
    bench.take_in(CeremonyKind::Resume, &case);
    let refused = bench.judge().unwrap_err();
    let rules: std::vec::Vec<RuleId> = refused
        .report()
        .unwrap()
        .refusals()
        .map(|r| r.rule)
        .collect();
    assert_eq!(rules, [RuleId::APP08]);
    bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn a_release_needs_its_own_seal_on_the_disk() {
    let mut bench = Bench::ready();
    let early = bench.disk.clone();
    let case = Case::new(&bench.world);
    let (psbt, sealed) = bench.sign_case(&case);
    assert!(Release::unsigned(&sealed, bench.disk.clone()).is_err());
    let refusal = Release::signed(psbt, &sealed, early).unwrap_err();
    assert_eq!(refusal.rule, RuleId::TRN02);
}

#[test]
fn an_auditor_sees_every_entry_in_both_languages() {
    let mut bench = Bench::ready();
    bench.lang = crate::types::Lang::Ja;
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    let verified = VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap();
    assert_eq!(verified.head(), bench.journal.head());
    let count = u64::try_from(verified.entries().len()).unwrap();
    assert_eq!(count, verified.head().entries);
    assert_eq!(verified.state().ledger(), bench.state().ledger());
}

#[test]
fn without_two_operators_nothing_is_judged() {
    let mut bench = Bench::ready();
    bench.open(CeremonyKind::Sign);
    assert!(judge(bench.state()).unwrap_err().report().is_none());
    bench.close(Outcome::Aborted);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// A clock that lies behind an earlier session's is recorded before anything else is done; within
/// the slack nothing is owed, and once it is recorded the clock counts as it is now.
#[test]
fn a_clock_that_goes_back_is_recorded_first() {
    let clock = |bench: &Bench, clock| {
        let mut opened = bench.opening(CeremonyKind::Sign);
        opened.clock = clock;
        Body::SessionOpened(Box::new(opened))
    };
    let mut bench = signed();
    let latest = bench.opening(CeremonyKind::Sign).clock;
    bench.add(clock(&bench, latest - CLOCK_SLACK));
    assert_eq!(bench.state().open().unwrap().backwards(), None);
    let now = latest - CLOCK_SLACK - 1;
    bench.add(clock(&bench, now));
    let owed = Exception::clock_went_back(latest, now).unwrap();
    assert_eq!(bench.state().open().unwrap().backwards(), Some(&owed));
    let due = bench.state().open().unwrap().due().cloned().unwrap();
    let mut other = owed.clone();
    other.decision = Line::lossy("nothing");
    bench.add(Body::Exception(other));
    let refused = bench.try_add(Body::Announced(due.clone())).unwrap_err();
    assert!(
        refused
            .text(crate::types::Lang::En)
            .contains("a clock that went back")
    );
    bench.add(Body::Exception(owed));
    bench.add(Body::Announced(due));
    // Set right again, and back to where it was: both count from here.
    bench.add(clock(&bench, now));
    assert_eq!(bench.state().open().unwrap().backwards(), None);
    bench.add(clock(&bench, latest));
    bench.add(clock(&bench, now));
    assert!(bench.state().open().unwrap().backwards().is_some());
}

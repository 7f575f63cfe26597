//! `device check`: the acceptance test of an HSM, with the real program on SoftHSM.

mod support;

use std::fs;

use hsm_profiles::{Module, Pin, Profile};
use signer_core::acceptance::{Answer, CheckedReport, Finding, ReportSigner, Standing, Trial};
use signer_core::digest::{KeyId, from_words};
use signer_core::token::Line;
use signer_core::types::Network;
use support::play::{Act, Played, Prompt, device, play, typed};
use support::{Bench, isolated};
use zeroize::Zeroizing;

const PIN: &str = "pin-of-the-partition";
const LABEL: &str = "test-partition";

/// A token as a vendor's tool would make it.
fn provision() {
    let profile = Profile::named("softhsm2").expect("built in");
    let module = Module::load(&profile, None).expect("SoftHSM is installed");
    let pin = |text: &str| Pin::new(&Zeroizing::new(text.to_owned()));
    let made = module.init_token(&pin("so-pin"), LABEL, &pin(PIN));
    made.expect("a blank token");
}

fn arguments(bench: &Bench, more: &[&str]) -> Vec<String> {
    let fixed = [
        ["--profile", "softhsm2"],
        ["--token", LABEL],
        ["--network", "regtest"],
        ["--report-out", &bench.arg("report")],
        ["--page-out", &bench.arg("page.html")],
    ];
    let mut all = vec!["device".to_owned(), "check".to_owned()];
    all.extend(fixed.iter().flatten().map(|text| (*text).to_owned()));
    all.extend(more.iter().map(|text| (*text).to_owned()));
    all
}

fn check(bench: &Bench, more: &[&str], mut person: impl FnMut(&Prompt<'_>) -> Act) -> Played {
    let arguments = arguments(bench, more);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    play(&mut device(&arguments), |prompt| person(prompt))
}

/// Everybody answers what is asked; the wrong PIN is allowed.
fn willing(prompt: &Prompt<'_>) -> Act {
    match prompt.id {
        "pin" | "pin-again" => typed(PIN),
        "wrong-pin" => typed(LABEL),
        other => panic!("unexpected prompt {other}"),
    }
}

/// The key whose words stand on the last screen.
fn key_on_screen(played: &Played) -> KeyId {
    let screen = played.screen("acceptance");
    let words: Vec<&str> = screen
        .iter()
        .filter_map(|line| line.split_once(" | "))
        .flat_map(|(_, four)| four.split_whitespace())
        .collect();
    KeyId::from_bytes(from_words(&words.join(" ")).expect("32 words"))
}

fn report(bench: &Bench, played: &Played) -> CheckedReport {
    CheckedReport::open(&bench.read("report"), &key_on_screen(played)).expect("it verifies")
}

#[test]
fn softhsm_passes_its_acceptance_test() {
    isolated("softhsm_passes_its_acceptance_test", |bench| {
        provision();
        let played = check(bench, &[], willing);
        played.ended(0).says("the acceptance test passed");
        let checked = report(bench, &played);
        let findings = checked.findings();
        assert_eq!(findings.standing(), Standing::Passed);
        assert_eq!(findings.with(Finding::Open).count(), 0);
        let report = checked.report();
        assert_eq!(report.signer, ReportSigner::ThrowAway);
        assert_eq!(report.scope.network, Network::Regtest);
        assert_eq!(report.signatures.signatures, 1_000);
        assert_eq!(report.keys.len(), 2);
        assert!(report.mechanisms.iter().any(|line| line.number == 0x1041));
        assert!(report.unknown.contains(&Line::lossy("CKA_UNIQUE_ID")));
        assert_eq!(report.timings.len(), 7);
        let wrong = report.line(Trial::WrongPinRefused).expect("it was tried");
        assert_eq!(
            (wrong.answer, wrong.words.as_str()),
            (Answer::Done, "CKR_PIN_INCORRECT")
        );
        let page = String::from_utf8(bench.read("page.html")).expect("text");
        assert!(page.contains(&checked.digest().to_hex()));
        assert!(page.contains("SoftHSM v2") && !page.contains("NOT SIGNED"));
        played.says(&format!("report {}", checked.digest()));

        // The token is as it was: the test can be run again, and finds nothing of the first.
        fs::remove_file(bench.path("report")).expect("it is there");
        fs::remove_file(bench.path("page.html")).expect("it is there");
        let again = check(bench, &[], willing);
        again.ended(0);
        assert!(
            !again.output.contains("of an earlier test"),
            "{}",
            again.output
        );
        assert_ne!(key_on_screen(&again), key_on_screen(&played));
    });
}

#[test]
fn no_wrong_pin_is_entered_unless_somebody_types_it() {
    let name = "no_wrong_pin_is_entered_unless_somebody_types_it";
    isolated(name, |bench| {
        provision();
        let played = check(bench, &[], |prompt| match prompt.id {
            "wrong-pin" => typed("skip"),
            _ => willing(prompt),
        });
        played.ended(0);
        let checked = report(bench, &played);
        let line = checked
            .report()
            .line(Trial::WrongPinRefused)
            .expect("it is told");
        assert_eq!(line.answer, Answer::NotTried);
        assert_eq!(line.words.as_str(), "nobody allowed it");

        // Where wrong PINs cost something, nobody is even asked.
        let text = fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../hsm-profiles/profiles/softhsm2.toml"
        ));
        let text = text.expect("the profile is there");
        let locking = text.replace("consequence = \"none\"", "consequence = \"wipe\"");
        assert_ne!(locking, text);
        let locking = locking.replace("tries = 0 ", "tries = 3 ");
        bench.write("locking.toml", locking.as_bytes());
        fs::remove_file(bench.path("report")).expect("it is there");
        fs::remove_file(bench.path("page.html")).expect("it is there");
        let mut arguments = arguments(bench, &[]);
        arguments[3] = bench.arg("locking.toml");
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let played = play(&mut device(&arguments), |prompt| match prompt.id {
            "wrong-pin" => panic!("{}", prompt.question),
            _ => willing(prompt),
        });
        played.ended(0);
        let checked = report(bench, &played);
        let line = checked
            .report()
            .line(Trial::WrongPinRefused)
            .expect("it is told");
        assert_eq!(line.words.as_str(), "too many wrong PINs wipe this HSM");
    });
}

#[test]
fn too_few_signatures_leave_the_test_incomplete() {
    isolated("too_few_signatures_leave_the_test_incomplete", |bench| {
        provision();
        let played = check(bench, &["--signatures", "999"], willing);
        played
            .ended(4)
            .says("the acceptance test is incomplete: 2 lines are open");
        assert_eq!(
            report(bench, &played).findings().standing(),
            Standing::Incomplete
        );
    });
}

#[test]
fn a_test_that_is_killed_leaves_nothing_that_the_next_one_does_not_clear() {
    let name = "a_test_that_is_killed_leaves_nothing_that_the_next_one_does_not_clear";
    isolated(name, |bench| {
        provision();
        let killed = check(bench, &["--signatures", "50"], |prompt| match prompt.id {
            "pin-again" => Act::Kill,
            _ => willing(prompt),
        });
        assert_eq!(killed.code, 255);
        assert!(!bench.path("report").exists() && !bench.path("page.html").exists());
        let next = check(bench, &[], willing);
        next.ended(0)
            .says("6 objects of an earlier test were on the token");
        assert_eq!(report(bench, &next).findings().standing(), Standing::Passed);
    });
}

#[test]
fn bad_input_is_told_before_anybody_is_asked() {
    isolated("bad_input_is_told_before_anybody_is_asked", |bench| {
        provision();
        let nobody = |prompt: &Prompt<'_>| -> Act { panic!("{}", prompt.question) };
        check(bench, &["--signatures", "0"], nobody).ended(3);
        bench.write("report", b"somebody's");
        let played = check(bench, &[], nobody);
        played.ended(3).says("exists already");
        assert_eq!(bench.read("report"), b"somebody's");
        assert!(!bench.path("page.html").exists());
        fs::remove_file(bench.path("report")).expect("it is there");

        let wrong_pin = check(bench, &[], |prompt| match prompt.id {
            "pin" => typed("not-the-pin-of-it"),
            "wrong-pin" => typed("skip"),
            other => panic!("unexpected prompt {other}"),
        });
        wrong_pin.ended(4).says("CKR_PIN_INCORRECT");
        assert!(!bench.path("report").exists() && !bench.path("page.html").exists());
    });
}

//! From the acceptance test to the device: the report that `device check` wrote is what `device
//! init` takes, with the words of its key typed by two people.

mod support;

use std::path::PathBuf;
use std::process::Command;

use hsm_profiles::{Module, Pin, Profile};
use signer_core::transcript::{Body, UnverifiedTranscript};
use support::house::House;
use support::people::at_commissioning;
use support::play::{Act, Played, Prompt, device, play, typed};
use support::{Bench, isolated};
use zeroize::Zeroizing;

const PIN: &str = "pin-of-the-partition";
const LABEL: &str = "test-partition";
/// A partition of a real HSM keeps its serial number when it is made ready again; a SoftHSM token
/// gets a new one.
const ONE_SERIAL: &str = "token:serial=one-partition";

fn quirk_module() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    program.with_file_name("libquirk_module.so")
}

fn at(arguments: &[String], quirk: &str) -> Command {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = device(&arguments);
    command.env("HIMURO_QUIRK", quirk);
    command
}

/// The acceptance test; the words of the key, from the screen.
fn accepted(bench: &Bench, quirk: &str, signatures: &str, code: i32) -> Vec<String> {
    let profile = Profile::named("softhsm2").expect("built in");
    let module = Module::load(&profile, None).expect("SoftHSM is installed");
    let pin = |text: &str| Pin::new(&Zeroizing::new(text.to_owned()));
    let made = module.init_token(&pin("so-pin"), LABEL, &pin(PIN));
    made.expect("a blank token");
    drop(module);
    let arguments = [
        ["device", "check"],
        ["--profile", "softhsm2"],
        ["--module", &quirk_module().display().to_string()],
        ["--token", LABEL],
        ["--network", "regtest"],
        ["--signatures", signatures],
        ["--report-out", &bench.arg("report")],
        ["--page-out", &bench.arg("page.html")],
    ];
    let mut arguments: Vec<String> = arguments
        .as_flattened()
        .iter()
        .map(|t| (*t).into())
        .collect();
    arguments.push("--drill".into());
    let played = play(&mut at(&arguments, quirk), |prompt| match prompt.id {
        "wrong-pin" => typed("skip"),
        _ => typed(PIN),
    });
    played.ended(code);
    let screen = played.screen("acceptance");
    let four = screen.iter().filter_map(|line| line.split_once(" | "));
    let words = four.flat_map(|(_, four)| four.split_whitespace());
    words.map(str::to_owned).collect()
}

/// `device init` with the report, and people who have these words on their paper.
fn commission(house: &House<'_>, quirk: &str, paper: &[String]) -> Played {
    let mut arguments = house.init_arguments("d1");
    let more = [
        "--acceptance",
        &house.bench.arg("report"),
        "--module",
        &quirk_module().display().to_string(),
    ];
    arguments.extend(more.map(str::to_owned));
    let root = house.officers.root_words();
    play(&mut at(&arguments, quirk), |prompt: &Prompt<'_>| -> Act {
        match prompt.id {
            "acceptance-1" => typed(paper[..16].join(" ")),
            "acceptance-2" => typed(paper[16..].join(" ")),
            _ => at_commissioning(&root, prompt),
        }
    })
}

/// The serial number in the record of the genesis entry.
fn recorded(bench: &Bench) -> Option<String> {
    let journal = bench.read("d1/journal.cbor");
    let transcript = UnverifiedTranscript::parse(&journal).expect("a journal");
    match &transcript.entries()[0].body {
        Body::Genesis(genesis) => {
            let record = genesis.acceptance.as_ref();
            record.map(|record| record.serial.as_str().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_report_becomes_the_record_of_the_device() {
    isolated("a_report_becomes_the_record_of_the_device", |bench| {
        let words = accepted(bench, ONE_SERIAL, "1000", 0);
        let house = House::with_devices(bench, &[]);
        let played = commission(&house, ONE_SERIAL, &words);
        played
            .ended(0)
            .says("the acceptance report is the one of the paper");
        assert_eq!(recorded(bench).as_deref(), Some("one-partition"));
    });
}

#[test]
fn a_report_of_another_hsm_is_told_and_not_recorded() {
    let name = "a_report_of_another_hsm_is_told_and_not_recorded";
    isolated(name, |bench| {
        let words = accepted(bench, ONE_SERIAL, "1000", 0);
        let house = House::with_devices(bench, &[]);
        let played = commission(&house, "", &words);
        played
            .ended(0)
            .says("the acceptance test was run on another HSM");
        assert_eq!(recorded(bench), None);
    });
}

#[test]
fn other_words_than_the_reports_end_the_ceremony() {
    let name = "other_words_than_the_reports_end_the_ceremony";
    isolated(name, |bench| {
        let mut words = accepted(bench, ONE_SERIAL, "1000", 0);
        words.swap(1, 3);
        let house = House::with_devices(bench, &[]);
        let played = commission(&house, ONE_SERIAL, &words);
        played.ended(2).says("3 wrong answers to [acceptance-1]");
        assert!(!bench.path("d1/journal.cbor").exists());
        // The words are nowhere on the screen before they are asked for.
        assert!(!played.output.contains(&words[10..13].join(" ")));
    });
}

#[test]
fn a_report_that_did_not_pass_is_not_taken() {
    isolated("a_report_that_did_not_pass_is_not_taken", |bench| {
        let words = accepted(bench, ONE_SERIAL, "999", 4);
        let house = House::with_devices(bench, &[]);
        let played = commission(&house, ONE_SERIAL, &words);
        played.ended(3).says("did not pass");
        assert!(!bench.path("d1").exists());
        bench.write("report", b"no report at all");
        commission(&house, ONE_SERIAL, &words).ended(3);
        assert!(!bench.path("d1").exists());
    });
}

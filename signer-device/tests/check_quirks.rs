//! `device check` before modules that misbehave: the report names the fault, nothing is called
//! passed, and the same token passes without the fault.

mod support;

use std::fs;
use std::path::PathBuf;

use hsm_profiles::{Module, Pin, Profile};
use signer_core::acceptance::{CheckedReport, Finding, Subject, Trial};
use signer_core::digest::{KeyId, from_words};
use support::play::{Act, Played, Prompt, device, play, typed};
use support::{Bench, isolated};
use zeroize::Zeroizing;

const PIN: &str = "pin-of-the-partition";
const LABEL: &str = "test-partition";

/// What a fault ends in.
enum Ends {
    /// A signed report, in which these did not hold.
    Failed(&'static [Subject]),
    /// No signed report, and a page that says so and names these.
    Unsigned(&'static str),
    /// The test cannot go on; the error says this.
    Stopped(&'static str),
}

fn provision() {
    let profile = Profile::named("softhsm2").expect("built in");
    let module = Module::load(&profile, None).expect("SoftHSM is installed");
    let pin = |text: &str| Pin::new(&Zeroizing::new(text.to_owned()));
    let made = module.init_token(&pin("so-pin"), LABEL, &pin(PIN));
    made.expect("a blank token");
}

/// The module that misbehaves: built with the tests, beside this program.
fn quirk_module() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    program.with_file_name("libquirk_module.so")
}

fn check(bench: &Bench, quirk: &str) -> Played {
    let module = quirk_module().display().to_string();
    let arguments = [
        ["device", "check"],
        ["--profile", "softhsm2"],
        ["--module", &module],
        ["--token", LABEL],
        ["--network", "regtest"],
        ["--signatures", "40"],
        ["--report-out", &bench.arg("report")],
        ["--page-out", &bench.arg("page.html")],
    ];
    let mut command = device(arguments.as_flattened());
    command
        .env("HIMURO_QUIRK", quirk)
        .env("HIMURO_QUIRK_STATE", bench.path("wrong-pins"))
        .env("HIMURO_QUIRK_PIN", PIN);
    for file in ["report", "page.html"] {
        let _ = fs::remove_file(bench.path(file));
    }
    play(&mut command, willing)
}

fn willing(prompt: &Prompt<'_>) -> Act {
    match prompt.id {
        "wrong-pin" => typed("skip"),
        _ => typed(PIN),
    }
}

fn key_on_screen(played: &Played) -> KeyId {
    let screen = played.screen("acceptance");
    let four = screen.iter().filter_map(|line| line.split_once(" | "));
    let words: Vec<&str> = four.flat_map(|(_, four)| four.split_whitespace()).collect();
    KeyId::from_bytes(from_words(&words.join(" ")).expect("32 words"))
}

/// What did not hold, by the signed report.
fn failed(bench: &Bench, played: &Played) -> Vec<Subject> {
    let report = CheckedReport::open(&bench.read("report"), &key_on_screen(played));
    let findings = report.expect("it verifies").findings();
    findings
        .with(Finding::Failed)
        .map(|line| line.subject)
        .collect()
}

/// A trial as a subject.
const fn trial(trial: Trial) -> Subject {
    Subject::Trial(trial)
}
/// Faults of the quirk module, and what each ends in.
const ROWS: &[(&str, Ends)] = &[
    ("signature=random", Ends::Failed(&[Subject::Signatures])),
    ("signature=63-bytes", Ends::Failed(&[Subject::Signatures])),
    ("signature=zero-r", Ends::Failed(&[Subject::Signatures])),
    (
        "signature=other-digest",
        Ends::Failed(&[Subject::Signatures]),
    ),
    (
        "attribute:CKA_LOCAL=false",
        Ends::Failed(&[Subject::Attributes]),
    ),
    (
        "attribute:CKA_EXTRACTABLE=true",
        Ends::Failed(&[Subject::Attributes]),
    ),
    (
        "attribute:CKA_MODIFIABLE=absent",
        Ends::Failed(&[Subject::Attributes]),
    ),
    ("nonce=repeated", Ends::Failed(&[Subject::FreshR])),
    ("random=zero", Ends::Failed(&[trial(Trial::RandomHealthy)])),
    (
        "random=biased",
        Ends::Failed(&[trial(Trial::RandomHealthy)]),
    ),
    (
        "logout=ignored",
        Ends::Failed(&[trial(Trial::LogoutEndsUse)]),
    ),
    (
        "token:firmware=1.0",
        Ends::Failed(&[trial(Trial::ProfileMatches)]),
    ),
    (
        "token:model=other",
        Ends::Failed(&[trial(Trial::ProfileMatches)]),
    ),
    ("point=raw", Ends::Stopped("is not a point of its curve")),
    (
        "template=CKA_COPYABLE",
        Ends::Stopped("CKR_TEMPLATE_INCONSISTENT"),
    ),
    ("seal=random", Ends::Unsigned("does not verify")),
    ("find=visible", Ends::Stopped("visible before login")),
    ("flags=locked", Ends::Stopped("locked")),
    ("gone:C_Sign:20=0x32", Ends::Stopped("CKR_DEVICE_REMOVED")),
    (
        "token:manufacturer=other",
        Ends::Failed(&[trial(Trial::ProfileMatches)]),
    ),
];

#[test]
fn faults_of_a_module_are_named() {
    isolated("faults_of_a_module_are_named", |bench| {
        provision();
        let mut wrong = Vec::new();
        for (quirk, ends) in ROWS {
            let played = check(bench, quirk);
            let came = match ends {
                _ if played.code != 4 => format!("code {}", played.code),
                Ends::Failed(expected) if !bench.path("report").exists() => {
                    format!("no report, expected {expected:?}")
                }
                Ends::Failed(expected) => match failed(bench, &played) {
                    found if expected.iter().all(|subject| found.contains(subject)) => continue,
                    found => format!("{found:?}"),
                },
                Ends::Unsigned(why) => {
                    let page = String::from_utf8(bench.read("page.html")).expect("text");
                    let told = page.contains("NOT SIGNED") && played.errors.contains(why);
                    if told && !bench.path("report").exists() {
                        continue;
                    }
                    "a report".to_owned()
                }
                Ends::Stopped(why) if played.errors.contains(why) => {
                    assert!(!bench.path("report").exists(), "{quirk}");
                    continue;
                }
                Ends::Stopped(_) => "another end".to_owned(),
            };
            let (output, errors) = (&played.output, &played.errors);
            let last: Vec<&str> = output.lines().rev().take(6).collect();
            wrong.push(format!("{quirk}: {came}\n{errors}{last:#?}"));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));

        // Forty signatures are too few, and nothing else is wrong with this module.
        let played = check(bench, "");
        played
            .ended(4)
            .says("the acceptance test is incomplete: 3 lines are open");
    });
}

#[test]
fn a_module_that_hangs_ends_the_test() {
    isolated("a_module_that_hangs_ends_the_test", |bench| {
        provision();
        let text = include_str!("../../hsm-profiles/profiles/softhsm2.toml");
        let line = text.lines().find(|line| line.starts_with("timeout_ms"));
        let impatient = text.replace(line.expect("a limit"), "timeout_ms = 1500 # [O]");
        bench.write("impatient.toml", impatient.as_bytes());
        let module = quirk_module().display().to_string();
        let arguments = [
            ["device", "check"],
            ["--profile", &bench.arg("impatient.toml")],
            ["--module", &module],
            ["--token", LABEL],
            ["--network", "regtest"],
            ["--report-out", &bench.arg("report")],
            ["--page-out", &bench.arg("page.html")],
        ];
        let mut command = device(arguments.as_flattened());
        command.env("HIMURO_QUIRK", "hang:C_CopyObject:1");
        let played = play(&mut command, willing);
        played.ended(4).says("C_CopyObject did not come back");
        assert!(!bench.path("report").exists() && !bench.path("page.html").exists());
    });
}

use std::fs;
use std::path::Path;

use super::*;

/// Every ceremony.
const SCRIPTS: [&Script; 21] = [
    &commission::SCRIPT,
    &generate::SCRIPT,
    &check::SCRIPT,
    &register_wallet::SCRIPT,
    &install_policy::SCRIPT,
    &install_roster::SCRIPT,
    &cancel_roster::SCRIPT,
    &sign::SCRIPT,
    &settle::SCRIPT,
    &freeze::SCRIPT,
    &thaw::SCRIPT,
    &inventory::SCRIPT,
    &split_pin::SCRIPT,
    &backup::SCRIPT,
    &retire_wallet::SCRIPT,
    &take_card::SCRIPT,
    &destroy::SCRIPT,
    &anchor::SCRIPT,
    &recover::SCRIPT,
    &replace::SCRIPT,
    &export::SCRIPT,
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn the_paper_scripts_have_the_same_steps_as_the_code() {
    for script in SCRIPTS {
        let path = root().join(format!("docs/ceremony/{}.md", script.name));
        let paper = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let on_paper: Vec<&str> = paper
            .lines()
            .filter_map(|l| l.strip_prefix("## "))
            .collect();
        let in_code: Vec<String> = (1..)
            .zip(script.steps)
            .map(|(number, [en, ja])| format!("{number}. {en} / {ja}"))
            .collect();
        assert_eq!(on_paper, in_code, "{}", path.display());
    }
}

/// What happens whenever a session begins (`TokenDesk::begin`).
const SESSION_BEGINS: &str = "The device tests HSM and kernel as sources of random numbers, draws a \
    nonce from both, judges HSM01 to HSM04, HSM06 and ENV03, and records the session. The screen \
    `hsm` says what the HSM is: profile, what nobody has verified, relaxations, key storage, FIPS \
    status on this day.";

#[test]
fn every_paper_says_the_same_of_the_beginning_of_a_session() {
    let mut pages = 0;
    for script in SCRIPTS {
        if !script.steps.iter().any(|[en, _]| *en == "Session") {
            continue;
        }
        let path = root().join(format!("docs/ceremony/{}.md", script.name));
        let paper = fs::read_to_string(&path).expect("the page is there");
        let step = paper
            .split("\n## ")
            .find(|step| step.contains(". Session / "));
        let words: Vec<&str> = step.expect("its step").split_whitespace().collect();
        assert!(
            words.join(" ").contains(SESSION_BEGINS),
            "{}",
            path.display()
        );
        pages += 1;
    }
    assert!(pages > 10, "{pages}");
}

#[test]
fn the_code_walks_every_step_in_order() {
    for script in SCRIPTS {
        let path = root().join(format!("signer-device/src/ceremony/{}.rs", script.name));
        let code = fs::read_to_string(&path).expect("the ceremony's file is there");
        let walked: Vec<&str> = code
            .lines()
            .filter_map(|line| line.trim().strip_prefix("// "))
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        let titles: Vec<String> = (1..)
            .zip(script.steps)
            .map(|(number, [en, _])| format!("{number}. {en}"))
            .collect();
        assert_eq!(walked, titles, "{}", path.display());
    }
}

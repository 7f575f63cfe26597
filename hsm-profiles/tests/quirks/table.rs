//! Rows of faults. Each has a token of its own and three processes: one prepares the token, one
//! works with the fault, one without it again.

use std::process::{Command, Output};

use hsm_profiles::Profile;

use crate::common::{LABEL, Tokens, USER_PIN, quirk_module};
use crate::work::{prepare, work};

/// What a work ends in that nothing stopped.
pub(crate) const DONE: &str = "done";

const PHASE: &str = "HIMURO_TEST_PHASE";
const ROW: &str = "HIMURO_TEST_ROW";
const RESULT: &str = "result: ";

/// A fault, the profile that is used with it, and what it ends in.
pub(crate) struct Row {
    name: String,
    quirk: &'static str,
    profile: Vec<(&'static str, String)>,
    work: fn(&Profile) -> Result<(), String>,
    ends: String,
    /// What the same token ends in without the fault.
    then: &'static str,
}

impl Row {
    pub(crate) fn new(name: &str, quirk: &'static str, ends: &str) -> Self {
        Self {
            name: name.to_owned(),
            quirk,
            profile: Vec::new(),
            work,
            ends: ends.to_owned(),
            then: DONE,
        }
    }

    /// With this done in the place of the usual work.
    pub(crate) fn doing(mut self, work: fn(&Profile) -> Result<(), String>) -> Self {
        self.work = work;
        self
    }

    /// What the fault made stays refused.
    pub(crate) fn then(mut self, ends: &'static str) -> Self {
        self.then = ends;
        self
    }

    /// With this piece of SoftHSM's profile replaced.
    pub(crate) fn with(mut self, piece: &'static str, by: &str) -> Self {
        self.profile.push((piece, by.to_owned()));
        self
    }

    fn profile(&self) -> Profile {
        let mut text = include_str!("../../profiles/softhsm2.toml").to_owned();
        for (piece, by) in &self.profile {
            assert!(text.contains(piece), "{piece:?} is not in the profile");
            text = text.replace(piece, by);
        }
        Profile::parse(&text).unwrap()
    }
}

/// Runs every row of the test of this name.
pub(crate) fn check(test: &str, rows: &[Row]) {
    if let (Ok(phase), Ok(row)) = (std::env::var(PHASE), std::env::var(ROW)) {
        let row = &rows[row.parse::<usize>().unwrap()];
        let done = match phase.as_str() {
            "prepare" => prepare(&Profile::named("softhsm2").unwrap()),
            "with" => (row.work)(&row.profile()),
            _ => work(&Profile::named("softhsm2").unwrap()),
        };
        println!("{RESULT}{}", done.err().unwrap_or_else(|| DONE.into()));
        return;
    }
    let wrong: Vec<String> = rows
        .iter()
        .enumerate()
        .filter_map(|(number, row)| row.check(test, number).err())
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

impl Row {
    fn check(&self, test: &str, number: usize) -> Result<(), String> {
        let tokens = Tokens::create(&format!("{test}-{number}"));
        let run = |phase: &str, quirk: &str| -> String {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command
                .env(PHASE, phase)
                .env(ROW, number.to_string())
                .env("HIMURO_QUIRK", quirk)
                .env("HIMURO_QUIRK_STATE", tokens.file("wrong-pins"))
                .env("HIMURO_QUIRK_PIN", USER_PIN);
            let output = tokens
                .in_environment(command)
                .args(["--exact", test, "--nocapture", "--test-threads=1"])
                .output()
                .unwrap();
            result(&output)
        };
        for (phase, quirk, ends) in [
            ("prepare", "", DONE),
            ("with", self.quirk, self.ends.as_str()),
            ("without", "", self.then),
        ] {
            let got = run(phase, quirk);
            let as_expected = if ends == DONE {
                got == DONE
            } else {
                got.contains(ends)
            };
            if !as_expected {
                return Err(format!(
                    "{} [{phase}]: expected {ends:?}, got {got:?}",
                    self.name
                ));
            }
        }
        Ok(())
    }
}

fn result(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.split_once(RESULT));
    match line {
        Some((_, result)) if output.status.success() => result.to_owned(),
        _ => format!(
            "{}\n{text}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

/// The token of a row.
pub(crate) fn selector() -> hsm_profiles::TokenSelector {
    let serial = std::env::var_os("SOFTHSM2_CONF").map(|path| {
        let file = std::path::Path::new(&path).with_file_name("serial");
        std::fs::read_to_string(file).unwrap()
    });
    hsm_profiles::TokenSelector {
        label: signer_core::token::Line::lossy(LABEL),
        serial: serial.map(|serial| signer_core::token::Line::lossy(&serial)),
    }
}

/// Keeps the serial number for the processes that follow.
pub(crate) fn remember(selector: &hsm_profiles::TokenSelector) {
    let path = std::env::var_os("SOFTHSM2_CONF").unwrap();
    let file = std::path::Path::new(&path).with_file_name("serial");
    std::fs::write(file, selector.serial.as_ref().unwrap().as_str()).unwrap();
}

/// The module of every row.
pub(crate) fn load(profile: &Profile) -> Result<hsm_profiles::Module, hsm_profiles::HsmError> {
    hsm_profiles::Module::load(profile, Some(&quirk_module()))
}

//! The catalogue of attacks, put to the real program: `psbt review` on a state whose journal
//! `test-vectors` wrote from `docs/formats`. The command opens no token and nobody consents, so
//! nothing of the device is another for it; what operators and approvers add is judged in the
//! ceremony alone (`signer-core/src/testing/catalogue/replay.rs`).
//!
//! Usually of each family one case for each set of rules; `HIMURO_CATALOGUE=every` takes all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, process, thread};

use serde_json::Value;
use test_vectors::{
    Case, Expected, Extent, Family, Kind, Refusal, SheetCase, journal, journal_installing, stored,
    stored_sheets, unhex,
};

/// Stages that `psbt review` judges, by the letters of their rules.
const REVIEWED: [&str; 3] = ["PSB", "WAL", "POL"];
/// Rules of these stages.
const RULES: usize = 23;
/// A file on a medium may be larger than what comes by pictures.
const HEAVIER_BY_FILE: &str = "file-of-4-mib-and-a-byte";
/// No PSBT where bytes are wanted, and one where a file may be text.
const TEXT: &str = "base64-text";
/// How every binary PSBT begins.
const MAGIC: &[u8] = b"psbt\xff";
/// Bytes between two cuts of a case that is cut anywhere, where not every cut is tried.
const STRIDE: usize = 199;

/// A folder for states and files, on a RAM disk where there is one; removed at the end.
struct Bench {
    folder: PathBuf,
}

impl Bench {
    fn create(name: &str) -> Self {
        let shm = Path::new("/dev/shm");
        let root = if shm.is_dir() {
            shm.to_path_buf()
        } else {
            env::temp_dir()
        };
        let folder = root.join(format!("himuro-{name}-{}", process::id()));
        fs::create_dir_all(&folder).expect("the RAM disk takes a folder");
        Self { folder }
    }

    /// The state of a device that stands where the case wants it.
    fn state(&self, case: &Case) -> PathBuf {
        let state = self.folder.join("state");
        fs::create_dir_all(&state).expect("ours");
        fs::write(state.join("journal.cbor"), journal(case)).expect("ours");
        fs::write(state.join("lock"), []).expect("ours");
        state
    }

    /// The real program on these bytes.
    fn review(&self, state: &Path, psbt: &[u8]) -> Output {
        let file = self.folder.join("in.psbt");
        fs::write(&file, psbt).expect("ours");
        Command::new(env!("CARGO_BIN_EXE_signer-device"))
            .args(["psbt", "review", "--json", "--state"])
            .arg(state)
            .arg("--in")
            .arg(file)
            .env_clear()
            .output()
            .expect("the program starts")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Refusing rules with their places, as the program's report has them.
type Refusals = BTreeMap<String, BTreeSet<String>>;

/// What the report says; every rule of the stages once.
fn reported(output: &Output) -> Result<Refusals, String> {
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|e| said(output, &e))?;
    let lines = report["report"].as_array().ok_or("no report")?;
    let mut rules = BTreeSet::new();
    let mut refusals = Refusals::new();
    for line in lines {
        let rule = line["rule"].as_str().ok_or("a line without a rule")?;
        rules.insert(rule);
        if line["verdict"] != "refused" {
            continue;
        }
        let places = line["detail"].as_array().ok_or("no places")?;
        let places = places.iter().filter_map(|place| place["place"].as_str());
        // "input 1" here is "input-1" in the data, "file" is "whole".
        let places = places.map(|place| match place {
            "file" => "whole".into(),
            place => place.replace(' ', "-"),
        });
        refusals.insert(rule.into(), places.collect());
    }
    let judged = rules.iter().filter(|rule| reviewed(rule)).count();
    if judged != RULES {
        return Err(format!("{judged} rules are reported, not {RULES}"));
    }
    let passed = refusals.is_empty();
    if report["passed"] != passed || output.status.code() != Some(i32::from(!passed)) {
        return Err(said(output, &"report and exit code disagree"));
    }
    Ok(refusals)
}

fn said(output: &Output, why: &dyn std::fmt::Display) -> String {
    let (code, errors) = (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{why}; exit code {code:?}, {errors}")
}

fn reviewed(rule: &str) -> bool {
    REVIEWED.iter().any(|stage| rule.starts_with(stage))
}

/// Rules and named places are exactly the expected ones.
fn agree(expected: &[Refusal], got: &Refusals) -> Result<(), String> {
    let expected: Vec<&Refusal> = expected.iter().filter(|r| reviewed(&r.rule)).collect();
    let rules: BTreeSet<&String> = expected.iter().map(|refusal| &refusal.rule).collect();
    let mut same = rules == got.keys().collect();
    for (rule, places) in got {
        let named = expected.iter().filter(|refusal| refusal.rule == *rule);
        let named: BTreeSet<String> = named.filter_map(|r| r.place.clone()).collect();
        same &= named.is_empty() || named == *places;
    }
    let difference = || format!("expected {expected:?}, got {got:?}");
    same.then_some(()).ok_or_else(difference)
}

/// It ends with this exit code, and the error has two lines of which the first says `text`.
fn ends(output: &Output, code: i32, text: &str) -> Result<(), String> {
    let errors = String::from_utf8_lossy(&output.stderr);
    let two =
        errors.lines().count() == 2 && errors.lines().next().is_some_and(|l| l.contains(text));
    let right = two && output.status.code() == Some(code);
    right
        .then_some(())
        .ok_or_else(|| said(output, &format!("not {code}, {text}")))
}

/// A file that is a PSBT neither as bytes nor as text is not judged at all.
fn no_psbt(output: &Output) -> Result<(), String> {
    ends(output, 3, "is no PSBT").or_else(|_| ends(output, 3, "is empty"))
}

/// These rules refuse; or the file is none, where its first bytes are wrong.
fn refused(file: &[u8], refusals: &[Refusal], output: &Output) -> Result<(), String> {
    if !file.starts_with(MAGIC) && no_psbt(output).is_ok() {
        return Ok(());
    }
    agree(refusals, &reported(output)?)
}

fn judge(bench: &Bench, case: &Case, extent: Extent) -> Result<(), String> {
    let state = bench.state(case);
    let review = |bytes: &[u8]| bench.review(&state, bytes);
    // A co-signer's journal alone holds the wallets of this world.
    if case.device == "east" {
        return ends(&review(&case.bytes()), 1, "TRN04");
    }
    let form = Refusal {
        rule: "PSB01".into(),
        place: None,
    };
    let bytes = case.bytes();
    match &case.expected {
        Expected::NoPolicy => ends(&review(MAGIC), 1, "TRN04"),
        Expected::NoPsbt => no_psbt(&review(&bytes)),
        Expected::Accept => agree(&[], &reported(&review(&bytes))?),
        Expected::Refuse(_) if case.name == TEXT => agree(&[], &reported(&review(&bytes))?),
        Expected::Refuse(_) if case.name == HEAVIER_BY_FILE => {
            let got = reported(&review(&bytes))?;
            let heavier = !got.contains_key("PSB02") && !got.is_empty();
            heavier.then_some(()).ok_or_else(|| format!("{got:?}"))
        }
        Expected::Refuse(refusals) => {
            let output = review(&bytes);
            refused(&bytes, refusals, &output)
        }
        Expected::CutAnywhere => {
            let stride = if extent == Extent::Every { 1 } else { STRIDE };
            for end in (1..bytes.len()).step_by(stride) {
                let piece = &bytes[..end];
                refused(piece, std::slice::from_ref(&form), &review(piece))?;
            }
            Ok(())
        }
    }
}

/// What a device says of a journal that installs these artefacts: its wallets, or TRN04.
fn registered(bench: &Bench, case: &SheetCase) -> Result<(), String> {
    let device = case.all("device").next().ok_or("no device")?;
    let artefacts = case.all("install").map(|line| {
        let (kind, hex) = line.split_once(' ')?;
        Some((kind.to_owned(), unhex(hex)?))
    });
    let artefacts: Option<Vec<_>> = artefacts.collect();
    let state = bench.folder.join("state");
    fs::create_dir_all(&state).expect("ours");
    let journal = journal_installing(device, &artefacts.ok_or("no artefact")?);
    fs::write(state.join("journal.cbor"), journal).expect("ours");
    fs::write(state.join("lock"), []).expect("ours");
    let output = Command::new(env!("CARGO_BIN_EXE_signer-device"))
        .args(["wallet", "list", "--json", "--state"])
        .arg(&state)
        .env_clear()
        .output()
        .expect("the program starts");
    if case.expected == "installed" {
        let list: Value = serde_json::from_slice(&output.stdout).map_err(|e| said(&output, &e))?;
        return list
            .is_array()
            .then_some(())
            .ok_or_else(|| said(&output, &"no list"));
    }
    ends(&output, 1, "TRN04")
}

#[test]
fn the_program_opens_a_journal_of_registrations_that_may_be() {
    let bench = Bench::create("registration");
    let mut wrong = vec![];
    for sheet in stored_sheets(Kind::Registration) {
        for case in &sheet.cases {
            if let Err(why) = registered(&bench, case) {
                wrong.push(format!("{}/{}: {why}", sheet.name, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

fn judge_all(name: &str, cases: &[(&Family, &Case)], extent: Extent) -> Vec<String> {
    let bench = Bench::create(name);
    let wrong = cases.iter().filter_map(|(family, case)| {
        let why = judge(&bench, case, extent).err()?;
        Some(format!("{}/{}: {why}", family.name, case.name))
    });
    wrong.collect()
}

#[test]
fn the_program_judges_every_case_as_its_family_says() {
    let (families, extent) = (stored(), Extent::asked());
    let named = |family| {
        let taken = Family::taken(family, extent).into_iter();
        taken.map(move |case| (family, case))
    };
    let cases: Vec<(&Family, &Case)> = families.iter().flat_map(named).collect();
    let half = cases.len() / 2;
    let wrong = thread::scope(|scope| {
        let first = scope.spawn(|| judge_all("catalogue-a", &cases[..half], extent));
        let mut wrong = judge_all("catalogue-b", &cases[half..], extent);
        wrong.extend(first.join().expect("no panic"));
        wrong
    });
    println!("{} cases by psbt review", cases.len());
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

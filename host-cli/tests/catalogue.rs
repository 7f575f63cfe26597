//! The catalogue of attacks at the host: what `psbt check` says of every case against plain
//! descriptors and a policy as people write it, and what `transcript verify` says of the session
//! in which a device judged the case. Both are the real program.
//!
//! Usually of each family one case for each thing that may come of it; `HIMURO_CATALOGUE=every`
//! takes all.

mod catalogue {
    pub(crate) mod desk;
    pub(crate) mod sheets;
    pub(crate) mod world;
}

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, process, thread};

use serde_json::Value;
use test_vectors::{
    Case, Expected, Extent, Family, Kind, Refusal, SheetCase, Source, stored, stored_sheets,
};

use catalogue::{desk, sheets, world::World};

/// Rules that `psbt check` does not judge: they ask for a device and what it remembers.
const OF_DEVICES: [&str; 7] = [
    "WAL01", "POL03", "POL05", "POL06", "POL07", "POL09", "POL10",
];
/// The window of change is the policy's, above what the device has paid: a list has none.
const OF_WINDOWS: &str = "WAL05";
/// Without a device no signature is its own.
const OWN_SIGNATURES: &str = "A74-already-signed";
/// A file on a medium may be larger than what comes by pictures.
const HEAVIER_BY_FILE: &str = "file-of-4-mib-and-a-byte";
/// No PSBT where bytes are wanted, and one where a file may be text.
const TEXT: &str = "base64-text";
/// The wallet that must have paid for a case of which nothing can be read.
const USUAL: &str = "cold";

/// A folder for files, on a RAM disk where there is one; removed at the end.
struct Bench {
    folder: PathBuf,
    world: World,
}

impl Bench {
    fn create(name: &str) -> Self {
        let shm = Path::new("/dev/shm");
        let root = if shm.is_dir() {
            shm.to_path_buf()
        } else {
            env::temp_dir()
        };
        let folder = root.join(format!("himuro-host-{name}-{}", process::id()));
        fs::create_dir_all(&folder).expect("the RAM disk takes a folder");
        let world = World::open();
        Self { folder, world }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, bytes).expect("ours");
        path
    }

    /// A path at which nothing is.
    fn fresh(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        let _ = fs::remove_file(&path);
        path
    }

    /// The real program on these files, each behind its argument.
    fn run(&self, command: [&str; 2], files: &[(&str, &Path)], rest: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_host-cli"));
        program.args(command);
        for (argument, path) in files {
            program.arg(argument).arg(path);
        }
        let run = program.args(rest).current_dir(&self.folder).output();
        run.expect("the program starts")
    }

    fn check(&self, case: &Case, wallet: &str) -> Output {
        let psbt = self.write("in.psbt", case.bytes());
        let list = self.write("wallet.json", self.world.descriptors(wallet));
        let mut files = vec![("--psbt", psbt.as_path()), ("--descriptors", &list)];
        let policy = self.world.policy(case, wallet);
        let policy = policy.map(|text| self.write("policy.toml", text));
        files.extend(policy.as_deref().map(|path| ("--policy", path)));
        let tip = case.tip.to_string();
        let rest = ["--network", "regtest", "--height", &tip, "--json"];
        self.run(["psbt", "check"], &files, &rest)
    }

    fn verify(&self, case: &Case, transcript: &[u8]) -> Output {
        let transcript = self.write("session.transcript", transcript);
        let root = self.write("root.cbor", self.world.bytes(&["root"]));
        let identity = self.world.word(&["device", &case.device]);
        let files = [("--transcript", transcript.as_path()), ("--root", &root)];
        let rest = ["--identity", identity];
        self.run(["transcript", "verify"], &files, &rest)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn said(output: &Output, why: &dyn std::fmt::Display) -> String {
    let (code, errors) = (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{why}; exit code {code:?}, {errors}")
}

fn ends(output: &Output, code: i32) -> Result<(), String> {
    let right = output.status.code() == Some(code);
    right
        .then_some(())
        .ok_or_else(|| said(output, &format_args!("not {code}")))
}

/// Rules that refuse, with those that no check judged.
fn reported(output: &Output) -> Result<[BTreeSet<String>; 2], String> {
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|e| said(output, &e))?;
    let lines = report["rules"].as_array().ok_or("no report")?;
    let of = |verdicts: &[&str]| {
        let lines = lines.iter().filter(|line| {
            let verdict = line["verdict"].as_str();
            verdict.is_some_and(|verdict| verdicts.contains(&verdict))
        });
        let rules = lines.filter_map(|line| line["rule"].as_str());
        rules.map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let refused = of(&["refused"]);
    ends(output, i32::from(!refused.is_empty()))?;
    Ok([refused, of(&["not-applicable", "not-reached"])])
}

/// The check refuses by exactly those expected rules that it reaches.
fn checked(bench: &Bench, family: &Family, case: &Case) -> Result<bool, String> {
    let refusals: &[Refusal] = match &case.expected {
        Expected::Accept => &[],
        Expected::Refuse(refusals) => refusals,
        Expected::CutAnywhere | Expected::NoPolicy | Expected::NoPsbt => return Ok(false),
    };
    let otherwise = [HEAVIER_BY_FILE, TEXT].contains(&case.name.as_str());
    if family.name == OWN_SIGNATURES || otherwise || matches!(case.source, Source::File(_)) {
        return Ok(false);
    }
    let wallet = bench.world.payer(&case.bytes()).unwrap_or(USUAL);
    let output = bench.check(case, wallet);
    if !case.bytes().starts_with(b"psbt\xff") && ends(&output, 3).is_ok() {
        return Ok(true);
    }
    let [refused, unjudged] = reported(&output)?;
    let rules = refusals.iter().map(|refusal| refusal.rule.as_str());
    let rules: BTreeSet<&str> = rules.filter(|rule| !rule.starts_with("APP")).collect();
    // A device's own rules stop it before those of the policy; without one they are asked.
    let early = rules.iter().any(|rule| OF_DEVICES.contains(rule));
    let wanted: BTreeSet<String> = rules
        .iter()
        .filter(|rule| !OF_DEVICES.contains(rule))
        .map(|rule| (*rule).to_owned())
        .collect();
    let judged = wanted.iter().all(|rule| !unjudged.contains(rule));
    if judged && (refused == wanted || (early && refused.is_superset(&wanted))) {
        return Ok(true);
    }
    if ["A35-mixed-inputs", "A50-change-place"].contains(&family.name.as_str()) {
        let rest: BTreeSet<String> = wanted
            .iter()
            .filter(|r| *r != OF_WINDOWS)
            .cloned()
            .collect();
        if rest.len() < wanted.len() && rest == refused {
            return Ok(false);
        }
    }
    Err(format!("expected {wanted:?}, got {refused:?}"))
}

/// The auditor's program takes the session as it was, and finds a history that nothing led to.
fn verified(bench: &Bench, case: &Case) -> Result<bool, String> {
    let Some(transcript) = desk::transcript(case)? else {
        return Ok(false);
    };
    let code = i32::from(!case.ledger.is_empty());
    ends(&bench.verify(case, &transcript), code)?;
    // Cut short by its seal, it is no longer a transcript.
    ends(&bench.verify(case, &transcript[..transcript.len() - 1]), 1).or_else(|_| {
        let short = &transcript[..transcript.len() - 1];
        ends(&bench.verify(case, short), 3)
    })?;
    Ok(true)
}

/// One family of sheets; all that is wrong is said at once.
fn over_sheets(kind: Kind, judge: fn(&Bench, &SheetCase) -> Result<(), String>) {
    let bench = Bench::create(kind.file());
    let mut wrong = vec![];
    for sheet in stored_sheets(kind) {
        for case in &sheet.cases {
            if let Err(why) = judge(&bench, case) {
                wrong.push(format!("{}/{}: {why}", sheet.name, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_address_is_its_script_or_refused() {
    over_sheets(Kind::Addresses, sheets::address);
}

#[test]
fn descriptors_are_of_one_sound_wallet_or_refused() {
    over_sheets(Kind::Descriptors, sheets::descriptors);
}

#[test]
fn answers_are_what_was_asked_or_refused() {
    over_sheets(Kind::Answers, sheets::answers);
}

type Judge = fn(&Bench, &Family, &Case) -> Result<bool, String>;

/// How many of these cases were judged, and what is wrong.
fn judge_all(name: &str, cases: &[(&Family, &Case)], judge: Judge) -> (usize, Vec<String>) {
    let bench = Bench::create(name);
    let mut count = 0;
    let mut wrong = vec![];
    for (family, case) in cases {
        match judge(&bench, family, case) {
            Ok(judged) => count += usize::from(judged),
            Err(why) => wrong.push(format!("{}/{}: {why}", family.name, case.name)),
        }
    }
    (count, wrong)
}

fn over_all(name: &str, judge: Judge, least: usize) {
    let (families, extent) = (stored(), Extent::asked());
    let named = |family| {
        let taken = Family::taken(family, extent).into_iter();
        taken.map(move |case| (family, case))
    };
    let cases: Vec<(&Family, &Case)> = families.iter().flat_map(named).collect();
    let (a, b) = cases.split_at(cases.len() / 2);
    let (count, wrong) = thread::scope(|scope| {
        let first = scope.spawn(|| judge_all(&format!("{name}-a"), a, judge));
        let (count, mut wrong) = judge_all(&format!("{name}-b"), b, judge);
        let (more, others) = first.join().expect("no panic");
        wrong.extend(others);
        (count + more, wrong)
    });
    println!("{count} of {} cases by {name}", cases.len());
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= least, "only {count} cases");
}

#[test]
fn the_check_of_the_host_judges_every_case_as_its_family_says() {
    over_all("psbt-check", checked, 150);
}

#[test]
fn the_auditors_program_takes_the_session_of_every_case() {
    over_all(
        "transcript-verify",
        |bench, _, case| verified(bench, case),
        150,
    );
}

//! `device report`: reports of acceptance tests, good, spoiled and failed.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use signer_core::acceptance::{
    AcceptanceReport, Answer, ReportSigner, SignatureTally, Trial, TrialLine, Weight,
};
use signer_core::cose::Scope;
use signer_core::digest::FileDigest;
use signer_core::keys::{CkaId, KeyRole};
use signer_core::token::{Evidence, Line};
use signer_core::transcript::{MadeKey, Software};
use signer_core::types::{Network, Purpose};
use support::device::{SoftDevice, born_in_hsm, hsm_facts};
use support::{Run, host_cli};

const SIGNER: SoftDevice = SoftDevice("tokyo-1");
const SCOPE: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Drill,
};

/// A report in which everything was tried and held.
fn good() -> AcceptanceReport {
    let lines = Trial::ALL.iter().map(|trial| TrialLine {
        trial: *trial,
        answer: match trial.weight() {
            Weight::Attack => Answer::Refused,
            Weight::Duty | Weight::Habit => Answer::Done,
        },
        words: Line::lossy("CKR_OK"),
    });
    AcceptanceReport {
        version: AcceptanceReport::VERSION,
        scope: SCOPE,
        signer: ReportSigner::ThrowAway,
        key: SIGNER.identity(),
        nonce: [7; 32],
        clock: 1_790_000_000,
        hsm: hsm_facts(),
        software: Software {
            version: Line::lossy("0.1.0"),
            revision: Line::lossy("unreleased"),
            binary: FileDigest::over(&[b"binary"]),
            module: FileDigest::over(&[b"module"]),
            profile: FileDigest::over(&[b"profile"]),
        },
        keys: vec![MadeKey {
            public_key: SIGNER.public_key(CkaId::single(KeyRole::Acceptance)),
            attributes: born_in_hsm(),
        }],
        evidence: Evidence::Declared,
        unknown: Vec::new(),
        mechanisms: Vec::new(),
        signatures: SignatureTally {
            signatures: 1_000,
            high_s: 480,
            ..SignatureTally::default()
        },
        trials: lines.collect(),
        timings: Vec::new(),
    }
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("himuro-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("ours");
        Self(folder)
    }

    fn with(self, report: AcceptanceReport) -> Self {
        let bytes = SIGNER.sealed(report, SCOPE).to_bytes();
        fs::write(self.0.join("report"), bytes).expect("ours");
        self
    }

    fn run(&self, key: &str, more: &[&str]) -> Run {
        let fixed = ["device", "report", "--report", "report", "--key", key];
        let arguments = fixed.iter().chain(more).map(|text| (*text).to_owned());
        let folder: &Path = &self.0;
        host_cli(folder, &arguments.collect::<Vec<_>>(), |screen| {
            panic!("nobody is asked: {screen}")
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn words() -> String {
    SIGNER.identity().key_id().words().join(" ")
}

#[test]
fn a_good_report_is_verified_by_the_words_of_the_screen() {
    let folder = Folder::new("report-good").with(good());
    let run = folder.run(&words(), &["--page-out", "page.html"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("standing  passed"), "{}", run.stdout);
    let page = fs::read_to_string(folder.0.join("page.html")).expect("written");
    assert!(page.contains(&words()) && !page.contains("NOT SIGNED"));
    let by_hex = folder.run(&SIGNER.identity().key_id().to_hex(), &[]);
    assert_eq!((by_hex.code, &by_hex.stdout), (0, &run.stdout));
    // A page that is there is not written over.
    let again = folder.run(&words(), &["--page-out", "page.html"]);
    assert_eq!(again.code, 3);
}

#[test]
fn every_json_field_of_a_report_is_documented() {
    let mut report = good();
    report.timings.extend(signer_core::acceptance::Timing::of(
        signer_core::acceptance::Operation::Sign,
        vec![1, 2, 3],
    ));
    let folder = Folder::new("report-json").with(report);
    let run = folder.run(&words(), &["--json"]);
    let json: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(
        (&json["type"], &json["standing"]),
        (&"acceptance".into(), &"passed".into())
    );
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/json.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let places = [
        &json,
        &json["hsm"],
        &json["findings"][0],
        &json["timings"][0],
    ];
    for place in places {
        for field in place.as_object().expect("an object").keys() {
            assert!(page.contains(&format!("`{field}`")), "{field}");
        }
    }
}

#[test]
fn what_did_not_hold_is_exit_code_one_and_the_line_says_it() {
    let mut failed = good();
    let line = failed
        .trials
        .iter_mut()
        .find(|l| l.trial == Trial::CopyNotPrivate);
    line.expect("it is there").answer = Answer::Done;
    let run = Folder::new("report-failed").with(failed).run(&words(), &[]);
    assert_eq!(run.code, 1);
    let told = "FAILED: Copy it with CKA_PRIVATE false: CKR_OK";
    assert!(run.stdout.contains(told), "{}", run.stdout);
    assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);

    let mut short = good();
    short.signatures.signatures = 999;
    let run = Folder::new("report-short").with(short).run(&words(), &[]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("standing  incomplete"),
        "{}",
        run.stdout
    );
}

#[test]
fn another_key_and_a_spoiled_report_are_bad_input() {
    let folder = Folder::new("report-spoiled").with(good());
    let other = SoftDevice("osaka-1").identity().key_id().words().join(" ");
    let run = folder.run(&other, &[]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("signed by another key"),
        "{}",
        run.stderr
    );
    let mut bytes = fs::read(folder.0.join("report")).expect("there");
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(folder.0.join("report"), bytes).expect("ours");
    let run = folder.run(&words(), &[]);
    assert_eq!(
        (run.code, run.stderr.lines().count()),
        (3, 2),
        "{}",
        run.stderr
    );
    assert_eq!(folder.run("one two", &[]).code, 3);
}

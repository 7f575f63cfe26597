//! The acceptance test on openCryptoki's soft token, and its console before a PIN that locks.
//! `scripts/opencryptoki` sets it up and runs this; without it each test says that it is skipped, and why.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use signer_core::acceptance::{CheckedReport, Finding, Standing, Subject, Trial};
use signer_core::digest::{KeyId, from_words};
use support::play::{Act, Played, Prompt, play, typed};

const PIN: &str = "12345678";
const SO_PIN: &str = "87654321";
const LABEL: &str = "test-partition";
const MODULE: &str = "/usr/lib/x86_64-linux-gnu/pkcs11/libopencryptoki.so";
/// Where the files of the test lie, inside the root.
const FOLDER: &str = "tmp/himuro";

/// There is one slot: one test at a time.
static SLOT: Mutex<()> = Mutex::new(());

/// The root folder with openCryptoki in it, and its daemon at work.
struct Root {
    folder: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Root {
    fn find() -> Option<Self> {
        let Some(root) = std::env::var_os("HIMURO_OPENCRYPTOKI") else {
            println!("skipped: HIMURO_OPENCRYPTOKI names no root: run scripts/opencryptoki");
            return None;
        };
        let root = Self {
            folder: root.into(),
            _alone: SLOT.lock().unwrap_or_else(PoisonError::into_inner),
        };
        fs::create_dir_all(root.path("")).expect("ours");
        let program = Path::new(env!("CARGO_BIN_EXE_signer-device"));
        fs::copy(program, root.path("signer-device")).expect("it fits");
        Some(root)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(FOLDER).join(name)
    }

    fn inside(&self, program: &str) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.folder).arg(program);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// A token made ready by the vendor's tool.
    fn provision(&self) {
        self.security_officer(&["--init-token", "--label", LABEL]);
        self.init_pin();
    }

    /// The user's PIN set, or set anew where it is locked.
    fn init_pin(&self) {
        self.security_officer(&["--init-pin", "--pin", PIN]);
    }

    fn security_officer(&self, arguments: &[&str]) {
        let mut tool = self.inside("pkcs11-tool");
        tool.args(["--module", MODULE, "--so-pin", SO_PIN]);
        let done = tool.args(arguments).output().expect("opensc is installed");
        assert!(done.status.success(), "{done:?}");
    }

    fn check(&self, profile: &str) -> Played {
        self.check_by(profile, |prompt| match prompt.id {
            "pin" | "pin-again" => typed(PIN),
            other => panic!("unexpected prompt {other}: wrong PINs lock this token"),
        })
    }

    fn check_by(&self, profile: &str, answers: impl FnMut(&Prompt<'_>) -> Act) -> Played {
        fs::write(self.path("profile.toml"), profile).expect("ours");
        for file in ["report", "page.html"] {
            let _ = fs::remove_file(self.path(file));
        }
        let inside = |name: &str| format!("/{FOLDER}/{name}");
        let mut program = self.inside(&inside("signer-device"));
        program.args(["device", "check", "--token", LABEL, "--network", "regtest"]);
        for (flag, name) in [
            ("--profile", "profile.toml"),
            ("--report-out", "report"),
            ("--page-out", "page.html"),
        ] {
            program.args([flag, &inside(name)]);
        }
        play(&mut program, answers)
    }

    fn report(&self, played: &Played) -> CheckedReport {
        let screen = played.screen("acceptance");
        let four = screen.iter().filter_map(|line| line.split_once(" | "));
        let words: Vec<&str> = four.flat_map(|(_, four)| four.split_whitespace()).collect();
        let key = KeyId::from_bytes(from_words(&words.join(" ")).expect("32 words"));
        let bytes = fs::read(self.path("report")).expect("it was written");
        CheckedReport::open(&bytes, &key).expect("it verifies")
    }
}

fn profile() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../hsm-profiles/profiles");
    let path = Path::new(folder).join("opencryptoki-soft.toml");
    fs::read_to_string(path).expect("the profile is there")
}

#[test]
fn opencryptoki_passes_its_acceptance_test_and_a_loose_template_fails_it() {
    let Some(root) = Root::find() else { return };
    root.provision();
    let played = root.check(&profile());
    played.ended(0).says("the acceptance test passed");
    let checked = root.report(&played);
    let findings = checked.findings();
    assert_eq!(findings.standing(), Standing::Passed);
    // A wrong PIN is not entered where three of them lock the token.
    let open: Vec<Subject> = findings.with(Finding::Open).map(|l| l.subject).collect();
    assert_eq!(open, [Subject::Trial(Trial::WrongPinRefused)]);
    println!("{:?}", checked.report().signatures);
    println!("{:?}", checked.report().timings);

    // Without these two flags the module makes a twin of a key that signs with nobody logged in.
    let loose = profile()
        .replace("    \"CKA_MODIFIABLE\",\n", "")
        .replace("    \"CKA_COPYABLE\",\n", "");
    assert_ne!(loose, profile());
    let played = root.check(&loose);
    played.ended(4).says("the acceptance test failed");
    let findings = root.report(&played).findings();
    let failed: Vec<Subject> = findings.with(Finding::Failed).map(|l| l.subject).collect();
    for trial in [
        Trial::CopyNotPrivate,
        Trial::CopyDerive,
        Trial::CopyAsIs,
        Trial::SetDerive,
    ] {
        assert!(
            failed.contains(&Subject::Trial(trial)),
            "{trial:?}: {failed:?}"
        );
    }
    assert!(
        !failed.contains(&Subject::Trial(Trial::NothingLeft)),
        "{failed:?}"
    );
}

/// Wrong PINs at the real console: what the token says of its PIN stands there before the next one is
/// asked for, and a locked one is not asked for.
#[test]
fn the_console_says_what_is_left_of_the_tries_and_asks_no_locked_pin() {
    let Some(root) = Root::find() else { return };
    root.provision();
    let mistyped = |says: &str, not_yet: &str| {
        root.check_by(&profile(), |prompt| {
            assert_eq!(prompt.id, "pin", "nothing is tried again");
            assert!(prompt.screen.contains(says), "{}", prompt.screen);
            assert!(!prompt.screen.contains(not_yet), "{}", prompt.screen);
            typed("11111111")
        })
    };
    let warned = "a wrong PIN was entered since the last login";
    let last = "ONE TRY IS LEFT for this PIN";
    for (says, not_yet) in [
        ("3 wrong PINs LOCK this token", warned),
        (warned, last),
        (last, "is locked"),
    ] {
        mistyped(says, not_yet).ended(4).says("CKR_PIN_INCORRECT");
    }
    let locked = root.check_by(&profile(), |prompt| panic!("asked for {}", prompt.id));
    locked.ended(4).says("its PIN is locked; no try was made");

    // The security officer unlocks it by the vendor's tool, and the test passes as before.
    root.init_pin();
    root.check(&profile())
        .ended(0)
        .says("the acceptance test passed");
}

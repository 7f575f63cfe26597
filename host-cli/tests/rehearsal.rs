//! Whole ceremonies with the two real programs, in every play; and with PSBTs that other programs
//! have built and finish.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{Address, Network, Transaction};
use signer_core::digest::hex;
use signer_core::frames::{Limits, Received, Receiver};
use signer_core::root::Root;
use signer_core::wallet::DeviceCard;
use signer_core::{codec, cose};
use test_vectors::camera::codes_on;

/// A folder for one rehearsal; removed when the test passed.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let unique = format!("rehearsal-{name}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique);
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn rehearse(&self, arguments: &[&str]) -> String {
        let output = run(&self.0, arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}\n{out}\n{err}");
        out
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every transcript, read by the second verifier: a program that knows `docs/formats` and none
    /// of our code.
    fn transcripts_read_without_our_code(&self) {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let root: Root = codec::decode(&self.read("gap/root.cbor")).unwrap();
        for number in 1.. {
            let name = format!("gap/d{number}.transcript");
            if !self.0.join(&name).exists() {
                assert!(number > 2, "no transcripts");
                break;
            }
            let card = cose::peek::<DeviceCard>(&self.read(&format!("gap/d{number}.card")));
            let output = Command::new(workspace.join("target/interop-venv/bin/python"))
                .arg("-B")
                .arg(workspace.join("test-vectors/formats/journal.py"))
                .args([workspace.join("docs/formats"), self.0.join(&name)])
                .args([
                    root.digest().to_hex(),
                    hex(card.unwrap().identity.as_bytes()),
                ])
                .output()
                .expect("the second verifier is installed: run scripts/setup");
            let error = text(&output.stderr);
            assert!(output.status.success(), "{name}: {error}");
        }
    }

    /// The final transaction has one output: the first receive address of this wallet.
    fn pays_all_to(&self, record: &str) {
        let shown = Command::new(env!("CARGO_BIN_EXE_host-cli"))
            .args(["wallet", "address", "--chain", "receive", "--index", "0"])
            .arg("--wallet")
            .arg(self.0.join("office").join(record))
            .output()
            .unwrap();
        let address: Address<_> = text(&shown.stdout).trim().parse().unwrap();
        let address = address.require_network(Network::Regtest).unwrap();
        let hex = text(&self.read("office/final-transaction.hex"));
        let tx: Transaction = deserialize_hex(hex.trim()).unwrap();
        let paid: Vec<_> = tx.output.iter().map(|out| &out.script_pubkey).collect();
        assert_eq!(paid, [&address.script_pubkey()]);
    }

    /// Every question was answered, and of every device.
    fn audited(&self) {
        let answers = text(&self.read("audit/answers.txt"));
        let asked = answers.lines().filter(|line| line.starts_with("$ "));
        assert_eq!(asked.count(), 12, "{answers}");
        let there = |folder: &str, kind: &str| {
            let entries = fs::read_dir(self.0.join(folder)).unwrap();
            let paths = entries.map(|entry| entry.unwrap().path());
            paths
                .filter(|path| path.extension().is_some_and(|own| own == kind))
                .count()
        };
        let devices = there("gap", "card");
        assert!(devices > 1);
        assert_eq!(there("audit/evidence", "transcript"), devices);
    }

    fn done(self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The last step that was announced is the last one of all.
fn every_step_was_announced(shown: &str) {
    let marks = shown.lines().filter_map(|line| line.strip_prefix('['));
    let last = marks.filter_map(|line| line.split_once(']')).next_back();
    let (step, steps) = last.unwrap().0.trim().split_once('/').unwrap();
    assert_eq!(step, steps, "{shown}");
}

fn run(keep: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_host-cli"))
        .arg("rehearse")
        .args(arguments)
        .arg("--keep")
        .arg(keep)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn three_of_five_with_three_payments_in_japanese() {
    let kept = Kept::new("three-of-five");
    let arguments = [
        "--lang",
        "ja",
        "-m",
        "3",
        "-n",
        "5",
        "--outputs",
        "3",
        "--inputs",
        "4",
    ];
    let shown = kept.rehearse(&arguments);
    assert!(shown.contains("すべての検査に合格しました"), "{shown}");
    every_step_was_announced(&shown);
    kept.audited();
    let screens = text(&kept.read("screens/d3.txt"));
    assert!(
        screens.contains("送付先 3 / 3"),
        "the third payment was not shown"
    );
    // What a person opens: pictures, PSBTs, transaction, cards, record, transcripts.
    for file in [
        "gap/to-d1/frame-0001.png",
        "gap/d5.card",
        "gap/d5.transcript",
        "office/ceremony.psbt",
        "office/combined.psbt",
        "office/final-transaction.hex",
        "office/wallet.cbor",
        "office/root.txt",
        "READ-ME-FIRST.txt",
        "readable/card-d5.txt",
        "readable/psbt-after.txt",
        "readable/psbt-before.txt",
        "readable/transcript-d5.txt",
        "readable/wallet.txt",
    ] {
        assert!(!kept.read(file).is_empty(), "{file}");
    }
    kept.transcripts_read_without_our_code();
    kept.done();
}

#[test]
fn wrapped_addresses_and_version_0() {
    let kept = Kept::new("wrapped");
    let form = ["--script", "sh-wsh", "--psbt-version", "0"];
    let shown = kept.rehearse(&[&form[..], &["-n", "2", "--show"]].concat());
    // What stood on the terminal: the request to both devices, and the answer of each.
    let mut messages: Vec<Receiver> = Vec::new();
    for seen in codes_on(&shown) {
        for found in optics::read::grey(seen.width, seen.height, &seen.pixels) {
            let ignores =
                |to: &mut Receiver| matches!(to.receive(&found), Received::Ignored { .. });
            if messages.iter_mut().all(ignores) {
                let mut another = Receiver::new(Limits::OURS);
                let _ = another.receive(&found);
                messages.push(another);
            }
        }
    }
    assert_eq!(messages.len(), 3);
    assert!(messages.iter().all(|message| message.code().is_some()));
    assert_eq!(&kept.read("office/answer-d1.psbt")[..5], b"psbt\xff");
    // Less than there is crosses the gap, in both directions.
    for way in ["to d1: ", "from d2: "] {
        let sizes = shown.split(way).nth(1).expect("sizes").lines().next();
        let figures = sizes.expect("a line").split(' ');
        let figures: Vec<usize> = figures.filter_map(|word| word.parse().ok()).collect();
        assert!(
            matches!(figures[..], [lean, whole] if lean < whole),
            "{shown}"
        );
    }
    kept.done();
}

#[test]
fn sad_paths_end_in_a_recorded_refusal() {
    for (play, rule) in [
        ("wrong-destination", "POL01"),
        ("expired", "APP03"),
        ("rejected", "APP08"),
    ] {
        let kept = Kept::new(play);
        let shown = kept.rehearse(&["--play", play]);
        every_step_was_announced(&shown);
        for device in ["d1", "d2"] {
            assert!(
                shown.contains(&format!("{device}: {rule} ")),
                "{play}: {shown}"
            );
        }
        assert!(
            !kept.0.join("office/final-transaction.hex").exists(),
            "{play}"
        );
        // What came out is the device's word that it refused, and the host takes it for that.
        assert!(
            shown.contains(&format!("d1: refused by  {rule} ")),
            "{play}: {shown}"
        );
        assert!(!kept.0.join("office/answer-d1.psbt").exists(), "{play}");
        kept.transcripts_read_without_our_code();
        kept.done();
    }
}

/// Frozen by one, refused, thawed by two administrators, and then signed as ever.
#[test]
fn a_frozen_device_signs_again_after_a_quorum_thawed_it() {
    let kept = Kept::new("frozen");
    let shown = kept.rehearse(&["--play", "frozen", "-n", "2"]);
    every_step_was_announced(&shown);
    assert!(!kept.0.join("gap/frozen.psbt").exists());
    let screens = text(&kept.read("screens/d1.txt"));
    for said in ["the device is frozen", "x ENV03", "the device is thawed"] {
        assert!(screens.contains(said), "{said}: {screens}");
    }
    assert!(!kept.read("office/final-transaction.hex").is_empty());
    kept.transcripts_read_without_our_code();
    kept.done();
}

/// Frozen devices bring every coin to the emergency wallet, and the auditor finds it in order.
#[test]
fn frozen_devices_sweep_to_the_emergency_wallet() {
    let kept = Kept::new("sweep");
    let shown = kept.rehearse(&["--play", "sweep", "-n", "2"]);
    every_step_was_announced(&shown);
    for device in ["d1", "d2"] {
        let screens = text(&kept.read(&format!("screens/{device}.txt")));
        for said in [
            "the device is frozen",
            "** SWEEP ** SUMMARY",
            "Emergency 01",
        ] {
            assert!(screens.contains(said), "{device}: {said}");
        }
    }
    kept.pays_all_to("emergency.cbor");
    kept.audited();
    assert!(text(&kept.read("READ-ME-FIRST.txt")).contains("nothing but the sweep"));
    kept.transcripts_read_without_our_code();
    kept.done();
}

/// One frozen device leaves the wallet without a spare: the others move its coins.
#[test]
fn the_coins_of_a_wallet_without_a_spare_move_to_a_new_wallet() {
    let kept = Kept::new("migration");
    let shown = kept.rehearse(&["--play", "migration"]);
    every_step_was_announced(&shown);
    assert!(
        shown.contains("wallet Customer cold 01: 2 devices must sign and 2 can"),
        "{shown}"
    );
    for device in ["d1", "d2", "d3"] {
        let screens = text(&kept.read(&format!("screens/{device}.txt")));
        assert!(screens.contains("the wallet is retired"), "{device}");
    }
    kept.pays_all_to("new-wallet.cbor");
    kept.audited();
    kept.transcripts_read_without_our_code();
    kept.done();
}

#[test]
fn an_existing_folder_is_left_alone() {
    let kept = Kept::new("existing");
    fs::create_dir_all(&kept.0).unwrap();
    fs::write(kept.0.join("mine"), "mine").unwrap();
    let output = run(&kept.0, &[]);
    assert_eq!(output.status.code(), Some(3));
    let error = text(&output.stderr);
    assert!(
        error.contains("exists already") && error.trim().lines().count() == 2,
        "{error}"
    );
    assert_eq!(kept.read("mine"), b"mine");
    kept.done();
}

#[test]
fn arguments_that_do_not_go_together_are_refused() {
    let arguments: [&[&str]; 7] = [
        &["-m", "1"],
        &["-m", "4"],
        &["-n", "16"],
        &["--inputs", "0"],
        &["--play", "migration", "-n", "2"],
        &["--play", "sweep", "--outputs", "2"],
        &["--play", "sweep", "--builder", "python"],
    ];
    for arguments in arguments {
        let kept = Kept::new("quorum");
        let output = run(&kept.0, arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(!kept.0.exists(), "{arguments:?}");
    }
}

#[test]
fn embit_builds_and_finishes_version_0() {
    foreign_program("embit", "0", "wsh");
}

#[test]
fn embit_builds_and_finishes_version_2() {
    foreign_program("embit", "2", "sh-wsh");
}

#[test]
fn libwally_builds_and_finishes_version_0() {
    foreign_program("wally", "0", "sh-wsh");
}

#[test]
fn libwally_builds_and_finishes_version_2() {
    foreign_program("wally", "2", "wsh");
}

/// The unsigned PSBT comes from a program that knows the wallet by its descriptors alone; the
/// devices sign it; the same program combines and finalizes to the transaction that ours makes.
fn foreign_program(library: &str, version: &str, script: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let python = root.join("target/interop-venv/bin/python");
    assert!(
        python.exists(),
        "the foreign libraries are missing: run scripts/setup"
    );
    let interop = root.join("test-vectors/interop");
    let builder = format!(
        "{} {} --library {library}",
        python.display(),
        interop.join("build.py").display()
    );
    let kept = Kept::new(&format!("{library}-{version}"));
    kept.rehearse(&[
        "--builder",
        &builder,
        "--psbt-version",
        version,
        "--script",
        script,
        "--outputs",
        "2",
    ]);

    let office = kept.0.join("office");
    let finished = Command::new(&python)
        .arg(interop.join("finish.py"))
        .args([
            "--library",
            library,
            "--psbts",
            "answer-d1.psbt",
            "answer-d2.psbt",
        ])
        .args(["--out", "foreign.hex"])
        .current_dir(&office)
        .output()
        .unwrap();
    assert!(finished.status.success(), "{}", text(&finished.stderr));
    let (ours, theirs) = (
        kept.read("office/final-transaction.hex"),
        kept.read("office/foreign.hex"),
    );
    assert_eq!(text(&ours).trim(), text(&theirs).trim());
    kept.done();
}

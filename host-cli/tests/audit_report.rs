//! `audit report` and `audit pack` over what the two real programs leave: pages of every session and case, the same
//! bytes again, and what is said where evidence was tampered with or is not there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bitcoin::absolute::LockTime;
use bitcoin::block::{self, Header};
use bitcoin::consensus::encode::{serialize, serialize_hex};
use bitcoin::hashes::Hash as _;
use bitcoin::{Block, BlockHash, CompactTarget, ScriptBuf, Transaction, TxIn, TxOut, transaction};
use serde_json::Value;

#[path = "support/authority.rs"]
mod authority;

use authority::{Authority, P256, RSA};

const CASE: &str = "wr-2026-000123";
const DEVICES: [&str; 3] = ["d1", "d2", "d3"];

/// A rehearsal, its evidence in one folder, and a trust file beside it.
struct Office(PathBuf);

impl Office {
    fn rehearsed(name: &str, play: &str) -> Self {
        let unique = format!("audit-report-{name}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique);
        let _ = fs::remove_dir_all(&folder);
        let office = Self(folder);
        let kept = office.path("kept");
        fs::create_dir_all(office.path("evidence")).expect("ours");
        let rehearsal = ["rehearse", "--inputs", "2", "--play", play, "--keep"];
        let run = Self::run(&[&rehearsal[..], &[&kept]].concat());
        assert!(run.status.success(), "{}", text(&run.stderr));
        for device in DEVICES {
            office.take(&format!("kept/gap/{device}.transcript"));
        }
        if play == "good" {
            office.take("kept/office/final-transaction.hex");
            office.take("kept/office/combined.psbt");
            office.take("kept/gap/wallet.cbor");
        }
        fs::write(office.0.join("trust.toml"), office.trust()).expect("ours");
        office
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("our own name").to_owned()
    }

    fn take(&self, file: &str) {
        let from = self.0.join(file);
        let to = self
            .0
            .join("evidence")
            .join(from.file_name().expect("a file"));
        fs::copy(&from, to).expect("the rehearsal left it");
    }

    /// What an auditor copies from the papers.
    fn trust(&self) -> String {
        let root = self.path("kept/gap/root.cbor");
        let shown = Self::json(&["root", "show", "--root", &root]);
        let mut text = format!("root = {}\n", shown["digest"]["hex"]);
        for device in DEVICES {
            let card = self.path(&format!("kept/gap/{device}.card"));
            let shown = Self::json(&["device", "show", "--root", &root, "--card", &card]);
            let identity = &shown["identity"];
            let name = format!("name = \"{device}\"");
            text.extend([
                "\n[[device]]\n",
                &name,
                &format!("\nidentity = {identity}\n"),
            ]);
        }
        text
    }

    fn json(args: &[&str]) -> Value {
        let run = Self::run(&[args, &["--json"]].concat());
        assert!(run.status.success(), "{}", text(&run.stderr));
        serde_json::from_slice(&run.stdout).expect("JSON")
    }

    fn run(args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_host-cli"))
            .args(args)
            .output()
            .expect("the program runs")
    }

    fn report(&self, out: &str, more: &[&str]) -> Output {
        let (folder, trust, out) = (
            self.path("evidence"),
            self.path("trust.toml"),
            self.path(out),
        );
        let args = [
            "audit", "report", "--folder", &folder, "--trust", &trust, "--out", &out,
        ];
        Self::run(&[&args[..], more].concat())
    }

    fn page(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn done(self) {
        fs::remove_dir_all(self.0).expect("ours");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_session_and_case_has_its_page_and_gets_it_again() {
    let office = Office::rehearsed("good", "good");
    let run = office.report("pages", &[]);
    let said = text(&run.stdout);
    assert!(run.status.success(), "{said}{}", text(&run.stderr));
    assert!(said.starts_with("15 of 15 pages: "), "{said}");
    assert_eq!(
        fs::read_dir(office.0.join("pages")).expect("made").count(),
        15
    );

    let case = office.page(&format!("pages/case-{CASE}.html"));
    assert!(case.contains("FINISHED: the final transaction is the approved one"));
    assert!(case.contains("4 of its 4 signatures were made in the sessions of this page"));
    assert!(case.contains("2 of 2 sessions that signed were about the very same request"));

    // The very command that the page names makes the very page.
    let command =
        "host-cli audit report --folder FOLDER --trust TRUST --device d1 --session 5 --out OUT";
    let page = office.page("pages/session-d1-5.html");
    assert!(page.contains(command));
    let run = office.report(
        "again",
        &["--device", "d1", "--session", "5", "--lang", "ja"],
    );
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert_eq!(page, office.page("again/session-d1-5.html"));
    let run = office.report("case", &["--case", CASE]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert_eq!(case, office.page(&format!("case/case-{CASE}.html")));

    // The source that the page names is what any program digests.
    let journal = fs::read(office.0.join("evidence/d1.transcript")).expect("there");
    let digest = signer_core::digest::hex(&signer_core::digest::sha256_of(&journal));
    assert!(page.contains(&format!("{digest} ({} bytes)", journal.len())));

    a_bundle_is_checked_anywhere(&office);
    missing_and_tampered(&office);
    office.done();
}

/// Everything of the case in one folder; each way to spoil it is noticed.
fn a_bundle_is_checked_anywhere(office: &Office) {
    let pack = |out: &str| {
        let (folder, trust, out) = (
            office.path("evidence"),
            office.path("trust.toml"),
            office.path(out),
        );
        let args = ["audit", "pack", "--folder", &folder, "--trust", &trust];
        Office::run(&[&args[..], &["--case", CASE, "--out", &out]].concat())
    };
    let verify = |trust: &str| {
        let (folder, trust) = (office.path("bundle"), office.path(trust));
        Office::run(&[
            "audit", "pack", "--verify", "--folder", &folder, "--trust", &trust,
        ])
    };
    for out in ["bundle", "bundle-again"] {
        let run = pack(out);
        assert!(
            run.status.success(),
            "{}{}",
            text(&run.stdout),
            text(&run.stderr)
        );
    }
    let read = |name: &str| fs::read(office.0.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let list = read("bundle/MANIFEST.sha256");
    assert_eq!(list, read("bundle-again/MANIFEST.sha256"));
    for name in [
        "transcripts/d1.transcript",
        "psbts/1.psbt",
        "final-transaction.hex",
        "READ-ME.txt",
    ] {
        assert!(text(&list).contains(name), "{name}");
    }

    // With nothing of ours, and with ours and the auditor's own trust file.
    let mut sums = Command::new("sha256sum");
    let sums = sums.args(["--check", "--strict", "MANIFEST.sha256"]);
    let run = sums
        .current_dir(office.0.join("bundle"))
        .output()
        .expect("coreutils");
    assert!(run.status.success(), "{}", text(&run.stdout));
    let run = verify("trust.toml");
    assert!(
        run.status.success(),
        "{}{}",
        text(&run.stdout),
        text(&run.stderr)
    );
    assert!(text(&run.stdout).contains("made again, the same bytes"));

    // The copy that came with it is no trust file.
    let copy = "bundle/trust-copy-NOT-THE-ANCHOR.toml";
    assert!(text(&read(copy)).starts_with("# A COPY FOR READING, NOT THE TRUST ANCHOR"));
    assert_eq!(verify(copy).status.code(), Some(3));

    every_device(office, &pack, &verify);
    changed(office, &verify);
    forged_list(office, &verify);
    tokens(office, &list);
}

/// Nothing is a case while a device of the trust file could have done anything.
fn every_device(office: &Office, pack: &dyn Fn(&str) -> Output, verify: &dyn Fn(&str) -> Output) {
    fs::rename(
        office.0.join("evidence/d3.transcript"),
        office.0.join("d3.transcript"),
    )
    .expect("ours");
    let run = pack("without-d3");
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stdout));
    assert!(text(&run.stdout).contains("device d3"));
    assert!(!office.0.join("without-d3").exists());
    let run = office.report("without-d3", &["--case", CASE]);
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stdout));
    assert!(text(&run.stdout).contains("device d3"));
    fs::rename(
        office.0.join("d3.transcript"),
        office.0.join("evidence/d3.transcript"),
    )
    .expect("ours");
    let more = "\n[[device]]\nname = \"d4\"\nidentity = \"".to_owned() + &"4".repeat(64) + "\"\n";
    let trusted = fs::read_to_string(office.0.join("trust.toml")).expect("ours");
    fs::write(office.0.join("trust-4.toml"), trusted + &more).expect("ours");
    let run = verify("trust-4.toml");
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stdout));
    assert!(text(&run.stdout).contains("device d4"));
}

/// One character of a file is another one.
fn changed(office: &Office, verify: &dyn Fn(&str) -> Output) {
    for name in [
        "psbts/1.psbt",
        "final-transaction.hex",
        "trust-copy-NOT-THE-ANCHOR.toml",
    ] {
        let path = office.0.join("bundle").join(name);
        let whole = fs::read(&path).expect("there");
        let mut other = whole.clone();
        // Still a number in hexadecimal, still a PSBT, still text.
        let end = other.len() - 2;
        other[end] = if other[end] == b'0' { b'1' } else { b'0' };
        fs::write(&path, other).expect("ours");
        let run = verify("trust.toml");
        assert_eq!(run.status.code(), Some(1), "{name}: {}", text(&run.stdout));
        assert!(text(&run.stdout).contains("changed"), "{name}");
        fs::write(&path, whole).expect("ours");
    }
}

/// Whoever changes the report and its line on the list too is found by the transcripts.
fn forged_list(office: &Office, verify: &dyn Fn(&str) -> Output) {
    use signer_core::digest::{hex, sha256_of};
    let (name, list) = (
        format!("report/case-{CASE}.html"),
        office.0.join("bundle/MANIFEST.sha256"),
    );
    let page = office.0.join("bundle").join(&name);
    let (whole, lines) = (
        fs::read(&page).expect("there"),
        fs::read_to_string(&list).expect("there"),
    );
    let forged = text(&whole).replace("suzuki", "saitou").into_bytes();
    let swapped = lines.replace(&hex(&sha256_of(&whole)), &hex(&sha256_of(&forged)));
    assert_ne!(swapped, lines);
    fs::write(&page, forged).expect("ours");
    fs::write(&list, swapped).expect("ours");
    let run = verify("trust.toml");
    assert_eq!(run.status.code(), Some(1), "{}", text(&run.stdout));
    assert!(text(&run.stdout).contains("not what the transcripts give"));
    fs::write(&page, whole).expect("ours");
    fs::write(&list, lines).expect("ours");

    let strange = office.0.join("bundle/report/note.txt");
    fs::write(&strange, "hello").expect("ours");
    let run = verify("trust.toml");
    assert_eq!(run.status.code(), Some(1), "{}", text(&run.stdout));
    assert!(text(&run.stdout).contains("not on the list"));
    fs::remove_file(strange).expect("ours");
}

/// What a token proves with what the auditor has: the block of a node, the certificate of an authority.
fn tokens(office: &Office, list: &[u8]) {
    open_timestamps(office, list);
    rfc_3161(office, list);
}

fn verify_with(office: &Office, trust: &str, more: &[&str], code: i32, said: &str) {
    let (folder, trust) = (office.path("bundle"), office.path(trust));
    let args = [
        "audit", "pack", "--verify", "--folder", &folder, "--trust", &trust,
    ];
    let run = Office::run(&[&args[..], more].concat());
    let shown = text(&run.stdout) + &text(&run.stderr);
    assert_eq!(run.status.code(), Some(code), "{shown}");
    assert!(shown.contains(said), "{shown}");
}

/// A list whose digest stands in the coinbase of a block: with that block, with another one, with none.
fn open_timestamps(office: &Office, list: &[u8]) {
    const MAGIC: &[u8] =
        b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08";
    let digest = signer_core::digest::sha256_of(list);
    let (block, other) = (stamped_block(digest), stamped_block([1; 32]));
    let coinbase = serialize(&block.txdata[0]);
    let at = coinbase
        .windows(32)
        .position(|part| part == digest)
        .expect("in it");
    let step = |step: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).expect("short");
        [&[step, length], bytes].concat()
    };
    let way = [
        step(0xf0, &coinbase[at + 32..]),
        step(0xf1, &coinbase[..at]),
        vec![8, 8],
        vec![0, 5, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 1, 1, 77],
    ];
    for (name, block) in [("block.hex", &block), ("other.hex", &other)] {
        fs::write(office.0.join(name), serialize_hex(block)).expect("ours");
    }
    let blocks = office.path("block.hex");
    let others = office.path("other.hex");
    let path = office.0.join("bundle/MANIFEST.sha256.ots");
    let write = |digest: &[u8]| {
        fs::write(&path, [MAGIC, digest, &way.concat()].concat()).expect("ours");
    };
    write(&digest);
    verify_with(office, "trust.toml", &[], 2, "give that block (--blocks)");
    verify_with(
        office,
        "trust.toml",
        &["--blocks", &blocks],
        0,
        "before block 77 of 2026-11-22",
    );
    verify_with(
        office,
        "trust.toml",
        &["--blocks", &others],
        1,
        "another Merkle root",
    );
    write(&[1; 32]);
    verify_with(
        office,
        "trust.toml",
        &["--blocks", &blocks],
        1,
        "of another list",
    );
    fs::remove_file(path).expect("ours");
}

/// A block at height 77 with one transaction, whose output holds a digest.
fn stamped_block(digest: [u8; 32]) -> Block {
    let coinbase = Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            script_sig: ScriptBuf::builder().push_int(77).into_script(),
            ..TxIn::default()
        }],
        output: vec![TxOut {
            value: bitcoin::Amount::ZERO,
            script_pubkey: ScriptBuf::new_op_return(digest),
        }],
    };
    Block {
        header: Header {
            version: block::Version::TWO,
            prev_blockhash: BlockHash::from_byte_array([7; 32]),
            merkle_root: coinbase.compute_txid().to_raw_hash().into(),
            time: 1_795_382_100,
            bits: CompactTarget::from_consensus(0x207f_ffff),
            nonce: 0,
        },
        txdata: vec![coinbase],
    }
}

/// A token of an authority that the trust file names, of one that it does not, and with no such line.
fn rfc_3161(office: &Office, list: &[u8]) {
    let (ours, other) = (
        Authority::new("report", P256),
        Authority::new("report-other", RSA),
    );
    let trust = fs::read_to_string(office.0.join("trust.toml")).expect("there");
    let named = |authority: &Authority| {
        let certificate = authority.pem("ca");
        format!(
            "{trust}\n[[timestamp]]\nname = \"Example TSA\"\ncertificate = \"\"\"\n{certificate}\"\"\"\n"
        )
    };
    fs::write(office.0.join("trust-tsa.toml"), named(&ours)).expect("ours");
    fs::write(office.0.join("trust-other.toml"), named(&other)).expect("ours");
    let listed = || format!("{}revoked = \"\"\"\n{}\"\"\"\n", named(&ours), ours.list());
    fs::write(office.0.join("trust-listed.toml"), listed()).expect("ours");
    let path = office.0.join("bundle/MANIFEST.sha256.tsr");
    fs::write(&path, ours.token(list, "-sha256")).expect("ours");
    verify_with(office, "trust.toml", &[], 2, "names no authority");
    verify_with(
        office,
        "trust-tsa.toml",
        &[],
        0,
        "by the token of Example TSA; whether its certificate was revoked was not asked",
    );
    verify_with(
        office,
        "trust-listed.toml",
        &[],
        0,
        "its certificate is on no list of revoked ones that you gave",
    );
    ours.revoke("tsa");
    fs::write(office.0.join("trust-listed.toml"), listed()).expect("ours");
    verify_with(
        office,
        "trust-listed.toml",
        &[],
        1,
        "signed by a certificate that was revoked",
    );
    verify_with(
        office,
        "trust-other.toml",
        &[],
        1,
        "by no authority of the trust file",
    );
    fs::write(&path, ours.token(b"another list", "-sha256")).expect("ours");
    verify_with(office, "trust-tsa.toml", &[], 1, "of another list");
    fs::remove_file(path).expect("ours");
}

/// A case that nobody knows, a transaction of nobody, and a transcript that was changed.
fn missing_and_tampered(office: &Office) {
    let run = office.report("none", &["--case", "wr-unknown"]);
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stdout));
    assert!(!office.0.join("none").exists());

    let path = office.0.join("evidence/d2.transcript");
    let whole = fs::read(&path).expect("there");
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(&path, changed).expect("ours");
    let run = office.report("tampered", &[]);
    assert_eq!(run.status.code(), Some(1), "{}", text(&run.stdout));
    assert!(!office.0.join("tampered/session-d2-5.html").exists());
    let case = office.page(&format!("tampered/case-{CASE}.html"));
    assert!(case.contains("FINISHED, NOT COMPLETE HERE"), "{case}");
    fs::write(&path, whole).expect("ours");
}

#[test]
fn a_request_that_was_rejected_has_its_page_too() {
    let office = Office::rehearsed("rejected", "rejected");
    let run = office.report("pages", &["--case", CASE]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let case = office.page(&format!("pages/case-{CASE}.html"));
    assert!(case.contains("NOTHING WAS SIGNED"));
    let refused = case.lines().find(|line| line.contains("REFUSED by a rule"));
    assert!(
        refused.is_some_and(|line| line.contains("APP08")),
        "{refused:?}"
    );
    office.done();
}

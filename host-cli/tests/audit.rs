//! An auditor's questions over the folder of a real ceremony: each passes, fails, and says what is
//! missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bitcoin::block::{Header, Version};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::Hash as _;
use bitcoin::{Block, BlockHash, CompactTarget, ScriptBuf, Transaction, TxMerkleNode};
use serde_json::Value;
use signer_core::codec;
use signer_core::cose;
use signer_core::root::Root;
use signer_core::transcript::{Body, Entry, JournalHead};
use signer_core::wallet::DeviceCard;

/// Questions that are asked of transcripts alone.
const TRANSCRIPTS: &[&str] = &[
    "verify",
    "chain",
    "signatures",
    "people",
    "approvals",
    "shown",
    "policy",
    "destinations",
    "limits",
    "roster",
    "refusals",
    "exceptions",
    "keys",
    "placement",
    "software",
    "rng",
    "sample",
];
/// Questions that are asked of the auditor's node too.
const NODE: &[&str] = &["complete", "open", "nonces", "time"];

/// The newest block of the auditor's node: no device of the ceremony knows it.
const TIP: i64 = 60;

/// A folder of this test program.
fn scratch(name: &str) -> PathBuf {
    let unique = format!("audit-{name}-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique);
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// The ceremony that every test looks at. It is played when the first test asks for it, and goes
/// away with the last one.
struct Played(PathBuf);

impl Drop for Played {
    fn drop(&mut self) {
        // A test that failed has said why already.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn ceremony() -> Arc<Played> {
    static SHARED: Mutex<Weak<Played>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let keep = scratch("ceremony");
        let played = Command::new(env!("CARGO_BIN_EXE_host-cli"))
            .args(["rehearse", "--inputs", "2", "--keep"])
            .arg(&keep)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&played.stderr).into_owned();
        assert!(played.status.success(), "{words}");
        let played = Arc::new(Played(keep));
        *shared = Arc::downgrade(&played);
        played
    })
}

/// What an auditor was given, and what they have of their own.
struct Audit {
    folder: PathBuf,
    /// Kept for the tests that run beside this one.
    _played: Arc<Played>,
}

/// What a command left.
struct Run {
    out: String,
    err: String,
    code: i32,
}

impl Audit {
    fn of(name: &str) -> Self {
        let shared = ceremony();
        let played = shared.0.as_path();
        let folder = scratch(name);
        fs::create_dir_all(folder.join("evidence")).unwrap();
        for file in [
            "gap/d1.transcript",
            "gap/d2.transcript",
            "gap/d3.transcript",
            "gap/root.cbor",
            "gap/wallet.cbor",
            "gap/policy.cbor",
            "gap/roster.cbor",
            "gap/d1.card",
            "office/answer-d1.psbt",
            "office/answer-d2.psbt",
            "office/combined.psbt",
            "office/final-transaction.hex",
        ] {
            let name = Path::new(file).file_name().unwrap();
            let to = folder.join("evidence").join(name);
            fs::copy(played.join(file), to).unwrap();
        }
        let audit = Self {
            folder,
            _played: Arc::clone(&shared),
        };
        audit.write("trust.toml", trust(played).as_bytes());
        let tx = fs::read_to_string(played.join("office/final-transaction.hex")).unwrap();
        let tx = deserialize_hex(tx.trim()).unwrap();
        audit.write("blocks.hex", node(&[tx], now()).as_bytes());
        audit
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    fn run(&self, line: &str) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_host-cli"))
            .current_dir(&self.folder)
            .arg("audit")
            .args(line.split_whitespace())
            .output()
            .unwrap();
        Run {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// Asks a question of the folder, with blocks where it takes them.
    fn ask(&self, question: &str) -> Run {
        let more = more(question);
        self.run(&format!(
            "{question} --folder evidence --trust trust.toml {more}"
        ))
    }

    /// The same, and the exit code that must come of it.
    fn must(&self, question: &str, code: i32) -> String {
        let run = self.ask(question);
        assert_eq!(run.code, code, "{question}\n{}{}", run.out, run.err);
        run.out
    }

    fn done(self) {
        fs::remove_dir_all(self.folder).unwrap();
    }
}

/// What a question takes beside folder and trust file.
fn more(question: &str) -> &'static str {
    match question {
        "sample" => "-n 25 --seed 2026-Q4",
        _ if NODE.contains(&question) => "--blocks blocks.hex",
        _ => "",
    }
}

/// The trust file, as somebody copies it from the papers: here from the root and the cards.
fn trust(played: &Path) -> String {
    let root: Root = codec::decode(&fs::read(played.join("gap/root.cbor")).unwrap()).unwrap();
    let mut text = format!("root = \"{}\"\n", root.digest().words().join(" "));
    for number in 1..=3 {
        let card = fs::read(played.join(format!("gap/d{number}.card"))).unwrap();
        let card = cose::peek::<DeviceCard>(&card).unwrap();
        let id = card.identity.device_id();
        let name = card.name;
        let device = format!("\n[[device]]\nname = \"{name}\"\nidentity = \"{id}\"\n");
        text.push_str(&device);
    }
    let (version, binary) = release(&fs::read(played.join("gap/d1.transcript")).unwrap());
    text + &format!("\n[[release]]\nversion = \"{version}\"\nbinary = \"{binary}\"\n")
}

/// The program that the first session says it ran; an auditor computes it from the source.
fn release(mut rest: &[u8]) -> (String, String) {
    while let Ok((item, after)) = codec::split_first(rest) {
        let entry: Entry = codec::decode(item).unwrap();
        if let Body::SessionOpened(opened) = entry.body {
            let ran = opened.software;
            return (ran.version.to_string(), ran.binary.to_hex());
        }
        rest = after;
    }
    panic!("no session");
}

/// A block that holds these transactions.
/// Every block up to one that no device knows, each in a line; the last one holds these transactions.
fn node(last: &[Transaction], time: u32) -> String {
    let (mut previous, mut lines) = (genesis().block_hash(), String::new());
    for height in 1..=TIP {
        let mut txdata = vec![coinbase(height)];
        txdata.extend(last.iter().filter(|_| height == TIP).cloned());
        let block = block(previous, txdata, time);
        previous = block.block_hash();
        lines.push_str(&serialize_hex(&block));
        lines.push('\n');
    }
    lines
}

fn genesis() -> Block {
    bitcoin::constants::genesis_block(bitcoin::Network::Regtest)
}

/// The first transaction of a block, which states its height (BIP34).
fn coinbase(height: i64) -> Transaction {
    let mut coinbase = genesis().txdata.remove(0);
    coinbase.input[0].script_sig = ScriptBuf::builder()
        .push_int(height)
        .push_int(0)
        .into_script();
    coinbase
}

fn block(previous: BlockHash, txdata: Vec<Transaction>, time: u32) -> Block {
    let mut block = Block {
        header: Header {
            version: Version::TWO,
            prev_blockhash: previous,
            merkle_root: TxMerkleNode::all_zeros(),
            time,
            bits: CompactTarget::from_consensus(0x207f_ffff),
            nonce: 0,
        },
        txdata,
    };
    block.header.merkle_root = block.compute_merkle_root().unwrap();
    block
}

fn now() -> u32 {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    u32::try_from(now.as_secs()).unwrap()
}

/// A transcript without its last session: as old as its second-last seal.
fn without_last_session(bytes: &[u8]) -> Vec<u8> {
    let (mut rest, mut seals, mut at) = (bytes, Vec::new(), 0);
    while !rest.is_empty() {
        let (item, after) = codec::split_first(rest).unwrap();
        at += item.len();
        let entry: Entry = codec::decode(item).unwrap();
        if matches!(entry.body, Body::Sealed(_)) {
            seals.push(at);
        }
        rest = after;
    }
    bytes[..seals[seals.len() - 2]].to_vec()
}

#[test]
fn every_question_passes_over_a_ceremony_without_fault() {
    let audit = Audit::of("passes");
    for question in TRANSCRIPTS.iter().chain(NODE) {
        let said = audit.must(question, 0);
        let sentence = said.lines().next().unwrap();
        if !sentence.starts_with("there are no ") {
            let (count, _) = sentence.split_once(':').unwrap();
            let numbers: Vec<&str> = count.split_whitespace().collect();
            assert_eq!(numbers[0], numbers[2], "{question}: {sentence}");
        }
        let japanese = audit.run(&format!(
            "--lang ja {question} --folder evidence --trust trust.toml {}",
            more(question)
        ));
        assert!(japanese.out.lines().next().unwrap().ends_with('。'));
    }
    audit.done();
}

#[test]
fn json_says_the_same_as_the_text() {
    let audit = Audit::of("json");
    for question in TRANSCRIPTS.iter().chain(NODE) {
        let text = audit.ask(question).out;
        let run = audit.run(&format!(
            "{question} --folder evidence --trust trust.toml --json {}",
            more(question)
        ));
        let json: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(json["question"], **question);
        assert_eq!(json["conclusion"], "pass");
        assert_eq!(json["sentence"]["en"], text.lines().next().unwrap());
        let cases = json["cases"].as_array().unwrap();
        assert_eq!(json["passed"], cases.len());
        assert_eq!(cases.len(), text.lines().count() - 1);
    }
    audit.done();
}

#[test]
fn a_missing_transcript_is_missing_evidence_for_every_question() {
    let audit = Audit::of("missing");
    audit.remove("evidence/d2.transcript");
    for question in TRANSCRIPTS.iter().chain(NODE) {
        let said = audit.must(question, 2);
        assert!(said.contains("  missing  device d2: F02"), "{said}");
    }
    audit.done();
}

#[test]
fn a_changed_transcript_fails_every_question() {
    let audit = Audit::of("changed");
    let mut bytes = audit.read("evidence/d1.transcript");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    audit.write("evidence/d1.transcript", &bytes);
    for question in TRANSCRIPTS.iter().chain(NODE) {
        let said = audit.must(question, 1);
        assert!(said.contains("F01"), "{said}");
    }
    audit.done();
}

/// The transcript verifies by itself. What it does not tell lies in the PSBTs and in the blocks.
#[test]
fn a_transcript_from_before_the_signatures_is_found_out() {
    let audit = Audit::of("older");
    let newest = audit.read("evidence/d1.transcript");
    let older = without_last_session(&newest);
    audit.write("evidence/d1.transcript", &older);
    audit.must("verify", 0);
    audit.must("signatures", 0);
    let said = audit.must("complete", 1);
    assert!(said.contains("F06"), "{said}");
    assert!(said.contains("F07"), "{said}");
    // Beside the newest one it lies on the same line.
    audit.write("evidence/d1-newest.transcript", &newest);
    audit.must("chain", 0);
    audit.must("complete", 0);
    audit.done();
}

#[test]
fn a_signature_outside_every_ceremony_is_found_in_a_block() {
    let audit = Audit::of("outside");
    let text = String::from_utf8(audit.read("evidence/final-transaction.hex")).unwrap();
    let mut tx: Transaction = deserialize_hex(text.trim()).unwrap();
    // The same coins spent by a signature that no device recorded.
    let mut witness: Vec<Vec<u8>> = tx.input[0].witness.to_vec();
    let place = witness[1].len() - 8;
    witness[1][place] ^= 1;
    tx.input[0].witness = bitcoin::Witness::from_slice(&witness);
    audit.write("blocks.hex", node(&[tx], now()).as_bytes());
    let said = audit.must("complete", 1);
    assert!(said.contains("F06"), "{said}");
    // The s changed and the r did not: that is a nonce used twice.
    let said = audit.must("nonces", 1);
    assert!(said.contains("F08"), "{said}");
    audit.done();
}

#[test]
fn without_blocks_nothing_is_complete_and_nothing_is_spent() {
    let audit = Audit::of("blocks");
    for question in ["complete", "open"] {
        let run = audit.run(&format!("{question} --folder evidence --trust trust.toml"));
        assert_eq!(run.code, 2, "{}", run.out);
    }
    // A file of nothing is not a node that was asked.
    for nothing in ["", "\n", " \n\n"] {
        audit.write("blocks.hex", nothing.as_bytes());
        for question in ["complete", "open"] {
            let run = audit.ask(question);
            assert_eq!(run.code, 3, "{}", run.out);
            let said = "neither a block nor a transaction";
            assert!(run.err.contains(said), "{}", run.err);
        }
    }
    // Blocks that do not spend the coins: the signatures are open.
    let all = node(&[], now());
    audit.write("blocks.hex", all.as_bytes());
    let said = audit.must("open", 1);
    assert!(said.contains("2 of 2 coins unspent"), "{said}");
    audit.must("complete", 0);
    // Blocks before the signatures, blocks with one left out, and a transaction alone say nothing of
    // what is unspent.
    let lines: Vec<&str> = all.lines().collect();
    let early = lines[..20].join("\n");
    let gap = [early.as_str(), &lines[21..].join("\n")].join("\n");
    let alone = format!("{}\n", serialize_hex(&coinbase(1)));
    for (given, why) in [
        (&early, "blocks 1 to 20 were given, needed are blocks"),
        (&gap, "no range of linked blocks"),
        (&alone, "no range of linked blocks"),
    ] {
        audit.write("blocks.hex", given.as_bytes());
        let said = audit.must("complete", 2);
        assert!(said.contains(why), "{said}");
        audit.must("open", 2);
    }
    // A block from which a transaction was taken does not hold what its header says.
    let mut short = genesis();
    short.header.merkle_root = TxMerkleNode::all_zeros();
    audit.write("blocks.hex", serialize_hex(&short).as_bytes());
    let run = audit.ask("open");
    assert_eq!(run.code, 3);
    assert!(
        run.err.contains("does not hold what its header says"),
        "{}",
        run.err
    );
    audit.done();
}

#[test]
fn a_journal_ends_with_a_seal_and_is_of_a_device_of_the_house() {
    let audit = Audit::of("sealed");
    let bytes = audit.read("evidence/d3.transcript");
    let (first, _) = codec::split_first(&bytes).unwrap();
    audit.write("evidence/other.transcript", first);
    let said = audit.must("chain", 1);
    assert!(said.contains("TRN02"), "{said}");
    audit.write("evidence/other.transcript", &bytes[..bytes.len() - 1]);
    let said = audit.must("chain", 1);
    assert!(said.contains("TRN01"), "{said}");
    audit.remove("evidence/other.transcript");
    let text = String::from_utf8(audit.read("trust.toml")).unwrap();
    let (without, _) = text.rsplit_once("\n[[device]]").unwrap();
    audit.write("trust.toml", without.as_bytes());
    let said = audit.must("chain", 1);
    assert!(said.contains("TRN04"), "{said}");
    audit.done();
}

#[test]
fn the_trust_file_never_comes_from_the_folder() {
    let audit = Audit::of("trust");
    let text = audit.read("trust.toml");
    audit.write("evidence/trust.toml", &text);
    let run = audit.run("verify --folder evidence --trust evidence/trust.toml");
    assert_eq!(run.code, 3);
    assert!(
        run.err.contains("lies in the folder that it is to judge"),
        "{}",
        run.err
    );
    // A device that it does not name is a stranger.
    let text = String::from_utf8(text).unwrap();
    let (without, _) = text.rsplit_once("\n[[device]]").unwrap();
    audit.write("trust.toml", without.as_bytes());
    let said = audit.must("verify", 1);
    assert!(said.contains("F05"), "{said}");
    // Another root is another house.
    let other = text.replacen("root = \"", "root = \"aardvark ", 1);
    audit.write("trust.toml", other.as_bytes());
    assert_eq!(audit.ask("verify").code, 3);
    audit.done();
}

#[test]
fn a_block_from_before_the_session_contradicts_its_clock() {
    let audit = Audit::of("clock");
    let text = String::from_utf8(audit.read("evidence/final-transaction.hex")).unwrap();
    let said = audit.must("time", 0);
    assert!(said.contains("before a block of "), "{said}");
    let spend = [deserialize_hex(text.trim()).unwrap()];
    let early = node(&spend, now() - 3 * 60 * 60);
    audit.write("blocks.hex", early.as_bytes());
    let said = audit.must("time", 1);
    assert_eq!(said.matches("F14").count(), 2, "{said}");
    audit.done();
}

#[test]
fn a_height_is_asked_about_by_its_number() {
    let audit = Audit::of("heights");
    for question in ["policy", "roster"] {
        let line = format!("{question} --folder evidence --trust trust.toml --at");
        let run = audit.run(&format!("{line} 30"));
        assert!(run.out.contains("at height 30 "), "{}", run.out);
        assert_eq!(audit.ask(question).out, run.out);
        assert_eq!(audit.run(&format!("{line} -1")).code, 3);
    }
    audit.done();
}

#[test]
fn a_refused_transfer_is_told_with_its_rule() {
    let keep = scratch("refused");
    let played = Command::new(env!("CARGO_BIN_EXE_host-cli"))
        .args(["rehearse", "--play", "wrong-destination", "--keep"])
        .arg(&keep)
        .output()
        .unwrap();
    assert!(played.status.success());
    fs::write(keep.join("trust.toml"), trust(&keep)).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_host-cli"))
        .current_dir(&keep)
        .args([
            "audit",
            "refusals",
            "--folder",
            "gap",
            "--trust",
            "trust.toml",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(0), "{said}");
    assert!(said.starts_with("2 of 2 refused"), "{said}");
    assert_eq!(said.matches("POL01 at").count(), 2, "{said}");
    let office = keep.join("office");
    let refused = |receipt: &str, request: &str| takes_refusal(&office, receipt, request);
    assert_eq!(refused("refused-d1.cbor", "ceremony.psbt"), Some(0));
    // Before the thief changed it, it was another PSBT; and no other artefact is a receipt.
    assert_eq!(refused("refused-d1.cbor", "approved.psbt"), Some(1));
    assert_eq!(refused("wallet.cbor", "ceremony.psbt"), Some(3));
    // The host's receipts of it stand in the transcripts, and without these they are found.
    let complete = || {
        let run = Command::new(env!("CARGO_BIN_EXE_host-cli"))
            .current_dir(&keep)
            .args([
                "audit",
                "complete",
                "--folder",
                "gap",
                "--trust",
                "trust.toml",
            ])
            .output()
            .unwrap();
        String::from_utf8(run.stdout).unwrap()
    };
    for device in ["d1", "d2"] {
        let name = format!("refused-{device}.cbor");
        fs::copy(
            keep.join("office").join(&name),
            keep.join("gap").join(&name),
        )
        .unwrap();
    }
    let said = complete();
    assert_eq!(
        said.matches("pass  refusal of session").count(),
        2,
        "{said}"
    );
    let older = keep.join("gap/d1.transcript");
    let journal = fs::read(&older).unwrap();
    fs::write(&older, up_to_the_seal_before(&journal)).unwrap();
    let said = complete();
    assert!(said.contains("F07"), "{said}");
    fs::remove_dir_all(keep).unwrap();
}

#[test]
fn software_is_held_against_the_releases_that_the_auditor_knows() {
    let audit = Audit::of("software");
    let text = String::from_utf8(audit.read("trust.toml")).unwrap();
    let (without, _) = text.split_once("\n[[release]]").unwrap();
    let other = format!(
        "{without}\n[[release]]\nversion = \"0.1.0\"\nbinary = \"{}\"\n",
        "ab".repeat(32)
    );
    audit.write("trust.toml", other.as_bytes());
    let said = audit.must("software", 1);
    assert!(said.contains("F15"), "{said}");
    audit.write("trust.toml", without.as_bytes());
    audit.must("software", 2);
    audit.done();
}

#[test]
fn a_sample_is_the_same_for_the_same_seed_and_empty_for_no_case() {
    let audit = Audit::of("sample");
    let line = "sample --folder evidence --trust trust.toml --seed";
    let first = audit.run(&format!("{line} a -n 1"));
    assert_eq!(first.out, audit.run(&format!("{line} a -n 1")).out);
    assert!(
        first
            .out
            .contains("drawn from 1 signed transactions by the seed")
    );
    assert_eq!(audit.run(&format!("{line} a -n 0")).code, 2);
    audit.done();
}

#[test]
fn rules_and_findings_are_explained_in_both_languages() {
    let audit = Audit::of("explain");
    let run = audit.run("explain pol01");
    assert_eq!(run.code, 0);
    assert!(run.out.starts_with("POL01: "), "{}", run.out);
    let run = audit.run("explain F06 --json");
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["subject"], "F06");
    assert!(json["advice"]["ja"].as_str().unwrap().contains("凍結"));
    assert_eq!(audit.run("explain F99").code, 3);
    audit.done();
}

/// What `psbt refused` ends with.
fn takes_refusal(office: &Path, receipt: &str, request: &str) -> Option<i32> {
    let run = Command::new(env!("CARGO_BIN_EXE_host-cli"))
        .current_dir(office)
        .args(["psbt", "refused", "--receipt", receipt])
        .args(["--request", request, "--wallet", "wallet.cbor"])
        .output()
        .unwrap();
    run.status.code()
}

/// A journal as it was one session before.
fn up_to_the_seal_before(journal: &[u8]) -> &[u8] {
    let (mut rest, mut seals) = (journal, Vec::new());
    while !rest.is_empty() {
        let (item, after) = JournalHead::START.split(rest).unwrap();
        if let Body::Sealed(_) = codec::decode::<Entry>(item).unwrap().body {
            seals.push(journal.len() - after.len());
        }
        rest = after;
    }
    &journal[..seals[seals.len() - 2]]
}

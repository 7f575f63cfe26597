//! The grammar of `docs/formats` held against real artefacts, by a program that knows none of
//! this code: `test-vectors/formats/check.py`.
//!
//! Samples of every kind go to `target/formats-samples.json`. The program takes each with the
//! grammar, spoils it and must refuse it, and computes every digest and signature again.

mod journal;
mod parts;
mod signed;
mod uncompared;

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{Case, Coin, World, id};
use crate::digest::hex;
use crate::psbt::{ParsedPsbt, ProprietaryField, PsbtVersion};
use crate::settlement::CONFIRMATIONS;
use crate::settlement::testing::{proof, transaction};
use crate::transcript::Outcome;
use crate::transcript::testing::Bench;
use crate::types::{Chain, Lang, SessionNumber};

/// An artefact of a rule of the grammar.
struct Sample {
    rule: &'static str,
    bytes: Vec<u8>,
    digest: Option<String>,
    wallet_id: Option<String>,
}

impl Sample {
    fn plain(rule: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            rule,
            bytes,
            digest: None,
            wallet_id: None,
        }
    }

    fn with_digest(rule: &'static str, bytes: Vec<u8>, digest: [u8; 32]) -> Self {
        Self {
            digest: Some(hex(&digest)),
            ..Self::plain(rule, bytes)
        }
    }

    fn json(&self) -> Value {
        json!({
            "rule": self.rule,
            "hex": hex(&self.bytes),
            "digest": self.digest,
            "wallet_id": self.wallet_id,
        })
    }
}

fn samples(world: &World) -> Vec<Sample> {
    let mut samples = signed::samples(world);
    samples.extend(journal::samples(world));
    samples
}

/// A PSBT with every field of ours, and what must be found in it.
fn psbt(world: &World, version: PsbtVersion) -> Value {
    let mut case = Case::new(world);
    case.version = version;
    let request = case.request(world).to_bytes();
    let device = world.devices[0].id();
    let receipt_key = [&device.as_bytes()[..], &7_u32.to_be_bytes()].concat();
    let full = case.full(world);
    let full = full.insert_global(&ProprietaryField::headers_key(), b"headers");
    let receipt = ProprietaryField::receipt_key(&device, SessionNumber(7));
    let full = full.unwrap().insert_global(&receipt, b"receipt").unwrap();
    let approval = ProprietaryField::approval_key(&id("approver.a"));
    let vote = Case::vote(&case.ballots[0], &case.request(world)).to_bytes();
    assert!(full.bytes().windows(approval.len()).any(|w| w == approval));
    let parsed = ParsedPsbt::parse(full.bytes().to_vec()).unwrap();
    let field = |subtype: u8, key_data: &[u8], value: &[u8]| json!({ "subtype": subtype, "key_data": hex(key_data), "value": hex(value) });
    json!({
        "hex": hex(full.bytes()),
        "tx_digest": parsed.tx_digest().to_hex(),
        "psbt_digest": parsed.digest().to_hex(),
        "fields": [
            field(1, b"", &request),
            field(2, b"approver.a", &vote),
            field(3, b"", b"headers"),
            field(16, &receipt_key, b"receipt"),
        ],
    })
}

/// The transcript of a device that was born, made ready, and has signed.
fn transcript() -> Value {
    let mut bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    case.witnesses = std::vec!["witness.w"];
    bench.sign_case(&case);
    let trust = bench.trust();
    json!({
        "hex": hex(&bench.disk),
        "trusted": [hex(trust.root.as_bytes()), hex(trust.identity.as_bytes())],
        "signatures": case.coins.len(),
        "proofs": 0,
        "destroyed": 0,
    })
}

/// The transcript of a device whose wallet is retired and whose keys are destroyed, and of the
/// backup that was held against its card before.
fn ended() -> Value {
    let mut bench = Bench::ready();
    bench.prove(|_| {});
    bench.close(Outcome::Done);
    bench.retire();
    let destruction = bench.confirm_destruction();
    let keys = destruction.what().keys.len();
    bench.destroy(destruction, keys);
    bench.inventory(|_| {});
    bench.close(Outcome::Done);
    let trust = bench.trust();
    json!({
        "hex": hex(&bench.disk),
        "trusted": [hex(trust.root.as_bytes()), hex(trust.identity.as_bytes())],
        "signatures": 0,
        "proofs": keys,
        "destroyed": keys,
    })
}

/// The transcript of a device that went on under the next roster.
fn renewed() -> Value {
    let mut bench = crate::transcript::testing::renewed();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    let trust = bench.trust();
    json!({
        "hex": hex(&bench.disk),
        "trusted": [hex(trust.root.as_bytes()), hex(trust.identity.as_bytes())],
        "signatures": case.coins.len(),
        "proofs": 0,
        "destroyed": 0,
    })
}

/// The transcript of a device that was frozen, thawed, and has signed.
fn thawed() -> Value {
    let mut bench = crate::transcript::testing::thawed();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    let trust = bench.trust();
    json!({
        "hex": hex(&bench.disk),
        "trusted": [hex(trust.root.as_bytes()), hex(trust.identity.as_bytes())],
        "signatures": case.coins.len(),
        "proofs": 0,
        "destroyed": 0,
    })
}

/// The transcript of a device that has signed twice, one of them settled as confirmed and one by a
/// conflict, and has signed again.
fn settled() -> Value {
    let mut bench = Bench::ready();
    let mut cases = [Case::new(&bench.world), Case::new(&bench.world)];
    let coin = |index| Coin::of(&bench.world.wallet, Chain::Receive, index, 1_000_000);
    cases[1].coins = [coin(2), coin(3)].into();
    let mut spends: Vec<_> = cases.iter().map(|case| transaction(&bench, case)).collect();
    spends[1].lock_time = bitcoin::absolute::LockTime::ZERO;
    for case in &cases {
        bench.sign_case(case);
    }
    let file = proof(&bench, &spends, CONFIRMATIONS);
    bench.settle_by(&file);
    let trust = bench.trust();
    json!({
        "hex": hex(&bench.disk),
        "trusted": [hex(trust.root.as_bytes()), hex(trust.identity.as_bytes())],
        "signatures": cases.iter().map(|case| case.coins.len()).sum::<usize>(),
        "proofs": 0,
        "destroyed": 0,
    })
}

/// The transcript of a device on which the recovery quorum replaced an administrator, at the second
/// time: the first was cancelled.
fn recovered() -> Value {
    let bench = crate::transcript::testing::recovered();
    let trust = bench.trust();
    json!({
        "hex": hex(&bench.disk),
        "trusted": [hex(trust.root.as_bytes()), hex(trust.identity.as_bytes())],
        "signatures": 0,
        "proofs": 0,
        "destroyed": 0,
    })
}

/// What is left of a disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Disk {
    RolledBack,
    Lost,
}

/// The transcript of a device that has signed and was frozen, lost its journal in part or whole, went
/// on from its anchor frozen, was thawed, and signed something else.
fn gone_on(left: Disk) -> Value {
    let mut bench = Bench::ready();
    let before = bench.disk.clone();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    bench.freeze().unwrap();
    let order = bench.recovery();
    match left {
        Disk::RolledBack => bench.roll_back(&before),
        Disk::Lost => bench.lose(),
    }
    bench.recover(order);
    bench.thaw().unwrap();
    if left == Disk::Lost {
        bench.take_up();
    }
    let trust = bench.trust();
    json!({
        "hex": hex(&bench.disk),
        "trusted": [hex(trust.root.as_bytes()), hex(trust.identity.as_bytes())],
        "signatures": 0,
        "proofs": 0,
        "destroyed": 0,
    })
}

/// Every P-256 key of the world.
fn keys(world: &World) -> Vec<String> {
    let officers = world.roster.roster().officers.iter().map(|o| o.key);
    let devices = world
        .devices
        .iter()
        .map(crate::signing::SigningHsm::identity);
    officers.chain(devices).map(|k| hex(k.as_bytes())).collect()
}

fn workspace() -> PathBuf {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    core.parent().unwrap().to_path_buf()
}

/// Writes the samples, with `spoil` applied, and runs the program on them: whether it is content,
/// and what it says.
fn check(name: &str, grammar: &Path, spoil: impl FnOnce(&mut Value)) -> (bool, String) {
    let root = workspace();
    let world = World::new();
    let mut data = json!({
        "p256_keys": keys(&world),
        "samples": samples(&world).iter().map(Sample::json).collect::<Vec<_>>(),
        "psbts": [psbt(&world, PsbtVersion::V0), psbt(&world, PsbtVersion::V2)],
        "transcripts": [
            transcript(),
            ended(),
            renewed(),
            recovered(),
            thawed(),
            settled(),
            gone_on(Disk::RolledBack),
            gone_on(Disk::Lost),
        ],
    });
    spoil(&mut data);
    let file = root.join(format!("target/formats-{name}.json"));
    fs::write(&file, data.to_string()).unwrap();
    let run = Command::new(root.join("target/interop-venv/bin/python"))
        .arg("-B")
        .arg(root.join("test-vectors/formats/check.py"))
        .args([grammar, &file])
        .output()
        .expect("the second verifier is installed: run scripts/setup");
    let text = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn every_artefact_matches_the_grammar_and_its_digests() {
    let grammar = workspace().join("docs/formats");
    let (success, text) = check("samples", &grammar, |_| {});
    assert!(success, "{text}");
}

#[test]
fn a_wrong_digest_is_found() {
    let grammar = workspace().join("docs/formats");
    let wrong = |data: &mut Value| data["samples"][0]["digest"] = json!(hex(&[0; 32]));
    let (success, text) = check("wrong-digest", &grammar, wrong);
    assert!(!success && text.contains("root: digest"), "{text}");
}

#[test]
fn a_wrong_signature_is_found() {
    let grammar = workspace().join("docs/formats");
    // The last byte of a COSE_Sign1 is the last byte of its s.
    let wrong = |data: &mut Value| {
        let all = data["samples"].as_array_mut().unwrap();
        let card = all.iter_mut().find(|s| s["rule"] == "signed-device-card");
        let field = &mut card.unwrap()["hex"];
        let text = field.as_str().unwrap();
        let (start, end) = text.split_at(text.len() - 2);
        let other = if end == "00" { "01" } else { "00" };
        *field = json!(format!("{start}{other}"));
    };
    let (success, text) = check("wrong-signature", &grammar, wrong);
    assert!(!success && text.contains("signature"), "{text}");
}

/// The second verifier takes nothing off the register but by a proof.
#[test]
fn a_forged_settlement_is_found() {
    let grammar = workspace().join("docs/formats");
    let spoiled = |data: &mut Value| {
        let all = data["transcripts"].as_array_mut().unwrap().iter_mut();
        // The version of a settlement, its headers, and the height of the first.
        let begins = "a3000101a2001a000cf851";
        let mut fields = all.map(|transcript| &mut transcript["hex"]);
        let field = fields.find(|field| field.as_str().unwrap().contains(begins));
        let field = field.expect("a device that settled");
        let other = begins.replace("f851", "f852");
        *field = json!(field.as_str().unwrap().replace(begins, &other));
    };
    let (success, text) = check("forged-settlement", &grammar, spoiled);
    assert!(!success, "{text}");
}

/// The second verifier follows no recovery but at its anchor, over the order's own anchor and card.
#[test]
fn a_forged_recovery_is_found() {
    let grammar = workspace().join("docs/formats");
    let spoiled = |data: &mut Value| {
        let reason = hex("the disk of the north is broken".as_bytes());
        let other = hex("the disk of the south is broken".as_bytes());
        let all = data["transcripts"].as_array_mut().unwrap().iter_mut();
        let mut fields = all.map(|transcript| &mut transcript["hex"]);
        let field = fields.find(|field| field.as_str().unwrap().contains(&reason));
        let field = field.expect("a recovered device");
        *field = json!(field.as_str().unwrap().replace(&reason, &other));
    };
    let (success, text) = check("forged-recovery", &grammar, spoiled);
    assert!(!success, "{text}");
}

#[test]
fn a_field_that_the_grammar_does_not_have_is_found() {
    let folder = workspace().join("docs/formats");
    let shorter = workspace().join("target/formats-shorter");
    let _ = fs::remove_dir_all(&shorter);
    fs::create_dir_all(&shorter).unwrap();
    let mut taken_out = 0;
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap()) {
        let text = fs::read_to_string(file.path()).unwrap();
        let limit = |line: &&str| !line.contains("most that one transaction may pay to it");
        let kept: Vec<&str> = text.lines().filter(limit).collect();
        taken_out += text.lines().count() - kept.len();
        fs::write(shorter.join(file.file_name()), kept.join("\n")).unwrap();
    }
    assert_eq!(taken_out, 1, "the limit of a destination, key 4");
    let (success, text) = check("shorter", &shorter, |_| {});
    let found = "no keys but [0, 1, 2, 3, 6]";
    assert!(!success && text.contains(found), "{text}");
}

#[test]
fn every_kind_of_entry_has_its_sample() {
    let entries = journal::bodies(&World::new());
    let name =
        |body: &crate::transcript::Body| std::string::String::from(body.phrase().text(Lang::En));
    let names: Vec<_> = entries.iter().map(name).collect();
    let mut distinct = names.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 33, "{names:?}");
    assert_eq!(distinct[..2], ["genesis", "session opened"]);
}

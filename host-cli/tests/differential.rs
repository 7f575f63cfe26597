//! The same facts four times: by signer-core, by embit, by libwally, and by Bitcoin Core's
//! interpreter, over a corpus of good PSBTs of many shapes. No rule may refuse one of them.
//!
//! 300 cases in the ordinary test; `scripts/differential N` runs as many as are wanted. A case is
//! made from its number alone (test-vectors/interop/corpus.py): what fails, fails again.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Instant;

use bitcoin::absolute::LockTime;
use bitcoin::bip32::{ChildNumber, KeySource};
use bitcoin::hex::FromHex as _;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey, SignOnly};
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, Network as BitcoinNetwork, OutPoint, Psbt, ScriptBuf, Sequence, Transaction,
    TxIn, TxOut, Witness, consensus,
};
use serde_json::{Value, json};
use signer_core::digest::hex;
use signer_core::keys::Fingerprint;
use signer_core::policy::{Destination, FeeCaps, PlainPolicy};
use signer_core::psbt::build::{InputParts, OutputParts, build};
use signer_core::psbt::{KeyOrigin, Limits, MapId, PsbtVersion, RawPsbt};
use signer_core::types::{Height, Id, InputIndex, Label, Lang, Network};
use signer_core::wallet::{CheckOnly, CheckTerms, DescriptorWallet, ListedDescriptor, OutputKind};

const SEED: &str = "himuro";
const CASES: usize = 300;
const WORKERS: usize = 2;
/// Most inputs of a case.
const MOST_INPUTS: &str = "500";
/// Addresses on each chain of the corpus' wallets.
const ADDRESSES: u32 = 20;
/// Inputs that are signed and judged by Core, where a case has more.
const SIGNED_INPUTS: usize = 20;

#[test]
fn four_programs_agree_and_no_rule_refuses_good_work() {
    let cases = env::var("HIMURO_DIFFERENTIAL").map_or(CASES, |n| n.parse().expect("a number"));
    let start = Instant::now();
    let workers = (0..WORKERS).map(|first| {
        let count = cases.saturating_sub(first).div_ceil(WORKERS);
        thread::spawn(move || run(first, count))
    });
    let workers: Vec<_> = workers.collect();
    let mut all = Tally::default();
    for worker in workers {
        all.add(worker.join().expect("no worker panics"));
    }
    assert_eq!(all.cases, cases);
    println!(
        "{cases} PSBTs in {:.0?}: {} inputs (at most {}), {} quorums and forms; made by {:?}; \
         {} inputs judged by Bitcoin Core's interpreter; {} findings",
        start.elapsed(),
        all.inputs,
        all.most_inputs,
        all.wallets.len(),
        all.makers,
        all.by_core,
        all.findings.len(),
    );
    assert!(all.findings.is_empty(), "{}", all.findings.join("\n"));
}

/// A comparison that could not fail would prove nothing.
#[test]
fn a_difference_in_any_fact_is_found() {
    let case = Corpus::start(0, 1).next_case();
    let psbt = case.psbt();
    let [ours, theirs] = [(); 2].map(|()| facts(&Case::judge(&case.wallet(), &psbt)));
    assert!(differences(&ours, &theirs, "").is_empty());
    let mut places = Vec::new();
    leaves(&ours, String::new(), &mut places);
    assert!(places.len() > 10, "{places:?}");
    for place in places {
        let mut spoiled = theirs.clone();
        *spoiled.pointer_mut(&place).expect("a leaf") = json!("other");
        assert_eq!(differences(&ours, &spoiled, "").len(), 1, "{place}");
    }
}

/// Core's interpreter refuses a signature over another sighash.
#[test]
fn core_refuses_what_is_signed_otherwise() {
    let case = Corpus::start(0, 1).next_case();
    let checked = Case::judge(&case.wallet(), &case.psbt());
    let sighash = |place| checked.input(place).expect("the wallet's").sighash;
    let other = |place| {
        let mut sighash = sighash(place);
        sighash[31] ^= 1;
        sighash
    };
    assert!(case.refused_by_core(&checked, sighash).is_empty());
    let refused = case.refused_by_core(&checked, other);
    assert_eq!(refused.len(), case.inputs().len().min(SIGNED_INPUTS));
}

/// What a run saw.
#[derive(Default)]
struct Tally {
    cases: usize,
    makers: BTreeMap<String, usize>,
    wallets: BTreeMap<String, usize>,
    inputs: usize,
    most_inputs: usize,
    by_core: usize,
    findings: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        for (mine, theirs) in [
            (&mut self.makers, other.makers),
            (&mut self.wallets, other.wallets),
        ] {
            for (name, count) in theirs {
                *mine.entry(name).or_default() += count;
            }
        }
        self.inputs += other.inputs;
        self.most_inputs = self.most_inputs.max(other.most_inputs);
        self.by_core += other.by_core;
        self.findings.extend(other.findings);
    }
}

fn run(first: usize, count: usize) -> Tally {
    let mut corpus = Corpus::start(first, count);
    let mut foreign = Foreign::start();
    let mut tally = Tally::default();
    let mut wallets = BTreeMap::new();
    for _ in 0..count {
        let case = corpus.next_case();
        let inputs = case.inputs().len();
        tally.cases += 1;
        if tally.cases % 500 == 0 {
            println!("worker {first}: {} of {count}", tally.cases);
        }
        *tally.makers.entry(case.text("maker")).or_default() += 1;
        if case.by_rust_bitcoin().is_some() {
            *tally.makers.entry("rust-bitcoin".into()).or_default() += 1;
        }
        *tally.wallets.entry(case.text("wallet")).or_default() += 1;
        tally.inputs += inputs;
        tally.most_inputs = tally.most_inputs.max(inputs);
        tally.by_core += inputs.min(SIGNED_INPUTS);
        let name = case.text("wallet");
        let wallet = wallets.entry(name).or_insert_with(|| case.wallet());
        let found = try_case(&case, wallet, &mut foreign);
        let name = format!("case {} ({})", case.plan["case"], case.text("maker"));
        let named = found
            .into_iter()
            .map(|finding| format!("{name}: {finding}"));
        tally.findings.extend(named);
    }
    tally
}

/// Everything that is wrong with one case.
fn try_case(case: &Case, wallet: &DescriptorWallet, foreign: &mut Foreign) -> Vec<String> {
    let psbt = case.psbt();
    let checked = Case::judge(wallet, &psbt);
    let refusals = |checked: &CheckOnly| -> Vec<String> {
        let refusals = checked.report().refusals();
        refusals.map(|refusal| refusal.text(Lang::En)).collect()
    };
    let refused = refusals(&checked);
    if !refused.is_empty() {
        return refused;
    }
    let mut found = Vec::new();
    let ours = facts(&checked);
    let theirs = foreign.facts(case, &psbt);
    for library in ["embit", "wally"] {
        let other = differences(&ours, &theirs[library], "");
        found.extend(other.into_iter().map(|text| format!("{library}: {text}")));
    }
    if let Some(same) = case.by_rust_bitcoin() {
        let same = Case::judge(wallet, &same);
        found.extend(refusals(&same));
        if same.parsed().is_some() {
            let other = differences(&ours, &facts(&same), "");
            found.extend(
                other
                    .into_iter()
                    .map(|text| format!("rust-bitcoin: {text}")),
            );
        }
    }
    found.extend(under_policies(&checked, wallet, &psbt));
    let sighash = |place| checked.input(place).map_or([0; 32], |input| input.sighash);
    found.extend(case.refused_by_core(&checked, sighash));
    let signed = Case::judge(wallet, &case.partly_signed(psbt, sighash));
    found.extend(refusals(&signed));
    found
}

/// Under a policy that allows exactly this transaction nothing is refused; under one that allows
/// one satoshi less, in all and of the fee, POL02 and POL04 refuse and nothing else.
fn under_policies(checked: &CheckOnly, wallet: &DescriptorWallet, psbt: &[u8]) -> Vec<String> {
    let parsed = checked.parsed().expect("it was read");
    let pairs = parsed.tx().output.iter().zip(checked.outputs());
    let payments = pairs.filter(|(_, kind)| matches!(kind, OutputKind::Payment { .. }));
    let mut paid = BTreeMap::<ScriptBuf, Amount>::new();
    for (output, _) in payments {
        *paid.entry(output.script_pubkey.clone()).or_default() += output.value;
    }
    let (all, fee) = (paid.values().copied().sum::<Amount>(), parsed.fee());
    let change: Amount = parsed.tx().output.iter().map(|output| output.value).sum();
    let base = if all == Amount::ZERO { change } else { all };
    let weight = checked.weight().expect("it was read").to_wu();
    let upward = |a: u64, b: u64| u32::try_from(a.div_ceil(b)).expect("small");
    let destinations = (0..)
        .zip(&paid)
        .map(|(number, (script, limit))| Destination {
            id: Id::new(&format!("d{number}")).expect("plain"),
            label: Label::new("honest").expect("plain"),
            script: script.clone(),
            activation: Height(0),
            limit: *limit,
            windows: vec![],
        });
    let exact = PlainPolicy {
        per_transfer: all,
        fee: FeeCaps {
            absolute: fee,
            sat_per_vbyte: upward(4 * fee.to_sat(), weight),
            per_mille: upward(1000 * fee.to_sat(), base.to_sat()),
        },
        destinations: destinations.collect(),
    };
    let judged = |policy: &PlainPolicy| -> BTreeSet<&str> {
        let terms = CheckTerms {
            wallet,
            network: Network::Main,
            policy: Some(policy),
            tip: None,
        };
        let checked = CheckOnly::judge(psbt.to_vec(), Limits::USUAL, terms);
        checked.report().refusals().map(|r| r.rule.name()).collect()
    };
    let mut wanted = BTreeSet::new();
    let mut less = exact.clone();
    for (rule, limit) in [
        ("POL02", &mut less.per_transfer),
        ("POL04", &mut less.fee.absolute),
    ] {
        if let Some(lower) = limit.checked_sub(Amount::ONE_SAT) {
            *limit = lower;
            wanted.insert(rule);
        }
    }
    let found = [(judged(&exact), BTreeSet::new()), (judged(&less), wanted)];
    let wrong = found.into_iter().filter(|(got, wanted)| got != wanted);
    wrong
        .map(|(got, wanted)| format!("policy: {got:?}, not {wanted:?}"))
        .collect()
}

/// What signer-core says, in the words of test-vectors/interop/facts.py.
fn facts(checked: &CheckOnly) -> Value {
    let parsed = checked.parsed().expect("it was read");
    let tx = parsed.tx();
    let coins = tx.input.iter().zip(parsed.inputs());
    let inputs = (0..)
        .map(InputIndex)
        .zip(coins)
        .map(|(place, (tx_in, input))| {
            let mut facts = output_facts(&input.spent);
            facts["txid"] = json!(tx_in.previous_output.txid.to_string());
            facts["vout"] = json!(tx_in.previous_output.vout);
            facts["sequence"] = json!(tx_in.sequence.0);
            facts["sighash"] = json!(checked.input(place).map(|input| hex(&input.sighash)));
            facts
        });
    json!({
        "txid": tx.compute_txid().to_string(),
        "tx_version": tx.version.0,
        "lock_time": tx.lock_time.to_consensus_u32(),
        "fee_sat": parsed.fee().to_sat(),
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": tx.output.iter().map(output_facts).collect::<Vec<_>>(),
    })
}

fn output_facts(output: &TxOut) -> Value {
    let address = Address::from_script(&output.script_pubkey, BitcoinNetwork::Bitcoin);
    json!({
        "amount_sat": output.value.to_sat(),
        "script": output.script_pubkey.to_hex_string(),
        "address": address.expect("a usual form").to_string(),
    })
}

/// Where two values differ.
fn differences(ours: &Value, theirs: &Value, place: &str) -> Vec<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => a
            .iter()
            .flat_map(|(name, value)| differences(value, &theirs[name], &format!("{place}/{name}")))
            .collect(),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => (0..)
            .zip(a.iter().zip(b))
            .flat_map(|(n, (a, b))| differences(a, b, &format!("{place}/{n}")))
            .collect(),
        _ if ours == theirs => Vec::new(),
        _ => vec![format!("{place}: ours {ours}, theirs {theirs}")],
    }
}

/// The places of all single values.
fn leaves(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                leaves(value, format!("{place}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                leaves(value, format!("{place}/{n}"), found);
            }
        }
        _ => found.push(place),
    }
}

/// One case of the corpus.
struct Case {
    plan: Value,
}

impl Case {
    fn text(&self, field: &str) -> String {
        self.plan[field].as_str().expect("text").to_owned()
    }

    fn inputs(&self) -> &[Value] {
        self.plan["inputs"].as_array().expect("a list")
    }

    fn outputs(&self) -> &[Value] {
        self.plan["outputs"].as_array().expect("a list")
    }

    /// As a foreign library wrote it, or written by us.
    fn psbt(&self) -> Vec<u8> {
        if let Some(written) = self.plan["psbt"].as_str() {
            return Vec::from_hex(written).expect("hex");
        }
        let version = match number(&self.plan["version"]) {
            0 => PsbtVersion::V0,
            _ => PsbtVersion::V2,
        };
        let inputs: Vec<_> = self.inputs().iter().map(input_parts).collect();
        let outputs: Vec<_> = self.outputs().iter().map(output_parts).collect();
        let psbt = build(version, &self.tx(), &inputs, &outputs);
        psbt.expect("the parts fit").into_bytes()
    }

    /// What we wrote in version 0, as the library `bitcoin` writes it, which we do not use for that.
    fn by_rust_bitcoin(&self) -> Option<Vec<u8>> {
        if self.plan["psbt"].is_string() || number(&self.plan["version"]) != 0 {
            return None;
        }
        let mut psbt = Psbt::from_unsigned_tx(self.tx()).expect("unsigned");
        for (map, plan) in psbt.inputs.iter_mut().zip(self.inputs()) {
            let parent: Transaction =
                consensus::deserialize(&bytes(&plan["previous"])).expect("a transaction");
            if plan["witness_utxo"] == true {
                map.witness_utxo = parent.output.get(number(&plan["vout"]) as usize).cloned();
            }
            map.non_witness_utxo = Some(parent);
            map.witness_script = script(&plan["witness_script"]);
            map.redeem_script = script(&plan["redeem_script"]);
            map.bip32_derivation = derivations(plan);
        }
        for (map, plan) in psbt.outputs.iter_mut().zip(self.outputs()) {
            map.witness_script = script(&plan["witness_script"]);
            map.redeem_script = script(&plan["redeem_script"]);
            map.bip32_derivation = derivations(plan);
        }
        Some(psbt.serialize())
    }

    fn tx(&self) -> Transaction {
        let input = self.inputs().iter().map(|input| {
            let parent: Transaction =
                consensus::deserialize(&bytes(&input["previous"])).expect("a transaction");
            TxIn {
                previous_output: OutPoint::new(parent.compute_txid(), number(&input["vout"])),
                sequence: Sequence(number(&input["sequence"])),
                script_sig: ScriptBuf::new(),
                witness: Witness::new(),
            }
        });
        let output = self.outputs().iter().map(|output| TxOut {
            value: Amount::from_sat(output["amount"].as_u64().expect("satoshi")),
            script_pubkey: ScriptBuf::from_bytes(bytes(&output["script"])),
        });
        Transaction {
            version: Version(number(&self.plan["tx_version"]).try_into().expect("1 or 2")),
            lock_time: LockTime::from_consensus(number(&self.plan["lock_time"])),
            input: input.collect(),
            output: output.collect(),
        }
    }

    fn wallet(&self) -> DescriptorWallet {
        let listed = self.descriptors().into_iter().map(|text| ListedDescriptor {
            text,
            chain: None,
            range: (0, ADDRESSES - 1),
        });
        DescriptorWallet::read(&listed.collect::<Vec<_>>()).expect("a wallet")
    }

    fn judge(wallet: &DescriptorWallet, psbt: &[u8]) -> CheckOnly {
        let terms = CheckTerms {
            wallet,
            network: Network::Main,
            policy: None,
            tip: None,
        };
        CheckOnly::judge(psbt.to_vec(), Limits::USUAL, terms)
    }

    fn descriptors(&self) -> Vec<String> {
        let list = self.plan["descriptors"].as_array().expect("a list").iter();
        list.map(|text| text.as_str().expect("text").to_owned())
            .collect()
    }

    /// The inputs that Core's interpreter does not take, once they are signed over `sighash`.
    fn refused_by_core(
        &self,
        checked: &CheckOnly,
        sighash: impl Fn(InputIndex) -> [u8; 32],
    ) -> Vec<String> {
        let parsed = checked.parsed().expect("it was read");
        let mut tx = parsed.tx().clone();
        let secp = Secp256k1::signing_only();
        let inputs = (0..).zip(self.inputs()).take(SIGNED_INPUTS);
        for (place, input) in inputs.clone() {
            let signatures = signatures(&secp, input, sighash(InputIndex(place)));
            let tx_in = &mut tx.input[place as usize];
            tx_in.witness.push([]);
            for (_, signature) in signatures {
                tx_in.witness.push(signature);
            }
            tx_in.witness.push(rebuilt(input));
            let spent = &parsed.inputs()[place as usize].spent;
            if spent.script_pubkey.is_p2sh() {
                let redeem = ScriptBuf::from_bytes(rebuilt(input)).to_p2wsh();
                let redeem = PushBytesBuf::try_from(redeem.into_bytes()).expect("short");
                tx_in.script_sig = Builder::new().push_slice(redeem).into_script();
            }
        }
        let tx = consensus::serialize(&tx);
        let judged = inputs.filter_map(|(place, _)| {
            let spent = &parsed.inputs()[place as usize].spent;
            let (script, value) = (spent.script_pubkey.as_bytes(), spent.value.to_sat());
            let judged = bitcoinconsensus::verify(script, value, &tx, None, place as usize);
            judged
                .err()
                .map(|error| format!("Core refuses input {place}: {error:?}"))
        });
        judged.collect()
    }

    /// With the signatures of all but one of those who must sign.
    fn partly_signed(&self, psbt: Vec<u8>, sighash: impl Fn(InputIndex) -> [u8; 32]) -> Vec<u8> {
        let secp = Secp256k1::signing_only();
        let mut records = Vec::new();
        for (place, input) in (0..).map(InputIndex).zip(self.inputs()).take(SIGNED_INPUTS) {
            let signatures = signatures(&secp, input, sighash(place));
            for (key, signature) in signatures.into_iter().skip(1) {
                records.push((MapId::Input(place), [&[2], &key[..]].concat(), signature));
            }
        }
        let raw = RawPsbt::from_vec(psbt).expect("it was read");
        let signed = raw.with_records(&records);
        signed.expect("the maps are there").into_bytes()
    }
}

/// Key and signature of m signers, in the order of their keys.
fn signatures(
    secp: &Secp256k1<SignOnly>,
    input: &Value,
    sighash: [u8; 32],
) -> Vec<([u8; 33], Vec<u8>)> {
    let secrets = input["secrets"].as_array().expect("a list").iter();
    let sign = |secret: &Value| {
        let secret = SecretKey::from_slice(&bytes(secret)).expect("a secret");
        let signature = secp.sign_ecdsa(&Message::from_digest(sighash), &secret);
        let signature = [&signature.serialize_der()[..], &[1]].concat();
        (secret.public_key(secp).serialize(), signature)
    };
    secrets.map(sign).collect()
}

/// The witness script by the plan, where the PSBT leaves it out too.
fn rebuilt(input: &Value) -> Vec<u8> {
    bytes(&input["spends"])
}

fn input_parts(input: &Value) -> InputParts {
    InputParts {
        previous: bytes(&input["previous"]),
        witness_script: script(&input["witness_script"]),
        redeem_script: script(&input["redeem_script"]),
        origins: origins(input),
    }
}

fn output_parts(output: &Value) -> OutputParts {
    OutputParts {
        witness_script: script(&output["witness_script"]),
        redeem_script: script(&output["redeem_script"]),
        origins: origins(output),
    }
}

fn origins(of: &Value) -> Vec<KeyOrigin> {
    let list = of["origins"].as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .map(|origin| KeyOrigin {
            public_key: bytes(&origin[0]).try_into().expect("33 bytes"),
            fingerprint: Fingerprint::from_bytes(bytes(&origin[1]).try_into().expect("4 bytes")),
            path: origin[2]
                .as_array()
                .expect("a path")
                .iter()
                .map(number)
                .collect(),
        })
        .collect()
}

fn derivations(of: &Value) -> BTreeMap<PublicKey, KeySource> {
    let all = origins(of).into_iter().map(|origin| {
        let key = PublicKey::from_slice(&origin.public_key).expect("a key");
        let path: Vec<_> = origin.path.into_iter().map(ChildNumber::from).collect();
        (key, (origin.fingerprint.to_bytes().into(), path.into()))
    });
    all.collect()
}

fn script(hex: &Value) -> Option<ScriptBuf> {
    hex.as_str()?;
    Some(ScriptBuf::from_bytes(bytes(hex)))
}

fn bytes(hex: &Value) -> Vec<u8> {
    Vec::from_hex(hex.as_str().expect("hex")).expect("hex")
}

fn number(value: &Value) -> u32 {
    let number = value.as_u64().expect("a number");
    number.try_into().expect("of 32 bits")
}

fn interop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/interop")
}

/// A program of test-vectors/interop.
fn python(program: &str) -> Command {
    let mut command = Command::new(interop().join("../../target/interop-venv/bin/python"));
    command
        .arg(interop().join(program))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn start(mut command: Command) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = command
        .spawn()
        .expect("the foreign libraries are installed: run scripts/setup");
    let answers = BufReader::new(child.stdout.take().expect("piped")).lines();
    (child, answers)
}

fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = lines.next().expect("one line for each").expect("text");
    serde_json::from_str(&line).expect("JSON")
}

/// The maker of cases.
struct Corpus {
    child: Child,
    cases: Lines<BufReader<ChildStdout>>,
}

impl Corpus {
    fn start(first: usize, count: usize) -> Self {
        let mut command = python("corpus.py");
        command.args(["--seed", SEED, "--most", MOST_INPUTS]);
        command.args([
            "--first",
            &first.to_string(),
            "--step",
            &WORKERS.to_string(),
        ]);
        command.args(["--count", &count.to_string()]);
        let (child, cases) = start(command);
        Self { child, cases }
    }

    fn next_case(&mut self) -> Case {
        Case {
            plan: next(&mut self.cases),
        }
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        // Ended already, or not needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The two foreign readers.
struct Foreign {
    child: Child,
    questions: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Foreign {
    fn start() -> Self {
        let (mut child, answers) = start(python("facts.py"));
        Self {
            questions: child.stdin.take(),
            child,
            answers,
        }
    }

    fn facts(&mut self, case: &Case, psbt: &[u8]) -> Value {
        let places = case.inputs().iter();
        let places = places.map(|input| json!([input["chain"], input["index"]]));
        let question = json!({
            "psbt": hex(psbt),
            "descriptors": case.plan["descriptors"],
            "places": places.collect::<Vec<_>>(),
        });
        let asked = self.questions.as_mut().expect("open");
        writeln!(asked, "{question}").expect("the program reads");
        next(&mut self.answers)
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

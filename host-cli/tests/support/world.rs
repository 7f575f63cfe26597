//! A whole house, made by the program itself: officers with SoftHSM tokens, roster, root, wallet,
//! policy, a transfer with its request, approvals and answers. Made once for all tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash as _;
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    consensus,
};
use signer_core::codec;
use signer_core::cose::Scope;
use signer_core::digest::{hex, words_of};
use signer_core::root::Root;
use signer_core::types::{Chain, Id, KeyIndex, Network, Purpose};
use signer_core::wallet::RegisteredWallet;

use super::device::SoftDevice;
use super::{Run, host_cli, prompt, words};

/// The devices of the wallet.
pub(crate) const DEVICES: [SoftDevice; 3] = [
    SoftDevice("tokyo-1"),
    SoftDevice("osaka-1"),
    SoftDevice("nagoya-1"),
];
/// The devices of the second wallet.
pub(crate) const OTHER_DEVICES: [SoftDevice; 2] = [SoftDevice("kobe-1"), SoftDevice("kyoto-1")];
/// The PIN of every officer's token.
pub(crate) const PIN: &str = "pin-of-tests";

const OFFICERS: [(&str, &str, &str); 7] = [
    ("abe.t", "treasury", "broadcaster"),
    ("admin.a", "compliance", "policy-administrator"),
    (
        "admin.b",
        "risk",
        "risk-checker,policy-administrator,reconciler",
    ),
    ("admin.c", "board", "policy-administrator"),
    ("sato.k", "treasury", "requester"),
    ("suzuki.h", "security", "approver"),
    ("ito.m", "board", "director,approver"),
];
/// Root, roster, policy and wallet on a command line.
pub(crate) const HOUSE: &str = "--policy w/policy.cbor --roster w/roster.cbor --wallet w/wallet.cbor \
                     --root w/root.cbor";

/// The house in which every test stands; everything shared lies in the folder `w`. It is made when
/// the first test asks for it, and goes away with the last one.
pub(crate) fn world() -> Arc<World> {
    static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let world = Arc::new(World::make());
        *shared = Arc::downgrade(&world);
        world
    })
}

/// The made house.
pub(crate) struct World {
    pub(crate) folder: PathBuf,
}

impl World {
    fn make() -> Self {
        let shm = Path::new("/dev/shm");
        let parent = if shm.is_dir() {
            shm.to_owned()
        } else {
            std::env::temp_dir()
        };
        let folder = parent.join(format!("himuro-host-cli-{}-{}", std::process::id(), made()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("w/tokens")).expect("the folder can be made");
        let world = Self { folder };
        world.write(
            "softhsm2.conf",
            format!(
                "directories.tokendir = {}/w/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
                world.folder.display()
            ),
        );
        world.officers();
        world.root();
        world.wallet();
        world.other_wallet();
        world.policy();
        world.transfer();
        world.spoiled();
        world
    }

    /// A file of the world.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join("w").join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("the folder can be written");
    }

    /// Runs a command line whose officers do what they are asked.
    pub(crate) fn run(&self, line: &str) -> Run {
        host_cli(&self.folder, &words(line), |screen| Some(obedient(screen)))
    }

    /// The same, which must end well.
    pub(crate) fn done(&self, line: &str) -> String {
        let run = self.run(line);
        assert_eq!(run.code, 0, "{line}\n{}\n{}", run.stdout, run.stderr);
        assert_eq!(run.stderr, "", "{line}");
        run.stdout
    }

    /// The wallet as a device holds it.
    pub(crate) fn registered(&self) -> RegisteredWallet {
        let root: Root = codec::decode(&self.read("root.cbor")).expect("a root");
        let record = self.read("wallet.cbor");
        RegisteredWallet::open(&record, SCOPE, &root.digest()).expect("a wallet")
    }

    fn officers(&self) {
        for (id, department, roles) in OFFICERS {
            self.enroll(id, department, roles, &format!("w/{id}.cbor"));
        }
    }

    /// A token and a card for somebody else.
    pub(crate) fn enroll(&self, id: &str, department: &str, roles: &str, card: &str) {
        self.done(&format!(
            "officer enroll --network regtest --profile softhsm2 --token {id} --id {id} \
             --name \"Officer {id}\" --name-ja \"担当者\" --department {department} \
             --roles {roles} --out {card}"
        ));
    }

    fn root(&self) {
        let cards: Vec<String> = OFFICERS
            .iter()
            .map(|(id, ..)| format!("--card w/{id}.cbor"))
            .collect();
        self.done(&format!(
            "roster create --network regtest {} --administrators 2 --valid-from 0 \
             --valid-to 500000 --out w/roster-0.cbor",
            cards.join(" ")
        ));
        for (n, id) in ["admin.a", "admin.b", "admin.c"].into_iter().enumerate() {
            let last = if n == 2 {
                "roster".to_owned()
            } else {
                format!("roster-{}", n + 1)
            };
            self.done(&format!(
                "roster sign --roster w/roster-{n}.cbor --officer {id} --profile softhsm2 \
                 --token {id} --out w/{last}.cbor"
            ));
        }
        self.write(
            "changes.toml",
            "[[changes]]\nid = \"ito.m\"\nvalid_to = 600000\n",
        );
        // The genesis block of regtest.
        self.write(
            "checkpoint.json",
            r#"{"height": 0, "bits": "207fffff", "time": 1296688602,
"hash": "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"}"#,
        );
        self.done(
            "root create --network regtest --checkpoint w/checkpoint.json --roster w/roster.cbor \
             --out w/root.cbor --paper w/root.txt",
        );
    }

    fn wallet(&self) {
        let root: Root = codec::decode(&self.read("root.cbor")).expect("a root");
        for device in DEVICES {
            let card = device.card(SCOPE, root.digest());
            self.write(&format!("{}.cbor", device.0), card.to_bytes());
        }
        self.done(
            "wallet create --root w/root.cbor --card w/tokyo-1.cbor --card w/osaka-1.cbor \
             --card w/nagoya-1.cbor --threshold 2 --name \"Customer cold 01\" --class customer \
             --script wsh --out w/wallet-draft.cbor",
        );
        let draft = self.read("wallet-draft.cbor");
        for device in DEVICES {
            self.write(&format!("wallet-{}.cbor", device.0), device.endorse(&draft));
        }
        self.done(
            "wallet assemble --draft w/wallet-draft.cbor --endorsement w/wallet-tokyo-1.cbor \
             --endorsement w/wallet-osaka-1.cbor --endorsement w/wallet-nagoya-1.cbor \
             --out w/wallet.cbor",
        );
        self.done("device enroll --card w/tokyo-1.cbor --root w/root.cbor --out w/enrolment.cbor");
        self.done(
            "device sign-enrolment --enrolment w/enrolment.cbor --roster w/roster.cbor \
             --officer admin.a --profile softhsm2 --token admin.a --out w/enrolment-1.cbor",
        );
    }

    fn policy(&self) {
        let own = self.registered().script_pubkey(Chain::Receive, KeyIndex(3));
        let other = own.expect("an address").to_p2sh();
        let network = Network::Regtest.to_bitcoin();
        let address = Address::from_script(&other, network).expect("an address");
        let policy = POLICY.replace("ADDRESS", &address.to_string());
        let (first_wallet, _) = policy.rsplit_once("[[wallet]]").expect("two wallets");
        self.write("policy-of-one.toml", first_wallet);
        self.write("policy.toml", &policy);
        self.done(
            "policy create --policy w/policy.toml --wallet w/wallet.cbor \
             --wallet w/other-wallet.cbor --roster w/roster.cbor --root w/root.cbor \
             --out w/policy-0.cbor",
        );
        self.done(
            "policy sign --policy w/policy-0.cbor --roster w/roster.cbor --officer admin.a \
             --profile softhsm2 --token admin.a --out w/policy-1.cbor",
        );
        self.done(
            "policy sign --policy w/policy-1.cbor --roster w/roster.cbor --officer admin.b \
             --profile softhsm2 --token admin.b --out w/policy.cbor",
        );
    }

    fn transfer(&self) {
        self.write("coins.json", coins(&self.registered(), &[0, 1, 2]));
        self.write("headers.json", headers(6));
        let descriptors = self.done("wallet descriptors --wallet w/wallet.cbor");
        self.write("descriptors.txt", descriptors);
        for version in [2, 0] {
            self.done(&format!(
                "psbt create --wallet w/wallet.cbor --policy w/policy.cbor --roster w/roster.cbor \
                 --coins w/coins.json --pay hot-refill-01=0.5 --fee-rate 5 --change-index 0 \
                 --psbt-version {version} --out w/transfer-v{version}.psbt"
            ));
            self.done(&format!(
                "request draft --psbt w/transfer-v{version}.psbt {HOUSE} --case wr-2026-000123 \
                 --requester sato.k --builder sato.k --broadcaster abe.t --purpose \"Refill of the hot wallet\" --fee-ceiling 20000 \
                 --expiry 1000 --invite suzuki.h,ito.m --profile softhsm2 --token sato.k \
                 --headers w/headers.json --out w/request-v{version}.psbt"
            ));
            self.done(&format!(
                "request approve --psbt w/request-v{version}.psbt {HOUSE} --officer suzuki.h \
                 --profile softhsm2 --token suzuki.h --out w/approved-a-v{version}.psbt"
            ));
            self.done(&format!(
                "request approve --psbt w/approved-a-v{version}.psbt {HOUSE} --officer ito.m \
                 --profile softhsm2 --token ito.m --out w/approved-v{version}.psbt"
            ));
            let wallet = self.registered();
            let request = self.read(&format!("approved-v{version}.psbt"));
            for device in DEVICES {
                let answer = device.answer(&request, &wallet, |_| {});
                self.write(
                    &format!("answer-{}-v{version}.psbt", device.0),
                    answer.bytes(),
                );
            }
        }
        self.done(
            "psbt combine --psbt w/answer-tokyo-1-v2.psbt --psbt w/answer-nagoya-1-v2.psbt \
             --request w/approved-v2.psbt --wallet w/wallet.cbor --out w/signed.psbt",
        );
    }

    /// A second wallet, of other devices, with nested addresses.
    fn other_wallet(&self) {
        let root: Root = codec::decode(&self.read("root.cbor")).expect("a root");
        for device in OTHER_DEVICES {
            let card = device.card(SCOPE, root.digest());
            self.write(&format!("{}.cbor", device.0), card.to_bytes());
        }
        self.done(
            "wallet create --root w/root.cbor --card w/kobe-1.cbor --card w/kyoto-1.cbor \
             --threshold 2 --name \"Company cold 01\" --class company --script sh-wsh \
             --out w/other-draft.cbor",
        );
        let draft = self.read("other-draft.cbor");
        for device in OTHER_DEVICES {
            self.write(&format!("other-{}.cbor", device.0), device.endorse(&draft));
        }
        self.done(
            "wallet assemble --draft w/other-draft.cbor --endorsement w/other-kobe-1.cbor \
             --endorsement w/other-kyoto-1.cbor --out w/other-wallet.cbor",
        );
    }

    /// The second wallet as a device holds it.
    pub(crate) fn other(&self) -> RegisteredWallet {
        let root: Root = codec::decode(&self.read("root.cbor")).expect("a root");
        let record = self.read("other-wallet.cbor");
        RegisteredWallet::open(&record, SCOPE, &root.digest()).expect("a wallet")
    }

    /// Files that nothing should take.
    fn spoiled(&self) {
        self.write("empty", []);
        self.write("text", "This is a letter, not an artefact.\n");
        self.write("folder-note", "a folder stands beside this file\n");
        fs::create_dir(self.path("folder")).expect("the folder can be made");
        let mut record = self.read("wallet.cbor");
        let mut pieces = record.windows(8);
        let name = pieces.position(|piece| piece == b"Customer");
        record[name.expect("the wallet's name")] ^= 1;
        self.write("wallet-changed.cbor", record);
        self.spoiled_policies();
        self.write("coins-other.json", coins(&self.other(), &[0, 1]));
        let one = coins(&self.registered(), &[0]);
        let item = one
            .trim()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .trim();
        self.write("coins-twice.json", format!("[{item}, {item}]"));
        let lie = item.replace(r#""vout": 1"#, r#""vout": 0"#);
        self.write(
            "coins-lie.json",
            format!("[{}]", lie.replacen("02000000", "01000000", 1)),
        );
        let liar = DEVICES[1].answer(&self.read("approved-v2.psbt"), &self.registered(), |r| {
            r.psbt = signer_core::digest::PsbtDigest::over(&[b"another PSBT"]);
        });
        self.write("answer-of-a-liar.psbt", liar.bytes());
        let twice = DEVICES[1].answer(&self.read("approved-v2.psbt"), &self.registered(), |r| {
            r.operators[1] = Id::new("operator.a.tokyo-1").expect("an identifier");
        });
        self.write("answer-of-one-operator.psbt", twice.bytes());
    }
}

impl World {
    /// Policies with one thing wrong in each.
    fn spoiled_policies(&self) {
        let good = String::from_utf8(self.read("policy.toml")).expect("text");
        let own = self.registered().address(Chain::Receive, KeyIndex(1));
        let own = own.expect("an address").to_string();
        let line = good.lines().find(|line| line.starts_with("address"));
        let address = line.expect("an address").to_owned();
        for (name, from, to) in [
            ("float", r#""2.00000000""#, "2.0"),
            ("key", "delay = 144", "delay = 144\nholiday = true"),
            ("missing", "change_window = 20", ""),
            (
                "main",
                address.as_str(),
                r#"address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4""#,
            ),
            ("self", address.as_str(), &format!("address = \"{own}\"")),
            ("one", "approvers = 2", "approvers = 1"),
        ] {
            assert!(good.contains(from), "{name}");
            self.write(&format!("policy-{name}.toml"), good.replace(from, to));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// How many houses this process has made.
fn made() -> u32 {
    static MADE: AtomicU32 = AtomicU32::new(0);
    MADE.fetch_add(1, Ordering::Relaxed)
}

const SCOPE: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Live,
};

const POLICY: &str = r#"
number = 1
activation = 0
delay = 144
separation = { devices_per_operator = 1, administrators_apart = 1 }

[[destination]]
id = "hot-refill-01"
label = "HOT-REFILL-01"
address = "ADDRESS"
activation = 0
limit = "2.00000000"

[[wallet]]
name = "Customer cold 01"
per_transfer = 500_000_000
fee = { absolute = "0.00100000", sat_per_vbyte = 200, per_mille = 10 }
approval = { approvers = 2, departments = 2, directors = 1 }
destinations = ["hot-refill-01"]
change_window = 20
placement = { vendors = 1, sites = 1 }
windows = [{ blocks = 144, limit = "8.00000000" }]

[[wallet]]
name = "Company cold 01"
per_transfer = "1"
fee = { absolute = 100_000, sat_per_vbyte = 200, per_mille = 10 }
approval = { approvers = 2, departments = 2, directors = 1 }
destinations = ["hot-refill-01"]
change_window = 20
placement = { vendors = 1, sites = 1 }
windows = [{ blocks = 144, limit = "8.00000000" }]
"#;

/// Coins of 0.3 BTC each at these receive addresses, as a node lists them.
pub(crate) fn coins(wallet: &RegisteredWallet, indexes: &[u32]) -> String {
    let items: Vec<String> = indexes
        .iter()
        .enumerate()
        .map(|(n, index)| {
            let script = wallet.script_pubkey(Chain::Receive, KeyIndex(*index));
            let previous = previous(n, script.expect("an address"));
            format!(
                r#"{{"txid": "{}", "vout": 1, "previous_tx": "{}"}}"#,
                previous.compute_txid(),
                hex(&consensus::serialize(&previous))
            )
        })
        .collect();
    format!("[\n{}\n]\n", items.join(",\n"))
}

fn previous(n: usize, script: ScriptBuf) -> Transaction {
    let output = |sats, script_pubkey| TxOut {
        value: Amount::from_sat(sats),
        script_pubkey,
    };
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::from_consensus(u32::try_from(n).expect("small")),
        input: vec![TxIn {
            previous_output: OutPoint::new(Txid::from_byte_array([7; 32]), 0),
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ZERO,
            witness: Witness::new(),
        }],
        output: vec![
            output(1_000, ScriptBuf::new_op_return([1, 2, 3])),
            output(30_000_000, script),
        ],
    }
}

/// Headers on the genesis block of regtest, as a node gives them.
fn headers(count: u32) -> String {
    use bitcoin::block::{Header, Version};
    use bitcoin::hashes::Hash as _;
    let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest).header;
    let mut last = genesis;
    let mut lines = Vec::new();
    for n in 1..=count {
        let mut header = Header {
            version: Version::TWO,
            prev_blockhash: last.block_hash(),
            merkle_root: bitcoin::TxMerkleNode::all_zeros(),
            time: genesis.time + n * 600,
            bits: genesis.bits,
            nonce: 0,
        };
        while header.validate_pow(header.target()).is_err() {
            header.nonce += 1;
        }
        lines.push(format!("\"{}\"", hex(&consensus::serialize(&header))));
        last = header;
    }
    format!(
        "{{\"first_height\": 1, \"headers\": [\n{}\n]}}\n",
        lines.join(",\n")
    )
}

/// An officer who reads the screen and types what is asked.
pub(crate) fn obedient(screen: &str) -> String {
    let question = prompt(screen);
    if question.contains("PIN") {
        return if question.contains("SO PIN") {
            "so-pin-of-tests"
        } else {
            PIN
        }
        .to_owned();
    }
    if let Some((_, places)) = question.split_once(": words ") {
        return words_at(screen, places);
    }
    let line = |name: &str| {
        let mut lines = screen.lines();
        lines
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_default()
            .trim()
    };
    if question.contains("total amount") {
        return line("total")
            .trim_end_matches("BTC")
            .replace([' ', ','], "");
    }
    if question.contains("total of the cold wallets") {
        return line("cold")
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    if question.contains("case number") {
        return line("request")
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    panic!("nobody knows an answer to {question:?}")
}

/// The words `05 to 08 of ..`: from the grid, or from a device's own screen.
fn words_at(screen: &str, places: &str) -> String {
    let mut parts = places.split(' ');
    let mut number = || {
        parts
            .find_map(|part| part.parse::<usize>().ok())
            .expect("a number")
    };
    let (first, last) = (number(), number());
    let all: Vec<String> = match DEVICES.iter().find(|d| places.contains(d.0)) {
        Some(device) => {
            let id = device.identity().device_id();
            words_of(id.as_bytes())
                .into_iter()
                .map(str::to_owned)
                .collect()
        }
        None => grid(screen),
    };
    all[first - 1..last].join(" ")
}

/// The last grid of numbered words on the screen.
fn grid(screen: &str) -> Vec<String> {
    let rows: Vec<&str> = screen
        .lines()
        .filter(|line| {
            ["  01 ", "  09 ", "  17 ", "  25 "]
                .iter()
                .any(|p| line.starts_with(p))
        })
        .collect();
    let rows = &rows[rows.len() - 4..];
    let cells = rows.iter().flat_map(|row| row.split_whitespace());
    cells
        .filter(|cell| cell.parse::<u8>().is_err())
        .map(str::to_owned)
        .collect()
}

//! The journal of a device that stands where a case wants it, written from
//! `docs/formats/transcript.cddl`: so that a case can be put to a whole program.
//!
//! Three sealed sessions: root, roster and policy; wallets and headers; and what the device
//! remembers. The fourth is the one that the attendances of the world are signed for.

use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, TxMerkleNode, consensus};

use crate::card::Card;
use crate::case::{Case, Fact, SignedBefore};
use crate::cbor::Value;
use crate::pages::{Known, Page, identity_of_card};
use crate::sign::{Signed, key_id, public, sha256_of, tagged};
use crate::world::{
    self, DEVICES, NONCE, SESSION, STRANGE_DEVICE, TIP, Wallet, attendance_of, scope, world,
};

/// Ceremonies by their numbers.
const COMMISSION: u64 = 0;
const WALLETS: u64 = 2;
const KEYS: u64 = 1;
const HEADERS: u64 = 5;
const SIGN: u64 = 6;
/// Outcomes by their numbers.
const DONE: u64 = 0;
const ABORTED: u64 = 3;
/// Artefacts by their numbers.
const ROSTER: u64 = 0;
const CARD: u64 = 2;
/// The machine's clock, all the time.
const CLOCK: u64 = 1_790_000_000;
const INSTALLED_POLICY: u64 = 5;
const INSTALLED_HEADERS: u64 = 6;
/// Entries by their numbers.
const ATTENDED: u64 = 4;
const SHOWN: u64 = 8;
const ANSWERED: u64 = 9;
/// What the people of a session are told at its beginning.
const ANNOUNCED: u64 = 26;
/// Most headers of one run.
const RUN: u32 = 20_000;
/// ENV01, ENV02, HSM01 to HSM04, TRN03 and TRN05: what every opening report judges.
const MACHINE_RULES: [u64; 8] = [35, 36, 37, 38, 39, 40, 44, 46];
/// The rule that asks for an acceptance test of the HSM.
const HSM06: u64 = 49;
/// Parameters of the health tests of random numbers: `docs/randomness.md`.
const RANDOM_TESTS: [u64; 6] = [40, 8, 1024, 6, 512, 19];
/// Bytes of a start-up test.
const RANDOM_START: u64 = 1024;

/// The journal of the case's device before anybody sits down for the case: three sealed sessions.
pub fn journal(case: &Case) -> Vec<u8> {
    standing(case).bytes
}

/// The same, and an open fourth session in this language (0 English, 1 Japanese): both operators
/// have attended, the PSBT was read.
pub fn journal_with_intake(case: &Case, psbt: &[u8], language: u64) -> Vec<u8> {
    let mut journal = standing(case);
    journal.language = language;
    journal.open(SIGN);
    for (seat, label) in (0..).zip(&case.operators) {
        let bytes = world::attendance(&case.device, seat, label);
        journal.add(ATTENDED, Value::Bytes(bytes));
    }
    for label in &case.witnesses {
        let bytes = world::attendance(&case.device, 2, label);
        journal.add(ATTENDED, Value::Bytes(bytes));
    }
    journal.take_in(psbt);
    journal.bytes
}

/// The journal of a device that was born with the root and the roster of the world, generated
/// the keys of its card, and then installed these: kind (`enrolment`, `card`, `draft`, `wallet`) and
/// artefact. Two operators compared each of them but the device's own card.
pub fn journal_installing(device: &str, artefacts: &[(String, Vec<u8>)]) -> Vec<u8> {
    installing(device, artefacts).0
}

/// In which entries of [`journal_installing`] these stand.
pub fn places_of(device: &str, artefacts: &[(String, Vec<u8>)]) -> Vec<u64> {
    installing(device, artefacts).1
}

fn installing(device: &str, artefacts: &[(String, Vec<u8>)]) -> (Vec<u8>, Vec<u64>) {
    let mut journal = Journal::new(device);
    journal.open(COMMISSION);
    journal.install(ROSTER, world().roster_bytes());
    journal.generate(&Card::of(journal.device));
    journal.close(DONE);
    let (mut ceremony, mut places) = (WALLETS, vec![]);
    journal.open_registration();
    for (kind, bytes) in artefacts {
        let own = kind == "card" && identity_of_card(bytes) == Some(public(journal.device));
        let wanted = if own { KEYS } else { WALLETS };
        if wanted != ceremony {
            journal.close(DONE);
            match own {
                true => journal.open(KEYS),
                false => journal.open_registration(),
            }
            ceremony = wanted;
        }
        if own {
            journal.install(CARD, bytes.clone());
            journal.known.add(kind, bytes);
        } else {
            journal.register(kind, bytes);
        }
        places.push(journal.entries - 1);
    }
    journal.close(DONE);
    (journal.bytes, places)
}

/// The journal of a device of the world that was born with a root of somebody's own making.
pub(crate) fn journal_under_another_root(device: &str) -> Vec<u8> {
    let mut root = world().root_bytes().to_vec();
    // The last 32 bytes are the digest of the first roster.
    let last = root.len() - 1;
    root[last] ^= 1;
    let mut journal = Journal::rooted(device, root);
    journal.open(HEADERS);
    journal.close(DONE);
    journal.bytes
}

fn standing(case: &Case) -> Journal {
    let mut journal = Journal::new(&case.device);
    journal.open(COMMISSION);
    journal.install(ROSTER, world().roster_bytes());
    let own = case.policy.clone();
    journal.install(
        INSTALLED_POLICY,
        own.unwrap_or_else(|| world().policy.bytes()),
    );
    journal.close(DONE);
    journal.open_registration();
    for wallet in world().wallets() {
        journal.register("wallet", &wallet.record_bytes());
    }
    for card in &case.cards {
        journal.register("card", card);
    }
    // What was signed earlier was signed at the height of then.
    let signed = case.ledger.iter().filter_map(|fact| match fact {
        Fact::Signed(before) => Some(before.height),
        _ => None,
    });
    journal.follow(signed.chain([case.tip]).min().unwrap_or(case.tip));
    journal.close(DONE);
    if case.ledger.is_empty() {
        journal.open(HEADERS);
        journal.close(DONE);
    } else {
        journal.remember(&case.ledger, case.tip);
    }
    journal
}

/// Entries of a device, as they are appended.
struct Journal {
    device: &'static str,
    bytes: Vec<u8>,
    head: [u8; 32],
    entries: u64,
    session: u32,
    language: u64,
    last_seal: Option<[u8; 32]>,
    /// The known height.
    height: u32,
    /// Whether the roster of the world is in force.
    rostered: bool,
    /// Screens of the open session.
    screens: u64,
    /// Digest of the PSBT that the open session has read: none of them signs it.
    read: Option<[u8; 32]>,
    known: Known,
    ledger: Ledger,
}

/// What the seal says of a PSBT that people gave up: no rule refused it.
fn not_signed(psbt: [u8; 32]) -> Value {
    let rules = Value::Array(vec![]);
    Value::fields([Some(Value::bytes(&psbt)), Some(rules)])
}

/// What the ledger-digest is over.
#[derive(Default)]
struct Ledger {
    spent: Vec<Vec<u8>>,
    rejected: Vec<Vec<u8>>,
    r_values: Vec<Vec<u8>>,
    change: Vec<Vec<u8>>,
    transfers: Vec<Vec<u8>>,
    signatures: u64,
    /// Who operated the last session that signed, each with sessions in a row.
    duty: Vec<Vec<u8>>,
}

impl Journal {
    fn new(device: &str) -> Self {
        Self::rooted(device, world().root_bytes().to_vec())
    }

    fn rooted(device: &str, root: Vec<u8>) -> Self {
        let known = DEVICES.into_iter().chain([STRANGE_DEVICE]);
        let mut journal = Self {
            device: known
                .into_iter()
                .find(|name| *name == device)
                .expect("a device of the world"),
            bytes: vec![],
            head: [0; 32],
            entries: 0,
            session: 0,
            language: 0,
            last_seal: None,
            height: TIP,
            rostered: false,
            screens: 0,
            read: None,
            known: Known::default(),
            ledger: Ledger::default(),
        };
        let genesis = Value::fields([
            Some(Value::Raw(root)),
            Some(Value::text(device)),
            Some(Value::text(&format!("Vault {device}"))),
            Some(Value::bytes(&public(device))),
            Some(hsm_facts()),
            Some(Value::Uint(1)),
        ]);
        journal.add(0, genesis);
        journal
    }

    fn add(&mut self, kind: u64, content: Value) {
        let entry = Value::Array(vec![
            Value::bytes(&self.head),
            Value::Uint(self.entries),
            Value::Uint(self.session.into()),
            Value::Array(vec![Value::Uint(kind), Value::Array(vec![content])]),
        ]);
        let bytes = entry.encode();
        self.head = sha256_of(&bytes);
        self.entries += 1;
        self.bytes.extend(bytes);
    }

    fn open(&mut self, ceremony: u64) {
        self.session += 1;
        self.screens = 0;
        let reading = environment();
        let passed = |rule: u64| {
            let verdict = Value::Array(vec![Value::Uint(0), Value::Array(vec![])]);
            Value::fields([Some(Value::Uint(rule)), Some(verdict)])
        };
        let mut report = MACHINE_RULES.map(passed).to_vec();
        report.push(untested());
        let opened = Value::fields([
            Some(Value::Uint(ceremony)),
            Some(Value::bytes(&nonce(self.session))),
            Some(Value::Uint(self.language)),
            Some(software()),
            Some(Value::Uint(CLOCK)),
            None,
            Some(hsm_facts()),
            Some(reading),
            Some(Value::Array(report)),
            self.last_seal.map(|seal| Value::bytes(&seal)),
            Some(random_evidence(self.session)),
        ]);
        self.add(1, opened);
        if self.rostered {
            self.announce();
        }
    }

    /// Whose entry in the roster is over, or ends soon.
    fn announce(&mut self) {
        let ending = world::ending(self.height).into_iter();
        let entries = ending.map(|(officer, last)| {
            let entry = [Value::text(officer), Value::Uint(last.into())];
            Value::fields(entry.map(Some))
        });
        let announced = Value::fields([Some(Value::Array(entries.collect()))]);
        self.add(ANNOUNCED, announced);
    }

    /// A session in which two operators compare what comes.
    fn open_registration(&mut self) {
        self.open(WALLETS);
        self.seat_operators();
    }

    fn seat_operators(&mut self) {
        for (seat, label) in [(0, "operator.a"), (1, "operator.b")] {
            let nonce = nonce(self.session);
            let bytes = attendance_of(self.device, seat, label, self.session, nonce);
            self.add(ATTENDED, Value::Bytes(bytes));
        }
    }

    /// Shows what has to be compared, types what is asked for, and installs it.
    fn register(&mut self, kind: &str, artefact: &[u8]) {
        let (own, nonce) = (public(self.device), nonce(self.session));
        for page in self.known.pages(kind, artefact, &own, &nonce) {
            self.compare(&page);
        }
        let known = ["roster", "enrolment", "card", "draft", "wallet"];
        let number = known.iter().position(|name| *name == kind);
        let number = number.unwrap_or_else(|| panic!("{kind} is no artefact"));
        self.install(number as u64, artefact.to_vec());
        self.known.add(kind, artefact);
    }

    fn compare(&mut self, page: &Page) {
        self.screens += 1;
        let number = || Some(Value::Uint(self.screens));
        let shown = Value::fields([number(), Some(Value::bytes(&page.digest()))]);
        let answers = page.typed.iter().map(|(seat, text)| {
            Value::fields([number(), Some(Value::Uint(*seat)), Some(Value::text(text))])
        });
        let answers: Vec<Value> = answers.collect();
        self.add(SHOWN, shown);
        for answer in answers {
            self.add(ANSWERED, answer);
        }
    }

    fn install(&mut self, kind: u64, artefact: Vec<u8>) {
        self.ledger
            .r_values
            .extend(own_r_values(self.device, &artefact));
        self.rostered |= kind == ROSTER;
        let installed = [
            Value::Uint(kind),
            Value::Bytes(artefact),
            Value::Uint(CLOCK),
        ];
        self.add(2, Value::fields(installed.map(Some)));
    }

    /// Follows the chain up to this height, from the checkpoint on.
    fn follow(&mut self, tip: u32) {
        if tip <= self.height {
            return;
        }
        for run in headers(tip) {
            self.install(INSTALLED_HEADERS, run);
        }
        self.height = tip;
    }

    /// The keys of a card, as this device announced and made them.
    fn generate(&mut self, card: &Card) {
        let pool = || Some(Value::Uint(card.pool.into()));
        let ranges = (0..).zip(&card.chains).map(|(chain, keys)| {
            let count = Value::Uint(keys.len() as u64);
            Value::fields([Some(Value::Uint(chain)), Some(Value::Uint(0)), Some(count)])
        });
        let intended = [pool(), Some(Value::Array(ranges.collect()))];
        self.add(20, Value::fields(intended));
        for (chain, keys) in (0..).zip(&card.chains) {
            let made = keys.iter().map(|key| {
                let parts = [Value::bytes(&key.public), card.attributes()];
                Value::fields(parts.map(Some))
            });
            let declared = Value::Uint(1);
            let generated = [
                pool(),
                Some(Value::Uint(chain)),
                Some(Value::Uint(0)),
                Some(Value::Array(made.collect())),
                Some(declared),
            ];
            self.add(3, Value::fields(generated));
        }
    }

    fn take_in(&mut self, psbt: &[u8]) {
        let by_pictures = Some(Value::Uint(1));
        let clock = Some(Value::Uint(CLOCK));
        let intake = [Some(Value::bytes(psbt)), by_pictures, None, clock];
        self.add(5, Value::fields(intake));
        self.read = Some(tagged("himuro/psbt", &[psbt]));
    }

    fn close(&mut self, outcome: u64) {
        self.add(17, Value::Uint(outcome));
        let seal = Value::fields([
            Some(Value::Uint(1)),
            Some(scope()),
            Some(Value::bytes(&world::device_id(self.device))),
            Some(Value::Uint(self.session.into())),
            Some(Value::bytes(&self.head)),
            Some(Value::Uint(self.entries)),
            Some(Value::Uint(self.ledger.signatures)),
            Some(Value::Uint(outcome)),
            Some(Value::bytes(&self.ledger.digest())),
            self.read.take().map(not_signed),
        ]);
        let signed = Signed::new("seal", &seal.encode(), self.device).bytes();
        self.last_seal = Some(tagged("himuro/file", &[&signed]));
        self.ledger
            .r_values
            .extend(own_r_values(self.device, &signed));
        self.add(18, Value::Bytes(signed));
    }

    /// A session that was to sign and was given up: its intent counts as signed.
    fn remember(&mut self, facts: &[Fact], tip: u32) {
        self.open(SIGN);
        self.seat_operators();
        self.take_in(&[]);
        let before = tagged("himuro/tx", &[b"before"]);
        let mut lines = vec![];
        let mut paid = None;
        let mut signed = None;
        for fact in facts {
            match fact {
                Fact::Spent(txid, vout) => lines.push((*txid, *vout)),
                Fact::Change(wallet, index) => paid = Some((by_name(wallet), *index)),
                Fact::Rejected(request) => self.reject(request),
                Fact::Signed(before) => signed = Some(before),
            }
        }
        if paid.is_some() && lines.is_empty() {
            lines.push(([0xEE; 32], 0));
        }
        if !lines.is_empty() {
            self.intend(before, tip, &lines, paid);
        }
        if let Some(before) = signed {
            assert!(lines.is_empty(), "one intent for a session");
            self.intend_transfer(before);
            self.follow(tip);
        }
        self.close(ABORTED);
    }

    fn reject(&mut self, request: &[u8; 32]) {
        self.ledger.rejected.push(request.to_vec());
        let rejected = [Value::bytes(request), Value::text("director.d")];
        self.add(7, Value::fields(rejected.map(Some)));
    }

    /// A transfer of which nothing is told but its coins and its change index.
    fn intend(
        &mut self,
        tx: [u8; 32],
        height: u32,
        coins: &[([u8; 32], u32)],
        paid: Option<(&Wallet, u32)>,
    ) {
        let before = SignedBefore {
            wallet: paid.map_or("cold", |(wallet, _)| wallet.name).into(),
            height,
            tx,
            change: 0,
            fee: 0,
            payments: vec![],
            coins: coins.to_vec(),
        };
        self.intend_paying(&before, paid.map(|(_, index)| index));
    }

    fn intend_transfer(&mut self, before: &SignedBefore) {
        self.intend_paying(before, None);
    }

    fn intend_paying(&mut self, before: &SignedBefore, index: Option<u32>) {
        let (wallet, coins) = (by_name(&before.wallet), &before.coins);
        let key = world::public_key(&wallet.secret("north", 0, 0));
        let line = |(input, (txid, vout)): (u64, &([u8; 32], u32))| {
            let coin = [Value::bytes(txid), Value::Uint((*vout).into())];
            Value::fields([
                Some(Value::Uint(input)),
                Some(Value::fields(coin.map(Some))),
                Some(Value::bytes(&key)),
                Some(Value::bytes(&[6; 32])),
            ])
        };
        let payment = |(script, sats): &(Vec<u8>, u64)| {
            Value::fields([Some(Value::bytes(script)), Some(Value::Uint(*sats))])
        };
        let intent = Value::fields([
            Some(Value::bytes(&before.tx)),
            Some(Value::bytes(&wallet.id())),
            Some(Value::Array((0..).zip(coins).map(line).collect())),
            index.map(|index| Value::Uint(index.into())),
            Some(Value::Array(before.payments.iter().map(payment).collect())),
            Some(Value::Uint(before.change)),
            Some(Value::Uint(before.fee)),
            Some(Value::Array(vec![])),
        ]);
        self.add(10, intent);
        for (txid, vout) in coins {
            let record = [&txid[..], &vout.to_be_bytes(), &before.tx].concat();
            self.ledger.spent.push(record);
        }
        if let Some(index) = index {
            let record = [&wallet.id()[..], &index.to_be_bytes()].concat();
            self.ledger.change.push(record);
        }
        self.ledger.transfers.push(transfer_record(before, wallet));
        self.ledger.signatures += coins.len() as u64;
        // There is one such session in a journal, with the operators of [`Self::seat_operators`].
        let turn = |who: &str| [who.as_bytes(), &[0], &1u32.to_be_bytes()].concat();
        self.ledger.duty = ["operator.a", "operator.b"].map(turn).into();
    }
}

/// r of every signature by this device in an artefact: of the whole, of endorsements, and the
/// possession proofs on its own card.
fn own_r_values(device: &str, artefact: &[u8]) -> Vec<Vec<u8>> {
    const SIGNATURE: [u8; 2] = [0x58, 0x40];
    let kid = key_id(&public(device));
    let r_after = |start: &[u8], at: usize| {
        let rest = artefact.get(at..)?.strip_prefix(start)?;
        Some(rest.strip_prefix(&SIGNATURE)?.get(..32)?.to_vec())
    };
    let places = artefact.windows(kid.len()).enumerate();
    let own: Vec<usize> = places
        .filter(|(_, window)| *window == kid)
        .map(|(at, _)| at + kid.len())
        .collect();
    // An endorsement: no header, no payload, the signature.
    let mut found: Vec<Vec<u8>> = own
        .iter()
        .filter_map(|at| r_after(&[0xA0, 0xF6], *at))
        .collect();
    // Signed as a whole: tag 18 of four parts, the signature at the end.
    if artefact.starts_with(&[0xD2, 0x84]) && !own.is_empty() {
        let last = artefact.len() - 66;
        found.extend(r_after(&[], last));
        // Keys on a card: {0: 33 bytes, 1: 64 bytes}.
        let keys = artefact.windows(4).enumerate();
        let keys = keys.filter(|(_, window)| *window == [0xA2, 0x00, 0x58, 0x21]);
        found.extend(keys.filter_map(|(at, _)| r_after(&[0x01], at + 4 + 33)));
    }
    found
}

impl Ledger {
    fn digest(&self) -> [u8; 32] {
        let section = |records: &[Vec<u8>]| {
            let mut sorted = records.to_vec();
            sorted.sort();
            sorted.dedup();
            sha256_of(&sorted.concat())
        };
        let sections = [
            &self.spent,
            &self.rejected,
            &self.r_values,
            &self.change,
            &self.transfers,
        ];
        let sections: Vec<u8> = sections.into_iter().flat_map(|r| section(r)).collect();
        tagged(
            "himuro/ledger",
            &[
                &sections,
                &self.signatures.to_be_bytes(),
                &section(&self.duty),
            ],
        )
    }
}

/// The record of a transfer by this device's own intent, which nothing has replaced.
fn transfer_record(before: &SignedBefore, wallet: &Wallet) -> Vec<u8> {
    let count = |n: usize| u32::try_from(n).expect("few").to_be_bytes();
    let mut record = [&before.tx[..], &before.height.to_be_bytes(), &[1], &[0; 32]].concat();
    record.extend(wallet.id());
    record.extend(before.change.to_be_bytes());
    record.extend(before.fee.to_be_bytes());
    record.extend(count(before.payments.len()));
    for (script, sats) in &before.payments {
        record.extend(count(script.len()));
        record.extend(script);
        record.extend(sats.to_be_bytes());
    }
    record.extend(count(before.coins.len()));
    for (txid, vout) in &before.coins {
        record.extend(txid);
        record.extend(vout.to_be_bytes());
    }
    record
}

fn by_name(name: &str) -> &'static Wallet {
    let found = world().wallets().into_iter().find(|w| w.name == name);
    found.expect("a wallet of the world")
}

fn nonce(session: u32) -> [u8; 32] {
    if session == SESSION {
        NONCE
    } else {
        [u8::try_from(session).expect("few"); 32]
    }
}

fn software() -> Value {
    let digest = |text: &str| Value::bytes(&tagged("himuro/file", &[text.as_bytes()]));
    Value::fields([
        Some(Value::text("0.1.0")),
        Some(Value::text("vectors")),
        Some(digest("binary")),
        Some(digest("module")),
        Some(digest("profile")),
    ])
}

fn hsm_facts() -> Value {
    hsm_of("nobody", "1")
}

/// The HSM of this serial number.
pub(crate) fn hsm_of(vendor: &str, serial: &str) -> Value {
    let line = |text: &str| Some(Value::text(text));
    let digest = |text: &str| Some(Value::bytes(&tagged("himuro/file", &[text.as_bytes()])));
    let (test_only, software) = (Value::Uint(0), Value::Uint(2));
    let (pin, data_object) = (Value::Uint(0), Value::Uint(0));
    let why = Value::Array(vec![Value::text("software")]);
    let never_validated = Value::Array(vec![Value::Uint(0), why]);
    let none_relaxed = [Value::Uint(0), Value::Uint(0), Value::Array(vec![])];
    Value::fields([
        line(vendor),
        line("in memory"),
        line(serial),
        line("1.0"),
        line("1.0"),
        line("test"),
        line("none"),
        line("1.0"),
        digest("module"),
        line("test"),
        digest("profile"),
        Some(test_only),
        Some(software),
        Some(never_validated),
        Some(Value::fields(none_relaxed.map(Some))),
        Some(Value::Array(vec![])),
        Some(pin),
        Some(data_object),
    ])
}

/// HSM06 on a network whose coins have no value: it does not apply.
fn untested() -> Value {
    let why = [
        "no coins of value on this network",
        "価値のあるコインのないネットワーク",
    ];
    let why = Value::Array(why.map(Value::text).to_vec());
    let verdict = Value::Array(vec![Value::Uint(3), Value::Array(vec![why])]);
    Value::fields([Some(Value::Uint(HSM06)), Some(verdict)])
}

/// Two healthy sources, and other bytes in every session.
fn random_evidence(session: u32) -> Value {
    let source = |name: &str| {
        let sample = tagged(
            "himuro/random-sample",
            &[name.as_bytes(), &session.to_be_bytes()],
        );
        Some(Value::fields([
            Some(Value::Uint(RANDOM_START)),
            Some(Value::Uint(2)),
            Some(Value::Uint(12)),
            Some(Value::Uint(0)),
            Some(Value::bytes(&sample)),
        ]))
    };
    let tests = Value::fields(RANDOM_TESTS.map(|n| Some(Value::Uint(n))));
    Value::fields([Some(tests), source("hsm"), source("kernel")])
}

/// A machine that is closed.
fn environment() -> Value {
    let interface = || {
        let lo = [Value::text("lo"), Value::Uint(772)];
        Some(Value::Array(vec![Value::fields(lo.map(Some))]))
    };
    Value::fields([
        interface(),
        interface(),
        Some(Value::Array(vec![Value::text("lo")])),
        Some(Value::Uint(0)),
        Some(Value::Array(vec![])),
        Some(Value::Uint(0)),
        Some(Value::text("core")),
        Some(Value::Array(vec![])),
        Some(Value::Uint(0)),
    ])
}

/// Runs of headers that lead from the root's checkpoint to this height.
fn headers(tip: u32) -> Vec<Vec<u8>> {
    let mut previous = world::CHECKPOINT;
    let mut runs = vec![];
    let mut first = TIP + 1;
    while first <= tip {
        let last = tip.min(first + RUN - 1);
        let mut bytes = vec![];
        for height in first..=last {
            let header = mined(previous, world::CHECKPOINT_TIME + (height - TIP));
            previous = header.block_hash().to_byte_array();
            bytes.extend(consensus::serialize(&header));
        }
        let run = [Value::Uint(first.into()), Value::Bytes(bytes)];
        runs.push(Value::fields(run.map(Some)).encode());
        first = last + 1;
    }
    runs
}

fn mined(previous: [u8; 32], time: u32) -> Header {
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash: BlockHash::from_byte_array(previous),
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: CompactTarget::from_consensus(world::CHECKPOINT_BITS),
        nonce: 0,
    };
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    header
}

//! The catalogue of attacks, through the stages from Parse to Approve: every case is taken, or
//! refused by exactly the rules that its family names. Cases, world and expectations come from
//! `test-vectors`, which knows nothing of signer-core.
//!
//! In this crate, because what a device remembers has no public constructor.

use std::borrow::ToOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::string::{String, ToString};
use std::sync::{Arc, LazyLock};
use std::vec::Vec;
use std::{format, fs, thread, vec};

use crate::approval::{ActiveRoster, ApprovedTx, Operators, SessionFacts};
use crate::codec;
use crate::cose::Scope;
use crate::digest::{DeviceId, RequestDigest, TxDigest};
use crate::keys::P256PublicKey;
use crate::ledger::{LedgerState, Transfer};
use crate::policy::{ActivePolicy, Before, CheckedTx, PolicyError, PolicyStanding};
use crate::psbt::{Limits, ParsedPsbt, unarmoured};
use crate::root::Root;
use crate::rule::{Place, Refusal, RuleId, Stage, Stopped};
use crate::settlement::OpenRegister;
use crate::testing::free;
use crate::types::{Chain, Height, Id, KeyIndex, Lang, Network, Purpose, SessionNumber};
use crate::wallet::{
    BindContext, CheckOnly, CheckTerms, CheckedCard, DescriptorWallet, DeviceStanding,
    ListedDescriptor, RegisteredWallet, Registry, WalletTx,
};
use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, ScriptBuf, Txid};
use test_vectors::{
    Case, Expected, Fact, Family, SignedBefore, Source, WORLD_FILE, WorldFile, data,
    stopped_by_one, stored,
};

mod replay;
mod screens;

const SCOPE: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Live,
};

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The families as they lie on the disk.
static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(stored);

/// What is in force.
struct World {
    file: WorldFile,
    roster: ActiveRoster,
    wallets: Registry,
    wallet_of: BTreeMap<String, Arc<RegisteredWallet>>,
    policy: ActivePolicy,
    tip: Height,
}

static WORLD: LazyLock<World> = LazyLock::new(World::open);

impl World {
    fn open() -> Self {
        let file = WorldFile::read(&read(&data().join(WORLD_FILE)));
        let root: Root = codec::decode(&file.bytes(&["root"]).unwrap()).unwrap();
        let roster = file.bytes(&["roster"]).unwrap();
        let roster = ActiveRoster::first(&roster, SCOPE, &root).unwrap();
        let tip = Height(file.word(&["tip"]).unwrap().parse().unwrap());
        let mut wallets = Registry::new();
        let mut wallet_of = BTreeMap::new();
        for name in file.names("wallet") {
            let record = file.bytes(&["wallet", name]).unwrap();
            let wallet = RegisteredWallet::open(&record, SCOPE, &root.digest()).unwrap();
            let wallet = Arc::new(wallet);
            wallets.add(Arc::clone(&wallet)).unwrap();
            wallet_of.insert(name.to_owned(), wallet);
        }
        let policy = file.bytes(&["policy"]).unwrap();
        Self {
            policy: open_policy(&policy, &roster, tip).unwrap(),
            file,
            roster,
            wallets,
            wallet_of,
            tip,
        }
    }

    fn device(&self, name: &str) -> DeviceId {
        let identity = self.file.bytes(&["device", name]).unwrap();
        P256PublicKey::from_sec1(&identity).unwrap().device_id()
    }

    fn operators(&self, case: &Case) -> Result<Operators, Refusal> {
        let attendance = |seat: usize| {
            let label = &case.operators[seat];
            let seat = seat.to_string();
            let found = self.file.bytes(&["attendance", &case.device, &seat, label]);
            found.unwrap_or_else(|| panic!("{}: no attendance of {label}", case.name))
        };
        let session = self.file.word(&["session"]).unwrap().parse().unwrap();
        let nonce = self.file.bytes(&["nonce"]).unwrap();
        let facts = SessionFacts {
            device: self.device(&case.device),
            session: SessionNumber(session),
            nonce: nonce.try_into().unwrap(),
        };
        let both = Operators::open(&attendance(0), &attendance(1), facts, &self.roster);
        case.witnesses.iter().fold(both, |seated, label| {
            let found = self.file.bytes(&["attendance", &case.device, "2", label]);
            let found = found.unwrap_or_else(|| panic!("{}: no witness {label}", case.name));
            seated?.beside(&found, &self.roster)
        })
    }

    fn ledger(&self, case: &Case) -> LedgerState {
        let mut ledger = LedgerState::empty();
        let signs = |fact: &Fact| !matches!(fact, Fact::Rejected(_));
        if case.ledger.iter().any(signs) {
            // Who sits in the session of the journal that holds these facts.
            ledger.record_duty(&["operator.a", "operator.b"].map(|who| Id::new(who).unwrap()));
        }
        for fact in &case.ledger {
            match fact {
                Fact::Spent(txid, vout) => {
                    let coin = OutPoint::new(Txid::from_byte_array(*txid), *vout);
                    ledger.record_intent(TxDigest::over(&[b"before"]), &[coin]);
                }
                Fact::Signed(before) => self.remember(before, &mut ledger),
                Fact::Rejected(request) => {
                    let officer = Id::new("director.d").unwrap();
                    ledger.record_rejection(RequestDigest::from_bytes(*request), officer);
                }
                Fact::Change(wallet, index) => {
                    ledger.record_change(self.wallet_of[wallet].id(), KeyIndex(*index));
                }
            }
        }
        ledger
    }
}

impl World {
    /// The wallets, with the newer cards that the device has taken.
    fn knowing(&self, case: &Case) -> Registry {
        let mut wallets = self.wallets.clone();
        for card in &case.cards {
            let card = CheckedCard::open(card, SCOPE, &self.roster.root());
            wallets.note_card(&card.unwrap_or_else(|e| panic!("{}: {e:?}", case.name)));
        }
        wallets
    }

    /// What an intent of earlier leaves behind.
    fn remember(&self, before: &SignedBefore, ledger: &mut LedgerState) {
        let tx = TxDigest::from_bytes(before.tx);
        let coins = before.coins.iter();
        let coins = coins.map(|(txid, vout)| OutPoint::new(Txid::from_byte_array(*txid), *vout));
        let payments = before.payments.iter().map(|(script, sats)| {
            let script = ScriptBuf::from_bytes(script.clone());
            (script, Amount::from_sat(*sats))
        });
        let transfer = Transfer {
            wallet: self.wallet_of[&before.wallet].id(),
            payments: payments.collect(),
            change: Amount::from_sat(before.change),
            fee: Amount::from_sat(before.fee),
            coins: coins.collect(),
        };
        ledger.record_intent(tx, &transfer.coins);
        ledger.record_transfer(tx, &transfer, &[], Height(before.height));
    }
}

fn open_policy(
    bytes: &[u8],
    roster: &ActiveRoster,
    tip: Height,
) -> Result<ActivePolicy, PolicyError> {
    let standing = PolicyStanding {
        installed: free(tip),
        before: Before::Nothing,
    };
    ActivePolicy::open(bytes, roster, standing, tip)
}

/// What the stages say: the notices of what is approved, or the refusals.
fn judge(case: &Case, bytes: Vec<u8>) -> Result<Vec<RuleId>, Vec<Refusal>> {
    let world = &*WORLD;
    let own_policy = case.policy.as_ref().map(|bytes| {
        let opened = open_policy(bytes, &world.roster, world.tip);
        opened.unwrap_or_else(|error| panic!("{}: {error}", case.name))
    });
    let policy = own_policy.as_ref().unwrap_or(&world.policy);
    let (ledger, time) = (world.ledger(case), free(Height(case.tip)));
    let refusals = |stopped: Stopped| stopped.report().refusals().cloned().collect::<Vec<_>>();
    let context = BindContext {
        wallets: &world.knowing(case),
        policy,
        ledger: &ledger,
        device: &world.device(&case.device),
        time,
        standing: DeviceStanding::Free,
        register: &OpenRegister::default(),
    };
    let parsed = ParsedPsbt::parse(bytes).map_err(refusals)?;
    let bound = WalletTx::bind(parsed, &context).map_err(refusals)?;
    let checked = CheckedTx::check(bound, policy, &world.roster).map_err(refusals)?;
    let operators = world.operators(case).map_err(|refusal| vec![refusal])?;
    let approved = ApprovedTx::approve(checked, &world.roster, &operators).map_err(refusals)?;
    Ok(approved.report().notices().map(|(rule, _)| rule).collect())
}

/// Notices of form and ownership are exactly those that the case names.
fn noted(case: &Case, notices: &[RuleId]) -> Result<(), String> {
    let early = notices.iter().filter(|rule| rule.stage() <= Stage::Bind);
    let got: Vec<&str> = early.map(|rule| rule.name()).collect();
    let right = got == case.notices;
    right
        .then_some(())
        .ok_or_else(|| format!("notices {:?} expected, got {got:?}", case.notices))
}

fn place(place: &Place) -> String {
    match place {
        Place::Whole => "whole".into(),
        Place::Byte(byte) => format!("byte-{byte}"),
        Place::Transaction => "transaction".into(),
        Place::Input(index) => format!("input-{index}"),
        Place::Output(index) => format!("output-{index}"),
        Place::Request => "request".into(),
        Place::Approval(officer) => format!("approval-{officer}"),
        Place::Operators => "operators".into(),
        Place::Screen(screen) => format!("screen-{screen}"),
        Place::Machine => "machine".into(),
        Place::Token => "token".into(),
        Place::Entry(entry) => format!("entry-{entry}"),
    }
}

/// The difference between what is expected and what came, where there is one.
fn difference(expected: &[test_vectors::Refusal], got: &[Refusal]) -> Option<String> {
    let rules = |all: &mut dyn Iterator<Item = String>| all.collect::<BTreeSet<String>>();
    let wanted = rules(&mut expected.iter().map(|refusal| refusal.rule.clone()));
    let found = rules(&mut got.iter().map(|refusal| refusal.rule.name().to_owned()));
    let mut same = wanted == found;
    for rule in &wanted {
        let own = expected.iter().filter(|refusal| refusal.rule == *rule);
        let places: BTreeSet<String> = own.filter_map(|refusal| refusal.place.clone()).collect();
        let came = got.iter().filter(|refusal| refusal.rule.name() == rule);
        let came: BTreeSet<String> = came.map(|refusal| place(&refusal.place)).collect();
        same &= places.is_empty() || places == came;
    }
    let said = |r: &Refusal| {
        format!(
            "{}@{} ({})",
            r.rule,
            place(&r.place),
            r.difference().text(Lang::En)
        )
    };
    let said: Vec<String> = got.iter().take(6).map(said).collect();
    (!same).then(|| format!("expected {wanted:?}, got {said:#?}"))
}

fn run(case: &Case) -> Result<(), String> {
    let bytes = match &case.source {
        Source::File(file) => unarmoured(file.clone()),
        Source::Bytes(_) | Source::Generated(_) => Some(case.bytes()),
    };
    let bytes = match (bytes, &case.expected) {
        (Some(bytes), _) => bytes,
        (None, Expected::NoPsbt) => return Ok(()),
        (None, _) => return Err("no PSBT was found in the file".into()),
    };
    if case.expected == Expected::NoPsbt {
        return Err("a PSBT was found in the file".into());
    }
    if case.expected == Expected::NoPolicy {
        let policy = case.policy.as_ref().ok_or("a policy is missing")?;
        let opened = open_policy(policy, &WORLD.roster, WORLD.tip);
        return opened
            .err()
            .map(drop)
            .ok_or_else(|| "the policy was taken".into());
    }
    if case.expected == Expected::CutAnywhere {
        for end in 0..bytes.len() {
            let got = judge(case, bytes[..end].to_vec()).err().unwrap_or_default();
            let form = test_vectors::Refusal {
                rule: "PSB01".into(),
                place: None,
            };
            if let Some(difference) = difference(&[form], &got) {
                return Err(format!("cut at {end}: {difference}"));
            }
        }
        return ParsedPsbt::parse(bytes)
            .map(drop)
            .map_err(|_| "refused whole".into());
    }
    let judged = judge(case, bytes);
    if let Ok(notices) = &judged {
        noted(case, notices)?;
    }
    let got = judged.err().unwrap_or_default();
    let expected = match &case.expected {
        Expected::Refuse(refusals) => &refusals[..],
        _ => &[],
    };
    difference(expected, &got).map_or(Ok(()), Err)
}

/// The PSBT that comes in; none where the file is none.
fn psbt_of(case: &Case) -> Option<Vec<u8>> {
    let psbt = match &case.source {
        Source::File(file) => unarmoured(file.clone()),
        Source::Bytes(_) | Source::Generated(_) => Some(case.bytes()),
    };
    psbt.filter(|_| case.expected != Expected::NoPsbt)
}

/// Every case with the name of its family.
fn all() -> Vec<(&'static str, &'static Case)> {
    let cases = FAMILIES.iter().flat_map(|family| {
        let named = |case| (family.name.as_str(), case);
        family.cases.iter().map(named)
    });
    cases.collect()
}

/// What is wrong with any of these cases of named families.
fn judge_all(cases: &[(&str, &Case)]) -> Vec<String> {
    let wrong = cases.iter().filter_map(|(family, case)| {
        let said = run(case).err()?;
        Some(format!("{family}/{}: {said}", case.name))
    });
    wrong.collect()
}

/// Every case of every family; two threads share them.
#[test]
fn every_case_is_judged_as_its_family_says() {
    let cases = all();
    let half = cases.len() / 2;
    let wrong = thread::scope(|scope| {
        let first = scope.spawn(|| judge_all(&cases[..half]));
        let mut wrong = judge_all(&cases[half..]);
        wrong.extend(first.join().unwrap());
        wrong
    });
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// Rules that need neither a device nor its past.
const WITHOUT_DEVICE: [RuleId; 4] = [RuleId::WAL02, RuleId::WAL03, RuleId::WAL04, RuleId::WAL06];
/// The device's own signature: without a device none is its own.
const OWN_SIGNATURE: [&str; 3] = ["ours", "ours-on-the-last-input", "complete"];

/// The wallet `cold` as somebody else knows it: by the descriptors of its addresses.
fn listed() -> DescriptorWallet {
    let cold = &WORLD.wallet_of["cold"];
    let chains = [Chain::Receive, Chain::Change].into_iter();
    let places = chains.flat_map(|chain| (0..cold.addresses(chain)).map(move |n| (chain, n)));
    let listed = places.map(|(chain, index)| ListedDescriptor {
        text: cold.descriptor(chain, KeyIndex(index)).unwrap(),
        chain: Some(chain),
        range: (index, index),
    });
    DescriptorWallet::read(&listed.collect::<Vec<_>>()).unwrap()
}

/// The check that the host's tool runs, on a wallet of descriptors, refuses by the same rules of
/// form and ownership.
#[test]
fn the_check_without_a_device_agrees() {
    let wallet = listed();
    let cold = WORLD.wallet_of["cold"].id();
    let mut compared = 0;
    for (family, case) in all() {
        let terms = CheckTerms {
            wallet: &wallet,
            network: SCOPE.network,
            policy: None,
            tip: Some(Height(case.tip)),
        };
        if matches!(case.source, Source::File(_)) {
            continue;
        }
        let refusals = match &case.expected {
            Expected::Accept => &[][..],
            Expected::Refuse(refusals) => refusals,
            Expected::CutAnywhere | Expected::NoPolicy | Expected::NoPsbt => continue,
        };
        let checked = CheckOnly::judge(case.bytes(), Limits::USUAL, terms);
        let mut coins = checked.parsed().into_iter().flat_map(ParsedPsbt::inputs);
        let payer = coins.find_map(|coin| {
            let found = WORLD.wallets.locate(&coin.spent.script_pubkey);
            found.map(|(wallet, _, _)| wallet.id())
        });
        let name = case.name.split_once('-').map(|(_, name)| name);
        let own = name.is_some_and(|name| OWN_SIGNATURE.contains(&name));
        if payer.is_some_and(|id| id != cold) || (family.starts_with("A74") && own) {
            continue;
        }
        let judged = |rule: &&str| {
            rule.starts_with("PSB") || WITHOUT_DEVICE.iter().any(|other| other.name() == *rule)
        };
        let expected: BTreeSet<&str> = refusals.iter().map(|r| r.rule.as_str()).collect();
        let expected: BTreeSet<&str> = expected.into_iter().filter(judged).collect();
        let got = checked.report().refusals().map(|r| r.rule.name());
        let got: BTreeSet<&str> = got.filter(judged).collect();
        assert_eq!(got, expected, "{family}/{}", case.name);
        compared += 1;
    }
    assert!(compared > 1_700, "{compared}");
}

/// Data on the disk is what the constructors make.
#[test]
fn the_data_is_not_stale() {
    let made = test_vectors::families();
    let names = |families: &[Family]| -> Vec<String> {
        families.iter().map(|family| family.name.clone()).collect()
    };
    let mut sorted = made;
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(names(&FAMILIES), names(&sorted));
    for family in &sorted {
        let file = data().join(&family.name).join("cases.txt");
        assert!(
            read(&file) == family.text(),
            "{} is stale; run generate",
            family.name
        );
    }
    assert!(
        read(&data().join(WORLD_FILE)) == test_vectors::world_text(),
        "the world is stale"
    );
}

/// What this rule says first of the case that it alone stops.
pub(super) fn first_refusal(rule: RuleId) -> Refusal {
    let (_, case) = stopped_by_one(&FAMILIES, rule.name()).expect("a case for each rule");
    let report = judge(case, case.bytes()).expect_err("the case is refused");
    report.into_iter().next().expect("at least one refusal")
}

/// For each rule of the stages that judge a PSBT there is a case that stops at this rule and no
/// other: with its verdict left out of the complete report nothing refuses, and the case would go
/// on to the HSM. `docs/assurance.md` names the cases. The catalogue is of regtest, where TIM01 does
/// not apply: its test is `tim01_alone`.
#[test]
fn with_any_one_rule_left_out_a_named_case_would_pass() {
    let stages = [Stage::Parse, Stage::Bind, Stage::Check, Stage::Approve];
    let rules = stages.into_iter().flat_map(RuleId::of);
    for rule in rules.filter(|rule| *rule != RuleId::TIM01) {
        let stopped = stopped_by_one(&FAMILIES, rule.name());
        let (family, case) = stopped.unwrap_or_else(|| panic!("no case for {rule} alone"));
        let name = format!("{rule}: {}/{}", family.name, case.name);
        let report = judge(case, case.bytes()).expect_err(&name);
        assert!(!report.is_empty(), "{name}");
        let others = report.iter().filter(|refusal| refusal.rule != rule);
        assert_eq!(others.count(), 0, "{name}: {report:#?}");
    }
}

//! A wallet of up to fifteen devices, the tools of its officers, and two of its devices.

use std::fmt;
use std::format;
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec;
use std::vec::Vec;

use bitcoin::hashes::Hash;
use bitcoin::script::Builder;
use bitcoin::{Amount, PubkeyHash, ScriptBuf, ScriptHash, WPubkeyHash, WScriptHash};

use crate::approval::{
    ActiveRoster, Approval, Decision, HeardRequest, Request, RequestKind, RequestedPayment, Role,
};
use crate::digest::sha256_of;
use crate::ledger::LedgerState;
use crate::policy::{CheckedTx, Destination, Placement, Policy, WalletRules, WindowLimit};
use crate::psbt::{ParsedPsbt, ProprietaryField, RawPsbt};
use crate::rule::{Refusal, Stopped};
use crate::settlement::OpenRegister;
use crate::testing::{
    ADMINISTRATORS, SCOPE, SoftDevice, TIP, World, activate, free, id, label, officer,
    officer_signs, officers_sign, policy_for, register, root_over, roster, terms,
};
use crate::transcript::testing::{Bench, OPERATORS};
use crate::transcript::{
    Body, CeremonyKind, Channel, Intake, Outcome, Release, VerifiedTranscript, review,
};
use crate::types::{Blocks, Chain, Height, KeyIndex, Lang};
use crate::wallet::{
    BindContext, DeviceStanding, RegisteredWallet, Registry, ScriptType, WalletClass, WalletTx,
};

/// Devices of the largest wallet. The second is of another vendor.
const DEVICES: [&str; 15] = [
    "north", "west", "south", "east", "hill", "lake", "shore", "forest", "island", "valley",
    "harbour", "bridge", "garden", "castle", "mill",
];
/// Who operates the first device, and who the second.
const SEATS: [[&str; 2]; 2] = [OPERATORS, ["operator.c", "operator.d"]];
/// Of each usual form of script that a destination has, so many.
const OF_EACH_FORM: u8 = 5;

/// What kind of wallet it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quorum {
    pub(super) m: u8,
    pub(super) n: u8,
    pub(super) form: ScriptType,
}

impl fmt::Display for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{} {:?}", self.m, self.n, self.form)
    }
}

/// A wallet in force, and two of its devices with their journals.
pub(super) struct House {
    pub(super) quorum: Quorum,
    devices: [Bench; 2],
}

impl House {
    /// The wallet is registered on all its devices and in force by a policy.
    pub(super) fn of(quorum: Quorum) -> Self {
        let devices = [0, 1].map(|place| Bench::ready_at(world(quorum), place));
        Self { quorum, devices }
    }

    fn world(&self) -> &World {
        &self.devices[0].world
    }

    /// Descriptors of every address, receiving first: what the wallet's people give to a program.
    pub(super) fn descriptors(&self) -> Vec<String> {
        let wallet = &self.world().wallet;
        let chains = [Chain::Receive, Chain::Change].into_iter();
        let places = chains.flat_map(|chain| (0..wallet.addresses(chain)).map(move |n| (chain, n)));
        let texts = places.map(|(chain, n)| wallet.descriptor(chain, KeyIndex(n)).unwrap());
        texts.collect()
    }

    /// Scripts of all destinations of the policy.
    pub(super) fn payees(&self) -> Vec<String> {
        let all = self.world().policy.policy().destinations.iter();
        all.map(|known| known.script.to_hex_string()).collect()
    }

    /// What the tool of the requester does: it judges the transaction and signs the request.
    pub(super) fn request(&self, psbt: Vec<u8>) -> Result<RawPsbt, String> {
        let checked = self.check(psbt).map_err(|stopped| said(&stopped))?;
        let world = self.world();
        let payments = checked.payments().iter().map(|payment| RequestedPayment {
            destination: payment.destination.clone(),
            amount: payment.amount,
        });
        let request = Request {
            version: 1,
            scope: SCOPE,
            case: id("wr-2026-000123"),
            root: world.roster.root(),
            roster: world.roster.digest(),
            policy: world.policy.digest(),
            wallet: world.wallet.digest(),
            tx: checked.wallet_tx().parsed().tx_digest(),
            requester: id("requester.r"),
            purpose: label("Hot wallet refill"),
            payments: payments.collect(),
            fee_ceiling: checked.wallet_tx().fee(),
            expiry: Height(TIP.0 + 144),
            invited: vec![id("approver.a"), id("director.d")],
            mandatory: vec![],
            heads: vec![],
            builder: id("requester.r"),
            replaces: vec![],
            kind: RequestKind::Ordinary,
            broadcaster: id("sender.x"),
        };
        let signed = officer_signs(request, "requester.r");
        let raw = checked.wallet_tx().parsed().raw();
        Ok(raw
            .insert_global(&ProprietaryField::request_key(), &signed.to_bytes())
            .unwrap())
    }

    /// What the tools of two officers do: each hears the request and adds its approval.
    pub(super) fn approve(&self, asked: RawPsbt) -> Result<Vec<u8>, String> {
        let mut psbt = asked;
        for officer in ["approver.a", "director.d"] {
            let checked = self
                .check(psbt.clone().into_bytes())
                .map_err(|stopped| said(&stopped))?;
            let heard = HeardRequest::hear(checked, &self.world().roster);
            let heard = heard.map_err(|refusals| texts(&refusals))?;
            let vote = officer_signs(self.approval(officer, &heard), officer);
            let key = ProprietaryField::approval_key(&id(officer));
            psbt = psbt.insert_global(&key, &vote.to_bytes()).unwrap();
        }
        Ok(psbt.into_bytes())
    }

    fn approval(&self, officer: &str, heard: &HeardRequest) -> Approval {
        let world = self.world();
        Approval {
            version: 1,
            scope: SCOPE,
            decision: Decision::Approve,
            officer: id(officer),
            root: world.roster.root(),
            roster: world.roster.digest(),
            policy: world.policy.digest(),
            wallet: world.wallet.digest(),
            request: heard.request_digest(),
            tx: heard.request().tx,
            class: world.wallet.class(),
            height: TIP,
            heads: vec![],
        }
    }

    /// Parsed, bound and checked, by a tool that knows no device's past.
    fn check(&self, psbt: Vec<u8>) -> Result<CheckedTx, Stopped> {
        let world = self.world();
        let context = BindContext {
            wallets: &world.wallets,
            policy: &world.policy,
            ledger: &LedgerState::empty(),
            device: &world.devices[0].id(),
            time: free(TIP),
            standing: DeviceStanding::Unknown,
            register: &OpenRegister::default(),
        };
        let bound = WalletTx::bind(ParsedPsbt::parse(psbt)?, &context)?;
        CheckedTx::check(bound, &world.policy, &world.roster)
    }

    /// A whole ceremony of one device; the PSBT that it releases.
    pub(super) fn sign(&mut self, place: usize, psbt: Vec<u8>) -> Result<Vec<u8>, String> {
        let bench = &mut self.devices[place];
        bench.attend(CeremonyKind::Sign, SEATS[place]);
        bench.add(Body::Intake(Intake::new(psbt, Channel::File, bench.clock)));
        let approved = match bench.judge() {
            Ok(approved) => approved,
            Err(refused) => {
                bench.close(Outcome::Refused);
                let report = refused.report().unwrap();
                return Err(format!("device {place}: {}", texts(report.refusals())));
            }
        };
        let mut review = review(bench.state(), approved).unwrap();
        bench.read(&mut review, usize::MAX);
        let confirmed = review.finish().map_err(|refusal| refusal.text(Lang::En))?;
        let signing = bench.sign(confirmed, usize::MAX);
        let signed = bench.receipt(signing);
        let sealed = bench.close(Outcome::Signed);
        let release = Release::signed(signed, &sealed, bench.disk.clone());
        let release = release.map_err(|refusal| refusal.text(Lang::En))?;
        Ok(release.psbt().unwrap().to_vec())
    }

    /// Each input has one signature of each of the two devices.
    pub(super) fn is_signed_by_both(psbt: &[u8]) -> Result<(), String> {
        let parsed = ParsedPsbt::parse(psbt.to_vec()).map_err(|stopped| said(&stopped))?;
        let signed = parsed
            .inputs()
            .iter()
            .all(|input| input.partial_sigs.len() == 2);
        signed
            .then_some(())
            .ok_or_else(|| "a signature is missing".to_string())
    }

    /// What an auditor finds in the journals of both devices.
    pub(super) fn audited(&self) -> Option<String> {
        let found = self
            .devices
            .iter()
            .find_map(|bench| VerifiedTranscript::verify(&bench.disk, &bench.trust()).err());
        found.map(|findings| texts(findings.refusals()))
    }
}

fn said(stopped: &Stopped) -> String {
    texts(stopped.report().refusals())
}

fn texts<'a>(refusals: impl IntoIterator<Item = &'a Refusal>) -> String {
    let texts = refusals.into_iter().map(|refusal| refusal.text(Lang::En));
    texts.collect::<Vec<_>>().join("; ")
}

/// A world of one wallet, over as many devices as its quorum says.
fn world(quorum: Quorum) -> World {
    let mut people = roster();
    let more = SEATS[1].map(|name| officer((name, "operations", &[Role::Operator])));
    people.officers.extend(more);
    people.officers.sort_by(|a, b| a.id.cmp(&b.id));
    let signed = officers_sign(people, &ADMINISTRATORS);
    let root = root_over(&signed, Height(TIP.0 - 2));
    let roster = ActiveRoster::first(&signed.to_bytes(), SCOPE, &root).unwrap();
    let names = &DEVICES[..usize::from(quorum.n)];
    let devices: Vec<SoftDevice> = names.iter().map(|name| SoftDevice::new(name)).collect();
    let mut terms = terms("Cold 1", WalletClass::Customer, quorum.form);
    terms.threshold = quorum.m;
    let record = register(&devices, &roster, &[1], terms);
    let wallet = RegisteredWallet::open(&record, SCOPE, &root.digest()).unwrap();
    let wallet = Arc::new(wallet);
    let mut wallets = Registry::new();
    wallets.add(Arc::clone(&wallet)).unwrap();
    let policy = activate(policy(&roster, &wallet), &roster).unwrap();
    World {
        root,
        roster,
        devices,
        other: Arc::clone(&wallet),
        wallet,
        wallets,
        policy,
    }
}

/// Destinations of every usual form, every limit above what the transactions move.
fn policy(roster: &ActiveRoster, wallet: &RegisteredWallet) -> Policy {
    let destinations: Vec<Destination> = (0..5 * OF_EACH_FORM).map(destination).collect();
    let usual = policy_for(roster, [wallet, wallet]);
    let rules = WalletRules {
        per_transfer: Amount::MAX_MONEY,
        destinations: destinations.iter().map(|known| known.id.clone()).collect(),
        change_window: super::super::KEYS,
        windows: vec![WindowLimit {
            blocks: Blocks(144),
            amount: Amount::MAX_MONEY,
        }],
        placement: Placement {
            vendors: 2,
            sites: 2,
        },
        fee: crate::policy::FeeCaps {
            absolute: Amount::from_sat(50_000_000),
            ..usual.wallets[0].fee
        },
        ..usual.wallets[0].clone()
    };
    Policy {
        wallets: vec![rules],
        destinations,
        ..usual
    }
}

fn destination(number: u8) -> Destination {
    let name = format!("d-{number:02}");
    let digest = sha256_of(name.as_bytes());
    let short: [u8; 20] = digest[..20].try_into().unwrap();
    let script = match number % 5 {
        0 => ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(short)),
        1 => ScriptBuf::new_p2wsh(&WScriptHash::from_byte_array(digest)),
        2 => ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array(short)),
        3 => ScriptBuf::new_p2sh(&ScriptHash::from_byte_array(short)),
        _ => Builder::new().push_int(1).push_slice(digest).into_script(),
    };
    Destination {
        id: id(&name),
        label: label(&name.to_uppercase()),
        script,
        activation: Height(845_000),
        limit: Amount::MAX_MONEY,
        windows: vec![],
    }
}

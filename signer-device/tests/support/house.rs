//! Two devices of a 2-of-2 wallet, commissioned by the real program, and one withdrawal.

use std::path::Path;
use std::process::Command;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash as _;
use bitcoin::transaction::Version as TxVersion;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use signer_core::approval::{
    Approval, Decision, Enrolment, KnownHead, Request, RequestKind, RequestedPayment,
};
use signer_core::codec;
use signer_core::cose::{Endorsed, Scope, Signed, peek};
use signer_core::digest::{TxDigest, hex};
use signer_core::policy::{
    ApprovalQuorum, Destination, FeeCaps, Placement, Policy, Separation, WalletRules,
};
use signer_core::psbt::build::{InputParts, OutputParts, build};
use signer_core::psbt::{Limits, ParsedPsbt, ProprietaryField, PsbtVersion, RawPsbt};
use signer_core::transcript::{Trust, VerifiedTranscript};
use signer_core::types::{Blocks, Chain, Height, Id, KeyIndex, Label, Version};
use signer_core::wallet::{
    CheckedCard, DeviceCard, RegisteredWallet, ScriptType, WalletClass, WalletRecord, WalletTerms,
    draft_record, extend_record,
};

use super::Bench;
use super::chain;
use super::officers::Officers;
use super::people::{at_ceremony, at_commissioning};
use super::play::{Played, Plug, device, play, play_until};

/// Keys on each chain of a pool, where nothing else is asked for.
const KEYS: u32 = 4;
/// What the coin of the withdrawal holds.
const COIN: Amount = Amount::from_sat(150_000_000);
/// What is paid out.
pub(crate) const PAID: Amount = Amount::from_sat(100_000_000);
/// The fee.
const FEE: Amount = Amount::from_sat(2_000);

/// Where everything is.
pub(crate) struct House<'a> {
    pub(crate) bench: &'a Bench,
    /// The devices of the wallet; the file of each one's newest card has its name.
    members: Vec<String>,
    pub(crate) officers: Officers,
    pub(crate) wallet: Option<RegisteredWallet>,
    pub(crate) policy: Option<Endorsed<Policy>>,
    /// Profile and module of the devices, where they are not SoftHSM's own.
    hsm: Option<[String; 2]>,
    /// Keys on each chain of a pool.
    pub(crate) keys: u32,
    /// Block headers that travel in every PSBT from now on, up to this height.
    pub(crate) known_height: Height,
    /// What requests from now on declare to replace.
    pub(crate) replaces: Vec<TxDigest>,
    /// What officers know of the devices when they ask and approve.
    pub(crate) heads: Vec<KnownHead>,
    /// What requests from now on ask for.
    pub(crate) kind: RequestKind,
}

/// A transfer, to be spoiled before it is built.
pub(crate) struct Transfer {
    pub(crate) script: ScriptBuf,
    pub(crate) paid: Amount,
    pub(crate) fee: Amount,
    /// Receive address and number of each coin.
    pub(crate) coins: Vec<(KeyIndex, u32)>,
    /// Where the rest goes, if not back to the wallet: the PSBT claims that it does.
    pub(crate) change: Option<ScriptBuf>,
}

impl Transfer {
    /// A transfer as it should be, to this script.
    pub(crate) fn to(script: ScriptBuf, coins: &[(KeyIndex, u32)]) -> Self {
        Self {
            script,
            paid: PAID,
            fee: FEE,
            coins: coins.to_vec(),
            change: None,
        }
    }
}

fn id(text: &str) -> Id {
    Id::new(text).expect("a plain identifier")
}

fn label(text: &str) -> Label {
    Label::new(text).expect("a plain label")
}

/// The destination that the policy allows.
pub(crate) fn destination_script() -> ScriptBuf {
    ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::from_byte_array([0x42; 32]))
}

impl<'a> House<'a> {
    /// Officers, and devices of these names.
    pub(crate) fn with_devices(bench: &'a Bench, names: &[&str]) -> Self {
        let house = Self::empty(bench, None);
        for name in names {
            house.commission(name).ended(0);
        }
        house
    }

    /// Officers, and no device yet; devices will use this profile and module.
    pub(crate) fn empty(bench: &'a Bench, hsm: Option<[String; 2]>) -> Self {
        Self {
            bench,
            members: ["d1", "d2"].map(str::to_owned).to_vec(),
            officers: Officers::appoint(bench),
            wallet: None,
            policy: None,
            hsm,
            keys: KEYS,
            known_height: Height(0),
            replaces: vec![],
            heads: vec![],
            kind: RequestKind::Ordinary,
        }
    }

    /// Officers of another network, and no device yet.
    pub(crate) fn on(bench: &'a Bench, scope: Scope) -> Self {
        let genesis = bitcoin::constants::genesis_block(scope.network.to_bitcoin());
        Self::on_at(bench, scope, genesis.header.time)
    }

    /// The same, with a block of this time as the checkpoint.
    pub(crate) fn on_at(bench: &'a Bench, scope: Scope, time: u32) -> Self {
        Self {
            bench,
            members: ["d1", "d2"].map(str::to_owned).to_vec(),
            officers: Officers::appoint_for(bench, scope, time),
            wallet: None,
            policy: None,
            hsm: None,
            keys: KEYS,
            known_height: Height(0),
            replaces: vec![],
            heads: vec![],
            kind: RequestKind::Ordinary,
        }
    }

    /// Two devices with a wallet and a policy.
    pub(crate) fn ready(bench: &'a Bench) -> Self {
        Self::empty(bench, None).settled()
    }

    /// The same, from officers alone.
    pub(crate) fn settled(mut self) -> Self {
        for name in &self.members {
            self.commission(name).ended(0);
        }
        self.register_wallet();
        self.install_policy();
        self
    }

    /// These devices with a wallet, of which two sign, and a policy.
    pub(crate) fn ready_with(bench: &'a Bench, names: &[&str]) -> Self {
        let mut house = Self::empty(bench, None);
        house.members = names.iter().map(|name| (*name).to_owned()).collect();
        house.settled()
    }

    /// `arguments`, and those that name profile and module.
    pub(crate) fn at_hsm(&self, mut arguments: Vec<String>) -> Vec<String> {
        if let Some([profile, module]) = &self.hsm {
            let named = ["--profile", profile, "--module", module];
            arguments.extend(named.map(str::to_owned));
        }
        arguments
    }

    /// The arguments of `device init`.
    pub(crate) fn init_arguments(&self, name: &str) -> Vec<String> {
        let token = format!("himuro-{name}");
        let card = format!("{name}.card");
        let keys = self.keys.to_string();
        let mut all = ["device", "init"].map(str::to_owned).to_vec();
        if self.hsm.is_none() {
            all.extend(["--profile", "softhsm2"].map(str::to_owned));
        }
        let rest = [
            ["--state", &self.bench.arg(name)],
            ["--token", &token],
            ["--name", name],
            ["--site", "Tokyo"],
            ["--root", &self.bench.arg("root.cbor")],
            ["--roster", &self.bench.arg("roster.cbor")],
            ["--receive", &keys],
            ["--change", &keys],
            ["--card-out", &self.bench.arg(&card)],
        ];
        all.extend(rest.into_iter().flatten().map(str::to_owned));
        self.at_hsm(all)
    }

    /// The arguments of `device init` with these values for some of them.
    pub(crate) fn init_arguments_with(&self, name: &str, with: &[(&str, &str)]) -> Vec<String> {
        let mut arguments = self.init_arguments(name);
        for (flag, value) in with {
            let place = arguments.iter().position(|argument| argument == flag);
            let place = place.expect("a flag of device init");
            (*value).clone_into(&mut arguments[place + 1]);
        }
        arguments
    }

    pub(crate) fn commission(&self, name: &str) -> Played {
        let words = self.officers.root_words();
        run(&self.init_arguments(name), |prompt| {
            at_commissioning(&words, prompt)
        })
    }

    fn enrol(&mut self, name: &str) {
        let card: DeviceCard = peek(&self.bench.read(&format!("{name}.card"))).expect("a card");
        let mut enrolment = Endorsed::new(
            Enrolment {
                version: 1,
                scope: self.officers.root.scope,
                root: self.officers.root.digest(),
                name: card.name,
                site: card.site,
                identity: card.identity,
            },
            self.officers.root.scope,
        );
        self.officers.endorse_by_all(&mut enrolment);
        let file = format!("{name}.enrolment");
        self.bench.write(&file, &enrolment.to_bytes());
    }

    /// Arguments of `wallet register` on one device.
    pub(crate) fn register_arguments(&self, name: &str, what: &[&str]) -> Vec<String> {
        let mut all = vec!["wallet".to_owned(), "register".into(), "--state".into()];
        all.push(self.bench.arg(name));
        all.extend(what.iter().map(|argument| (*argument).to_owned()));
        for member in &self.members {
            for kind in ["card", "enrolment"] {
                all.push(format!("--{kind}"));
                all.push(self.bench.arg(&format!("{member}.{kind}")));
            }
        }
        self.at_hsm(all)
    }

    /// The newest cards of the wallet's devices.
    fn cards(&self) -> Vec<CheckedCard> {
        let cards = self.members.iter().map(|name| {
            let bytes = self.bench.read(&format!("{name}.card"));
            CheckedCard::open(
                &bytes,
                self.officers.root.scope,
                &self.officers.root.digest(),
            )
            .expect("a good card")
        });
        cards.collect()
    }

    /// The draft of the wallet, as a file.
    pub(crate) fn draft(&mut self) -> Endorsed<WalletRecord> {
        self.draft_of("Cold 1", WalletClass::Customer)
    }

    fn draft_of(&mut self, name: &str, class: WalletClass) -> Endorsed<WalletRecord> {
        for name in self.members.clone() {
            self.enrol(&name);
        }
        let record = draft_record(
            &self.cards(),
            WalletTerms {
                name: label(name),
                class,
                threshold: 2,
                script_type: ScriptType::Wsh,
                nonce: [9; 32],
            },
        );
        self.drafted(record.expect("cards of one root"))
    }

    fn drafted(&self, record: WalletRecord) -> Endorsed<WalletRecord> {
        let draft = Endorsed::new(record, self.officers.root.scope);
        self.bench.write("wallet-draft.cbor", &draft.to_bytes());
        draft
    }

    /// The draft of the wallet's next version, from the newest cards, as a file.
    pub(crate) fn extension(&self) -> Endorsed<WalletRecord> {
        let before = self.wallet.as_ref().expect("registered before");
        self.drafted(extend_record(before, &self.cards()).expect("more keys"))
    }

    fn register_wallet(&mut self) {
        let draft = self.draft();
        self.register(draft);
    }

    /// A second wallet of the same devices, in pools of its own; the first one stays the house's.
    pub(crate) fn register_second(&mut self, name: &str, class: WalletClass) -> RegisteredWallet {
        let keys = self.keys.to_string();
        for member in &self.members {
            let (state, card) = (self.bench.arg(member), format!("{member}.card"));
            std::fs::remove_file(self.bench.path(&card)).expect("the old card");
            let card = self.bench.arg(&card);
            let words = ["device", "generate", "--state", &state, "--pool", "1"];
            let more = ["--receive", &keys, "--change", &keys, "--card-out", &card];
            let words = words.iter().chain(&more).map(|word| (*word).to_owned());
            ceremony(&self.at_hsm(words.collect())).ended(0);
        }
        let first = self.wallet.take();
        let draft = self.draft_of(name, class);
        self.register(draft);
        std::mem::replace(&mut self.wallet, first).expect("registered just now")
    }

    /// Other devices and their emergency wallet, as the file `emergency.cbor`; the house's own wallet
    /// stays as it is.
    pub(crate) fn emergency_of(&mut self, names: &[&str]) -> RegisteredWallet {
        let others = names.iter().map(|name| (*name).to_owned()).collect();
        let (members, wallet) = (
            std::mem::replace(&mut self.members, others),
            self.wallet.take(),
        );
        for name in &self.members {
            self.commission(name).ended(0);
        }
        let draft = self.draft_of("Emergency 1", WalletClass::Emergency);
        self.register(draft);
        self.members = members;
        let emergency = std::mem::replace(&mut self.wallet, wallet);
        let emergency = emergency.expect("registered just now");
        self.bench.write("emergency.cbor", &emergency.to_bytes());
        emergency
    }

    /// Lets every device sign the draft, and then register the record.
    pub(crate) fn register(&mut self, mut complete: Endorsed<WalletRecord>) {
        for name in self.members.clone() {
            let file = format!("{name}.endorsement");
            let _ = std::fs::remove_file(self.bench.path(&file));
            let out = self.bench.arg(&file);
            let draft = self.bench.arg("wallet-draft.cbor");
            let what = ["--draft", &draft, "--endorsement-out", &out];
            ceremony(&self.register_arguments(&name, &what)).ended(0);
            let bytes = self.bench.read(&file);
            let members = complete.body().cosigners.clone();
            let signed = Endorsed::<WalletRecord>::open(&bytes, self.officers.root.scope, |kid| {
                let mut keys = members.iter().map(|member| member.identity);
                keys.find(|key| key.key_id() == *kid)
            });
            complete
                .merge(signed.expect("it verifies"))
                .expect("one record");
        }
        let record = self.bench.write("wallet.cbor", &complete.to_bytes());
        for name in &self.members {
            let arguments = self.register_arguments(name, &["--record", &record]);
            ceremony(&arguments).ended(0);
        }
        let root = self.officers.root.digest();
        let wallet = RegisteredWallet::open(&complete.to_bytes(), self.officers.root.scope, &root);
        self.wallet = Some(wallet.expect("all have signed"));
    }

    /// Installs the next policy, which lists the newest version of the wallet.
    pub(crate) fn install_policy(&mut self) {
        let last = self.policy.as_ref();
        let number = last.map_or(1, |last| last.body().number.0 + 1);
        let predecessor = last.map(Endorsed::policy_digest);
        let wallet = self.wallet.as_ref().expect("registered before").digest();
        let mut policy = Endorsed::new(
            Policy {
                version: 1,
                scope: self.officers.root.scope,
                root: self.officers.root.digest(),
                roster: self.officers.roster.roster_digest(),
                number: Version(number),
                predecessor,
                activation: Height(0),
                delay: Blocks(10),
                wallets: vec![WalletRules {
                    wallet,
                    class: WalletClass::Customer,
                    per_transfer: Amount::from_sat(120_000_000),
                    fee: FeeCaps {
                        absolute: Amount::from_sat(50_000),
                        sat_per_vbyte: 100,
                        per_mille: 10,
                    },
                    quorum: ApprovalQuorum {
                        approvers: 2,
                        departments: 2,
                        directors: 1,
                    },
                    destinations: vec![id("hot-1")],
                    change_window: 4,
                    bands: None,
                    placement: Placement {
                        vendors: 1,
                        sites: 1,
                    },
                    witnesses: 0,
                    windows: vec![],
                }],
                destinations: vec![Destination {
                    id: id("hot-1"),
                    label: label("HOT-REFILL-01"),
                    script: destination_script(),
                    activation: Height(0),
                    limit: Amount::from_sat(120_000_000),
                    windows: vec![],
                }],
                class_moves: vec![],
                separation: Separation {
                    devices_per_operator: 1,
                    administrators_apart: 1,
                    sessions_in_a_row: None,
                },
                cold_floors: None,
                sweep: None,
            },
            self.officers.root.scope,
        );
        self.officers.endorse_by_all(&mut policy);
        let file = self.bench.write("policy.cbor", &policy.to_bytes());
        for name in &self.members {
            let state = self.bench.arg(name);
            let arguments = ["policy", "install", "--state", &state, "--policy", &file];
            let arguments = self.at_hsm(arguments.map(str::to_owned).to_vec());
            ceremony(&arguments).ended(0);
        }
        self.policy = Some(policy);
    }

    /// The policy after the last one, signed, as a file.
    pub(crate) fn next_policy(&mut self, edit: impl FnOnce(&mut Policy)) -> String {
        let mut policy = self.policy_after(edit);
        self.officers.endorse_by_all(&mut policy);
        self.policy_file(policy)
    }

    /// The same, signed by these administrators.
    pub(crate) fn next_policy_by(
        &mut self,
        names: &[&str],
        edit: impl FnOnce(&mut Policy),
    ) -> String {
        let mut policy = self.policy_after(edit);
        for name in names {
            self.officers.endorse_by(name, &mut policy);
        }
        self.policy_file(policy)
    }

    fn policy_after(&self, edit: impl FnOnce(&mut Policy)) -> Endorsed<Policy> {
        let last = self.policy.as_ref().expect("installed before");
        let mut body = last.body().clone();
        body.number.0 += 1;
        body.predecessor = Some(last.policy_digest());
        edit(&mut body);
        Endorsed::new(body, self.officers.root.scope)
    }

    fn policy_file(&mut self, policy: Endorsed<Policy>) -> String {
        let name = format!("policy-{}.cbor", policy.body().number);
        let file = self.bench.write(&name, &policy.to_bytes());
        self.policy = Some(policy);
        file
    }

    /// Arguments of `policy install` on one device.
    pub(crate) fn install_arguments(&self, name: &str, file: &str) -> Vec<String> {
        let state = self.bench.arg(name);
        let arguments = ["policy", "install", "--state", &state, "--policy", file];
        self.at_hsm(arguments.map(str::to_owned).to_vec())
    }

    /// The unsigned PSBT of a withdrawal to `script`, with request and approvals.
    pub(crate) fn approved_psbt(&mut self, script: ScriptBuf, coin: u8) -> RawPsbt {
        self.approved_psbt_of(script, &[coin])
    }

    /// The same, of several coins.
    pub(crate) fn approved_psbt_of(&mut self, script: ScriptBuf, coins: &[u8]) -> RawPsbt {
        let at = |coin: &u8| (KeyIndex(u32::from(*coin) % 4), u32::from(*coin));
        let coins: Vec<(KeyIndex, u32)> = coins.iter().map(at).collect();
        self.approved_psbt_from(script, &coins)
    }

    /// The same, of coins at these receive addresses.
    pub(crate) fn approved_psbt_from(
        &mut self,
        script: ScriptBuf,
        coins: &[(KeyIndex, u32)],
    ) -> RawPsbt {
        let unsigned = self.unsigned(&Transfer::to(script, coins));
        self.asked_and_approved(unsigned)
    }

    /// A PSBT with a request over it, and the approvals.
    pub(crate) fn asked_and_approved(&mut self, psbt: RawPsbt) -> RawPsbt {
        self.asked_and_approved_by(&["app.a", "app.b"], psbt)
    }

    /// The same with approvals of these officers.
    pub(crate) fn asked_and_approved_by(&mut self, names: &[&str], mut psbt: RawPsbt) -> RawPsbt {
        let request = self.request(&psbt);
        psbt = psbt
            .insert_global(&ProprietaryField::request_key(), &request.to_bytes())
            .expect("it fits");
        for name in names {
            let approval = self.approval(name, &request);
            let key = ProprietaryField::approval_key(&id(name));
            psbt = psbt
                .insert_global(&key, &approval.to_bytes())
                .expect("it fits");
        }
        if self.known_height == Height(0) {
            return psbt;
        }
        let run = chain::headers(&self.officers.root.checkpoint, self.known_height);
        psbt.insert_global(&ProprietaryField::headers_key(), &codec::encode(&run))
            .expect("it fits")
    }

    /// The PSBT of a transfer, without a word of anybody.
    pub(crate) fn unsigned(&self, transfer: &Transfer) -> RawPsbt {
        let wallet = self.wallet.as_ref().expect("registered before");
        let coins = transfer.coins.iter();
        let parents = coins.map(|(index, coin)| parent(wallet, *index, *coin));
        self.unsigned_of(parents.collect(), transfer)
    }

    /// The same, whose parents have so many outputs beside the coin.
    pub(crate) fn unsigned_heavy(&self, transfer: &Transfer, others: usize) -> RawPsbt {
        let wallet = self.wallet.as_ref().expect("registered before");
        let other = TxOut {
            value: Amount::from_sat(1_000),
            script_pubkey: destination_script(),
        };
        let heavy = |&(index, coin): &(KeyIndex, u32)| {
            let (mut previous, mut input) = parent(wallet, index, coin);
            previous
                .output
                .extend(std::iter::repeat_n(other.clone(), others));
            input.previous = bitcoin::consensus::serialize(&previous);
            (previous, input)
        };
        self.unsigned_of(transfer.coins.iter().map(heavy).collect(), transfer)
    }

    /// A PSBT that pays all of these coins, but for the fee, to these scripts; the first of them gets what
    /// the others leave.
    pub(crate) fn unsigned_to(
        &self,
        coins: &[(KeyIndex, u32)],
        fee: Amount,
        scripts: &[ScriptBuf],
    ) -> RawPsbt {
        let wallet = self.wallet.as_ref().expect("registered before");
        let parents = coins.iter().map(|(at, coin)| parent(wallet, *at, *coin));
        let parents: Vec<(Transaction, InputParts)> = parents.collect();
        let all = COIN * u64::try_from(coins.len()).expect("a few coins");
        let others = u64::try_from(scripts.len() - 1).expect("a few scripts");
        let small = Amount::from_sat(10_000);
        let output = scripts.iter().enumerate().map(|(place, script)| TxOut {
            value: if place == 0 {
                all - fee - small * others
            } else {
                small
            },
            script_pubkey: script.clone(),
        });
        let tx = Transaction {
            version: TxVersion::TWO,
            lock_time: LockTime::ZERO,
            input: parents
                .iter()
                .map(|(previous, _)| spend(OutPoint::new(previous.compute_txid(), 0)))
                .collect(),
            output: output.collect(),
        };
        let outputs = vec![OutputParts::default(); scripts.len()];
        let inputs: Vec<InputParts> = parents.into_iter().map(|(_, input)| input).collect();
        build(PsbtVersion::V2, &tx, &inputs, &outputs).expect("the parts fit")
    }

    /// A PSBT that spends a coin of another wallet as well.
    pub(crate) fn unsigned_with_coin_of(
        &self,
        other: &RegisteredWallet,
        transfer: &Transfer,
    ) -> RawPsbt {
        let wallet = self.wallet.as_ref().expect("registered before");
        let coins = transfer.coins.iter();
        let own = coins.map(|(index, coin)| parent(wallet, *index, *coin));
        let strange = parent(other, KeyIndex(0), 99);
        self.unsigned_of(own.chain([strange]).collect(), transfer)
    }

    fn unsigned_of(&self, parents: Vec<(Transaction, InputParts)>, transfer: &Transfer) -> RawPsbt {
        let wallet = self.wallet.as_ref().expect("registered before");
        let pay = |value, script_pubkey| TxOut {
            value,
            script_pubkey,
        };
        let all = COIN * u64::try_from(parents.len()).expect("a few coins");
        let own = wallet.script_pubkey(Chain::Change, KeyIndex(0));
        let change = transfer.change.clone().or(own).expect("an address");
        let tx = Transaction {
            version: TxVersion::TWO,
            lock_time: LockTime::ZERO,
            input: parents
                .iter()
                .map(|(previous, _)| spend(OutPoint::new(previous.compute_txid(), 0)))
                .collect(),
            output: vec![
                pay(transfer.paid, transfer.script.clone()),
                pay(all - transfer.paid - transfer.fee, change),
            ],
        };
        let inputs: Vec<InputParts> = parents.into_iter().map(|(_, input)| input).collect();
        let claimed = OutputParts {
            witness_script: transfer.change.as_ref().and_then(|_| {
                // What a forger says of an output that is not the wallet's.
                wallet.witness_script(Chain::Change, KeyIndex(0))
            }),
            ..OutputParts::default()
        };
        let outputs = [OutputParts::default(), claimed];
        build(PsbtVersion::V2, &tx, &inputs, &outputs).expect("the parts fit")
    }

    fn request(&mut self, psbt: &RawPsbt) -> Signed<Request> {
        let parsed = ParsedPsbt::parse_within(psbt.to_bytes(), Limits::HEAVY).expect("strict");
        let policy = self.policy.as_ref().expect("installed before");
        let outputs = parsed.tx().output.iter();
        // The second output of an ordinary transfer is its change.
        let (destination, paid) = match self.kind {
            RequestKind::Ordinary => ("hot-1", 1),
            RequestKind::Sweep => ("emergency", usize::MAX),
        };
        let payments = outputs.take(paid).map(|output| RequestedPayment {
            destination: id(destination),
            amount: output.value,
        });
        let payments = payments.collect();
        let request = Request {
            version: 1,
            scope: self.officers.root.scope,
            case: id("wr-2026-000123"),
            root: self.officers.root.digest(),
            roster: self.officers.roster.roster_digest(),
            policy: policy.policy_digest(),
            wallet: self.wallet.as_ref().expect("registered").digest(),
            tx: parsed.tx_digest(),
            requester: id("req.a"),
            purpose: label("Hot wallet refill"),
            payments,
            fee_ceiling: Amount::from_sat(match self.kind {
                RequestKind::Ordinary => 20_000,
                RequestKind::Sweep => 500_000,
            }),
            expiry: Height(144),
            invited: vec![id("app.a"), id("app.b")],
            mandatory: vec![],
            heads: self.heads.clone(),
            builder: id("req.a"),
            replaces: self.replaces.clone(),
            kind: self.kind,
            broadcaster: id("bro.a"),
        };
        self.officers.sign("req.a", request)
    }

    fn approval(&mut self, name: &str, request: &Signed<Request>) -> Signed<Approval> {
        let asked = request.body();
        let approval = Approval {
            version: 1,
            scope: self.officers.root.scope,
            decision: Decision::Approve,
            officer: id(name),
            root: asked.root,
            roster: asked.roster,
            policy: asked.policy,
            wallet: asked.wallet,
            request: request.request_digest(),
            tx: asked.tx,
            class: WalletClass::Customer,
            height: Height(0),
            heads: self.heads.clone(),
        };
        self.officers.sign(name, approval)
    }

    /// Arguments of `psbt sign`.
    pub(crate) fn sign_arguments(&self, name: &str, input: &str, outputs: &[&str]) -> Vec<String> {
        let mut all = ["psbt", "sign", "--state"].map(str::to_owned).to_vec();
        all.extend([self.bench.arg(name), "--in".into(), self.bench.arg(input)]);
        for out in outputs {
            all.extend(["--out".to_owned(), self.bench.arg(out)]);
        }
        self.at_hsm(all)
    }

    /// Arguments of `psbt sweep`.
    pub(crate) fn sweep_arguments(&self, name: &str, input: &str, out: &str) -> Vec<String> {
        let mut all = self.sign_arguments(name, input, &[out]);
        "sweep".clone_into(&mut all[1]);
        all
    }

    /// The exported transcript of a device, verified as an auditor does.
    pub(crate) fn verified_transcript(&self, name: &str) -> VerifiedTranscript {
        let file = format!("{name}.transcript");
        let _ = std::fs::remove_file(self.bench.path(&file));
        let (state, out) = (self.bench.arg(name), self.bench.arg(&file));
        let arguments = ["transcript", "export", "--state", &state, "--out", &out];
        ceremony(&arguments.map(str::to_owned)).ended(0);
        let card: DeviceCard = peek(&self.bench.read(&format!("{name}.card"))).expect("a card");
        let trust = Trust {
            root: self.officers.root.digest(),
            identity: card.identity,
        };
        let bytes = self.bench.read(&file);
        VerifiedTranscript::verify(&bytes, &trust).unwrap_or_else(|found| panic!("{found}"))
    }

    /// What the second verifier says of a transcript: a program that knows `docs/formats` and none
    /// of our code. Empty where it found nothing.
    pub(crate) fn said_without_our_code(&self, name: &str, transcript: &[u8]) -> String {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let card: DeviceCard = peek(&self.bench.read(&format!("{name}.card"))).expect("a card");
        let identity = hex(card.identity.as_bytes());
        let output = Command::new(workspace.join("target/interop-venv/bin/python"))
            .arg("-B")
            .arg(workspace.join("test-vectors/formats/journal.py"))
            .arg(workspace.join("docs/formats"))
            .arg(self.bench.write("read-by-others", transcript))
            .arg(self.officers.root.digest().to_hex())
            .arg(identity)
            .output()
            .expect("the second verifier is installed: run scripts/setup");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.success(), said.is_empty(), "{said}");
        said
    }
}

fn spend(previous_output: OutPoint) -> TxIn {
    TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    }
}

/// A transaction that pays a coin to the wallet, and the input that spends it.
fn parent(wallet: &RegisteredWallet, index: KeyIndex, coin: u32) -> (Transaction, InputParts) {
    let chain = Chain::Receive;
    let mut before = [0; 32];
    before[..4].copy_from_slice(&coin.to_be_bytes());
    let previous = Transaction {
        version: TxVersion::TWO,
        lock_time: LockTime::ZERO,
        input: vec![spend(OutPoint::new(Txid::from_byte_array(before), 0))],
        output: vec![TxOut {
            value: COIN,
            script_pubkey: wallet.script_pubkey(chain, index).expect("an address"),
        }],
    };
    let input = InputParts {
        previous: bitcoin::consensus::serialize(&previous),
        witness_script: wallet.witness_script(chain, index),
        ..InputParts::default()
    };
    (previous, input)
}

/// Plays a ceremony with two honest operators.
pub(crate) fn ceremony(arguments: &[String]) -> Played {
    run(arguments, at_ceremony)
}

/// Plays a ceremony until the plug is pulled.
pub(crate) fn run_until(
    arguments: &[String],
    plug: Plug<'_>,
    person: impl FnMut(&super::play::Prompt<'_>) -> super::play::Act,
) -> Played {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    play_until(&mut device(&arguments), Some(plug), person)
}

/// Runs the real program with these arguments.
pub(crate) fn run(
    arguments: &[String],
    person: impl FnMut(&super::play::Prompt<'_>) -> super::play::Act,
) -> Played {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    play(&mut device(&arguments), person)
}

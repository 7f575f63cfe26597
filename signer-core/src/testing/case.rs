//! One transfer, from coins to an approved transaction.

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::vec;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::ecdsa;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, consensus,
    transaction,
};

use super::{SCOPE, TIP, World, attendance, free, id, label, officer_signs, outside_script};
use crate::approval::{
    Approval, ApprovedTx, Decision, Request, RequestKind, RequestedPayment, Seat,
};
use crate::cose::Signed;
use crate::headers::KnownTime;
use crate::ledger::LedgerState;
use crate::policy::CheckedTx;
use crate::psbt::build::{InputParts, OutputParts, build};
use crate::psbt::{KeyOrigin, MapId, ParsedPsbt, ProprietaryField, PsbtVersion, RawPsbt};
use crate::rule::{Refusal, RuleId, Stopped};
use crate::settlement::OpenRegister;
use crate::signing::Receipt;
use crate::types::{Chain, Height, InputIndex, KeyIndex, SessionNumber};
use crate::wallet::{BindContext, DeviceStanding, RegisteredWallet, WalletTx};

/// A coin that is spent.
#[derive(Clone, Debug)]
pub(crate) struct Coin {
    /// Who can spend it.
    pub(crate) script: ScriptBuf,
    /// How much it holds.
    pub(crate) sats: u64,
    /// What the PSBT says of it; the previous transaction is filled in.
    pub(crate) parts: InputParts,
}

impl Coin {
    /// A coin at an address of a wallet, with all that a PSBT can say of it.
    pub(crate) fn of(wallet: &RegisteredWallet, chain: Chain, index: u32, sats: u64) -> Self {
        Self {
            script: wallet.script_pubkey(chain, KeyIndex(index)).unwrap(),
            sats,
            parts: InputParts {
                previous: vec![],
                witness_script: wallet.witness_script(chain, KeyIndex(index)),
                redeem_script: wallet.redeem_script(chain, KeyIndex(index)),
                origins: origins(wallet, chain, index),
            },
        }
    }
}

/// An output.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// Who can spend it.
    pub(crate) script: ScriptBuf,
    /// How much it gets.
    pub(crate) sats: u64,
    /// What the PSBT says of it.
    pub(crate) parts: OutputParts,
}

impl Output {
    /// A payment to a destination of the world.
    pub(crate) fn to(destination: &str, sats: u64) -> Self {
        Self {
            script: outside_script(destination),
            sats,
            parts: OutputParts::default(),
        }
    }

    /// An output to an address of another wallet: the PSBT says nothing of its keys.
    pub(crate) fn bare(wallet: &RegisteredWallet, chain: Chain, index: u32, sats: u64) -> Self {
        Self {
            parts: OutputParts::default(),
            ..Self::own(wallet, chain, index, sats)
        }
    }

    /// An output to an address of a wallet, with all that a PSBT can say of it.
    pub(crate) fn own(wallet: &RegisteredWallet, chain: Chain, index: u32, sats: u64) -> Self {
        Self {
            script: wallet.script_pubkey(chain, KeyIndex(index)).unwrap(),
            sats,
            parts: OutputParts {
                witness_script: wallet.witness_script(chain, KeyIndex(index)),
                redeem_script: wallet.redeem_script(chain, KeyIndex(index)),
                origins: origins(wallet, chain, index),
            },
        }
    }
}

fn origins(wallet: &RegisteredWallet, chain: Chain, index: u32) -> Vec<KeyOrigin> {
    let keys = wallet.keys(chain, KeyIndex(index)).unwrap().into_iter();
    let origins = keys.map(|key| {
        let (fingerprint, path) = wallet.origin_of(chain, KeyIndex(index), &key).unwrap();
        KeyOrigin {
            public_key: key.serialize(),
            fingerprint,
            path: path.to_vec(),
        }
    });
    origins.collect()
}

/// One officer's vote.
pub(crate) struct Ballot {
    /// Under whom it is filed in the PSBT.
    pub(crate) filed: &'static str,
    /// Whose name and key are on it.
    pub(crate) officer: &'static str,
    /// Yes or no.
    pub(crate) decision: Decision,
    /// What is changed before it is signed.
    pub(crate) edit: Box<dyn Fn(&mut Approval)>,
}

impl Ballot {
    /// An approval as it should be.
    pub(crate) fn yes(officer: &'static str) -> Self {
        Self::of(officer, Decision::Approve)
    }

    /// A rejection as it should be.
    pub(crate) fn no(officer: &'static str) -> Self {
        Self::of(officer, Decision::Reject)
    }

    fn of(officer: &'static str, decision: Decision) -> Self {
        Self {
            filed: officer,
            officer,
            decision,
            edit: Box::new(|_| {}),
        }
    }
}

/// One transfer, to be spoiled before it is taken through the stages.
///
/// As it is, it passes every rule: two coins of 1,000,000 sat, 1,200,000 to `hot-1`, 796,000 back
/// to change 0, a fee of 4,000.
pub(crate) struct Case {
    pub(crate) version: PsbtVersion,
    pub(crate) lock_time: u32,
    pub(crate) coins: Vec<Coin>,
    pub(crate) outputs: Vec<Output>,
    /// Devices that have signed every input before.
    pub(crate) signed_by: Vec<usize>,
    /// Who operated each of them, by its receipt.
    pub(crate) operated_by: [&'static str; 2],
    /// Whether their receipts are in the PSBT.
    pub(crate) receipts: bool,
    pub(crate) requester: &'static str,
    pub(crate) edit_request: Box<dyn Fn(&mut Request)>,
    pub(crate) ballots: Vec<Ballot>,
    pub(crate) operators: [&'static str; 2],
    pub(crate) witnesses: Vec<&'static str>,
    pub(crate) device: usize,
    pub(crate) ledger: LedgerState,
    pub(crate) time: KnownTime,
    pub(crate) standing: DeviceStanding,
    pub(crate) register: OpenRegister,
    pub(crate) kind: RequestKind,
}

impl Case {
    /// A transfer that passes.
    pub(crate) fn new(world: &World) -> Self {
        let wallet = &world.wallet;
        Self {
            version: PsbtVersion::V0,
            lock_time: TIP.0,
            coins: vec![
                Coin::of(wallet, Chain::Receive, 0, 1_000_000),
                Coin::of(wallet, Chain::Receive, 1, 1_000_000),
            ],
            outputs: vec![
                Output::to("hot-1", 1_200_000),
                Output::own(wallet, Chain::Change, 0, 796_000),
            ],
            signed_by: vec![],
            operated_by: ["operator.c", "operator.d"],
            receipts: true,
            requester: "requester.r",
            edit_request: Box::new(|_| {}),
            ballots: vec![Ballot::yes("approver.a"), Ballot::yes("director.d")],
            operators: ["operator.a", "operator.b"],
            witnesses: vec![],
            device: 0,
            ledger: LedgerState::empty(),
            time: free(TIP),
            standing: DeviceStanding::Free,
            register: OpenRegister::default(),
            kind: RequestKind::Ordinary,
        }
    }

    /// A sweep that passes in [`World::sweeping`]: everything but 90,000 sat to the emergency wallet.
    pub(crate) fn sweep(world: &World) -> Self {
        Self {
            outputs: vec![Output::bare(&world.other, Chain::Receive, 0, 1_910_000)],
            edit_request: Box::new(|request| request.fee_ceiling = Amount::from_sat(90_000)),
            ballots: ["approver.a", "approver.b", "director.d"]
                .map(Ballot::yes)
                .into(),
            standing: DeviceStanding::Frozen,
            kind: RequestKind::Sweep,
            ..Self::new(world)
        }
    }

    fn parents(&self) -> Vec<Transaction> {
        let parents = (1..).zip(&self.coins).map(|(n, coin)| Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![spend(OutPoint::new(Txid::from_byte_array([n; 32]), 0))],
            output: vec![TxOut {
                value: Amount::from_sat(coin.sats),
                script_pubkey: coin.script.clone(),
            }],
        });
        parents.collect()
    }

    /// The unsigned transaction.
    pub(crate) fn tx(&self) -> Transaction {
        let parents = self.parents();
        let input = parents
            .iter()
            .map(|tx| spend(OutPoint::new(tx.compute_txid(), 0)));
        let output = self.outputs.iter().map(|output| TxOut {
            value: Amount::from_sat(output.sats),
            script_pubkey: output.script.clone(),
        });
        Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::from_consensus(self.lock_time),
            input: input.collect(),
            output: output.collect(),
        }
    }

    /// The PSBT, without request and approvals.
    pub(crate) fn unsigned(&self) -> RawPsbt {
        let inputs: Vec<InputParts> = self
            .coins
            .iter()
            .zip(self.parents())
            .map(|(coin, parent)| InputParts {
                previous: consensus::serialize(&parent),
                ..coin.parts.clone()
            })
            .collect();
        let outputs: Vec<OutputParts> = self.outputs.iter().map(|o| o.parts.clone()).collect();
        build(self.version, &self.tx(), &inputs, &outputs).unwrap()
    }

    /// The PSBT with the signatures of [`Case::signed_by`].
    pub(crate) fn signed(&self, world: &World) -> RawPsbt {
        let unsigned = self.unsigned();
        if self.signed_by.is_empty() {
            return unsigned;
        }
        let tx = Case {
            signed_by: vec![],
            ..self.bare()
        }
        .bind(world)
        .unwrap();
        let records: Vec<_> = tx
            .inputs()
            .iter()
            .flat_map(|input| {
                let devices = self.signed_by.iter().map(|place| &world.devices[*place]);
                devices.map(|device| {
                    let key = tx
                        .wallet()
                        .own_key(&device.id(), input.chain(), input.key_index());
                    let key = key.unwrap();
                    let signature = device.sign_digest(key.id, input.sighash());
                    let der = ecdsa::Signature::from_compact(&signature.0)
                        .unwrap()
                        .serialize_der();
                    let value = [&der[..], &[1]].concat();
                    let name = [&[2][..], &key.public_key.serialize()].concat();
                    (MapId::Input(input.index()), name, value)
                })
            })
            .collect();
        unsigned.with_records(&records).unwrap()
    }

    /// The same transaction, with nothing of what people and devices add.
    fn bare(&self) -> Self {
        Self {
            version: self.version,
            lock_time: self.lock_time,
            coins: self.coins.clone(),
            outputs: self.outputs.clone(),
            signed_by: vec![],
            operated_by: self.operated_by,
            receipts: self.receipts,
            requester: self.requester,
            edit_request: Box::new(|_| {}),
            ballots: vec![],
            operators: self.operators,
            witnesses: self.witnesses.clone(),
            device: self.device,
            ledger: self.ledger.clone(),
            time: self.time,
            standing: self.standing,
            register: self.register.clone(),
            kind: self.kind,
        }
    }

    /// The request, as edited and signed.
    pub(crate) fn request(&self, world: &World) -> Signed<Request> {
        let parsed = ParsedPsbt::parse(self.unsigned().into_bytes()).unwrap();
        let destinations = &world.policy.policy().destinations;
        let payments = self.outputs.iter().filter_map(|output| {
            let found = destinations.iter().find(|d| d.script == output.script);
            let destination = match self.kind {
                RequestKind::Ordinary => found?.id.clone(),
                RequestKind::Sweep => id("emergency"),
            };
            Some(RequestedPayment {
                destination,
                amount: Amount::from_sat(output.sats),
            })
        });
        let mut request = Request {
            version: 1,
            scope: SCOPE,
            case: id("wr-2026-000123"),
            root: world.roster.root(),
            roster: world.roster.digest(),
            policy: world.policy.digest(),
            wallet: world.wallet.digest(),
            tx: parsed.tx_digest(),
            requester: id(self.requester),
            purpose: label("Hot wallet refill"),
            payments: payments.collect(),
            fee_ceiling: Amount::from_sat(20_000),
            expiry: Height(TIP.0 + 144),
            invited: vec![id("approver.a"), id("director.d")],
            mandatory: vec![],
            heads: vec![],
            builder: id("requester.r"),
            replaces: vec![],
            kind: self.kind,
            broadcaster: id("sender.x"),
        };
        (self.edit_request)(&mut request);
        officer_signs(request, self.requester)
    }

    /// One vote over a request.
    pub(crate) fn vote(ballot: &Ballot, request: &Signed<Request>) -> Signed<Approval> {
        let asked = request.body();
        let mut approval = Approval {
            version: 1,
            scope: SCOPE,
            decision: ballot.decision,
            officer: id(ballot.officer),
            root: asked.root,
            roster: asked.roster,
            policy: asked.policy,
            wallet: asked.wallet,
            request: request.request_digest(),
            tx: asked.tx,
            class: crate::wallet::WalletClass::Customer,
            height: TIP,
            heads: vec![],
        };
        (ballot.edit)(&mut approval);
        officer_signs(approval, ballot.officer)
    }

    /// The receipt of a device that has signed before.
    pub(crate) fn receipt(&self, world: &World, device: usize) -> Receipt {
        let parsed = ParsedPsbt::parse(self.unsigned().into_bytes()).unwrap();
        Receipt {
            version: 1,
            scope: SCOPE,
            device: world.devices[device].id(),
            session: SessionNumber(3),
            tx: parsed.tx_digest(),
            psbt: parsed.digest(),
            signatures: vec![],
            head: [3; 32],
            entries: 40,
            signature_count: 2,
            operators: self.operated_by.map(id),
        }
    }

    /// The PSBT as it crosses the air gap: signatures, request and approvals in it.
    pub(crate) fn full(&self, world: &World) -> RawPsbt {
        let request = self.request(world);
        let key = ProprietaryField::request_key();
        let psbt = self.signed(world).insert_global(&key, &request.to_bytes());
        let before = self.signed_by.iter().filter(|_| self.receipts);
        let psbt = before.fold(psbt.unwrap(), |psbt, device| {
            let receipt = self.receipt(world, *device);
            let key = ProprietaryField::receipt_key(&receipt.device, receipt.session);
            let receipt = world.devices[*device].seal(receipt).to_bytes();
            psbt.insert_global(&key, &receipt).unwrap()
        });
        self.ballots.iter().fold(psbt, |psbt, ballot| {
            let key = ProprietaryField::approval_key(&id(ballot.filed));
            let vote = Self::vote(ballot, &request).to_bytes();
            psbt.insert_global(&key, &vote).unwrap()
        })
    }

    /// A PSBT through the first two stages.
    pub(crate) fn bind_psbt(&self, world: &World, psbt: RawPsbt) -> Result<WalletTx, Stopped> {
        let parsed = ParsedPsbt::parse(psbt.into_bytes()).unwrap();
        let context = BindContext {
            wallets: &world.wallets,
            policy: &world.policy,
            ledger: &self.ledger,
            device: &world.devices[self.device].id(),
            time: self.time,
            standing: self.standing,
            register: &self.register,
        };
        WalletTx::bind(parsed, &context)
    }

    /// Up to `WalletTx`, without request and approvals.
    pub(crate) fn bind(&self, world: &World) -> Result<WalletTx, Stopped> {
        self.bind_psbt(world, self.signed(world))
    }

    fn check_psbt(&self, world: &World, psbt: RawPsbt) -> Result<CheckedTx, Stopped> {
        let tx = self.bind_psbt(world, psbt)?;
        CheckedTx::check(tx, &world.policy, &world.roster)
    }

    /// Up to `CheckedTx`, without request and approvals.
    pub(crate) fn check(&self, world: &World) -> Result<CheckedTx, Stopped> {
        self.check_psbt(world, self.signed(world))
    }

    /// Up to `CheckedTx`, with request and approvals still to be judged.
    pub(crate) fn check_full(&self, world: &World) -> Result<CheckedTx, Stopped> {
        self.check_psbt(world, self.full(world))
    }

    /// A PSBT up to `ApprovedTx`.
    pub(crate) fn approve_psbt(&self, world: &World, psbt: RawPsbt) -> Result<ApprovedTx, Stopped> {
        let checked = self.check_psbt(world, psbt)?;
        let session = world.session(self.device);
        let operators = self.witnesses.iter().fold(
            world.operators(self.device, self.operators),
            |operators, who| {
                let witness = attendance(who, Seat::Witness, session);
                operators.beside(&witness, &world.roster).unwrap()
            },
        );
        ApprovedTx::approve(checked, &world.roster, &operators)
    }

    /// Up to `ApprovedTx`.
    pub(crate) fn approve(&self, world: &World) -> Result<ApprovedTx, Stopped> {
        self.approve_psbt(world, self.full(world))
    }
}

fn spend(previous_output: OutPoint) -> TxIn {
    TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    }
}

/// The rules that refused, each once.
pub(crate) fn refused<T>(result: Result<T, Stopped>) -> Vec<RuleId> {
    let mut rules: Vec<RuleId> = refusals(result)
        .iter()
        .map(|refusal| refusal.rule)
        .collect();
    rules.dedup();
    rules
}

/// All refusals.
pub(crate) fn refusals<T>(result: Result<T, Stopped>) -> Vec<Refusal> {
    match result {
        Ok(_) => vec![],
        Err(stopped) => stopped.report().refusals().cloned().collect(),
    }
}

/// The digest of input 0's coin in the ledger's words.
pub(crate) fn coin_of(case: &Case, input: InputIndex) -> OutPoint {
    case.tx().input[usize::try_from(input.0).unwrap()].previous_output
}

//! The PSBTs that are measured: a 2-of-3 spends coins of its own to one payment and change.
//!
//! Everything is made from names by hashing, so the same case has the same bytes on every machine.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::{Hash, HashEngine, sha256};
use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::script::Builder;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, consensus,
    transaction,
};
use signer_core::keys::Fingerprint;
use signer_core::psbt::build::{InputParts, OutputParts, build};
use signer_core::psbt::{KeyOrigin, PsbtVersion};
use signer_core::types::Chain;
use signer_core::wallet::{DescriptorWallet, ListedDescriptor};

const COIN: u64 = 100_000;
const MEMBERS: u32 = 3;

/// How many inputs and payments, and how many outputs each of the parents has.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) inputs: u32,
    pub(crate) parent_outputs: u32,
    pub(crate) payments: u32,
}

impl Case {
    /// With parents of two outputs, as payments with change are.
    pub(crate) const fn usual(inputs: u32) -> Self {
        Self {
            inputs,
            parent_outputs: 2,
            payments: 1,
        }
    }

    /// Two coins to so many outputs, the last of which is change.
    pub(crate) const fn paying(outputs: u32) -> Self {
        Self {
            inputs: 2,
            parent_outputs: 2,
            payments: outputs - 1,
        }
    }

    /// With parents of 2,000 outputs, as large batch payments are.
    pub(crate) const fn heavy(inputs: u32) -> Self {
        Self {
            inputs,
            parent_outputs: 2_000,
            payments: 1,
        }
    }

    /// The PSBT, version 0.
    pub(crate) fn psbt(self) -> Vec<u8> {
        let addresses: Vec<Address> = (0..self.inputs).map(receiving).collect();
        let parents: Vec<Transaction> = (0..)
            .zip(&addresses)
            .map(|(n, a)| self.parent(n, a))
            .collect();
        let inputs: Vec<InputParts> = parents
            .iter()
            .zip(&addresses)
            .map(|(parent, address)| InputParts {
                previous: consensus::serialize(parent),
                witness_script: Some(address.script.clone()),
                redeem_script: None,
                origins: address.origins.clone(),
            })
            .collect();
        let change = Address::new(Chain::Change, 0);
        let tx = self.spending(&parents, &change);
        let mut outputs: Vec<OutputParts> =
            (0..self.payments).map(|_| OutputParts::default()).collect();
        outputs.push(OutputParts {
            witness_script: Some(change.script),
            redeem_script: None,
            origins: change.origins,
        });
        let psbt = build(PsbtVersion::V0, &tx, &inputs, &outputs).expect("parts that fit");
        psbt.into_bytes()
    }

    fn spending(self, parents: &[Transaction], change: &Address) -> Transaction {
        let fee = 2_000 * u64::from(self.inputs);
        let half = u64::from(self.inputs) * COIN / 2;
        let each = half / u64::from(self.payments.max(1));
        let payments = (0..self.payments).map(|n| output(each, foreign("payment", n)));
        let rest = u64::from(self.inputs) * COIN - each * u64::from(self.payments) - fee;
        Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::ZERO,
            input: parents
                .iter()
                .map(|parent| spend(parent.compute_txid(), self.parent_outputs - 1))
                .collect(),
            output: payments
                .chain([output(rest, change.script.to_p2wsh())])
                .collect(),
        }
    }

    /// A signed payment: its last output is our coin, the others are anybody's.
    fn parent(self, number: u32, address: &Address) -> Transaction {
        let mut input = spend(Txid::from_byte_array(hash("grandparent", number)), 1);
        let signature = [hash("r", number), hash("s", number)].concat();
        input.witness = Witness::from_slice(&[&signature[..], &address.origins[0].public_key]);
        let others = (1..self.parent_outputs)
            .map(|n| output(COIN, foreign("other", number.wrapping_mul(4_096) + n)));
        let own = output(COIN, address.script.to_p2wsh());
        Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![input],
            output: others.chain([own]).collect(),
        }
    }
}

/// The wallet of a case with so many inputs: one descriptor for each address, one for change.
pub(crate) fn wallet(inputs: u32) -> DescriptorWallet {
    let change = Address::new(Chain::Change, 0).listed();
    let all = (0..inputs).map(|n| receiving(n).listed());
    let list: Vec<_> = all.chain([change]).collect();
    DescriptorWallet::read(&list).expect("descriptors")
}

struct Address {
    chain: Chain,
    origins: Vec<KeyOrigin>,
    script: ScriptBuf,
}

fn receiving(index: u32) -> Address {
    Address::new(Chain::Receive, index)
}

impl Address {
    fn new(chain: Chain, index: u32) -> Self {
        let step = u32::from(chain.number());
        let members = (0..MEMBERS).map(|member| KeyOrigin {
            public_key: key(member * 2 + step, index),
            fingerprint: Fingerprint::from_bytes(member.to_be_bytes()),
            path: vec![0, step, index],
        });
        let mut origins: Vec<KeyOrigin> = members.collect();
        origins.sort_by_key(|origin| origin.public_key);
        let script = origins
            .iter()
            .fold(Builder::new().push_int(2), |script, origin| {
                script.push_slice(origin.public_key)
            })
            .push_int(3)
            .push_opcode(OP_CHECKMULTISIG)
            .into_script();
        Self {
            chain,
            origins,
            script,
        }
    }

    fn listed(&self) -> ListedDescriptor {
        let keys: Vec<String> = self.origins.iter().map(listed_key).collect();
        ListedDescriptor {
            text: format!("wsh(sortedmulti(2,{}))", keys.join(",")),
            chain: Some(self.chain),
            range: (0, 0),
        }
    }
}

fn listed_key(origin: &KeyOrigin) -> String {
    let path: Vec<String> = origin.path.iter().map(u32::to_string).collect();
    let key = signer_core::digest::hex(&origin.public_key);
    format!("[{}/{}]{key}", origin.fingerprint, path.join("/"))
}

/// A point on the curve; nobody knows its secret, and nothing is signed here.
fn key(member: u32, index: u32) -> [u8; 33] {
    let tries = (0_u32..).map(|n| {
        let mut bytes = [2; 33];
        bytes[1..].copy_from_slice(&hash(&format!("key {member} {n}"), index));
        bytes
    });
    let mut points = tries.filter(|bytes| PublicKey::from_slice(bytes).is_ok());
    points.next().expect("every second hash is on the curve")
}

fn spend(txid: Txid, vout: u32) -> TxIn {
    TxIn {
        previous_output: OutPoint::new(txid, vout),
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    }
}

fn output(sats: u64, script_pubkey: ScriptBuf) -> TxOut {
    TxOut {
        value: Amount::from_sat(sats),
        script_pubkey,
    }
}

/// A P2WSH script that is not the wallet's.
fn foreign(name: &str, number: u32) -> ScriptBuf {
    let program = bitcoin::WScriptHash::from_byte_array(hash(name, number));
    ScriptBuf::new_p2wsh(&program)
}

fn hash(name: &str, number: u32) -> [u8; 32] {
    let mut engine = sha256::Hash::engine();
    engine.input(b"himuro/benchmark");
    engine.input(name.as_bytes());
    engine.input(&number.to_be_bytes());
    sha256::Hash::from_engine(engine).to_byte_array()
}

//! A good PSBT of a 2-of-3 for the tests, and ways to spoil it.

use alloc::vec::Vec;
use std::vec;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::script::Builder;
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, consensus,
    transaction,
};

use crate::keys::Fingerprint;
use crate::rule::{RuleId, Verdict};
use crate::types::InputIndex;

use super::build::{InputParts, OutputParts, build};
use super::{KeyOrigin, MapId, ParsedPsbt, PsbtVersion, RawPsbt, raw};

pub(super) const IN_0: MapId = MapId::Input(InputIndex(0));
pub(super) const BOTH: [PsbtVersion; 2] = [PsbtVersion::V0, PsbtVersion::V2];
/// What each coin holds.
pub(super) const COIN: u64 = 100_000;

pub(super) fn key(n: u8) -> PublicKey {
    let secret = SecretKey::from_slice(&[n; 32]).unwrap();
    PublicKey::from_secret_key(&Secp256k1::new(), &secret)
}

pub(super) fn multisig(m: i64, keys: &[PublicKey]) -> ScriptBuf {
    let mut builder = Builder::new().push_int(m);
    for key in keys {
        builder = builder.push_slice(key.serialize());
    }
    let n = i64::try_from(keys.len()).unwrap();
    builder
        .push_int(n)
        .push_opcode(OP_CHECKMULTISIG)
        .into_script()
}

/// The parts of a PSBT, to be spoiled before it is written.
pub(super) struct Case {
    pub(super) version: PsbtVersion,
    pub(super) tx: Transaction,
    pub(super) inputs: Vec<InputParts>,
    pub(super) outputs: Vec<OutputParts>,
}

impl Case {
    /// Spends `count` coins of one 2-of-3 to one output; the fee is 1,000 sat.
    pub(super) fn new(version: PsbtVersion, count: u8) -> Self {
        let script = multisig(2, &[key(1), key(2), key(3)]);
        let mut case = Self {
            version,
            tx: transaction_to((u64::from(count) * COIN).saturating_sub(1_000)),
            inputs: vec![],
            outputs: vec![OutputParts::default()],
        };
        for n in 0..count {
            case.add_coin(&parent(n, &script), &script);
        }
        case
    }

    pub(super) fn add_coin(&mut self, parent: &Transaction, script: &ScriptBuf) {
        self.tx
            .input
            .push(spend(OutPoint::new(parent.compute_txid(), 1)));
        self.inputs.push(InputParts {
            previous: consensus::serialize(parent),
            witness_script: Some(script.clone()),
            redeem_script: None,
            origins: vec![KeyOrigin {
                public_key: key(1).serialize(),
                fingerprint: Fingerprint::from_bytes([1, 2, 3, 4]),
                path: vec![1, 0, 7],
            }],
        });
    }

    /// An input without scripts: as light as inputs are.
    pub(super) fn add_plain_coin(&mut self, parent: &Transaction) {
        let outpoint = OutPoint::new(parent.compute_txid(), 0);
        self.tx.input.push(spend(outpoint));
        self.inputs.push(InputParts {
            previous: consensus::serialize(parent),
            ..InputParts::default()
        });
    }

    pub(super) fn raw(&self) -> RawPsbt {
        build(self.version, &self.tx, &self.inputs, &self.outputs).unwrap()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.raw().into_bytes()
    }
}

fn transaction_to(sats: u64) -> Transaction {
    Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::from_height(840_000).unwrap(),
        input: vec![],
        output: vec![TxOut {
            value: Amount::from_sat(sats),
            script_pubkey: multisig(1, &[key(9)]).to_p2wsh(),
        }],
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

/// A previous transaction whose output 1 pays to `script`; in witness form when `n` is odd.
pub(super) fn parent(n: u8, script: &ScriptBuf) -> Transaction {
    let mut input = spend(OutPoint::new(
        Txid::from_byte_array([n.wrapping_add(1); 32]),
        3,
    ));
    if n % 2 == 1 {
        input.witness = Witness::from_slice(&[vec![7; 71], vec![2; 33]]);
    }
    let output = |sats: u64, script_pubkey: ScriptBuf| TxOut {
        value: Amount::from_sat(sats),
        script_pubkey,
    };
    Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![
            output(5_000, ScriptBuf::from_bytes(vec![0x51])),
            output(COIN, script.to_p2wsh()),
        ],
    }
}

/// A previous transaction with one output of 1 sat and no script.
pub(super) fn small_parent(n: u32) -> Transaction {
    Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![spend(OutPoint::new(Txid::from_byte_array([9; 32]), n))],
        output: vec![TxOut {
            value: Amount::ONE_SAT,
            script_pubkey: ScriptBuf::new(),
        }],
    }
}

/// The bytes with the value of one record changed by `change`; `None` takes the record away, and
/// a record that was not there is added at the end of the map.
pub(crate) fn edit(psbt: &RawPsbt, map: MapId, key: &[u8], value: Option<&[u8]>) -> Vec<u8> {
    let mut maps: Vec<Vec<(&[u8], &[u8])>> = vec![];
    for here in psbt.maps() {
        let mut records: Vec<(&[u8], &[u8])> =
            psbt.records(here).map(|r| (r.key(), r.value())).collect();
        if here == map {
            let place = records.iter().position(|(k, _)| *k == key);
            match (place, value) {
                (Some(at), Some(value)) => records[at].1 = value,
                (Some(at), None) => drop(records.remove(at)),
                (None, Some(value)) => records.push((key, value)),
                (None, None) => panic!("nothing to take away"),
            }
        }
        maps.push(records);
    }
    raw::write(maps)
}

/// The rules that refuse these bytes.
pub(super) fn refusing(bytes: Vec<u8>) -> Vec<RuleId> {
    let report = match ParsedPsbt::parse(bytes) {
        Ok(parsed) => parsed.report().clone(),
        Err(stopped) => stopped.report().clone(),
    };
    let lines = report.lines().iter();
    lines
        .filter(|line| matches!(line.verdict, Verdict::Refused(_)))
        .map(|line| line.rule)
        .collect()
}

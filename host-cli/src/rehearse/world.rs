//! The world of the rehearsal: a made-up chain and made-up coins. Nothing here has any value.

use std::fs;
use std::path::Path;

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Target, Transaction, TxIn, TxMerkleNode, TxOut, Txid,
    Witness, transaction,
};
use serde_json::{Value, json};

use super::RehearseError;

/// A run of regtest headers after the genesis block, and the checkpoint before them.
pub(super) struct Chain {
    genesis: Header,
    headers: Vec<Header>,
}

impl Chain {
    /// Mines `count` headers of ten minutes each on top of the regtest genesis block.
    pub(super) fn mine(count: u32) -> Self {
        let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest).header;
        let mut headers: Vec<Header> = Vec::new();
        for height in 1..=count {
            let previous = headers.last().unwrap_or(&genesis);
            headers.push(next_header(previous, height));
        }
        Self { genesis, headers }
    }

    /// The checkpoint that the root of trust pins.
    pub(super) fn checkpoint(&self) -> Value {
        json!({
            "height": 0,
            "hash": self.genesis.block_hash().to_string(),
            "bits": format!("{:08x}", self.genesis.bits.to_consensus()),
            "time": self.genesis.time,
        })
    }

    /// The headers as any node can give them.
    pub(super) fn headers(&self) -> Value {
        let headers: Vec<String> = self.headers.iter().map(serialize_hex).collect();
        json!({ "first_height": 1, "headers": headers })
    }
}

fn next_header(previous: &Header, height: u32) -> Header {
    let mut header = Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: previous.block_hash(),
        merkle_root: TxMerkleNode::from_byte_array([u8::try_from(height % 251).unwrap_or(0); 32]),
        time: previous.time + 600,
        bits: previous.bits,
        nonce: 0,
    };
    let target = Target::from_compact(header.bits);
    while !target.is_met_by(header.block_hash()) {
        header.nonce += 1;
    }
    header
}

/// Coins that pay to `scripts`, each from a transaction of its own, as a node would list them.
pub(super) fn coins(scripts: &[ScriptBuf], amount: Amount) -> Value {
    let coins: Vec<Value> = scripts
        .iter()
        .enumerate()
        .map(|(n, s)| coin(n, s, amount))
        .collect();
    Value::Array(coins)
}

fn coin(number: usize, script: &ScriptBuf, amount: Amount) -> Value {
    let mut seed = [0x11; 32];
    seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let parent = Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint {
                txid: Txid::from_byte_array(seed),
                vout: 0,
            },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[vec![0x30; 71], vec![0x02; 33]]),
        }],
        output: vec![
            TxOut {
                value: Amount::from_sat(7_000),
                script_pubkey: ScriptBuf::new_op_return([]),
            },
            TxOut {
                value: amount,
                script_pubkey: script.clone(),
            },
        ],
    };
    json!({
        "txid": parent.compute_txid().to_string(),
        "vout": 1,
        "previous_tx": serialize_hex(&parent),
    })
}

/// Writes `value` as readable JSON.
pub(super) fn write_json(path: &Path, value: &Value) -> Result<(), RehearseError> {
    fs::write(path, format!("{value:#}\n")).map_err(|e| RehearseError::file(path, &e))
}

#[cfg(test)]
mod tests {
    use bitcoin::BlockHash;

    use super::*;

    #[test]
    fn headers_are_linked_and_worked_for() {
        let chain = Chain::mine(10);
        let mut last: BlockHash = chain.genesis.block_hash();
        for header in &chain.headers {
            assert_eq!(header.prev_blockhash, last);
            header.validate_pow(header.target()).unwrap();
            last = header.block_hash();
        }
    }
}

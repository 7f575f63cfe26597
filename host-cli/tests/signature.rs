//! `signature prove` as people run it: out of a whole block, and out of what `gettxoutproof` prints.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::encode::{serialize, serialize_hex};
use bitcoin::hashes::Hash as _;
use bitcoin::merkle_tree::MerkleBlock;
use bitcoin::{Block, BlockHash, CompactTarget, Transaction, TxIn, TxMerkleNode, transaction};
use signer_core::codec;
use signer_core::settlement::SettlementFile;
use signer_core::types::Height;

/// A folder with a transaction, the block in which it is the third of five, and headers from one
/// before that block on.
struct Desk {
    folder: PathBuf,
    tx: Transaction,
    block: Block,
}

impl Desk {
    fn new(name: &str, on_top: usize) -> Self {
        let name = format!("himuro-signature-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("ours");
        let tx = |n| Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::from_consensus(n),
            input: vec![TxIn::default()],
            output: vec![],
        };
        let mut block = Block {
            header: header(BlockHash::all_zeros(), 0),
            txdata: (0..5).map(tx).collect(),
        };
        block.header.merkle_root = block.compute_merkle_root().expect("transactions");
        let before = header(BlockHash::all_zeros(), 1);
        block.header.prev_blockhash = before.block_hash();
        let mut headers = vec![before, block.header];
        for time in 0..on_top {
            let last = headers[headers.len() - 1].block_hash();
            headers.push(header(last, u32::try_from(time).expect("few")));
        }
        let headers: Vec<String> = headers
            .iter()
            .map(|header| format!("\"{}\"", serialize_hex(header)))
            .collect();
        let json = format!(
            r#"{{"first_height": 100, "headers": [{}]}}"#,
            headers.join(",")
        );
        let wanted = block.txdata[2].clone();
        let proof =
            MerkleBlock::from_block_with_predicate(&block, |id| *id == wanted.compute_txid());
        for (file, bytes) in [
            ("headers.json", json.into_bytes()),
            ("final.hex", serialize_hex(&wanted).into_bytes()),
            ("block.bin", serialize(&block)),
            (
                "proof.hex",
                format!("{}\n", serialize_hex(&proof)).into_bytes(),
            ),
            ("other.bin", serialize(&tx(77))),
        ] {
            fs::write(folder.join(file), bytes).expect("room");
        }
        Self {
            folder,
            tx: wanted,
            block,
        }
    }

    fn prove(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_host-cli"))
            .args(["signature", "prove", "--headers", "headers.json"])
            .args(words)
            .current_dir(&self.folder)
            .output()
            .expect("the program starts")
    }

    fn proven(&self, words: &[&str], out: &str) -> SettlementFile {
        let run = self.prove(&[words, &["--out", out]].concat());
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{said}");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(
            said.contains(&format!("{} block 101", self.tx.compute_txid())),
            "{said}"
        );
        let bytes = fs::read(self.folder.join(out)).expect("written");
        codec::decode(&bytes).expect("a proof")
    }

    fn fails(&self, words: &[&str], why: &str) {
        let run = self.prove(&[words, &["--out", "none.cbor"]].concat());
        let said = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(3), "{said}");
        assert!(said.contains(why), "{said}");
        assert!(!self.folder.join("none.cbor").exists());
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn header(before: BlockHash, time: u32) -> Header {
    Header {
        version: Version::TWO,
        prev_blockhash: before,
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: CompactTarget::from_consensus(0x207f_ffff),
        nonce: 0,
    }
}

#[test]
fn a_block_and_a_txoutproof_make_the_same_proof() {
    let desk = Desk::new("same", 9);
    let of_block = desk.proven(
        &["--transaction", "final.hex", "--block", "block.bin"],
        "a.cbor",
    );
    let of_proof = desk.proven(
        &["--transaction", "final.hex", "--txoutproof", "proof.hex"],
        "b.cbor",
    );
    assert_eq!(of_block, of_proof);
    // All headers for the device; of these the block and six on top for the journal.
    assert_eq!(of_block.headers.headers.len(), 11);
    let settlement = &of_block.settlement;
    assert_eq!(settlement.headers.first_height, Height(101));
    assert_eq!(settlement.headers.headers.len(), 7);
    let spend = &settlement.spends[0];
    assert_eq!((spend.height, spend.position), (Height(101), 2));
    let root = spend.path.root(desk.tx.compute_txid().to_byte_array(), 2);
    assert_eq!(root, Some(desk.block.header.merkle_root.to_byte_array()));
}

#[test]
fn what_proves_nothing_is_not_written() {
    let desk = Desk::new("few", 5);
    let good = ["--transaction", "final.hex", "--block", "block.bin"];
    desk.fails(&good, "5 headers stand on top of its block, 6 are needed");
    let desk = Desk::new("wrong", 6);
    desk.proven(&good, "enough.cbor");
    let other = ["--transaction", "other.bin", "--block", "block.bin"];
    desk.fails(&other, "in none of these blocks");
    let other = ["--transaction", "final.hex", "--block", "other.bin"];
    desk.fails(&other, "not a block");
    let mut strange = desk.block.clone();
    strange.header.nonce = 1;
    fs::write(desk.folder.join("strange.bin"), serialize(&strange)).expect("room");
    let strange = ["--transaction", "final.hex", "--block", "strange.bin"];
    desk.fails(&strange, "is not among the headers");
    // Heights end somewhere, and a file may say that its headers stand there.
    let path = desk.folder.join("headers.json");
    let json = fs::read_to_string(&path).expect("ours");
    for first in [u32::MAX, u32::MAX - 1, u32::MAX - 7] {
        let high = json.replace(
            "\"first_height\": 100",
            &format!("\"first_height\": {first}"),
        );
        assert_ne!(high, json);
        fs::write(&path, high).expect("room");
        desk.fails(&good, "reach beyond any height");
    }
}

//! What the auditor's own node gave: raw blocks, or transactions by themselves.
//!
//! A file holds either whole blocks one after the other, in binary, or text with one block or
//! transaction in hexadecimal on each line: what `bitcoin-cli getblock HASH 0` and
//! `getrawtransaction` print. Lines are read one by one, so that such a file may have any size.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use bitcoin::consensus::encode::{deserialize_hex, deserialize_partial};
use bitcoin::{Block, Transaction};
use officer_console::system;
use signer_core::audit::{GivenBlocks, NodeData, Papers, Records, Source};
use signer_core::phrase;
use signer_core::rule::{Named, Phrase};

use crate::error::Failure;
use crate::files;

/// Block data of the auditor's own node.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BlockArgs {
    /// Blocks or transactions from the auditor's own node; once for each file
    #[arg(long)]
    blocks: Vec<PathBuf>,
}

impl BlockArgs {
    /// Adds every spend of a registered wallet.
    pub(super) fn read(&self, papers: &mut Papers, records: &Records) -> Result<(), Failure> {
        let mut blocks = GivenBlocks::default();
        for path in &self.blocks {
            let mut found = false;
            let name = phrase!("{path}", "{path}", path = Named(path.display()));
            each_given(path, |given| {
                found = true;
                let (transactions, time) = match &given {
                    Given::Block(block) => {
                        blocks.add(block);
                        (block.txdata.as_slice(), Some(block.header.time))
                    }
                    Given::Transaction(tx) => (std::slice::from_ref(tx), None),
                };
                for tx in transactions {
                    papers.add_transaction(&name, tx, Source::Node(time), records);
                }
            })?;
            // A file of nothing must not count as a node that knows of no spend.
            if !found {
                return Err(bad(path, &no_block()));
            }
        }
        if !self.blocks.is_empty() {
            papers.node = node_data(&blocks);
        }
        Ok(())
    }
}

/// The blocks of some files; transactions by themselves are left out.
pub(super) fn given(paths: &[PathBuf]) -> Result<GivenBlocks, Failure> {
    let mut blocks = GivenBlocks::default();
    for path in paths {
        each_given(path, |given| {
            if let Given::Block(block) = given {
                blocks.add(&block);
            }
        })?;
    }
    Ok(blocks)
}

/// A range answers for what is not in it; anything else shows only what is in it.
fn node_data(blocks: &GivenBlocks) -> NodeData {
    blocks.range().map_or(NodeData::Parts, NodeData::Range)
}

/// What one line of the auditor's node is.
enum Given {
    Block(Box<Block>),
    Transaction(Transaction),
}

fn each_given(path: &Path, mut take: impl FnMut(Given)) -> Result<(), Failure> {
    let file = std::fs::File::open(path)
        .map_err(|error| bad(path, &phrase!("{why}", "{why}", why = system(&error))))?;
    let mut reader = BufReader::new(file);
    let peeked = reader
        .fill_buf()
        .map_err(|error| bad(path, &phrase!("{why}", "{why}", why = system(&error))))?;
    let text = peeked
        .iter()
        .take(160)
        .all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace());
    if text {
        return each_line(path, reader, take);
    }
    let bytes = files::read(path)?;
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let (block, taken) =
            deserialize_partial::<Block>(rest).map_err(|_| bad(path, &no_block()))?;
        take(Given::Block(Box::new(proven(path, block)?)));
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(())
}

fn each_line(
    path: &Path,
    reader: impl std::io::BufRead,
    mut take: impl FnMut(Given),
) -> Result<(), Failure> {
    for line in reader.lines() {
        let line =
            line.map_err(|error| bad(path, &phrase!("{why}", "{why}", why = system(&error))))?;
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if let Ok(tx) = deserialize_hex::<Transaction>(line) {
            take(Given::Transaction(tx));
        } else {
            let block = deserialize_hex::<Block>(line).map_err(|_| bad(path, &no_block()))?;
            take(Given::Block(Box::new(proven(path, block)?)));
        }
    }
    Ok(())
}

/// A block holds what its header says: otherwise a spend could have been left out of it.
fn proven(path: &Path, block: Block) -> Result<Block, Failure> {
    if block.check_merkle_root() {
        Ok(block)
    } else {
        Err(bad(
            path,
            &phrase!(
                "block {hash} does not hold what its header says",
                "ブロック {hash} の内容がヘッダーと一致しない",
                hash = block.block_hash()
            ),
        ))
    }
}

fn no_block() -> Phrase {
    phrase!(
        "neither a block nor a transaction",
        "ブロックでも取引でもない"
    )
}

fn bad(path: &Path, why: &Phrase) -> Failure {
    Failure::of_file(
        path,
        why,
        phrase!(
            "give blocks as your node prints them (getblock HASH 0), one on each line",
            "ノードが出力したブロック(getblock HASH 0)を1行に1つずつ指定してください。"
        ),
    )
}

//! `signature prove`: a transaction, its block and the headers above it, as a device judges them.

use std::path::{Path, PathBuf};

use bitcoin::block::Header;
use bitcoin::consensus::encode::{Decodable, deserialize, serialize};
use bitcoin::hex::FromHex as _;
use bitcoin::merkle_tree::MerkleBlock;
use bitcoin::{Block, Transaction};
use signer_core::codec::{self, ByteString};
use signer_core::headers::HeaderRun;
use signer_core::phrase;
use signer_core::rule::Phrase;
use signer_core::settlement::{CONFIRMATIONS, ConfirmedSpend, Settlement, SettlementFile};
use signer_core::types::Height;

use super::place::{Place, Source};
use crate::artefact;
use crate::error::Failure;
use crate::files::{self, Output};
use crate::view::line;

/// Makes the proof by which devices settle open partial signatures: for each transaction its block,
/// its Merkle path and six headers on top.
///
/// A transaction settles every open signature over a coin that it spends: the very one that was
/// signed, or another one that took a coin away from it. Files are binary or hexadecimal text, as
/// `getrawtransaction`, `getblock HASH 0` and `gettxoutproof` of Bitcoin Core print it. The headers
/// are JSON, without a gap from a block that the device knows:
/// `{"first_height": 1, "headers": ["<160 hex>"]}`
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli signature prove --transaction final.tx --block block.hex \\\n    \
    --headers headers.json --out settlement.cbor")]
pub(crate) struct Args {
    /// The transaction in the chain; once for each
    #[arg(long, required = true)]
    transaction: Vec<PathBuf>,

    /// A whole block; once for each
    #[arg(long, required_unless_present = "txoutproof")]
    block: Vec<PathBuf>,

    /// What gettxoutproof gives; once for each
    #[arg(long)]
    txoutproof: Vec<PathBuf>,

    /// Headers of the chain, from a block that the device knows to six above the last block or more
    #[arg(long)]
    headers: PathBuf,

    /// The proof, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let headers = artefact::headers(&self.headers)?;
        let sources = self.sources()?;
        let mut spends = Vec::new();
        for path in &self.transaction {
            let tx: Transaction = read(path, &phrase!("transaction", "取引"))?;
            let txid = tx.compute_txid();
            let mut places = sources.iter().filter_map(|source| source.place(txid));
            let place = places.next().ok_or_else(|| not_in_a_block(path))?;
            let spend = at_height(&tx, place, &headers).map_err(|why| unfit(path, &why))?;
            line!("{txid} block {}", spend.height);
            spends.push(spend);
        }
        let settlement = Settlement {
            version: 1,
            headers: needed(&headers, &spends),
            spends,
        };
        out.write(&codec::encode(&SettlementFile {
            version: 1,
            headers,
            settlement,
        }))
    }

    fn sources(&self) -> Result<Vec<Source>, Failure> {
        let mut sources = Vec::new();
        for path in &self.block {
            let block: Block = read(path, &phrase!("block", "ブロック"))?;
            sources.push(Source::Whole(Box::new(block)));
        }
        for path in &self.txoutproof {
            let proof: MerkleBlock = read(path, &phrase!("proof", "証明"))?;
            sources.push(Source::Proof(proof));
        }
        Ok(sources)
    }
}

/// The height of the block among the headers, and enough of them above it.
fn at_height(
    tx: &Transaction,
    place: Place,
    headers: &HeaderRun,
) -> Result<ConfirmedSpend, Phrase> {
    let wanted = serialize::<Header>(&place.header);
    let found = headers
        .headers
        .iter()
        .position(|header| header[..] == wanted);
    let found = found.ok_or_else(|| {
        phrase!(
            "its block {hash} is not among the headers",
            "そのブロック {hash} がヘッダーにない",
            hash = place.header.block_hash()
        )
    })?;
    let on_top = headers.headers.len() - found - 1;
    if on_top < CONFIRMATIONS as usize {
        return Err(phrase!(
            "{got} headers stand on top of its block, {least} are needed",
            "ブロックの上のヘッダーは {got} 件(必要数 {least})",
            got = on_top,
            least = CONFIRMATIONS
        ));
    }
    Ok(ConfirmedSpend {
        height: place_of(found, headers)?,
        transaction: ByteString(serialize(tx)),
        position: place.position,
        path: place.path,
    })
}

/// The height of a header of the run, where all of it has heights.
fn place_of(found: usize, headers: &HeaderRun) -> Result<Height, Phrase> {
    let first = headers.first_height.0;
    let all = u32::try_from(headers.headers.len()).ok();
    let height = u32::try_from(found).ok().and_then(|n| first.checked_add(n));
    let height = height.filter(|_| all.and_then(|all| first.checked_add(all)).is_some());
    height.map(Height).ok_or_else(|| {
        phrase!(
            "the headers from height {first} on reach beyond any height",
            "ブロック高 {first} からのヘッダーが最大のブロック高を超える",
            first = first
        )
    })
}

/// The headers from the first of the blocks to six above the last.
fn needed(headers: &HeaderRun, spends: &[ConfirmedSpend]) -> HeaderRun {
    let heights = || spends.iter().map(|spend| spend.height);
    let first = heights().min().unwrap_or(headers.first_height);
    let last = heights()
        .max()
        .map_or(0, |height| height.0.saturating_add(CONFIRMATIONS));
    let of_run = (headers.first_height.0..=u32::MAX).zip(&headers.headers);
    let needed = of_run.filter(|(height, _)| (first.0..=last).contains(height));
    HeaderRun {
        first_height: first,
        headers: needed.map(|(_, header)| *header).collect(),
    }
}

/// A file of one thing, in binary or in hexadecimal.
fn read<T: Decodable>(path: &Path, kind: &Phrase) -> Result<T, Failure> {
    let bytes = files::read(path)?;
    let text = std::str::from_utf8(&bytes).ok().map(str::trim);
    let from_hex = text.and_then(|text| Vec::<u8>::from_hex(text).ok());
    deserialize(&from_hex.unwrap_or(bytes)).map_err(|_| {
        unfit(
            path,
            &phrase!("not a {kind}", "{kind}ではない", kind = kind),
        )
    })
}

fn not_in_a_block(path: &Path) -> Failure {
    unfit(
        path,
        &phrase!(
            "the transaction is in none of these blocks",
            "取引がどのブロックにもない"
        ),
    )
}

fn unfit(path: &Path, why: &Phrase) -> Failure {
    Failure::of_file(
        path,
        why,
        phrase!(
            "fetch transaction, block and headers from your own node, once six blocks are on top",
            "6ブロックが積まれた後、取引、ブロック、ヘッダーを自社のノードから取得してください。"
        ),
    )
}

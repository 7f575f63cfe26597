//! TRN06.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::block::Header;
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, ScriptBuf, Transaction, Txid, consensus};

use super::{ConfirmedSpend, OpenRegister, OpenSignature, SettledAs, SettledSet, Settlement};
use crate::digest::TxDigest;
use crate::headers::{AcceptedBlocks, RUN_LIMIT};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::types::Height;

/// Headers on top of the block that holds a transaction.
pub const CONFIRMATIONS: u32 = 6;
/// Most transactions of one proof.
pub const SPENDS_LIMIT: usize = 1_000;
/// A transaction of this size, without witnesses, can be read as an inner node of a Merkle tree.
const NODE: usize = 64;

/// TRN06: A partial signature is settled only by a transaction in the chain that spent a coin of it.
///
/// The proof is the whole transaction, its Merkle path to a header, and six headers on top, linked to
/// a block that this device has accepted. Headers that lead nowhere prove nothing, however much work
/// they show. A transaction of 64 bytes could be a node of the tree in disguise, and is none of ours.
/// Every transaction must settle something.
///
/// # Errors
/// TRN06, with the first thing that does not hold.
pub fn trn06(
    settlement: &Settlement,
    accepted: &AcceptedBlocks,
    register: &OpenRegister,
) -> Result<Vec<SettledSet>, Refusal> {
    if settlement.version != 1 {
        let expected = phrase!("a proof of version 1", "バージョン1の証明");
        return Err(refused(expected, Phrase::figure(settlement.version)));
    }
    let count = settlement.spends.len();
    if count == 0 || count > SPENDS_LIMIT {
        let expected = phrase!(
            "1 to {limit} transactions",
            "取引 1〜{limit} 件",
            limit = SPENDS_LIMIT
        );
        return Err(refused(expected, Phrase::figure(count)));
    }
    let blocks = linked(settlement)?;
    let last = known(&blocks, accepted)?;
    let open = by_coin(register);
    let mut sets = BTreeMap::new();
    for spend in &settlement.spends {
        let tx = confirmed(spend, &blocks, last)?;
        let touched = settled_by(&tx, spend.height, &open);
        if touched.is_empty() {
            let expected = phrase!(
                "a transaction that spends a coin of an open partial signature",
                "未使用部分署名のコインを支出する取引"
            );
            return Err(refused(expected, Phrase::figure(tx.compute_txid())));
        }
        for set in touched {
            sets.entry(set.tx).or_insert(set);
        }
    }
    Ok(sets.into_values().collect())
}

/// Every header follows the one before it.
fn linked(settlement: &Settlement) -> Result<BTreeMap<Height, Header>, Refusal> {
    let run = &settlement.headers;
    if run.headers.len() > RUN_LIMIT {
        let expected = phrase!(
            "at most {limit} headers",
            "ヘッダー {limit} 件以下",
            limit = RUN_LIMIT
        );
        return Err(refused(expected, Phrase::figure(run.headers.len())));
    }
    let mut blocks = BTreeMap::new();
    let mut before: Option<Header> = None;
    for (height, bytes) in (run.first_height.0..=u32::MAX)
        .map(Height)
        .zip(&run.headers)
    {
        let header: Option<Header> = consensus::deserialize(bytes).ok();
        let follows = header.filter(|header| {
            before.is_none_or(|before| before.block_hash() == header.prev_blockhash)
        });
        let header = follows.ok_or_else(|| {
            let expected = phrase!("headers that follow each other", "連続するヘッダー");
            let got = phrase!(
                "another at height {height}",
                "ブロック高 {height} のヘッダーが続かない",
                height = height
            );
            refused(expected, got)
        })?;
        blocks.insert(height, header);
        before = Some(header);
    }
    Ok(blocks)
}

/// The last of the headers is a block of the chain that this device follows: so are all before it.
fn known(blocks: &BTreeMap<Height, Header>, accepted: &AcceptedBlocks) -> Result<Height, Refusal> {
    let last = blocks.last_key_value();
    let ours = last.filter(|(height, header)| {
        accepted.hash(**height) == Some(&header.block_hash().to_byte_array())
    });
    ours.map(|(height, _)| *height).ok_or_else(|| {
        let expected = phrase!(
            "headers that end at a block that this device has accepted",
            "この端末が受け入れたブロックで終わるヘッダー"
        );
        let got = last.map_or_else(
            || phrase!("no header", "ヘッダーなし"),
            |(height, header)| {
                phrase!(
                    "block {hash} at height {height}",
                    "ブロック高 {height} のブロック {hash}",
                    hash = header.block_hash(),
                    height = height
                )
            },
        );
        refused(expected, got)
    })
}

/// The transaction is in its block, and the block is deep enough.
fn confirmed(
    spend: &ConfirmedSpend,
    blocks: &BTreeMap<Height, Header>,
    last: Height,
) -> Result<Transaction, Refusal> {
    let tx = spend.read().ok_or_else(|| {
        let expected = phrase!("a transaction", "取引");
        refused(expected, phrase!("other bytes", "取引でないバイト列"))
    })?;
    if tx.base_size() == NODE {
        let expected = phrase!(
            "a transaction of another size than 64 bytes",
            "64バイト以外の大きさの取引"
        );
        return Err(refused(expected, Phrase::figure(tx.compute_txid())));
    }
    let on_top = last.0.saturating_sub(spend.height.0);
    let header = blocks
        .get(&spend.height)
        .filter(|_| on_top >= CONFIRMATIONS);
    let header = header.ok_or_else(|| {
        let expected = phrase!(
            "the header of its block and {least} on top",
            "ブロックのヘッダーとその上の {least} 件",
            least = CONFIRMATIONS
        );
        let got = phrase!(
            "block {height}, headers up to {last}",
            "ブロック高 {height}、ヘッダーは {last} まで",
            height = spend.height,
            last = last
        );
        refused(expected, got)
    })?;
    let leaf = tx.compute_txid().to_byte_array();
    if spend.path.root(leaf, spend.position) == Some(header.merkle_root.to_byte_array()) {
        Ok(tx)
    } else {
        let expected = phrase!(
            "a Merkle path to the root of block {height}",
            "ブロック高 {height} のルートに至るマークル経路",
            height = spend.height
        );
        let got = phrase!("a path to another root", "別のルートに至る経路");
        Err(refused(expected, got))
    }
}

/// Open sets of signatures by the coins that they spend. A hostile proof has many inputs, and a long
/// life many open sets: each input is looked up once.
type ByCoin<'r> = BTreeMap<OutPoint, Vec<&'r OpenSignature>>;

fn by_coin(register: &OpenRegister) -> ByCoin<'_> {
    let mut found = ByCoin::new();
    for open in register.open() {
        for coin in &open.coins {
            found.entry(*coin).or_default().push(open);
        }
    }
    found
}

/// What a transaction in the chain settles, and how.
fn settled_by(tx: &Transaction, height: Height, open: &ByCoin<'_>) -> Vec<SettledSet> {
    let inputs = tx.input.iter();
    let touched = inputs.filter_map(|input| open.get(&input.previous_output));
    let touched: BTreeMap<TxDigest, &OpenSignature> =
        touched.flatten().map(|open| (open.tx, *open)).collect();
    if touched.is_empty() {
        return Vec::new();
    }
    let (bare, by) = (without_scripts(tx), tx.compute_txid().to_byte_array());
    let settled = touched.into_values().map(|open| SettledSet {
        tx: open.tx,
        how: match open.unsigned {
            Some(id) if id == bare => SettledAs::Confirmed,
            Some(_) => SettledAs::Conflicting,
            None => SettledAs::Spent,
        },
        by,
        height,
    });
    settled.collect()
}

/// The id of the transaction as it was before anybody signed.
fn without_scripts(tx: &Transaction) -> Txid {
    let mut bare = tx.clone();
    for input in &mut bare.input {
        input.script_sig = ScriptBuf::new();
    }
    bare.compute_txid()
}

const fn refused(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::TRN06, Place::Whole, expected, got)
}

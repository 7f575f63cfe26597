//! What lies beside the transcripts: receipts and signatures in PSBTs, spends in transactions.

use alloc::vec::Vec;

use bitcoin::secp256k1::ecdsa::Signature;
use bitcoin::{OutPoint, Script, Transaction, TxIn, Txid};

use super::blocks::{BlockRange, Coverage};
use super::records::{Records, spent_scripts};
use crate::cose::{Signed, peek};
use crate::digest::ReceiptDigest;
use crate::keys::Signature64;
use crate::life::AnchorStatement;
use crate::psbt::{Limits, ParsedPsbt};
use crate::rule::{Phrase, Refusal};
use crate::signing::Receipt;
use crate::transcript::Seal;

/// A receipt of a trusted device, found in a PSBT; its signature was verified.
#[derive(Clone, Debug)]
pub struct FoundReceipt {
    /// The file.
    pub file: Phrase,
    /// Its digest.
    pub digest: ReceiptDigest,
    /// What it says.
    pub receipt: Receipt,
}

/// A trusted device's receipt of a refusal; its signature was verified.
#[derive(Clone, Debug)]
pub struct FoundRefusal {
    /// The file.
    pub file: Phrase,
    /// The seal, which says what was not signed.
    pub seal: Seal,
    /// SHA-256 of the entry that holds it in the device's journal.
    pub entry: [u8; 32],
}

/// A signature over a coin of a registered wallet.
#[derive(Clone, Debug)]
pub struct FoundSignature {
    /// The file, or where in the block data.
    pub file: Phrase,
    /// The coin.
    pub coin: OutPoint,
    /// Its r and s, whatever it is over; none where it cannot be read as a signature.
    pub signature: Option<Signature64>,
    /// The transaction that spends the coin; none where the signature is partial.
    pub spent_by: Option<Txid>,
}

/// Whether the auditor's own node was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeData {
    /// It gave every block of this range.
    Range(BlockRange),
    /// It gave parts: they show what is spent, and not what is unspent.
    Parts,
    /// It was not: what is spent is known from the folder alone.
    #[default]
    None,
}

/// Where a transaction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the folder: it was made, whether or not it is in a block.
    Folder,
    /// From the auditor's own node, in a block of this time; none of a transaction by itself.
    Node(Option<u32>),
}

/// A coin that a transaction of the auditor's node spends.
#[derive(Clone, Copy, Debug)]
pub struct SpentCoin {
    /// The coin.
    pub coin: OutPoint,
    /// The transaction.
    pub by: Txid,
    /// The time of its block, in seconds since 1970.
    pub time: Option<u32>,
}

/// Receipts, partial signatures and spends.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    /// Receipts of trusted devices.
    pub receipts: Vec<FoundReceipt>,
    /// Receipts of refusals, of trusted devices.
    pub refusals: Vec<FoundRefusal>,
    /// Receipts that are of no trusted device, or not genuine: by their files.
    pub forged: Vec<Phrase>,
    /// Signatures over coins of the wallets, partial and final.
    pub signatures: Vec<FoundSignature>,
    /// Coins of the wallets that a transaction of the auditor's node spends.
    pub spent: Vec<SpentCoin>,
    /// Files that could not be read as what they seem to be, and why.
    pub unread: Vec<(Phrase, Phrase)>,
    /// What HSMs remember, as their devices showed it.
    pub anchors: Vec<AnchorStatement>,
    /// Whether the auditor's own node was asked.
    pub node: NodeData,
}

impl Papers {
    /// Takes the receipts and partial signatures of a PSBT.
    pub fn add_psbt(&mut self, file: &Phrase, bytes: Vec<u8>, records: &Records) {
        let parsed = match ParsedPsbt::parse_within(bytes, Limits::HEAVY) {
            Ok(parsed) => parsed,
            Err(stopped) => {
                let why = stopped.report().refusals().next();
                let why = why.map_or_else(Phrase::none, Refusal::difference);
                self.unread.push((file.clone(), why));
                return;
            }
        };
        for (_, _, bytes) in &parsed.carried().receipts {
            self.add_receipt(file, bytes, records);
        }
        for (spending, input) in parsed.tx().input.iter().zip(parsed.inputs()) {
            if !records.owns(&input.spent.script_pubkey) {
                continue;
            }
            for (_, der) in &input.partial_sigs {
                self.add_signature(file, spending.previous_output, der, None);
            }
        }
    }

    /// Takes the spends of a transaction, as far as they are of registered wallets.
    pub fn add_transaction(
        &mut self,
        file: &Phrase,
        tx: &Transaction,
        source: Source,
        records: &Records,
    ) {
        let mut txid = None;
        for input in &tx.input {
            if !spends_ours(input, records) {
                continue;
            }
            let txid = *txid.get_or_insert_with(|| tx.compute_txid());
            // A transaction in a folder may never have reached a block.
            if let Source::Node(time) = source {
                self.spent.push(SpentCoin {
                    coin: input.previous_output,
                    by: txid,
                    time,
                });
            }
            // The witness of a multisig: nothing, the signatures, the script.
            let inner = input.witness.len().saturating_sub(1);
            for der in input
                .witness
                .iter()
                .take(inner)
                .filter(|item| !item.is_empty())
            {
                self.add_signature(file, input.previous_output, der, Some(txid));
            }
        }
    }

    fn add_receipt(&mut self, file: &Phrase, bytes: &[u8], records: &Records) {
        let opened = peek::<Receipt>(bytes).ok().and_then(|claimed| {
            let identity = records.identity(&claimed.device)?;
            let known = |kid: &_| (*kid == identity.key_id()).then_some(identity);
            Signed::<Receipt>::open(bytes, claimed.scope, known).ok()
        });
        match opened {
            None => self.forged.push(file.clone()),
            Some(signed) => {
                let digest = ReceiptDigest::from_bytes(signed.digest(ReceiptDigest::TAG));
                if self.receipts.iter().all(|known| known.digest != digest) {
                    self.receipts.push(FoundReceipt {
                        file: file.clone(),
                        digest,
                        receipt: signed.body().clone(),
                    });
                }
            }
        }
    }

    /// Takes a device's receipt of a refusal.
    pub fn add_refusal(&mut self, file: &Phrase, bytes: Vec<u8>, records: &Records) {
        let opened = peek::<Seal>(&bytes).ok().and_then(|claimed| {
            let identity = records.identity(&claimed.device)?;
            let known = |kid: &_| (*kid == identity.key_id()).then_some(identity);
            Signed::<Seal>::open(&bytes, claimed.scope, known).ok()
        });
        let Some(signed) = opened else {
            self.forged.push(file.clone());
            return;
        };
        let seal = signed.body().clone();
        self.refusals.push(FoundRefusal {
            file: file.clone(),
            entry: seal.entry_hash(bytes),
            seal,
        });
    }

    fn add_signature(&mut self, file: &Phrase, coin: OutPoint, der: &[u8], by: Option<Txid>) {
        self.signatures.push(FoundSignature {
            file: file.clone(),
            coin,
            signature: compact(der),
            spent_by: by,
        });
    }

    /// The transaction that spends this coin, where one is known.
    pub fn spender(&self, coin: &OutPoint) -> Option<Txid> {
        self.spent_coin(coin).map(|spent| spent.by)
    }

    /// Whether the auditor's node gave every block of a range: only then is a spend that is not in them
    /// none.
    pub fn covers(&self, range: BlockRange) -> Coverage {
        match &self.node {
            NodeData::Range(given) => given.covers(range),
            NodeData::Parts | NodeData::None => Coverage::InPart,
        }
    }

    /// The time of the block in which this coin is spent, where one is known.
    pub fn spent_at(&self, coin: &OutPoint) -> Option<u32> {
        self.spent_coin(coin)?.time
    }

    fn spent_coin(&self, coin: &OutPoint) -> Option<&SpentCoin> {
        self.spent.iter().find(|spent| spent.coin == *coin)
    }
}

/// Whether an input spends a coin of a registered wallet: its witness script is one of theirs.
fn spends_ours(input: &TxIn, records: &Records) -> bool {
    let Some(script) = input.witness.last() else {
        return false;
    };
    let scripts = spent_scripts(Script::from_bytes(script));
    scripts.iter().any(|script| records.owns(script))
}

/// r and s of a signature as it stands in a witness. The byte behind it, which says what was signed,
/// is not judged: blocks may hold kinds that nobody relays.
fn compact(witness: &[u8]) -> Option<Signature64> {
    let (_, der) = witness.split_last()?;
    let signature = Signature::from_der(der).ok()?;
    Some(Signature64(signature.serialize_compact()))
}

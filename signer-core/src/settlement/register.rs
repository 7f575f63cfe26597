//! The register of what was signed and is not settled.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bitcoin::{Amount, OutPoint, Txid};
use minicbor::{Decode, Encode};

use super::Settlement;
use crate::digest::{TxDigest, WalletId};
use crate::phrase;
use crate::review::amount;
use crate::rule::Phrase;
use crate::types::{Height, Lang, SessionNumber};

/// Partial signatures that this device made over one transaction, at most one for each input. Whether
/// they left it, whether somebody sent it, or still can, the device does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSignature {
    /// The transaction.
    pub tx: TxDigest,
    /// Its id without scriptSigs. Not known of what only a recovery's receipt says.
    pub unsigned: Option<Txid>,
    /// The wallet that pays; not known from a receipt.
    pub wallet: Option<WalletId>,
    /// What it pays out, without change and fee; not known from a receipt.
    pub paid: Option<Amount>,
    /// The session that made the first of them.
    pub session: SessionNumber,
    /// The height that was known then.
    pub since: Height,
    /// The coins that it spends.
    pub coins: Vec<OutPoint>,
}

impl OpenSignature {
    /// One line, with the wallet's name where it is known.
    pub fn line(&self, wallet: Option<&str>, lang: Lang) -> String {
        let Self {
            tx, session, since, ..
        } = self;
        let paid = self.paid.map_or_else(|| String::from("? BTC"), amount::btc);
        let wallet = wallet.unwrap_or("?");
        match lang {
            Lang::En => format!(
                "open partial signature: {paid} from {wallet}, session {session}, since height \
                 {since}, transaction {tx}"
            ),
            Lang::Ja => format!(
                "未使用部分署名: {wallet} から {paid}、セッション {session}、ブロック高 {since} から、取引 {tx}"
            ),
        }
    }
}

/// How a set of signatures was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum SettledAs {
    /// The very transaction is in the chain.
    #[n(0)]
    Confirmed,
    /// Another transaction spent a coin of it: it can never be sent any more.
    #[n(1)]
    Conflicting,
    /// A coin of it is spent; by which transaction, a receipt does not tell.
    #[n(2)]
    Spent,
}

impl SettledAs {
    /// In words.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Confirmed => phrase!("confirmed", "承認済み"),
            Self::Conflicting => phrase!(
                "dead, another transaction spent a coin of it",
                "別の取引がそのコインを支出したため無効"
            ),
            Self::Spent => phrase!(
                "confirmed or dead, a coin of it is spent",
                "コインが支出済み(承認済みまたは無効)"
            ),
        }
    }
}

/// A set of signatures that is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SettledSet {
    /// The transaction that was signed.
    #[n(0)]
    pub tx: TxDigest,
    /// How.
    #[n(1)]
    pub how: SettledAs,
    /// The transaction in the chain, in the byte order of the wire (not reversed).
    #[cbor(n(2), with = "minicbor::bytes")]
    pub by: [u8; 32],
    /// Its block.
    #[n(3)]
    pub height: Height,
}

/// A proof and what it settles: an entry of the journal, judged again by whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Settled {
    /// The proof.
    #[n(0)]
    pub settlement: Settlement,
    /// What it settles, ascending by transaction.
    #[n(1)]
    pub sets: Vec<SettledSet>,
}

/// Every set of signatures, from its first one on: open until it is settled by proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenRegister {
    open: BTreeMap<TxDigest, OpenSignature>,
    settled: BTreeMap<TxDigest, SettledSet>,
}

impl OpenRegister {
    /// What is open, in the order of the sessions.
    pub fn open(&self) -> Vec<&OpenSignature> {
        let mut open: Vec<&OpenSignature> = self.open.values().collect();
        open.sort_by_key(|set| (set.session, set.tx));
        open
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// The transactions over which signatures are open.
    pub(crate) fn transactions(&self) -> BTreeSet<TxDigest> {
        self.open.keys().copied().collect()
    }

    /// How this transaction was settled, if it was.
    pub fn settled(&self, tx: &TxDigest) -> Option<&SettledSet> {
        self.settled.get(tx)
    }

    /// A set has a signature. What is settled stays settled.
    pub(crate) fn made(&mut self, set: OpenSignature) {
        if !self.settled.contains_key(&set.tx) {
            self.open.entry(set.tx).or_insert(set);
        }
    }

    /// Takes what was proven off the register.
    pub(crate) fn settle(&mut self, sets: &[SettledSet]) {
        for set in sets {
            if self.open.remove(&set.tx).is_some() {
                self.settled.insert(set.tx, *set);
            }
        }
    }
}

//! What past sessions mean for the next one: a fold of the journal, never a database of its own.

mod duty;
mod heads;
mod transfers;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use bitcoin::OutPoint;
use bitcoin::hashes::Hash;

use crate::digest::{LedgerDigest, RequestDigest, TxDigest, WalletId};
use crate::keys::Signature64;
use crate::types::{Height, KeyIndex, OfficerId, SessionNumber};

pub use duty::Duty;
pub use heads::{HeadStanding, Heads};
pub use transfers::{KnownTransfer, Transfer, Transfers, Window, Witnessed};

/// Signed coins, dead requests, seen r values and used change: what limits and replay need.
///
/// Made only by folding journal entries, so that an auditor's replay gives the same answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerState {
    spent: BTreeMap<OutPoint, Vec<TxDigest>>,
    transfers: Transfers,
    rejected: BTreeMap<RequestDigest, OfficerId>,
    r_values: RValues,
    highest_change: BTreeMap<WalletId, KeyIndex>,
    signatures: u64,
    duty: Duty,
    recovered: Option<RecoveredAt>,
    /// Not in the digest: a journal's entries name the heads before them already.
    heads: Heads,
}

/// That a device lost a part of its journal: what it signed before is known in part at best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveredAt {
    /// Height at which the administrators looked. Whatever is counted over a window of blocks counts
    /// as used up here.
    pub height: Height,
    /// Signatures over coins that are not known.
    pub unknown: u64,
}

impl LedgerState {
    /// Before the first entry of a journal.
    pub(crate) fn empty() -> Self {
        Self {
            spent: BTreeMap::new(),
            transfers: Transfers::new(),
            rejected: BTreeMap::new(),
            r_values: RValues::new(),
            highest_change: BTreeMap::new(),
            signatures: 0,
            duty: Duty::new(),
            recovered: None,
            heads: Heads::new(),
        }
    }

    /// How the sessions of this journal ended.
    pub const fn heads(&self) -> &Heads {
        &self.heads
    }

    /// That the device lost a part of its journal, where it did: the newest time, and all that is
    /// not known.
    pub const fn recovered(&self) -> Option<RecoveredAt> {
        self.recovered
    }

    /// The transactions that this device signed over this coin, in order: more than one where fee
    /// bumps were declared.
    pub fn signed_over(&self, coin: &OutPoint) -> &[TxDigest] {
        self.spent.get(coin).map_or(&[], Vec::as_slice)
    }

    /// What left the wallets of this device, as limits over time count it.
    pub const fn transfers(&self) -> &Transfers {
        &self.transfers
    }

    /// Who rejected this request on this device, if anybody ever did.
    pub fn rejected_by(&self, request: &RequestDigest) -> Option<&OfficerId> {
        self.rejected.get(request)
    }

    /// The r values of all signatures that the device made and its journal holds, of any key, for
    /// any purpose.
    pub const fn r_values(&self) -> &RValues {
        &self.r_values
    }

    /// The highest change index of this wallet that a transaction signed here paid to.
    pub fn highest_change(&self, wallet: &WalletId) -> Option<KeyIndex> {
        self.highest_change.get(wallet).copied()
    }

    /// Bitcoin signatures that this device has made, intents without a result counted as made.
    pub const fn signatures(&self) -> u64 {
        self.signatures
    }

    /// Who operated the last sessions that signed, and how many in a row.
    pub const fn duty(&self) -> &Duty {
        &self.duty
    }

    /// Counts a session that signs for those who operate it.
    pub(crate) fn record_duty(&mut self, operators: &[OfficerId]) {
        self.duty.record(operators);
    }

    /// Counts a session that goes on with one that was cut: both are one, for all who sat at either.
    pub(crate) fn record_duty_beside(&mut self, operators: &[OfficerId], before: &Self) {
        self.duty.record_beside(operators, &before.duty);
    }

    /// Counts an intent: from now on the coins are signed over, even if power fails.
    pub(crate) fn record_intent(&mut self, tx: TxDigest, coins: &[OutPoint]) {
        for coin in coins {
            let signed = self.spent.entry(*coin).or_default();
            if !signed.contains(&tx) {
                signed.push(tx);
            }
        }
        let count = u64::try_from(coins.len()).unwrap_or(u64::MAX);
        self.signatures = self.signatures.saturating_add(count);
    }

    /// Counts signatures that are remembered, over coins that are not known.
    pub(crate) fn record_recovery(&mut self, height: Height, unknown: u64) {
        let before = self.recovered.map_or(0, |before| before.unknown);
        let last = self.recovered.map_or(height, |before| before.height);
        self.signatures = self.signatures.saturating_add(unknown);
        self.recovered = Some(RecoveredAt {
            height: height.max(last),
            unknown: before.saturating_add(unknown),
        });
    }

    /// Counts what a transaction takes at the height that is known, in the place of the versions
    /// that it replaces.
    pub(crate) fn record_transfer(
        &mut self,
        tx: TxDigest,
        transfer: &Transfer,
        replaces: &[TxDigest],
        height: Height,
    ) {
        self.transfers
            .record(tx, transfer, height, Witnessed::ByIntent);
        self.transfers.replace(replaces, tx);
    }

    /// Counts a transaction that a co-signer has signed by its receipt.
    pub(crate) fn record_receipt(&mut self, tx: TxDigest, transfer: &Transfer, height: Height) {
        self.transfers
            .record(tx, transfer, height, Witnessed::ByReceipt);
    }

    /// Remembers the last entry of a session.
    pub(crate) fn record_head(&mut self, session: SessionNumber, head: [u8; 32]) {
        self.heads.record(session, head);
    }

    /// These sessions are lost, by order of the administrators.
    pub(crate) fn record_lost(&mut self, sessions: Range<SessionNumber>) {
        self.heads.lose(sessions);
    }

    /// Remembers a rejection for ever.
    pub(crate) fn record_rejection(&mut self, request: RequestDigest, officer: OfficerId) {
        self.rejected.entry(request).or_insert(officer);
    }

    /// Remembers the r value of a signature.
    pub(crate) fn record_signature(&mut self, signature: &Signature64) {
        self.r_values.record(signature);
    }

    /// Remembers that a change script of this wallet was paid.
    pub(crate) fn record_change(&mut self, wallet: WalletId, index: KeyIndex) {
        let highest = self.highest_change.entry(wallet).or_insert(index);
        *highest = index.max(*highest);
    }

    /// The digest that the anchor and the transcript hold.
    pub fn digest(&self) -> LedgerDigest {
        let mut bytes = Vec::new();
        let signed = self.spent.iter();
        for (coin, tx) in signed.flat_map(|(coin, all)| all.iter().map(move |tx| (coin, tx))) {
            bytes.extend_from_slice(coin.txid.as_byte_array());
            bytes.extend_from_slice(&coin.vout.to_be_bytes());
            bytes.extend_from_slice(tx.as_bytes());
        }
        let rejected = joined(self.rejected.keys().map(RequestDigest::as_bytes));
        let r_values = joined(self.r_values.0.keys());
        let mut change = Vec::new();
        for (wallet, index) in &self.highest_change {
            change.extend_from_slice(wallet.as_bytes());
            change.extend_from_slice(&index.0.to_be_bytes());
        }
        let mut recovered = Vec::new();
        if let Some(RecoveredAt { height, unknown }) = &self.recovered {
            recovered.extend_from_slice(&height.0.to_be_bytes());
            recovered.extend_from_slice(&unknown.to_be_bytes());
        }
        LedgerDigest::over(&[
            &section(&bytes),
            &section(&rejected),
            &section(&r_values),
            &section(&change),
            &section(&self.transfers.records()),
            &self.signatures.to_be_bytes(),
            &recovered,
            &section(&self.duty.records()),
        ])
    }
}

/// r values of signatures, each with its s.
///
/// An r is the x coordinate of the nonce's point: two signatures with one r were made with one nonce
/// (or its negative), and give away the key that made both, or each key to who knows the other.
///
/// The longest map of a ledger, shared by its copies until one of them goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RValues(Arc<BTreeMap<[u8; 32], [u8; 32]>>);

impl RValues {
    /// Before the first signature.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the r value of this signature was seen before.
    pub fn seen(&self, signature: &Signature64) -> RValue {
        match self.0.get(&signature.r()) {
            None => RValue::New,
            Some(s) if *s == signature.s() => RValue::SameSignature,
            Some(_) => RValue::Seen,
        }
    }

    /// Remembers the r value of a signature.
    pub fn record(&mut self, signature: &Signature64) {
        if !self.0.contains_key(&signature.r()) {
            Arc::make_mut(&mut self.0).insert(signature.r(), signature.s());
        }
    }

    /// Every r with its s, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8; 32], &[u8; 32])> {
        self.0.iter()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Whether an r value is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RValue {
    /// Never seen before.
    New,
    /// In a copy of this very signature: nothing is given away by it.
    SameSignature,
    /// Seen before, in another signature: the nonce was used twice.
    Seen,
}

/// Records one after the other: an auditor makes this at the end of every session.
fn joined<'a>(records: impl Iterator<Item = &'a [u8; 32]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        bytes.extend_from_slice(record);
    }
    bytes
}

/// The digest of one section, so that sections cannot run into each other.
fn section(bytes: &[u8]) -> [u8; 32] {
    crate::digest::sha256_of(bytes)
}

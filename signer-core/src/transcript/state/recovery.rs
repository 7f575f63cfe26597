//! Going on from an anchor: what is not in the journal any more is taken from the administrators'
//! order, and what nobody knows stays closed.

use alloc::vec::Vec;

use super::{DeviceState, FoldError};
use crate::keys::{CkaId, Fingerprint};
use crate::ledger::{KnownTransfer, LedgerState, Transfer};
use crate::life::{CheckedRecovery, Continuation, ReadReceipt, Recovered, RecoveryError};
use crate::phrase;
use crate::rule::Explained as _;
use crate::settlement::OpenSignature;
use crate::transcript::entry::{KeysGenerated, MadeKey};
use crate::types::{Chain, Height, KeyIndex, SessionNumber};
use crate::wallet::{CheckedCard, PoolCard};

const CHAINS: [Chain; 2] = [Chain::Receive, Chain::Change];

impl DeviceState {
    /// The journal goes on from the anchor that an order names.
    pub(super) fn recover(
        &mut self,
        number: SessionNumber,
        what: &Recovered,
    ) -> Result<(), FoldError> {
        let continuation = Continuation::of(self, what).map_err(refused)?;
        continuation.confirmed(self).map_err(refused)?;
        let (order, card) = continuation.into_parts();
        let session = self.open.as_mut().ok_or(FoldError::NoSession)?;
        session.intended = true;
        self.ledger.record_lost(session.number..number);
        session.number = number;
        self.unfinished.clear();
        self.adopt(card);
        self.take_over(&order);
        Ok(())
    }

    /// Whether an order and a card fit what is left of the journal.
    pub(crate) fn judge_continuation(
        &self,
        order: &CheckedRecovery,
        card: &CheckedCard,
    ) -> Result<(), RecoveryError> {
        self.judge_coins(order)?;
        if self.lost_signatures(order).is_none() {
            let signatures = self.ledger.signatures();
            return Err(RecoveryError::MoreSignatures(signatures));
        }
        let pin = order.order().policy;
        let newer = self
            .policy
            .as_ref()
            .filter(|policy| policy.number() >= pin.number);
        if newer.is_some_and(|policy| policy.digest() != pin.digest) {
            return Err(RecoveryError::OlderPolicy(pin.number));
        }
        let newest = self.own_card().map(CheckedCard::digest);
        if newest == Some(card.digest()) {
            return Ok(());
        }
        let known = self.cards().iter().any(|old| old.digest() == card.digest());
        let holds_all = card.card().pools.iter().all(|pool| self.begins(pool));
        if known || !holds_all {
            return Err(RecoveryError::Card(phrase!(
                "a card that is older than the journal, or of other keys",
                "ジャーナルより古い、または鍵の異なる端末カード"
            )));
        }
        Ok(())
    }

    /// Whether receipts of transfers that the journal knows are stated with the coins of these: those
    /// were computed from the transaction, and no order says otherwise.
    fn judge_coins(&self, order: &CheckedRecovery) -> Result<(), RecoveryError> {
        order.receipts().iter().try_for_each(|read| {
            match self.ledger.transfers().get(&read.receipt().tx) {
                Some(known) => read.spends(known.transfer()),
                None => Ok(()),
            }
        })
    }

    /// Whether the recorded keys of a pool are the first ones of the card's.
    fn begins(&self, pool: &PoolCard) -> bool {
        CHAINS.into_iter().all(|chain| {
            let recorded = self.pool_keys(pool.pool, chain).map(|key| key.public_key);
            let mut on_card = pool.chain(chain).iter().map(|key| key.public_key);
            recorded.into_iter().all(|key| on_card.next() == Some(key))
        })
    }

    /// Takes the keys of a card that this journal does not hold yet. What the journal knew of pools
    /// that are not whole any more may be there or not: their destruction had begun.
    fn adopt(&mut self, card: CheckedCard) {
        if self.own_card().map(CheckedCard::digest) == Some(card.digest()) {
            return;
        }
        let device = Fingerprint::of(&card.device());
        let mut gone = Vec::new();
        for made in &self.keys {
            let whole = card.card().pools.iter().any(|pool| pool.pool == made.pool);
            let indexes = (made.first.0..).zip(&made.keys).filter(|_| !whole);
            gone.extend(
                indexes.map(|(index, _)| {
                    CkaId::wallet(device, made.pool, made.chain, KeyIndex(index))
                }),
            );
        }
        gone.sort_unstable();
        self.mark_ending(gone);
        for pool in &card.card().pools {
            for chain in CHAINS {
                let known = self.key_count(pool.pool, chain);
                let first = usize::try_from(known).unwrap_or(usize::MAX);
                let keys: Vec<MadeKey> = pool
                    .chain(chain)
                    .iter()
                    .skip(first)
                    .map(|key| MadeKey {
                        public_key: key.public_key,
                        attributes: pool.attributes,
                    })
                    .collect();
                if !keys.is_empty() {
                    self.keys.push(KeysGenerated {
                        pool: pool.pool,
                        chain,
                        first: KeyIndex(known),
                        keys,
                        evidence: pool.evidence,
                    });
                }
            }
        }
        self.generation = None;
        self.hold_card(card);
    }

    /// Counts, coins, rejections, retirements and the policy, by the order.
    fn take_over(&mut self, order: &CheckedRecovery) {
        let lost = self.lost_signatures(order).unwrap_or(0);
        let before = self.ledger.clone();
        for read in new_receipts(order, &before) {
            self.ledger.record_intent(read.receipt().tx, read.coins());
            // Whose turn it was goes on too, as far as receipts tell.
            self.ledger.record_duty(&read.receipt().operators);
        }
        // Also of those whose intent is known: nobody knows here whether that intent was released.
        for read in order.receipts() {
            let set = of_receipt(read, order.order().height, &before);
            self.register.made(set);
        }
        // What was closed stays closed: the HSM remembers it, and no order can leave it out.
        self.waiting = order.waiting();
        let order = order.order();
        self.frozen.clone_from(&order.anchor.frozen);
        let height = order.height.max(self.time().closes());
        self.ledger.record_recovery(height, lost);
        for used in &order.change {
            self.ledger.record_change(used.wallet, used.index);
        }
        for rejected in &order.rejected {
            self.reject(rejected);
        }
        for retired in &order.retired {
            self.wallets.retire(retired.wallet, retired.retirement);
        }
        let known = self.policy.as_ref().map(|policy| policy.digest());
        self.pinned = (known != Some(order.policy.digest)).then_some(order.policy);
    }

    /// How many signatures the HSM remembers beyond the journal and the receipts; none where they
    /// are fewer.
    fn lost_signatures(&self, order: &CheckedRecovery) -> Option<u64> {
        let new = new_receipts(order, &self.ledger);
        let new: usize = new.map(|read| read.coins().len()).sum();
        let known = self
            .ledger
            .signatures()
            .checked_add(u64::try_from(new).ok()?)?;
        order.order().anchor.signatures.checked_sub(known)
    }
}

/// What a receipt tells of signatures that were released.
fn of_receipt(read: &ReadReceipt, since: Height, ledger: &LedgerState) -> OpenSignature {
    let tx = read.receipt().tx;
    let known = ledger.transfers().get(&tx);
    let transfer = known.map(KnownTransfer::transfer);
    OpenSignature {
        tx,
        unsigned: None,
        wallet: transfer.map(|transfer| transfer.wallet),
        paid: transfer.map(Transfer::paid),
        session: read.receipt().session,
        since,
        coins: read.coins().to_vec(),
    }
}

/// Receipts of signatures that the journal does not hold.
fn new_receipts<'a>(
    order: &'a CheckedRecovery,
    ledger: &'a LedgerState,
) -> impl Iterator<Item = &'a ReadReceipt> {
    order.receipts().iter().filter(|read| {
        let tx = read.receipt().tx;
        let mut coins = read.coins().iter();
        coins.any(|coin| !ledger.signed_over(coin).contains(&tx))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused(error: RecoveryError) -> FoldError {
    FoldError::Artefact(error.what())
}

//! Keys as the fold knows them: announced, made, recorded, and at last on the device's card.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{DeviceState, FoldError};
use crate::keys::{CkaId, Fingerprint};
use crate::life::KeyState;
use crate::phrase;
use crate::transcript::entry::{
    CeremonyKind, KeyRange, KeysDiscarded, KeysGenerated, KeysIntended, MadeKey,
};
use crate::types::{Chain, KeyIndex, PoolNumber};
use crate::wallet::{CheckedCard, PoolCard};

const CHAINS: [Chain; 2] = [Chain::Receive, Chain::Change];

impl DeviceState {
    /// All keys that were generated: what has to be on the token.
    pub fn keys(&self) -> &[KeysGenerated] {
        &self.keys
    }

    /// Keys that were announced and do not all stand on this device's card yet: a generation that
    /// is under way, or that was cut.
    pub const fn generation(&self) -> Option<&KeysIntended> {
        self.generation.as_ref()
    }

    /// What of the announced keys was not recorded: it is made, or made again.
    pub fn missing_keys(&self) -> Vec<KeyRange> {
        let Some(generation) = self.generation() else {
            return Vec::new();
        };
        let rest = |range: &KeyRange| {
            let next = self.key_count(generation.pool, range.chain);
            let count = range.end().checked_sub(next).filter(|count| *count > 0)?;
            let (chain, first) = (range.chain, KeyIndex(next));
            Some(KeyRange {
                chain,
                first,
                count,
            })
        };
        generation.ranges.iter().filter_map(rest).collect()
    }

    /// The names that the missing keys will have on the token.
    pub fn missing_ids(&self) -> impl Iterator<Item = CkaId> {
        let device = self.device().map(|device| Fingerprint::of(&device));
        let pool = self.generation().map(|generation| generation.pool);
        let named = device.zip(pool);
        self.missing_keys().into_iter().flat_map(move |range| {
            let places = named.map(|_| range.first.0..range.end());
            places.into_iter().flatten().filter_map(move |index| {
                let (device, pool) = named?;
                Some(CkaId::wallet(device, pool, range.chain, KeyIndex(index)))
            })
        })
    }

    /// How many keys of a chain were recorded: the index of the next one.
    pub fn key_count(&self, pool: PoolNumber, chain: Chain) -> u32 {
        let count = self.recorded(pool, chain).map(|made| made.keys.len());
        u32::try_from(count.sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// The pools of which keys were recorded, ascending.
    pub fn pools(&self) -> Vec<PoolNumber> {
        let mut pools: Vec<PoolNumber> = self.keys.iter().map(|made| made.pool).collect();
        pools.sort_unstable();
        pools.dedup();
        pools
    }

    /// The pools that are whole: no key of them was destroyed.
    pub fn whole_pools(&self) -> Vec<PoolNumber> {
        let destroyed = self.wallet_keys();
        let destroyed = destroyed.filter(|line| line.state == KeyState::Destroyed);
        let destroyed = destroyed.map(|line| line.key.id.pool);
        let gone: BTreeSet<PoolNumber> = destroyed.collect();
        let mut pools = self.pools();
        pools.retain(|pool| !gone.contains(pool));
        pools
    }

    /// The keys of a chain, by index, with what stands behind their attributes.
    pub fn pool_keys(&self, pool: PoolNumber, chain: Chain) -> impl Iterator<Item = &MadeKey> {
        self.recorded(pool, chain).flat_map(|made| &made.keys)
    }

    fn recorded(&self, pool: PoolNumber, chain: Chain) -> impl Iterator<Item = &KeysGenerated> {
        let all = self.keys.iter();
        all.filter(move |made| made.pool == pool && made.chain == chain)
    }

    /// Keys are announced one generation after the other, each chain behind its last key.
    pub(super) fn intend_keys(&mut self, intended: &KeysIntended) -> Result<(), FoldError> {
        let kind = self.open.as_ref().map(|session| session.opened.kind);
        let generates = matches!(kind, Some(CeremonyKind::Commission | CeremonyKind::Keys));
        if !generates || self.generation.is_some() || !self.follows(intended) {
            return Err(FoldError::Keys);
        }
        self.generation = Some(intended.clone());
        Ok(())
    }

    fn follows(&self, intended: &KeysIntended) -> bool {
        let (pool, ranges) = (intended.pool, &intended.ranges);
        let in_order = ranges.is_sorted_by(|a, b| a.chain < b.chain);
        let behind = |range: &KeyRange| {
            let fits = range.first.0.checked_add(range.count).is_some();
            range.count > 0 && fits && range.first.0 == self.key_count(pool, range.chain)
        };
        // A new pool stands above all others, and has both chains from the beginning.
        let pools = self.pools();
        let new = !pools.contains(&pool);
        let gone = !new && !self.whole_pools().contains(&pool);
        let newest = pools.last().is_none_or(|last| pool > *last) && ranges.len() == CHAINS.len();
        !ranges.is_empty() && in_order && ranges.iter().all(behind) && !gone && (!new || newest)
    }

    /// Only keys that were announced are recorded, in order.
    pub(super) fn record_keys(&mut self, made: &KeysGenerated) -> Result<(), FoldError> {
        let generation = self.generation.as_ref().ok_or(FoldError::Keys)?;
        let missing = self.missing_keys();
        let range = missing.iter().find(|range| range.chain == made.chain);
        let range = range.ok_or(FoldError::Keys)?;
        let count = u32::try_from(made.keys.len()).unwrap_or(u32::MAX);
        if made.pool != generation.pool || made.first != range.first || count > range.count {
            return Err(FoldError::Keys);
        }
        self.keys.push(made.clone());
        Ok(())
    }

    /// Only what was announced and never recorded is destroyed in this way.
    pub(super) fn discard_keys(&self, discarded: &KeysDiscarded) -> Result<(), FoldError> {
        let generation = self.generation.as_ref().ok_or(FoldError::Keys)?;
        let missing = self.missing_keys();
        let known = discarded.keys.iter().all(|key| {
            let mut ranges = missing.iter().filter(|range| range.chain == key.chain);
            ranges.any(|range| (range.first.0..range.end()).contains(&key.index.0))
        });
        if discarded.pool == generation.pool && known && !discarded.keys.is_empty() {
            return Ok(());
        }
        Err(FoldError::Keys)
    }

    /// A card of this device holds the recorded keys of every whole pool and no other, and names the
    /// card before it.
    pub(super) fn judge_own_card(&self, card: &CheckedCard) -> Result<(), FoldError> {
        let refused = |why| Err(FoldError::Artefact(why));
        if !self.missing_keys().is_empty() {
            return refused(phrase!(
                "a card before all announced keys were made",
                "予定した鍵がすべて揃う前のカード"
            ));
        }
        if card.card().predecessor != self.own_card().map(CheckedCard::digest) {
            return refused(phrase!(
                "a card that does not name the card before it",
                "直前のカードを示さないカード"
            ));
        }
        let pools = &card.card().pools;
        let numbers = pools.iter().map(|pool| pool.pool);
        if !numbers.eq(self.whole_pools()) || !pools.iter().all(|pool| self.is_recorded(pool)) {
            return refused(phrase!(
                "a card with other keys than this device generated",
                "この端末が生成した鍵と異なるカード"
            ));
        }
        Ok(())
    }

    fn is_recorded(&self, pool: &PoolCard) -> bool {
        CHAINS.into_iter().all(|chain| {
            let on_card = pool.chain(chain).iter();
            let same_keys = on_card
                .map(|key| key.public_key)
                .eq(self.pool_keys(pool.pool, chain).map(|key| key.public_key));
            let mut recorded = self.recorded(pool.pool, chain);
            let same_facts = recorded.all(|made| {
                let mut keys = made.keys.iter();
                made.evidence == pool.evidence && keys.all(|k| k.attributes == pool.attributes)
            });
            same_keys && same_facts
        })
    }
}

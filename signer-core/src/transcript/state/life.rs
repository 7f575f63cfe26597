//! What the journal says of every wallet key: in which state it is, and which are gone.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{DeviceState, FoldError};
use crate::digest::WalletId;
use crate::keys::{CkaId, Fingerprint, KeyRole};
use crate::life::{Destroying, KeyLine, KeyState, key02};
use crate::signing::WalletKeyRef;
use crate::token::{KnownKey, Presence};
use crate::types::{KeyIndex, PoolNumber};
use crate::wallet::RegisteredWallet;

/// Which wallets were ever active, and which keys have ended or are ending.
#[derive(Debug, Default)]
pub(super) struct Life {
    activated: BTreeSet<WalletId>,
    destroyed: BTreeSet<CkaId>,
    ending: VecDeque<CkaId>,
}

impl Life {
    /// Whether a destruction was begun and is not recorded as done.
    pub(super) fn is_ending(&self) -> bool {
        !self.ending.is_empty()
    }
}

impl DeviceState {
    /// The registered wallet that this pool of this device serves: the newest version of it.
    pub fn wallet_of(&self, pool: PoolNumber) -> Option<&Arc<RegisteredWallet>> {
        let identity = self.identity()?;
        let serves = |wallet: &&Arc<RegisteredWallet>| {
            let mut members = wallet.cosigners().iter();
            members.any(|member| member.identity == *identity && member.pool == pool)
        };
        self.wallets().wallets().iter().rev().find(serves)
    }

    /// Every wallet key that was ever generated here, with its state.
    pub fn wallet_keys(&self) -> impl Iterator<Item = KeyLine> + '_ {
        let device = self.device().map(|device| Fingerprint::of(&device));
        let runs = device.map(|device| self.keys.iter().map(move |run| (device, run)));
        runs.into_iter().flatten().flat_map(move |(device, run)| {
            let state = self.pool_state(run.pool);
            (run.first.0..).zip(&run.keys).map(move |(index, made)| {
                let id = CkaId::wallet(device, run.pool, run.chain, KeyIndex(index));
                let gone = self.life.destroyed.contains(&id);
                KeyLine {
                    key: WalletKeyRef {
                        id,
                        public_key: made.public_key,
                    },
                    state: if gone { KeyState::Destroyed } else { state },
                }
            })
        })
    }

    /// The state of a pool's keys, as long as they are there.
    fn pool_state(&self, pool: PoolNumber) -> KeyState {
        let Some(wallet) = self.wallet_of(pool).map(|wallet| wallet.id()) else {
            return KeyState::PreActivation;
        };
        if self.wallets().retirement(&wallet).is_some() {
            KeyState::Deactivated
        } else if self.listed().contains(&wallet) {
            KeyState::Active
        } else if self.life.activated.contains(&wallet) {
            KeyState::Suspended
        } else {
            KeyState::PreActivation
        }
    }

    /// The registered wallets that the policy in force lists.
    fn listed(&self) -> Vec<WalletId> {
        let Some(policy) = self.policy() else {
            return Vec::new();
        };
        let wallets = self.wallets().wallets().iter();
        wallets
            .filter(|wallet| policy.policy().wallet(&wallet.digest()).is_some())
            .map(|wallet| wallet.id())
            .collect()
    }

    /// Remembers which wallets are active now.
    pub(super) fn note_active(&mut self) {
        let listed = self.listed();
        self.life.activated.extend(listed);
    }

    /// Every key that the journal says is on the token: what HSM03 asks for.
    pub fn known_keys(&self) -> Vec<KnownKey> {
        let identity = self.identity();
        let identity = identity.map(|key| KnownKey::must(CkaId::single(KeyRole::Identity), *key));
        let ending: BTreeSet<CkaId> = self.life.ending.iter().copied().collect();
        let wallet = self.wallet_keys();
        let left = wallet.filter(|line| line.state != KeyState::Destroyed);
        let known = left.map(|KeyLine { key, .. }| {
            let known = KnownKey::must(key.id, key.public_key);
            if ending.contains(&key.id) {
                let presence = Presence::Ending;
                KnownKey { presence, ..known }
            } else {
                known
            }
        });
        identity.into_iter().chain(known).collect()
    }

    /// Keys whose destruction was begun and is not recorded as done.
    pub fn ending(&self) -> impl Iterator<Item = CkaId> + '_ {
        self.life.ending.iter().copied()
    }

    /// Keys whose destruction had begun in a part of the journal that is lost.
    pub(super) fn mark_ending(&mut self, keys: Vec<CkaId>) {
        if !keys.is_empty() {
            self.life.ending = keys.into();
        }
    }

    /// Keys are about to be destroyed; one that goes on after a cut names those that are left.
    pub(super) fn doom(&mut self, what: &Destroying) -> Result<(), FoldError> {
        key02(self, what).map_err(FoldError::Key)?;
        let session = self.open.as_mut().ok_or(FoldError::NoSession)?;
        if session.intended {
            return Err(FoldError::Intent);
        }
        session.intended = true;
        self.life.ending = what.keys.iter().map(|key| key.id).collect();
        Ok(())
    }

    /// A key is gone: the next of those that were announced in this session.
    pub(super) fn destroyed(&mut self, id: CkaId) -> Result<(), FoldError> {
        let announced = self.open.as_ref().is_some_and(|session| session.intended);
        if !announced || self.life.ending.front() != Some(&id) {
            return Err(FoldError::Result);
        }
        self.life.ending.pop_front();
        self.life.destroyed.insert(id);
        Ok(())
    }
}

//! Which addresses of a wallet this device knows to be used.

use alloc::collections::BTreeMap;

use super::DeviceState;
use crate::digest::WalletId;
use crate::signing::Intent;
use crate::types::{Chain, KeyIndex};
use crate::wallet::{RegisteredWallet, Supply};

/// The highest index of each chain that an intent has named.
#[derive(Debug, Default)]
pub(super) struct Used(BTreeMap<(WalletId, Chain), KeyIndex>);

impl Used {
    fn note(&mut self, wallet: WalletId, chain: Chain, index: KeyIndex) {
        let highest = self.0.entry((wallet, chain)).or_insert(index);
        *highest = index.max(*highest);
    }
}

impl DeviceState {
    /// How many addresses of a chain are left, as far as this device knows: it has seen change
    /// that it signed for, and receive addresses only when their coins were spent here.
    pub fn supply(&self, wallet: &RegisteredWallet, chain: Chain) -> Supply {
        let highest = self.used.0.get(&(wallet.id(), chain)).copied();
        Supply::new(wallet.addresses(chain), highest)
    }

    /// How many devices of a wallet can sign, as far as this one knows: of the others it knows
    /// nothing bad, and of itself whether it is frozen.
    pub fn able_devices(&self, wallet: &RegisteredWallet) -> usize {
        let frozen = usize::from(self.frozen().is_some());
        wallet.cosigners().len().saturating_sub(frozen)
    }

    /// Remembers the addresses that an intent spends from and pays change to.
    pub(super) fn note_used(&mut self, intent: &Intent) {
        let id = intent.wallet;
        let mut wallets = self.wallets.newest();
        let Some(wallet) = wallets.find(|wallet| wallet.id() == id).cloned() else {
            return;
        };
        for line in &intent.lines {
            if let Some((chain, index)) = wallet.locate_key(line.key) {
                self.used.note(id, chain, index);
            }
        }
        if let Some(index) = intent.change {
            self.used.note(id, Chain::Change, index);
        }
    }
}

//! What transactions took from their wallets, as limits over time count it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, ScriptBuf};

use crate::digest::{TxDigest, WalletId};
use crate::types::{Blocks, Height};

/// What one transaction takes from its wallet: computed from the transaction and the registered
/// wallet, never from what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The wallet that pays.
    pub wallet: WalletId,
    /// Every output that is not change, in order.
    pub payments: Vec<(ScriptBuf, Amount)>,
    /// What returns to the wallet's change scripts.
    pub change: Amount,
    /// The fee.
    pub fee: Amount,
    /// The coins that it spends, in the order of the inputs.
    pub coins: Vec<OutPoint>,
}

impl Transfer {
    /// What is paid out; fee and change are not counted.
    pub fn paid(&self) -> Amount {
        sum(self.payments.iter().map(|(_, amount)| *amount))
    }

    fn paid_to(&self, script: &ScriptBuf) -> Amount {
        let payments = self.payments.iter().filter(|(to, _)| to == script);
        sum(payments.map(|(_, amount)| *amount))
    }

    /// As the ledger-digest has it.
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.wallet.as_bytes());
        out.extend_from_slice(&self.change.to_sat().to_be_bytes());
        out.extend_from_slice(&self.fee.to_sat().to_be_bytes());
        out.extend_from_slice(&count(self.payments.len()));
        for (script, amount) in &self.payments {
            out.extend_from_slice(&count(script.len()));
            out.extend_from_slice(script.as_bytes());
            out.extend_from_slice(&amount.to_sat().to_be_bytes());
        }
        out.extend_from_slice(&count(self.coins.len()));
        for coin in &self.coins {
            out.extend_from_slice(coin.txid.as_byte_array());
            out.extend_from_slice(&coin.vout.to_be_bytes());
        }
    }
}

/// Why a device knows of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Witnessed {
    /// A co-signer's verified receipt came with it; this device has not signed it.
    ByReceipt,
    /// This device's own intent.
    ByIntent,
}

/// A transfer that this device knows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTransfer {
    transfer: Transfer,
    height: Height,
    witnessed: Witnessed,
    replaced_by: Option<TxDigest>,
}

impl KnownTransfer {
    /// What it takes.
    pub const fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// The height that was known when it was last counted.
    pub const fn height(&self) -> Height {
        self.height
    }

    /// Why it is known.
    pub const fn witnessed(&self) -> Witnessed {
        self.witnessed
    }

    /// The declared fee bump that counts in its place, if there is one.
    pub const fn replaced_by(&self) -> Option<TxDigest> {
        self.replaced_by
    }
}

/// Every transfer that a device knows of, by the digest of its transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transfers(BTreeMap<TxDigest, KnownTransfer>);

impl Transfers {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The transfer of this transaction, if this device knows of it.
    pub fn get(&self, tx: &TxDigest) -> Option<&KnownTransfer> {
        self.0.get(tx)
    }

    /// The same with the digest that the record keeps.
    pub fn entry(&self, tx: &TxDigest) -> Option<(&TxDigest, &KnownTransfer)> {
        self.0.get_key_value(tx)
    }

    /// All of them, with the digest of their transaction.
    pub fn iter(&self) -> impl Iterator<Item = (&TxDigest, &KnownTransfer)> {
        self.0.iter()
    }

    /// Counts a transfer at this height. Seen again it counts once, at the later height.
    pub(super) fn record(
        &mut self,
        tx: TxDigest,
        transfer: &Transfer,
        height: Height,
        witnessed: Witnessed,
    ) {
        let known = self.0.entry(tx).or_insert_with(|| KnownTransfer {
            transfer: transfer.clone(),
            height,
            witnessed,
            replaced_by: None,
        });
        known.height = known.height.max(height);
        known.witnessed = known.witnessed.max(witnessed);
    }

    /// A declared fee bump counts in the place of the versions before it.
    pub(super) fn replace(&mut self, replaced: &[TxDigest], by: TxDigest) {
        for tx in replaced {
            if let Some(known) = self.0.get_mut(tx) {
                known.replaced_by = Some(by);
            }
        }
    }

    /// What left `wallet` within the window that ends at `window.tip`.
    pub fn paid_by(&self, wallet: &WalletId, window: Window<'_>) -> Amount {
        let counted = self.within(window);
        let own = counted.filter(|known| known.transfer.wallet == *wallet);
        sum(own.map(|known| known.transfer.paid()))
    }

    /// What wallets of this device paid to `script` within the window, transfer by transfer.
    pub fn payments_to<'a>(
        &'a self,
        script: &'a ScriptBuf,
        window: Window<'a>,
    ) -> impl Iterator<Item = (&'a WalletId, Amount)> {
        self.within(window)
            .map(|known| (&known.transfer.wallet, known.transfer.paid_to(script)))
    }

    fn within<'a>(&'a self, window: Window<'a>) -> impl Iterator<Item = &'a KnownTransfer> {
        let counted = self.0.iter().filter(move |(tx, known)| {
            known.replaced_by.is_none() && window.holds(known.height) && !window.leaves_out(tx)
        });
        counted.map(|(_, known)| known)
    }

    pub(super) fn records(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (tx, known) in &self.0 {
            out.extend_from_slice(tx.as_bytes());
            out.extend_from_slice(&known.height.0.to_be_bytes());
            out.push(match known.witnessed {
                Witnessed::ByReceipt => 0,
                Witnessed::ByIntent => 1,
            });
            let replaced_by = known.replaced_by.map(|by| *by.as_bytes());
            out.extend_from_slice(&replaced_by.unwrap_or_default());
            known.transfer.write(&mut out);
        }
        out
    }
}

/// Blocks up to a height over which payments are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<'a> {
    /// How many blocks.
    pub blocks: Blocks,
    /// The last of them.
    pub tip: Height,
    /// The transaction that is judged, which is counted by itself.
    pub judged: &'a TxDigest,
    /// The versions that it replaces by its own declaration.
    pub replaced: &'a [TxDigest],
}

impl Window<'_> {
    /// What was counted `blocks` ago or earlier has left the window.
    pub(crate) const fn holds(&self, height: Height) -> bool {
        height.0.saturating_add(self.blocks.0) > self.tip.0
    }

    fn leaves_out(&self, tx: &TxDigest) -> bool {
        tx == self.judged || self.replaced.contains(tx)
    }
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    Amount::from_sat(amounts.map(Amount::to_sat).fold(0, u64::saturating_add))
}

fn count(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

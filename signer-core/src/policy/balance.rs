//! The statement of balances: what the reconciler found to be cold, and what is not.

use alloc::vec::Vec;

use bitcoin::Amount;
use minicbor::{Decode, Encode};

use crate::codec;
use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::{RootDigest, WalletId};
use crate::types::{Blocks, Height, OfficerId};
use crate::wallet::WalletClass;

/// What one class of assets holds at a block, signed by a reconciler. It travels in the PSBT and
/// can be exchanged for a newer one: approvals are not over it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BalanceStatement {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The root.
    #[n(2)]
    pub root: RootDigest,
    /// Who says so.
    #[n(3)]
    pub reconciler: OfficerId,
    /// The block at which balances were taken.
    #[n(4)]
    pub height: Height,
    /// Its hash, in the byte order of the wire (not reversed): for who takes the balances again.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub block: [u8; 32],
    /// Whose assets.
    #[n(6)]
    pub class: WalletClass,
    /// Every cold wallet of this class, in ascending order of the identifiers.
    #[n(7)]
    pub cold: Vec<WalletBalance>,
    /// All of the class that is not in these wallets.
    #[cbor(n(8), with = "codec::sats")]
    pub hot: Amount,
}

impl Artefact for BalanceStatement {
    const KIND: &'static str = "balance";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

impl BalanceStatement {
    /// What is said of this wallet.
    pub fn of(&self, wallet: &WalletId) -> Option<Amount> {
        let mut cold = self.cold.iter();
        cold.find(|line| line.wallet == *wallet)
            .map(|line| line.amount)
    }
}

/// What one wallet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WalletBalance {
    /// The wallet, whatever the version of its record.
    #[n(0)]
    pub wallet: WalletId,
    /// In satoshi.
    #[cbor(n(1), with = "codec::sats")]
    pub amount: Amount,
}

/// What a policy asks of the cold share of one class of assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct ColdFloor {
    /// Whose assets.
    #[n(0)]
    pub class: WalletClass,
    /// Thousandths of them that stay cold at least: 1 to 1,000.
    #[n(1)]
    pub per_mille: u32,
    /// How many blocks below the known height a statement of balances may be.
    #[n(2)]
    pub age: Blocks,
}

//! Where the keys of a wallet are: vendors and sites, in numbers that the policy states.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::WalletChange;
use super::change::Changed;

/// How far the devices of a wallet are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Placement {
    /// From how many vendors their HSMs are, at least 1.
    #[n(0)]
    pub vendors: u8,
    /// At how many sites they stand, at least 1.
    #[n(1)]
    pub sites: u8,
}

impl Placement {
    /// What holds where both do.
    pub(super) fn and(self, other: Self) -> Self {
        let Self { vendors, sites } = other;
        Self {
            vendors: self.vendors.max(vendors),
            sites: self.sites.max(sites),
        }
    }

    /// Whether it says anything that can be kept.
    pub(super) const fn is_sound(self) -> bool {
        self.vendors >= 1 && self.sites >= 1
    }

    /// What `new` changes of it.
    pub(super) fn changes(self, new: Self) -> Vec<WalletChange> {
        let Self { vendors, sites } = new;
        let all = [
            Changed::between(&self.vendors, &vendors).map(WalletChange::Vendors),
            Changed::between(&self.sites, &sites).map(WalletChange::Sites),
        ];
        all.into_iter().flatten().collect()
    }
}

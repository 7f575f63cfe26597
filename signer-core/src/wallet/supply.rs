//! How many addresses of a chain are left: exhaustion is announced early.

use crate::types::KeyIndex;

/// One part in so many unused: from here on the pools should be topped up.
const LOW: u32 = 5;

/// The addresses of one chain of a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supply {
    total: u32,
    used: u32,
}

/// Whether there is time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupplyLevel {
    /// More than a fifth is unused.
    Enough,
    /// At most a fifth is unused: top up.
    Low,
}

impl Supply {
    /// A chain of so many addresses, of which those up to `highest` are used.
    pub fn new(total: u32, highest: Option<KeyIndex>) -> Self {
        let used = highest.map_or(0, |index| index.0.saturating_add(1));
        Self {
            total,
            used: used.min(total),
        }
    }

    /// How many there are.
    pub const fn total(&self) -> u32 {
        self.total
    }

    /// How many were never used.
    pub const fn left(&self) -> u32 {
        self.total.saturating_sub(self.used)
    }

    /// The first index whose use leaves at most a fifth of a chain of so many addresses.
    pub fn low_from(total: u32) -> Option<KeyIndex> {
        let enough = total.saturating_sub(total / LOW);
        enough.checked_sub(1).map(KeyIndex)
    }

    /// Whether there is time.
    pub const fn level(&self) -> SupplyLevel {
        if self.left().saturating_mul(LOW) <= self.total {
            SupplyLevel::Low
        } else {
            SupplyLevel::Enough
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_at_a_fifth_and_enough_one_before() {
        let at = |highest| Supply::new(20, Some(KeyIndex(highest)));
        assert_eq!((at(14).left(), at(14).level()), (5, SupplyLevel::Enough));
        assert_eq!((at(15).left(), at(15).level()), (4, SupplyLevel::Low));
        assert_eq!((at(19).left(), at(19).level()), (0, SupplyLevel::Low));
        assert_eq!(at(u32::MAX).left(), 0);
        assert_eq!((Supply::new(20, None).left(), at(7).total()), (20, 20));
        for total in 1..200 {
            let level = |highest| Supply::new(total, highest).level();
            let low = Supply::low_from(total).unwrap();
            assert_eq!(level(Some(low)), SupplyLevel::Low, "{total}");
            let before = low.0.checked_sub(1).map(KeyIndex);
            assert_eq!(level(before), SupplyLevel::Enough, "{total}");
        }
        assert_eq!(Supply::low_from(0), None);
        assert_eq!(Supply::new(20, None).level(), SupplyLevel::Enough);
    }
}

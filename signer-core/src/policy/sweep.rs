//! The sweep: what a frozen device may still sign, by a profile of its own.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::change::{Changed, Direction, of_quorum};
use super::page::{Asked, Page};
use super::{ApprovalQuorum, FeeCaps, Voters, WalletChange};
use crate::digest::{WalletDigest, word_lines};
use crate::types::{Id, Lang};

/// What a frozen device may still sign: every coin to one wallet, which was registered before. No
/// limit of an ordinary transfer bounds it; its quorum and its caps do.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Sweep {
    /// How requests call what they pay to; no destination is called so.
    #[n(0)]
    pub id: Id,
    /// The emergency wallet, by its full digest.
    #[n(1)]
    pub wallet: WalletDigest,
    /// The caps on the fee; all of them hold.
    #[n(2)]
    pub fee: FeeCaps,
    /// Who must approve.
    #[n(3)]
    pub quorum: ApprovalQuorum,
}

/// One difference in the sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SweepChange {
    /// A frozen device may sign a sweep now.
    Added(Sweep),
    /// A frozen device signs nothing any more.
    Removed(Sweep),
    /// Its name or its wallet: another sweep in the place of the one before.
    Exchanged(Changed<Sweep>),
    /// A cap on its fee, in the words of a wallet's.
    Fee(WalletChange),
    /// How many of these must stand behind it.
    Quorum(Voters, Changed<u8>),
}

impl Sweep {
    /// What `new` changes of `old`.
    pub(super) fn changes(old: Option<&Self>, new: Option<&Self>) -> Vec<SweepChange> {
        match (old, new) {
            (None, None) => Vec::new(),
            (None, Some(new)) => Vec::from([SweepChange::Added(new.clone())]),
            (Some(old), None) => Vec::from([SweepChange::Removed(old.clone())]),
            (Some(old), Some(new)) => old.differences(new),
        }
    }

    fn differences(&self, new: &Self) -> Vec<SweepChange> {
        let Self {
            id,
            wallet,
            fee,
            quorum,
        } = new;
        let mut found = Vec::new();
        if (&self.id, self.wallet) != (id, *wallet) {
            found.push(SweepChange::Exchanged(Changed {
                old: self.clone(),
                new: new.clone(),
            }));
        }
        let caps = self.fee.changes(fee).into_iter();
        found.extend(caps.map(SweepChange::Fee));
        let counts = of_quorum(self.quorum, *quorum);
        found.extend(counts.map(|(who, change)| SweepChange::Quorum(who, change)));
        found
    }

    /// The sweep that both allow: none, where they do not mean the same wallet.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        let same = (&self.id, self.wallet) == (&other.id, other.wallet);
        same.then(|| Self {
            id: other.id.clone(),
            wallet: other.wallet,
            fee: self.fee.and(&other.fee),
            quorum: self.quorum.and(other.quorum),
        })
    }
}

impl Sweep {
    /// Its screen: B types words of the emergency wallet from paper. `name` is what the device calls
    /// that wallet.
    pub(super) fn page(&self, name: &str, nonce: &[u8; 32], lang: Lang) -> Page {
        let digest = self.wallet.as_bytes();
        let mut lines = Vec::from([
            lang.pick(
                "SWEEP: what this device signs while it is frozen",
                "緊急退避送金: 凍結中にこの端末が署名するもの",
            )
            .to_string(),
            lang.pick(
                "every coin to this emergency wallet, without a limit:",
                "限度額なしで全額をこの緊急退避ウォレットへ送付:",
            )
            .to_string(),
            format!("{name}  ({})", self.id),
            String::new(),
        ]);
        lines.extend(word_lines(digest));
        lines.extend([String::new(), self.text(lang)]);
        let subject = [
            "the emergency wallet from your paper",
            "書面の緊急退避ウォレット照合語",
        ];
        Page {
            id: "sweep".to_string(),
            lines,
            asked: Vec::from([Asked::of_words("sweep", digest, nonce, subject, lang)]),
        }
    }
}

impl SweepChange {
    /// Which way it goes. Another wallet in the place of the one before loosens.
    pub(super) fn direction(&self) -> Direction {
        match self {
            Self::Added(_) | Self::Exchanged(_) => Direction::Loosening,
            Self::Removed(_) => Direction::Tightening,
            Self::Fee(cap) => cap.direction(),
            Self::Quorum(_, count) => count.rises(),
        }
    }
}

#[cfg(test)]
mod tests {
    use bitcoin::Amount;

    use super::*;
    use crate::testing::id;

    fn sweep() -> Sweep {
        Sweep {
            id: id("emergency"),
            wallet: WalletDigest::over(&[b"emergency"]),
            fee: FeeCaps {
                absolute: Amount::from_sat(100_000),
                sat_per_vbyte: 200,
                per_mille: 50,
            },
            quorum: ApprovalQuorum {
                approvers: 2,
                departments: 2,
                directors: 1,
            },
        }
    }

    /// One edit, and whether it tightens.
    type Edit = (fn(&mut Sweep), Direction);

    const EDITS: [Edit; 10] = [
        (|s| s.id = id("another"), Direction::Loosening),
        (|s| s.wallet = WalletDigest::over(&[]), Direction::Loosening),
        (
            |s| s.fee.absolute = Amount::from_sat(100_001),
            Direction::Loosening,
        ),
        (
            |s| s.fee.absolute = Amount::from_sat(99_999),
            Direction::Tightening,
        ),
        (|s| s.fee.sat_per_vbyte = 201, Direction::Loosening),
        (|s| s.fee.per_mille = 49, Direction::Tightening),
        (|s| s.quorum.approvers = 3, Direction::Tightening),
        (|s| s.quorum.approvers = 1, Direction::Loosening),
        (|s| s.quorum.departments = 1, Direction::Loosening),
        (|s| s.quorum.directors = 2, Direction::Tightening),
    ];

    #[test]
    fn every_edit_is_one_change_of_its_direction() {
        for (place, (edit, direction)) in EDITS.into_iter().enumerate() {
            let mut new = sweep();
            edit(&mut new);
            let changes = Sweep::changes(Some(&sweep()), Some(&new));
            assert_eq!(changes.len(), 1, "edit {place}");
            assert_eq!(changes[0].direction(), direction, "edit {place}");
        }
        assert_eq!(Sweep::changes(Some(&sweep()), Some(&sweep())), []);
        assert_eq!(Sweep::changes(None, None), []);
    }

    #[test]
    fn a_sweep_that_comes_loosens_and_one_that_goes_tightens() {
        let (none, some) = (None, Some(&sweep()));
        let one = |changes: Vec<SweepChange>| {
            let [change] = &changes[..] else {
                panic!("{changes:?}")
            };
            change.direction()
        };
        assert_eq!(one(Sweep::changes(none, some)), Direction::Loosening);
        assert_eq!(one(Sweep::changes(some, none)), Direction::Tightening);
    }

    #[test]
    fn both_hold_the_stricter_one_and_two_wallets_none() {
        let mut other = sweep();
        other.fee.absolute = Amount::from_sat(1);
        other.fee.per_mille = 60;
        other.quorum.directors = 2;
        let both = sweep().and(&other).unwrap();
        assert_eq!(both, other.and(&sweep()).unwrap());
        assert_eq!(both.fee.absolute, Amount::from_sat(1));
        assert_eq!(both.fee.per_mille, 50);
        assert_eq!(both.quorum.directors, 2);
        other.wallet = WalletDigest::over(&[]);
        assert_eq!(sweep().and(&other), None);
    }
}

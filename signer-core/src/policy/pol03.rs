//! POL03.

use bitcoin::Amount;

use super::WindowLimit;
use super::checking::{Checking, Terms};
use crate::digest::TxDigest;
use crate::ledger::{RecoveredAt, Window};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::{Height, Id};
use crate::wallet::WalletTx;

/// POL03: What leaves within a window of blocks stays within this device's share of the limit.
///
/// Counted are intents, from the moment at which they are journalled, and transactions that a
/// co-signer has signed by its receipt; a declared fee bump counts in the place of the versions
/// before it. Of a limit L of an m-of-n wallet a device signs at most floor(L x m / n), since
/// devices cannot see each other. Heights are those of accepted headers: a device whose chain stands
/// still counts everything for ever.
pub(super) fn pol03(checking: &Checking<'_>, tx: &WalletTx, replaces: &[TxDigest]) -> Verdict {
    checking.with_terms(RuleId::POL03, |terms| {
        let windowed = Windowed::new(tx, replaces);
        windowed
            .of_wallet(terms)
            .chain(windowed.of_destinations(terms))
            .collect()
    })
}

/// A transaction beside what was counted before it.
struct Windowed<'a> {
    tx: &'a WalletTx,
    digest: TxDigest,
    replaces: &'a [TxDigest],
    tip: Height,
}

impl<'a> Windowed<'a> {
    fn new(tx: &'a WalletTx, replaces: &'a [TxDigest]) -> Self {
        Self {
            digest: tx.parsed().tx_digest(),
            tip: tx.tip(),
            tx,
            replaces,
        }
    }

    fn of_wallet<'s>(&'s self, terms: &'s Terms<'a>) -> impl Iterator<Item = Refusal> + 's {
        terms.windows.iter().filter_map(|limit| {
            let transfers = self.tx.ledger().transfers();
            let before = transfers.paid_by(&self.tx.wallet().id(), self.window(limit));
            self.judge(limit, None, before, self.tx.paid_out())
        })
    }

    fn of_destinations<'s>(&'s self, terms: &'s Terms<'a>) -> impl Iterator<Item = Refusal> + 's {
        let limits = terms.destinations.iter().flat_map(|destination| {
            let limits = destination.windows.iter();
            limits.map(move |limit| (destination, limit))
        });
        limits.filter_map(|(destination, limit)| {
            let script = &destination.script;
            let payments = self.tx.payments().filter(|(_, to, _)| *to == script);
            let now = payments.fold(Amount::ZERO, |sum, (_, _, amount)| plus(sum, amount));
            if now == Amount::ZERO {
                return None;
            }
            let transfers = self.tx.ledger().transfers();
            let before = transfers.paid_to(script, self.window(limit));
            self.judge(limit, Some(&destination.id), before, now)
        })
    }

    const fn window(&self, limit: &WindowLimit) -> Window<'_> {
        Window {
            blocks: limit.blocks,
            tip: self.tip,
            judged: &self.digest,
            replaced: self.replaces,
        }
    }

    /// A device that lost a part of its journal does not know what it has signed: until the height
    /// of its recovery has left the window, the window counts as full.
    fn exhausted(&self, limit: &WindowLimit) -> Option<Refusal> {
        let RecoveredAt { height, .. } = self.tx.ledger().recovered()?;
        self.window(limit).holds(height).then(|| {
            let expected = phrase!(
                "{blocks} blocks since the recovery of this device",
                "この端末の復旧から {blocks} ブロックの経過",
                blocks = limit.blocks
            );
            let got = phrase!(
                "recovered at height {height}, known height {tip}",
                "ブロック高 {height} で復旧(既知のブロック高 {tip})",
                height = height,
                tip = self.tip
            );
            Refusal::new(RuleId::POL03, Place::Transaction, expected, got)
        })
    }

    fn judge(
        &self,
        limit: &WindowLimit,
        to: Option<&Id>,
        before: Amount,
        now: Amount,
    ) -> Option<Refusal> {
        if let Some(recovered) = self.exhausted(limit) {
            return Some(recovered);
        }
        let wallet = self.tx.wallet();
        let share = limit.share(wallet.threshold(), wallet.cosigners().len());
        let sum = plus(before, now);
        (sum > share).then(|| {
            let (sats, blocks) = (share.to_sat(), limit.blocks);
            let expected = match to {
                None => phrase!(
                    "at most {sats} sat by this device within {blocks} blocks",
                    "この端末で {blocks} ブロック内に {sats} sat 以下",
                    sats = sats,
                    blocks = blocks
                ),
                Some(id) => phrase!(
                    "at most {sats} sat to {id} by this device within {blocks} blocks",
                    "この端末で {id} へ {blocks} ブロック内に {sats} sat 以下",
                    sats = sats,
                    id = id,
                    blocks = blocks
                ),
            };
            Refusal::new(RuleId::POL03, Place::Transaction, expected, of(before, now))
        })
    }
}

fn of(before: Amount, now: Amount) -> Phrase {
    phrase!(
        "{before} sat before and {now} sat now",
        "これまでに {before} sat、今回 {now} sat",
        before = before.to_sat(),
        now = now.to_sat()
    )
}

fn plus(a: Amount, b: Amount) -> Amount {
    a.checked_add(b).unwrap_or(Amount::MAX)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use bitcoin::Amount;

    use crate::digest::TxDigest;
    use crate::ledger::Transfer;
    use crate::rule::RuleId;
    use crate::testing::{Case, TIP, World, outside_script, refusals, refused, rules_of, world};
    use crate::types::{Blocks, Height, Lang};

    const ALONE: [RuleId; 1] = [RuleId::POL03];

    /// The wallet's limit is 6,000,000 sat in 144 blocks, two thirds of it for each device; that of
    /// `hot-1` is 3,900,000. The usual transfer pays 1,200,000 to `hot-1`.
    fn paid(to: &str, sats: u64) -> Transfer {
        Transfer {
            wallet: world().wallet.id(),
            payments: std::vec![(outside_script(to), Amount::from_sat(sats))],
            change: Amount::ZERO,
            fee: Amount::ZERO,
            coins: Vec::new(),
        }
    }

    fn tx(name: &str) -> TxDigest {
        TxDigest::over(&[name.as_bytes()])
    }

    fn after(earlier: &[(&str, u64, u32)]) -> Case {
        let mut case = Case::new(world());
        for (n, (to, sats, height)) in earlier.iter().enumerate() {
            let tx = tx(&std::format!("{n}"));
            let transfer = paid(to, *sats);
            case.ledger
                .record_transfer(tx, &transfer, &[], Height(*height));
        }
        case
    }

    fn rules(earlier: &[(&str, u64, u32)]) -> Vec<RuleId> {
        refused(after(earlier).check(world()))
    }

    #[test]
    fn at_the_limit_of_the_wallet() {
        assert_eq!(rules(&[("hot-2", 2_800_000, TIP.0)]), []);
        assert_eq!(
            rules(&[("hot-2", 1_400_000, TIP.0), ("others", 1_400_000, TIP.0)]),
            []
        );
    }

    #[test]
    fn one_past_the_limit_of_the_wallet() {
        assert_eq!(rules(&[("hot-2", 2_800_001, TIP.0)]), ALONE);
        assert_eq!(
            rules(&[("hot-2", 1_400_000, TIP.0), ("others", 1_400_001, TIP.0)]),
            ALONE
        );
    }

    #[test]
    fn at_the_limit_and_one_past_it_of_the_destination() {
        assert_eq!(rules(&[("hot-1", 1_400_000, TIP.0)]), []);
        let case = after(&[("hot-1", 1_400_001, TIP.0)]);
        let refusals = refusals(case.check(world()));
        assert_eq!(refusals.len(), 1);
        let said = refusals[0].text(Lang::En);
        assert!(said.contains("at most 2600000 sat to hot-1"), "{said}");
        assert!(
            said.contains("1400001 sat before and 1200000 sat now"),
            "{said}"
        );
    }

    /// A window of 144 blocks ends with the known height: what was counted 144 blocks ago has left.
    #[test]
    fn at_the_limit_and_one_past_it_of_the_window() {
        assert_eq!(rules(&[("hot-2", 2_900_000, TIP.0 - 144)]), []);
        assert_eq!(rules(&[("hot-2", 2_900_000, TIP.0 - 143)]), ALONE);
    }

    #[test]
    fn refuses_where_any_of_several_windows_is_full() {
        let world = World::with_policy(|policy| {
            let windows = &mut rules_of(policy).windows;
            let mut longer = windows[0];
            longer.blocks = Blocks(1_008);
            windows.push(longer);
        });
        let case = after(&[("hot-2", 2_900_000, TIP.0 - 500)]);
        assert_eq!(refused(case.check(&world)), ALONE);
    }

    #[test]
    fn passes_without_a_window() {
        let world = World::with_policy(|policy| rules_of(policy).windows.clear());
        let case = after(&[("hot-2", 2_900_000, TIP.0)]);
        assert_eq!(refused(case.check(&world)), []);
    }

    /// Another wallet's payments count for the destination, never for this wallet.
    #[test]
    fn refuses_what_another_wallet_left_of_the_destination() {
        let from_other = |to, sats| {
            let mut case = Case::new(world());
            let transfer = Transfer {
                wallet: world().other.id(),
                ..paid(to, sats)
            };
            case.ledger
                .record_transfer(tx("other"), &transfer, &[], TIP);
            refused(case.check(world()))
        };
        assert_eq!(from_other("hot-2", 2_900_000), []);
        assert_eq!(from_other("hot-1", 1_400_001), ALONE);
    }

    #[test]
    fn refuses_what_only_a_receipt_was_seen_of() {
        let mut case = Case::new(world());
        let seen = paid("hot-2", 2_800_001);
        case.ledger.record_receipt(tx("seen"), &seen, TIP);
        assert_eq!(refused(case.check(world())), ALONE);
    }

    #[test]
    fn takes_the_same_transaction_and_replaced_versions_as_one() {
        let mut case = Case::new(world());
        let bound = case.bind(world()).unwrap();
        let (own, transfer) = (bound.parsed().tx_digest(), bound.transfer());
        case.ledger.record_receipt(own, &transfer, TIP);
        let large = paid("hot-2", 2_800_000);
        case.ledger.record_transfer(tx("first"), &large, &[], TIP);
        let bump = [tx("first")];
        case.ledger
            .record_transfer(tx("second"), &large, &bump, TIP);
        assert_eq!(refused(case.check(world())), []);
    }

    /// A device that recovered starts with full windows.
    #[test]
    fn refuses_until_the_recovery_has_left_the_window() {
        for (height, rules) in [(TIP.0 - 143, &ALONE[..]), (TIP.0 - 144, &[][..])] {
            let mut case = Case::new(world());
            case.ledger.record_recovery(Height(height), 0);
            let mut refused = refused(case.check(world()));
            refused.dedup();
            assert_eq!(refused, rules, "{height}");
        }
    }

    #[test]
    fn shares_are_rounded_down() {
        let limit = |sats| crate::policy::WindowLimit {
            blocks: Blocks(1),
            amount: Amount::from_sat(sats),
        };
        for (sats, m, n, share) in [
            (100, 2, 3, 66),
            (101, 2, 3, 67),
            (99, 3, 5, 59),
            (7, 1, 8, 0),
            (2_100_000_000_000_000, 15, 15, 2_100_000_000_000_000),
        ] {
            assert_eq!(limit(sats).share(m, n).to_sat(), share, "{sats} {m}/{n}");
        }
    }
}

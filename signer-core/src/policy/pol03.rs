//! POL03.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use bitcoin::Amount;

use super::checking::{Checking, Terms};
use super::{Destination, Policy, WindowLimit};
use crate::digest::{DeviceId, TxDigest, WalletDigest};
use crate::ledger::{RecoveredAt, Window};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::{Height, Id};
use crate::wallet::{RegisteredWallet, WalletTx};

/// POL03: What leaves within a window of blocks stays within this device's share of the limit.
///
/// Counted are intents, from the moment at which they are journalled, and transactions that a
/// co-signer has signed by its receipt; a declared fee bump counts in the place of the versions
/// before it. Of a limit L of an m-of-n wallet a device signs at most floor(L x m / n), since
/// devices cannot see each other. A destination may be paid by several wallets: then n is the number
/// of all their devices, and what another wallet paid, each time with signatures of its own m devices,
/// counts in the proportion of the two thresholds. Each of these wallets must be known here. Heights are those of accepted headers: a device whose chain stands
/// still counts everything for ever.
pub(super) fn pol03(
    checking: &Checking<'_>,
    tx: &WalletTx,
    policy: &Policy,
    replaces: &[TxDigest],
) -> Verdict {
    checking.with_terms(RuleId::POL03, |terms| {
        let windowed = Windowed {
            digest: tx.parsed().tx_digest(),
            tip: tx.tip(),
            tx,
            policy,
            replaces,
        };
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
    policy: &'a Policy,
    replaces: &'a [TxDigest],
    tip: Height,
}

impl<'a> Windowed<'a> {
    fn of_wallet<'s>(&'s self, terms: &'s Terms<'a>) -> impl Iterator<Item = Refusal> + 's {
        terms.windows.iter().filter_map(|limit| {
            let transfers = self.tx.ledger().transfers();
            let wallet = self.tx.wallet();
            let before = transfers.paid_by(&wallet.id(), self.window(limit));
            let share = limit.share(wallet.threshold(), wallet.cosigners().len());
            self.judge(limit, share, None, before, self.tx.paid_out())
        })
    }

    fn of_destinations<'s>(&'s self, terms: &'s Terms<'a>) -> impl Iterator<Item = Refusal> + 's {
        let limits = terms.destinations.iter().flat_map(|destination| {
            let limits = destination.windows.iter();
            limits.map(move |limit| (destination, limit))
        });
        limits.filter_map(|(destination, limit)| self.of_destination(destination, limit))
    }

    /// The destination's limit in this wallet's terms: its part in the share of one device.
    fn of_destination(&self, destination: &Destination, limit: &WindowLimit) -> Option<Refusal> {
        let script = &destination.script;
        let payments = self.tx.payments().filter(|(_, to, _)| *to == script);
        let now = payments.fold(Amount::ZERO, |sum, (_, _, amount)| plus(sum, amount));
        if now == Amount::ZERO {
            return None;
        }
        let (threshold, wallets) = (self.tx.wallet().threshold(), self.tx.wallets());
        let payers = match self.payers(&destination.id) {
            Ok(payers) => payers,
            Err(refusal) => return Some(refusal),
        };
        let devices: BTreeSet<DeviceId> = payers.iter().flat_map(|one| devices(one)).collect();
        let transfers = self.tx.ledger().transfers();
        let before = transfers.payments_to(script, self.window(limit));
        let before = before.map(|(wallet, amount)| {
            let of = wallets.by_id(wallet).map_or(1, |one| one.threshold());
            in_terms_of(threshold, of, amount)
        });
        let before = before.fold(Amount::ZERO, plus);
        let share = limit.share(threshold, devices.len());
        self.judge(limit, share, Some(&destination.id), before, now)
    }

    /// The wallets that may pay this destination. What the devices of a wallet sign that is not known
    /// here cannot be reckoned with.
    fn payers(&self, to: &Id) -> Result<Vec<&RegisteredWallet>, Refusal> {
        let rules = self.policy.wallets.iter();
        let payers = rules.filter(|rules| rules.destinations.contains(to));
        let known = payers.map(|rules| match self.tx.wallets().by_digest(&rules.wallet) {
            Some(wallet) => Ok(&**wallet),
            None => Err(unregistered(to, &rules.wallet)),
        });
        known.collect()
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
        share: Amount,
        to: Option<&Id>,
        before: Amount,
        now: Amount,
    ) -> Option<Refusal> {
        if let Some(recovered) = self.exhausted(limit) {
            return Some(recovered);
        }
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

fn devices(wallet: &RegisteredWallet) -> impl Iterator<Item = DeviceId> {
    let cosigners = wallet.cosigners().iter();
    cosigners.map(|cosigner| cosigner.identity.device_id())
}

/// What `amount` is, paid by a wallet of this threshold, to one of another: never less than it is.
fn in_terms_of(threshold: u8, of: u8, amount: Amount) -> Amount {
    let whole = u128::from(amount.to_sat()).saturating_mul(threshold.into());
    let sats = whole.div_ceil(u128::from(of.max(1)));
    Amount::from_sat(u64::try_from(sats).unwrap_or(u64::MAX))
}

fn unregistered(to: &Id, wallet: &WalletDigest) -> Refusal {
    let expected = phrase!(
        "{id} with a limit over time, paid by wallets that are registered here",
        "期間の上限があり、この端末に登録されたウォレットだけが送付する {id}",
        id = to
    );
    let got = phrase!(
        "wallet {wallet} may pay it too",
        "ウォレット {wallet} からも送付可能",
        wallet = wallet
    );
    Refusal::new(RuleId::POL03, Place::Transaction, expected, got)
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
    use std::sync::Arc;
    use std::vec::Vec;

    use bitcoin::Amount;

    use crate::digest::TxDigest;
    use crate::ledger::Transfer;
    use crate::rule::RuleId;
    use crate::testing::{
        Case, KEYS, TIP, World, cards_with, id, outside_script, refusals, refused, registered,
        rules_of, world,
    };
    use crate::types::{Blocks, Height, Lang};
    use crate::wallet::{Registry, WalletClass, extend_record};

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

    /// The policy under which the second wallet may pay `to` as well.
    fn shared(to: &'static str) -> World {
        World::with_policy(|policy| {
            let mut rules = policy.wallets.iter_mut();
            let other = rules.find(|rules| rules.class == WalletClass::Company);
            other.unwrap().destinations.insert(0, id(to));
        })
    }

    /// The second wallet is of two devices, both of them the first one's, and both sign.
    #[test]
    fn at_the_limit_and_one_past_it_of_what_two_wallets_pay() {
        let world = shared("hot-1");
        let by_other = |sats| {
            let mut case = Case::new(&world);
            let transfer = Transfer {
                wallet: world.other.id(),
                ..paid("hot-1", sats)
            };
            case.ledger
                .record_transfer(tx("other"), &transfer, &[], TIP);
            refused(case.check(&world))
        };
        assert_eq!(by_other(1_400_000), []);
        assert_eq!(by_other(1_400_001), ALONE);
    }

    #[test]
    fn what_another_threshold_paid_counts_in_proportion_and_never_less() {
        let sats = |threshold, of, sats| {
            super::in_terms_of(threshold, of, Amount::from_sat(sats)).to_sat()
        };
        assert_eq!([sats(2, 2, 7), sats(2, 3, 9), sats(2, 3, 10)], [7, 6, 7]);
        assert_eq!(
            [sats(3, 2, 10), sats(3, 2, 9), sats(15, 1, 1)],
            [15, 14, 15]
        );
        assert_eq!(sats(15, 1, u64::MAX), u64::MAX);
    }

    #[test]
    fn refuses_a_destination_that_an_unknown_wallet_may_pay() {
        let without = |to: &'static str| {
            let mut world = shared(to);
            world.wallets = Registry::new();
            world.wallets.add(Arc::clone(&world.wallet)).unwrap();
            refused(Case::new(&world).check(&world))
        };
        assert_eq!(without("hot-1"), ALONE);
        // It is not paid by this transaction.
        assert_eq!(without("hot-2"), []);
    }

    #[test]
    fn takes_versions_of_one_wallet_as_one() {
        let cards = cards_with(&world().devices, &world().roster, 1, KEYS + 1);
        let extended = registered(world(), extend_record(&world().wallet, &cards).unwrap());
        let mut both = World::with_policy(|policy| {
            let mut rules = rules_of(policy).clone();
            rules.wallet = extended.digest();
            policy.wallets.push(rules);
            policy.wallets.sort_by_key(|rules| rules.wallet);
        });
        let case = Case::new(world());
        assert_eq!(refused(case.check(&both)), ALONE);
        both.wallets.add(extended).unwrap();
        assert_eq!(refused(case.check(&both)), []);
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

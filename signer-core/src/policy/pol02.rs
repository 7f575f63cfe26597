//! POL02.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::Amount;

use super::checking::{Checking, Terms};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// POL02: No payment and no sum of payments is above the per-transfer limit.
///
/// All that leaves the wallet counts against the wallet's limit, registered or not; all that goes
/// to one destination counts against the destination's.
pub(super) fn pol02(checking: &Checking<'_>) -> Verdict {
    checking.with_terms(RuleId::POL02, |rules| {
        let mut refusals = Vec::new();
        let paid = checking.moves.paid_out();
        if paid > rules.per_transfer {
            let expected = phrase!(
                "at most {limit} sat for this wallet",
                "このウォレットの限度額 {limit} sat 以下",
                limit = rules.per_transfer.to_sat()
            );
            refusals.push(refused(rules, expected, paid));
        }
        let mut sums = BTreeMap::new();
        for (_, script, amount) in checking.moves.payments() {
            if let Some(destination) = checking.destination(script) {
                let (_, sum) = sums
                    .entry(&destination.id)
                    .or_insert((destination.limit, Amount::ZERO));
                *sum = sum.checked_add(amount).unwrap_or(Amount::MAX);
            }
        }
        let above = sums.into_iter().filter(|(_, (limit, sum))| sum > limit);
        refusals.extend(above.map(|(id, (limit, sum))| {
            let expected = phrase!(
                "at most {limit} sat to {id}",
                "{id} への限度額 {limit} sat 以下",
                limit = limit.to_sat(),
                id = id
            );
            refused(rules, expected, sum)
        }));
        refusals
    })
}

fn refused(terms: &Terms<'_>, expected: Phrase, sum: Amount) -> Refusal {
    let got = terms.beside_waiting(Phrase::figure(format_args!("{} sat", sum.to_sat())));
    Refusal::new(RuleId::POL02, Place::Transaction, expected, got)
}

#[cfg(test)]
mod tests {
    use crate::rule::RuleId;
    use crate::testing::{Case, Coin, Output, refused, world};
    use crate::types::Chain;

    const ALONE: [RuleId; 1] = [RuleId::POL02];

    /// The wallet's limit is 2,000,000 sat, that of each destination 1,800,000.
    fn paying(payments: &[(&str, u64)]) -> std::vec::Vec<RuleId> {
        let mut case = Case::new(world());
        case.coins
            .push(Coin::of(&world().wallet, Chain::Receive, 2, 4_004_000));
        let paid: u64 = payments.iter().map(|(_, sats)| sats).sum();
        case.outputs = payments
            .iter()
            .map(|(to, sats)| Output::to(to, *sats))
            .collect();
        let change = 6_000_000 - paid;
        case.outputs
            .push(Output::own(&world().wallet, Chain::Change, 0, change));
        refused(case.check(world()))
    }

    #[test]
    fn at_the_limit() {
        assert_eq!(paying(&[("hot-1", 1_800_000)]), []);
        assert_eq!(paying(&[("hot-1", 1_000_000), ("hot-1", 800_000)]), []);
        assert_eq!(paying(&[("hot-1", 1_000_000), ("hot-2", 1_000_000)]), []);
    }

    #[test]
    fn one_past_it() {
        assert_eq!(paying(&[("hot-1", 1_800_001)]), ALONE);
        assert_eq!(paying(&[("hot-1", 1_000_000), ("hot-1", 800_001)]), ALONE);
        assert_eq!(paying(&[("hot-1", 1_000_000), ("hot-2", 1_000_001)]), ALONE);
    }

    #[test]
    fn counts_unregistered_payments_too() {
        let rules = paying(&[("hot-1", 1_800_000), ("stranger", 200_001)]);
        assert_eq!(rules, [RuleId::POL01, RuleId::POL02]);
    }
}

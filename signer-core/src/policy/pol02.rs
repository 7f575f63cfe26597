//! POL02.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use bitcoin::Amount;

use super::check::Checking;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// POL02: No payment and no sum of payments is above the per-transfer limit.
///
/// All that leaves the wallet counts against the wallet's limit, registered or not; all that goes
/// to one destination counts against the destination's.
pub(super) fn pol02(checking: &Checking<'_>) -> Verdict {
    checking.with_rules(RuleId::POL02, |rules| {
        let mut refusals = Vec::new();
        let paid = checking.tx.paid_out();
        if paid > rules.per_transfer {
            let expected = format!(
                "at most {} sat for this wallet",
                rules.per_transfer.to_sat()
            );
            refusals.push(refused(expected, paid));
        }
        let mut sums = BTreeMap::new();
        for (_, script, amount) in checking.tx.payments() {
            if let Some(destination) = checking.destination(script) {
                let (_, sum) = sums
                    .entry(&destination.id)
                    .or_insert((destination.limit, Amount::ZERO));
                *sum = sum.checked_add(amount).unwrap_or(Amount::MAX);
            }
        }
        let above = sums.into_iter().filter(|(_, (limit, sum))| sum > limit);
        refusals.extend(above.map(|(id, (limit, sum))| {
            refused(format!("at most {} sat to {id}", limit.to_sat()), sum)
        }));
        refusals
    })
}

fn refused(expected: impl core::fmt::Display, sum: Amount) -> Refusal {
    let got = format!("{} sat", sum.to_sat());
    Refusal::new(RuleId::POL02, Place::Transaction, expected, got)
}

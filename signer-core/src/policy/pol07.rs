//! POL07.

use super::check::Checking;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::InputIndex;

/// POL07: No coin of this transaction was spent in a transaction that this device signed before.
///
/// The same transaction is refused too: its signatures are on record and come out of there.
pub(super) fn pol07(checking: &Checking<'_>) -> Verdict {
    let inputs = checking.tx.parsed().tx().input.iter();
    let refusals = (0..)
        .map(InputIndex)
        .zip(inputs)
        .filter_map(|(index, input)| {
            let coin = &input.previous_output;
            let before = checking.ledger.signed_over(coin)?;
            let expected = "a coin that this device never signed over";
            let got = alloc::format!("{coin}, signed over in transaction {before}");
            Some(Refusal::new(
                RuleId::POL07,
                Place::Input(index),
                expected,
                got,
            ))
        });
    Verdict::of(refusals.collect())
}

//! POL04.

use alloc::format;
use alloc::string::String;

use super::check::Checking;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// POL04: The fee is under the absolute cap, the rate cap and the share of the amount.
///
/// All three hold, and a fee equal to a cap passes. Integers only, nothing is rounded:
/// `fee <= absolute`; `4 x fee <= rate x weight` with the largest possible witnesses;
/// `1000 x fee <= per_mille x amount`, where the amount is what is paid out, or, where nothing is
/// paid out, what returns to the wallet (a consolidation).
pub(super) fn pol04(checking: &Checking<'_>) -> Verdict {
    checking.with_rules(RuleId::POL04, |rules| {
        let (tx, caps) = (checking.tx, rules.fee);
        let fee = tx.fee().to_sat();
        let wide = u128::from(fee);
        let weight = u128::from(tx.weight().to_wu());
        let base = match tx.paid_out().to_sat() {
            0 => tx.change_total().to_sat(),
            paid => paid,
        };
        let share = u128::from(caps.per_mille).saturating_mul(u128::from(base));
        let within_rate =
            wide.saturating_mul(4) <= u128::from(caps.sat_per_vbyte).saturating_mul(weight);
        let judged: [(bool, String, String); 3] = [
            (
                tx.fee() <= caps.absolute,
                format!("a fee of at most {} sat", caps.absolute.to_sat()),
                format!("{fee} sat"),
            ),
            (
                within_rate,
                format!("at most {} sat/vB", caps.sat_per_vbyte),
                format!("{fee} sat for {} vB", tx.vsize()),
            ),
            (
                wide.saturating_mul(1000) <= share,
                format!("at most {} per mille of {base} sat", caps.per_mille),
                format!("{fee} sat"),
            ),
        ];
        let above = judged.into_iter().filter(|(within, _, _)| !within);
        above
            .map(|(_, expected, got)| {
                Refusal::new(RuleId::POL04, Place::Transaction, expected, got)
            })
            .collect()
    })
}

//! POL04.

use super::checking::Checking;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// POL04: The fee is at most the absolute cap, the rate cap and the share of the amount.
///
/// All three hold, and a fee equal to a cap passes. Integers only, nothing is rounded:
/// `fee <= absolute`; `4 x fee <= rate x weight` with the largest possible witnesses;
/// `1000 x fee <= per_mille x amount`, where the amount is what is paid out, or, where nothing is
/// paid out, what returns to the wallet (a consolidation).
pub(super) fn pol04(checking: &Checking<'_>) -> Verdict {
    checking.with_terms(RuleId::POL04, |rules| {
        let (tx, caps) = (checking.moves, rules.fee);
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
        let sats = |fee: u64| Phrase::figure(format_args!("{fee} sat"));
        let judged = [
            (
                tx.fee() <= caps.absolute,
                phrase!(
                    "a fee of at most {cap} sat",
                    "手数料 {cap} sat 以下",
                    cap = caps.absolute.to_sat()
                ),
                sats(fee),
            ),
            (
                within_rate,
                phrase!(
                    "at most {rate} sat/vB",
                    "料率 {rate} sat/vB 以下",
                    rate = caps.sat_per_vbyte
                ),
                phrase!(
                    "{fee} sat for {size} vB",
                    "{size} vB に対し {fee} sat",
                    fee = fee,
                    size = tx.weight().to_vbytes_ceil()
                ),
            ),
            (
                wide.saturating_mul(1000) <= share,
                phrase!(
                    "at most {share} per mille of {base} sat",
                    "{base} sat の千分の {share} 以下",
                    share = caps.per_mille,
                    base = base
                ),
                sats(fee),
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

#[cfg(test)]
mod tests {
    use bitcoin::Amount;

    use super::*;
    use crate::policy::FeeCaps;
    use crate::testing::{Case, Output, World, refusals, refused, rules_of, world};
    use crate::types::Chain;

    const ALONE: [RuleId; 1] = [RuleId::POL04];
    const WIDE: FeeCaps = FeeCaps {
        absolute: Amount::MAX_MONEY,
        sat_per_vbyte: u32::MAX,
        per_mille: u32::MAX,
    };

    /// A world with these caps; the fee is 4,000 sat unless a test changes the change.
    fn capped(caps: FeeCaps) -> World {
        World::with_policy(|policy| rules_of(policy).fee = caps)
    }

    fn with_fee(world: &World, fee: u64) -> std::vec::Vec<RuleId> {
        let mut case = Case::new(world);
        case.outputs[1].sats = 800_000 - fee;
        refused(case.check(world))
    }

    #[test]
    fn at_the_limit_and_one_past_the_absolute_cap() {
        let world = capped(FeeCaps {
            absolute: Amount::from_sat(5_000),
            ..WIDE
        });
        assert_eq!(with_fee(&world, 5_000), []);
        assert_eq!(with_fee(&world, 5_001), ALONE);
    }

    #[test]
    fn at_the_limit_and_one_past_the_share() {
        // 4 per mille of 1,200,000 are 4,800.
        let world = capped(FeeCaps {
            per_mille: 4,
            ..WIDE
        });
        assert_eq!(with_fee(&world, 4_800), []);
        assert_eq!(with_fee(&world, 4_801), ALONE);
    }

    #[test]
    fn at_the_limit_and_one_past_the_rate() {
        let world = capped(FeeCaps {
            sat_per_vbyte: 20,
            ..WIDE
        });
        let tx = Case::new(&world).bind(&world).unwrap();
        let most = tx.weight().to_wu() * 20 / 4;
        assert_eq!(with_fee(&world, most), []);
        assert_eq!(with_fee(&world, most + 1), ALONE);
    }

    /// Two inputs of a 2-of-3, two outputs of 34 bytes of script.
    #[test]
    fn counts_the_largest_witness() {
        let tx = Case::new(world()).bind(world()).unwrap();
        // 2-of-3 witness: count, empty item, two signatures of up to 72 bytes, script of 105.
        let witness = 1 + 1 + 2 * (1 + 72) + (1 + 105);
        let stripped = 4 + 1 + 2 * 41 + 1 + 2 * 43 + 4;
        assert_eq!(tx.weight().to_wu(), 4 * stripped + 2 + 2 * witness);
        assert_eq!(tx.fee_rate(), 4_000_u64.div_ceil(tx.vsize()));
    }

    /// Every cap alone refuses, whatever the two others allow.
    #[test]
    fn caps_are_joined_by_and() {
        let tight = [
            FeeCaps {
                absolute: Amount::from_sat(1),
                ..WIDE
            },
            FeeCaps {
                sat_per_vbyte: 1,
                ..WIDE
            },
            FeeCaps {
                per_mille: 1,
                ..WIDE
            },
        ];
        for caps in tight {
            let world = capped(caps);
            assert_eq!(refusals(Case::new(&world).check(&world)).len(), 1);
        }
        let world = capped(WIDE);
        assert_eq!(with_fee(&world, 799_999), []);
    }

    #[test]
    fn a_consolidation_is_measured_by_what_returns() {
        let world = capped(FeeCaps {
            per_mille: 2,
            ..WIDE
        });
        let returning = |sats| {
            let mut case = Case::new(&world);
            case.outputs = std::vec![Output::own(&world.wallet, Chain::Change, 0, sats)];
            refused(case.check(&world))
        };
        // fee = 2,000,000 - x; at most 2 per mille of x: x >= 1,996,008.
        assert_eq!(returning(1_996_008), []);
        assert_eq!(returning(1_996_007), ALONE);
    }
}

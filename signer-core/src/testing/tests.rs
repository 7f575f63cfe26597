//! The world is sound: what tests spoil passes before it is spoiled.

use super::{Case, world, wrapped};
use crate::psbt::PsbtVersion;
use crate::rule::{RuleId, RuleLine, Stage, Verdict};

#[test]
fn a_good_transfer_passes_every_rule_in_both_versions_and_forms() {
    for world in [world(), wrapped()] {
        for version in [PsbtVersion::V0, PsbtVersion::V2] {
            let mut case = Case::new(world);
            case.version = version;
            case.signed_by = std::vec![1];
            let approved = case.approve(world).unwrap();
            let lines = approved.report().lines();
            let judged = RuleId::ALL
                .into_iter()
                .filter(|r| r.stage() <= Stage::Approve);
            assert!(lines.iter().map(|line| line.rule).eq(judged));
            // The usual policy names no floor of the cold share and no rotation, and the world is of
            // regtest.
            let passed = |line: &&RuleLine| match line.verdict {
                Verdict::NotApplicable(_) => {
                    [RuleId::POL06, RuleId::APP16, RuleId::TIM01].contains(&line.rule)
                }
                _ => line.verdict == Verdict::Passed,
            };
            assert_eq!(lines.iter().filter(passed).count(), lines.len());
        }
    }
}

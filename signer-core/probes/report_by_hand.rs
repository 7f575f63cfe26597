// expect: E0423
//! A rule report without rules: lines come from a stage or not at all.

use signer_core::rule::RuleReport;

pub fn forge() -> RuleReport {
    RuleReport(Vec::new()) // refused
}

fn main() {}

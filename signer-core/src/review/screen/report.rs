//! Every rule and its verdict.

use alloc::format;

use crate::review::facts::TxFacts;
use crate::review::layout::Block;
use crate::rule::{RuleId, Verdict};
use crate::types::Lang;

/// Rules on one line.
const PER_LINE: usize = 4;

pub(super) fn write(block: &mut Block, facts: &TxFacts) {
    let lang = block.lang();
    let short: alloc::vec::Vec<_> = facts
        .report
        .iter()
        .map(|(rule, verdict)| format!("{rule} {}", word(lang, verdict)))
        .collect();
    for line in short.chunks(PER_LINE) {
        block.text(line.join("    "));
    }
    for (rule, verdict) in &facts.report {
        if let Verdict::NotApplicable(why) = verdict {
            explain(block, *rule, why.text(lang));
        }
    }
}

fn explain(block: &mut Block, rule: RuleId, why: &str) {
    let (en, ja) = (format!("{rule} n/a"), format!("{rule} 対象外"));
    block.fact([&en, &ja], why);
}

/// The verdict in one word of the same width.
const fn word(lang: Lang, verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => lang.pick("OK    ", "適合  "),
        Verdict::Notice(_) => lang.pick("NOTICE", "注意  "),
        Verdict::Refused(_) => lang.pick("NG    ", "不適合"),
        Verdict::NotApplicable(_) => lang.pick("n/a   ", "対象外"),
        Verdict::NotReached(_) => lang.pick("not   ", "未判定"),
    }
}

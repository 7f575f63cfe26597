//! `audit explain`: a rule in words.

use signer_core::phrase;
use signer_core::rule::RuleId;

use crate::cli::{Desk, ViewArgs};
use crate::error::Failure;
use crate::view;
use crate::view::line;

/// Says what a rule asks for, and what people do where it refuses.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-cli audit explain POL01")]
pub(crate) struct Args {
    /// The rule, as transcripts and reports name it
    rule: String,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &Desk) -> Result<(), Failure> {
        let rule = RuleId::ALL
            .into_iter()
            .find(|rule| rule.name().eq_ignore_ascii_case(&self.rule))
            .ok_or_else(|| unknown(&self.rule))?;
        if self.view.json {
            use signer_core::types::Lang::{En, Ja};
            view::print(&serde_json::json!({
                "type": "audit-explanation",
                "subject": rule.name(),
                "sentence": { "en": rule.sentence(En), "ja": rule.sentence(Ja) },
                "advice": { "en": rule.advice(En), "ja": rule.advice(Ja) },
            }));
            return Ok(());
        }
        line!("{}: {}", rule.name(), rule.sentence(desk.lang));
        line!("  {}", rule.advice(desk.lang));
        Ok(())
    }
}

fn unknown(what: &str) -> Failure {
    Failure::input(
        phrase!(
            "there is no rule {what}",
            "{what} という規則はない",
            what = what
        ),
        phrase!(
            "docs/assurance.md lists every rule",
            "すべての規則は docs/assurance.md にあります。"
        ),
    )
}

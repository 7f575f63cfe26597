//! `audit explain`: a rule or a finding in words.

use signer_core::audit::Finding;
use signer_core::phrase;
use signer_core::rule::RuleId;
use signer_core::types::Lang;

use crate::cli::{Desk, ViewArgs};
use crate::error::Failure;
use crate::view;
use crate::view::line;

/// Says what a rule asks for or a finding means, and what people do about it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-cli audit explain POL01")]
pub(crate) struct Args {
    /// The rule or finding, as transcripts and answers name it: POL01, F06
    what: String,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &Desk) -> Result<(), Failure> {
        let words = words(&self.what).ok_or_else(|| unknown(&self.what))?;
        let ([sentence, sentence_ja], [advice, advice_ja]) = (words.sentence, words.advice);
        if self.view.json {
            view::print(&serde_json::json!({
                "type": "audit-explanation",
                "subject": words.name,
                "sentence": { "en": sentence, "ja": sentence_ja },
                "advice": { "en": advice, "ja": advice_ja },
            }));
            return Ok(());
        }
        line!("{}: {}", words.name, desk.lang.pick(sentence, sentence_ja));
        line!("  {}", desk.lang.pick(advice, advice_ja));
        Ok(())
    }
}

/// What something is called, means, and asks of people; English and Japanese.
struct Words {
    name: &'static str,
    sentence: [&'static str; 2],
    advice: [&'static str; 2],
}

fn words(what: &str) -> Option<Words> {
    use Lang::{En, Ja};
    let rule = RuleId::ALL.into_iter().map(|rule| Words {
        name: rule.name(),
        sentence: [rule.sentence(En), rule.sentence(Ja)],
        advice: [rule.advice(En), rule.advice(Ja)],
    });
    let finding = Finding::ALL.into_iter().map(|finding| Words {
        name: finding.name(),
        sentence: [finding.sentence(En), finding.sentence(Ja)],
        advice: [finding.advice(En), finding.advice(Ja)],
    });
    rule.chain(finding)
        .find(|words| words.name.eq_ignore_ascii_case(what))
}

fn unknown(what: &str) -> Failure {
    Failure::input(
        phrase!(
            "there is no rule or finding {what}",
            "{what} という規則も所見もない",
            what = what
        ),
        phrase!(
            "docs/assurance.md lists every rule, docs/json.md every finding",
            "規則は docs/assurance.md、所見は docs/json.md にあります。"
        ),
    )
}

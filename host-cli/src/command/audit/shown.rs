//! How an answer is printed: the sentence first, then its cases.

use serde_json::{Value, json};
use signer_core::audit::{AuditAnswer, AuditCase, Conclusion, Finding};
use signer_core::rule::Phrase;
use signer_core::types::Lang;

use crate::cli::ViewArgs;
use crate::error::{Exit, Failure};
use crate::view;
use crate::view::line;

/// Prints an answer.
///
/// # Errors
/// The exit code of a conclusion that is not "pass".
pub(super) fn answer(answer: &AuditAnswer, view: ViewArgs, lang: Lang) -> Result<(), Failure> {
    if view.json {
        view::print(&json(answer));
    } else {
        line!("{}", answer.sentence().text(lang));
        for case in answer.cases() {
            print(case, lang);
        }
    }
    match answer.conclusion() {
        Conclusion::Pass => Ok(()),
        Conclusion::Fail => Err(Failure::Concluded(Exit::Rule)),
        Conclusion::Missing => Err(Failure::Concluded(Exit::Evidence)),
    }
}

fn print(case: &AuditCase, lang: Lang) {
    let conclusion = case.conclusion.phrase();
    line!(
        "  {}  {}: {}",
        conclusion.text(lang),
        case.subject.text(lang),
        case.words().text(lang)
    );
}

fn json(answer: &AuditAnswer) -> Value {
    let cases = answer.cases().iter().map(|case| {
        json!({
            "conclusion": case.conclusion.name(),
            "finding": case.finding.map(Finding::name),
            "found": both(&case.found),
            "subject": both(&case.subject),
        })
    });
    json!({
        "type": "audit",
        "question": answer.question().name(),
        "conclusion": answer.conclusion().name(),
        "sentence": both(&answer.sentence()),
        "passed": answer.passed(),
        "cases": cases.collect::<Vec<_>>(),
    })
}

/// A phrase in both languages.
pub(super) fn both(phrase: &Phrase) -> Value {
    json!({ "en": phrase.text(Lang::En), "ja": phrase.text(Lang::Ja) })
}

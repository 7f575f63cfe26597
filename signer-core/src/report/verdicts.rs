//! Every rule with what it said in a session.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::both::{Both, cells, columns, sentence};
use super::record::SessionRecord;
use crate::html::{Escaped, heading};
use crate::phrase;
use crate::rule::{Phrase, RuleId, RuleLine, Stage, Verdict};
use crate::transcript::{Body, Outcome};

/// A rule's verdict in one session.
pub(super) struct Judged {
    pub(super) rule: RuleId,
    pub(super) verdict: Verdict,
    /// When, where it was not the report on the PSBT.
    pub(super) when: Option<Phrase>,
}

/// Every verdict of a session, in the order of the rules, and of one rule in the order of the entries.
pub(super) fn of(record: &SessionRecord<'_>) -> Vec<Judged> {
    let mut found = Vec::new();
    for body in record.bodies() {
        match body {
            Body::SessionOpened(opened) => {
                let when = phrase!("at the start", "開始時");
                found.extend(
                    opened
                        .report
                        .iter()
                        .map(|line| at(line, Some(when.clone()))),
                );
            }
            Body::Reported(report) => {
                found.extend(report.lines().iter().map(|line| at(line, None)));
            }
            Body::Rechecked(again) => {
                let when = phrase!("before signing", "署名前");
                found.extend(again.report.iter().map(|line| at(line, Some(when.clone()))));
            }
            Body::Inventoried(listed) => {
                found.extend(listed.report.iter().map(|line| at(line, None)));
            }
            Body::Proven(proven) => {
                found.extend(proven.report.iter().map(|line| at(line, None)));
            }
            Body::Refused(refusal) => found.push(Judged {
                rule: refusal.rule,
                verdict: Verdict::Refused(alloc::vec![refusal.clone()]),
                when: None,
            }),
            _ => {}
        }
    }
    found.extend(replayed(record, &found));
    found.sort_by_key(|judged| RuleId::ALL.iter().position(|rule| *rule == judged.rule));
    found
}

fn at(line: &RuleLine, when: Option<Phrase>) -> Judged {
    Judged {
        rule: line.rule,
        verdict: line.verdict.clone(),
        when,
    }
}

/// Rules that have no line in the journal: they hold because the transcript verified.
fn replayed(record: &SessionRecord<'_>, found: &[Judged]) -> Vec<Judged> {
    let signed = record.outcome == Outcome::Signed;
    let holds = |rule: &RuleId| match rule {
        RuleId::TRN01 | RuleId::TRN04 => true,
        RuleId::TRN02 => record.seal.is_some(),
        rule => signed && matches!(rule.stage(), Stage::Review | Stage::Sign),
    };
    let open = |rule: &RuleId| !found.iter().any(|judged| judged.rule == *rule);
    let rules = RuleId::ALL.into_iter().filter(holds).filter(open);
    let when = phrase!("by replay of the transcript", "記録の再検証による");
    let judged = rules.map(|rule| Judged {
        rule,
        verdict: Verdict::Passed,
        when: Some(when.clone()),
    });
    judged.collect()
}

/// The table of every rule, and by name those that had nothing to judge.
pub(super) fn write(html: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    let judged = of(record);
    heading(html, "Every rule", "全規則の判定")?;
    html.push_str("<table class=\"rules\">\n");
    columns(
        html,
        &[
            ["Rule", "規則"],
            ["Verdict", "判定"],
            ["What holds when it passes", "What holds when it passes"],
            ["適合時に成り立つこと", "適合時に成り立つこと"],
        ],
    )?;
    for line in &judged {
        row(html, line)?;
    }
    html.push_str("</table>\n");
    let absent = RuleId::ALL.into_iter();
    let absent = absent.filter(|rule| !judged.iter().any(|line| line.rule == *rule));
    let absent: Vec<&str> = absent.map(RuleId::name).collect();
    if absent.is_empty() {
        return Ok(());
    }
    let names = absent.join(", ");
    sentence(
        html,
        &Both::new(
            alloc::format!(
                "Nothing to judge in this session, or judged by the device alone: {names}."
            ),
            alloc::format!(
                "このセッションで判定対象がない、または端末だけが判定できる規則: {names}。"
            ),
        ),
    )
}

fn row(html: &mut String, line: &Judged) -> fmt::Result {
    let (class, [en, ja]) = word(&line.verdict);
    write!(
        html,
        "<tr><th>{}</th><td class=\"{class}\">{en}<br><span lang=\"ja\">{ja}</span></td>",
        line.rule
    )?;
    cells(html, &told(line))?;
    html.push_str("</tr>\n");
    Ok(())
}

/// The rule's sentence, when it was judged, and what it found beside passing.
fn told(line: &Judged) -> Both {
    Both::of(|lang| {
        let mut text = String::from(line.rule.sentence(lang));
        if let Some(when) = &line.when {
            let (open, close) = (lang.pick(" (", "("), lang.pick(")", ")"));
            text.push_str(open);
            text.push_str(when.text(lang));
            text.push_str(close);
        }
        let mut below = |more: &str| {
            text.push('\n');
            text.push_str(more);
        };
        match &line.verdict {
            Verdict::Passed => {}
            Verdict::Notice(what) | Verdict::NotApplicable(what) => below(what.text(lang)),
            Verdict::Refused(refusals) => {
                for refusal in refusals {
                    below(&refusal.text(lang));
                }
            }
            Verdict::NotReached(by) => {
                let because = phrase!("not reached, because of {by}", "{by} により未判定", by = by);
                below(because.text(lang));
            }
        }
        text
    })
}

/// The class of a verdict, and its word.
pub(super) const fn word(verdict: &Verdict) -> (&'static str, [&'static str; 2]) {
    match verdict {
        Verdict::Passed => ("held", ["passed", "適合"]),
        Verdict::Notice(_) => ("notice", ["notice", "注意"]),
        Verdict::Refused(_) => ("stop", ["REFUSED", "拒否"]),
        Verdict::NotApplicable(_) => ("quiet", ["does not apply", "対象外"]),
        Verdict::NotReached(_) => ("quiet", ["not reached", "未判定"]),
    }
}

/// The sign of a verdict in a narrow column.
pub(super) fn sign(html: &mut String, verdict: Option<&Verdict>) -> fmt::Result {
    let (class, [en, ja]) = verdict.map_or(("quiet", ["-", "-"]), word);
    if en == ja {
        return write!(html, "<td class=\"{class}\">{en}</td>");
    }
    write!(
        html,
        "<td class=\"{class}\">{} <span lang=\"ja\">{}</span></td>",
        Escaped(en),
        Escaped(ja)
    )
}

//! The page of one session.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::both::Both;
use super::record::SessionRecord;
use super::{entries, events, papers, parts, screens, transfer, verdicts};
use crate::html::{self, Escaped};
use crate::rule::Verdict;
use crate::transcript::Outcome;
use crate::types::Lang;

/// The page.
pub(super) fn page(record: &SessionRecord<'_>, command: &str) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut page, record, command);
    page
}

fn write_page(page: &mut String, record: &SessionRecord<'_>, command: &str) -> fmt::Result {
    let title = format!("{}, session {}", record.genesis.name, record.number);
    html::begin(page, &format!("Session report: {title}"), parts::STYLE)?;
    title_of(page, record)?;
    parts::banner(page, record.genesis.root.scope)?;
    let (class, text) = standing(record);
    parts::standing(page, class, &text)?;
    parts::source(page, record, command)?;
    parts::session(page, record)?;
    parts::people(page, record)?;
    if let Some(heard) = &record.heard {
        papers::requested(page, heard)?;
        papers::approved(page, heard)?;
    }
    if let Some(transfer) = &record.transfer {
        transfer::write(page, transfer, &[record])?;
    }
    events::write(page, record)?;
    screens::write(page, record)?;
    verdicts::write(page, record)?;
    parts::device(page, record)?;
    parts::hsm(page, record)?;
    entries::write(page, record)?;
    html::end(page);
    Ok(())
}

fn title_of(page: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    use core::fmt::Write as _;
    let (name, number) = (record.genesis.name.as_str(), record.number);
    let [en, ja] = parts::ceremony(record.kind());
    writeln!(
        page,
        "<h1>Session {number} of {}: {en}</h1>\n<p class=\"ja\" lang=\"ja\">端末 {} のセッション {number}: {ja}</p>",
        Escaped(name),
        Escaped(name)
    )
}

/// What came of the session, with the rules that refused.
pub(super) fn standing(record: &SessionRecord<'_>) -> (&'static str, Both) {
    let (class, text) = parts::outcome(record.outcome);
    if record.outcome != Outcome::Refused {
        return (class, text);
    }
    let judged = verdicts::of(record);
    let by = judged
        .iter()
        .filter(|line| matches!(line.verdict, Verdict::Refused(_)));
    let mut by: Vec<&str> = by.map(|line| line.rule.name()).collect();
    by.dedup();
    if by.is_empty() {
        return (class, text);
    }
    let by = by.join(", ");
    let told = Both::of(|lang| {
        let (open, close) = (lang.pick(" (", "("), lang.pick(")", ")"));
        let before = match lang {
            Lang::En => &text.en,
            Lang::Ja => &text.ja,
        };
        format!("{before}{open}{by}{close}")
    });
    (class, told)
}

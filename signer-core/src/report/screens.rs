//! What was shown and what was answered: each screen as it stood there, the same in the other
//! language beside it, and what the operators typed.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write as _};

use super::both::{Both, sentence, visible};
use super::record::SessionRecord;
use super::transfer::{PageRecord, Transfer};
use crate::approval::Seat;
use crate::html::{Escaped, heading};
use crate::review::AnswerMatch;
use crate::review::layout::Item;
use crate::transcript::{Answered, Body};
use crate::types::Lang;

/// The part with every screen that was shown.
pub(super) fn write(html: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    heading(
        html,
        "What was shown, and what was answered",
        "表示画面と確認入力",
    )?;
    let shown = shown(record);
    let Some(transfer) = &record.transfer else {
        return unread(html, shown);
    };
    let of = transfer.pages.len();
    let digest = transfer.screens;
    sentence(
        html,
        &Both::new(
            format!(
                "{shown} of {of} screens were shown. Each was computed again from the PSBT, and its digest is the one in the journal. Digest of all: {digest}"
            ),
            format!(
                "{of}画面のうち{shown}画面を表示。各画面はPSBTから再計算し、ダイジェストはジャーナルの記録と一致。全画面のダイジェスト: {digest}"
            ),
        ),
    )?;
    for page in transfer.pages.iter().take(shown) {
        one(html, page, record)?;
    }
    Ok(())
}

/// How many screens the journal says were shown.
pub(super) fn shown(record: &SessionRecord<'_>) -> usize {
    record
        .bodies()
        .filter(|body| matches!(body, Body::Shown(_)))
        .count()
}

/// A ceremony without a transaction, or one that a rule stopped before its first screen.
fn unread(html: &mut String, shown: usize) -> fmt::Result {
    let text = match shown {
        0 => Both::new(
            "No screen about a transaction was shown.",
            "取引に関する画面は表示されていません。",
        ),
        _ => Both::new(
            format!(
                "Screens of this ceremony that were shown: {shown}. Their digests and what was typed are among the entries below; this page does not render them again."
            ),
            format!(
                "この作業の画面{shown}件を表示。ダイジェストと入力内容は下の記録にあります。本票では再現していません。"
            ),
        ),
    };
    sentence(html, &text)
}

fn one(html: &mut String, page: &PageRecord, record: &SessionRecord<'_>) -> fmt::Result {
    let (lang, other) = match page.lang {
        Lang::En => ("en", "ja"),
        Lang::Ja => ("ja", "en"),
    };
    write!(
        html,
        "<div class=\"shown\">\n<pre lang=\"{lang}\">{}</pre>\n<div class=\"same\" lang=\"{other}\">",
        Escaped(&visible(&page.text))
    )?;
    match &page.other {
        Some((title, items)) => {
            write!(html, "<b>{}</b>", Escaped(title))?;
            for item in items {
                said(html, item)?;
            }
        }
        None => html.push_str("..."),
    }
    html.push_str("</div>\n<div class=\"answers\">");
    write!(
        html,
        "<p class=\"d\">{} <code>{}</code></p>",
        page.number, page.digest
    )?;
    answers(html, page, record)?;
    html.push_str("</div>\n</div>\n");
    Ok(())
}

fn said(html: &mut String, item: &Item) -> fmt::Result {
    match item {
        Item::Fact { name, value } if name.is_empty() => {
            write!(html, "<p>{}</p>", Escaped(&visible(value)))
        }
        Item::Fact { name, value } => write!(
            html,
            "<p><i>{}</i> {}</p>",
            Escaped(&visible(name)),
            Escaped(&visible(value))
        ),
        Item::Text(text) => write!(html, "<p>{}</p>", Escaped(&visible(text))),
        Item::Gap => Ok(()),
    }
}

fn answers(html: &mut String, page: &PageRecord, record: &SessionRecord<'_>) -> fmt::Result {
    let typed = record.bodies().filter_map(|body| match body {
        Body::Answered(Answered { screen, seat, text }) if *screen == page.number => {
            Some((*seat, text.as_str()))
        }
        _ => None,
    });
    for (question, seat, text, matched) in page.judged(typed) {
        let asked = match question {
            Some(question) => Both::of(|lang| question.question(lang)),
            None => Both::from(&seat.phrase()),
        };
        let (class, [en, ja]) = judged(text, matched);
        write!(
            html,
            "<p>{} <span class=\"ja\" lang=\"ja\">{}</span>: <code>{}</code> <b class=\"{class}\">{en} \
             <span lang=\"ja\">{ja}</span></b>{}</p>",
            Escaped(&asked.en),
            Escaped(&asked.ja),
            Escaped(&visible(text)),
            Escaped(&who(record, seat)),
        )?;
    }
    Ok(())
}

fn judged(text: &str, matched: AnswerMatch) -> (&'static str, [&'static str; 2]) {
    if text.trim().eq_ignore_ascii_case(crate::review::REJECT) {
        return ("stop", ["REJECTED", "否認"]);
    }
    match matched {
        AnswerMatch::Right => ("held", ["right", "一致"]),
        AnswerMatch::Wrong => ("stop", ["WRONG", "不一致"]),
    }
}

/// Who sat there, for those who do not know the seats by heart.
fn who(record: &SessionRecord<'_>, seat: Seat) -> String {
    let seated = record
        .seated
        .iter()
        .find(|seated| seated.seat == Some(seat));
    let person = seated.and_then(|seated| seated.person.as_ref());
    person.map_or_else(String::new, |person| format!(" ({})", person.id))
}

/// Whether two sessions were about the very same transaction and request.
pub(super) fn same(a: &Transfer, b: &Transfer) -> bool {
    (a.facts.tx, a.request) == (b.facts.tx, b.request)
}

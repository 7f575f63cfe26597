//! What did not go as the script says, and what had to be announced.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::both::{Both, cells, columns, sentence};
use super::record::SessionRecord;
use crate::html::heading;
use crate::rule::Phrase;
use crate::transcript::{Aborted, Body, Entry, Exception, Outcome, WrongPin};
use crate::types::{Height, Lang};

/// The part about deviations: each with its entry, or that there is none.
pub(super) fn write(html: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    heading(html, "Exceptions", "例外")?;
    let events: Vec<(u64, Both)> = of(record);
    if events.is_empty() {
        let none = ["No exception is recorded.", "例外の記録はありません。"];
        return sentence(html, &none.into());
    }
    html.push_str("<table class=\"rules\">\n");
    columns(
        html,
        &[
            ["Entry", "記録"],
            ["What happened", "What happened"],
            ["内容", "内容"],
        ],
    )?;
    for (place, what) in &events {
        write!(html, "<tr><th>{place}</th>")?;
        cells(html, what)?;
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
    Ok(())
}

/// Everything that an auditor asks about: (entry, what).
pub(super) fn of(record: &SessionRecord<'_>) -> Vec<(u64, Both)> {
    let told = record.entries.iter();
    let mut events: Vec<(u64, Both)> = told
        .filter_map(|entry| Some((entry.sequence, event(entry, record.known)?)))
        .collect();
    if record.outcome == Outcome::Cut {
        let last = record.entries.last().map_or(0, |entry| entry.sequence);
        events.push((last, cut(record)));
    }
    events
}

fn event(entry: &Entry, known: Height) -> Option<Both> {
    Some(match &entry.body {
        Body::WrongPin(wrong) => wrong_pin(*wrong),
        Body::Exception(exception) => deviation(exception),
        Body::Aborted(aborted) => abort(aborted),
        Body::Refused(refusal) => Both::of(|lang| refusal.text(lang)),
        Body::Rejected(rejected) => {
            let (officer, request) = (&rejected.officer, rejected.request);
            Both::new(
                format!(
                    "{officer} rejected request {request}: it is dead on this device, for ever"
                ),
                format!("{officer} が申請 {request} を否認。この端末では恒久的に無効"),
            )
        }
        Body::Announced(announced) => Both::of(|lang| announced.lines(known, lang).join("\n")),
        _ => return None,
    })
}

fn wrong_pin(wrong: WrongPin) -> Both {
    match wrong.tries_left {
        Some(left) => Both::new(
            format!("A wrong PIN was entered; the token says that {left} tries are left"),
            format!("PINの入力誤り。トークンの示す残り回数 {left}"),
        ),
        None => Both::new(
            "A wrong PIN was entered; the token does not say how many tries are left",
            "PINの入力誤り。残り回数はトークンが示さない",
        ),
    }
}

fn deviation(exception: &Exception) -> Both {
    let (step, expected) = (exception.step, exception.expected.as_str());
    let (happened, decision) = (exception.happened.as_str(), exception.decision.as_str());
    let by = exception.decided_by.as_ref().map_or("-", |id| id.as_str());
    Both::new(
        format!(
            "Step {step}: expected {expected}; happened {happened}; decided {decision}, by {by}"
        ),
        format!("手順 {step}: 予定 {expected} / 実際 {happened} / 決定 {decision} / 決定者 {by}"),
    )
}

fn abort(aborted: &Aborted) -> Both {
    let (step, reason) = (aborted.step, aborted.reason.as_str());
    let seat = aborted.seat.map(crate::approval::Seat::phrase);
    let seat = seat.unwrap_or_else(|| Phrase::new("the program", "プログラム"));
    Both::new(
        format!("Ended at step {step} by {}: {reason}", seat.text(Lang::En)),
        format!("手順 {step} で中止({}): {reason}", seat.text(Lang::Ja)),
    )
}

fn cut(record: &SessionRecord<'_>) -> Both {
    let results = record
        .bodies()
        .filter(|body| matches!(body, Body::Result(_)))
        .count();
    let intended = record.bodies().find_map(|body| match body {
        Body::Intent(intent) => Some(intent.lines.len()),
        _ => None,
    });
    match intended {
        Some(all) => Both::new(
            format!(
                "Cut after {results} of {all} intended signatures; nothing was released by this session"
            ),
            format!("署名予定 {all} 件中 {results} 件で中断。このセッションからの解放なし"),
        ),
        None => Both::new(
            "Cut before anything was intended to be signed; nothing was released",
            "署名予定の前に中断。解放なし",
        ),
    }
}

//! The page of one case.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::both::{Both, Facts, columns, sentence};
use super::case::{CaseReport, CaseStanding};
use super::record::SessionRecord;
use super::{events, papers, parts, screens, session_page, transfer, verdicts};
use crate::digest::hex;
use crate::html::{self, Escaped, heading};
use crate::rule::{RuleId, Verdict};

/// The page.
pub(super) fn page(report: &CaseReport<'_>, command: &str) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut page, report, command);
    page
}

fn write_page(page: &mut String, report: &CaseReport<'_>, command: &str) -> fmt::Result {
    let case = report.case.as_str();
    html::begin(page, &format!("Case report: {case}"), parts::STYLE)?;
    writeln!(
        page,
        "<h1>Case {}</h1>\n<p class=\"ja\" lang=\"ja\">案件 {}</p>",
        Escaped(case),
        Escaped(case)
    )?;
    if let Some(first) = report.records.first() {
        parts::banner(page, first.genesis.root.scope)?;
    }
    let (class, text) = standing(report);
    parts::standing(page, class, &text)?;
    sources(page, report, command)?;
    sessions(page, report)?;
    if let Some(heard) = report.heard() {
        papers::requested(page, heard)?;
        papers::approved(page, heard)?;
    }
    let records: Vec<&SessionRecord<'_>> = report.records.iter().collect();
    if let Some(tx) = report.transfer() {
        transfer::write(page, tx, &records)?;
    }
    finished(page, report, &records)?;
    rules(page, report)?;
    for record in &report.records {
        session(page, record)?;
    }
    html::end(page);
    Ok(())
}

fn standing(report: &CaseReport<'_>) -> (&'static str, Both) {
    let (class, words) = match report.standing() {
        CaseStanding::Finished => (
            "held",
            [
                "FINISHED: the final transaction is the approved one; every signature in it was made in a session of this page",
                "完了: 最終取引は承認された取引であり、その署名はすべて本票のセッションで生成された",
            ],
        ),
        CaseStanding::Elsewhere => (
            "notice",
            [
                "FINISHED, NOT COMPLETE HERE: the final transaction is the approved one; some of its signatures come from transcripts that are not here",
                "完了(記録不足): 最終取引は承認された取引だが、ここにない記録に由来する署名を含む",
            ],
        ),
        CaseStanding::Another => (
            "stop",
            [
                "ANOTHER TRANSACTION: the final transaction is not the one that was approved",
                "不一致: 最終取引は承認された取引ではない",
            ],
        ),
        CaseStanding::Signed => (
            "notice",
            [
                "SIGNED, NOT FINISHED HERE: signatures were released; no final transaction is in the folder",
                "署名済み・最終取引なし: 署名は解放されたが、フォルダに最終取引がない",
            ],
        ),
        CaseStanding::Nothing => (
            "stop",
            [
                "NOTHING WAS SIGNED: no session of this case released a signature",
                "署名なし: この案件で署名を解放したセッションはない",
            ],
        ),
    };
    (class, words.into())
}

fn sources(page: &mut String, report: &CaseReport<'_>, command: &str) -> fmt::Result {
    let mut facts = Facts::under(page, ["Where this page comes from", "本票の出典"])?;
    for record in &report.records {
        let source = record.source;
        let (name, number) = (&record.genesis.name, record.number);
        let en = format!("{name}: SHA-256 of the journal to the end of session {number}");
        let ja = format!("{name}: セッション{number}終了までのジャーナルのSHA-256");
        facts.code(
            [&en, &ja],
            format!("{} ({} bytes)", hex(&source.sha256), source.bytes),
        )?;
    }
    if let Some(finished) = &report.finished {
        facts.code(
            ["SHA-256 of the final transaction", "最終取引のSHA-256"],
            hex(&finished.sha256()),
        )?;
    }
    facts.code(["Made again by", "再作成のコマンド"], command)?;
    facts.end();
    page.push_str(parts::LIMITS);
    Ok(())
}

fn sessions(page: &mut String, report: &CaseReport<'_>) -> fmt::Result {
    heading(page, "Sessions of this case", "この案件のセッション")?;
    page.push_str("<table class=\"many\">\n");
    columns(
        page,
        &[
            ["Device", "端末"],
            ["Session", "セッション"],
            ["How it ended", "How it ended"],
            ["結果", "結果"],
            ["Screens", "画面数"],
        ],
    )?;
    for record in &report.records {
        let (class, text) = session_page::standing(record);
        writeln!(
            page,
            "<tr><th>{}</th><td>{}</td><td class=\"{class}\">{}</td><td class=\"{class}\" lang=\"ja\">{}</td><td>{}</td></tr>",
            Escaped(record.genesis.name.as_str()),
            record.number,
            Escaped(&text.en),
            Escaped(&text.ja),
            screens::shown(record)
        )?;
    }
    page.push_str("</table>\n");
    let (signed, alike) = (report.signed().count(), report.alike());
    sentence(
        page,
        &Both::new(
            format!(
                "{alike} of {signed} sessions that signed were about the very same request and transaction."
            ),
            format!("署名した{signed}セッションのうち{alike}件が同一の申請・同一の取引。"),
        ),
    )
}

fn finished(
    page: &mut String,
    report: &CaseReport<'_>,
    records: &[&SessionRecord<'_>],
) -> fmt::Result {
    heading(page, "Final transaction", "最終取引")?;
    let Some(finished) = &report.finished else {
        let none = ["None is in the folder.", "フォルダに最終取引はありません。"];
        return sentence(page, &none.into());
    };
    let [carried, known] = finished.signatures(records);
    let (txid, same) = (
        finished.txid(),
        report.transfer().is_some_and(|tx| finished.is_of(tx)),
    );
    let [en, ja] = if same {
        [
            "its coins, outputs, sequences and lock time are those that were approved",
            "コイン・出力・シーケンス・ロックタイムは承認内容と一致",
        ]
    } else {
        [
            "it is NOT the transaction that was approved",
            "承認された取引ではない",
        ]
    };
    sentence(
        page,
        &Both::new(
            format!(
                "{txid}: {en}; {known} of its {carried} signatures were made in the sessions of this page."
            ),
            format!("{txid}: {ja}。署名{carried}件中{known}件を本票のセッションで生成。"),
        ),
    )
}

/// Every rule with a column for each session.
fn rules(page: &mut String, report: &CaseReport<'_>) -> fmt::Result {
    heading(page, "Every rule", "全規則の判定")?;
    page.push_str("<table class=\"many\">\n<thead><tr><th>Rule <span class=\"ja\" lang=\"ja\">規則</span></th>");
    let judged: Vec<Vec<verdicts::Judged>> = report.records.iter().map(verdicts::of).collect();
    for record in &report.records {
        let name = record.genesis.name.as_str();
        write!(page, "<th>{} {}</th>", Escaped(name), record.number)?;
    }
    page.push_str("</tr></thead>\n");
    for rule in RuleId::ALL {
        if judged.iter().flatten().any(|line| line.rule == rule) {
            write!(page, "<tr><th>{rule}</th>")?;
            for session in &judged {
                verdicts::sign(page, worst(session, rule))?;
            }
            page.push_str("</tr>\n");
        }
    }
    page.push_str("</table>\n");
    sentence(
        page,
        &Both::new(
            "What each rule says, and every verdict with its reason, is on the page of the session.",
            "各規則の内容と判定理由は、セッションごとの報告書にあります。",
        ),
    )
}

/// A rule judged twice in a session counts by its worse verdict.
fn worst(session: &[verdicts::Judged], rule: RuleId) -> Option<&Verdict> {
    let found = session.iter().filter(|line| line.rule == rule);
    found
        .map(|line| &line.verdict)
        .max_by_key(|verdict| match verdict {
            Verdict::Passed => 0,
            Verdict::NotApplicable(_) => 1,
            Verdict::NotReached(_) => 2,
            Verdict::Notice(_) => 3,
            Verdict::Refused(_) => 4,
        })
}

/// What differs between sessions: people, HSM, exceptions, screens and answers.
fn session(page: &mut String, record: &SessionRecord<'_>) -> fmt::Result {
    let (name, number) = (record.genesis.name.as_str(), record.number);
    writeln!(
        page,
        "<h1 class=\"part\">{}, session {number}</h1>\n<p class=\"ja\" lang=\"ja\">{} セッション {number}</p>",
        Escaped(name),
        Escaped(name)
    )?;
    let (class, text) = session_page::standing(record);
    parts::standing(page, class, &text)?;
    parts::session(page, record)?;
    parts::people(page, record)?;
    parts::device(page, record)?;
    parts::hsm(page, record)?;
    events::write(page, record)?;
    screens::write(page, record)
}

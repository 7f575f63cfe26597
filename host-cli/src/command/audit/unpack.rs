//! Checks of a bundle: its list, its transcripts, its report made again, and tokens beside it.

use std::collections::BTreeSet;
use std::path::Path;

use signer_core::audit::{AuditCase, GivenBlocks};
use signer_core::digest::sha256_of;
use signer_core::pack::Manifest;
use signer_core::phrase;
use signer_core::rule::{Explained as _, Phrase};
use signer_core::types::Id;

use super::Evidence;
use super::pack::MANIFEST;
use super::report::{self, Page, Transcripts};
use super::tokens;
use crate::error::Failure;
use crate::files;

/// Everything that can be checked of a bundle.
pub(super) fn check(evidence: &Evidence, blocks: &GivenBlocks) -> Result<Vec<AuditCase>, Failure> {
    let folder = evidence.folder.path();
    let list = phrase!("the list of files", "ファイルの一覧");
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Ok(vec![AuditCase::missing(list, no_list())]);
    }
    let text = files::read_text(&path)?;
    let manifest = match Manifest::parse(&text) {
        Ok(manifest) => manifest,
        Err(error) => return Ok(vec![AuditCase::fail(list, error.what())]),
    };
    let mut cases = listed(folder, &manifest)?;
    cases.extend(unlisted(evidence, &manifest));
    if cases.is_empty() {
        let n = manifest.lines().len();
        cases.push(AuditCase::pass(
            list,
            phrase!("{n} files, none changed", "{n}件。変更なし", n = n),
        ));
    }
    let transcripts = report::verified(evidence)?;
    cases.extend(replayed(&transcripts));
    cases.extend(reports(evidence, &manifest, &transcripts)?);
    cases.extend(tokens::check(evidence, text.as_bytes(), blocks)?);
    Ok(cases)
}

fn no_list() -> Phrase {
    phrase!(
        "this folder has no {name}: it is no bundle",
        "{name} がない(一式ではない)",
        name = MANIFEST
    )
}

/// Files of the list that are not there, or are others.
fn listed(folder: &Path, manifest: &Manifest) -> Result<Vec<AuditCase>, Failure> {
    let mut wrong = Vec::new();
    for line in manifest.lines() {
        let (path, subject) = (folder.join(&line.name), Phrase::figure(&line.name));
        if !path.is_file() {
            wrong.push(AuditCase::fail(
                subject,
                phrase!("not there", "ファイルがない"),
            ));
        } else if sha256_of(&files::read_transcript(&path)?) != line.sha256 {
            wrong.push(AuditCase::fail(
                subject,
                phrase!("changed", "変更されている"),
            ));
        }
    }
    Ok(wrong)
}

/// Files beside the list that it does not know, but for tokens.
fn unlisted(evidence: &Evidence, manifest: &Manifest) -> Vec<AuditCase> {
    let folder = evidence.folder.path();
    let known = [
        MANIFEST.into(),
        tokens::open_timestamps(),
        tokens::rfc_3161(),
    ];
    let files = evidence.folder.files().iter();
    let names = files.map(|file| file.path.strip_prefix(folder).unwrap_or(&file.path));
    let strange = names.map(|name| name.display().to_string());
    let strange = strange.filter(|name| manifest.line(name).is_none() && !known.contains(name));
    strange
        .map(|name| {
            AuditCase::fail(
                Phrase::figure(name),
                phrase!("not on the list", "一覧にない"),
            )
        })
        .collect()
}

fn replayed(transcripts: &Transcripts) -> Vec<AuditCase> {
    let whole = transcripts.whole.iter().zip(&transcripts.paths);
    let passed = whole.map(|(transcript, (device, _))| {
        let subject = phrase!("transcript of {device}", "{device} の記録", device = device);
        let n = transcript.head().entries;
        let found = phrase!(
            "verified, every digest computed again: {n} entries",
            "検証済み、全ダイジェスト再計算: 記録{n}件",
            n = n
        );
        AuditCase::pass(subject, found)
    });
    passed.chain(transcripts.refused.iter().cloned()).collect()
}

/// The report of the bundle, against the one that its transcripts give now.
fn reports(
    evidence: &Evidence,
    manifest: &Manifest,
    transcripts: &Transcripts,
) -> Result<Vec<AuditCase>, Failure> {
    let finished = report::final_transactions(evidence)?;
    let mut cases = BTreeSet::<Id>::new();
    for line in manifest.lines() {
        let case = line.name.strip_prefix("report/case-");
        let case = case.and_then(|name| name.strip_suffix(".html"));
        cases.extend(case.and_then(|case| Id::new(case).ok()));
    }
    let mut found = Vec::new();
    for case in cases {
        let subject = phrase!(
            "report of case {case}",
            "案件 {case} の報告書",
            case = &case
        );
        let page = Page::of_case(&case, &transcripts.whole, &finished);
        let path = evidence
            .folder
            .path()
            .join(format!("report/case-{case}.html"));
        let there = if path.is_file() {
            files::read(&path)?
        } else {
            Vec::new()
        };
        found.push(match page {
            Some(page) if page.html().as_bytes() == there => AuditCase::pass(
                subject,
                phrase!("made again, the same bytes", "再作成して一致"),
            ),
            _ => AuditCase::fail(
                subject,
                phrase!(
                    "not what the transcripts give",
                    "記録から再作成したものと異なる"
                ),
            ),
        });
    }
    if found.is_empty() {
        let subject = phrase!("report", "報告書");
        found.push(AuditCase::missing(
            subject,
            phrase!("none on the list", "一覧にない"),
        ));
    }
    Ok(found)
}

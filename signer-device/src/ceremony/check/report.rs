//! The report of an acceptance test: shown, signed, and written.

use hsm_profiles::{Probe, ThrowAway};
use signer_core::acceptance::{
    AcceptanceReport, CheckedReport, Finding, Findings, MechanismLine, PageSeal, ReportSigner,
    SignatureTally, Standing, page,
};
use signer_core::cose::Draft;
use signer_core::digest::word_lines;
use signer_core::keys::P256PublicKey;
use signer_core::phrase;
use signer_core::rule::Explained;
use signer_core::rule::Phrase;
use signer_core::token::Line;
use signer_core::transcript::MadeKey;

use super::super::begin::software;
use super::super::room::Room;
use crate::failure::Failure;
use crate::files::Output;
use crate::machine;
use crate::plan::Check;

/// What the steps before saw.
pub(super) struct Seen {
    pub(super) nonce: [u8; 32],
    pub(super) mechanisms: Vec<MechanismLine>,
    pub(super) unknown: Vec<Line>,
    pub(super) keys: Vec<MadeKey>,
    pub(super) signatures: SignatureTally,
    /// Signs the report.
    pub(super) key: P256PublicKey,
}

/// What is written.
pub(super) struct Outputs {
    pub(super) report: Output,
    pub(super) page: Output,
}

/// Shows what was found, has the report signed, and writes both files.
///
/// # Errors
/// HSM, where something did not hold or was left open: both files are written all the same.
pub(super) fn conclude(
    room: &mut Room,
    plan: &Check,
    probe: &mut Probe<'_>,
    seen: Seen,
    seal: &ThrowAway,
    outputs: Outputs,
) -> Result<(), Failure> {
    let report = report(plan, probe, seen)?;
    let findings = report.findings();
    show(room, &findings)?;
    let signed = sign(probe, seal, &report)?;
    let page_seal = match &signed {
        Ok((_, checked)) => PageSeal::Signed(checked.digest()),
        Err(why) => PageSeal::Unsigned(why.text(room.lang()).to_owned()),
    };
    write(room, outputs.page, page(&report, &page_seal).as_bytes())?;
    let (bytes, checked) = signed.map_err(|why| {
        Failure::hsm(
            phrase!("the report is not signed: {why}", "報告に署名できない: {why}", why = why),
            phrase!("Do not use this HSM: its signatures do not verify. The page says what was found.", "このHSMを使用しないでください。署名を検証できません。検出内容は報告ページに記載されています。"),
        )
    })?;
    write(room, outputs.report, &bytes)?;
    let mut lines = vec![
        format!("acceptance test of {}", report.hsm.label),
        format!("report {}", checked.digest()),
        String::new(),
    ];
    lines.extend(word_lines(report.key.key_id().as_bytes()));
    room.console.screen("acceptance", &lines)?;
    standing(room, &findings)
}

fn report(plan: &Check, probe: &mut Probe<'_>, seen: Seen) -> Result<AcceptanceReport, Failure> {
    let observed = probe.observations();
    let token = probe.token();
    let hsm = token.facts();
    Ok(AcceptanceReport {
        version: AcceptanceReport::VERSION,
        scope: plan.scope,
        signer: ReportSigner::ThrowAway,
        key: seen.key,
        nonce: seen.nonce,
        clock: machine::clock(),
        software: software(&hsm)?,
        hsm,
        keys: seen.keys,
        evidence: token.profile().evidence(),
        unknown: seen.unknown,
        mechanisms: seen.mechanisms,
        signatures: seen.signatures,
        trials: observed.trials,
        timings: observed.timings,
    })
}

/// Every line that did not simply hold; of the others, how many.
fn show(room: &mut Room, findings: &Findings) -> Result<(), Failure> {
    let lang = room.lang();
    for line in findings.lines() {
        let words = match line.words.as_str() {
            "" => String::new(),
            words => format!(": {words}"),
        };
        let (name, sentence) = (line.finding.name(lang), line.subject.sentence(lang));
        let text = format!("{name}: {sentence}{words}");
        match line.finding {
            Finding::Held | Finding::Noted | Finding::Open => room.console.say(&text)?,
            Finding::Noticed => room.console.notice(&text)?,
            Finding::Failed => {
                let advice = lang.pick(
                    "  Do not use this HSM with this profile before it is understood.",
                    "  原因が分かるまでこのHSMをこのプロファイルで使用しないでください。",
                );
                room.console.refusal(&format!("{text}\n{advice}"))?;
            }
        }
    }
    Ok(())
}

/// The signed report, checked as its readers will; or why there is none.
fn sign(
    probe: &mut Probe<'_>,
    seal: &ThrowAway,
    report: &AcceptanceReport,
) -> Result<Result<(Vec<u8>, CheckedReport), Phrase>, Failure> {
    let draft = Draft::new(report.clone(), report.scope, report.key);
    let order = draft.seal_order();
    let order = order.ok_or_else(|| {
        Failure::internal(phrase!(
            "a report is not a device's to sign",
            "報告が端末の署名対象ではない"
        ))
    })?;
    let signature = match probe.seal(seal, &order) {
        Ok(signature) => signature,
        Err(error) => return Ok(Err(error.what())),
    };
    let signed = match draft.signed(signature) {
        Ok(signed) => signed.to_bytes(),
        Err(error) => return Ok(Err(error.phrase())),
    };
    let checked = CheckedReport::open(&signed, &report.key.key_id())
        .map_err(|e| Failure::internal(e.what()))?;
    Ok(Ok((signed, checked)))
}

fn write(room: &mut Room, output: Output, bytes: &[u8]) -> Result<(), Failure> {
    let path = output.path().display().to_string();
    output.write(bytes)?;
    room.console.wrote(&format!("wrote {path}"))
}

fn standing(room: &mut Room, findings: &Findings) -> Result<(), Failure> {
    let count = |finding| findings.with(finding).count();
    let (failed, open) = (count(Finding::Failed), count(Finding::Open));
    match findings.standing() {
        Standing::Passed => {
            let (held, notices) = (count(Finding::Held), count(Finding::Noticed));
            room.say(
                &format!("the acceptance test passed: {held} held, {notices} notices, {open} open"),
                &format!("受入試験 合格: 適合 {held}、通知 {notices}、未実施 {open}"),
            )
        }
        Standing::Incomplete => Err(Failure::hsm(
            phrase!(
                "the acceptance test is incomplete: {open} lines are open",
                "受入試験が未完了: {open} 項目が残っている",
                open = open
            ),
            phrase!(
                "Run it again with at least 1000 signatures, and answer every question.",
                "署名数1000以上で再実行し、すべての質問に答えてください。"
            ),
        )),
        Standing::Failed => Err(Failure::hsm(
            phrase!(
                "the acceptance test failed: {failed} lines did not hold",
                "受入試験に不合格: {failed} 項目が不適合",
                failed = failed
            ),
            phrase!(
                "Do not use this HSM with this profile. The report and its page say what did not hold.",
                "このHSMをこのプロファイルで使用しないでください。不適合の内容は報告と報告ページに記載されています。"
            ),
        )),
    }
}

//! `device report`: the report of an acceptance test, verified and judged again.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::acceptance::{
    CheckedReport, Findings, PageSeal, ReportSigner, Standing, Subject, page,
};
use signer_core::digest::{KeyId, from_hex, from_words, hex};
use signer_core::phrase;
use signer_core::rule::Phrase;
use signer_core::types::Lang;

use crate::cli::{Desk, ViewArgs};
use crate::error::{Failure, path_of};
use crate::files::{self, Output};
use crate::view;
use crate::view::line;

/// Verifies the report of an acceptance test, and says what its observations mean.
///
/// Exit code 0 where everything was tried and held; 1 where something did not hold or is open.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device report --report luna.acceptance --page-out luna.html \\\n    \
    --key 7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c")]
pub(crate) struct Args {
    /// The report
    #[arg(long)]
    report: PathBuf,

    /// The key that signed it: the 32 words of the device's screen, or 64 hexadecimal characters
    #[arg(long, value_parser = key)]
    key: KeyId,

    /// Where the page for people is written
    #[arg(long)]
    page_out: Option<PathBuf>,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &Desk) -> Result<(), Failure> {
        let out = self.page_out.as_deref().map(Output::reserve).transpose()?;
        let bytes = files::read(&self.report)?;
        let checked = CheckedReport::open(&bytes, &self.key)
            .map_err(|error| Failure::told(&path_of(&self.report), &error))?;
        let findings = checked.findings();
        if self.view.json {
            view::print(&json(&checked, &findings));
        } else {
            print(&checked, &findings, desk.lang);
        }
        if let Some(out) = out {
            let seal = PageSeal::Signed(checked.digest());
            out.write(page(checked.report(), &seal).as_bytes())?;
        }
        match findings.standing() {
            Standing::Passed => Ok(()),
            standing => Err(Failure::refused(
                Phrase::new(
                    &format!("the acceptance test: {}", standing.name(Lang::En)),
                    &format!("受入試験: {}", standing.name(Lang::Ja)),
                ),
                phrase!(
                    "do not use this HSM with this profile; the lines above say what did not hold",
                    "このHSMをこのプロファイルで使用しないでください。不適合の内容は上の行にあります。"
                ),
            )),
        }
    }
}

pub(super) fn key(text: &str) -> Result<KeyId, String> {
    let bytes = from_hex(text).or_else(|| from_words(text));
    let bytes = bytes.ok_or("neither 32 words nor 64 hexadecimal characters")?;
    Ok(KeyId::from_bytes(bytes))
}

fn print(checked: &CheckedReport, findings: &Findings, lang: Lang) {
    let report = checked.report();
    let hsm = &report.hsm;
    line!("hsm       {} {}", hsm.vendor, hsm.model);
    line!("serial    {}", hsm.serial);
    line!("firmware  {}", hsm.firmware);
    line!("profile   {} {}", hsm.profile, hsm.profile_digest);
    line!("module    {} {}", hsm.module_library, hsm.module_digest);
    line!("network   {}", view::scope(report.scope));
    line!("signer    {}", signer(report.signer));
    for found in findings.lines() {
        let (name, sentence) = (found.finding.name(lang), found.subject.sentence(lang));
        line!("{name}: {sentence}: {}", found.words);
    }
    line!("report    {}", checked.digest());
    line!("standing  {}", findings.standing().name(lang));
}

const fn signer(signer: ReportSigner) -> &'static str {
    match signer {
        ReportSigner::Identity => "identity",
        ReportSigner::ThrowAway => "throw-away",
    }
}

fn json(checked: &CheckedReport, findings: &Findings) -> Value {
    let report = checked.report();
    let lines = findings.lines().iter().map(|found| {
        json!({
            "trial": number(found.subject),
            "sentence": found.subject.sentence(Lang::En),
            "finding": found.finding.name(Lang::En),
            "words": found.words,
        })
    });
    let timings = report.timings.iter().map(|timing| {
        json!({
            "operation": timing.operation.name(),
            "times": timing.times,
            "min_us": timing.min,
            "median_us": timing.median,
            "max_us": timing.max,
        })
    });
    json!({
        "type": "acceptance",
        "network": report.scope.network.name(),
        "purpose": report.scope.purpose.name(),
        "signer": signer(report.signer),
        "key": hex(checked.report().key.as_bytes()),
        "clock": report.clock,
        "hsm": {
            "vendor": report.hsm.vendor.as_str(),
            "model": report.hsm.model.as_str(),
            "serial": report.hsm.serial.as_str(),
            "firmware": report.hsm.firmware.as_str(),
            "profile": report.hsm.profile.as_str(),
            "profile_digest": report.hsm.profile_digest.to_hex(),
            "module_digest": report.hsm.module_digest.to_hex(),
        },
        "signatures": report.signatures.signatures,
        "high_s": report.signatures.high_s,
        "findings": lines.collect::<Vec<_>>(),
        "timings": timings.collect::<Vec<_>>(),
        "standing": findings.standing().name(Lang::En),
        "digest": checked.digest().to_hex(),
    })
}

/// The number of a trial; 0 for what is judged over the whole report.
const fn number(subject: Subject) -> u32 {
    match subject {
        Subject::Trial(trial) => trial.number(),
        Subject::Attributes | Subject::Signatures | Subject::FreshR => 0,
    }
}

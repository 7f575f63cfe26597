//! `audit report`: a page for each session and each case, for people and for paper.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bitcoin::hex::FromHex as _;
use signer_core::audit::{AuditAnswer, AuditCase, Conclusion, Finding, Question, Unit};
use signer_core::phrase;
use signer_core::report::{CaseReport, FinishedTx, SessionRecord};
use signer_core::rule::{Named, Phrase};
use signer_core::transcript::{Body, Entry, UnverifiedTranscript, VerifiedTranscript};
use signer_core::types::{Id, SessionNumber};

use super::folder::FileKind;
use super::{Evidence, EvidenceArgs};
use crate::cli::{self, Desk};
use crate::error::Failure;
use crate::files::{self, Output};

/// Writes one page in English and Japanese for each session and each case: what was requested,
/// approved, shown, answered and signed, and what every rule said.
///
/// Pages are views. The same transcripts give the same bytes again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli audit report --folder evidence --trust trust.toml --out report")]
pub(crate) struct Args {
    #[command(flatten)]
    evidence: EvidenceArgs,

    /// Only this case
    #[arg(long, value_parser = cli::id, conflicts_with_all = ["device", "session"])]
    case: Option<Id>,

    /// Only a session of this device
    #[arg(long, value_parser = cli::id, requires = "session")]
    device: Option<Id>,

    /// The number of that session
    #[arg(long, requires = "device")]
    session: Option<u32>,

    /// The folder of pages that is made
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &Desk) -> Result<(), Failure> {
        let evidence = self.evidence.read()?;
        let Transcripts {
            whole: transcripts,
            refused: mut cases,
            ..
        } = verified(&evidence)?;
        let finished = final_transactions(&evidence)?;
        let pages = self.pages(&transcripts, &finished);
        if pages.is_empty() {
            cases.extend(self.wanted().map(|what| AuditCase::missing(what, none())));
        }
        if !pages.is_empty() {
            files::new_folder(&self.out, || {
                pages.iter().try_for_each(|page| page.write(&self.out))
            })?;
        }
        let written = pages.into_iter();
        cases.extend(written.map(|page| AuditCase::pass(page.what, page.subject)));
        let answer = AuditAnswer::new(Question::Report, unit(), cases);
        self.evidence.answer(&answer, desk)
    }

    /// Every page that is asked for.
    fn pages(&self, transcripts: &[VerifiedTranscript], finished: &[FinishedTx]) -> Vec<Page> {
        if let (Some(device), Some(session)) = (&self.device, self.session) {
            let number = SessionNumber(session);
            let found = transcripts
                .iter()
                .filter_map(|t| SessionRecord::of(t, number));
            let found = found.filter(|record| record.device() == device);
            return found.map(|record| Page::of_session(&record)).collect();
        }
        if let Some(case) = &self.case {
            return Page::of_case(case, transcripts, finished)
                .into_iter()
                .collect();
        }
        let mut pages = Vec::new();
        let mut cases = BTreeSet::new();
        for transcript in transcripts {
            for record in SessionRecord::all(transcript) {
                cases.extend(record.case().cloned());
                pages.push(Page::of_session(&record));
            }
        }
        let of_cases = cases.iter();
        pages.extend(of_cases.filter_map(|case| Page::of_case(case, transcripts, finished)));
        pages
    }

    /// What was asked for by name.
    fn wanted(&self) -> Option<Phrase> {
        let session = |(device, number): (&Id, u32)| {
            phrase!(
                "session {number} of {device}",
                "{device} のセッション {number}",
                number = number,
                device = device
            )
        };
        let case = self.case.as_ref();
        let case = case.map(|case| phrase!("case {case}", "案件 {case}", case = case));
        case.or_else(|| self.device.as_ref().zip(self.session).map(session))
    }
}

pub(super) fn none() -> Phrase {
    phrase!("no transcript tells of it", "記録がない")
}

fn unit() -> Unit {
    Unit {
        name: phrase!("pages", "報告書"),
        claim: phrase!(
            "made of a transcript that verified",
            "検証に合格した記録から作成した"
        ),
        none: Conclusion::Missing,
    }
}

/// One page that is to be written.
pub(super) struct Page {
    name: String,
    what: Phrase,
    subject: Phrase,
    html: String,
}

impl Page {
    fn of_session(record: &SessionRecord<'_>) -> Self {
        let (device, number) = (record.device(), record.number());
        let command = command(&format!("--device {device} --session {number}"));
        Self {
            name: format!("session-{device}-{number}.html"),
            what: phrase!(
                "session {number} of {device}",
                "{device} のセッション {number}",
                number = number,
                device = device
            ),
            subject: Phrase::figure(format!("session-{device}-{number}.html")),
            html: record.page(&command),
        }
    }

    /// The page of a case, where a session read its request.
    pub(super) fn of_case(
        case: &Id,
        transcripts: &[VerifiedTranscript],
        finished: &[FinishedTx],
    ) -> Option<Self> {
        let records = transcripts
            .iter()
            .flat_map(|t| SessionRecord::of_case(t, case));
        let report = CaseReport::of(case.clone(), records.collect(), finished)?;
        Some(Self {
            name: format!("case-{case}.html"),
            what: phrase!("case {case}", "案件 {case}", case = case),
            subject: Phrase::figure(format!("case-{case}.html")),
            html: report.page(&command(&format!("--case {case}"))),
        })
    }

    /// Its name as a file.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The page itself.
    pub(super) fn html(&self) -> &str {
        &self.html
    }

    fn write(&self, folder: &Path) -> Result<(), Failure> {
        Output::reserve(&folder.join(&self.name))?.write(self.html.as_bytes())
    }
}

/// The final transaction of a case, where one is in the folder.
pub(super) fn finished_of(
    case: &Id,
    transcripts: &[VerifiedTranscript],
    finished: &[FinishedTx],
) -> Option<FinishedTx> {
    let records = transcripts.iter();
    let records = records.flat_map(|t| SessionRecord::of_case(t, case));
    let report = CaseReport::of(case.clone(), records.collect(), finished)?;
    report.finished().cloned()
}

/// What makes a page again, wherever the files lie.
fn command(which: &str) -> String {
    format!("host-cli audit report --folder FOLDER --trust TRUST {which} --out OUT")
}

/// The transcripts of a folder.
pub(super) struct Transcripts {
    /// Those that verify, of each device the longest.
    pub(super) whole: Vec<VerifiedTranscript>,
    /// The device and the file of each of them.
    pub(super) paths: Vec<(Id, PathBuf)>,
    /// What is said of the others.
    pub(super) refused: Vec<AuditCase>,
}

/// Reads and verifies every transcript.
pub(super) fn verified(evidence: &Evidence) -> Result<Transcripts, Failure> {
    let mut all = Transcripts {
        whole: Vec::new(),
        paths: Vec::new(),
        refused: Vec::new(),
    };
    for path in evidence.folder.of(FileKind::Transcript) {
        match verified_file(evidence, path)? {
            Ok(transcript) => all.add(transcript, path),
            Err(why) => {
                let subject = phrase!("{path}", "{path}", path = Named(path.display()));
                all.refused.push(AuditCase::fail(subject, why));
            }
        }
    }
    all.note_missing(evidence);
    Ok(all)
}

impl Transcripts {
    fn add(&mut self, transcript: VerifiedTranscript, path: &Path) {
        let Some(born) = transcript.state().genesis() else {
            return;
        };
        let named = (born.name.clone(), path.to_owned());
        let identity = transcript.state().identity();
        let mut known = self.whole.iter();
        match known.position(|known| known.state().identity() == identity) {
            None => {
                self.paths.push(named);
                self.whole.push(transcript);
            }
            Some(place) if !one_line(self.whole[place].entries(), transcript.entries()) => {
                let subject = phrase!("{path}", "{path}", path = Named(path.display()));
                let other = Named(self.paths[place].1.display());
                let beside = phrase!("beside {other}", "{other} との間", other = other);
                let fork = AuditCase::found(subject, Finding::Fork, beside);
                self.refused.push(fork);
            }
            Some(place) if self.whole[place].head().entries < transcript.head().entries => {
                self.paths[place] = named;
                self.whole[place] = transcript;
            }
            Some(_) => {}
        }
    }

    /// A device that is trusted and of which nothing lies here could have done anything.
    fn note_missing(&mut self, evidence: &Evidence) {
        for device in &evidence.trust.devices {
            let mut given = self.whole.iter().filter_map(|t| t.state().identity());
            if !given.any(|identity| identity.device_id() == device.id) {
                let subject = phrase!("device {name}", "端末 {name}", name = &device.name);
                let none = Finding::NoTranscript.phrase();
                self.refused.push(AuditCase::missing(subject, none));
            }
        }
    }
}

/// Whether one of two transcripts of a device goes on where the other ends.
fn one_line(one: &[Entry], other: &[Entry]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

/// The transcript of a file, verified by what is trusted; why it does not.
fn verified_file(
    evidence: &Evidence,
    path: &Path,
) -> Result<Result<VerifiedTranscript, Phrase>, Failure> {
    let bytes = files::read_transcript(path)?;
    let claimed = match UnverifiedTranscript::parse(&bytes) {
        Ok(transcript) => match transcript.entries().first().map(|entry| &entry.body) {
            Some(Body::Genesis(genesis)) => Some(genesis.identity),
            _ => None,
        },
        Err(refusal) => return Ok(Err(refusal.got)),
    };
    let Some(trust) = claimed.and_then(|identity| evidence.trust.of(&identity)) else {
        return Ok(Err(unknown()));
    };
    let verified = VerifiedTranscript::verify(&bytes, &trust);
    Ok(verified.map_err(|findings| {
        let refusals = findings.refusals().iter().map(|r| r.got.clone());
        Phrase::listed(refusals)
    }))
}

fn unknown() -> Phrase {
    phrase!(
        "the trust file names no device with this identity",
        "この識別鍵の端末は信頼ファイルにない"
    )
}

/// Every whole transaction in the folder.
pub(super) fn final_transactions(evidence: &Evidence) -> Result<Vec<FinishedTx>, Failure> {
    let mut found = Vec::new();
    for path in evidence.folder.of(FileKind::Transaction) {
        let text = files::read_text(path)?;
        let bytes = Vec::<u8>::from_hex(text.trim()).unwrap_or_default();
        let named = |error| {
            Failure::told(
                &phrase!("{path}", "{path}", path = Named(path.display())),
                &error,
            )
        };
        found.push(FinishedTx::parse(&bytes).map_err(named)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_goes_on_from_another_or_it_is_a_fork() {
        let sample = "../docs/auditors/sample/evidence/d1.transcript";
        let bytes = files::read_transcript(Path::new(sample)).expect("the sample");
        let transcript = UnverifiedTranscript::parse(&bytes).expect("a transcript");
        let whole = transcript.entries();
        let shorter = &whole[..whole.len() - 3];
        assert!(one_line(whole, shorter) && one_line(shorter, whole));
        let mut forked = shorter.to_vec();
        let last = forked.last_mut().expect("an entry");
        last.body = whole[0].body.clone();
        assert!(!one_line(whole, &forked) && !one_line(&forked, whole));
    }
}

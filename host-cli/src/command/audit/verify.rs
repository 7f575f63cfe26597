//! `audit verify`: every transcript, replayed.

use std::path::Path;

use signer_core::audit::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use signer_core::phrase;
use signer_core::rule::{Named, Phrase};
use signer_core::transcript::{Body, UnverifiedTranscript, VerifiedTranscript};

use super::folder::FileKind;
use super::{Evidence, EvidenceArgs};
use crate::cli::Desk;
use crate::error::Failure;
use crate::files;

/// Runs every session of every transcript again and compares every digest.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli audit verify --folder evidence --trust trust.toml")]
pub(crate) struct Args {
    #[command(flatten)]
    evidence: EvidenceArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &Desk) -> Result<(), Failure> {
        let evidence = self.evidence.read()?;
        let transcripts = evidence.folder.of(FileKind::Transcript);
        let cases = transcripts.map(|path| case(&evidence, path));
        let unit = Unit {
            name: phrase!("transcripts", "記録"),
            claim: phrase!(
                "chain, seals and every digest, computed again, agree",
                "連鎖、封印、再計算したすべてのダイジェストが一致する"
            ),
            none: Conclusion::Missing,
        };
        let cases = cases.collect::<Result<_, _>>()?;
        let answer = AuditAnswer::new(Question::Verify, unit, cases);
        self.evidence.answer(&answer, desk)
    }
}

fn case(evidence: &Evidence, path: &Path) -> Result<AuditCase, Failure> {
    let subject = phrase!("{path}", "{path}", path = Named(path.display()));
    let bytes = files::read(path)?;
    let claimed = match UnverifiedTranscript::parse(&bytes) {
        Ok(transcript) => match transcript.entries().first().map(|entry| &entry.body) {
            Some(Body::Genesis(genesis)) => Some(genesis.identity),
            _ => None,
        },
        Err(refusal) => return Ok(AuditCase::fail(subject, refusal.got)),
    };
    let Some(device) = claimed.and_then(|identity| evidence.trust.device(&identity)) else {
        return Ok(AuditCase::fail(subject, unknown()));
    };
    let trust = evidence.trust.of(device);
    Ok(match VerifiedTranscript::verify(&bytes, &trust) {
        Ok(verified) => {
            let entries = verified.head().entries;
            let found = phrase!("{n} entries", "記録 {n} 件", n = entries);
            AuditCase::pass(subject, found)
        }
        Err(findings) => {
            let refusals = findings.refusals().iter().map(|r| r.got.clone());
            AuditCase::fail(subject, Phrase::listed(refusals))
        }
    })
}

fn unknown() -> Phrase {
    phrase!(
        "the trust file names no device with this identity",
        "この識別鍵の端末は信頼ファイルにない"
    )
}

//! `audit pack`: everything about one case in one folder, which is checked anywhere.

use std::fs;
use std::path::{Path, PathBuf};

use signer_core::approval::Request;
use signer_core::audit::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use signer_core::cose;
use signer_core::pack::{Manifest, ManifestLine};
use signer_core::phrase;
use signer_core::psbt::{Limits, ParsedPsbt};
use signer_core::report::FinishedTx;
use signer_core::rule::Phrase;
use signer_core::types::Id;

use super::folder::FileKind;
use super::report::{self, Page, Transcripts};
use super::{Evidence, EvidenceArgs, blocks, unpack};
use crate::cli::{self, Desk};
use crate::error::Failure;
use crate::files::{self, Output};
use crate::house;

/// The list of a bundle's files.
pub(super) const MANIFEST: &str = "MANIFEST.sha256";
/// A copy for reading; the trust file itself stays with the auditor.
const TRUST_COPY: &str = "trust-copy-NOT-THE-ANCHOR.toml";

/// Writes one case as a bundle: request, approvals, PSBTs, transcripts, final transaction, report,
/// artefacts, and a list of digests. With --verify, checks a bundle.
///
/// The copy of the trust file in it is for reading: whoever checks a bundle brings their own.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli audit pack --folder evidence --trust trust.toml --case wr-2026-000123 --out bundle")]
pub(crate) struct Args {
    #[command(flatten)]
    evidence: EvidenceArgs,

    /// The case
    #[arg(long, value_parser = cli::id, required_unless_present = "verify", requires = "out")]
    case: Option<Id>,

    /// The folder that is made
    #[arg(long, requires = "case")]
    out: Option<PathBuf>,

    /// Check the bundle that --folder names
    #[arg(long, conflicts_with_all = ["case", "out"])]
    verify: bool,

    /// Blocks from the auditor's own node, for an OpenTimestamps token; once for each file
    #[arg(long, requires = "verify")]
    blocks: Vec<PathBuf>,
}

impl Args {
    pub(super) fn run(&self, desk: &Desk) -> Result<(), Failure> {
        let evidence = self.evidence.read()?;
        let cases = match (&self.case, &self.out) {
            (Some(case), Some(out)) => self.pack(&evidence, case, out)?,
            _ => unpack::check(&evidence, &blocks::given(&self.blocks)?)?,
        };
        let unit = if self.verify {
            Unit {
                name: phrase!("checks of the bundle", "一式の確認項目"),
                claim: phrase!("they hold", "適合する"),
                none: Conclusion::Missing,
            }
        } else {
            Unit {
                name: phrase!("files", "ファイル"),
                claim: phrase!(
                    "in the bundle with their digests",
                    "ダイジェストとともに一式に収めた"
                ),
                none: Conclusion::Missing,
            }
        };
        self.evidence
            .answer(&AuditAnswer::new(Question::Pack, unit, cases), desk)
    }

    fn pack(&self, evidence: &Evidence, case: &Id, out: &Path) -> Result<Vec<AuditCase>, Failure> {
        let transcripts = report::verified(evidence)?;
        let finished = report::final_transactions(evidence)?;
        let Some(page) = Page::of_case(case, &transcripts.whole, &finished) else {
            let subject = phrase!("case {case}", "案件 {case}", case = case);
            let mut cases = transcripts.refused;
            cases.push(AuditCase::missing(subject, report::none()));
            return Ok(cases);
        };
        if !transcripts.refused.is_empty() {
            return Ok(transcripts.refused);
        }
        let trust = fs::read(self.evidence.trust_path()).unwrap_or_default();
        let contents = contents(evidence, case, &transcripts, &page, &finished, &trust)?;
        write(out, &contents)?;
        let lines = contents.iter().map(|(name, bytes)| {
            let size = phrase!("{n} bytes", "{n} バイト", n = bytes.len());
            AuditCase::pass(Phrase::figure(name), size)
        });
        Ok(lines.collect())
    }
}

/// Every file of the bundle but its list, by names that mean the same everywhere.
fn contents(
    evidence: &Evidence,
    case: &Id,
    transcripts: &Transcripts,
    page: &Page,
    finished: &[FinishedTx],
    trust: &[u8],
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut contents = vec![
        ("READ-ME.txt".to_owned(), read_me(case).into_bytes()),
        (TRUST_COPY.to_owned(), [NOT_THE_ANCHOR, trust].concat()),
        (format!("report/{}", page.name()), page.html().into()),
    ];
    for (device, path) in &transcripts.paths {
        contents.push((
            format!("transcripts/{device}.transcript"),
            files::read_transcript(path)?,
        ));
    }
    let mut psbts = 0;
    for path in evidence.folder.of(FileKind::Psbt) {
        let bytes = house::psbt_bytes(path)?;
        if case_of(&bytes).as_ref() == Some(case) {
            psbts += 1;
            contents.push((format!("psbts/{psbts}.psbt"), bytes));
        }
    }
    if let Some(of_case) = report::finished_of(case, &transcripts.whole, finished) {
        let hex = signer_core::digest::hex(of_case.bytes());
        contents.push(("final-transaction.hex".into(), (hex + "\n").into_bytes()));
    }
    for (kind, name) in ARTEFACTS {
        for (number, path) in (1..).zip(evidence.folder.of(kind)) {
            contents.push((
                format!("artefacts/{name}-{number}.cbor"),
                files::read(path)?,
            ));
        }
    }
    Ok(contents)
}

const ARTEFACTS: [(FileKind, &str); 6] = [
    (FileKind::Root, "root"),
    (FileKind::Roster, "roster"),
    (FileKind::Policy, "policy"),
    (FileKind::Wallet, "wallet"),
    (FileKind::DeviceCard, "device-card"),
    (FileKind::Refusal, "refusal"),
];

/// The case that a PSBT's request names; who signed it is judged in the transcripts.
fn case_of(psbt: &[u8]) -> Option<Id> {
    let parsed = ParsedPsbt::parse_within(psbt.to_vec(), Limits::HEAVY).ok()?;
    let request = parsed.carried().request.as_deref()?;
    Some(cose::peek::<Request>(request).ok()?.case)
}

/// The whole bundle, or none of it.
fn write(out: &Path, contents: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let lines = contents.iter();
    let lines = lines.map(|(name, bytes)| ManifestLine::of(name, bytes));
    let manifest = Manifest::of(lines.collect()).ok_or_else(|| {
        Failure::internal(phrase!(
            "two files of the bundle have one name",
            "一式の中でファイル名が重複した"
        ))
    })?;
    files::new_folder(out, || {
        for (name, bytes) in contents {
            let path = out.join(name);
            if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
                files::new_folder(folder, || Ok(()))?;
            }
            Output::reserve(&path)?.write(bytes)?;
        }
        Output::reserve(&out.join(MANIFEST))?.write(manifest.text().as_bytes())
    })
}

/// What stands above the copy of the trust file.
const NOT_THE_ANCHOR: &[u8] = "\
# A COPY FOR READING, NOT THE TRUST ANCHOR. It came with what it would have to prove.
# Whoever checks this bundle uses the trust file that they copied from the genesis paper.
# これは閲覧用の写しであり、信頼の起点ではありません。検証には、起点の書面から自分で書き写した信頼ファイルを使用してください。

".as_bytes();

fn read_me(case: &Id) -> String {
    format!(
        "Case {case}: everything that is needed to check it again, without a network.\n\n\
         1. With nothing of ours, whether any file changed:\n     \
         sha256sum -c {MANIFEST}\n\
         2. With host-cli and YOUR OWN trust file, whether all of it holds:\n     \
         host-cli audit pack --verify --folder THIS-FOLDER --trust YOUR-TRUST-FILE\n\
         3. Any other question: host-cli audit verify, approvals, shown and the rest, on this folder.\n\n\
         Without our code: docs/formats describes every byte; test-vectors/formats/journal.py reads a transcript.\n\
         {TRUST_COPY} is no trust anchor: it came with the bundle.\n\
         A time-stamp token of {MANIFEST} is put beside it as {MANIFEST}.ots (OpenTimestamps: checked with the\n\
         block of your own node, --blocks) or {MANIFEST}.tsr (RFC 3161: checked with the authority's certificate\n\
         in your own trust file).\n\n\
         案件 {case}: ネットワークなしで再検証するための一式です。\n\
         1. 当方のソフトウェアなしで改変の有無を確認: sha256sum -c {MANIFEST}\n\
         2. host-cli とご自身の信頼ファイルで全体を検証:\n     \
         host-cli audit pack --verify --folder このフォルダ --trust ご自身の信頼ファイル\n\
         3. {TRUST_COPY} は信頼の起点ではありません(一式に同梱された写しです)。\n\
         4. タイムスタンプは {MANIFEST}.ots(OpenTimestamps。ご自身のノードのブロック --blocks で検証)または\n   \
         {MANIFEST}.tsr(RFC 3161。ご自身の信頼ファイルにある認証局の証明書で検証)として添えられます。\n"
    )
}

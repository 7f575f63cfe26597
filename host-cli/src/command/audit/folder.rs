//! What lies in a folder: every file is known by what it holds, never by its name.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bitcoin::Transaction;
use bitcoin::consensus::encode::deserialize_hex;
use officer_console::system;
use signer_core::approval::{Enrolment, OfficerCard, Roster};
use signer_core::cose::{Endorsed, peek};
use signer_core::life::{AnchorStatement, Retirement};
use signer_core::phrase;
use signer_core::policy::Policy;
use signer_core::root::Root;
use signer_core::rule::Named;
use signer_core::transcript::Seal;
use signer_core::wallet::{DeviceCard, WalletRecord};
use signer_core::{codec, psbt};

use crate::error::Failure;
use crate::files;

/// Largest artefact of ours beside transcripts and PSBTs, in bytes.
const ARTEFACT_LIMIT: u64 = codec::ARTEFACT_LIMIT as u64;
/// How deep folders are looked into.
const DEPTH: usize = 16;

/// What a file holds, as far as can be seen without trusting anything in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileKind {
    /// The journal of a device.
    Transcript,
    /// A PSBT, binary or base64.
    Psbt,
    /// A whole transaction in hexadecimal text.
    Transaction,
    Root,
    Roster,
    Policy,
    Wallet,
    Enrolment,
    Retirement,
    /// A device's receipt of a refusal.
    Refusal,
    /// What an HSM remembers, as its device showed it.
    Anchor,
    DeviceCard,
    OfficerCard,
    /// Anything else: no question needs it.
    Other,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct EvidenceFile {
    pub(crate) path: PathBuf,
    pub(crate) kind: FileKind,
}

/// The files of a folder and of those in it, in the order of their paths.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    files: Vec<EvidenceFile>,
}

impl Folder {
    /// Looks at every file. Links are not followed: evidence lies in the folder itself.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let mut paths = Vec::new();
        let root = path.to_owned();
        walk(path, DEPTH, &mut paths)?;
        paths.sort();
        let look = |path: PathBuf| {
            let kind = kind_of(&path)?;
            Ok(EvidenceFile { path, kind })
        };
        let files = paths.into_iter().map(look);
        Ok(Self {
            path: root,
            files: files.collect::<Result<_, Failure>>()?,
        })
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Every file.
    pub(crate) fn files(&self) -> &[EvidenceFile] {
        &self.files
    }

    /// The files of this kind.
    pub(crate) fn of(&self, kind: FileKind) -> impl Iterator<Item = &Path> {
        let files = self.files().iter().filter(move |file| file.kind == kind);
        files.map(|file| file.path.as_path())
    }
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| unreadable(folder, error);
    for entry in fs::read_dir(folder).map_err(|e| failed(&e))? {
        let entry = entry.map_err(|e| failed(&e))?;
        let kind = entry.file_type().map_err(|e| failed(&e))?;
        if kind.is_dir() && depth > 0 {
            walk(&entry.path(), depth - 1, found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn kind_of(path: &Path) -> Result<FileKind, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let size = file
        .metadata()
        .map_err(|error| unreadable(path, &error))?
        .len();
    let mut head = Vec::new();
    file.take(64)
        .read_to_end(&mut head)
        .map_err(|error| unreadable(path, &error))?;
    if is_transcript(&head) {
        return Ok(FileKind::Transcript);
    }
    if head.starts_with(b"psbt\xff") || head.trim_ascii_start().starts_with(b"cHNidP8") {
        return Ok(FileKind::Psbt);
    }
    if size == 0 || size > 2 * ARTEFACT_LIMIT {
        return Ok(FileKind::Other);
    }
    Ok(kind_of_bytes(&files::read(path)?))
}

/// The first entry of a journal: an array of four, the hash before it zero, place and session 0.
fn is_transcript(head: &[u8]) -> bool {
    let mut first = vec![0x84, 0x58, 0x20];
    first.extend([0; 34]);
    head.starts_with(&first)
}

fn kind_of_bytes(bytes: &[u8]) -> FileKind {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let text = text.trim();
        return match deserialize_hex::<Transaction>(text) {
            Ok(_) => FileKind::Transaction,
            Err(_) if psbt::unarmoured(bytes.to_vec()).is_some() => FileKind::Psbt,
            Err(_) => FileKind::Other,
        };
    }
    let known = [
        (codec::decode::<Root>(bytes).is_ok(), FileKind::Root),
        (
            codec::decode::<AnchorStatement>(bytes).is_ok(),
            FileKind::Anchor,
        ),
        (peek::<DeviceCard>(bytes).is_ok(), FileKind::DeviceCard),
        (peek::<OfficerCard>(bytes).is_ok(), FileKind::OfficerCard),
        (peek::<Seal>(bytes).is_ok(), FileKind::Refusal),
        (Endorsed::<Roster>::peek(bytes).is_ok(), FileKind::Roster),
        (Endorsed::<Policy>::peek(bytes).is_ok(), FileKind::Policy),
        (
            Endorsed::<WalletRecord>::peek(bytes).is_ok(),
            FileKind::Wallet,
        ),
        (
            Endorsed::<Enrolment>::peek(bytes).is_ok(),
            FileKind::Enrolment,
        ),
        (
            Endorsed::<Retirement>::peek(bytes).is_ok(),
            FileKind::Retirement,
        ),
    ];
    let found = known.into_iter().find(|(is, _)| *is);
    found.map_or(FileKind::Other, |(_, kind)| kind)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(
        phrase!(
            "cannot read {path}: {why}",
            "{path} を読み取れない: {why}",
            path = Named(path.display()),
            why = system(error)
        ),
        phrase!(
            "name a folder of files that you may read",
            "読取りの権限があるファイルのフォルダを指定してください。"
        ),
    )
}

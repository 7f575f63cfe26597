//! From files to records: every transcript is walked, and the newest of each device replayed.
//!
//! A transcript is read entry by entry: memory holds the largest entry, never the file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use bitcoin::consensus::encode::deserialize_hex;
use officer_console::system;
use signer_core::audit::{
    AuditTrust, ChainWalk, DeviceRecord, Papers, Recorder, Records, Source, Told, Walked,
};
use signer_core::codec;
use signer_core::keys::P256PublicKey;
use signer_core::life::AnchorStatement;
use signer_core::phrase;
use signer_core::rule::{Named, Phrase};
use signer_core::transcript::{JournalHead, Trust};

use super::folder::{FileKind, Folder};
use super::progress::Progress;
use crate::error::Failure;
use crate::{files, house};

/// How much is read at a time.
const CHUNK: usize = 256 * 1024;
/// Longer than any entry.
const LONGEST: usize = 160 * 1024 * 1024;

/// The name of a file below the folder, for a line of an answer.
fn named(folder: &Folder, path: &Path) -> Phrase {
    let below = path.strip_prefix(folder.path()).unwrap_or(path);
    phrase!("{path}", "{path}", path = Named(below.display()))
}

/// Walks every transcript of the folder along its chain.
pub(super) fn walk(folder: &Folder, trust: &AuditTrust) -> Result<Vec<Walked>, Failure> {
    let mut walked = Vec::new();
    for path in folder.of(FileKind::Transcript) {
        let mut walk = ChainWalk::new();
        let mut progress = Progress::over(path);
        let read = each_entry(path, &mut progress, |item| walk.take(item))?;
        let whole = read.and_then(|()| walk.finish(trust));
        walked.push((named(folder, path), whole.map(|()| walk)));
    }
    Ok(walked)
}

/// The records of every trusted device: its longest transcript, replayed.
pub(super) fn records(folder: &Folder, trust: AuditTrust) -> Result<Records, Failure> {
    let mut newest: Vec<Option<Candidate<'_>>> = trust.devices.iter().map(|_| None).collect();
    let mut strangers = Vec::new();
    for path in folder.of(FileKind::Transcript) {
        let identity = identity(path)?;
        let mut devices = trust.devices.iter();
        let id = identity.map(|identity| identity.device_id());
        let place = devices.position(|device| Some(device.id) == id);
        match (place.and_then(|place| newest.get_mut(place)), identity) {
            // Of two the longer one; whether they part, `chain` tells.
            (Some(known), Some(identity)) => {
                let size = size(path)?;
                if known.as_ref().is_none_or(|known| known.size < size) {
                    *known = Some(Candidate {
                        path,
                        size,
                        identity,
                    });
                }
            }
            _ => strangers.push(named(folder, path)),
        }
    }
    let mut devices = Vec::new();
    for (device, newest) in trust.devices.iter().zip(newest) {
        let told = match newest {
            None => Told::Absent,
            Some(newest) => replay(
                newest.path,
                Trust {
                    root: trust.root,
                    identity: newest.identity,
                },
            )?,
        };
        devices.push(DeviceRecord {
            device: device.clone(),
            told,
        });
    }
    Ok(Records {
        trust,
        devices,
        strangers,
    })
}

/// A transcript of a trusted device.
struct Candidate<'p> {
    path: &'p Path,
    size: u64,
    identity: P256PublicKey,
}

/// Whose a transcript says that it is.
fn identity(path: &Path) -> Result<Option<P256PublicKey>, Failure> {
    let first = |item: &[u8]| {
        let mut walk = ChainWalk::new();
        // Where its chain breaks is told by whoever replays it.
        let _ = walk.take(item);
        Err(walk.identity())
    };
    Ok(each_entry(path, &mut Progress::none(), first)?
        .err()
        .flatten())
}

fn size(path: &Path) -> Result<u64, Failure> {
    let told = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    Ok(told.len())
}

fn replay(path: &Path, trust: Trust) -> Result<Told, Failure> {
    let mut recorder = Recorder::of(trust);
    let mut progress = Progress::over(path);
    let read = each_entry(path, &mut progress, |item| recorder.take(item))?;
    Ok(match read.and_then(|()| recorder.finish()) {
        Ok(history) => Told::Verified(Box::new(history)),
        Err(findings) => Told::Unverified(findings),
    })
}

/// Receipts, signatures and spends of the folder's PSBTs and transactions.
pub(super) fn papers(folder: &Folder, records: &Records) -> Result<Papers, Failure> {
    let mut papers = Papers::default();
    for path in folder.of(FileKind::Psbt) {
        let name = named(folder, path);
        papers.add_psbt(&name, house::psbt_bytes(path)?, records);
    }
    for path in folder.of(FileKind::Transaction) {
        if let Ok(tx) = deserialize_hex(files::read_text(path)?.trim()) {
            papers.add_transaction(&named(folder, path), &tx, Source::Folder, records);
        }
    }
    for path in folder.of(FileKind::Refusal) {
        papers.add_refusal(&named(folder, path), files::read(path)?, records);
    }
    for path in folder.of(FileKind::Anchor) {
        let statement = codec::decode::<AnchorStatement>(&files::read(path)?);
        // The folder knows it by having read it.
        papers.anchors.extend(statement);
    }
    Ok(papers)
}

/// Gives every entry of a transcript to `take`, until it has had enough. What is left at the end of
/// the file, or is longer than any entry, is given too: it is no entry, and `take` says so.
fn each_entry<E>(
    path: &Path,
    progress: &mut Progress,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<Result<(), E>, Failure> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut held: Vec<u8> = Vec::new();
    let mut want = CHUNK;
    loop {
        let missing = u64::try_from(want.saturating_sub(held.len())).unwrap_or(u64::MAX);
        let read = (&mut file).take(missing).read_to_end(&mut held);
        read.map_err(|error| unreadable(path, &error))?;
        let ended = held.len() < want;
        let mut rest = held.as_slice();
        while let Ok((item, after)) = JournalHead::START.split(rest) {
            if let Err(error) = take(item) {
                return Ok(Err(error));
            }
            progress.step(item.len());
            rest = after;
        }
        let left = rest.len();
        if left > 0 && (ended || left > LONGEST) {
            return Ok(take(rest));
        }
        if ended {
            return Ok(Ok(()));
        }
        let taken = held.len() - left;
        held.drain(..taken);
        // Twice as much for an entry larger than that, so that it is looked at a few times only.
        want = CHUNK.max(left * 2);
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(
        phrase!(
            "cannot read {path}: {why}",
            "{path} を読み取れない: {why}",
            path = Named(path.display()),
            why = system(error)
        ),
        phrase!("check who may read it", "読取りの権限を確認してください。"),
    )
}

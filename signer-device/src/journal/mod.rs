//! The journal on disk: one append-only file, one process at a time.
//!
//! Nothing is ever cut silently: bytes that a power cut left behind half written are moved to a
//! file of their own. What the entries mean is judged in signer-core.

mod torn;
pub(crate) mod unrecorded;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use signer_core::codec;
use signer_core::digest::FileDigest;
use signer_core::phrase;
use signer_core::rule::Named;

use crate::failure::{Deed, Failure, Kind};

pub(crate) use torn::TornTail;

/// Name of the journal in the state folder.
const FILE: &str = "journal.cbor";
/// Its name until the device is born, or has recovered: what a cut leaves of it is thrown away.
const UNBORN: &str = "journal.cbor.unborn";
/// Name of the file that keeps a second process out.
const LOCK: &str = "lock";
/// Largest journal that is read.
const LARGEST: u64 = 4 << 30;

/// How a folder is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// To read: several may.
    Shared,
    /// To write: nobody else.
    Alone,
}

/// A state folder with its journal, held until this is dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
    file: File,
    _lock: File,
    bytes: Vec<u8>,
    trusted: bool,
}

impl Disk {
    /// A new journal in a folder that has none. The folder is made where it is missing. It has
    /// another name until [`Self::appear`].
    pub(crate) fn create(folder: &Path) -> Result<Self, Failure> {
        let lock = make_folder(folder)?;
        if folder.join(FILE).exists() {
            return Err(Failure::input(
                phrase!(
                    "{folder} already holds a journal",
                    "{folder} に既にジャーナルがある",
                    folder = Named(folder.display())
                ),
                phrase!(
                    "Go on with this device (after a cut: device resume), or use another --state folder.",
                    "この端末を使い続ける(中断後は device resume)か、別の --state フォルダを指定してください。"
                ),
            ));
        }
        Self::draft(folder, lock)
    }

    /// A draft of a journal, without an entry, and the journal whose place it is to take, byte for
    /// byte, where there is one. Nothing of it changes before [`Self::appear`].
    pub(crate) fn replace(folder: &Path) -> Result<(Self, Option<Vec<u8>>), Failure> {
        let lock = make_folder(folder)?;
        let path = folder.join(FILE);
        let old = match File::open(&path) {
            Ok(mut file) => Some(read_all(&mut file, &path)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(disk(Deed::Open, &path, &error)),
        };
        Ok((Self::draft(folder, lock)?, old))
    }

    /// Gives the journal that is there a second name, by its digest: it stays when this one takes
    /// its place. Done before by a run that was cut, it is left as it is.
    pub(crate) fn set_aside(&self, digest: &FileDigest) -> Result<(), Failure> {
        let aside = self.folder.join(format!("{FILE}.before-{digest}"));
        match fs::hard_link(self.folder.join(FILE), &aside) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(disk(Deed::Make, &aside, &error));
            }
            _ => {}
        }
        let kept = fs::read(&aside).map_err(|e| disk(Deed::Read, &aside, &e))?;
        if FileDigest::over(&[&kept]) != *digest {
            return Err(Failure::input(
                phrase!(
                    "{path} holds other bytes than its name says",
                    "{path} の内容が名称と一致しない",
                    path = Named(aside.display())
                ),
                phrase!(
                    "Keep the disk and report it.",
                    "ディスクを保管し、報告してください。"
                ),
            ));
        }
        sync_folder(&self.folder)
    }

    fn draft(folder: &Path, lock: File) -> Result<Self, Failure> {
        let path = folder.join(UNBORN);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| disk(Deed::Make, &path, &e))?;
        Ok(Self {
            folder: folder.to_path_buf(),
            file,
            _lock: lock,
            bytes: Vec::new(),
            trusted: true,
        })
    }

    /// Gives a new journal its name, once what it begins with is on the disk and in the HSM; one
    /// that recovered, once the entry that does so is on the disk.
    pub(crate) fn appear(&mut self) -> Result<(), Failure> {
        self.flush()?;
        let (unborn, path) = (self.folder.join(UNBORN), self.folder.join(FILE));
        fs::rename(&unborn, &path).map_err(|e| disk(Deed::Name, &path, &e))?;
        sync_folder(&self.folder)
    }

    /// Opens the journal of a commissioned device. A torn tail is reported; when the folder is
    /// held alone, its bytes are first kept in a file of their own.
    pub(crate) fn open(folder: &Path, hold: Hold) -> Result<(Self, Option<TornTail>), Failure> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Err(Failure::input(
                phrase!(
                    "{folder} holds no journal",
                    "{folder} にジャーナルがない",
                    folder = Named(folder.display())
                ),
                phrase!(
                    "Give the state folder of a commissioned device, or run `signer-device device init --help`.",
                    "初期設定済み端末の状態フォルダを指定するか、`signer-device device init --help` を実行してください。"
                ),
            ));
        }
        let lock = take_lock(folder, hold)?;
        let mut options = OpenOptions::new();
        options.read(true).append(hold == Hold::Alone);
        let mut file = options
            .open(&path)
            .map_err(|e| disk(Deed::Open, &path, &e))?;
        let mut bytes = read_all(&mut file, &path)?;
        let good = whole_entries(&bytes);
        let torn = bytes.split_off(good);
        let tail = match (torn.is_empty(), hold) {
            (true, _) => None,
            (false, Hold::Shared) => Some(TornTail {
                length: torn.len(),
                kept: None,
            }),
            (false, Hold::Alone) => Some(torn::keep_aside(folder, &file, good, &torn)?),
        };
        let disk = Self {
            folder: folder.to_path_buf(),
            file,
            _lock: lock,
            bytes,
            trusted: true,
        };
        Ok((disk, tail))
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// All complete entries that were there when it was opened.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, given away: a long journal need not lie in memory while a ceremony goes on.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Appends one entry. It is durable only after [`Self::flush`].
    pub(crate) fn append(&mut self, entry: &[u8]) -> Result<(), Failure> {
        self.still_trusted()?;
        if let Err(error) = self.file.write_all(entry) {
            self.trusted = false;
            return Err(disk(Deed::Append, &self.folder.join(FILE), &error));
        }
        Ok(())
    }

    /// Waits until everything appended is on the medium. After a failure nothing is written any
    /// more: what the medium holds is not known.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.still_trusted()?;
        self.file.sync_data().map_err(|error| {
            self.trusted = false;
            disk(Deed::Flush, &self.folder.join(FILE), &error)
        })
    }

    /// The file as it is read now, not as this program remembers it.
    pub(crate) fn read_back(&self) -> Result<Vec<u8>, Failure> {
        let path = self.folder.join(FILE);
        let mut file = File::open(&path).map_err(|e| disk(Deed::Open, &path, &e))?;
        read_all(&mut file, &path)
    }

    /// As many bytes of its end as it is read now; all of a file that is shorter.
    pub(crate) fn read_end(&self, length: usize) -> Result<Vec<u8>, Failure> {
        let path = self.folder.join(FILE);
        let mut file = File::open(&path).map_err(|e| disk(Deed::Open, &path, &e))?;
        let all = file
            .metadata()
            .map_err(|e| disk(Deed::Read, &path, &e))?
            .len();
        let before = all.saturating_sub(length as u64);
        file.seek(SeekFrom::Start(before))
            .map_err(|e| disk(Deed::Read, &path, &e))?;
        read_all(&mut file, &path)
    }

    fn still_trusted(&self) -> Result<(), Failure> {
        if self.trusted {
            return Ok(());
        }
        Err(Failure::internal(phrase!(
            "the journal could not be written before: nothing more is recorded or released",
            "前にジャーナルを書き込めなかったため、これ以上は記録も書出しもしない"
        )))
    }
}

/// How many bytes at the beginning are complete CBOR items.
fn whole_entries(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Ok((_, next)) = codec::split_first(rest) {
        if next.len() == rest.len() {
            break;
        }
        rest = next;
        if rest.is_empty() {
            break;
        }
    }
    bytes.len() - rest.len()
}

/// Makes the folder where it is missing, and takes it.
fn make_folder(folder: &Path) -> Result<File, Failure> {
    if !folder.exists() {
        fs::DirBuilder::new()
            .mode(0o700)
            .create(folder)
            .map_err(|e| disk(Deed::Make, folder, &e))?;
    }
    take_lock(folder, Hold::Alone)
}

fn take_lock(folder: &Path, hold: Hold) -> Result<File, Failure> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .read(true)
        .write(hold == Hold::Alone)
        .create(hold == Hold::Alone)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|e| disk(Deed::Open, &path, &e))?;
    let operation = match hold {
        Hold::Shared => FlockOperation::NonBlockingLockShared,
        Hold::Alone => FlockOperation::NonBlockingLockExclusive,
    };
    match flock(&file, operation) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(Failure::input(
            phrase!(
                "another signer-device is at work in {folder}",
                "{folder} を別の signer-device が使用中である",
                folder = Named(folder.display())
            ),
            phrase!(
                "Wait until that ceremony has ended; two never run in one state folder.",
                "進行中のセレモニーが終わるまで待ってください。1つの状態フォルダで同時には実行できません。"
            ),
        )),
        Err(error) => Err(disk(Deed::Lock, &path, &error.into())),
    }
}

fn read_all(file: &mut File, path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| disk(Deed::Read, path, &e))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST) {
        return Ok(bytes);
    }
    Err(Failure::input(
        phrase!(
            "{path} is larger than {limit} bytes",
            "{path} が {limit} バイトを超えている",
            path = Named(path.display()),
            limit = LARGEST
        ),
        phrase!(
            "This is no journal of this device. Keep the disk and report it.",
            "この端末のジャーナルではありません。ディスクを保管し報告してください。"
        ),
    ))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Failure> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(|e| disk(Deed::Flush, folder, &e))
}

/// A failure of the state's medium.
fn disk(doing: Deed, path: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Failure::new(
                Kind::Internal,
                phrase!(
                    "the disk is full: cannot {doing} {path}",
                    "ディスクの空き容量がなく、{path} の{doing}に失敗した",
                    doing = doing.phrase(),
                    path = Named(path.display())
                ),
                phrase!(
                    "Nothing was released. Make room on the state's disk, then run the command again.",
                    "何も書き出していません。状態フォルダのディスクに空きを作り、もう一度実行してください。"
                ),
            )
        }
        _ => Failure::file(doing, path, error),
    }
}

#[cfg(test)]
mod tests;

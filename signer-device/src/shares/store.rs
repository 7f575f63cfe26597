//! Files of shares in the state folder: `pin-user-3.shares`, one for each set that may open the token.
//!
//! A set is written whole and flushed before the journal announces it, and deleted only after a login
//! with another one. Which are wanted is the journal's to say.

use std::fs;
use std::path::{Path, PathBuf};

use signer_core::codec;
use signer_core::phrase;
use signer_core::rule::Named;
use signer_core::split::{Credential, PinSplit, ShareSet, Splits};

use crate::failure::{Deed, Failure};
use crate::files::{self, Output};
use crate::journal::sync_folder;

/// Largest file of shares that is read.
const LARGEST: u64 = 64 << 10;

fn path(folder: &Path, credential: Credential, number: u32) -> PathBuf {
    folder.join(format!("pin-{}-{number}.shares", credential.name()))
}

/// Writes a set; the file has its name once it is on the disk.
pub(crate) fn write(folder: &Path, set: &ShareSet) -> Result<(), Failure> {
    let path = path(folder, set.credential, set.number);
    Output::reserve(&path)?.write(&codec::encode(set))
}

/// Reads the set that the journal announced.
pub(crate) fn read(folder: &Path, split: &PinSplit) -> Result<ShareSet, Failure> {
    let path = path(folder, split.credential, split.number);
    let bytes = files::read(&path, LARGEST)?;
    let set = codec::decode::<ShareSet>(&bytes).ok();
    set.filter(|set| set.announcement() == *split)
        .ok_or_else(|| {
            Failure::input(
                phrase!(
                    "{path} is not what the journal announced",
                    "{path} はジャーナルに記録されたシェアではない",
                    path = Named(path.display())
                ),
                phrase!(
                    "Put the file back from a copy of this state folder; nothing else opens the token.",
                    "このフォルダの複製からファイルを元に戻してください。他にトークンを開く方法はありません。"
                ),
            )
        })
}

/// Deletes every set of this PIN but those that may open the token.
pub(crate) fn sweep(folder: &Path, credential: Credential, splits: &Splits) -> Result<(), Failure> {
    let kept: Vec<PathBuf> = [splits.current(), splits.pending()]
        .into_iter()
        .flatten()
        .map(|split| path(folder, credential, split.number))
        .collect();
    let prefix = format!("pin-{}-", credential.name());
    let entries = fs::read_dir(folder).map_err(|e| Failure::file(Deed::List, folder, &e))?;
    for entry in entries {
        let found = entry
            .map_err(|e| Failure::file(Deed::List, folder, &e))?
            .path();
        let name = found.file_name().map(|name| name.to_string_lossy());
        // With a dot in front: what a cut left of a file that never got its name.
        let name = name.unwrap_or_default();
        let name = name.strip_prefix('.').unwrap_or(&name);
        let ours = name.starts_with(&prefix) && name.contains(".shares");
        if ours && !kept.contains(&found) {
            fs::remove_file(&found).map_err(|e| Failure::file(Deed::Delete, &found, &e))?;
        }
    }
    sync_folder(folder)
}

//! What is wrong with a file or its medium, and what to do.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use signer_core::phrase;
use signer_core::rule::{Explained, Named, Phrase};
use signer_core::types::Lang;

use super::{is_full, is_gone};
use crate::system;

/// A file that cannot be read or written.
#[derive(Debug)]
pub struct MediumError {
    path: PathBuf,
    trouble: Trouble,
}

#[derive(Debug)]
pub(super) enum Trouble {
    Empty,
    Left(io::Error),
    NoName,
    NotPlain,
    OtherBytes,
    Read(io::Error),
    Taken,
    TooLarge(u64),
    Write(io::Error),
}

impl MediumError {
    pub(super) fn new(path: &Path, trouble: Trouble) -> Self {
        Self {
            path: path.to_path_buf(),
            trouble,
        }
    }
}

impl Explained for MediumError {
    fn what(&self) -> Phrase {
        let path = Named(self.path.display());
        match &self.trouble {
            Trouble::Empty => phrase!("{path} is empty", "{path} は空である", path = path),
            Trouble::Left(error) => phrase!(
                "{path} was written, but not for sure: {why}",
                "{path} は書き込まれたが、確実ではない: {why}",
                path = path,
                why = system(error)
            ),
            Trouble::NoName => phrase!(
                "{path} is not the name of a file",
                "{path} はファイルの名前ではない",
                path = path
            ),
            Trouble::NotPlain => phrase!(
                "{path} is not a plain file",
                "{path} は通常のファイルではない",
                path = path
            ),
            Trouble::OtherBytes => phrase!(
                "{path} was not written: the medium returns other bytes",
                "{path} に書き込めない: 媒体から異なる内容が読み出された",
                path = path
            ),
            Trouble::Read(error) => phrase!(
                "cannot read {path}: {why}",
                "{path} を読み取れない: {why}",
                path = path,
                why = system(error)
            ),
            Trouble::Taken => {
                phrase!("{path} exists already", "{path} が既にある", path = path)
            }
            Trouble::TooLarge(limit) => phrase!(
                "{path} is larger than {limit} bytes",
                "{path} が {limit} バイトを超えている",
                path = path,
                limit = limit
            ),
            Trouble::Write(error) => phrase!(
                "cannot write {path}: {why}",
                "{path} に書き込めない: {why}",
                path = path,
                why = system(error)
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match &self.trouble {
            Trouble::Empty => phrase!(
                "Copy the file again from where it was made.",
                "作成元からファイルをもう一度コピーしてください。"
            ),
            Trouble::Left(_) => phrase!(
                "Do not use the file: remove it, take another medium and run it again.",
                "そのファイルは使わず削除し、別の媒体で再度実行してください。"
            ),
            Trouble::NoName => phrase!(
                "Give the name of a file that is to be made.",
                "作成するファイルの名前を指定してください。"
            ),
            Trouble::NotPlain => phrase!(
                "Give the file itself: no folder, link, pipe or device.",
                "ファイルそのものを指定してください(フォルダ、リンク、パイプ、デバイスは不可)。"
            ),
            Trouble::OtherBytes => failing(),
            Trouble::Read(error) | Trouble::Write(error) if is_gone(error) => failing(),
            Trouble::Read(error) => match error.kind() {
                ErrorKind::NotFound => phrase!(
                    "Check the name and that the medium is in; the command that makes the file must have ended well.",
                    "名前と、媒体が入っていることを確認してください。作成するコマンドが正常に終わっている必要があります。"
                ),
                _ => phrase!("Check who may read it.", "読取りの権限を確認してください。"),
            },
            Trouble::Taken => phrase!(
                "Choose another name; nothing is ever written over.",
                "別の名前を指定してください。上書きは行いません。"
            ),
            Trouble::TooLarge(_) => phrase!(
                "Give the right file; none of this kind is that large.",
                "正しいファイルを指定してください。この種類でこの大きさのファイルは作られません。"
            ),
            Trouble::Write(error) => unwritable(error),
        }
    }
}

fn failing() -> Phrase {
    phrase!(
        "The medium was taken out or is failing: take another one and run it again.",
        "媒体が取り外されたか、故障しています。別の媒体で再度実行してください。"
    )
}

fn unwritable(error: &io::Error) -> Phrase {
    if is_full(error) {
        return phrase!(
            "The medium is full: free some space or take another one, and run it again.",
            "媒体がいっぱいです。空き容量を確保するか別の媒体で、再度実行してください。"
        );
    }
    match error.kind() {
        ErrorKind::ReadOnlyFilesystem => phrase!(
            "The medium is write-protected: open its switch, or take another one.",
            "媒体が書込み禁止です。スイッチを解除するか、別の媒体を使ってください。"
        ),
        ErrorKind::NotFound => phrase!(
            "Make the folder first, and see that the medium is in.",
            "先にフォルダを作成し、媒体が入っていることを確認してください。"
        ),
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => phrase!(
            "Choose a shorter name of letters, digits, dots and hyphens: not every medium takes others.",
            "英数字、点、ハイフンだけの短い名前にしてください。他の文字を使えない媒体があります。"
        ),
        _ => phrase!(
            "Choose a folder that you may write to.",
            "書込みできるフォルダを指定してください。"
        ),
    }
}

impl fmt::Display for MediumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for MediumError {}

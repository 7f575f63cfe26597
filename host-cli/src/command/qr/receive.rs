//! `qr receive`: a folder of pictures becomes a PSBT.

use std::fs;
use std::path::{Path, PathBuf};

use officer_console::system;
use signer_core::frames::{Direction, Ignored, Limits, Received, Receiver, Shown};
use signer_core::phrase;
use signer_core::psbt::{self, ParsedPsbt, RawPsbt, lean};
use signer_core::rule::{Named, Phrase};

use crate::error::Failure;
use crate::files::{self, Output};
use crate::view::line;
use crate::{combine, house, picture};

/// Reads QR pictures of a folder, in the order of their names, until the PSBT is whole.
///
/// The pictures are decoded in a process of their own. A device answers with what it adds alone: with
/// --request that is put together with the PSBT that the device was asked about, and checked to add
/// one signature for each input and one receipt.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli qr receive --in frames --request request.psbt --out answer.psbt")]
pub(crate) struct Args {
    /// The folder with PNG pictures
    #[arg(long = "in")]
    folder: PathBuf,

    /// What was sent to the device
    #[arg(long)]
    request: Option<PathBuf>,

    /// The PSBT to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let mut receiver = Receiver::awaiting(Limits::OURS, Direction::FromDevice);
        let mut reader = picture::reader()?;
        let mut unread = 0_usize;
        for path in pictures(&self.folder)? {
            match reader.read(&files::read(&path)?) {
                Ok(contents) => take(&mut receiver, &contents)?,
                Err(_) => unread += 1,
            }
            if receiver.message().is_some() {
                break;
            }
        }
        let Some((_, message)) = receiver.message() else {
            return Err(incomplete(&receiver, unread));
        };
        let code = receiver.code();
        out.write(&self.whole(message)?)?;
        if let Some(code) = code {
            line!("transfer code {code}");
        }
        Ok(())
    }

    /// What is written: a PSBT that was read strictly, a lean answer completed by its request.
    fn whole(&self, message: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let request = self.request.as_deref().map(house::psbt).transpose()?;
        let received = RawPsbt::parse(&message).ok();
        let Some(answer) = received.filter(lean::is_answer) else {
            return Ok(ParsedPsbt::parse(message)?.raw().to_bytes());
        };
        let bytes = message.len();
        let Some(request) = request else {
            line!("lean: {bytes} bytes, which need the request");
            return Ok(message);
        };
        let whole = combine::complete(request.raw(), &answer)?;
        line!("lean: {bytes} of {} bytes", whole.bytes().len());
        let whole = ParsedPsbt::parse_within(whole.into_bytes(), psbt::Limits::HEAVY)?;
        Ok(whole.raw().to_bytes())
    }
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::input(
            phrase!(
                "cannot read folder {path}: {why}",
                "フォルダ {path} を読み取れない: {why}",
                path = Named(folder.display()),
                why = system(&error)
            ),
            folder_of_pictures(),
        )
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("png"))
        {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(Failure::input(
            phrase!(
                "there is no PNG picture in {path}",
                "{path} にPNG画像がない",
                path = Named(folder.display())
            ),
            folder_of_pictures(),
        ));
    }
    paths.sort();
    Ok(paths)
}

fn folder_of_pictures() -> Phrase {
    phrase!(
        "give the folder with the pictures",
        "画像のあるフォルダを指定してください。"
    )
}

fn take(receiver: &mut Receiver, contents: &[Shown]) -> Result<(), Failure> {
    for shown in contents {
        match receiver.receive(shown) {
            Received::Alarm { why } => return Err(Failure::explained(&why)),
            Received::Ignored {
                why: Ignored::WrongWay(wrong),
            } => return Err(Failure::explained(&wrong)),
            _ => {}
        }
    }
    Ok(())
}

fn incomplete(receiver: &Receiver, unread: usize) -> Failure {
    let what = match (receiver.missing(), receiver.fragments()) {
        (Some(missing), Some(all)) => phrase!(
            "{missing} of {all} frames are missing",
            "フレーム {all} 枚中 {missing} 枚が足りない",
            missing = missing,
            all = all
        ),
        _ => phrase!(
            "no frame of a PSBT was found",
            "PSBTのフレームが見つからない"
        ),
    };
    Failure::input(
        phrase!(
            "{what}; {unread} pictures could not be read",
            "{what}。読み取れない画像 {unread} 枚",
            what = what,
            unread = unread
        ),
        phrase!(
            "take the pictures again, or send some spare ones: `host-cli qr send --spare`",
            "画像を撮り直すか、予備を付けて送ってください: `host-cli qr send --spare`"
        ),
    )
}

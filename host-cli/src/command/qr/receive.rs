//! `qr receive`: a folder of pictures, or what a camera sees, becomes a PSBT.

use std::fs;
use std::path::{Path, PathBuf};

use officer_console::{Stage, system};
use optics::draw;
use optics::intake::{self, Ended, IntakeError};
use optics::source::{self, Source};
use signer_core::cose::peek;
use signer_core::frames::{Content, Direction, Follower, Ignored, Limits, Received, Shown};
use signer_core::phrase;
use signer_core::psbt::{self, ParsedPsbt, RawPsbt, lean};
use signer_core::rule::{Named, Phrase};
use signer_core::transcript::Seal;
use signer_core::types::Lang;

use crate::error::Failure;
use crate::files::{self, Output};
use crate::view::line;
use crate::{combine, house, picture};

/// Reads QR pictures of a folder, in the order of their names, or before a camera, until the PSBT is whole.
///
/// Before a camera (`--camera /dev/video0` in place of `--in`) the screen shows how many frames are still
/// needed, and which; q aborts.
///
/// The pictures are decoded in a process of their own. A device answers with what it adds alone: with
/// --request that is put together with the PSBT that the device was asked about, and checked to add
/// one signature for each input and one receipt.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli qr receive --in frames --request request.psbt --out answer.psbt")]
pub(crate) struct Args {
    /// The folder with PNG pictures
    #[arg(long = "in", value_name = "FOLDER", required_unless_present = "camera")]
    folder: Option<PathBuf>,

    /// A camera in place of the folder, or a recorded stream of one
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, default_missing_value = source::USUAL,
        conflicts_with = "folder")]
    camera: Option<PathBuf>,

    /// What was sent to the device
    #[arg(long)]
    request: Option<PathBuf>,

    /// The PSBT to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, lang: Lang) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let mut receiver = Follower::awaiting(Limits::OURS, Direction::FromDevice);
        let unread = match (&self.folder, &self.camera) {
            (Some(folder), _) => from_folder(folder, &mut receiver)?,
            (None, camera) => {
                let camera = camera.as_deref().unwrap_or(Path::new(source::USUAL));
                from_camera(camera, &mut receiver, lang)?
            }
        };
        let Some((content, message)) = receiver.message() else {
            return Err(incomplete(&receiver, unread));
        };
        let code = receiver.code();
        if content == Content::Other && is_refusal(&message) {
            line!("{}", refusal_came().text(lang));
            out.write(&message)?;
        } else {
            out.write(&self.whole(message)?)?;
        }
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

/// Reads pictures until the message is there; says how many could not be read.
fn from_folder(folder: &Path, receiver: &mut Follower) -> Result<usize, Failure> {
    let mut reader = picture::reader()?;
    let mut unread = 0;
    for path in pictures(folder)? {
        match reader.read(&files::read(&path)?) {
            Ok(contents) => take(receiver, &contents)?,
            Err(_) => unread += 1,
        }
        if receiver.message().is_some() {
            break;
        }
    }
    Ok(unread)
}

/// The same before a camera, with a person who sees how far it is.
fn from_camera(path: &Path, receiver: &mut Follower, lang: Lang) -> Result<usize, Failure> {
    let mut source = Source::open(path).map_err(|error| Failure::explained(&error))?;
    let mut reader = picture::reader()?;
    let ended = Stage::stdio()
        .map_err(IntakeError::from)
        .and_then(|mut stage| intake::run(&mut source, &mut reader, receiver, lang, &mut stage));
    match ended.map_err(|error| Failure::explained(&error))? {
        Ended::Whole | Ended::Over => Ok(0),
        Ended::Aborted => Err(Failure::officer(
            phrase!("the transfer was aborted", "転送を中止"),
            phrase!(
                "nothing was written; run the command again",
                "何も書き込んでいません。コマンドを再度実行してください。"
            ),
        )),
    }
}

fn refusal_came() -> Phrase {
    phrase!(
        "NO PSBT: the device refused. `host-cli psbt refused` reads its receipt",
        "PSBTではありません。端末が拒否しました。受領証は `host-cli psbt refused` で確認できます"
    )
}

/// What a device shows in the place of an answer, not verified.
fn is_refusal(message: &[u8]) -> bool {
    peek::<Seal>(message).is_ok_and(|seal| seal.not_signed.is_some())
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
        if draw::is_picture(&path) {
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

fn take(receiver: &mut Follower, contents: &[Shown]) -> Result<(), Failure> {
    for shown in contents {
        match receiver.receive(shown).0 {
            Received::Alarm { why } => return Err(Failure::explained(&why)),
            Received::Ignored {
                why: Ignored::WrongWay(wrong),
            } => return Err(Failure::explained(&wrong)),
            _ => {}
        }
    }
    Ok(())
}

fn incomplete(receiver: &Follower, unread: usize) -> Failure {
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

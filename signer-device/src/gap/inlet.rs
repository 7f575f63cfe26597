//! In: exactly one PSBT, from a file, a folder of pictures or a camera.

use std::fs;
use std::path::{Path, PathBuf};

use officer_console::{Stage, system};
use optics::child::Reader;
use optics::draw;
use optics::intake::{self, Ended, IntakeError};
use optics::source::Source;
use signer_core::frames::{
    Content, Direction, Follower, Form, Ignored, Limits, Received, Shown, TransferCode,
};
use signer_core::phrase;
use signer_core::psbt::{self, limits};
use signer_core::rule::{Explained, Named, Phrase};
use signer_core::transcript::Channel;
use signer_core::types::Lang;

use crate::console::Console;
use crate::failure::{Deed, Failure};
use crate::files;
use crate::plan::Entry;

/// The hidden subcommand that reads pictures.
pub(crate) const CHILD: &str = "decode-picture";
/// Most pictures in a folder.
const PICTURES: usize = 20_000;

/// Where the PSBT comes from. Made before anything secret is loaded: the child that reads pictures is
/// started here.
#[derive(Debug)]
pub(crate) enum Inlet {
    /// A file.
    File(PathBuf),
    /// Pictures, and the child that reads them.
    Pictures(PathBuf, Box<Reader>),
    /// A camera, and the child that reads what it sees.
    Camera(Box<Source>, Box<Reader>),
}

impl Inlet {
    /// Opens the way in.
    pub(crate) fn open(entry: &Entry) -> Result<Self, Failure> {
        match entry {
            Entry::Path(path) => Self::at(path),
            Entry::Camera(path) => {
                let source = Source::open(path).map_err(|error| Failure::explained(&error))?;
                Ok(Self::Camera(Box::new(source), Box::new(child()?)))
            }
        }
    }

    fn at(path: &Path) -> Result<Self, Failure> {
        let about = fs::metadata(path).map_err(|e| Failure::file(Deed::Read, path, &e))?;
        if about.is_file() && about.len() == 0 {
            return Err(Failure::input(
                phrase!(
                    "{path} is empty",
                    "{path} は空である",
                    path = Named(path.display())
                ),
                phrase!(
                    "Copy the PSBT again from the host.",
                    "ホストからPSBTをもう一度コピーしてください。"
                ),
            ));
        }
        if !about.is_dir() {
            return Ok(Self::File(path.to_path_buf()));
        }
        Ok(Self::Pictures(path.to_path_buf(), Box::new(child()?)))
    }

    /// Reads exactly one PSBT, and tells how it came.
    pub(crate) fn read(self, console: &mut Console) -> Result<(Vec<u8>, Channel), Failure> {
        match self {
            Self::File(path) => {
                let limit = u64::try_from(limits::HEAVY_FILE_BYTES).unwrap_or(u64::MAX);
                // Base64 is a third longer, with line breaks a little more.
                let bytes = files::read(&path, limit.saturating_mul(2))?;
                Ok((unarmoured(bytes, &path)?, Channel::File))
            }
            Self::Pictures(folder, mut reader) => from_pictures(&folder, &mut reader, console),
            Self::Camera(mut source, mut reader) => from_camera(&mut source, &mut reader, console),
        }
    }
}

/// The process that reads pictures.
fn child() -> Result<Reader, Failure> {
    let program = std::env::current_exe().map_err(|e| unread(&system(&e)))?;
    Reader::spawn(program, &[CHILD]).map_err(|e| unread(&e.what()))
}

/// The picture reader did not start.
fn unread(why: &Phrase) -> Failure {
    Failure::internal(phrase!(
        "the picture reader does not start: {why}",
        "画像読取りを開始できない: {why}",
        why = why
    ))
}

/// Binary as it is; base64 decoded.
fn unarmoured(bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>, Failure> {
    psbt::unarmoured(bytes).ok_or_else(|| {
        Failure::input(
            phrase!(
                "{path} is no PSBT, neither binary nor base64",
                "{path} はPSBT(バイナリまたはbase64)ではない",
                path = Named(path.display())
            ),
            phrase!(
                "Export the PSBT again from the host; give that one file.",
                "ホストからPSBTを書き出し直し、その1ファイルを指定してください。"
            ),
        )
    })
}

fn from_pictures(
    folder: &Path,
    reader: &mut Reader,
    console: &mut Console,
) -> Result<(Vec<u8>, Channel), Failure> {
    let pictures = pictures_in(folder)?;
    let limit = u64::try_from(optics::read::FILE_LIMIT).unwrap_or(u64::MAX);
    let mut receiver = Follower::awaiting(Limits::OURS, Direction::ToDevice);
    for path in &pictures {
        let contents = match reader.read(&files::read(path, limit)?) {
            Ok(contents) => contents,
            Err(error) => {
                let what = error.what();
                let what = what.text(console.lang());
                console.notice(&format!("{}: {what}", path.display()))?;
                continue;
            }
        };
        for shown in &contents {
            take_frame(&mut receiver, shown, path, console)?;
        }
        if let Some(received) = received(&receiver, console)? {
            return Ok(received);
        }
    }
    let missing = missing(&receiver);
    Err(Failure::input(
        phrase!(
            "the {count} pictures in {folder} hold no whole message: {missing}",
            "{folder} の画像 {count} 枚では1つの内容が揃わない: {missing}",
            count = pictures.len(),
            folder = Named(folder.display()),
            missing = missing
        ),
        phrase!(
            "Take the pictures again from the host's screen, all of one transfer.",
            "ホスト画面から1回の転送の全画像を撮影し直してください。"
        ),
    ))
}

/// The message, once it is there, and how it came.
fn received(
    receiver: &Follower,
    console: &mut Console,
) -> Result<Option<(Vec<u8>, Channel)>, Failure> {
    let Some((content, message)) = receiver.message() else {
        return Ok(None);
    };
    let channel = Channel::of(receiver.form().unwrap_or(Form::Ur));
    let message = whole_message(content, message, receiver.code(), console)?;
    Ok(Some((message, channel)))
}

fn missing(receiver: &Follower) -> Phrase {
    receiver.missing().map_or_else(
        || {
            phrase!(
                "no frame of a PSBT was found in them",
                "PSBTのフレームが見つからない"
            )
        },
        |count| {
            phrase!(
                "{count} more are needed",
                "あと {count} 枚必要",
                count = count
            )
        },
    )
}

/// What a camera sees, with people who see how far it is.
fn from_camera(
    source: &mut Source,
    reader: &mut Reader,
    console: &mut Console,
) -> Result<(Vec<u8>, Channel), Failure> {
    let mut receiver = Follower::awaiting(Limits::OURS, Direction::ToDevice);
    let ended = Stage::stdio().map_err(IntakeError::from);
    let ended = ended.and_then(|mut stage| {
        intake::run(source, reader, &mut receiver, console.lang(), &mut stage)
    });
    let ended = ended.map_err(|error| Failure::explained(&error))?;
    if ended == Ended::Aborted {
        return Err(Failure::officer(phrase!(
            "the transfer was aborted at the camera",
            "カメラでの転送を中止"
        )));
    }
    received(&receiver, console)?.ok_or_else(|| {
        Failure::input(
            phrase!(
                "the recorded stream holds no whole message: {missing}",
                "録画では1つの内容が揃わない: {missing}",
                missing = missing(&receiver)
            ),
            phrase!(
                "Record it again, all of one transfer.",
                "1回の転送全体を録画し直してください。"
            ),
        )
    })
}

fn take_frame(
    receiver: &mut Follower,
    shown: &Shown,
    path: &Path,
    console: &mut Console,
) -> Result<(), Failure> {
    match receiver.receive(shown).0 {
        Received::Ignored {
            why: Ignored::WrongWay(wrong),
        } => Err(Failure::explained(&wrong)),
        Received::Ignored { why } => {
            let sentence = why.sentence(console.lang());
            console.notice(&format!("{}: {sentence}", path.display()))
        }
        Received::Alarm { why } => Err(Failure::explained(&why)),
        _ => Ok(()),
    }
}

fn whole_message(
    content: Content,
    message: Vec<u8>,
    code: Option<TransferCode>,
    console: &mut Console,
) -> Result<Vec<u8>, Failure> {
    if content == Content::Other {
        return Err(Failure::input(
            phrase!(
                "the pictures hold some other message, not a PSBT",
                "画像の内容がPSBTではない"
            ),
            phrase!(
                "Show the PSBT on the host's screen and take its pictures.",
                "ホスト画面にPSBTを表示し、撮影し直してください。"
            ),
        ));
    }
    if let Some(code) = code {
        let text = match console.lang() {
            Lang::En => format!("transfer code {code} (compare with the host's screen)"),
            Lang::Ja => format!("転送コード {code}(ホストの画面と照合)"),
        };
        console.say(&text)?;
    }
    Ok(message)
}

fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e: std::io::Error| Failure::file(Deed::List, folder, &e);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if draw::is_picture(&path) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() || found.len() > PICTURES {
        return Err(Failure::input(
            phrase!(
                "{folder} holds {count} pictures (*.png)",
                "{folder} の画像(*.png)が {count} 枚である",
                folder = Named(folder.display()),
                count = found.len()
            ),
            phrase!(
                "Give a folder with the pictures of one transfer.",
                "1回の転送の画像が入ったフォルダを指定してください。"
            ),
        ));
    }
    Ok(found)
}

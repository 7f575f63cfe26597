//! The air gap: one PSBT in, as a file or as pictures; one PSBT out, as a file, as pictures or as
//! both. What the bytes mean is judged in signer-core.

use std::fs;
use std::path::{Path, PathBuf};

use optics::child::Reader;
use optics::draw;
use signer_core::frames::{
    Content, FRAGMENT_LEN, Limits, Received, Receiver, Sender, TransferCode, UrType,
};
use signer_core::psbt::{self, limits};
use signer_core::types::Lang;

use crate::console::Console;
use crate::failure::Failure;
use crate::files::{self, Output};

/// The hidden subcommand that reads pictures.
pub(crate) const CHILD: &str = "decode-picture";
/// Most pictures in a folder.
const PICTURES: usize = 20_000;
/// Parts beyond the plain ones that are drawn, in hundredths: any of them replaces one that the
/// other side missed.
const SPARE_PERCENT: usize = 20;

/// Where the PSBT comes from. Made before anything secret is loaded: a folder of pictures starts
/// its reading child here.
#[derive(Debug)]
pub(crate) enum Inlet {
    /// A file.
    File(PathBuf),
    /// Pictures, and the child that reads them.
    Pictures(PathBuf, Box<Reader>),
}

impl Inlet {
    /// Opens the way in.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let about = fs::metadata(path).map_err(|e| Failure::file("read", path, e))?;
        if about.is_file() && about.len() == 0 {
            return Err(Failure::input(
                format_args!("{} is empty", path.display()),
                "Copy the PSBT again from the host.",
            ));
        }
        if !about.is_dir() {
            return Ok(Self::File(path.to_path_buf()));
        }
        let program = std::env::current_exe().map_err(Failure::internal)?;
        let reader = Reader::spawn(program, &[CHILD]).map_err(Failure::internal)?;
        Ok(Self::Pictures(path.to_path_buf(), Box::new(reader)))
    }

    /// Reads exactly one PSBT.
    pub(crate) fn read(self, console: &mut Console) -> Result<Vec<u8>, Failure> {
        match self {
            Self::File(path) => {
                let limit = u64::try_from(limits::HEAVY_FILE_BYTES).unwrap_or(u64::MAX);
                // Base64 is a third longer, with line breaks a little more.
                let bytes = files::read(&path, limit.saturating_mul(2))?;
                unarmoured(bytes, &path)
            }
            Self::Pictures(folder, mut reader) => from_pictures(&folder, &mut reader, console),
        }
    }
}

/// Binary as it is; base64 decoded.
fn unarmoured(bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>, Failure> {
    psbt::unarmoured(bytes).ok_or_else(|| {
        Failure::input(
            format_args!("{} is no PSBT, neither binary nor base64", path.display()),
            "Export the PSBT again from the host; give that one file.",
        )
    })
}

fn from_pictures(
    folder: &Path,
    reader: &mut Reader,
    console: &mut Console,
) -> Result<Vec<u8>, Failure> {
    let pictures = pictures_in(folder)?;
    let limit = u64::try_from(optics::read::FILE_LIMIT).unwrap_or(u64::MAX);
    let mut receiver = Receiver::new(Limits::OURS);
    for path in &pictures {
        let texts = match reader.read(&files::read(path, limit)?) {
            Ok(texts) => texts,
            Err(error) => {
                let error = error.to_string();
                let what = error.lines().next().unwrap_or_default();
                console.notice(&format!("{}: {what}", path.display()))?;
                continue;
            }
        };
        for text in texts {
            take_frame(&mut receiver, &text, path, console)?;
        }
        if let Some((content, message)) = receiver.message() {
            return whole_message(content, message, receiver.code(), console);
        }
    }
    let missing = receiver.missing().map_or_else(
        || "no frame of a PSBT was found in them".to_owned(),
        |count| format!("{count} more are needed"),
    );
    Err(Failure::input(
        format_args!(
            "the {} pictures in {} hold no whole message: {missing}",
            pictures.len(),
            folder.display()
        ),
        "Take the pictures again from the host's screen, all of one transfer.",
    ))
}

fn take_frame(
    receiver: &mut Receiver,
    text: &str,
    path: &Path,
    console: &mut Console,
) -> Result<(), Failure> {
    match receiver.receive(text) {
        Received::Ignored { why } => {
            let sentence = why.sentence(console.lang());
            console.notice(&format!("{}: {sentence}", path.display()))
        }
        Received::Alarm { why } => Err(Failure::input(
            why.sentence(Lang::En),
            "Begin the transfer again from the start; if it happens twice, report it.",
        )),
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
            "the pictures hold some other message, not a PSBT",
            "Show the PSBT on the host's screen and take its pictures.",
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
    let failed = |e| Failure::file("list", folder, e);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("png"))
        {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() || found.len() > PICTURES {
        return Err(Failure::input(
            format_args!(
                "{} holds {} pictures (*.png)",
                folder.display(),
                found.len()
            ),
            "Give a folder with the pictures of one transfer.",
        ));
    }
    Ok(found)
}

/// Where the signed PSBT goes. Made before anything is asked.
#[derive(Debug)]
pub(crate) enum Outlet {
    /// A new file.
    File(Output),
    /// A folder for pictures.
    Pictures(PathBuf),
}

impl Outlet {
    /// Makes sure that the way out is free.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if !path.is_dir() {
            return Output::reserve(path).map(Self::File);
        }
        if fs::symlink_metadata(picture_path(path, 1)).is_ok() {
            return Err(Failure::input(
                format_args!("{} already holds pictures of a transfer", path.display()),
                "Give an empty folder; nothing is ever written over.",
            ));
        }
        // Also shows whether the folder can be written.
        drop(Output::reserve(&picture_path(path, 1))?);
        Ok(Self::Pictures(path.to_path_buf()))
    }

    /// Writes the PSBT out.
    pub(crate) fn write(self, psbt: &[u8], console: &mut Console) -> Result<(), Failure> {
        match self {
            Self::File(output) => {
                let path = output.path().display().to_string();
                output.write(psbt)?;
                console.wrote(&format!("wrote {path}"))
            }
            Self::Pictures(folder) => draw_all(psbt, &folder, console),
        }
    }
}

fn draw_all(psbt: &[u8], folder: &Path, console: &mut Console) -> Result<(), Failure> {
    let sender = Sender::new(UrType::CryptoPsbt, psbt, FRAGMENT_LEN).map_err(|e| {
        Failure::input(
            format_args!("the PSBT does not go into pictures: {e}"),
            "Export it as a file: run the ceremony with --out FILE.",
        )
    })?;
    let plain = sender.plain_parts();
    let spare = if plain > 1 {
        (plain * SPARE_PERCENT).div_ceil(100)
    } else {
        0
    };
    for (number, frame) in (1_usize..).zip(sender.frames().take(plain + spare)) {
        let picture = draw::png(&frame, draw::SCALE).map_err(Failure::internal)?;
        Output::reserve(&picture_path(folder, number))?.write(&picture)?;
    }
    let (count, code) = (plain + spare, sender.code());
    console.wrote(&format!(
        "wrote {count} pictures to {} (transfer code {code})",
        folder.display()
    ))
}

fn picture_path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("part-{number:05}.png"))
}

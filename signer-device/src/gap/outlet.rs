//! Out: what a sealed session released, or the receipt of its refusal.

use std::fs;
use std::path::{Path, PathBuf};

use officer_console::Stage;
use optics::density::Density;
use optics::draw;
use optics::projector::{self, ProjectorError, Settings};
use optics::sheet;
use signer_core::frames::{Content, Direction, Form, Sender, SenderError, UrType};
use signer_core::phrase;
use signer_core::rule::{Explained, Named};
use signer_core::transcript::{Released, SealedSession};
use signer_core::types::{Lang, SessionNumber};

use crate::console::Console;
use crate::failure::Failure;
use crate::files::Output;
use crate::plan::Codes;

/// Parts beyond the plain ones that are drawn at least, in hundredths: chosen so that any two
/// pictures may be missed.
const SPARE_PERCENT: usize = 20;

/// Where the signed PSBT goes. Made before anything is asked.
#[derive(Debug)]
pub(crate) enum Outlet {
    /// A new file.
    File(Output),
    /// A folder for pictures, and how large codes are.
    Pictures(PathBuf, Density),
    /// A page to be printed, and how large codes are.
    Sheet(Output, Density),
}

impl Outlet {
    /// All ways out.
    pub(crate) fn all(outputs: &[PathBuf], codes: &Codes) -> Result<Vec<Self>, Failure> {
        let density = codes.density;
        let sheet = codes.sheet.as_deref().map(|path| {
            let output = Output::reserve(path)?;
            Ok(Self::Sheet(output, density))
        });
        let files = outputs.iter().map(|path| Self::open(path, density));
        files.chain(sheet).collect()
    }

    /// Makes sure that the way out is free.
    fn open(path: &Path, density: Density) -> Result<Self, Failure> {
        if !path.is_dir() {
            return Output::reserve(path).map(Self::File);
        }
        if fs::symlink_metadata(picture_path(path, 1)).is_ok() {
            return Err(Failure::input(
                phrase!(
                    "{path} already holds pictures of a transfer",
                    "{path} に既に転送の画像がある",
                    path = Named(path.display())
                ),
                phrase!(
                    "Give an empty folder; nothing is ever written over.",
                    "空のフォルダを指定してください。上書きは行いません。"
                ),
            ));
        }
        // Also shows whether the folder can be written.
        drop(Output::reserve(&picture_path(path, 1))?);
        Ok(Self::Pictures(path.to_path_buf(), density))
    }

    /// Writes out what was released: the whole PSBT into a file, the lean answer into pictures in this
    /// form.
    pub(crate) fn write(
        self,
        released: &Released,
        form: Form,
        console: &mut Console,
    ) -> Result<(), Failure> {
        match self {
            Self::File(output) => {
                let path = output.path().display().to_string();
                output.write(released.psbt())?;
                console.wrote(&format!("wrote {path}"))
            }
            Self::Sheet(output, density) => {
                let sender = sender(released.answer(), form, density).map_err(|e| uncut(&e))?;
                write_sheet(output, &sender, console)
            }
            Self::Pictures(folder, density) => {
                let cut = sender(released.answer(), form, density);
                draw_all(&cut.map_err(|error| uncut(&error))?, &folder, console)?;
                let (lean, whole) = (released.answer().len(), released.psbt().len());
                console.say(&match console.lang() {
                    Lang::En => format!(
                        "the pictures hold this device's answer: {lean} bytes; the whole PSBT has {whole}"
                    ),
                    Lang::Ja => {
                        format!("画像の内容はこの端末の回答 {lean} バイト(PSBT全体は {whole} バイト)")
                    }
                })
            }
        }
    }
}

impl Outlet {
    /// Writes out, in the place of an answer, the seal of a session that read the PSBT and did not sign
    /// it: into a file of its own, for what has the name of a signed PSBT must be one.
    pub(crate) fn refuse(
        self,
        sealed: &SealedSession,
        form: Form,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let seal = sealed.signed();
        match self {
            Self::File(output) => {
                let path = refusal_path(output.path(), sealed.seal().session);
                Output::reserve(&path)?.write(seal)?;
                console.wrote(&format!("wrote {}", path.display()))?;
            }
            Self::Sheet(output, density) => {
                let sender = refusal(seal, form, density).map_err(|e| uncut(&e))?;
                write_sheet(output, &sender, console)?;
            }
            Self::Pictures(folder, density) => {
                let sender = refusal(seal, form, density).map_err(|e| uncut(&e))?;
                draw_all(&sender, &folder, console)?;
            }
        }
        console.say(match console.lang() {
            Lang::En => "the host learns of the refusal: it is this device's receipt, and no PSBT",
            Lang::Ja => "拒否をホストに伝えるものです(この端末の受領証であり、PSBTではありません)",
        })
    }
}

/// Beside the PSBT that was not made; the next session may refuse as well.
fn refusal_path(out: &Path, session: SessionNumber) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(format!(".refused-{session}"));
    PathBuf::from(name)
}

fn write_sheet(output: Output, sender: &Sender, console: &mut Console) -> Result<(), Failure> {
    let path = output.path().display().to_string();
    let page = sheet::html(sender, spare(sender));
    output.write(page.map_err(|e| Failure::internal(e.what()))?.as_bytes())?;
    console.wrote(&format!("wrote {path} (transfer code {})", sender.code()))
}

fn uncut(error: &SenderError) -> Failure {
    Failure::input(
        phrase!(
            "the PSBT does not go into pictures: {why}",
            "PSBTを画像にできない: {why}",
            why = error.what()
        ),
        phrase!(
            "Export it as a file: run the ceremony with --out FILE.",
            "--out FILE を指定し、ファイルとして書き出してください。"
        ),
    )
}

fn spare(sender: &Sender) -> usize {
    (sender.plain_parts() * SPARE_PERCENT).div_ceil(100)
}

fn draw_all(sender: &Sender, folder: &Path, console: &mut Console) -> Result<(), Failure> {
    let series = sender.series(spare(sender));
    for (number, frame) in (1_usize..).zip(&series) {
        let picture = draw::png(frame, draw::SCALE).map_err(|e| Failure::internal(e.what()))?;
        Output::reserve(&picture_path(folder, number))?.write(&picture)?;
    }
    let (count, code) = (series.len(), sender.code());
    console.wrote(&format!(
        "wrote {count} pictures to {} (transfer code {code})",
        folder.display()
    ))
}

/// Shows the answer on the device's own screen, until a person ends it. Nothing is recorded: it was
/// released before.
pub(crate) fn show(
    released: &Released,
    form: Form,
    codes: &Codes,
    lang: Lang,
) -> Result<(), Failure> {
    project(
        |density| sender(released.answer(), form, density),
        codes,
        lang,
    )
}

/// Shows the receipt of a refusal, a `seal`, in the same way. Nothing is recorded: the session is sealed.
pub(crate) fn show_refusal(
    seal: &[u8],
    form: Form,
    codes: &Codes,
    lang: Lang,
) -> Result<(), Failure> {
    project(|density| refusal(seal, form, density), codes, lang)
}

fn project(
    cut: impl Fn(Density) -> Result<Sender, SenderError>,
    codes: &Codes,
    lang: Lang,
) -> Result<(), Failure> {
    let Some(pace) = codes.shown else {
        return Ok(());
    };
    let density = codes.density;
    let shown = Stage::stdio()
        .map_err(ProjectorError::from)
        .and_then(|mut stage| projector::run(cut, Settings { density, pace }, lang, &mut stage));
    shown.map_err(|error| Failure::explained(&error))
}

/// The answer in the form in which the request came.
fn sender(psbt: &[u8], form: Form, density: Density) -> Result<Sender, SenderError> {
    let each = density.fragment_len(form);
    match form {
        Form::Bytes => Sender::bytes(Direction::FromDevice, Content::Psbt, psbt, each),
        Form::Bbqr => Sender::bbqr(psbt, each),
        Form::Ur | Form::Specter | Form::Base64 => Sender::new(UrType::CryptoPsbt, psbt, each),
    }
}

/// The receipt of a refusal, so that no reader takes it for a PSBT.
fn refusal(seal: &[u8], form: Form, density: Density) -> Result<Sender, SenderError> {
    let each = density.fragment_len(form);
    match form {
        Form::Bytes => Sender::bytes(Direction::FromDevice, Content::Other, seal, each),
        _ => Sender::new(UrType::Bytes, seal, each),
    }
}

fn picture_path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("part-{number:05}.png"))
}

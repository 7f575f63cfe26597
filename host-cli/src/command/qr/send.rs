//! `qr send`: a PSBT becomes a folder of pictures, codes on the terminal, or a page to be printed.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use officer_console::Stage;
use optics::density::{Density, Pace};
use optics::draw::{self, DrawError};
use optics::intake::{self, IntakeError};
use optics::projector::{self, ProjectorError, Settings};
use optics::sheet;
use optics::source::{self, Source};
use signer_core::frames::{Content, Direction, Form, Hello, Sender, SenderError, UrType};
use signer_core::phrase;
use signer_core::psbt::{ParsedPsbt, RawPsbt};
use signer_core::rule::Named;
use signer_core::types::Lang;

use crate::error::Failure;
use crate::files::{self, Output};
use crate::picture;
use crate::view::line;
use crate::{artefact, house};

/// Draws a PSBT as frames, one PNG picture for each, shows them on the terminal, or on a page to be printed.
///
/// While they are shown: + and - change the size of the codes, > and < the speed, the space bar holds one, q
/// ends.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli qr send --psbt request.psbt --out frames --spare 4")]
pub(crate) struct Args {
    /// The PSBT
    #[arg(long)]
    psbt: PathBuf,

    /// How the frames are written: Coldcard reads BBQr, most others and signer-device UR
    #[arg(long, value_enum, default_value_t = Format::Ur)]
    format: Format,

    /// Leave out what devices of this wallet rebuild themselves: fewer pictures, for signer-device
    /// alone
    #[arg(long, value_name = "WALLET")]
    lean: Option<PathBuf>,

    /// A picture of the code that `signer-device hello` drew: with it the frames are of the fastest form
    /// that this device reads, and so is its answer
    #[arg(long, value_name = "PICTURE", conflicts_with = "format")]
    hello: Option<PathBuf>,

    /// The same code before a camera (or a recorded stream of one), from the device's screen: `signer-device
    /// hello --show`
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, default_missing_value = source::USUAL,
        conflicts_with_all = ["format", "hello"])]
    hello_camera: Option<PathBuf>,

    /// How large codes are: the QR version of full ones
    #[arg(long, value_name = "VERSION", default_value_t = Density::USUAL.version(),
        value_parser = clap::value_parser!(u8).range(5..=40))]
    density: u8,

    /// Bytes of the PSBT in each picture, in place of --density
    #[arg(long, conflicts_with_all = ["density", "show"])]
    fragment: Option<usize>,

    /// Further pictures; without it every fifth, and with UR as many as any two lost pictures need
    #[arg(long)]
    spare: Option<usize>,

    /// The folder to be made, with frame-0001.png and so on
    #[arg(long, required_unless_present_any = ["show", "sheet"])]
    out: Option<PathBuf>,

    /// One picture more: all frames, animated, to be shown to a camera
    #[arg(long, requires = "out")]
    animation: Option<PathBuf>,

    /// Show the codes on the terminal, as large as --density and the window allow
    #[arg(long)]
    show: bool,

    /// A page to be printed: all codes on A4, no script
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,

    /// Frames that are shown in a second, on the terminal and by the animation
    #[arg(long, default_value_t = Pace::USUAL.frames(),
        value_parser = clap::value_parser!(u8).range(1..=30))]
    fps: u8,
}

impl Args {
    pub(super) fn run(&self, lang: Lang) -> Result<(), Failure> {
        let parsed = house::psbt(&self.psbt)?;
        let lean = self.lean(&parsed)?;
        let sent = lean.as_ref().map_or(parsed.bytes(), RawPsbt::bytes);
        let form = match (&self.hello, &self.hello_camera) {
            (Some(picture), _) => greeted(picture)?.fastest(),
            (None, Some(camera)) => greeted_before(camera, lang)?.fastest(),
            (None, None) => self.format.form(),
        };
        let each = self
            .fragment
            .unwrap_or_else(|| self.density().fragment_len(form));
        let sender = sender(form, sent, each).map_err(|error| {
            Failure::told(
                &phrase!(
                    "the PSBT cannot be sent as pictures",
                    "PSBTを画像で送れない"
                ),
                &error,
            )
        })?;
        if let Some(path) = &self.sheet {
            let spare = self.spare.unwrap_or_else(|| spare(form, &sender));
            let page = sheet::html(&sender, spare).map_err(undrawn)?;
            Output::reserve(path)?.write(page.as_bytes())?;
        }
        let drawn = self.out.as_deref();
        let drawn = drawn
            .map(|folder| self.draw(&sender, form, folder))
            .transpose()?;
        if self.show {
            self.project(form, sent, lang)?;
        }
        if let Some(lean) = &lean {
            let (sent, whole) = (lean.bytes().len(), parsed.bytes().len());
            line!("lean: {sent} of {whole} bytes");
        }
        match drawn {
            Some(count) => line!("{count} pictures, transfer code {}", sender.code()),
            None => line!("transfer code {}", sender.code()),
        }
        Ok(())
    }

    fn density(&self) -> Density {
        Density::of_version(self.density).unwrap_or(Density::USUAL)
    }

    fn pace(&self) -> Pace {
        Pace::of_frames(self.fps).unwrap_or(Pace::USUAL)
    }

    /// The folder of pictures, and the animated one; says how many.
    fn draw(&self, sender: &Sender, form: Form, folder: &Path) -> Result<usize, Failure> {
        let spare = self.spare.unwrap_or_else(|| spare(form, sender));
        let series = match spare {
            0 => sender.frames().take(sender.plain_parts()).collect(),
            spare => sender.series(spare),
        };
        let animation = self.animation.as_deref().map(Output::reserve).transpose()?;
        files::new_folder(folder, || {
            for (place, text) in series.iter().enumerate() {
                let picture = draw::png(text, draw::SCALE).map_err(undrawn)?;
                let path = folder.join(format!("frame-{:04}.png", place + 1));
                Output::reserve(&path)?.write(&picture)?;
            }
            Ok(())
        })?;
        if let Some(file) = animation {
            let pause = self.pace().pause();
            let picture = draw::animation(&series, draw::SCALE, pause).map_err(undrawn)?;
            file.write(&picture)?;
        }
        Ok(series.len())
    }

    /// The frames on the terminal, until a person ends it.
    fn project(&self, form: Form, sent: &[u8], lang: Lang) -> Result<(), Failure> {
        let settings = Settings {
            density: self.density(),
            pace: self.pace(),
        };
        let cut = |density: Density| sender(form, sent, density.fragment_len(form));
        let shown = Stage::stdio()
            .map_err(ProjectorError::from)
            .and_then(|mut stage| projector::run(cut, settings, lang, &mut stage));
        let what = phrase!("the codes cannot be shown", "コードを表示できない");
        shown.map_err(|error| Failure::told(&what, &error))
    }

    /// The request without what devices of the wallet rebuild, where that was asked for.
    fn lean(&self, whole: &ParsedPsbt) -> Result<Option<RawPsbt>, Failure> {
        let Some(wallet) = &self.lean else {
            return Ok(None);
        };
        let lean = artefact::wallet(wallet)?.lean_request(whole);
        lean.map(Some).map_err(|refusal| {
            let what = phrase!("the PSBT cannot be made lean", "PSBTを小さくできない");
            Failure::told(&what, &refusal)
        })
    }
}

fn undrawn(error: DrawError) -> Failure {
    Failure::told(
        &phrase!("a frame cannot be drawn", "フレームを描画できない"),
        &error,
    )
}

/// A form of frames that is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// UR: beyond the plain frames any one replaces any that was missed
    Ur,
    /// BBQr: numbered frames, each of which is needed
    Bbqr,
}

impl Format {
    const fn form(self) -> Form {
        match self {
            Self::Ur => Form::Ur,
            Self::Bbqr => Form::Bbqr,
        }
    }
}

/// Spare pictures where nothing is said; those of BBQr replace themselves alone.
fn spare(form: Form, sender: &Sender) -> usize {
    match form {
        Form::Bbqr => 0,
        _ => sender.plain_parts().div_ceil(5),
    }
}

/// At most `each` bytes in a frame.
fn sender(form: Form, psbt: &[u8], each: usize) -> Result<Sender, SenderError> {
    match form {
        Form::Bytes => Sender::bytes(Direction::ToDevice, Content::Psbt, psbt, each),
        Form::Bbqr => Sender::bbqr(psbt, each),
        Form::Ur | Form::Specter | Form::Base64 => Sender::new(UrType::CryptoPsbt, psbt, each),
    }
}

/// What the reader on a picture says that it reads.
fn greeted(path: &Path) -> Result<Hello, Failure> {
    let found = picture::reader()?.read(&files::read(path)?);
    let found = found.unwrap_or_default();
    found.iter().find_map(Hello::read).ok_or_else(|| {
        Failure::input(
            phrase!(
                "{path} shows no code of `signer-device hello`",
                "{path} に `signer-device hello` のコードがない",
                path = Named(path.display())
            ),
            phrase!(
                "draw it at the device, or leave --hello out: then any wallet reads the pictures",
                "端末で描画し直すか、--hello を省いてください。省くとどのウォレットでも読める形式になります。"
            ),
        )
    })
}

/// What the device on the other side of the camera says that it reads.
fn greeted_before(camera: &Path, lang: Lang) -> Result<Hello, Failure> {
    let mut source = Source::open(camera).map_err(|error| Failure::explained(&error))?;
    let mut reader = picture::reader()?;
    let seen = Stage::stdio()
        .map_err(IntakeError::from)
        .and_then(|mut stage| intake::greeting(&mut source, &mut reader, lang, &mut stage));
    let hello = seen.map_err(|error| Failure::explained(&error))?;
    hello.ok_or_else(|| {
        Failure::input(
            phrase!(
                "no code of `signer-device hello` was seen",
                "`signer-device hello` のコードが見つからない"
            ),
            phrase!(
                "show it on the device's screen, or leave --hello-camera out: then any wallet reads the pictures",
                "端末の画面に表示するか、--hello-camera を省いてください。省くとどのウォレットでも読める形式になります。"
            ),
        )
    })
}

//! `qr send`: a PSBT becomes a folder of pictures.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use optics::draw::{self, DrawError};
use signer_core::frames::{
    BYTE_FRAGMENT_LEN, Content, Direction, FRAGMENT_LEN, Form, Hello, Sender, SenderError, UrType,
};
use signer_core::phrase;
use signer_core::psbt::{ParsedPsbt, RawPsbt};
use signer_core::rule::Named;

use crate::error::Failure;
use crate::files::{self, Output};
use crate::picture;
use crate::view::line;
use crate::{artefact, house};

/// Draws a PSBT as frames, one PNG picture for each.
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

    /// Bytes of the PSBT in each picture; without it as many as a code of version 25 holds
    #[arg(long)]
    fragment: Option<usize>,

    /// Further pictures; without it every fifth, and with UR as many as any two lost pictures need
    #[arg(long)]
    spare: Option<usize>,

    /// The folder to be made, with frame-0001.png and so on
    #[arg(long)]
    out: PathBuf,

    /// One picture more: all frames, animated, to be shown to a camera
    #[arg(long)]
    animation: Option<PathBuf>,

    /// Frames that the animation shows in a second
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=30))]
    fps: u8,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let parsed = house::psbt(&self.psbt)?;
        let lean = self.lean(&parsed)?;
        let sent = lean.as_ref().map_or(parsed.bytes(), RawPsbt::bytes);
        let form = match &self.hello {
            Some(picture) => greeted(picture)?.fastest(),
            None => self.format.form(),
        };
        let sender = sender(form, sent, self.fragment).map_err(|error| {
            Failure::told(
                &phrase!(
                    "the PSBT cannot be sent as pictures",
                    "PSBTを画像で送れない"
                ),
                &error,
            )
        })?;
        let spare = self.spare.unwrap_or_else(|| spare(form, &sender));
        let series = match spare {
            0 => sender.frames().take(sender.plain_parts()).collect(),
            spare => sender.series(spare),
        };
        let count = series.len();
        let animation = self.animation.as_deref().map(Output::reserve).transpose()?;
        files::new_folder(&self.out, || {
            for (place, text) in series.iter().enumerate() {
                let picture = draw::png(text, draw::SCALE).map_err(undrawn)?;
                let path = self.out.join(format!("frame-{:04}.png", place + 1));
                Output::reserve(&path)?.write(&picture)?;
            }
            Ok(())
        })?;
        if let Some(file) = animation {
            let pause = Duration::from_secs(1) / u32::from(self.fps);
            let picture = draw::animation(&series, draw::SCALE, pause).map_err(undrawn)?;
            file.write(&picture)?;
        }
        if let Some(lean) = &lean {
            let (sent, whole) = (lean.bytes().len(), parsed.bytes().len());
            line!("lean: {sent} of {whole} bytes");
        }
        line!("{count} pictures, transfer code {}", sender.code());
        Ok(())
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

fn sender(form: Form, psbt: &[u8], fragment: Option<usize>) -> Result<Sender, SenderError> {
    let each = fragment.unwrap_or(FRAGMENT_LEN);
    match form {
        Form::Bytes => {
            let each = fragment.unwrap_or(BYTE_FRAGMENT_LEN);
            Sender::bytes(Direction::ToDevice, Content::Psbt, psbt, each)
        }
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

//! `qr send`: a PSBT becomes a folder of pictures.

use std::path::PathBuf;

use optics::draw;
use signer_core::frames::{FRAGMENT_LEN, Sender, UrType};

use crate::error::Failure;
use crate::files::{self, Output};
use crate::house;
use crate::view::line;

/// Draws a PSBT as UR frames, one PNG picture for each.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli qr send --psbt request.psbt --out frames --spare 4")]
pub(crate) struct Args {
    /// The PSBT
    #[arg(long)]
    psbt: PathBuf,

    /// Bytes of the PSBT in each picture
    #[arg(long, default_value_t = FRAGMENT_LEN)]
    fragment: usize,

    /// Further pictures, each of which replaces any one that cannot be read
    #[arg(long, default_value_t = 0)]
    spare: usize,

    /// The folder to be made, with frame-0001.png and so on
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let parsed = house::psbt(&self.psbt)?;
        let sender = Sender::new(UrType::CryptoPsbt, parsed.bytes(), self.fragment)
            .map_err(|error| Failure::told("the PSBT cannot be sent as pictures", &error))?;
        let plain = sender.plain_parts();
        let count = if plain == 1 { 1 } else { plain + self.spare };
        files::new_folder(&self.out, || {
            for (place, text) in sender.frames().take(count).enumerate() {
                let picture = draw::png(&text, draw::SCALE)
                    .map_err(|error| Failure::told("a frame cannot be drawn", &error))?;
                let path = self.out.join(format!("frame-{:04}.png", place + 1));
                Output::reserve(&path)?.write(&picture)?;
            }
            Ok(())
        })?;
        line!("{count} pictures, transfer code {}", sender.code());
        Ok(())
    }
}

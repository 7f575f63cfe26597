//! `host-cli qr`: pictures to and from a device.

mod receive;
mod send;

use clap::Subcommand;
use signer_core::types::Lang;

use crate::error::Failure;

pub(super) const EXAMPLE: &str = "Example:\n  host-cli qr send --psbt request.psbt --out frames";

/// What to do with pictures.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draw a PSBT as QR pictures
    Send(send::Args),
    /// Read QR pictures back into a PSBT
    Receive(receive::Args),
}

impl Command {
    pub(super) fn run(self, lang: Lang) -> Result<(), Failure> {
        match self {
            Self::Send(args) => args.run(lang),
            Self::Receive(args) => args.run(lang),
        }
    }
}

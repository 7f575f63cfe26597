//! `host-cli transcript`: what devices recorded, checked again.

mod show;
mod verify;

use std::path::Path;

use clap::Subcommand;
use signer_core::rule::Place;
use signer_core::transcript::UnverifiedTranscript;
use signer_core::types::Lang;

use crate::error::Failure;

pub(super) const EXAMPLE: &str =
    "Example:\n  host-cli transcript show --transcript tokyo-1.transcript";

/// What to do with a transcript.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every rule of every session again and compare
    Verify(verify::Args),
    /// Show the entries of a transcript, not verified
    Show(show::Args),
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Verify(args) => args.run(),
            Self::Show(args) => args.run(),
        }
    }
}

/// The entries of a transcript whose chain is whole. A file that does not even begin like one is
/// bad input, not a finding about a device.
fn read(path: &Path, bytes: &[u8]) -> Result<UnverifiedTranscript, Failure> {
    UnverifiedTranscript::parse(bytes).map_err(|refusal| match refusal.place {
        Place::Entry(0) => Failure::input(
            format!(
                "{} is not a transcript: {}",
                path.display(),
                refusal.got.text(Lang::En)
            ),
            "give the file that the device exported",
        ),
        _ => refusal.into(),
    })
}

//! `host-cli transcript`: what devices recorded, checked again.

mod show;
mod verify;

use std::path::Path;

use clap::Subcommand;
use signer_core::phrase;
use signer_core::rule::{Named, Place};
use signer_core::transcript::UnverifiedTranscript;

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
pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<UnverifiedTranscript, Failure> {
    UnverifiedTranscript::parse(bytes).map_err(|refusal| match refusal.place {
        Place::Entry(0) => Failure::input(
            phrase!(
                "{path} is not a transcript: {why}",
                "{path} は記録ではない: {why}",
                path = Named(path.display()),
                why = refusal.got
            ),
            phrase!(
                "give the file that the device exported",
                "端末が書き出したファイルを指定してください。"
            ),
        ),
        _ => refusal.into(),
    })
}

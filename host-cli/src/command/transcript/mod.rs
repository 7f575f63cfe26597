//! `host-cli transcript`: what devices recorded, checked again.

mod show;
mod verify;

use clap::Subcommand;

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

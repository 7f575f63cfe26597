//! `host-cli transcript`: what devices recorded, checked again.

use clap::Subcommand;

use crate::error::Failure;

pub(super) const EXAMPLE: &str = "Example:\n  host-cli transcript";

/// What to do with a transcript.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {}
    }
}

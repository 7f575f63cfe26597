//! `host-cli officer`: a key on the officer's own token, and the card that shows it.

mod enroll;
mod show;

use clap::Subcommand;

use crate::cli::Desk;
use crate::error::Failure;

pub(super) const EXAMPLE: &str = "Example:\n  host-cli officer show --card sato.cbor";

/// What to do with an officer.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Initialise the officer's own token, make the key in it, write the officer card
    Enroll(enroll::Args),
    /// Show an officer card
    Show(show::Args),
}

impl Command {
    pub(super) fn run(self, desk: &mut Desk) -> Result<(), Failure> {
        match self {
            Self::Enroll(args) => args.run(desk),
            Self::Show(args) => args.run(),
        }
    }
}

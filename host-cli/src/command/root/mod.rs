//! `host-cli root`: what a device is born with.

mod create;
mod show;

use clap::Subcommand;

use crate::error::Failure;

pub(super) const EXAMPLE: &str = "Example:\n  host-cli root show --root root.cbor";

/// What to do with a root of trust.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the root of trust and the paper that people compare it with
    Create(create::Args),
    /// Show a root of trust
    Show(show::Args),
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(args) => args.run(),
            Self::Show(args) => args.run(),
        }
    }
}

//! `host-cli policy`: what devices may sign.

mod create;
pub(super) mod document;
mod show;
mod sign;
pub(super) mod table;

use clap::Subcommand;

use crate::cli::Desk;
use crate::error::Failure;

pub(super) const EXAMPLE: &str =
    "Example:\n  host-cli policy show --policy policy.cbor --roster roster.cbor";

/// What to do with a policy.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a policy from a readable file
    Create(create::Args),
    /// Add a policy administrator's signature
    Sign(sign::Args),
    /// Show a policy and who signed it
    Show(show::Args),
}

impl Command {
    pub(super) fn run(self, desk: &mut Desk) -> Result<(), Failure> {
        match self {
            Self::Create(args) => args.run(),
            Self::Sign(args) => args.run(desk),
            Self::Show(args) => args.run(desk.lang),
        }
    }
}

//! `host-cli roster`: who the officers are.

mod cancel;
mod changes;
mod create;
mod draft;
mod recover;
mod show;
mod sign;

use clap::Subcommand;

use crate::cli::Desk;
use crate::error::Failure;

pub(super) const EXAMPLE: &str = "Example:\n  host-cli roster show --roster roster.cbor";

/// What to do with a roster.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a roster from officer cards
    Create(create::Args),
    /// Draft the roster that follows the one in force
    Draft(draft::Args),
    /// Add a policy administrator's signature
    Sign(sign::Args),
    /// Add the signature of a recovery key
    Recover(recover::Args),
    /// Cancel a roster of the recovery quorum, as one administrator
    Cancel(cancel::Args),
    /// Show a roster and who signed it
    Show(show::Args),
}

impl Command {
    pub(super) fn run(self, desk: &mut Desk) -> Result<(), Failure> {
        match self {
            Self::Create(args) => args.run(),
            Self::Draft(args) => args.run(desk),
            Self::Sign(args) => args.run(desk),
            Self::Recover(args) => args.run(desk),
            Self::Cancel(args) => args.run(desk),
            Self::Show(args) => args.run(desk.lang),
        }
    }
}

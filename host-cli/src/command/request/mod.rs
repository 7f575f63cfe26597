//! `host-cli request`: officers ask, approve and reject, each with the own token.

mod decide;
mod draft;
mod facts;
mod review;
mod show;

use clap::Subcommand;
use signer_core::approval::Decision;

use crate::cli::Desk;
use crate::error::Failure;

pub(super) const EXAMPLE: &str = "Example:\n  \
    host-cli request show --psbt request.psbt --policy policy.cbor --roster roster.cbor \\\n    \
    --wallet wallet.cbor --root root.cbor";

/// What to do with a request.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask for a transfer: puts a signed request and headers into the PSBT
    Draft(Box<draft::Args>),
    /// Read a request on the own desk: the request sheet, as text, page and JSON
    Review(review::Args),
    /// Approve a request
    #[command(after_help = decide::APPROVE)]
    Approve(decide::Args),
    /// Reject a request, for ever
    #[command(after_help = decide::REJECT)]
    Reject(decide::Args),
    /// Show a request and what officers said of it
    Show(show::Args),
}

impl Command {
    pub(super) fn run(self, desk: &mut Desk) -> Result<(), Failure> {
        match self {
            Self::Draft(args) => args.run(desk),
            Self::Review(args) => args.run(desk),
            Self::Approve(args) => args.run(desk, Decision::Approve),
            Self::Reject(args) => args.run(desk, Decision::Reject),
            Self::Show(args) => args.run(desk),
        }
    }
}

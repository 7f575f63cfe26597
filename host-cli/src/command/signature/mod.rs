//! `host-cli signature`: what devices released, and the proof that settles it.

mod place;
mod prove;

use clap::Subcommand;

use crate::error::Failure;

pub(super) const EXAMPLE: &str = "Example:\n  host-cli signature prove --transaction final.tx --block block.hex \\\n    \
     --headers headers.json --out settlement.cbor";

/// What to do with released signatures.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the proof by which devices settle open partial signatures
    Prove(prove::Args),
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Prove(args) => args.run(),
        }
    }
}

//! `host-cli wallet`: from device cards to addresses.

mod address;
mod assemble;
mod create;
mod descriptors;
mod extend;
mod show;

use clap::Subcommand;

use crate::error::Failure;

pub(super) const EXAMPLE: &str = "Example:\n  host-cli wallet show --wallet wallet.cbor";

/// What to do with a wallet.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft a wallet record from device cards
    Create(create::Args),
    /// Draft the next version of a wallet from newer cards
    Extend(extend::Args),
    /// Put the devices' signatures on a record together
    Assemble(assemble::Args),
    /// Show a wallet record
    Show(show::Args),
    /// Show one address
    Address(address::Args),
    /// Write descriptors that Bitcoin Core imports
    Descriptors(descriptors::Args),
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(args) => args.run(),
            Self::Extend(args) => args.run(),
            Self::Assemble(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::Address(args) => args.run(),
            Self::Descriptors(args) => args.run(),
        }
    }
}

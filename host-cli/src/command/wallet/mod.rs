//! `host-cli wallet`: from device cards to addresses.

mod address;
mod assemble;
mod create;
mod descriptors;
mod extend;
mod retire;
mod show;
mod sign_retirement;

use clap::Subcommand;

use crate::cli::Desk;
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
    /// Draft the order that retires a wallet
    Retire(retire::Args),
    /// Sign that order, as a policy administrator
    SignRetirement(sign_retirement::Args),
}

impl Command {
    pub(super) fn run(self, desk: &mut Desk) -> Result<(), Failure> {
        match self {
            Self::Create(args) => args.run(),
            Self::Extend(args) => args.run(),
            Self::Assemble(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::Address(args) => args.run(),
            Self::Descriptors(args) => args.run(),
            Self::Retire(args) => args.run(),
            Self::SignRetirement(args) => args.run(desk),
        }
    }
}

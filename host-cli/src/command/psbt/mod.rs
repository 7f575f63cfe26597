//! `host-cli psbt`: made before the request, combined after the devices.

mod balance;
mod check;
mod combine;
mod create;
mod finalize;
mod headers;
mod listed;
mod plan;
mod refused;
mod show;
mod split;

use clap::Subcommand;
use signer_core::types::Lang;

use crate::error::Failure;

pub(super) const EXAMPLE: &str =
    "Example:\n  host-cli psbt show --psbt transfer.psbt --wallet wallet.cbor";

/// What to do with a PSBT.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a PSBT from a list of coins
    Create(create::Args),
    /// Divide a list of coins into lists that one transaction can spend
    Split(split::Args),
    /// Show what a PSBT does
    Show(show::Args),
    /// Judge any PSBT by the rules, without a device
    Check(check::Args),
    /// Put fresh headers into a PSBT
    Headers(headers::Args),
    /// Put a statement of balances into a PSBT
    Balance(balance::Args),
    /// Put PSBTs of one transaction together
    Combine(combine::Args),
    /// Check a device's receipt of a refusal
    Refused(refused::Args),
    /// Make the final transaction
    Finalize(finalize::Args),
}

impl Command {
    pub(super) fn run(self, lang: Lang) -> Result<(), Failure> {
        match self {
            Self::Create(args) => args.run(),
            Self::Split(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::Check(args) => args.run(lang),
            Self::Headers(args) => args.run(),
            Self::Balance(args) => args.run(),
            Self::Combine(args) => args.run(),
            Self::Refused(args) => args.run(lang),
            Self::Finalize(args) => args.run(),
        }
    }
}

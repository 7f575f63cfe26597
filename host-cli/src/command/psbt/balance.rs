//! `psbt balance`: the statement by which a device judges what stays cold.

use std::path::PathBuf;

use crate::error::Failure;
use crate::files::Output;
use crate::rosters::RosterArgs;
use crate::{artefact, house};

/// Puts a statement of balances into a PSBT in place of any other. It is no part of what officers
/// sign: a request stays approved when a newer statement comes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt balance --psbt transfer.psbt --balance balance.cbor --roster roster.cbor \\\n    \
    --out stated.psbt")]
pub(crate) struct Args {
    /// The PSBT
    #[arg(long)]
    psbt: PathBuf,

    /// The statement, as the reconciler signed it
    #[arg(long)]
    balance: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The PSBT with this statement, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let roster = self.rosters.read()?.into_last();
        let signed = artefact::balance(&self.balance, &roster)?;
        let psbt = house::psbt(&self.psbt)?;
        let raw = psbt.raw().with_balance(&signed.to_bytes())?;
        out.write(raw.bytes())
    }
}

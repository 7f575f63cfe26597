//! `device sign-recovery`: one more policy administrator stands behind a device that goes on.

use std::path::PathBuf;

use signer_core::life::Recovery;

use super::recover::show;
use crate::artefact::{self, Kind};
use crate::cli::Desk;
use crate::endorse::{Asked, ReadFrom, SignerArgs};
use crate::error::Failure;
use crate::rosters::RosterArgs;

/// Shows the order, asks a policy administrator for words of its digest and the PIN, and signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device sign-recovery --recovery recovery-0.cbor --roster roster.cbor \\\n    \
    --officer sato.k --profile softhsm2 --token officer-sato.k --out recovery-1.cbor")]
pub(crate) struct Args {
    /// The order, with the signatures so far
    #[arg(long)]
    recovery: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    #[command(flatten)]
    signer: SignerArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = self.signer.reserve()?;
        let roster = self.rosters.read()?.into_last();
        let mut order = artefact::order::<Recovery>(&self.recovery, &roster)?;
        let administrator = self.signer.administrator(roster.body())?;
        let missing = order
            .body()
            .without_receipt()
            .map_err(|error| artefact::told(&self.recovery, Kind::Recovery, &error))?;
        show(order.body(), missing);
        if missing > 0 {
            desk.tell(
                "Look for the PSBTs of these signatures before you sign.",
                "署名の前に、これらの署名のPSBTを探してください。",
            )?;
        }
        let digest = order.recovery_digest();
        let asked = Asked {
            of: ["recovery digest", "復旧指示のダイジェスト"],
            digest: digest.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        let scope = order.body().scope;
        administrator.endorse(desk, asked, (&mut order, scope))?;
        out.write(&order.to_bytes())
    }
}

//! `device sign-replacement`: one more policy administrator stands behind a restored HSM.

use std::path::PathBuf;

use signer_core::life::Replacement;

use super::replace::show;
use crate::artefact;
use crate::cli::Desk;
use crate::endorse::{Asked, ReadFrom, SignerArgs};
use crate::error::Failure;
use crate::rosters::RosterArgs;

/// Shows the order, asks a policy administrator for words of its digest and the PIN, and signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device sign-replacement --replacement replacement-0.cbor --roster roster.cbor \\\n    \
    --officer sato.k --profile softhsm2 --token officer-sato.k --out replacement-1.cbor")]
pub(crate) struct Args {
    /// The order, with the signatures so far
    #[arg(long)]
    replacement: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    #[command(flatten)]
    signer: SignerArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = self.signer.reserve()?;
        let roster = self.rosters.read()?.into_last();
        let mut order = artefact::order::<Replacement>(&self.replacement, &roster)?;
        let administrator = self.signer.administrator(roster.body())?;
        show(order.body());
        desk.tell(
            "Make sure that the retired HSM is lost or destroyed before you sign.",
            "退役するHSMが紛失または破壊済みであることを、署名の前に確かめてください。",
        )?;
        let digest = order.replacement_digest();
        let asked = Asked {
            of: ["replacement digest", "交換指示のダイジェスト"],
            digest: digest.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        let scope = order.body().scope;
        administrator.endorse(desk, asked, (&mut order, scope))?;
        out.write(&order.to_bytes())
    }
}

//! `device sign-thaw`: one more policy administrator lets a frozen device go on.

use std::path::PathBuf;

use signer_core::life::Thaw;

use crate::artefact;
use crate::cli::Desk;
use crate::endorse::{Asked, ReadFrom, SignerArgs};
use crate::error::Failure;
use crate::rosters::RosterArgs;
use crate::view::line;

/// Shows the order, asks a policy administrator for words of the freeze and the PIN, and signs.
///
/// The words are those on the paper of the freeze: the device showed them, and asks for them again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device sign-thaw --thaw thaw-0.cbor --roster roster.cbor --officer kato.m \\\n    \
    --profile softhsm2 --token officer-kato.m --out thaw-1.cbor")]
pub(crate) struct Args {
    /// The order, with the signatures so far
    #[arg(long)]
    thaw: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    #[command(flatten)]
    signer: SignerArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = self.signer.reserve()?;
        let roster = self.rosters.read()?.into_last();
        let mut order = artefact::order::<Thaw>(&self.thaw, &roster)?;
        let administrator = self.signer.administrator(roster.body())?;
        let (freeze, reason) = (order.body().freeze, &order.body().reason);
        line!("thaws    the device frozen by {freeze}");
        line!("because  {reason}");
        desk.tell(
            "From its next session on the device signs again.",
            "端末は次のセッションから再び署名します。",
        )?;
        let asked = Asked {
            of: ["freeze that ends", "解除する凍結"],
            digest: freeze.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        let scope = order.body().scope;
        administrator.endorse(desk, asked, (&mut order, scope))?;
        out.write(&order.to_bytes())
    }
}

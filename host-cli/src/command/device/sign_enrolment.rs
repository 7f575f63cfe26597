//! `device sign-enrolment`: an administrator has read the device's identity on its own screen.

use std::path::PathBuf;

use crate::artefact;
use crate::cli::Desk;
use crate::endorse::{Asked, ReadFrom, SignerArgs};
use crate::error::Failure;
use crate::rosters::RosterArgs;
use crate::view::line;

/// Asks for words of the device's identity that only the device's own screen shows, and signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device sign-enrolment --enrolment tokyo-1-enrolment-0.cbor --roster roster.cbor \\\n    \
    --officer sato.k --profile softhsm2 --token officer-sato.k --out tokyo-1-enrolment-1.cbor")]
pub(crate) struct Args {
    /// The enrolment, with the signatures so far
    #[arg(long)]
    enrolment: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    #[command(flatten)]
    signer: SignerArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = self.signer.reserve()?;
        let roster = self.rosters.read()?.into_last();
        let mut enrolment = artefact::enrolment(&self.enrolment, &roster)?;
        let administrator = self.signer.administrator(roster.body())?;
        let body = enrolment.body().clone();
        line!("device      {} at {}", body.name, body.site);
        line!("root        {}", body.root);
        let device = body.identity.device_id();
        let asked = Asked {
            of: ["identity", "識別鍵"],
            digest: device.as_bytes(),
            from: ReadFrom::Device(body.name.as_str()),
        };
        administrator.endorse(desk, asked, (&mut enrolment, body.scope))?;
        out.write(&enrolment.to_bytes())
    }
}

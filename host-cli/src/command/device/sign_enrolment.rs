//! `device sign-enrolment`: an administrator has read the device's identity on its own screen.

use std::path::PathBuf;

use signer_core::approval::Role;
use signer_core::types::OfficerId;

use crate::artefact;
use crate::cli::{self, Desk};
use crate::endorse::{Asked, ReadFrom, endorse};
use crate::error::Failure;
use crate::files::Output;
use crate::rosters::RosterArgs;
use crate::token::TokenArgs;
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

    /// Who signs
    #[arg(long, value_parser = cli::id)]
    officer: OfficerId,

    #[command(flatten)]
    token: TokenArgs,

    /// The enrolment with one more signature, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let roster = self.rosters.read()?.into_last();
        let mut enrolment = artefact::enrolment(&self.enrolment, &roster)?;
        let role = Role::PolicyAdministrator;
        let officer = artefact::officer(roster.body(), &self.officer, role)?;
        let network = roster.body().scope.network;
        let token = self.token.find(desk.lang, network)?;
        let body = enrolment.body().clone();
        line!("device      {} at {}", body.name, body.site);
        line!("root        {}", body.root);
        let device = body.identity.device_id();
        let asked = Asked {
            of: ["identity", "識別鍵"],
            digest: device.as_bytes(),
            from: ReadFrom::Device(body.name.as_str()),
        };
        endorse(desk, officer, token, asked, (&mut enrolment, body.scope))?;
        out.write(&enrolment.to_bytes())
    }
}

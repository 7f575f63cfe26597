//! `device enroll`: the document by which administrators vouch for a device.

use std::path::PathBuf;

use signer_core::approval::Enrolment;
use signer_core::cose::Endorsed;

use crate::artefact;
use crate::error::Failure;
use crate::files::Output;
use crate::view::line;

/// Makes an enrolment from a device card, for policy administrators to sign.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device enroll --card tokyo-1.cbor --root root.cbor --out tokyo-1-enrolment-0.cbor")]
pub(crate) struct Args {
    /// The device card
    #[arg(long)]
    card: PathBuf,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// The enrolment to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let card = artefact::device_card(&self.card, &root)?;
        let body = card.card();
        let enrolment = Enrolment {
            version: 1,
            scope: root.scope,
            root: root.digest(),
            name: body.name.clone(),
            site: body.site.clone(),
            identity: body.identity,
        };
        out.write(&Endorsed::new(enrolment, root.scope).to_bytes())?;
        line!("{} {}", body.name, card.device());
        Ok(())
    }
}

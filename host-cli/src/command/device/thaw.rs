//! `device thaw`: the order by which a frozen device goes on, for the administrators to sign.

use std::path::PathBuf;

use signer_core::cose::Endorsed;
use signer_core::digest::{FreezeDigest, from_hex};
use signer_core::life::Thaw;
use signer_core::types::Label;

use crate::artefact;
use crate::cli;
use crate::error::Failure;
use crate::files::Output;
use crate::rosters::RosterArgs;
use crate::view::line;

/// Drafts the order that ends one freeze of a device. Before it is signed the administrators find
/// out why it was frozen: the device's transcript says who froze it, when and why.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device thaw \\\n    \
    --freeze 5f1c0a6be2d94c7783aa10f4c95e6d27b8310fe65a4479d2c3b7e8a01d569f9a \\\n    \
    --roster roster.cbor \\\n    \
    --root root.cbor --reason \"the seal was found\" --out thaw-0.cbor")]
pub(crate) struct Args {
    /// The freeze, as the device showed it: 64 hexadecimal characters; `device status` says it again
    #[arg(long, value_parser = freeze)]
    freeze: FreezeDigest,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// Why the device goes on, in few words
    #[arg(long, value_parser = cli::label)]
    reason: Label,

    /// The order to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let roster = self.rosters.read()?.into_last();
        artefact::same_scope(self.rosters.path(), roster.body().scope, root.scope)?;
        let order = Thaw {
            version: 1,
            scope: root.scope,
            root: root.digest(),
            roster: roster.roster_digest(),
            freeze: self.freeze,
            reason: self.reason.clone(),
        };
        out.write(&Endorsed::new(order, root.scope).to_bytes())?;
        line!("ends the freeze {}", self.freeze);
        Ok(())
    }
}

fn freeze(text: &str) -> Result<FreezeDigest, String> {
    let bytes = from_hex::<32>(text).ok_or("64 hexadecimal characters of a freeze")?;
    Ok(FreezeDigest::from_bytes(bytes))
}

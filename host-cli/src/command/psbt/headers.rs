//! `psbt headers`: what a device is to know of the chain, fresh on the day of the ceremony.

use std::path::PathBuf;

use signer_core::codec;

use crate::error::Failure;
use crate::files::Output;
use crate::house::{self, tip_of};
use crate::{artefact, view};

/// Puts headers into a PSBT in place of any others. They are no part of what officers sign: a
/// request stays approved.
///
/// The headers are JSON that any node can give, without a gap from a block that the device knows:
/// `{"first_height": 1, "headers": ["<160 hex>"]}`
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt headers --psbt approved.psbt --headers headers.json --root root.cbor \\\n    \
    --out today.psbt")]
pub(crate) struct Args {
    /// The PSBT
    #[arg(long)]
    psbt: PathBuf,

    /// Headers of the chain, from the root's checkpoint on
    #[arg(long)]
    headers: PathBuf,

    /// The root of trust, for its checkpoint
    #[arg(long)]
    root: PathBuf,

    /// The PSBT with these headers, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let headers = artefact::headers(&self.headers)?;
        let tip = tip_of(&headers, &root)?;
        let raw = house::psbt(&self.psbt)?
            .raw()
            .with_headers(&codec::encode(&headers))?;
        out.write(raw.bytes())?;
        view::line!("height {tip}");
        Ok(())
    }
}

//! `root show`: the digest that people compare.

use std::path::PathBuf;

use bitcoin::BlockHash;
use bitcoin::hashes::Hash as _;
use serde_json::json;

use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::view::line;
use crate::{artefact, consent, view};

/// Shows a root of trust and its digest.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-cli root show --root root.cbor --json")]
pub(crate) struct Args {
    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let root = artefact::root(&self.root)?;
        let digest = root.digest();
        let checkpoint = root.checkpoint;
        let block = BlockHash::from_byte_array(checkpoint.hash);
        if self.view.json {
            view::print(&json!({
                "type": "root",
                "network": root.scope.network.name(),
                "purpose": root.scope.purpose.name(),
                "checkpoint": {
                    "height": checkpoint.height.0,
                    "hash": block.to_string(),
                    "bits": format!("{:08x}", checkpoint.bits),
                    "time": checkpoint.time,
                },
                "roster": root.roster.to_hex(),
                "digest": view::digest(digest.as_bytes()),
            }));
        } else {
            line!("root        of {}", view::scope(root.scope));
            line!("checkpoint  height {}, block {block}", checkpoint.height);
            line!("roster      {}", root.roster);
            line!("digest      {digest}");
            line!("{}", consent::grid(digest.as_bytes(), None));
        }
        Ok(())
    }
}

//! `psbt split`: what one transaction cannot carry is divided before the ceremony.

use std::path::PathBuf;

use serde_json::Value;

use super::plan::most_inputs;
use crate::error::Failure;
use crate::files::{self, Output};
use crate::view::line;
use crate::{artefact, coins};

/// Outputs that every list leaves room for.
const OUTPUTS: usize = 10;

/// Divides a list of coins evenly into lists that one transaction can spend.
///
/// Each list leaves room for ten outputs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli psbt split --wallet wallet.cbor --coins coins.json --out-dir parts")]
pub(crate) struct Args {
    /// The wallet that pays
    #[arg(long)]
    wallet: PathBuf,

    /// The coins
    #[arg(long)]
    coins: PathBuf,

    /// Fewer coins in a list than nodes would relay
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    max_inputs: Option<u32>,

    /// The folder to be made, with coins-01.json and so on
    #[arg(long)]
    out_dir: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let wallet = artefact::wallet(&self.wallet)?;
        let read = coins::read(&self.coins, &wallet)?;
        let items = coins::items(&self.coins)?;
        let asked = self.max_inputs.and_then(|most| usize::try_from(most).ok());
        let most = most_inputs(&read, &wallet, OUTPUTS).min(asked.unwrap_or(usize::MAX));
        let lists = items.len().div_ceil(most.max(1));
        let len = items.len().div_ceil(lists.max(1));
        files::new_folder(&self.out_dir, || {
            for (place, list) in items.chunks(len.max(1)).enumerate() {
                let path = self.out_dir.join(format!("coins-{:02}.json", place + 1));
                let text = format!("{:#}\n", Value::Array(list.to_vec()));
                Output::reserve(&path)?.write(text.as_bytes())?;
                line!("{} {} coins", path.display(), list.len());
            }
            Ok(())
        })
    }
}

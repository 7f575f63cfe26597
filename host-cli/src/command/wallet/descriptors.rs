//! `wallet descriptors`: for any wallet program that watches the coins.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::phrase;
use signer_core::types::{Chain, KeyIndex};

use super::address::no_such;
use crate::artefact;
use crate::cli::{ChainArg, ViewArgs};
use crate::error::Failure;
use crate::view;
use crate::view::line;

/// Writes one descriptor for each address, with key origins and checksum.
///
/// The keys are independent of each other, so there is no ranged descriptor. With --json the list
/// is what Bitcoin Core's importdescriptors takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli wallet descriptors --wallet wallet.cbor --chain receive --range 0-9 --json")]
pub(crate) struct Args {
    /// The wallet record
    #[arg(long)]
    wallet: PathBuf,

    /// One chain only; both where it is left out
    #[arg(long, value_enum)]
    chain: Option<ChainArg>,

    /// First and last index, such as 0-9; all where it is left out
    #[arg(long, value_parser = range)]
    range: Option<(u32, u32)>,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let wallet = artefact::wallet(&self.wallet)?;
        let chains = match self.chain {
            Some(chain) => vec![Chain::from(chain)],
            None => vec![Chain::Receive, Chain::Change],
        };
        let mut imports: Vec<Value> = Vec::new();
        for chain in chains {
            let end = wallet.addresses(chain);
            let (first, last) = self.range.unwrap_or((0, end.saturating_sub(1)));
            if last >= end {
                return Err(no_such(&wallet, chain, KeyIndex(last)));
            }
            for index in first..=last {
                let descriptor = wallet.descriptor(chain, KeyIndex(index)).map_err(|error| {
                    Failure::told(
                        &phrase!("no descriptor", "ディスクリプタを作成できない"),
                        &error,
                    )
                })?;
                if self.view.json {
                    imports.push(import(&descriptor, chain));
                } else {
                    line!("{descriptor}");
                }
            }
        }
        if self.view.json {
            view::print(&Value::Array(imports));
        }
        Ok(())
    }
}

fn import(descriptor: &str, chain: Chain) -> Value {
    json!({
        "desc": descriptor,
        "timestamp": 0,
        "internal": chain == Chain::Change,
    })
}

fn range(text: &str) -> Result<(u32, u32), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse::<u32>().ok();
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err("first and last index, such as 0-9".into()),
    }
}

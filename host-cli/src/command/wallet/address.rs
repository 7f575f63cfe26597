//! `wallet address`: one address, rebuilt from the registered keys.

use std::path::PathBuf;

use serde_json::json;
use signer_core::phrase;
use signer_core::rule::Named;
use signer_core::types::{Chain, KeyIndex};
use signer_core::wallet::RegisteredWallet;

use crate::artefact;
use crate::cli::{ChainArg, ViewArgs};
use crate::error::Failure;
use crate::view;
use crate::view::line;

/// Shows one address of a wallet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli wallet address --wallet wallet.cbor --chain receive --index 0")]
pub(crate) struct Args {
    /// The wallet record
    #[arg(long)]
    wallet: PathBuf,

    /// Chain of the address
    #[arg(long, value_enum, default_value = "receive")]
    chain: ChainArg,

    /// Index of the address in its chain
    #[arg(long)]
    index: u32,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let wallet = artefact::wallet(&self.wallet)?;
        let (chain, index) = (Chain::from(self.chain), KeyIndex(self.index));
        let address = wallet
            .address(chain, index)
            .ok_or_else(|| no_such(&wallet, chain, index))?;
        if self.view.json {
            view::print(&json!({
                "address": address.to_string(),
                "chain": chain.number(),
                "index": index.0,
                "descriptor": wallet
                    .descriptor(chain, index)
                    .map_err(|error| Failure::told(&phrase!("no descriptor", "ディスクリプタを作成できない"), &error))?,
            }));
        } else {
            line!("{address}");
        }
        Ok(())
    }
}

/// The wallet ends before this index.
pub(super) fn no_such(wallet: &RegisteredWallet, chain: Chain, index: KeyIndex) -> Failure {
    Failure::input(
        phrase!(
            "wallet {wallet} has {count} addresses on chain {chain}, counted from 0, and none at {index}",
            "ウォレット {wallet} のチェーン {chain} のアドレスは0から数えて {count} 個で、{index} 番はない",
            count = wallet.addresses(chain),
            chain = chain.number(),
            index = index,
            wallet = Named(wallet.name())
        ),
        phrase!(
            "choose a smaller index, or extend the pools of its devices",
            "小さい番号を指定するか、端末の鍵プールを補充してください。"
        ),
    )
}

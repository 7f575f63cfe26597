//! `host-cli balance`: statements of what is cold and what is not, by a reconciler.

mod chain;
mod show;
mod sign;

use bitcoin::BlockHash;
use bitcoin::hashes::Hash as _;
use clap::Subcommand;
use signer_core::policy::BalanceStatement;

use crate::cli::Desk;
use crate::error::Failure;
use crate::money::btc;
use crate::view::line;

pub(super) const EXAMPLE: &str =
    "Example:\n  host-cli balance show --balance balance.cbor --roster roster.cbor";

/// What to do with a statement of balances.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sum up the coins of the cold wallets and sign
    Sign(sign::Args),
    /// Show a statement and who signed it
    Show(show::Args),
}

impl Command {
    pub(super) fn run(self, desk: &mut Desk) -> Result<(), Failure> {
        match self {
            Self::Sign(args) => args.run(desk),
            Self::Show(args) => args.run(),
        }
    }
}

/// The statement as people read it.
fn print(statement: &BalanceStatement) {
    let block = BlockHash::from_byte_array(statement.block);
    line!("class       {}", statement.class.name());
    line!("block       {} {block}", statement.height);
    for wallet in &statement.cold {
        line!("cold        {} BTC  {}", btc(wallet.amount), wallet.wallet);
    }
    line!("hot         {} BTC", btc(statement.hot));
    line!("by          {}", statement.reconciler);
}

//! `wallet retire`: the order that ends a wallet, for the administrators to sign.

use std::path::PathBuf;

use signer_core::cose::Endorsed;
use signer_core::life::Retirement;
use signer_core::types::{Height, Label};

use crate::artefact;
use crate::cli;
use crate::error::Failure;
use crate::files::Output;
use crate::rosters::RosterArgs;
use crate::view::line;

/// Drafts the order that retires a wallet. Before it is signed the administrators look at the chain
/// themselves: no device can. From then on no coin of the wallet can be moved.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli wallet retire --wallet wallet.cbor --roster roster.cbor --root root.cbor \\\n    \
    --empty-at 901000 --reason \"moved to Cold 2\" --out retirement-0.cbor")]
pub(crate) struct Args {
    /// The wallet record, in any of its versions
    #[arg(long)]
    wallet: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// Height at which the chain holds no coin of the wallet
    #[arg(long, value_parser = cli::height)]
    empty_at: Height,

    /// Why, in few words
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
        let wallet = artefact::wallet_under(&self.wallet, &root)?;
        let order = Retirement {
            version: 1,
            scope: root.scope,
            root: root.digest(),
            roster: roster.roster_digest(),
            wallet: wallet.id(),
            empty_at: self.empty_at,
            reason: self.reason.clone(),
        };
        let draft = Endorsed::new(order, root.scope);
        out.write(&draft.to_bytes())?;
        line!("{}", draft.retirement_digest());
        Ok(())
    }
}

//! `wallet sign-retirement`: one more policy administrator stands behind the end of a wallet.

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

/// Shows the order, asks a policy administrator for words of its digest and the PIN, and signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli wallet sign-retirement --retirement retirement-0.cbor --wallet wallet.cbor \\\n    \
    --roster roster.cbor --officer sato.k --profile softhsm2 --token officer-sato.k \\\n    \
    --out retirement-1.cbor")]
pub(crate) struct Args {
    /// The order, with the signatures so far
    #[arg(long)]
    retirement: PathBuf,

    /// The wallet that it ends
    #[arg(long)]
    wallet: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    /// Who signs
    #[arg(long, value_parser = cli::id)]
    officer: OfficerId,

    #[command(flatten)]
    token: TokenArgs,

    /// The order with one more signature, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let roster = self.rosters.read()?.into_last();
        let mut order = artefact::retirement(&self.retirement, &roster)?;
        let wallet = artefact::wallet(&self.wallet)?;
        if wallet.id() != order.body().wallet {
            return Err(Failure::input(
                format!(
                    "{} retires another wallet than {}",
                    self.retirement.display(),
                    wallet.name()
                ),
                "give the record of the wallet that the order names",
            ));
        }
        let role = Role::PolicyAdministrator;
        let officer = artefact::officer(roster.body(), &self.officer, role)?;
        let token = self.token.find(desk.lang, roster.body().scope.network)?;
        let (empty_at, reason) = (order.body().empty_at, &order.body().reason);
        line!("retires  {}  {}", wallet.name(), wallet.id());
        line!("empty at height {empty_at}: {reason}");
        line!("After this no coin of the wallet can be moved.");
        let digest = order.retirement_digest();
        let asked = Asked {
            of: ["retirement digest", "廃止指示のダイジェスト"],
            digest: digest.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        let scope = order.body().scope;
        endorse(desk, officer, token, asked, (&mut order, scope))?;
        out.write(&order.to_bytes())
    }
}

//! `wallet sign-retirement`: one more policy administrator stands behind the end of a wallet.

use std::path::PathBuf;

use signer_core::life::Retirement;
use signer_core::phrase;
use signer_core::rule::Named;

use crate::artefact;
use crate::cli::Desk;
use crate::endorse::{Asked, ReadFrom, SignerArgs};
use crate::error::Failure;
use crate::rosters::RosterArgs;
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

    #[command(flatten)]
    signer: SignerArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = self.signer.reserve()?;
        let roster = self.rosters.read()?.into_last();
        let mut order = artefact::order::<Retirement>(&self.retirement, &roster)?;
        let wallet = artefact::wallet(&self.wallet)?;
        if wallet.id() != order.body().wallet {
            return Err(Failure::input(
                phrase!(
                    "{path} retires another wallet than {wallet}",
                    "{path} は {wallet} とは別のウォレットを廃止するものである",
                    path = Named(self.retirement.display()),
                    wallet = Named(wallet.name())
                ),
                phrase!(
                    "give the record of the wallet that the order names",
                    "廃止指示が示すウォレットの記録を指定してください。"
                ),
            ));
        }
        let administrator = self.signer.administrator(roster.body())?;
        let (empty_at, reason) = (order.body().empty_at, &order.body().reason);
        line!("retires  {}  {}", wallet.name(), wallet.id());
        line!("empty at height {empty_at}: {reason}");
        desk.tell(
            "After this no coin of the wallet can be moved.",
            "以後、このウォレットのコインは動かせません。",
        )?;
        let digest = order.retirement_digest();
        let asked = Asked {
            of: ["retirement digest", "廃止指示のダイジェスト"],
            digest: digest.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        let scope = order.body().scope;
        administrator.endorse(desk, asked, (&mut order, scope))?;
        out.write(&order.to_bytes())
    }
}

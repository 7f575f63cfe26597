//! `balance sign`: a reconciler states what is cold and what is not.

use std::path::PathBuf;

use bitcoin::Amount;
use signer_core::approval::Role;
use signer_core::cose::Draft;
use signer_core::phrase;
use signer_core::policy::BalanceStatement;
use signer_core::rule::Phrase;
use signer_core::types::{Lang, OfficerId};
use signer_core::wallet::{RegisteredWallet, WalletClass};

use super::{chain, print};
use crate::artefact;
use crate::cli::{self, Desk};
use crate::consent::{self, Answer};
use crate::error::Failure;
use crate::files::Output;
use crate::money::parse_btc;
use crate::rosters::RosterArgs;
use crate::token::TokenArgs;

/// Sums up the coins of every cold wallet of a class, shows the sums, asks the reconciler for the
/// cold total and the PIN, and signs.
///
/// The coins are JSON, of one block, as a node of your own lists them:
/// `{"height": 870000, "block": "<64 hex>", "coins": [{"txid": "<64 hex>", "vout": 0,
/// "script": "<hex>", "sats": 50000000}]}`
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli balance sign --coins coins-870000.json --wallet wallet.cbor --hot 1.25000000 \\\n    \
    --roster roster.cbor --root root.cbor --officer tanaka.r --profile softhsm2 \\\n    \
    --token officer-tanaka.r --out balance.cbor")]
pub(crate) struct Args {
    /// The coins of these wallets at one block
    #[arg(long)]
    coins: PathBuf,

    /// A cold wallet's record; once for every cold wallet of the class
    #[arg(long = "wallet", required = true)]
    wallets: Vec<PathBuf>,

    /// All of the class that is not in these wallets, in BTC
    #[arg(long, value_parser = btc)]
    hot: Amount,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// Who states it
    #[arg(long, value_parser = cli::id)]
    officer: OfficerId,

    #[command(flatten)]
    token: TokenArgs,

    /// The statement to be written
    #[arg(long)]
    out: PathBuf,
}

fn btc(text: &str) -> Result<Amount, String> {
    parse_btc(text).map_err(|error| error.text(Lang::En).to_owned())
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let roster = self.rosters.read()?.into_last();
        let officer = artefact::officer(roster.body(), &self.officer, Role::Reconciler)?;
        let wallets = self.wallets.iter();
        let wallets: Vec<RegisteredWallet> = wallets
            .map(|path| artefact::wallet_under(path, &root))
            .collect::<Result<_, _>>()?;
        let balances = chain::read(&self.coins, &wallets)?;
        let statement = BalanceStatement {
            version: 1,
            scope: root.scope,
            root: root.digest(),
            reconciler: self.officer.clone(),
            height: balances.height,
            block: balances.block,
            class: class_of(&wallets)?,
            cold: balances.cold,
            hot: self.hot,
        };
        let token = self.token.find(root.scope.network)?;
        print(&statement);
        ask_total(desk, &self.officer, &statement)?;
        let pen = token.login(desk, &self.officer, &officer.key)?;
        let signed = pen.sign(Draft::new(statement, root.scope, officer.key))?;
        out.write(&signed.to_bytes())
    }
}

/// The class of all of them.
fn class_of(wallets: &[RegisteredWallet]) -> Result<WalletClass, Failure> {
    let mut classes = wallets.iter().map(RegisteredWallet::class);
    match classes.next() {
        Some(class) if classes.all(|other| other == class) => Ok(class),
        _ => Err(Failure::input(
            phrase!(
                "the wallets are not of one class",
                "ウォレットの区分が1つではない"
            ),
            phrase!(
                "make one statement for each class",
                "区分ごとに残高報告書を作成してください。"
            ),
        )),
    }
}

/// The reconciler types the sum of all cold wallets.
fn ask_total(
    desk: &mut Desk,
    who: &OfficerId,
    statement: &BalanceStatement,
) -> Result<(), Failure> {
    let question = desk.lang.pick(
        "total of the cold wallets, in BTC",
        "コールドウォレットの合計(BTC)",
    );
    let sats = statement.cold.iter().map(|wallet| wallet.amount.to_sat());
    let total = Amount::from_sat(sats.fold(0, u64::saturating_add));
    let (lang, total): (Lang, Result<Amount, Phrase>) = (desk.lang, Ok(total));
    consent::challenge(&mut desk.console, lang, who, question, |typed| {
        Answer::equal(&parse_btc(typed), &total)
    })
}

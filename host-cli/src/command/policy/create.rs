//! `policy create`: from a readable file to the document that administrators sign.

use std::path::PathBuf;

use signer_core::cose::Endorsed;
use signer_core::phrase;
use signer_core::policy::Policy;
use signer_core::rule::Named;
use signer_core::wallet::RegisteredWallet;

use super::document;
use crate::artefact;
use crate::error::{Failure, path_of};
use crate::files::{self, Output};
use crate::rosters::RosterArgs;
use crate::view::line;

/// Makes a policy from TOML. Amounts are text in BTC ("0.50000000") or whole satoshi.
///
/// number, activation, delay and separation = { devices_per_operator, administrators_apart } stand at
/// the top; separation may have sessions_in_a_row: most sessions that sign, one after the other, that
/// one person may operate at a device; each [[destination]] has id, label, address,
/// activation and limit, and windows as below where it has limits over time; each
/// [[wallet]] has name, per_transfer, fee = { absolute, sat_per_vbyte, per_mille }, approval =
/// { approvers, departments, directors }, destinations, change_window, placement = { vendors,
/// sites } and windows = [{ blocks, limit }, ..]: most that it pays within so many blocks. Each [[class_move]] has from, to, and
/// purpose where a request must name it: a move between wallets of different classes.
/// Each [[cold_floor]] has class, per_mille and age: how much of the class stays cold, by a
/// statement of balances of at most so many blocks (`host-cli balance`).
/// [sweep] has id, wallet (the name of an emergency wallet's record), fee and approval as a [[wallet]]
/// has them: what a frozen device may still sign. Without it such a device signs nothing.
/// A [[wallet]] may have witnesses: how many attend each session that signs, where any must.
/// A [[wallet]] may have bands = [{ from, approvers, departments, directors }, ..]: stricter
/// quorums for larger amounts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli policy create --policy policy.toml --wallet wallet.cbor --roster roster.cbor \\\n    \
    --root root.cbor --out policy-0.cbor")]
pub(crate) struct Args {
    /// The policy as people write it
    #[arg(long)]
    policy: PathBuf,

    /// A wallet record; once for each wallet of the policy
    #[arg(long = "wallet", required = true)]
    wallets: Vec<PathBuf>,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// The policy that this one follows; none for the first
    #[arg(long)]
    predecessor: Option<PathBuf>,

    /// The policy to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let rosters = self.rosters.read()?;
        let roster = rosters.last();
        artefact::same_scope(self.rosters.path(), roster.body().scope, root.scope)?;
        let wallets = self
            .wallets
            .iter()
            .map(|path| artefact::wallet_under(path, &root))
            .collect::<Result<Vec<RegisteredWallet>, Failure>>()?;
        let predecessor = match &self.predecessor {
            Some(path) => Some(artefact::policy_of(path, &rosters)?.0),
            None => None,
        };
        let text = files::read_text(&self.policy)?;
        let read = document::read(&text, root.scope.network, &wallets).map_err(|error| {
            Failure::input(
                phrase!("{path}: {why}", "{path}: {why}", path = Named(self.policy.display()), why = error),
                phrase!("correct the file; `host-cli policy create --help` names every key", "ファイルを訂正してください。項目は `host-cli policy create --help` にあります。"),
            )
        })?;
        let policy = Policy {
            version: 1,
            scope: root.scope,
            root: root.digest(),
            roster: roster.roster_digest(),
            number: read.number,
            predecessor: predecessor.as_ref().map(Endorsed::policy_digest),
            activation: read.activation,
            delay: read.delay,
            wallets: read.wallets,
            destinations: read.destinations,
            class_moves: read.class_moves,
            separation: read.separation,
            cold_floors: read.cold_floors,
            sweep: read.sweep,
        };
        policy
            .check()
            .map_err(|error| Failure::told(&path_of(&self.policy), &error))?;
        let draft = Endorsed::new(policy, root.scope);
        out.write(&draft.to_bytes())?;
        line!("{}", draft.policy_digest());
        Ok(())
    }
}

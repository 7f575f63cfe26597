//! `roster draft`: the roster that follows the one in force, nobody signed yet.

use std::path::PathBuf;

use signer_core::approval::OfficerCard;
use signer_core::cose::{Endorsed, Scope};
use signer_core::phrase;
use signer_core::rule::Named;
use signer_core::types::Height;

use super::changes;
use super::show::print_difference;
use crate::artefact;
use crate::cli::{self, Desk};
use crate::error::Failure;
use crate::files::{self, Output};
use crate::rosters::RosterArgs;
use crate::view::line;

/// Drafts the next roster from TOML that says who leaves, who comes and who changes.
///
/// administrators = 2 changes the quorum. Each [[leaves]] has id. Each [[comes]] has id, valid_from and
/// valid_to; the rest is on the card that --card gives. Each [[changes]] has id and any of
/// department, roles, valid_from and valid_to; with a --card of this officer the key is the card's.
/// [recovery] has threshold and delay, and sets the keys that may only replace administrators.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli roster draft --roster roster.cbor --changes changes.toml --card tanaka.cbor \\\n    \
    --height 850000 --out roster-2-0.cbor")]
pub(crate) struct Args {
    #[command(flatten)]
    rosters: RosterArgs,

    /// What changes, as people write it
    #[arg(long)]
    changes: PathBuf,

    /// The card of an officer who comes, or has a new key; once for each
    #[arg(long = "card")]
    cards: Vec<PathBuf>,

    /// The card of a recovery key, which then goes into a safe; once for each key of [recovery]
    #[arg(long = "recovery-card")]
    recovery_cards: Vec<PathBuf>,

    /// A height at which devices will know the chain: enough administrators are valid then
    #[arg(long, value_parser = cli::height)]
    height: Height,

    /// The roster to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let rosters = self.rosters.read()?;
        let before = rosters.last();
        let scope = before.body().scope;
        let cards = read_cards(&self.cards, scope)?;
        let safes = read_cards(&self.recovery_cards, scope)?;
        let safes = safes.into_iter().map(|card| card.key).collect();
        let text = files::read_text(&self.changes)?;
        let next = changes::applied(&text, before, cards, safes).map_err(|error| {
            Failure::input(
                phrase!(
                    "{path}: {why}",
                    "{path}: {why}",
                    path = Named(self.changes.display()),
                    why = error
                ),
                phrase!(
                    "correct the file; `host-cli roster draft --help` names every key",
                    "ファイルを訂正してください。項目は `host-cli roster draft --help` にあります。"
                ),
            )
        })?;
        next.check(self.height).map_err(|error| {
            Failure::told(
                &phrase!(
                    "no roster can be made of these changes",
                    "これらの変更から名簿を作成できない"
                ),
                &error,
            )
        })?;
        let draft = Endorsed::new(next, scope);
        print_difference(before.body(), &draft, desk.lang);
        out.write(&draft.to_bytes())?;
        line!("{}", draft.roster_digest());
        Ok(())
    }
}

fn read_cards(paths: &[PathBuf], scope: Scope) -> Result<Vec<OfficerCard>, Failure> {
    let read = paths.iter().map(|path| {
        let card = artefact::officer_card(path)?;
        artefact::same_scope(path, card.scope, scope)?;
        Ok(card)
    });
    read.collect()
}

//! `roster cancel`: one administrator says that a roster of the recovery quorum never takes effect.

use std::path::PathBuf;

use signer_core::approval::{RecoveryCancellation, Role};
use signer_core::cose::Draft;
use signer_core::phrase;
use signer_core::types::{Label, OfficerId};

use super::show::print_difference;
use crate::artefact;
use crate::cli::{self, Desk};
use crate::error::Failure;
use crate::files::Output;
use crate::rosters::RosterArgs;
use crate::token::TokenArgs;
use crate::view::line;

/// Shows what the waiting roster would change, asks for the PIN, and signs that it is cancelled.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli roster cancel --roster roster.cbor --roster roster-2-2.cbor --root root.cbor \\\n    \
    --officer sato.k --reason \"nobody lost a key\" --profile softhsm2 \\\n    --token officer-sato.k --out cancellation.cbor")]
pub(crate) struct Args {
    #[command(flatten)]
    rosters: RosterArgs,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    /// Who signs: an administrator of the roster in force, which stands before the last one
    #[arg(long, value_parser = cli::id)]
    officer: OfficerId,

    /// Why, in few words
    #[arg(long, value_parser = cli::label)]
    reason: Label,

    #[command(flatten)]
    token: TokenArgs,

    /// The cancellation to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?.digest();
        let rosters = self.rosters.read()?;
        let before = rosters.predecessor().ok_or_else(|| {
            Failure::input(
                phrase!(
                    "a first roster waits for nothing",
                    "最初の名簿には待つものがない"
                ),
                phrase!(
                    "give --roster for the one in force, and then the one that waits",
                    "有効な名簿、待機中の名簿の順に --roster で指定してください。"
                ),
            )
        })?;
        let officer = artefact::officer(before.body(), &self.officer, Role::PolicyAdministrator)?;
        let scope = before.body().scope;
        let token = self.token.find(scope.network)?;
        print_difference(before.body(), rosters.last(), desk.lang);
        let body = RecoveryCancellation {
            version: 1,
            scope,
            root,
            roster: before.roster_digest(),
            cancelled: rosters.last().roster_digest(),
            officer: officer.id.clone(),
            reason: self.reason.clone(),
        };
        let pen = token.login(desk, &officer.id, &officer.key)?;
        let signed = pen.sign(Draft::new(body, scope, officer.key))?;
        out.write(&signed.to_bytes())?;
        line!("{}", rosters.last().roster_digest());
        Ok(())
    }
}

//! `roster sign`: one more policy administrator stands behind a roster.

use std::path::PathBuf;

use signer_core::approval::Role;
use signer_core::types::OfficerId;

use super::show::{print, print_difference};
use crate::artefact;
use crate::cli::{self, Desk};
use crate::endorse::{Asked, ReadFrom, endorse};
use crate::error::Failure;
use crate::files::Output;
use crate::rosters::RosterArgs;
use crate::token::TokenArgs;

/// Shows the roster, asks a policy administrator for words of its digest and the PIN, and signs.
///
/// A later roster is signed by administrators of the one before it: give both, and every one before.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli roster sign --roster roster-0.cbor --officer sato.k --profile softhsm2 \\\n    \
    --token officer-sato.k --out roster-1.cbor")]
pub(crate) struct Args {
    #[command(flatten)]
    rosters: RosterArgs,

    /// Who signs
    #[arg(long, value_parser = cli::id)]
    officer: OfficerId,

    #[command(flatten)]
    token: TokenArgs,

    /// The roster with one more signature, to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let rosters = self.rosters.read()?;
        let signing = rosters.signing().body().clone();
        let officer = artefact::officer(&signing, &self.officer, Role::PolicyAdministrator)?;
        let token = self.token.find(desk.lang, signing.scope.network)?;
        match rosters.predecessor() {
            Some(before) => print_difference(before.body(), rosters.last(), desk.lang),
            None => print(&rosters),
        }
        let mut roster = rosters.into_last();
        let digest = roster.roster_digest();
        let asked = Asked {
            of: ["roster digest", "名簿のダイジェスト"],
            digest: digest.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        endorse(desk, officer, token, asked, (&mut roster, signing.scope))?;
        out.write(&roster.to_bytes())
    }
}

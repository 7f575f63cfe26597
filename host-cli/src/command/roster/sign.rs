//! `roster sign`: one more policy administrator stands behind a roster.

use super::show::{print, print_difference};
use crate::cli::Desk;
use crate::endorse::{Asked, ReadFrom, SignerArgs};
use crate::error::Failure;
use crate::rosters::RosterArgs;

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

    #[command(flatten)]
    signer: SignerArgs,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = self.signer.reserve()?;
        let rosters = self.rosters.read()?;
        let signing = rosters.signing().body().clone();
        let administrator = self.signer.administrator(&signing)?;
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
        administrator.endorse(desk, asked, (&mut roster, signing.scope))?;
        out.write(&roster.to_bytes())
    }
}

//! `roster recover`: one more recovery key stands behind a roster that replaces administrators.

use std::path::PathBuf;

use signer_core::approval::{Officer, OfficerCard};
use signer_core::phrase;
use signer_core::types::Height;

use super::show::print_difference;
use crate::artefact;
use crate::cli::Desk;
use crate::endorse::{Asked, ReadFrom, endorse};
use crate::error::Failure;
use crate::files::Output;
use crate::rosters::RosterArgs;
use crate::token::TokenArgs;

/// Shows what the roster changes, asks for words of its digest and the PIN, and signs with the token
/// from a safe. The key's card was made by `host-cli officer enroll` when it went there.
///
/// A device takes such a roster only where it replaces administrators and nobody else, and only after
/// the delay that its roster in force states.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli roster recover --roster roster.cbor --roster roster-2-0.cbor --card safe-a.cbor \\\n    \
    --profile softhsm2 --token safe-a --out roster-2-1.cbor")]
pub(crate) struct Args {
    #[command(flatten)]
    rosters: RosterArgs,

    /// The card of the recovery key
    #[arg(long)]
    card: PathBuf,

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
        let before = rosters.predecessor().ok_or_else(|| {
            Failure::input(
                phrase!(
                    "a first roster is not signed by recovery keys",
                    "最初の名簿は復旧鍵で署名しない"
                ),
                phrase!(
                    "give --roster for the one in force as well, before this one",
                    "この名簿の前に、有効な名簿も --roster で指定してください。"
                ),
            )
        })?;
        let card = artefact::officer_card(&self.card)?;
        let recovery = before.body().recovery.as_ref();
        if !recovery.is_some_and(|recovery| recovery.keys.contains(&card.key)) {
            return Err(Failure::refused(
                phrase!(
                    "{id} is no recovery key of the roster in force",
                    "{id} は有効な名簿の復旧鍵ではない",
                    id = card.id
                ),
                phrase!(
                    "use a token from the safes that this roster names",
                    "この名簿が定める金庫のトークンを使用してください。"
                ),
            ));
        }
        let scope = before.body().scope;
        let token = self.token.find(scope.network)?;
        print_difference(before.body(), rosters.last(), desk.lang);
        let holder = holder(card);
        let mut roster = rosters.into_last();
        let digest = roster.roster_digest();
        let asked = Asked {
            of: ["roster digest", "名簿のダイジェスト"],
            digest: digest.as_bytes(),
            from: ReadFrom::ThisScreen,
        };
        endorse(desk, &holder, token, asked, (&mut roster, scope))?;
        out.write(&roster.to_bytes())
    }
}

/// Who signs, as far as the token is concerned: a recovery key has no entry in the roster.
fn holder(card: OfficerCard) -> Officer {
    Officer {
        id: card.id,
        name: card.name,
        name_ja: card.name_ja,
        department: card.department,
        roles: Vec::new(),
        key: card.key,
        valid_from: Height(0),
        valid_to: Height(0),
    }
}

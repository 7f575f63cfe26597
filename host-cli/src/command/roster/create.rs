//! `roster create`: officers from their cards, nobody signed yet.

use std::path::{Path, PathBuf};

use signer_core::approval::{Officer, OfficerCard, Roster};
use signer_core::cose::Endorsed;
use signer_core::phrase;
use signer_core::types::{Height, Version};

use crate::artefact;
use crate::cli::{self, ScopeArgs};
use crate::error::Failure;
use crate::files::Output;
use crate::view::line;

/// Makes the first roster from officer cards. Every policy administrator in it signs it then.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli roster create --network regtest --card sato.cbor --card suzuki.cbor --card ito.cbor \\\n    \
    --administrators 2 --valid-from 0 --valid-to 500000 --out roster-0.cbor")]
pub(crate) struct Args {
    #[command(flatten)]
    scope: ScopeArgs,

    /// An officer card; once for each officer
    #[arg(long = "card", required = true)]
    cards: Vec<PathBuf>,

    /// How many policy administrators must sign a policy, a roster or an enrolment; at least 2,
    /// and fewer than there are
    #[arg(long)]
    administrators: u8,

    /// First height at which the officers act
    #[arg(long, value_parser = cli::height)]
    valid_from: Height,

    /// Last height at which the officers act
    #[arg(long, value_parser = cli::height)]
    valid_to: Height,

    /// The roster to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let scope = self.scope.scope();
        let mut officers = self
            .cards
            .iter()
            .map(|path| self.officer(path))
            .collect::<Result<Vec<Officer>, Failure>>()?;
        officers.sort_by(|a, b| a.id.cmp(&b.id));
        let roster = Roster {
            version: 1,
            scope,
            number: Version(1),
            predecessor: None,
            officers,
            administrators: self.administrators,
            recovery: None,
        };
        roster.check(self.valid_from).map_err(|error| {
            Failure::told(
                &phrase!(
                    "no roster can be made of these cards",
                    "これらのカードから名簿を作成できない"
                ),
                &error,
            )
        })?;
        let draft = Endorsed::new(roster, scope);
        out.write(&draft.to_bytes())?;
        line!("{}", draft.roster_digest());
        Ok(())
    }

    fn officer(&self, path: &Path) -> Result<Officer, Failure> {
        let card: OfficerCard = artefact::officer_card(path)?;
        artefact::same_scope(path, card.scope, self.scope.scope())?;
        Ok(Officer {
            id: card.id,
            name: card.name,
            name_ja: card.name_ja,
            department: card.department,
            roles: card.roles,
            key: card.key,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        })
    }
}

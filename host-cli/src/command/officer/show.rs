//! `officer show`: an officer card, verified.

use std::path::PathBuf;

use serde_json::json;
use signer_core::approval::Role;

use crate::artefact;
use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::view;
use crate::view::line;

/// Shows an officer card whose signature verifies.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-cli officer show --card sato.cbor --json")]
pub(crate) struct Args {
    /// The officer card
    #[arg(long)]
    card: PathBuf,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let card = artefact::officer_card(&self.card)?;
        let roles: Vec<&str> = card.roles.iter().map(|role: &Role| role.name()).collect();
        if self.view.json {
            view::print(&json!({
                "type": "officer-card",
                "network": card.scope.network.name(),
                "purpose": card.scope.purpose.name(),
                "id": card.id.as_str(),
                "name": card.name.as_str(),
                "name_ja": card.name_ja.as_str(),
                "department": card.department.as_str(),
                "roles": roles,
                "key_id": card.key.key_id().to_hex(),
            }));
        } else {
            line!("officer     {} {} {}", card.id, card.name, card.name_ja);
            line!("department  {}", card.department);
            line!("roles       {}", roles.join(", "));
            line!("network     {}", view::scope(card.scope));
            line!("key         {}", card.key.key_id());
        }
        Ok(())
    }
}

//! `roster show`: officers, and who signed.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer_core::approval::{Officer, Roster};
use signer_core::cose::Endorsed;

use crate::artefact;
use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::view::line;
use crate::{consent, view};

/// Shows a roster; every signature on it was verified.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-cli roster show --roster roster.cbor --json")]
pub(crate) struct Args {
    /// The roster
    #[arg(long)]
    roster: PathBuf,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let roster = artefact::roster(&self.roster)?;
        if self.view.json {
            view::print(&json(&roster));
        } else {
            print(&roster);
            line!("{}", consent::grid(roster.roster_digest().as_bytes(), None));
        }
        Ok(())
    }
}

fn signed(roster: &Endorsed<Roster>, officer: &Officer) -> bool {
    roster.signers().any(|kid| kid == officer.key.key_id())
}

/// The roster as people read it.
pub(super) fn print(roster: &Endorsed<Roster>) {
    let body = roster.body();
    line!("roster      {} of {}", body.number, view::scope(body.scope));
    line!("quorum      {} policy administrators", body.administrators);
    for officer in &body.officers {
        let roles: Vec<&str> = officer.roles.iter().map(|role| role.name()).collect();
        line!(
            "officer     {} {} {}",
            officer.id,
            officer.name,
            officer.name_ja
        );
        line!("            {}: {}", officer.department, roles.join(", "));
        line!(
            "            heights {} to {}",
            officer.valid_from,
            officer.valid_to
        );
        line!("            key {}", officer.key.key_id());
        if signed(roster, officer) {
            line!("            signed this roster");
        }
    }
    line!("digest      {}", roster.roster_digest());
}

fn json(roster: &Endorsed<Roster>) -> Value {
    let body = roster.body();
    let officers: Vec<Value> = body
        .officers
        .iter()
        .map(|officer| {
            json!({
                "id": officer.id.as_str(),
                "name": officer.name.as_str(),
                "name_ja": officer.name_ja.as_str(),
                "department": officer.department.as_str(),
                "roles": officer.roles.iter().map(|r| r.name()).collect::<Vec<_>>(),
                "key_id": officer.key.key_id().to_hex(),
                "valid_from": officer.valid_from.0,
                "valid_to": officer.valid_to.0,
                "signed": signed(roster, officer),
            })
        })
        .collect();
    json!({
        "type": "roster",
        "network": body.scope.network.name(),
        "purpose": view::purpose(body.scope.purpose),
        "number": body.number.0,
        "administrators": body.administrators,
        "officers": officers,
        "digest": view::digest(roster.roster_digest().as_bytes()),
    })
}

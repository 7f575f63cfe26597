//! `roster show`: officers, and who signed.

use serde_json::{Value, json};
use signer_core::approval::{Officer, Roster, RosterDifference};
use signer_core::cose::Endorsed;
use signer_core::phrase;
use signer_core::types::Lang;

use crate::cli::ViewArgs;
use crate::error::Failure;
use crate::rosters::{RosterArgs, Rosters};
use crate::view::line;
use crate::{consent, view};

/// Shows a roster; every signature on it was verified.
///
/// The paper for a ceremony: --diff, on a machine that does not carry the file to the device.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-cli roster show --roster roster.cbor --json")]
pub(crate) struct Args {
    #[command(flatten)]
    rosters: RosterArgs,

    /// Show only what it changes in the roster before it, with the words of its digest: the paper of
    /// the ceremony
    #[arg(long, conflicts_with = "json")]
    diff: bool,

    #[command(flatten)]
    view: ViewArgs,
}

impl Args {
    pub(super) fn run(&self, lang: Lang) -> Result<(), Failure> {
        let rosters = self.rosters.read()?;
        if self.view.json {
            view::print(&json(&rosters));
            return Ok(());
        }
        if self.diff {
            let before = rosters.predecessor().ok_or_else(|| {
                Failure::input(
                    phrase!("a first roster changes nothing", "最初の名簿には変更がない"),
                    phrase!(
                        "give --roster for the one in force as well, before this one",
                        "この名簿の前に、有効な名簿も --roster で指定してください。"
                    ),
                )
            })?;
            print_difference(before.body(), rosters.last(), lang);
        } else {
            print(&rosters);
        }
        let digest = rosters.last().roster_digest();
        line!("{}", consent::grid(digest.as_bytes(), None));
        Ok(())
    }
}

fn signed(rosters: &Rosters, officer: &Officer) -> bool {
    rosters.signers().any(|signer| signer.id == officer.id)
}

/// What a roster changes in the one before it, person by person, as the device shows it.
pub(super) fn print_difference(before: &Roster, after: &Endorsed<Roster>, lang: Lang) {
    let difference = RosterDifference::between(before, after.body());
    let (number, people) = (after.body().number, difference.people().len());
    match lang {
        Lang::En => line!(
            "roster {number} after roster {}: {people} entries change",
            before.number
        ),
        Lang::Ja => line!(
            "名簿 {number}(前の名簿 {}): 変更 {people} 名",
            before.number
        ),
    }
    for person in difference.people() {
        line!("");
        for text in person.lines(lang) {
            line!("{text}");
        }
    }
    for text in difference.quorum_lines(lang) {
        line!("{text}");
    }
    line!("");
    line!("digest      {}", after.roster_digest());
}

/// The roster as people read it.
pub(super) fn print(rosters: &Rosters) {
    let (roster, body) = (rosters.last(), rosters.last().body());
    line!("roster      {} of {}", body.number, view::scope(body.scope));
    line!("quorum      {} policy administrators", body.administrators);
    if let Some(recovery) = &body.recovery {
        let (of, delay) = (recovery.threshold, recovery.delay);
        line!(
            "recovery    {of} of {} keys, after {delay} blocks",
            recovery.keys.len()
        );
        for key in &recovery.keys {
            line!("            key {}", key.key_id());
        }
    }
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
        if signed(rosters, officer) {
            line!("            signed this roster");
        }
    }
    for signer in rosters.signers() {
        if body.officer(&signer.id).is_none() {
            line!("signed by   {}, who leaves", signer.id);
        }
    }
    for key in rosters.safes() {
        line!("signed by   recovery key {key}");
    }
    line!("digest      {}", roster.roster_digest());
}

fn json(rosters: &Rosters) -> Value {
    let (roster, body) = (rosters.last(), rosters.last().body());
    let signed_by: Vec<&str> = rosters.signers().map(|signer| signer.id.as_str()).collect();
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
                "signed": signed(rosters, officer),
            })
        })
        .collect();
    json!({
        "type": "roster",
        "network": body.scope.network.name(),
        "purpose": body.scope.purpose.name(),
        "number": body.number.0,
        "administrators": body.administrators,
        "predecessor": body.predecessor.map(|digest| digest.to_hex()),
        "officers": officers,
        "signed_by": signed_by,
        "digest": view::digest(roster.roster_digest().as_bytes()),
    })
}

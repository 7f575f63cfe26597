//! What changes in a roster, as people write it: TOML in, the next roster out.

use signer_core::approval::{Officer, OfficerCard, RecoveryQuorum, Role, Roster};
use signer_core::cose::Endorsed;
use signer_core::keys::P256PublicKey;
use signer_core::types::{Blocks, Height, Id, OfficerId, Version};
use toml::de::DeTable;

use crate::command::policy::table::Table;

/// The roster after `before`. Every card and every entry of the file is used; `safes` are the keys of
/// a recovery quorum that the file sets.
pub(super) fn applied(
    text: &str,
    before: &Endorsed<Roster>,
    mut cards: Vec<OfficerCard>,
    mut safes: Vec<P256PublicKey>,
) -> Result<Roster, String> {
    let document = DeTable::parse(text).map_err(|error| error.to_string().replace('\n', " "))?;
    let mut file = Table::new("", document.get_ref());
    let mut next = before.body().clone();
    next.number = Version(next.number.0.saturating_add(1));
    next.predecessor = Some(before.roster_digest());
    if file.has("administrators") {
        next.administrators = file.number("administrators")?;
    }
    if file.has("recovery") {
        let mut table = file.table("recovery")?;
        safes.sort();
        next.recovery = Some(RecoveryQuorum {
            threshold: table.number("threshold")?,
            keys: core::mem::take(&mut safes),
            delay: Blocks(table.number("delay")?),
        });
        table.end()?;
    }
    if !safes.is_empty() {
        return Err("recovery: there are cards of recovery keys, and no [recovery]".into());
    }
    for table in listed(&mut file, "leaves")? {
        leaves(table, &mut next)?;
    }
    for table in listed(&mut file, "changes")? {
        changes(table, &mut next, &mut cards)?;
    }
    for table in listed(&mut file, "comes")? {
        comes(table, &mut next, &mut cards)?;
    }
    file.end()?;
    next.officers.sort_by(|a, b| a.id.cmp(&b.id));
    match cards.first() {
        None => Ok(next),
        Some(card) => Err(format!("the card of {} is named nowhere", card.id)),
    }
}

fn listed<'t>(file: &mut Table<'t>, key: &str) -> Result<Vec<Table<'t>>, String> {
    if file.has(key) {
        file.tables(key)
    } else {
        Ok(Vec::new())
    }
}

fn leaves(mut table: Table<'_>, next: &mut Roster) -> Result<(), String> {
    let id: OfficerId = table.text("id", Id::new)?;
    let people = next.officers.len();
    next.officers.retain(|officer| officer.id != id);
    if next.officers.len() == people {
        return Err(table.bad("id", format!("{id} is not in the roster")));
    }
    table.end()
}

fn comes(
    mut table: Table<'_>,
    next: &mut Roster,
    cards: &mut Vec<OfficerCard>,
) -> Result<(), String> {
    let id: OfficerId = table.text("id", Id::new)?;
    if next.officer(&id).is_some() {
        return Err(table.bad("id", format!("{id} is in the roster already")));
    }
    let card = taken(cards, &id).ok_or_else(|| table.bad("id", format!("no --card of {id}")))?;
    next.officers.push(Officer {
        id: card.id,
        name: card.name,
        name_ja: card.name_ja,
        department: card.department,
        roles: card.roles,
        key: card.key,
        valid_from: Height(table.number("valid_from")?),
        valid_to: Height(table.number("valid_to")?),
    });
    table.end()
}

fn changes(
    mut table: Table<'_>,
    next: &mut Roster,
    cards: &mut Vec<OfficerCard>,
) -> Result<(), String> {
    let id: OfficerId = table.text("id", Id::new)?;
    let missing = table.bad("id", format!("{id} is not in the roster"));
    let mut officers = next.officers.iter_mut();
    let officer = officers.find(|officer| officer.id == id).ok_or(missing)?;
    if let Some(card) = taken(cards, &id) {
        officer.key = card.key;
    }
    if table.has("department") {
        officer.department = table.text("department", Id::new)?;
    }
    if table.has("roles") {
        officer.roles = roles(&mut table)?;
    }
    if table.has("valid_from") {
        officer.valid_from = Height(table.number("valid_from")?);
    }
    if table.has("valid_to") {
        officer.valid_to = Height(table.number("valid_to")?);
    }
    table.end()
}

fn roles(table: &mut Table<'_>) -> Result<Vec<Role>, String> {
    let names = table.texts("roles")?;
    let mut roles = names
        .into_iter()
        .map(|name| {
            Role::from_name(name).ok_or_else(|| table.bad("roles", format!("no role {name:?}")))
        })
        .collect::<Result<Vec<Role>, String>>()?;
    roles.sort_unstable();
    Ok(roles)
}

fn taken(cards: &mut Vec<OfficerCard>, id: &OfficerId) -> Option<OfficerCard> {
    let place = cards.iter().position(|card| card.id == *id)?;
    Some(cards.remove(place))
}

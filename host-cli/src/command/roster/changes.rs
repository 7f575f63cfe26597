//! What changes in a roster, as people write it: TOML in, the next roster out.

use signer_core::approval::{Officer, OfficerCard, RecoveryQuorum, Role, Roster};
use signer_core::cose::Endorsed;
use signer_core::keys::P256PublicKey;
use signer_core::phrase;
use signer_core::rule::Phrase;
use signer_core::types::{Blocks, Height, Id, OfficerId, Version};
use toml::de::DeTable;

use crate::command::policy::table::Table;
use crate::error::not_toml;

/// The roster after `before`. Every card and every entry of the file is used; `safes` are the keys of
/// a recovery quorum that the file sets.
pub(super) fn applied(
    text: &str,
    before: &Endorsed<Roster>,
    mut cards: Vec<OfficerCard>,
    mut safes: Vec<P256PublicKey>,
) -> Result<Roster, Phrase> {
    let document = DeTable::parse(text).map_err(|error| not_toml(&error))?;
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
        return Err(phrase!(
            "recovery: there are cards of recovery keys, and no [recovery]",
            "recovery: 復旧鍵のカードがあるのに [recovery] がない"
        ));
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
        Some(card) => Err(phrase!(
            "the card of {id} is named nowhere",
            "{id} のカードがファイルのどこにも使われていない",
            id = card.id
        )),
    }
}

fn listed<'t>(file: &mut Table<'t>, key: &str) -> Result<Vec<Table<'t>>, Phrase> {
    if file.has(key) {
        file.tables(key)
    } else {
        Ok(Vec::new())
    }
}

fn not_there(id: &OfficerId) -> Phrase {
    phrase!("{id} is not in the roster", "{id} は名簿にない", id = id)
}

fn leaves(mut table: Table<'_>, next: &mut Roster) -> Result<(), Phrase> {
    let id: OfficerId = table.text("id", Id::new)?;
    let people = next.officers.len();
    next.officers.retain(|officer| officer.id != id);
    if next.officers.len() == people {
        return Err(table.bad("id", &not_there(&id)));
    }
    table.end()
}

fn comes(
    mut table: Table<'_>,
    next: &mut Roster,
    cards: &mut Vec<OfficerCard>,
) -> Result<(), Phrase> {
    let id: OfficerId = table.text("id", Id::new)?;
    if next.officer(&id).is_some() {
        return Err(table.bad(
            "id",
            &phrase!(
                "{id} is in the roster already",
                "{id} は既に名簿にある",
                id = id
            ),
        ));
    }
    let card = taken(cards, &id).ok_or_else(|| {
        table.bad(
            "id",
            &phrase!("no --card of {id}", "{id} の --card がない", id = id),
        )
    })?;
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
) -> Result<(), Phrase> {
    let id: OfficerId = table.text("id", Id::new)?;
    let missing = table.bad("id", &not_there(&id));
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

fn roles(table: &mut Table<'_>) -> Result<Vec<Role>, Phrase> {
    let names = table.texts("roles")?;
    let mut roles = names
        .into_iter()
        .map(|name| {
            Role::from_name(name).ok_or_else(|| {
                table.bad(
                    "roles",
                    &phrase!(
                        "no role {name}",
                        "役割 {name} はない",
                        name = format!("{name:?}")
                    ),
                )
            })
        })
        .collect::<Result<Vec<Role>, Phrase>>()?;
    roles.sort_unstable();
    Ok(roles)
}

fn taken(cards: &mut Vec<OfficerCard>, id: &OfficerId) -> Option<OfficerCard> {
    let place = cards.iter().position(|card| card.id == *id)?;
    Some(cards.remove(place))
}

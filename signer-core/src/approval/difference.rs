//! What one roster changes in the one before it, in words that people compare.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Officer, RecoveryQuorum, Role, Roster};
use crate::types::{Lang, OfficerId};

/// One person whose entry is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonChange<'a> {
    /// The entry up to now; none for who comes.
    pub before: Option<&'a Officer>,
    /// The entry from now on; none for who leaves.
    pub after: Option<&'a Officer>,
}

/// Everything that a roster changes in the one before it, but its number.
#[derive(Debug)]
pub struct RosterDifference<'a> {
    people: Vec<PersonChange<'a>>,
    before: &'a Roster,
    after: &'a Roster,
}

impl<'a> RosterDifference<'a> {
    /// Compares two rosters. Who comes with another identifier is another person.
    pub fn between(before: &'a Roster, after: &'a Roster) -> Self {
        let mut people = Vec::new();
        for old in &before.officers {
            let new = after.officer(&old.id);
            if new != Some(old) {
                people.push(PersonChange {
                    before: Some(old),
                    after: new,
                });
            }
        }
        let joins = after
            .officers
            .iter()
            .filter(|officer| before.officer(&officer.id).is_none());
        people.extend(joins.map(|officer| PersonChange {
            before: None,
            after: Some(officer),
        }));
        Self {
            people,
            before,
            after,
        }
    }

    /// Everybody whose entry is another one: first who stays or leaves, then who comes.
    pub fn people(&self) -> &[PersonChange<'a>] {
        &self.people
    }

    /// Both quorums, where they are others; nothing where they stay.
    pub fn quorum_lines(&self, lang: Lang) -> Vec<String> {
        let (old, new) = (self.before, self.after);
        let mut lines = Vec::new();
        if old.administrators != new.administrators {
            lines.push(changed(
                lang.pick("administrators who sign", "署名する管理者"),
                old.administrators,
                new.administrators,
            ));
        }
        if old.recovery != new.recovery {
            let [old, new] = [&old.recovery, &new.recovery].map(|r| recovery(r.as_ref(), lang));
            lines.push(changed(lang.pick("recovery quorum", "復旧鍵"), old, new));
        }
        lines
    }
}

impl PersonChange<'_> {
    /// Who it is about.
    pub fn who(&self) -> Option<&OfficerId> {
        self.after.or(self.before).map(|officer| &officer.id)
    }

    /// What changes, a line for each thing; the first says who, and whether they come or leave.
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        match (self.before, self.after) {
            (Some(old), Some(new)) => {
                let head = lang.pick("CHANGES", "変更");
                let mut lines = alloc::vec![headline(head, new)];
                lines.extend(differences(old, new, lang));
                lines
            }
            (Some(old), None) => {
                let at_once = lang.pick(
                    "from this installation on nothing of theirs counts, given before or not",
                    "登録した時点から、それ以前の承認も含めて効力を失います",
                );
                let mut lines = entry(lang.pick("LEAVES", "離任"), old, lang);
                lines.push(at_once.to_string());
                lines
            }
            (None, Some(new)) => entry(lang.pick("COMES", "着任"), new, lang),
            (None, None) => Vec::new(),
        }
    }
}

fn headline(what: &str, officer: &Officer) -> String {
    format!(
        "{what}  {}  {} {}",
        officer.id, officer.name, officer.name_ja
    )
}

/// A whole entry.
fn entry(what: &str, officer: &Officer, lang: Lang) -> Vec<String> {
    let [department, role, valid, key] = names(lang);
    let mut lines = alloc::vec![
        headline(what, officer),
        format!("{department}  {}", officer.department),
    ];
    lines.extend(
        officer
            .roles
            .iter()
            .map(|of| format!("{role}  {}", of.title(lang))),
    );
    lines.push(format!("{valid}  {}", validity(officer)));
    lines.push(format!("{key}  {}", officer.key.key_id()));
    lines
}

fn differences(old: &Officer, new: &Officer, lang: Lang) -> Vec<String> {
    let [department, role, valid, key] = names(lang);
    let mut lines = Vec::new();
    if (&old.name, &old.name_ja) != (&new.name, &new.name_ja) {
        let name = |o: &Officer| format!("{} {}", o.name, o.name_ja);
        lines.push(changed(lang.pick("name", "氏名"), name(old), name(new)));
    }
    if old.department != new.department {
        lines.push(changed(department, &old.department, &new.department));
    }
    for of in Role::ALL {
        let sign = match (old.roles.contains(&of), new.roles.contains(&of)) {
            (true, false) => "-",
            (false, true) => "+",
            _ => continue,
        };
        lines.push(format!("{role}  {sign} {}", of.title(lang)));
    }
    if (old.valid_from, old.valid_to) != (new.valid_from, new.valid_to) {
        lines.push(changed(valid, validity(old), validity(new)));
    }
    if old.key != new.key {
        lines.push(changed(key, old.key.key_id(), new.key.key_id()));
    }
    lines
}

const fn names(lang: Lang) -> [&'static str; 4] {
    match lang {
        Lang::En => ["department", "role", "heights", "key"],
        Lang::Ja => ["部門", "役割", "有効ブロック高", "鍵"],
    }
}

fn validity(officer: &Officer) -> String {
    format!("{} - {}", officer.valid_from, officer.valid_to)
}

fn changed(what: &str, before: impl core::fmt::Display, after: impl core::fmt::Display) -> String {
    format!("{what}  {before} -> {after}")
}

fn recovery(quorum: Option<&RecoveryQuorum>, lang: Lang) -> String {
    let Some(quorum) = quorum else {
        return lang.pick("none", "なし").to_string();
    };
    let (of, delay) = (quorum.threshold, quorum.delay);
    let keys: Vec<String> = quorum
        .keys
        .iter()
        .map(|key| key.key_id().to_string())
        .collect();
    let keys = keys.join(" ");
    match lang {
        Lang::En => format!("{of} of [{keys}], after {delay} blocks"),
        Lang::Ja => format!("[{keys}] のうち {of}、{delay} ブロック後"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{id, label, p256_key, p256_public, roster};
    use crate::types::{Blocks, Height};

    fn lines(change: impl FnOnce(&mut Roster), lang: Lang) -> Vec<Vec<String>> {
        let (old, mut new) = (roster(), roster());
        change(&mut new);
        let difference = RosterDifference::between(&old, &new);
        let people = difference.people().iter();
        let mut all: Vec<Vec<String>> = people.map(|person| person.lines(lang)).collect();
        all.push(difference.quorum_lines(lang));
        all
    }

    #[test]
    fn says_nothing_of_what_stays() {
        assert_eq!(lines(|r| r.number.0 = 7, Lang::En), [Vec::<String>::new()]);
    }

    /// Every field of an entry, changed alone, gives one line that names it.
    #[test]
    fn every_field_of_an_entry_has_its_line() {
        let key = |name| p256_public(&p256_key(name));
        let changes: [(Edit, &str); 7] = [
            (
                |o| o.name = label("New"),
                "name  approver.a 担当者 -> New 担当者",
            ),
            (
                |o| o.name_ja = label("新"),
                "name  approver.a 担当者 -> approver.a 新",
            ),
            (
                |o| o.department = id("risk"),
                "department  security -> risk",
            ),
            (
                |o| o.roles = alloc::vec![Role::Approver, Role::Director],
                "role  + Director",
            ),
            (
                |o| o.roles = alloc::vec![Role::Director],
                "role  - Approver",
            ),
            (
                |o| o.valid_from = Height(1),
                "heights  800000 - 900000 -> 1 - 900000",
            ),
            (
                |o| o.valid_to = Height(900_001),
                "heights  800000 - 900000 -> 800000 - 900001",
            ),
        ];
        for (change, expected) in changes {
            let all = lines(|r| change(&mut r.officers[3]), Lang::En);
            assert_eq!(all[0][0], headline("CHANGES", &changed_officer(change)));
            assert!(all[0].iter().any(|line| line == expected), "{all:?}");
        }
        let all = lines(|r| r.officers[3].key = key("new"), Lang::En);
        let [old, new] = ["approver.a", "new"].map(|name| key(name).key_id());
        assert_eq!(all[0][1..], [format!("key  {old} -> {new}")]);
    }

    type Edit = fn(&mut Officer);

    fn changed_officer(change: Edit) -> Officer {
        let mut officer = roster().officers[3].clone();
        change(&mut officer);
        officer
    }

    #[test]
    fn who_leaves_and_who_comes_stand_in_full() {
        let all = lines(|r| r.officers[3].id = id("approver.aa"), Lang::En);
        assert_eq!(all.len(), 3);
        assert!(all[0][0].starts_with("LEAVES  approver.a  "));
        assert!(all[0].last().unwrap().contains("nothing of theirs counts"));
        assert!(all[1][0].starts_with("COMES  approver.aa  "));
        assert_eq!(
            all[1][1..4],
            [
                "department  security",
                "role  Approver",
                "heights  800000 - 900000"
            ]
        );
        assert_eq!(all[1].len(), 5);
    }

    #[test]
    fn a_change_names_its_person() {
        let (old, mut new) = (roster(), roster());
        new.officers[2].id = id("admin.cc");
        new.officers[3].name = label("New");
        let difference = RosterDifference::between(&old, &new);
        let people: Vec<&OfficerId> = difference
            .people()
            .iter()
            .filter_map(PersonChange::who)
            .collect();
        assert_eq!(people, [&id("admin.c"), &id("approver.a"), &id("admin.cc")]);
    }

    #[test]
    fn quorums_have_their_lines_in_both_languages() {
        let change = |r: &mut Roster| {
            r.administrators = 3;
            r.recovery = Some(RecoveryQuorum {
                threshold: 2,
                keys: alloc::vec![p256_public(&p256_key("safe.a"))],
                delay: Blocks(4_320),
            });
        };
        let [en, ja] = [Lang::En, Lang::Ja].map(|lang| lines(change, lang).remove(0));
        assert_eq!(en[0], "administrators who sign  2 -> 3");
        assert!(en[1].starts_with("recovery quorum  none -> 2 of ["));
        assert!(en[1].ends_with("after 4320 blocks"));
        assert_eq!(ja[0], "署名する管理者  2 -> 3");
        assert!(ja[1].ends_with("4320 ブロック後"));
    }
}

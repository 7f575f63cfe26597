//! A field's value is read in one place only, and nothing is decoded twice on the way to the sighash:
//! the sources of `src/psbt` held against that sentence.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What lies between the bytes and the sighash. Rules judge fields that were read, and read none.
const READERS: [&str; 16] = [
    "container.rs",
    "form.rs",
    "parse.rs",
    "previous.rs",
    "raw.rs",
    "reader.rs",
    "rules/mod.rs",
    "rules/psb02.rs",
    "rules/psb03.rs",
    "rules/psb04.rs",
    "rules/psb05.rs",
    "rules/psb06.rs",
    "rules/psb07.rs",
    "rules/psb08.rs",
    "unsigned.rs",
    "limits.rs",
];

/// What takes text off, writes, joins or compares records, and the list of types.
const OTHERS: [&str; 7] = [
    "armour.rs",
    "build.rs",
    "key.rs",
    "lean.rs",
    "merge.rs",
    "mod.rs",
    "signed.rs",
];

/// What makes values of bytes, and how many calls of it there are: one for each field of that form.
const DECODERS: [(&str, usize); 11] = [
    // The unsigned transaction, of version 0 and of version 2.
    ("unsigned::read(", 1),
    ("unsigned::assemble(", 1),
    ("required_locks(", 1),
    // An amount and a script: outputs of the transaction, the coin of a parent, the coin repeated.
    ("read_tx_out(", 3),
    ("claimed_coin(", 1),
    ("PreviousTx::scan(", 1),
    // Key origins of inputs and of outputs; scripts likewise, two of each.
    ("origin_of(", 2),
    ("script_of(", 4),
    ("partial_sig(", 1),
    // Readers of `bitcoin` are not asked at all.
    ("deserialize", 0),
    ("consensus_decode", 0),
];

/// Known types that nobody reads: passed through.
const UNREAD: [&str; 1] = ["GLOBAL_XPUB"];

type Sources = BTreeMap<String, String>;

/// All code of the folder but its tests, by path.
fn sources() -> Sources {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/psbt");
    let mut found = Sources::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            let test =
                name.ends_with("tests.rs") || ["testing.rs", "form/psb01.rs"].contains(&name);
            if !test {
                found.insert(name.to_owned(), code(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// What is left without tests, comments and the lists of what is used.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    let statements = text.split_inclusive(';');
    statements
        .filter(|statement| !statement.trim_start().starts_with("use "))
        .collect()
}

/// The constants of record types, as `key.rs` declares them.
fn types(sources: &Sources) -> Vec<String> {
    let declared = sources["key.rs"].lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("pub(super) const ")?.split_once(':')?;
        rest.starts_with(" u8 =").then(|| name.to_owned())
    });
    declared.filter(|name| name != "PROPRIETARY").collect()
}

/// How often a whole word stands in a text.
fn named(text: &str, word: &str) -> usize {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let whole = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        // Names of fields in quotes are for refusals.
        before != Some('"') && !before.is_some_and(inside) && !after.is_some_and(inside)
    };
    text.match_indices(word)
        .filter(|(at, _)| whole(*at))
        .count()
}

/// How often something is called: its declaration does not count, nor the end of a longer name.
fn called(text: &str, call: &str) -> usize {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let calls = text.match_indices(call).filter(|(at, _)| {
        let before = &text[..*at];
        !before.ends_with("fn ") && !before.chars().next_back().is_some_and(inside)
    });
    calls.count()
}

/// What is wrong with the sources.
fn wrong(sources: &Sources) -> Vec<String> {
    let mut wrong = Vec::new();
    let listed = |name: &str| READERS.contains(&name) || OTHERS.contains(&name);
    wrong.extend(
        sources
            .keys()
            .filter(|name| !listed(name))
            .map(|name| format!("{name}: not listed")),
    );
    let readers = || READERS.iter().filter_map(|name| sources.get(*name));
    for field in types(sources) {
        let places: usize = readers().map(|text| named(text, &field)).sum();
        let expected = usize::from(!UNREAD.contains(&field.as_str()));
        if places != expected {
            wrong.push(format!("{field}: read in {places} places, not {expected}"));
        }
    }
    for (decoder, expected) in DECODERS {
        let calls: usize = readers().map(|text| called(text, decoder)).sum();
        if calls != expected {
            wrong.push(format!("{decoder}: {calls} calls, not {expected}"));
        }
    }
    wrong
}

#[test]
fn every_field_is_read_in_one_place() {
    let sources = sources();
    assert_eq!(types(&sources).len(), 27);
    assert_eq!(wrong(&sources), [""; 0]);
}

#[test]
fn a_second_reading_is_found() {
    for (file, line, found) in [
        (
            "parse.rs",
            "let tx = raw.value(MapId::Global, &[GLOBAL_UNSIGNED_TX]);",
            "GLOBAL_UNSIGNED_TX",
        ),
        (
            "rules/psb03.rs",
            "let coin = raw.value(map, &[IN_WITNESS_UTXO]);",
            "IN_WITNESS_UTXO",
        ),
        (
            "form.rs",
            "unsigned::required_locks(raw, map)?;",
            "required_locks(",
        ),
        (
            "form.rs",
            "let tx = unsigned::read(value)?;",
            "unsigned::read(",
        ),
        (
            "parse.rs",
            "let parent = PreviousTx::scan(bytes, 0);",
            "PreviousTx::scan(",
        ),
        (
            "rules/psb07.rs",
            "let tx: Transaction = deserialize(value);",
            "deserialize",
        ),
        (
            "form.rs",
            "let path = raw.value(map, &[GLOBAL_XPUB]);",
            "GLOBAL_XPUB",
        ),
        ("again.rs", "", "again.rs"),
    ] {
        let mut spoiled = sources();
        let text = spoiled.entry(file.to_owned()).or_default();
        text.push_str(line);
        let wrong = wrong(&spoiled);
        assert!(
            matches!(&wrong[..], [one] if one.starts_with(found)),
            "{line}: {wrong:?}"
        );
    }
    // And a field that nobody reads any more.
    let mut spoiled = sources();
    let form = spoiled.get_mut("form.rs").unwrap();
    *form = form.replace("IN_WITNESS_UTXO =>", "_ =>");
    assert_eq!(
        wrong(&spoiled),
        ["IN_WITNESS_UTXO: read in 0 places, not 1"]
    );
}

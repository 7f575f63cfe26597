//! A field's value is read in one place only, and nothing is decoded twice on the way to the sighash:
//! the sources of `src/psbt` held against that sentence. And a file is read once: the sources of the
//! stages and of the device's program, from what comes in to what goes out.

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
const OTHERS: [&str; 8] = [
    "armour.rs",
    "build.rs",
    "key.rs",
    "lean.rs",
    "merge.rs",
    "mod.rs",
    "once.rs",
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

/// Whoever reads a whole file, and how often: everybody else is handed what was read.
const READINGS: [(&str, &str, usize); 13] = [
    // Every reading of bytes is this one.
    ("psbt/parse.rs", "parse_within(", 1),
    ("psbt/parse.rs", "parse_shared(", 1),
    ("psbt/parse.rs", "from_shared(", 1),
    // A ceremony and its replay: kept in the entry of the journal, from the first that asks.
    ("psbt/once.rs", "parse_shared(", 1),
    // Without a device; on one without a ceremony; an auditor's own papers.
    ("wallet/check_only.rs", "parse_within(", 1),
    ("device/review.rs", "parse_within(", 1),
    ("audit/papers.rs", "parse_within(", 1),
    // The container alone. Pictures without a checksum must have brought a whole one.
    ("frames/collection.rs", "RawPsbt::parse(", 1),
    // Of what a session has judged and signed: a journal that is loaded, a signed PSBT that is given
    // out again.
    ("transcript/entry.rs", "from_shared(", 1),
    ("transcript/entry.rs", "container(", 1),
    ("transcript/release/again.rs", "container(", 1),
    // The keys of the first map, without a reading: whether there is a receipt, or a rejection.
    ("transcript/entry.rs", "first_map(", 1),
    ("approval/approve.rs", "first_map(", 1),
];
/// Calls that read a file, or a part of it.
const READS: [&str; 8] = [
    "ParsedPsbt::parse(",
    "parse_within(",
    "parse_shared(",
    "RawPsbt::parse(",
    "from_vec(",
    "from_shared(",
    "first_map(",
    "container(",
];

/// Known types that nobody reads: passed through.
const UNREAD: [&str; 1] = ["GLOBAL_XPUB"];

type Sources = BTreeMap<String, String>;

/// All code of the folder but its tests, by path.
fn sources() -> Sources {
    below("src/psbt")
}

/// All code below a folder but its tests.
fn below(folder: &str) -> Sources {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
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
            let test = name.ends_with("tests.rs")
                || name
                    .split('/')
                    .any(|part| ["tests", "testing"].contains(&part))
                || name.ends_with("testing.rs")
                || name == "form/psb01.rs";
            if !test && path.extension().is_some_and(|ext| ext == "rs") {
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

/// The sources of all stages and of the device's program. What reads, writes and joins records makes
/// PSBTs of its own: only the two files that begin a reading are looked at there.
fn stages() -> Sources {
    let mut found = below("src");
    found.retain(|name, _| {
        ["psbt/once.rs", "psbt/parse.rs"].contains(&&name[..]) || !name.starts_with("psbt/")
    });
    let device = below("../signer-device/src");
    found.extend(
        device
            .into_iter()
            .map(|(name, text)| (format!("device/{name}"), text)),
    );
    found
}

/// Where files are read, other than listed.
fn read_elsewhere(stages: &Sources) -> Vec<String> {
    let calls = stages
        .iter()
        .flat_map(|(name, text)| READS.map(|call| (name, call, called(text, call))));
    let unlisted = calls.filter(|(name, call, count)| {
        let mut listed = READINGS.iter().filter(|(n, c, _)| n == name && c == call);
        *count != listed.next().map_or(0, |(_, _, count)| *count)
    });
    unlisted
        .map(|(name, call, count)| format!("{name}: {call} {count}"))
        .collect()
}

#[test]
fn a_file_is_read_once_and_the_reading_handed_on() {
    let stages = stages();
    assert!(
        READINGS
            .iter()
            .all(|(name, call, _)| stages.contains_key(*name) && READS.contains(call))
    );
    assert_eq!(read_elsewhere(&stages), [""; 0]);
    // And is found where it is read again.
    for (file, line) in [
        (
            "transcript/judge.rs",
            "ParsedPsbt::parse_within(intake.psbt().to_vec(), limits)?;",
        ),
        ("transcript/state/receipts.rs", "intake.container();"),
        ("device/ceremony/intake.rs", "RawPsbt::parse(&psbt).ok();"),
        ("psbt/once.rs", "ParsedPsbt::parse_shared(bytes, limits);"),
    ] {
        let mut spoiled = stages.clone();
        spoiled.get_mut(file).unwrap().push_str(line);
        let found = read_elsewhere(&spoiled);
        assert!(
            matches!(&found[..], [one] if one.starts_with(file)),
            "{line}: {found:?}"
        );
    }
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

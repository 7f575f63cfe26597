//! No source of this workspace holds a call that imports, copies, wraps, unwraps, derives or reads
//! a key; only one file signs, and only one crate names the PKCS#11 binding.
//!
//! The words that are searched for stand here in two pieces, so that this file needs no exception.

use std::path::{Path, PathBuf};

/// A word that no source may hold, but for the files named with it.
struct Forbidden {
    pieces: [&'static str; 2],
    allowed: &'static [&'static str],
}

const ANCHOR: &str = "hsm-profiles/src/anchor.rs";
const SIGN: &str = "hsm-profiles/src/sign.rs";
/// The module that stands before a real one in tests: it is called from C.
const QUIRKS: &[&str] = &[
    "hsm-profiles/quirk-module/src/ask.rs",
    "hsm-profiles/quirk-module/src/born.rs",
    "hsm-profiles/quirk-module/src/lib.rs",
    "hsm-profiles/quirk-module/src/objects.rs",
    "hsm-profiles/quirk-module/src/plain.rs",
    "hsm-profiles/quirk-module/src/script.rs",
    "hsm-profiles/quirk-module/src/sign.rs",
    "hsm-profiles/quirk-module/src/token.rs",
];
/// Plays a stranger's program that doubles an anchor.
const STRANGER: &str = "hsm-profiles/tests/signing.rs";

const fn forbidden(pieces: [&'static str; 2], allowed: &'static [&'static str]) -> Forbidden {
    Forbidden { pieces, allowed }
}

const FORBIDDEN: [Forbidden; 17] = [
    forbidden(["wrap", "_key"], &[]),
    forbidden(["unwrap", "_key"], &[]),
    forbidden(["derive", "_key"], &[]),
    forbidden(["create", "_object"], &[ANCHOR]),
    forbidden(["copy", "_object"], &[STRANGER]),
    forbidden(["update", "_attributes"], &[]),
    forbidden(["Attribute", "::Value"], &[ANCHOR]),
    forbidden(["AttributeType", "::Value"], &[ANCHOR]),
    // Other names for the same, by which a call could slip past.
    forbidden(["Attribute", " as"], &[]),
    forbidden(["AttributeType", " as"], &[]),
    forbidden(["Attribute", "::*"], &[]),
    forbidden(["AttributeType", "::*"], &[]),
    forbidden(["object", "::*"], &[]),
    forbidden(["cryptoki", "_sys"], QUIRKS),
    forbidden(["Mechanism", "::Ecdsa"], &[SIGN]),
    forbidden(["encapsulate", "_key"], &[]),
    forbidden(["decapsulate", "_key"], &[]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file under `folder` whose name ends so, relative to `root`, built ones left out.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() && name != "target" && !name.starts_with('.') {
            files(&path, ending, found);
        } else if name.ends_with(ending) && path.is_file() {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let (root, mut paths) = (root(), Vec::new());
    files(&root, ".rs", &mut paths);
    let named = |path: PathBuf| {
        let name = path
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(named).collect()
}

/// Every hit: file, line and word.
fn scan(name: &str, text: &str) -> Vec<String> {
    let mut hits = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for word in FORBIDDEN
            .iter()
            .filter(|word| !word.allowed.contains(&name))
        {
            let word = word.pieces.concat();
            if has_word(line, &word) {
                hits.push(format!("{name}:{number}: {word}"));
            }
        }
    }
    hits
}

/// Whether `word` stands in `line`, not as a part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[test]
fn no_source_lets_a_key_in_or_out() {
    let sources = sources();
    assert!(sources.iter().any(|(name, _)| name == ANCHOR));
    assert!(
        sources
            .iter()
            .any(|(name, _)| name.starts_with("signer-device/src/"))
    );
    let hits: Vec<String> = sources.iter().flat_map(|(n, text)| scan(n, text)).collect();
    assert!(hits.is_empty(), "{}", hits.join("\n"));
}

#[test]
fn the_scan_finds_every_word_that_is_planted() {
    for word in &FORBIDDEN {
        let call = format!("let x = token.{}(y);", word.pieces.concat());
        assert_eq!(scan("signer-device/src/main.rs", &call).len(), 1, "{call}");
        assert_eq!(
            scan("signer-device/src/main.rs", &format!("// {call}")).len(),
            0
        );
        for allowed in word.allowed {
            assert_eq!(scan(allowed, &call).len(), 0, "{call}");
        }
    }
    let longer = ["AttributeType", "::ValueLen"].concat();
    assert_eq!(scan("signer-device/src/main.rs", &longer).len(), 0);
}

#[test]
fn the_one_object_that_is_created_is_data() {
    let (_, text) = sources()
        .into_iter()
        .find(|(name, _)| name == ANCHOR)
        .unwrap();
    let classes: Vec<&str> = text
        .match_indices("ObjectClass::")
        .map(|(at, found)| text[at + found.len()..].split(|c: char| !c.is_alphanumeric()))
        .filter_map(|mut rest| rest.next())
        .collect();
    assert_eq!(classes, ["DATA"]);
    let call = ["create", "_object("].concat();
    let (before, after) = text.split_once(&call).unwrap();
    assert!(!after.contains(&call));
    assert!(before.contains("Attribute::Class(ObjectClass::DATA)"));
}

#[test]
fn only_this_crate_names_the_binding() {
    let (root, mut manifests) = (root(), Vec::new());
    files(&root, "Cargo.toml", &mut manifests);
    assert!(manifests.len() > 5, "{manifests:?}");
    for path in manifests {
        let name = path
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let names_it = text
            .lines()
            .any(|line| line.trim_start().starts_with("cryptoki"));
        // The workspace's own manifest fixes the version.
        let may = matches!(
            name.as_str(),
            "Cargo.toml" | "hsm-profiles/Cargo.toml" | "hsm-profiles/quirk-module/Cargo.toml"
        );
        assert_eq!(names_it, may, "{name}");
    }
    for (name, text) in sources() {
        let uses = text
            .lines()
            .any(|line| line.trim_start().starts_with("use cryptoki"));
        assert!(!uses || name.starts_with("hsm-profiles/"), "{name}");
    }
}

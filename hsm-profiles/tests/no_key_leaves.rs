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
const DESTROY: &str = "hsm-profiles/src/destroy.rs";
/// Loses keys past the driver.
const LOSER: &str = "hsm-profiles/tests/keys.rs";
const SIGN: &str = "hsm-profiles/src/sign.rs";
/// The two calls of a signature.
const SIGN_CALL: &str = "hsm-profiles/sign-call/src/lib.rs";
/// The module that stands before a real one in tests, which is called from C; and the one file that
/// calls C.
const C_SIDE: &[&str] = &[
    "hsm-profiles/quirk-module/src/ask.rs",
    "hsm-profiles/quirk-module/src/born.rs",
    "hsm-profiles/quirk-module/src/lib.rs",
    "hsm-profiles/quirk-module/src/objects.rs",
    "hsm-profiles/quirk-module/src/plain.rs",
    "hsm-profiles/quirk-module/src/script.rs",
    "hsm-profiles/quirk-module/src/sign.rs",
    "hsm-profiles/quirk-module/src/token.rs",
    SIGN_CALL,
];
/// Tries all of it on throw-away keys, in the acceptance test; its own tests stand below.
const ATTACKS: &str = "hsm-profiles/src/acceptance/attacks.rs";
/// Makes the throw-away keys.
const THROW_AWAY: &str = "hsm-profiles/src/acceptance/keys.rs";
/// Plays a stranger's program that doubles an anchor.
const STRANGER: &str = "hsm-profiles/tests/signing.rs";

const fn forbidden(pieces: [&'static str; 2], allowed: &'static [&'static str]) -> Forbidden {
    Forbidden { pieces, allowed }
}

const FORBIDDEN: [Forbidden; 19] = [
    forbidden(["wrap", "_key"], &[ATTACKS]),
    forbidden(["unwrap", "_key"], &[]),
    forbidden(["derive", "_key"], &[ATTACKS]),
    forbidden(["create", "_object"], &[ANCHOR]),
    forbidden(["copy", "_object"], &[ATTACKS, STRANGER]),
    forbidden(["destroy", "_object"], &[DESTROY, ATTACKS, LOSER]),
    forbidden(["update", "_attributes"], &[ATTACKS]),
    forbidden(["Attribute", "::Value"], &[ANCHOR, ATTACKS]),
    forbidden(["AttributeType", "::Value"], &[ANCHOR, ATTACKS]),
    // Other names for the same, by which a call could slip past.
    forbidden(["Attribute", " as"], &[]),
    forbidden(["AttributeType", " as"], &[]),
    forbidden(["Attribute", "::*"], &[]),
    forbidden(["AttributeType", "::*"], &[]),
    forbidden(["object", "::*"], &[]),
    forbidden(["cryptoki", "_sys"], C_SIDE),
    forbidden(["sign_at", "_once"], &[SIGN, SIGN_CALL]),
    forbidden(["Mechanism", "::Ecdsa"], &[ATTACKS, SIGN]),
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

/// The functions of a source: from one `fn` to the next, comments left out.
fn functions(text: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    code.join("\n").split("fn ").map(str::to_owned).collect()
}

fn source(name: &str) -> String {
    let found = sources().into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name} is there")).1
}

/// The calls that the acceptance test may try, each once.
const TRIED: [[&str; 2]; 4] = [
    ["wrap", "_key"],
    ["derive", "_key"],
    ["copy", "_object"],
    ["update", "_attributes"],
];

#[test]
fn the_acceptance_test_tries_each_call_once_and_on_throw_away_keys_alone() {
    let functions = functions(&source(ATTACKS));
    for pieces in TRIED {
        let word = format!(".{}(", pieces.concat());
        let holders: Vec<&String> = functions.iter().filter(|f| f.contains(&word)).collect();
        let [holder] = holders[..] else {
            panic!("{word} stands in {} functions", holders.len());
        };
        assert_eq!(holder.matches(&word).count(), 1, "{word}");
        let signature = holder.split(") ->").next().unwrap();
        assert!(signature.contains("key: &ThrowAway"), "{word}: {signature}");
        // The one handle in it that is an object of before the call is the throw-away key's.
        assert!(holder.contains("private = key.private") || holder.contains("(key.private, "));
        let (_, call) = holder.split_once(&word).unwrap();
        let arguments = call.split(')').next().unwrap();
        assert!(arguments.contains("private"), "{word}: {arguments}");
    }
}

#[test]
fn what_an_attempt_brings_to_light_is_wiped_where_it_was_found() {
    let functions = functions(&source(ATTACKS));
    for pieces in [[".wrap", "_key("], ["AttributeType", "::Value]"]] {
        let word = pieces.concat();
        let holders: Vec<&String> = functions.iter().filter(|f| f.contains(&word)).collect();
        assert_eq!(holders.len(), 1, "{word}");
        assert!(holders[0].contains(".zeroize()"), "{word}");
    }
    // Answers are words and lengths: no function of the file hands out bytes.
    for function in &functions {
        let signature = function.split('{').next().unwrap();
        let bytes = signature.contains("Vec<u8>") && !signature.starts_with("uncompressed(");
        assert!(!bytes, "{signature}");
    }
}

#[test]
fn a_throw_away_key_is_made_in_one_place_by_generation() {
    let literal = ["ThrowAway", " {"].concat();
    let mut places = Vec::new();
    for (name, text) in sources() {
        if !name.starts_with("hsm-profiles/src/") {
            continue;
        }
        let lines = text.lines().filter(|line| {
            let line = line.trim_start();
            line.contains(&literal) && !line.starts_with("pub struct") && !line.starts_with("impl")
        });
        places.extend(lines.map(|_| name.clone()));
    }
    assert_eq!(places, [THROW_AWAY]);
    let maker = functions(&source(THROW_AWAY));
    let maker = maker.iter().find(|f| f.contains(&literal)).unwrap();
    assert!(maker.contains("self.token.generate(id, LABEL)?"));
    assert!(maker.contains("CkaId::single(role)"));
}

#[test]
fn the_acceptance_test_destroys_ids_of_its_own_roles_alone() {
    let text = source(THROW_AWAY);
    assert!(
        text.contains("const OURS: [KeyRole; 2] = [KeyRole::Acceptance, KeyRole::AcceptanceSeal];")
    );
    let functions = functions(&text);
    // The driver's one call that destroys, in destroy.rs.
    let callers = functions.iter().filter(|f| f.contains("token.destroy("));
    let callers: Vec<&String> = callers.collect();
    assert_eq!(callers.len(), 2);
    for caller in callers {
        assert!(caller.contains("OURS.contains(&id.role)"), "{caller}");
    }
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
            "Cargo.toml"
                | "hsm-profiles/Cargo.toml"
                | "hsm-profiles/quirk-module/Cargo.toml"
                | "hsm-profiles/sign-call/Cargo.toml"
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

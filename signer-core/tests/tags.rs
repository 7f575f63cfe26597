//! Every tag of a hash stands in the pages of the formats: a verifier is written from them alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [&str; 4] = [
    "signer-core/src",
    "hsm-profiles/src",
    "signer-device/src",
    "host-cli/src",
];
const PAGES: [&str; 2] = ["docs/formats/README.md", "docs/formats/frames.md"];

#[test]
fn every_tag_of_a_hash_is_documented() {
    let pages = PAGES.map(|page| fs::read_to_string(root().join(page)).unwrap());
    let tags = tags();
    assert!(tags.len() > 40, "{tags:?}");
    let stands = |tag: &String| {
        let forms = [format!("`{tag}`"), format!("\"{tag}\"")];
        let mut places = pages
            .iter()
            .flat_map(|page| forms.iter().map(move |form| page.contains(form)));
        places.any(|stands| stands)
    };
    let missing: Vec<&String> = tags.iter().filter(|tag| !stands(tag)).collect();
    assert!(missing.is_empty(), "not in {PAGES:?}: {missing:?}");
}

/// Every literal in the sources that begins as our tags do; a context of signatures is none.
fn tags() -> BTreeSet<String> {
    let mut sources = Vec::new();
    for room in ROOMS {
        collect(&root().join(room), &mut sources);
    }
    sources
        .iter()
        .flat_map(|path| tags_in(&fs::read_to_string(path).unwrap()))
        .collect()
}

fn tags_in(text: &str) -> Vec<String> {
    let literals = text.split("\"himuro/").skip(1);
    let named = literals.filter_map(|rest| rest.split('"').next());
    named
        .filter(|name| !name.starts_with("v1/"))
        .map(|name| format!("himuro/{name}"))
        .collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

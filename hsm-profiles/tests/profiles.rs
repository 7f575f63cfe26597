//! The profiles that come with the program: each reads, each value names its source, and what
//! nobody has verified is said to be so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hsm_profiles::{HsmError, Module, Profile, ProfileError};
use signer_core::rule::Verdict;
use signer_core::token::{Assurance, Date, Line, Relaxations, fips_status, hsm06};
use signer_core::types::{Lang, Network};
use toml::de::{DeTable, DeValue};

/// Marks of a source, as the head of each file explains them.
const MARKS: [&str; 6] = ["[M]", "[S]", "[D]", "[X]", "[?]", "[O]"];
/// Those of a value that nobody has verified.
const UNSURE: [&str; 2] = ["[X]", "[?]"];

fn text(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("profiles");
    fs::read_to_string(folder.join(format!("{name}.toml"))).expect("a profile of this name")
}

/// The first mark of a comment: what follows it is an aside.
fn mark_of(comment: &str) -> Option<&'static str> {
    let places = MARKS
        .into_iter()
        .filter_map(|mark| Some((comment.find(mark)?, mark)));
    places.min().map(|(_, mark)| mark)
}

/// Each `table.key` of a file with the marks of its source: behind the value, above it, or behind
/// the items of its list.
fn sources(text: &str) -> BTreeMap<String, Vec<&'static str>> {
    let mut found = BTreeMap::new();
    let (mut table, mut above, mut open) = (String::new(), String::new(), None::<String>);
    for line in text.lines() {
        let (code, comment) = line.split_once('#').unwrap_or((line, ""));
        let code = code.trim();
        if let Some(key) = open.clone() {
            let marks: &mut Vec<_> = found.entry(key).or_default();
            marks.extend(mark_of(comment));
            if code == "]" {
                open = None;
            }
        } else if let Some(name) = code.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut table);
        } else if let Some((key, value)) = code.split_once(" = ") {
            let key = format!("{table}.{}", key.trim());
            let marks = mark_of(comment).or_else(|| mark_of(&above));
            found.insert(key.clone(), marks.into_iter().collect());
            if value.trim() == "[" {
                open = Some(key);
            }
        }
        above = match (code.is_empty(), comment.is_empty()) {
            (true, false) => above + comment,
            _ => String::new(),
        };
    }
    found
}

/// The same from the reader of TOML, so that the reader above cannot miss a value.
fn keys(text: &str) -> BTreeSet<String> {
    let document = DeTable::parse(text).expect("TOML");
    let mut keys = BTreeSet::new();
    for (table, value) in document.get_ref() {
        let DeValue::Table(inner) = value.get_ref() else {
            panic!("tables alone");
        };
        let inner = inner.keys();
        keys.extend(inner.map(|key| format!("{}.{}", table.get_ref(), key.get_ref())));
    }
    keys
}

#[test]
fn every_file_is_built_in_and_reads() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .expect("the folder of profiles")
        .map(|file| {
            file.expect("a file")
                .file_name()
                .into_string()
                .expect("plain")
        })
        .map(|name| name.strip_suffix(".toml").expect("TOML alone").to_owned())
        .collect();
    let built_in: BTreeSet<String> = Profile::names().map(str::to_owned).collect();
    assert_eq!(files, built_in);
    for name in Profile::names() {
        let profile = Profile::named(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(profile.id().as_str(), name);
        assert_eq!(
            Profile::parse(&text(name)).unwrap().digest(),
            profile.digest()
        );
    }
}

#[test]
fn every_value_names_its_source_and_every_mark_is_explained() {
    for name in Profile::names() {
        let text = text(name);
        let head: String = text
            .lines()
            .take_while(|line| !line.starts_with('['))
            .collect();
        let explained = MARKS.iter().all(|mark| head.contains(mark));
        assert!(explained, "{name}: the head explains every mark");
        let sources = sources(&text);
        for key in keys(&text) {
            if key == "verification.unverified" {
                continue;
            }
            let marks = sources.get(&key);
            let marks = marks.unwrap_or_else(|| panic!("{name}: {key} was not found"));
            assert!(!marks.is_empty(), "{name}: {key} names no source");
        }
    }
}

#[test]
fn what_is_marked_as_unsure_is_listed_and_nothing_else_is() {
    for name in Profile::names() {
        let listed: BTreeSet<String> = Profile::named(name)
            .unwrap()
            .unverified()
            .iter()
            .map(|value| value.key.to_string())
            .collect();
        let unsure: BTreeSet<String> = sources(&text(name))
            .into_iter()
            .filter(|(_, marks)| marks.iter().any(|mark| UNSURE.contains(mark)))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(listed, unsure, "{name}");
    }
}

#[test]
fn only_software_is_for_tests_and_only_softhsm_is_verified() {
    for name in Profile::names() {
        let profile = Profile::named(name).unwrap();
        let software = ["softhsm2", "opencryptoki-soft"].contains(&name);
        let expected = if software {
            Assurance::TestOnly
        } else {
            Assurance::Unverified
        };
        assert_eq!(profile.assurance(), expected, "{name}");
        let verified = name == "softhsm2";
        assert_eq!(profile.unverified().is_empty(), verified, "{name}");
    }
}

#[test]
fn no_profile_opens_main_net_by_itself() {
    for name in Profile::names() {
        let standing = Profile::named(name).unwrap().standing();
        let verdict = hsm06(standing, None, Network::Main, None);
        assert!(matches!(verdict, Verdict::Refused(_)), "{name}");
    }
}

#[test]
fn a_key_more_in_any_table_of_any_profile_is_refused() {
    for name in Profile::names() {
        let text = text(name);
        for header in text.lines().filter(|line| line.starts_with('[')) {
            let table = header.trim_matches(['[', ']']);
            let with = format!("\n{header}\nsomething = 1\n");
            let more = text.replacen(&format!("\n{header}\n"), &with, 1);
            let error = Profile::parse(&more).unwrap_err();
            let named = format!("{table}.something");
            match error {
                ProfileError::Unknown(key) => assert_eq!(key, named),
                // The list of what is not verified knows the keys of this file.
                ProfileError::Value { key, .. } => {
                    assert_eq!((key, table), (named, "verification.unverified"));
                }
                other => panic!("{name}, {table}: {other}"),
            }
        }
    }
}

/// Keys that a security officer makes are not served: the module is not even looked for.
#[test]
fn a_module_whose_officer_makes_the_keys_is_not_loaded() {
    let served = |name: &str| {
        let profile = Profile::named(name).unwrap();
        Module::load(&profile, Some(Path::new("/nowhere/module.so")))
    };
    let refused = served("nethsm").unwrap_err();
    assert_eq!(
        refused,
        HsmError::RoleNotServed {
            profile: "nethsm".into()
        }
    );
    let names = Profile::names().filter(|name| *name != "nethsm");
    for name in names {
        let error = served(name).unwrap_err();
        assert!(!matches!(error, HsmError::RoleNotServed { .. }), "{name}");
    }
}

/// Nobody signs as security officer: a profile that says so is refused.
#[test]
fn a_profile_that_signs_as_security_officer_is_refused() {
    let text = text("softhsm2");
    let other = text.replace("sign_as = \"user\"", "sign_as = \"so\"");
    assert_ne!(text, other);
    let error = Profile::parse(&other).unwrap_err();
    assert!(matches!(error, ProfileError::Value { key, .. } if key == "login.sign_as"));
}

/// Which profiles ask for less, and by what: a change here is a change of what officers are told.
#[test]
fn relaxations_are_those_that_the_guide_lists() {
    let relaxed: Vec<&str> = Profile::names()
        .filter(|name| *Profile::named(name).unwrap().relaxations() != Relaxations::none())
        .collect();
    assert_eq!(
        relaxed,
        [
            "cloudhsm-marvell",
            "luna7",
            "nethsm",
            "nshield-xc",
            "nshield5",
            "smartcard-hsm",
            "utimaco",
            "yubihsm2"
        ]
    );
}

/// The guide's table has a row for each profile, and says of FIPS what the screen says on that day.
#[test]
fn the_guide_says_what_the_profiles_say() {
    let guide = include_str!("../../docs/hsm-guide.md");
    let day = Date::parse("2026-11-22").unwrap();
    for name in Profile::names() {
        let profile = Profile::named(name).unwrap();
        let row = guide
            .lines()
            .find(|line| line.starts_with(&format!("| {name} |")));
        let row = row.unwrap_or_else(|| panic!("{name} has no row"));
        let unverified = profile.unverified().len();
        assert!(row.ends_with(&format!("| {unverified} |")), "{name}: {row}");
        assert!(row.contains(profile.login_kind().name()), "{name}: {row}");
        assert!(row.contains(profile.backup().name()), "{name}: {row}");
        let status = fips_status(profile.fips(), &Line::lossy(""), day);
        let line = format!("- {name}: {}", status.lines(Lang::En)[0]);
        assert!(
            guide.lines().any(|said| said == line),
            "not in the guide: {line}"
        );
    }
}

use signer_core::token::{KeyAttribute, LocalClaim};

use super::*;

const SOFTHSM2: &str = include_str!("../../profiles/softhsm2.toml");

fn with(from: &str, to: &str) -> Result<Profile, ProfileError> {
    assert!(SOFTHSM2.contains(from), "{from}");
    Profile::parse(&SOFTHSM2.replacen(from, to, 1))
}

#[test]
fn every_built_in_profile_reads_and_names_itself() {
    for name in Profile::names() {
        assert_eq!(Profile::named(name).unwrap().id().as_str(), name);
    }
    let error = Profile::named("luna9").unwrap_err();
    assert!(error.to_string().contains("softhsm2"), "{error}");
}

#[test]
fn softhsm_is_for_tests_and_asks_for_every_rule() {
    let profile = Profile::named("softhsm2").unwrap();
    assert_eq!(profile.assurance(), Assurance::TestOnly);
    assert_eq!(*profile.relaxations(), Relaxations::none());
    assert_eq!(profile.class_of("CKR_PIN_INCORRECT"), ErrorClass::PinWrong);
    assert_eq!(profile.class_of("CKR_VENDOR_NEWS"), ErrorClass::Unknown);
}

#[test]
fn a_changed_text_has_another_digest() {
    let changed = with("version = 1", "version = 2").unwrap();
    assert_ne!(
        changed.digest(),
        Profile::named("softhsm2").unwrap().digest()
    );
}

#[test]
fn unknown_keys_are_named() {
    for (from, to, key) in [
        ("[ec]", "[ec]\nlow_s = true", "ec.low_s"),
        ("[fips]", "[quirks]\nx = 1\n[fips]", "quirks"),
        ("local =", "Local = 1\nlocal =", "check.Local"),
        ("[profile]", "extra = 1\n[profile]", "extra"),
    ] {
        assert_eq!(
            with(from, to).unwrap_err(),
            ProfileError::Unknown(key.into())
        );
    }
}

#[test]
fn missing_keys_and_tables_are_named() {
    assert_eq!(
        with("pool_max = 10000", "").unwrap_err(),
        ProfileError::Missing("generate.pool_max".into())
    );
    assert_eq!(
        Profile::parse("").unwrap_err(),
        ProfileError::Missing("profile".into())
    );
}

#[test]
fn what_the_driver_does_not_serve_is_refused() {
    for (from, to, key) in [
        ("digest_len = 32", "digest_len = 31", "ec.digest_len"),
        (
            "signature = \"rs64\"",
            "signature = \"der\"",
            "ec.signature",
        ),
        ("kind = \"pin\"", "kind = \"preloaded\"", "login.kind"),
        ("\"CKA_DERIVE\"", "\"CKA_EXTRACTABLE\"", "generate.send"),
        ("\"CKA_DECRYPT\"", "\"CKA_DERIVE\"", "generate.send"),
        (
            "absent_ok = []",
            "absent_ok = [\"CKA_X\"]",
            "check.absent_ok",
        ),
        (
            "\"CKR_PIN_LOCKED\"",
            "\"CKR_PIN_INCORRECT\"",
            "errors.pin_locked",
        ),
        (
            "assurance = \"test-only\"",
            "assurance = \"good\"",
            "profile.assurance",
        ),
        ("pool_max = 10000", "pool_max = -1", "generate.pool_max"),
        ("status = \"none\"", "status = \"\\u001b\"", "fips.status"),
    ] {
        match with(from, to).unwrap_err() {
            ProfileError::Value { key: got, .. } => assert_eq!(got, key),
            other => panic!("{key}: {other}"),
        }
    }
}

#[test]
fn a_verified_profile_says_when_and_by_whom() {
    let claim = "assurance = \"verified\"";
    let bare = with("assurance = \"test-only\"", claim).unwrap_err();
    assert_eq!(bare, ProfileError::Missing("profile.verified_on".into()));
    let full = format!(
        "{claim}\nverified_on = \"2026-11-22\"\nverified_firmware = \"1\"\nverified_by = \"x\""
    );
    let profile = with("assurance = \"test-only\"", &full).unwrap();
    assert_eq!(profile.assurance(), Assurance::Verified);
}

#[test]
fn relaxations_are_read() {
    let profile = with("local = \"required\"", "local = \"unreliable\"").unwrap();
    assert_eq!(profile.relaxations().local, LocalClaim::Unreliable);
    let profile = with(
        "absent_ok = []",
        "absent_ok = [\"CKA_COPYABLE\", \"CKA_DERIVE\"]",
    )
    .unwrap();
    assert_eq!(
        profile.relaxations().absent_ok,
        [KeyAttribute::Derive, KeyAttribute::Copyable]
    );
}

#[test]
fn text_that_is_not_toml_is_refused_in_one_line() {
    let error = Profile::parse("[profile\nid=").unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
}

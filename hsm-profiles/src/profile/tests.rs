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
    let changed = with("version = 2", "version = 3").unwrap();
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
        ("kind = \"pin\"", "kind = \"smile\"", "login.kind"),
        (
            "context = \"refused\"",
            "context = \"asked\"",
            "login.context",
        ),
        ("min = 4", "min = 256", "login.min"),
        ("tries = 0", "tries = 3", "login.tries"),
        ("id_max = 255", "id_max = 15", "token.id_max"),
        ("parallel = 1", "parallel = 2", "limits.parallel"),
        ("sessions = 1", "sessions = 0", "limits.sessions"),
        ("[\"SoftHSM v2\"]", "[]", "profile.model"),
        ("[\"SoftHSM v2\"]", "[\"*\"]", "profile.model"),
        (
            "\"CKR_PIN_INCORRECT\"",
            "\"CKR_PIN_INCORECT\"",
            "errors.pin_wrong",
        ),
        (
            "\"CKR_PIN_INCORRECT\"",
            "\"0x8000000b\"",
            "errors.pin_wrong",
        ),
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
        (HARDWARE[0], "assurance = \"good\"", "profile.assurance"),
        ("pool_max = 10000", "pool_max = -1", "generate.pool_max"),
        ("status = \"none\"", "status = \"fine\"", "fips.status"),
        ("why = \"software", "why = \"\\u001b", "fips.why"),
    ] {
        match with(from, to).unwrap_err() {
            ProfileError::Value { key: got, .. } => assert_eq!(got, key),
            other => panic!("{key}: {other}"),
        }
    }
}

const HARDWARE: [&str; 2] = ["assurance = \"test-only\"", "assurance = \"hardware\""];

/// SoftHSM's profile as one of hardware, with another table of verification.
fn hardware(verification: &str) -> Result<Profile, ProfileError> {
    let text = SOFTHSM2.replacen(HARDWARE[0], HARDWARE[1], 1);
    let begin = text.find("[verification]").unwrap();
    let end = text.find("[module]").unwrap();
    Profile::parse(&format!(
        "{}{verification}\n{}",
        &text[..begin],
        &text[end..]
    ))
}

#[test]
fn a_verified_profile_says_when_where_and_by_whom() {
    let said = "status = \"verified\"\non = \"2026-11-22\"\nfirmware = \"1\"\nby = \"x\"";
    let profile = hardware(&format!("[verification]\n{said}")).unwrap();
    assert_eq!(profile.assurance(), Assurance::Verified);
    assert!(profile.unverified().is_empty());
    for line in said.lines().skip(1) {
        let (key, _) = line.split_once(' ').unwrap();
        let less = said.replace(line, "");
        assert_eq!(
            hardware(&format!("[verification]\n{less}")).unwrap_err(),
            ProfileError::Missing(format!("verification.{key}"))
        );
    }
    assert!(matches!(
        hardware(&format!(
            "[verification]\n{said}\nunverified = {{ \"login.max\" = \"x\" }}"
        )),
        Err(ProfileError::Unknown(_))
    ));
}

#[test]
fn an_unverified_profile_names_values_that_it_has_and_why() {
    let listed = |list: &str| {
        let head = "[verification]\nstatus = \"unverified\"\n[verification.unverified]\n";
        hardware(&format!("{head}{list}"))
    };
    let profile = listed("\"login.max\" = \"from memory\"\n\"ec.point\" = \"not found\"").unwrap();
    assert_eq!(profile.assurance(), Assurance::Unverified);
    let keys: Vec<&str> = profile
        .unverified()
        .iter()
        .map(|v| v.key.as_str())
        .collect();
    assert_eq!(keys, ["ec.point", "login.max"]);
    for bad in [
        "",
        "\"login.most\" = \"from memory\"",
        "\"login.max\" = \"\"",
        "\"login.max\" = 1",
    ] {
        assert!(
            matches!(listed(bad), Err(ProfileError::Value { .. })),
            "{bad}"
        );
    }
    let never_verified = with("assurance = \"test-only\"", "assurance = \"unverified\"");
    assert!(matches!(never_verified, Err(ProfileError::Value { .. })));
}

#[test]
fn what_is_for_tests_stays_so_when_verified() {
    let profile = Profile::named("softhsm2").unwrap();
    assert!(SOFTHSM2.contains("status = \"verified\""));
    assert_eq!(profile.assurance(), Assurance::TestOnly);
}

#[test]
fn codes_of_vendors_are_classed_by_number() {
    let profile = with(
        "[\"CKR_PIN_INCORRECT\"]",
        "[\"CKR_PIN_INCORRECT\", \"0x8000000B\"]",
    )
    .unwrap();
    assert_eq!(profile.class_of("0x8000000B"), ErrorClass::PinWrong);
    assert_eq!(profile.class_of("0x8000000C"), ErrorClass::Unknown);
}

/// Every key of `[check]` that could ask for less: a relaxation that is not one of the three has no
/// key to be written in, and the three have no further values.
#[test]
fn no_other_relaxation_can_be_written() {
    for (from, to) in [
        ("local = \"required\"", "local = \"ignored\""),
        (
            "extractable_means_wrap = false",
            "extractable_means_wrap = \"maybe\"",
        ),
        ("absent_ok = []", "absent_ok = [\"CKA_VALUE\"]"),
        (
            "absent_ok = []",
            "absent_ok = []\nfalse_ok = [\"CKA_PRIVATE\"]",
        ),
        ("absent_ok = []", "absent_ok = []\nprivate = \"optional\""),
        ("absent_ok = []", "absent_ok = []\nsensitive = false"),
        ("absent_ok = []", "absent_ok = []\nhigh_s_ok = true"),
        ("digest_len = 32", "digest_len = 64"),
        ("context = \"refused\"", "context = \"ignored\""),
    ] {
        assert!(with(from, to).is_err(), "{to}");
    }
    assert_eq!(
        Relaxations::none(),
        *Profile::named("softhsm2").unwrap().relaxations()
    );
}

#[test]
fn a_certificate_is_read_whole_or_not_at_all() {
    let listed = [
        ("status", "\"active\""),
        ("certificate", "4684"),
        ("module", "\"Luna K7\""),
        ("standard", "\"140-3\""),
        ("level", "\"3\""),
        ("firmware", "[\"7.8.4\"]"),
        ("checked_on", "\"2026-03-29\""),
        ("source", "\"CMVP\""),
    ];
    let fips = |fields: &[(&str, &str)]| {
        let head = SOFTHSM2.split("[fips]").next().unwrap();
        let lines: Vec<String> = fields.iter().map(|(k, v)| format!("{k} = {v}")).collect();
        Profile::parse(&format!("{head}[fips]\n{}", lines.join("\n")))
    };
    let profile = fips(&listed).unwrap();
    let FipsClaim::Listed(read) = profile.fips() else {
        panic!("a certificate");
    };
    assert_eq!((read.certificate, read.sunset), (4684, None));
    let ending = fips(&[&listed[..], &[("sunset", "\"2029-04-01\"")]].concat()).unwrap();
    assert!(matches!(ending.fips(), FipsClaim::Listed(read) if read.sunset.is_some()));
    for missing in 1..listed.len() {
        let mut fields = listed.to_vec();
        fields.remove(missing);
        let key = format!("fips.{}", listed[missing].0);
        assert_eq!(fips(&fields).unwrap_err(), ProfileError::Missing(key));
    }
    for (key, value) in [
        ("sunset", "\"2029-02-30\""),
        ("checked_on", "\"today\""),
        ("standard", "\"140-4\""),
        ("level", "\"5\""),
        ("status", "\"validated\""),
        ("certificate", "\"4684\""),
        ("firmware", "[\"\"]"),
    ] {
        let mut fields: Vec<_> = listed.into_iter().filter(|(k, _)| *k != key).collect();
        fields.push((key, value));
        match fips(&fields).unwrap_err() {
            ProfileError::Value { key: got, .. } => assert_eq!(got, format!("fips.{key}")),
            other => panic!("{key}: {other}"),
        }
    }
    let extra = [&listed[..], &[("why", "\"x\"")]].concat();
    assert_eq!(
        fips(&extra).unwrap_err(),
        ProfileError::Unknown("fips.why".into())
    );
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
    let what = Profile::parse("[profile\nid=").unwrap_err().what();
    assert!(what.text(Lang::En).starts_with("the profile is not TOML: "));
    for lang in [Lang::En, Lang::Ja] {
        assert_eq!(what.text(lang).lines().count(), 1, "{what:?}");
    }
}

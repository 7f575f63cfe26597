//! Ceremonies at HSMs that misbehave: the quirk module stands before SoftHSM. Each row ends in its
//! error, releases nothing, leaves in the transcript what happened, and goes on when the HSM is
//! well again.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use signer_core::rule::RuleId;
use signer_core::transcript::{Body, Outcome};

use support::house::{House, destination_script};
use support::people::{PIN, at_ceremony, at_commissioning};
use support::play::{Played, device, play};
use support::{Bench, isolated};

/// Coins of the withdrawal: so many wallet signatures.
const COINS: [u8; 3] = [1, 2, 3];

/// A fault in a signing ceremony.
struct Row {
    name: &'static str,
    quirk: &'static str,
    /// The exit code, and what the screen or the error says.
    ends: (i32, &'static str),
    /// What the transcript says afterwards.
    recorded: &'static str,
    /// The command that goes on without the fault.
    then: Then,
}

/// How it goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Nothing was intended: `psbt sign` again.
    Sign,
    /// An intent stands in the journal: `psbt resume`.
    Resume,
}

const fn row(
    name: &'static str,
    quirk: &'static str,
    ends: (i32, &'static str),
    recorded: &'static str,
    then: Then,
) -> Row {
    Row {
        name,
        quirk,
        ends,
        recorded,
        then,
    }
}

/// Before a session is open: nothing was read, and the next session records what happened.
const BEFORE: &[Row] = &[
    row(
        "hang at load",
        "hang:C_Initialize",
        (4, "C_Initialize did not come back in 2500 ms"),
        "C_Initialize did not come back",
        Then::Sign,
    ),
    row(
        "hang at login",
        "hang:C_Login",
        (4, "C_Login did not come back in 2500 ms"),
        "C_Login did not come back",
        Then::Sign,
    ),
    row(
        "hang at the search",
        "hang:C_FindObjectsInit:2",
        (4, "C_FindObjects did not come back in 2500 ms"),
        "C_FindObjects did not come back",
        Then::Sign,
    ),
    row(
        "gone at login",
        "gone:C_Login=0x32",
        (4, "C_Login returned CKR_DEVICE_REMOVED"),
        "C_Login returned CKR_DEVICE_REMOVED",
        Then::Sign,
    ),
    row(
        "another serial number",
        "token:serial=4711",
        (4, "there is no token"),
        "there is no token",
        Then::Sign,
    ),
    row(
        "locked",
        "flags=locked",
        (4, "no try was made"),
        "no try was made",
        Then::Sign,
    ),
    row(
        "a login of nobody",
        "login=nobody",
        (4, "not logged in any more"),
        "not logged in any more",
        Then::Sign,
    ),
    row(
        "no login needed",
        "flags=no-login",
        (4, "need no login"),
        "need no login",
        Then::Sign,
    ),
    row(
        "a key before login",
        "find=visible",
        (4, "visible before login"),
        "visible before login",
        Then::Sign,
    ),
    row(
        "nothing found",
        "find=empty",
        (4, "the search found nothing at all"),
        "the search found nothing at all",
        Then::Sign,
    ),
    row(
        "points off the curve",
        "point=off-curve",
        (4, "is not a point of its curve"),
        "is not a point of its curve",
        Then::Sign,
    ),
    row(
        "an anchor that is not kept",
        "anchor=lost",
        (4, "CKR_OBJECT_HANDLE_INVALID"),
        "CKR_OBJECT_HANDLE_INVALID",
        Then::Sign,
    ),
    row(
        "gone at the anchor",
        "gone:C_CreateObject=0x32",
        (4, "C_CreateObject returned CKR_DEVICE_REMOVED"),
        "C_CreateObject returned CKR_DEVICE_REMOVED",
        Then::Sign,
    ),
    row(
        "hang at random numbers",
        "hang:C_GenerateRandom",
        (4, "C_GenerateRandom did not come back in 2500 ms"),
        "C_GenerateRandom did not come back",
        Then::Sign,
    ),
];

/// By rules over the token: the session that they end is sealed.
const REFUSED: &[Row] = &[
    row(
        "random numbers that are constant from the start",
        "random=constant",
        (1, "HSM04"),
        "under 6 equal bytes in a row",
        Then::Sign,
    ),
    // Between the start of the session and the last look before signing: no intent is written.
    row(
        "random numbers that get stuck within a session",
        "random=stuck",
        (1, "HSM04"),
        "under 6 equal bytes in a row",
        Then::Sign,
    ),
    row(
        "another maker",
        "token:manufacturer=Somebody",
        (1, "HSM02"),
        "HSM02",
        Then::Sign,
    ),
    row(
        "other firmware",
        "token:firmware=3",
        (1, "HSM02"),
        "HSM02",
        Then::Sign,
    ),
    row(
        "an object that nobody made",
        "find=extra",
        (1, "HSM03"),
        "HSM03",
        Then::Sign,
    ),
    row(
        "a key twice",
        "find=twice",
        (1, "HSM03"),
        "HSM03",
        Then::Sign,
    ),
    row(
        "no private keys",
        "find=no-private",
        (1, "HSM03"),
        "HSM03",
        Then::Sign,
    ),
    row(
        "not born inside",
        "attribute:CKA_LOCAL=false",
        (1, "HSM01"),
        "HSM01",
        Then::Sign,
    ),
    row(
        "extractable",
        "attribute:CKA_EXTRACTABLE=true",
        (1, "HSM01"),
        "HSM01",
        Then::Sign,
    ),
    row(
        "not sensitive",
        "attribute:CKA_SENSITIVE=false",
        (1, "HSM01"),
        "HSM01",
        Then::Sign,
    ),
    row(
        "derives",
        "attribute:CKA_DERIVE=true",
        (1, "HSM01"),
        "HSM01",
        Then::Sign,
    ),
];

/// While the wallet's keys sign: the intent stands, and the coins are signed over by resuming it.
const SIGNING: &[Row] = &[
    row(
        "a random signature",
        "signature=random",
        (1, "SIG01"),
        "SIG01",
        Then::Resume,
    ),
    row(
        "of another digest",
        "signature=other-digest",
        (1, "SIG01"),
        "SIG01",
        Then::Resume,
    ),
    row(
        "by another key",
        "signature=other-key",
        (1, "SIG01"),
        "SIG01",
        Then::Resume,
    ),
    row(
        "by another key of the token",
        "key=swapped",
        (1, "SIG01"),
        "SIG01",
        Then::Resume,
    ),
    row(
        "of an earlier call",
        "signature=earlier",
        (1, "SIG01"),
        "SIG01",
        Then::Resume,
    ),
    row(
        "63 bytes",
        "signature=63-bytes",
        (4, "is not r and s in range"),
        "is not r and s in range",
        Then::Resume,
    ),
    row(
        "DER",
        "signature=der",
        (4, "is not r and s in range"),
        "is not r and s in range",
        Then::Resume,
    ),
    row(
        "r is zero",
        "signature=zero-r",
        (4, "is not r and s in range"),
        "is not r and s in range",
        Then::Resume,
    ),
    row(
        "s is zero",
        "signature=zero-s",
        (4, "is not r and s in range"),
        "is not r and s in range",
        Then::Resume,
    ),
    row(
        "gone at the second signature",
        "gone:C_Sign:4=0x32",
        (4, "C_Sign returned CKR_DEVICE_REMOVED"),
        "C_Sign returned CKR_DEVICE_REMOVED",
        Then::Resume,
    ),
    row(
        "hang at the first signature",
        "hang:C_Sign:3",
        (4, "C_Sign did not come back in 2500 ms"),
        "C_Sign did not come back",
        Then::Resume,
    ),
    row(
        "hang at a signature, and at the exit",
        "hang:C_Sign:4,exit=hang",
        (4, "C_Sign did not come back in 2500 ms"),
        "C_Sign did not come back",
        Then::Resume,
    ),
    row(
        "hang at the last signature",
        "hang:C_Sign:5",
        (4, "C_Sign did not come back in 2500 ms"),
        "C_Sign did not come back",
        Then::Resume,
    ),
    row(
        "a vendor's code",
        "code:C_Sign:3=0x80000037",
        (4, "C_Sign returned 0x80000037"),
        "C_Sign returned 0x80000037",
        Then::Resume,
    ),
    row(
        "logged out by somebody",
        "code:C_SignInit:4=0x101",
        (4, "CKR_USER_NOT_LOGGED_IN"),
        "CKR_USER_NOT_LOGGED_IN",
        Then::Resume,
    ),
    row(
        "a session that closed",
        "code:C_SignInit:4=0xB0",
        (4, "CKR_SESSION_CLOSED"),
        "CKR_SESSION_CLOSED",
        Then::Resume,
    ),
    row(
        "hang at the anchor of the intent",
        "hang:C_CreateObject:2",
        (4, "C_CreateObject did not come back"),
        "C_CreateObject did not come back",
        Then::Resume,
    ),
    row(
        "gone at the anchor of the intent",
        "gone:C_CreateObject:2=0x32",
        (4, "C_CreateObject returned CKR_DEVICE_REMOVED"),
        "C_CreateObject returned CKR_DEVICE_REMOVED",
        Then::Resume,
    ),
    row(
        "hang at an officer's signature",
        "hang:C_Sign:1",
        (4, "C_Sign did not come back"),
        "C_Sign did not come back",
        Then::Sign,
    ),
    row(
        "gone at an officer's login",
        "gone:C_Login:2=0x32",
        (4, "C_Login returned CKR_DEVICE_REMOVED"),
        "C_Login returned CKR_DEVICE_REMOVED",
        Then::Sign,
    ),
];

#[test]
fn what_stops_a_session_before_it_opens_is_recorded_by_the_next() {
    table(
        "what_stops_a_session_before_it_opens_is_recorded_by_the_next",
        BEFORE,
    );
}

#[test]
fn what_rules_refuse_is_sealed() {
    table("what_rules_refuse_is_sealed", REFUSED);
}

#[test]
fn a_signature_that_fails_is_not_released_and_the_session_goes_on() {
    table(
        "a_signature_that_fails_is_not_released_and_the_session_goes_on",
        SIGNING,
    );
}

fn table(name: &str, rows: &[Row]) {
    isolated(name, |bench| {
        let mut house = behind_quirks(bench).settled();
        let psbt = house.approved_psbt_of(destination_script(), &COINS);
        bench.write("in.psbt", &psbt.to_bytes());
        let snapshot = Snapshot::take(bench);
        for row in rows {
            eprintln!("{}", row.name);
            snapshot.restore(bench);
            fails_and_goes_on(&house, row);
        }
    });
}

fn fails_and_goes_on(house: &House<'_>, row: &Row) {
    let (code, text) = row.ends;
    let sign = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
    at_work(&sign, row.quirk).ended(code).says(text);
    let out = house.bench.path("out.psbt");
    assert!(!out.exists(), "{}: something was released", row.name);

    let resume: Vec<String> = ["psbt", "resume", "--state"].map(str::to_owned).to_vec();
    let next = match row.then {
        Then::Sign => sign,
        Then::Resume => house.at_hsm(
            [
                resume,
                vec![
                    house.bench.arg("d1"),
                    "--out".into(),
                    house.bench.arg("out.psbt"),
                ],
            ]
            .concat(),
        ),
    };
    at_work(&next, "").ended(0);
    assert!(out.exists(), "{}: nothing was released", row.name);

    let transcript = house.verified_transcript("d1");
    let said = |body: &Body| format!("{body:?}").contains(row.recorded);
    assert!(
        transcript.entries().iter().any(|entry| said(&entry.body)),
        "{}: the transcript does not say {:?}",
        row.name,
        row.recorded
    );
    let state = transcript.state();
    assert!(state.unfinished().is_empty(), "{}", row.name);
    let last = state.sessions().last().map(|session| session.outcome);
    assert_eq!(last, Some(Outcome::Signed), "{}", row.name);
}

/// One nonce for two digests gives the private key away: nothing leaves.
#[test]
fn a_nonce_that_repeats_stops_everything() {
    isolated("a_nonce_that_repeats_stops_everything", |bench| {
        // Keys that the quirk module knows, so that it can sign with a nonce of its choice.
        bench.write("quirk", b"nonce=known");
        let mut house = behind_quirks(bench).settled();
        let psbt = house.approved_psbt_of(destination_script(), &COINS);
        bench.write("in.psbt", &psbt.to_bytes());
        let again = row(
            "one nonce for two digests",
            "nonce=repeated",
            (1, "SIG03"),
            "SIG03",
            Then::Resume,
        );
        fails_and_goes_on(&house, &again);
    });
}

/// What commissioning ends in; a new folder and a new token begin again.
#[test]
fn a_device_is_not_born_at_a_broken_hsm() {
    isolated("a_device_is_not_born_at_a_broken_hsm", |bench| {
        let house = behind_quirks(bench);
        let words = house.officers.root_words();
        let birth = |arguments: &[String], quirk: &str| -> Played {
            play(&mut quirky(arguments, quirk), |prompt| {
                at_commissioning(&words, prompt)
            })
        };
        for (number, (quirk, code, text)) in [
            ("hang:C_InitToken", 4, "C_InitToken did not come back"),
            (
                "hang:C_GenerateKeyPair:1",
                4,
                "C_GenerateKeyPair did not come back",
            ),
            (
                "hang:C_GenerateKeyPair:4",
                4,
                "C_GenerateKeyPair did not come back",
            ),
            (
                "gone:C_GenerateKeyPair:4=0x32",
                4,
                "C_GenerateKeyPair returned CKR_DEVICE_REMOVED",
            ),
            (
                "code:C_GenerateKeyPair:5=0x31",
                4,
                "C_GenerateKeyPair returned CKR_DEVICE_MEMORY",
            ),
            ("template=CKA_COPYABLE", 4, "CKR_TEMPLATE_INCONSISTENT"),
            ("point=off-curve", 4, "is not a point of its curve"),
            ("point=absent", 4, "is not a point of its curve"),
            ("attribute:CKA_LOCAL=false", 1, "HSM01"),
            ("attribute:CKA_EXTRACTABLE=true", 1, "HSM01"),
            ("attribute:CKA_KEY_GEN_MECHANISM=unavailable", 0, "wrote"),
            ("random=zero", 1, "HSM04"),
            ("random=constant", 1, "HSM04"),
            ("random=repeated", 1, "HSM04"),
            ("random=biased", 1, "HSM04"),
            ("seal=random", 4, "does not verify"),
            ("anchor=lost", 4, "CKR_OBJECT_HANDLE_INVALID"),
            ("logout=ignored", 1, "HSM05"),
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("q{number}");
            eprintln!("{quirk}");
            let arguments = house.init_arguments(&name);
            birth(&arguments, quirk).ended(code).says(text);
            let card = bench.path(&format!("{name}.card"));
            // A card is out only where everything before it held.
            assert_eq!(card.exists(), code == 0 || text == "HSM05", "{quirk}");
        }
        birth(&house.init_arguments("d1"), "").ended(0);
    });
}

/// A generation that the HSM cut goes on: the keys that were made are kept, the others are made.
#[test]
fn a_pool_that_the_hsm_cut_is_finished() {
    isolated("a_pool_that_the_hsm_cut_is_finished", |bench| {
        let house = behind_quirks(bench);
        let words = house.officers.root_words();
        for (number, quirk) in [
            "hang:C_GenerateKeyPair:4",
            "gone:C_GenerateKeyPair:6=0x32",
            "code:C_GenerateKeyPair:9=0x31",
            "hang:C_Sign:2",
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("c{number}");
            let arguments = house.init_arguments(&name);
            let cut = play(&mut quirky(&arguments, quirk), |prompt| {
                at_commissioning(&words, prompt)
            });
            cut.ended(4);
            let card = bench.path(&format!("{name}.card"));
            assert!(!card.exists(), "{quirk}");
            let (state, out) = (bench.arg(&name), card.display().to_string());
            let resume = ["device", "resume", "--state", &state, "--card-out", &out];
            let resume = house.at_hsm(resume.map(str::to_owned).to_vec());
            at_work(&resume, "").ended(0);
            assert!(card.exists(), "{quirk}");
            let transcript = house.verified_transcript(&name);
            let made = transcript
                .state()
                .keys()
                .iter()
                .map(|range| range.keys.len());
            assert_eq!(made.sum::<usize>(), 8, "{quirk}");
        }
    });
}

/// Cards that were loaded before open the token for anybody: said, and recorded.
#[test]
fn a_login_that_proves_nothing_is_recorded() {
    isolated("a_login_that_proves_nothing_is_recorded", |bench| {
        let house = behind_quirks_with(bench, "kind = \"pin\"", "kind = \"preloaded\"");
        house.commission("d1").ended(0);
        let (state, out) = (bench.arg("d1"), bench.arg("no.psbt"));
        let input = bench.write("in.psbt", b"no psbt");
        let sign = [
            "psbt", "sign", "--state", &state, "--in", &input, "--out", &out,
        ];
        let sign = house.at_hsm(sign.map(str::to_owned).to_vec());
        let played = at_work(&sign, "login=any-pin");
        // The module opens the device's token only; the officers' own stay closed.
        played.ended(4).says("this login proves nothing");
        assert!(!played.output.contains("[pin]"), "nobody was asked for it");
        let transcript = house.verified_transcript("d1");
        let recorded = |body: &Body| format!("{body:?}").contains("the login proves nothing");
        assert!(
            transcript
                .entries()
                .iter()
                .any(|entry| recorded(&entry.body))
        );
    });
}

/// Why a session was refused stands in its journal, also where no report of rules holds it.
#[test]
fn what_refuses_between_reports_is_recorded() {
    isolated("what_refuses_between_reports_is_recorded", |bench| {
        let house = behind_quirks(bench);
        house.commission("d1").ended(0);
        let (state, out) = (bench.arg("d1"), bench.arg("no.psbt"));
        let input = bench.write("in.psbt", b"no psbt");
        let sign = [
            "psbt", "sign", "--state", &state, "--in", &input, "--out", &out,
        ];
        let sign = house.at_hsm(sign.map(str::to_owned).to_vec());
        at_work(&sign, "logout=ignored").ended(1).says("HSM05");
        let has = |of: fn(&Body) -> bool| {
            let transcript = house.verified_transcript("d1");
            transcript.entries().iter().any(|entry| of(&entry.body))
        };
        // An officer's token stayed open.
        let refused = |body: &Body| matches!(body, Body::Refused(r) if r.rule == RuleId::HSM05);
        assert!(has(refused));
        // So did the device's own, after the seal: the next session says it.
        at_work(&sign, "");
        assert!(has(|body| match body {
            Body::Exception(exception) => exception.happened.as_str().contains("HSM05"),
            _ => false,
        }));
    });
}

/// A token that locks: the tries that are left are said before a PIN is asked for.
#[test]
fn tries_are_said_before_a_pin_is_asked_for() {
    isolated("tries_are_said_before_a_pin_is_asked_for", |bench| {
        let house = behind_quirks(bench);
        house.commission("d1").ended(0);
        let (state, out) = (bench.arg("d1"), bench.arg("no.psbt"));
        bench.write("in.psbt", b"no psbt");
        let input = bench.arg("in.psbt");
        let sign = [
            "psbt", "sign", "--state", &state, "--in", &input, "--out", &out,
        ];
        let sign = house.at_hsm(sign.map(str::to_owned).to_vec());
        for (flag, said) in [
            ("flags=final-try", "ONE TRY IS LEFT"),
            (
                "flags=count-low",
                "a wrong PIN was entered since the last login",
            ),
        ] {
            let mut before = String::new();
            play(&mut quirky(&sign, flag), |prompt| {
                if prompt.id == "pin" {
                    before = prompt.screen.to_owned();
                }
                at_ceremony(prompt)
            });
            assert!(before.contains(said), "{flag}: {before}");
        }
        let locked = play(&mut quirky(&sign, "flags=locked"), |prompt| {
            panic!("a PIN that is locked was asked for: {}", prompt.id)
        });
        locked.ended(4).says("no try was made");
    });
}

/// A house whose devices stand behind the quirk module, and give calls two and a half seconds.
fn behind_quirks(bench: &Bench) -> House<'_> {
    behind_quirks_with(bench, "kind = \"pin\"", "kind = \"pin\"")
}

/// The same, with one more piece of the profile replaced.
fn behind_quirks_with<'b>(bench: &'b Bench, piece: &str, by: &str) -> House<'b> {
    let text = include_str!("../../hsm-profiles/profiles/softhsm2.toml");
    assert!(text.contains(piece), "{piece}");
    let hurried = text.replace("timeout_ms = 10000", "timeout_ms = 2500");
    assert_ne!(text, hurried);
    let profile = bench.write("profile.toml", hurried.replacen(piece, by, 1).as_bytes());
    let program = std::env::current_exe().expect("this program has a path");
    let module = program.with_file_name("libquirk_module.so");
    House::empty(bench, Some([profile, module.display().to_string()]))
}

/// The program with a fault in its HSM.
fn quirky(arguments: &[String], quirk: &str) -> Command {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = device(&arguments);
    if !quirk.is_empty() {
        command.env("HIMURO_QUIRK", quirk);
    }
    command.env("HIMURO_QUIRK_PIN", PIN);
    command
}

/// A ceremony of honest people at an HSM with this fault.
fn at_work(arguments: &[String], quirk: &str) -> Played {
    play(&mut quirky(arguments, quirk), at_ceremony)
}

/// Tokens and journal as they were, so that every row begins alike.
struct Snapshot(PathBuf);

const KEPT: [&str; 2] = ["tokens", "d1"];

impl Snapshot {
    fn take(bench: &Bench) -> Self {
        let snapshot = Self(bench.path("snapshot"));
        for name in KEPT {
            copy(&bench.path(name), &snapshot.0.join(name));
        }
        snapshot
    }

    fn restore(&self, bench: &Bench) {
        for name in KEPT {
            std::fs::remove_dir_all(bench.path(name)).expect("ours");
            copy(&self.0.join(name), &bench.path(name));
        }
        let _ = std::fs::remove_file(bench.path("out.psbt"));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("ours");
    for entry in std::fs::read_dir(from).expect("ours") {
        let path = entry.expect("ours").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("ours");
        }
    }
}

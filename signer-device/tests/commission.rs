//! Commissioning a device, and all that can be wrong with it: the real program, a real token.

mod support;

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use signer_core::cose::Scope;
use signer_core::token::{Assurance, Date, hsm_screen};
use signer_core::transcript::{Body, CeremonyKind, Journal, Outcome, UnverifiedTranscript};
use signer_core::types::{Lang, Network, Purpose};

use support::house::{House, run};
use support::isolated;
use support::people::at_commissioning;
use support::play::{Act, device, play, typed};

/// A keyboard that nobody types at, and what it is plugged into.
fn terminal() -> (OwnedFd, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
    grantpt(&person).expect("ours");
    unlockpt(&person).expect("ours");
    let name = ptsname(&person, Vec::new()).expect("it has a name");
    let path = name.to_str().expect("a path").to_owned();
    let plugged = File::options().read(true).write(true).open(path);
    (person, plugged.expect("it opens"))
}

/// The arguments of `device init` with one of them changed.
fn changed(house: &House<'_>, flag: &str, value: &str) -> Vec<String> {
    house.init_arguments_with("d1", &[(flag, value)])
}

#[test]
fn a_device_is_born() {
    isolated("a_device_is_born", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        let transcript = house.verified_transcript("d1");
        let sessions = transcript.state().sessions();
        assert_eq!(sessions.len(), 1);
        assert_eq!(
            (sessions[0].kind, sessions[0].outcome),
            (CeremonyKind::Commission, Outcome::Done)
        );
        let state = bench.arg("d1");
        let again = bench.arg("again.card");
        let card = ["device", "card", "--state", &state, "--out", &again];
        run(&card.map(str::to_owned), |_| Act::Leave).ended(0);
        assert_eq!(bench.read("again.card"), bench.read("d1.card"));
        let status = ["device", "status", "--state", &state, "--json"];
        run(&status.map(str::to_owned), |_| Act::Leave)
            .ended(0)
            .says(r#""name":"d1""#)
            .says(r#""sealed":true"#);
    });
}

#[test]
fn a_second_run_changes_nothing() {
    isolated("a_second_run_changes_nothing", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        let journal = bench.read("d1/journal.cbor");
        fs::remove_file(bench.path("d1.card")).expect("ours");
        house
            .commission("d1")
            .ended(3)
            .says("already holds a journal");
        assert_eq!(bench.read("d1/journal.cbor"), journal);
        // A token that is in use is never initialised again.
        let words = house.officers.root_words();
        let other = changed(&house, "--state", &bench.arg("d9"));
        run(&other, |prompt| at_commissioning(&words, prompt))
            .ended(4)
            .says("is there already");
    });
}

#[test]
fn the_root_is_typed_from_paper_in_full() {
    isolated("the_root_is_typed_from_paper_in_full", |bench| {
        let house = House::with_devices(bench, &[]);
        let words = house.officers.root_words();
        let arguments = house.init_arguments("d1");
        let mut altered = words.clone();
        altered.swap(3, 5);
        for wrong in [
            altered[..16].join(" "),
            words[..15].join(" "),
            words.join(" "),
            "yes".into(),
            String::new(),
        ] {
            run(&arguments, |prompt| match prompt.id {
                "root-1" => typed(wrong.as_str()),
                _ => at_commissioning(&words, prompt),
            })
            .ended(2)
            .says("3 wrong answers");
        }
        let mut pins = 0;
        run(&arguments, |prompt| {
            pins += 1;
            match prompt.id {
                "pin-again" => typed("another PIN"),
                _ => at_commissioning(&words, prompt),
            }
        })
        .ended(2)
        .says("differ");
        assert_eq!(pins, 6);
        assert!(!bench.path("d1.card").exists());
        // Nothing was born: the folder can be used.
        house.commission("d1").ended(0);
    });
}

#[test]
fn every_prompt_of_a_commissioning_can_be_left() {
    isolated("every_prompt_of_a_commissioning_can_be_left", |bench| {
        let house = House::with_devices(bench, &[]);
        let words = house.officers.root_words();
        let arguments = house.init_arguments("d1");
        for stop in 0..6 {
            for leaving in [true, false] {
                let mut seen = 0;
                run(&arguments, |prompt| {
                    seen += 1;
                    match (seen - 1 == stop, leaving) {
                        (true, true) => Act::Leave,
                        (true, false) => typed("r"),
                        _ => at_commissioning(&words, prompt),
                    }
                })
                .ended(2)
                .says("aborted");
            }
        }
        assert!(!bench.path("d1.card").exists());
    });
}

#[test]
fn wrong_files_are_bad_input() {
    isolated("wrong_files_are_bad_input", |bench| {
        let house = House::with_devices(bench, &[]);
        let mut altered = bench.read("roster.cbor");
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        bench.write("altered.cbor", &altered);
        bench.write("empty.cbor", b"");
        bench.write("garbage.cbor", b"\xff\xfe not CBOR");
        fs::create_dir(bench.path("folder")).expect("ours");
        for flag in ["--root", "--roster"] {
            for name in [
                "missing",
                "empty.cbor",
                "garbage.cbor",
                "folder",
                "altered.cbor",
            ] {
                let arguments = changed(&house, flag, &bench.arg(name));
                run(&arguments, |_| Act::Leave).ended(3);
            }
        }
        for (flag, value) in [
            ("--name", "D1"),
            ("--site", "To\u{202e}kyo"),
            ("--token", ""),
            ("--receive", "0"),
            ("--profile", "no-such-profile"),
            ("--card-out", "/proc/himuro/card"),
            ("--state", "/proc/himuro"),
        ] {
            run(&changed(&house, flag, value), |_| Act::Leave).ended(3);
        }
        bench.write("file", b"x");
        let below = changed(&house, "--state", &bench.arg("file/state"));
        run(&below, |_| Act::Leave).ended(3);
        let taken = changed(&house, "--card-out", &bench.arg("file"));
        run(&taken, |_| Act::Leave).ended(3).says("exists already");
        assert_eq!(bench.read("file"), b"x");
        assert!(!bench.path("d1").exists(), "nothing was begun");
    });
}

#[test]
fn tokens_that_are_not_there_end_with_the_code_of_the_hsm() {
    isolated(
        "tokens_that_are_not_there_end_with_the_code_of_the_hsm",
        |bench| {
            let house = House::with_devices(bench, &["d1"]);
            let words = house.officers.root_words();
            for (module, says) in [
                ("missing.so", "no PKCS#11 module"),
                ("root.cbor", "not a PKCS#11"),
            ] {
                let mut arguments = house.init_arguments("d2");
                arguments.extend(["--module".into(), bench.arg(module)]);
                run(&arguments, |prompt| at_commissioning(&words, prompt))
                    .ended(4)
                    .says(says);
            }
            let policy = bench.write("policy.cbor", b"x");
            let state = bench.arg("d1");
            let install = ["policy", "install", "--state", &state, "--policy", &policy];
            let install = install.map(str::to_owned).to_vec();
            let elsewhere = [install.clone(), vec!["--token".into(), "another".into()]].concat();
            run(&elsewhere, |_| Act::Leave).ended(4).says("no token");
            run(&install, |_| typed("not-the-pin"))
                .ended(4)
                .says("CKR_PIN_INCORRECT");
            // The next login knows of it, and the journal too.
            run(&install, |prompt| match prompt.id {
                "pin" => typed(support::people::PIN),
                _ => Act::Leave,
            })
            .ended(2)
            .says("a wrong PIN was entered");
        },
    );
}

/// SoftHSM's profile, as if it were of a real HSM that nobody has tried.
fn real_profile(bench: &support::Bench) -> String {
    let text = include_str!("../../hsm-profiles/profiles/softhsm2.toml");
    let real = text.replace("assurance = \"test-only\"", "assurance = \"hardware\"");
    assert_ne!(text, real);
    let (head, rest) = real.split_once("[verification]").expect("a table");
    let (_, rest) = rest.split_once("[module]").expect("the next one");
    let doubt =
        "status = \"unverified\"\n[verification.unverified]\n\"login.max\" = \"nobody looked\"";
    let real = format!("{head}[verification]\n{doubt}\n[module]{rest}");
    bench.write("real.toml", real.as_bytes())
}

/// Main net, by the real program: refused before anybody is asked and before a token is touched,
/// with a profile for tests and with one of hardware that has no acceptance test on record.
#[test]
fn main_net_asks_for_a_recorded_acceptance_test() {
    isolated("main_net_asks_for_a_recorded_acceptance_test", |bench| {
        let main = Scope {
            network: Network::Main,
            purpose: Purpose::Live,
        };
        let house = House::on(bench, main);
        for (profile, says) in [
            ("softhsm2".to_owned(), "a profile of hardware"),
            (real_profile(bench), "the profile is unverified"),
        ] {
            let played = run(&changed(&house, "--profile", &profile), |prompt| {
                panic!("{} was asked", prompt.id)
            });
            played
                .ended(1)
                .says("HSM06")
                .says("recorded acceptance test of this HSM")
                .says(says);
            assert!(!bench.path("d1").exists(), "nothing was begun");
            assert!(!bench.path("d1.card").exists());
        }
    });
}

/// The first screen, and the same lines in the transcript, by the facts that the journal holds.
#[test]
fn every_ceremony_begins_with_what_the_hsm_is() {
    isolated("every_ceremony_begins_with_what_the_hsm_is", |bench| {
        let house = House::with_devices(bench, &[]);
        let played = house.commission("d1");
        played.ended(0);
        let shown = played.screen("hsm").join("\n");
        for says in [
            "softhsm2, FOR TESTS ONLY",
            "none: software, never validated",
            "no test on record",
            "every rule as it stands",
        ] {
            assert!(shown.contains(says), "{says}: {shown}");
        }
        let transcript = house.verified_transcript("d1");
        let opened = transcript
            .entries()
            .iter()
            .find_map(|entry| match &entry.body {
                Body::SessionOpened(opened) => Some(opened),
                _ => None,
            });
        let opened = opened.expect("a session");
        let today = Date::of_clock(opened.clock);
        assert_eq!(
            shown,
            hsm_screen(&opened.hsm, None, today, Lang::En).join("\n")
        );
    });
}

#[test]
fn a_real_device_takes_answers_from_a_terminal_alone() {
    isolated(
        "a_real_device_takes_answers_from_a_terminal_alone",
        |bench| {
            let house = House::with_devices(bench, &[]);
            let profile = real_profile(bench);
            let played = run(&changed(&house, "--profile", &profile), |prompt| {
                panic!("{} was asked through a pipe", prompt.id)
            });
            played.ended(3).says("terminal");
            assert!(!bench.path("d1").exists());
        },
    );
}

/// The journal of a device that was commissioned with a real HSM, as far as its first session.
fn of_a_real_device(journal: &[u8]) -> Vec<u8> {
    let rehearsed = UnverifiedTranscript::parse(journal).expect("a journal");
    let mut journal = Journal::empty();
    let mut bytes = Vec::new();
    for entry in &rehearsed.entries()[..2] {
        let mut body = entry.body.clone();
        if let Body::Genesis(genesis) = &mut body {
            genesis.hsm.assurance = Assurance::Verified;
        }
        let entry = journal.append(body).expect("it follows");
        bytes.extend_from_slice(entry.bytes());
    }
    bytes
}

/// Neither answers from a program nor a machine that is watched, whatever profile is named.
#[test]
fn a_named_profile_makes_no_rehearsal_of_a_real_device() {
    isolated(
        "a_named_profile_makes_no_rehearsal_of_a_real_device",
        |bench| {
            House::with_devices(bench, &["d1"]);
            let real = of_a_real_device(&bench.read("d1/journal.cbor"));
            bench.write("d1/journal.cbor", &real);
            let state = bench.arg("d1");
            let arguments = ["device", "freeze", "--reason", "drill", "--state", &state];
            let arguments = [&arguments[..], &["--profile", "softhsm2"]].concat();
            let piped = play(&mut device(&arguments), |prompt| {
                panic!("{} was asked through a pipe", prompt.id)
            });
            piped.ended(3).says("terminal");
            // At a terminal, with a library that came unasked: a notice in a rehearsal alone.
            let (_person, terminal) = terminal();
            let mut watched = device(&arguments);
            watched.env("LD_AUDIT", "none.so").stdin(terminal);
            let ended = watched.output().expect("it runs");
            let errors = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(1), "{errors}");
            assert!(errors.contains("ENV0"), "{errors}");
            assert_eq!(bench.read("d1/journal.cbor"), real);
        },
    );
}

/// A machine without a network: a name space of its own, with its own view of /sys.
#[test]
fn a_machine_without_a_network_passes() {
    isolated("a_machine_without_a_network_passes", |bench| {
        let house = House::with_devices(bench, &[]);
        let words = house.officers.root_words();
        let inner = device(&[]);
        let mut apart = Command::new("unshare");
        apart.args(["--map-root-user", "--net", "--mount", "/bin/sh", "-c"]);
        apart.args([r#"mount -t sysfs none /sys && exec "$0" "$@""#]);
        apart
            .arg(inner.get_program())
            .args(house.init_arguments("d1"));
        apart
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        for (name, value) in inner.get_envs() {
            apart.env(name, value.expect("set"));
        }
        let played = play(&mut apart, |prompt| at_commissioning(&words, prompt));
        if played.code == 1 && played.errors.contains("unshare") {
            // This machine gives nobody a name space. The reading itself is tested everywhere.
            println!("not tried: {}", played.errors);
            return;
        }
        played
            .ended(0)
            .says(". ENV01 There is no network interface but loopback.");
    });
}

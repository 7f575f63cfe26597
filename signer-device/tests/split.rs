//! Split PINs: the real program on SoftHSM tokens, holders with passphrases, and what a cut, a wrong
//! passphrase, a missing holder and an old disk come to.

mod support;

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hsm_profiles::{Module, Pin, Profile, TokenSelector};
use signer_core::report::{CaseReport, SessionRecord};
use signer_core::split::Credential;
use signer_core::token::Line;
use signer_core::transcript::{Body, Journal};
use signer_core::types::Id;
use zeroize::Zeroizing;

use support::house::{House, ceremony, destination_script, run, run_until};
use support::people::{PIN, at_ceremony};
use support::play::{Act, Played, Plug, Prompt, typed};
use support::{Bench, isolated};

/// Those who hold the user's PIN, and those who hold the security officer's.
const OPERATORS: &str = "op.a op.b op.c";
const OTHERS: &str = "app.a app.b wit.a";

/// What nobody may find anywhere.
fn passphrase(holder: &str) -> String {
    format!("marker passphrase of {holder}")
}

fn arguments(house: &House<'_>, credential: &str, threshold: &str, holders: &str) -> Vec<String> {
    let (state, holders) = (house.bench.arg("d1"), holders.replace(' ', ","));
    let all = [
        ["pin", "split"],
        ["--state", &state],
        ["--credential", credential],
        ["--threshold", threshold],
        ["--holders", &holders],
    ];
    let all = all.into_iter().flatten().map(str::to_owned).collect();
    house.at_hsm(all)
}

fn inventory(bench: &Bench) -> Vec<String> {
    let state = bench.arg("d1");
    ["device", "inventory", "--state", &state]
        .map(str::to_owned)
        .to_vec()
}

/// Honest people; these two put the PIN together, and this set is tried where it is asked for.
fn people<'a>(two: [&'a str; 2], paper: &'a str, set: &'a str) -> impl Fn(&Prompt<'_>) -> Act + 'a {
    move |prompt| match prompt.id {
        "holder" if prompt.question.contains(" 1 of ") => typed(two[0]),
        "holder" => typed(two[1]),
        "holders" => typed(paper),
        "passphrase" | "new-passphrase" | "new-passphrase-again" => typed(passphrase(prompt.who)),
        "pin-set" => typed(set),
        "so-pin" => typed("so-pin-of-device"),
        _ => at_ceremony(prompt),
    }
}

fn holders(two: [&str; 2]) -> impl Fn(&Prompt<'_>) -> Act {
    people(two, OPERATORS, "none")
}

fn split(house: &House<'_>) -> Played {
    let arguments = arguments(house, "user", "2", OPERATORS);
    run(&arguments, holders(["op.a", "op.b"]))
}

/// The sets that are on the disk.
fn files(bench: &Bench) -> Vec<String> {
    let entries = fs::read_dir(bench.path("d1")).expect("the state folder");
    let names = entries.map(|entry| entry.expect("there").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name.contains(".shares"))
        .collect();
    names.sort();
    names
}

fn journal(bench: &Bench) -> Journal {
    Journal::load(&bench.read("d1/journal.cbor")).expect("a journal")
}

/// Who put the PIN together in each session, as the journal has it.
fn openings(house: &House<'_>) -> Vec<(u32, Vec<String>)> {
    let transcript = house.verified_transcript("d1");
    let entries = transcript.entries().iter();
    let found = entries.filter_map(|entry| match &entry.body {
        Body::PinOpened(opened) => {
            let names = opened.holders.iter().map(ToString::to_string).collect();
            Some((opened.number, names))
        }
        _ => None,
    });
    found.collect()
}

/// Whether somebody who knows this PIN is let in, past every ceremony.
fn opens(house: &mut House<'_>, pin: &str) -> bool {
    house.officers.go_home();
    let profile = Profile::named("softhsm2").expect("built in");
    let module = Module::load(&profile, None).expect("SoftHSM is installed");
    let selector = TokenSelector {
        label: Line::lossy("himuro-d1"),
        serial: None,
    };
    let closed = module.open(&selector).expect("it is there");
    closed
        .login(&Pin::new(&Zeroizing::new(pin.to_owned())))
        .is_ok()
}

fn every_file(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("ours");
    let paths = entries.map(|entry| entry.expect("there").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                every_file(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// What is made of the transcript for people, in files beside the others.
fn report(house: &House<'_>) {
    let transcript = house.verified_transcript("d1");
    let records = SessionRecord::all(&transcript);
    assert!(!records.is_empty());
    let case = Id::new("wr-2026-000123").expect("plain");
    let of_case = SessionRecord::of_case(&transcript, &case);
    let page = CaseReport::of(case, of_case, &[]).map(|case| case.page("audit report"));
    let pages = records.iter().map(|record| record.page("audit report"));
    for (number, page) in pages.chain(page).enumerate() {
        assert!(page.len() > 1000);
        house
            .bench
            .write(&format!("page-{number}.html"), page.as_bytes());
    }
}

/// No passphrase was said, written or logged, nor is one in a report.
fn nothing_leaked(house: &House<'_>, played: &[&Played]) {
    report(house);
    let bench = house.bench;
    for holder in OPERATORS.split(' ').chain(OTHERS.split(' ')) {
        let secret = passphrase(holder);
        for path in every_file(&bench.folder) {
            let bytes = fs::read(&path).expect("ours");
            assert!(!contains(&bytes, &secret), "{}", path.display());
        }
        for played in played {
            assert!(!played.output.contains(&secret) && !played.errors.contains(&secret));
        }
    }
}

#[test]
fn holders_put_the_pin_together_and_nobody_knows_it() {
    isolated(
        "holders_put_the_pin_together_and_nobody_knows_it",
        |bench| {
            let mut house = House::ready(bench);
            let split = split(&house);
            split.ended(0).says("no others are left");
            assert_eq!(files(bench), ["pin-user-1.shares"]);
            let psbt = house.approved_psbt(destination_script(), 1);
            bench.write("request.psbt", psbt.bytes());
            let out = bench.arg("signed.psbt");
            let arguments = house.sign_arguments("d1", "request.psbt", &[&out]);
            let signed = run(&arguments, holders(["op.c", "op.b"]));
            signed.ended(0).says("put together by op.b, op.c");
            assert_eq!(
                openings(&house),
                [
                    (1, vec!["op.a".to_owned(), "op.b".into()]),
                    (1, vec!["op.b".into(), "op.c".into()])
                ]
            );
            nothing_leaked(&house, &[&split, &signed]);
            assert!(!opens(&mut house, PIN), "the PIN that was typed is dead");
        },
    );
}

#[test]
fn a_wrong_passphrase_ends_the_ceremony_and_is_recorded() {
    isolated(
        "a_wrong_passphrase_ends_the_ceremony_and_is_recorded",
        |bench| {
            let house = House::with_devices(bench, &["d1"]);
            split(&house).ended(0);
            let asked = RefCell::new(0);
            let wrong = run(&inventory(bench), |prompt| match prompt.id {
                "passphrase" => {
                    *asked.borrow_mut() += 1;
                    typed("marker passphrase of nobody")
                }
                _ => holders(["op.a", "op.b"])(prompt),
            });
            wrong.ended(4).says("the passphrase of op.a opens no share");
            assert_eq!(asked.into_inner(), 1, "nobody is asked again");
            run(&inventory(bench), holders(["op.a", "op.c"])).ended(0);
            let transcript = house.verified_transcript("d1");
            let recorded = transcript.entries().iter().any(|entry| match &entry.body {
                Body::Exception(exception) => {
                    exception.happened.as_str() == "the passphrase of op.a opens no share"
                }
                _ => false,
            });
            assert!(recorded);
            nothing_leaked(&house, &[&wrong]);
        },
    );
}

#[test]
fn one_holder_alone_opens_nothing() {
    isolated("one_holder_alone_opens_nothing", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        split(&house).ended(0);
        // In both places the same person, somebody else, and nobody.
        for other in ["op.a", "app.a", "r"] {
            run(&inventory(bench), holders(["op.a", other])).ended(2);
        }
        let gone = run(&inventory(bench), |prompt| match prompt.id {
            "holder" if prompt.question.contains(" 2 of ") => Act::Leave,
            _ => holders(["op.a", "op.b"])(prompt),
        });
        gone.ended(2);
        assert_eq!(openings(&house).len(), 1);
    });
}

#[test]
fn refuses_holders_whom_hsm07_refuses() {
    isolated("refuses_holders_whom_hsm07_refuses", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        for (threshold, who) in [
            ("1", OPERATORS),
            ("4", OPERATORS),
            ("2", "op.a op.a"),
            ("2", "app.a op.a op.b"),
            ("2", "nobody op.a op.b"),
        ] {
            let arguments = arguments(&house, "user", threshold, who);
            let played = run(&arguments, people(["op.a", "op.b"], who, "none"));
            played.ended(1).says("HSM07");
        }
        assert_eq!(files(bench), [""; 0]);
        ceremony(&inventory(bench)).ended(0);
    });
}

/// Who has both halves of what it takes in hand: a copy of the disk from before, and every passphrase.
#[test]
fn shares_on_an_old_disk_are_dead() {
    isolated("shares_on_an_old_disk_are_dead", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        split(&house).ended(0);
        let copy = |from: &str, to: &str| {
            let done = Command::new("cp").args(["-a", from, to]).status();
            assert!(done.expect("cp is there").success());
        };
        copy(&bench.arg("d1"), &bench.arg("old"));
        split(&house).ended(0);
        assert_eq!(files(bench), ["pin-user-2.shares"]);
        let state = bench.arg("old");
        let old = ["device", "inventory", "--state", &state].map(str::to_owned);
        run(&old, holders(["op.a", "op.b"])).ended(4);
        run(&inventory(bench), holders(["op.a", "op.b"])).ended(0);
    });
}

#[test]
fn the_security_officers_pin_is_held_by_others() {
    isolated("the_security_officers_pin_is_held_by_others", |bench| {
        let house = House::with_devices(bench, &["d1"]);
        split(&house).ended(0);
        let so = |who: &str| {
            let arguments = arguments(&house, "so", "2", who);
            run(&arguments, |prompt| match prompt.id {
                "holder" if prompt.screen.contains("== 7/12") => {
                    let second = prompt.question.contains(" 2 of ");
                    typed(if second { "wit.a" } else { "app.b" })
                }
                _ => people(["op.b", "op.c"], who, "none")(prompt),
            })
        };
        so("app.a op.a wit.a").ended(1).says("HSM07");
        let first = so(OTHERS);
        first.ended(0);
        let second = so(OTHERS);
        second.ended(0).says("holder 1 of 2");
        assert_eq!(files(bench), ["pin-so-2.shares", "pin-user-1.shares"]);
        run(&inventory(bench), holders(["op.a", "op.b"])).ended(0);
        house.verified_transcript("d1");
        nothing_leaked(&house, &[&first, &second]);
    });
}

/// Killed anywhere, a set is left that opens the token: the one before, or the new one. People say which
/// is tried; a wrong guess costs one try and nothing else.
#[test]
fn killed_anywhere_a_set_is_left_that_opens_the_token() {
    isolated(
        "killed_anywhere_a_set_is_left_that_opens_the_token",
        |bench| {
            let house = House::with_devices(bench, &["d1"]);
            let mut number = 0;
            let cuts = [
                ("== 8/12", 0),
                ("== 8/12", 100),
                ("== 8/12", 250),
                ("== 8/12", 400),
                ("== 9/12", 0),
                ("== 9/12", 3),
                ("== 9/12", 10),
                ("the PIN is changed", 0),
                ("== 10/12", 5),
                ("== 10/12", 20),
                ("== 11/12", 0),
                ("== 12/12", 0),
            ];
            for (said, later) in cuts {
                let later = Duration::from_millis(later);
                let arguments = arguments(&house, "user", "2", OPERATORS);
                let plug = Plug { said, later };
                let set = number.to_string();
                let _ = run_until(&arguments, plug, people(["op.a", "op.b"], OPERATORS, &set));
                number = opened_by_one_of_the_sets(bench, number);
                let expected: Vec<String> = (number > 0)
                    .then(|| format!("pin-user-{number}.shares"))
                    .into_iter()
                    .collect();
                let left = files(bench);
                assert!(
                    left.iter()
                        .filter(|f| !f.starts_with('.'))
                        .eq(expected.iter())
                        || number == 0,
                    "{left:?}"
                );
            }
            assert!(number > 0);
            house.verified_transcript("d1");
        },
    );
}

/// Logs in with the newest set, and where that is not the token's with the one before; its number.
fn opened_by_one_of_the_sets(bench: &Bench, before: u32) -> u32 {
    let state = journal(bench);
    let splits = state.state().pin(Credential::User);
    let Some(pending) = splits.pending().map(|split| split.number) else {
        let played = run(&inventory(bench), holders(["op.b", "op.c"]));
        played.ended(0);
        return splits.current().map_or(before, |split| split.number);
    };
    let tried = |set: u32| {
        let set = set.to_string();
        run(&inventory(bench), people(["op.b", "op.c"], OPERATORS, &set))
    };
    let newest = tried(pending);
    if newest.code == 0 {
        return pending;
    }
    newest.ended(4);
    tried(before).ended(0);
    before
}

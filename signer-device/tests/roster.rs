//! Rosters that follow each other, at the real program, with SoftHSM tokens: who leaves is out at
//! once, nobody goes back, and the policy stays.

mod support;

use signer_core::approval::{RecoveryCancellation, RecoveryQuorum, Role, Roster};
use signer_core::cose::Endorsed;
use signer_core::transcript::{Body, Outcome, WhatKind};
use signer_core::types::{Blocks, Height, Version};

use support::house::{House, ceremony, destination_script, run};
use support::officers::SCOPE;
use support::people::at_ceremony;
use support::play::{Act, Played, Prompt, typed};
use support::{Bench, isolated};

/// The roster after the newest one, signed by these administrators, as a file.
fn draft(
    house: &mut House<'_>,
    file: &str,
    signers: &[&str],
    change: impl FnOnce(&mut Roster),
) -> Endorsed<Roster> {
    let last = &house.officers.roster;
    let mut body = last.body().clone();
    body.number = Version(body.number.0 + 1);
    body.predecessor = Some(last.roster_digest());
    change(&mut body);
    let mut roster = Endorsed::new(body, SCOPE);
    for name in signers {
        house.officers.endorse_by(name, &mut roster);
    }
    house.bench.write(file, &roster.to_bytes());
    roster
}

fn arguments(bench: &Bench, file: &str) -> Vec<String> {
    let (state, file) = (bench.arg("d1"), bench.arg(file));
    ["roster", "install", "--state", &state, "--roster", &file]
        .map(str::to_owned)
        .to_vec()
}

/// Two people with the paper of a roster: they compare what stands on the screen with it.
fn with_paper<'a>(words: &'a [&'static str]) -> impl Fn(&Prompt<'_>) -> Act + 'a {
    move |prompt| match prompt.id {
        "roster" => {
            let numbers = prompt.question.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<usize> = numbers.filter_map(|n| n.parse().ok()).collect();
            typed(words[numbers[0] - 1..numbers[1]].join(" "))
        }
        id if id.starts_with("person-") => typed(of_person(prompt)),
        _ => at_ceremony(prompt),
    }
}

/// The identifier of the person on the screen, or the end of the key.
fn of_person(prompt: &Prompt<'_>) -> String {
    let (_, screen) = prompt.screen.rsplit_once("+-- person-").expect("a screen");
    let lines: Vec<&str> = screen
        .lines()
        .filter_map(|l| l.strip_prefix("| "))
        .collect();
    if prompt.question.contains("of the key") {
        let key = lines
            .iter()
            .find(|line| line.starts_with("key"))
            .expect("a key");
        return key[key.len() - 8..].to_owned();
    }
    let mut words = lines[0].split_whitespace();
    words.nth(1).expect("a person").to_owned()
}

fn install(house: &House<'_>, file: &str, roster: &Endorsed<Roster>) -> Played {
    let words = roster.roster_digest().words();
    run(&arguments(house.bench, file), with_paper(&words))
}

fn leaves(roster: &mut Roster, name: &str) {
    roster
        .officers
        .retain(|officer| officer.id.as_str() != name);
}

fn officer<'r>(roster: &'r mut Roster, name: &str) -> &'r mut signer_core::approval::Officer {
    let mut officers = roster.officers.iter_mut();
    officers
        .find(|o| o.id.as_str() == name)
        .expect("an officer")
}

fn sign(house: &House<'_>, psbt: &[u8], out: &str) -> Played {
    house.bench.write("in.psbt", psbt);
    ceremony(&house.sign_arguments("d1", "in.psbt", &[out]))
}

#[test]
fn who_leaves_is_out_at_once_and_nobody_goes_back() {
    isolated("who_leaves_is_out_at_once_and_nobody_goes_back", |bench| {
        let mut house = House::ready(bench);
        let first = house.officers.roster.clone();
        let approved = house.approved_psbt(destination_script(), 1).to_bytes();
        // Four administrators of a quorum of two: the second leaves only if another one comes.
        let alone = draft(&mut house, "alone.cbor", &["app.b", "req.a"], |roster| {
            leaves(roster, "app.a");
            leaves(roster, "risk.a");
        });
        install(&house, "alone.cbor", &alone)
            .ended(3)
            .says("2 valid administrators, at least 3");
        let second = draft(&mut house, "second.cbor", &["app.b", "req.a"], |roster| {
            leaves(roster, "app.a");
            let roles = &mut officer(roster, "wit.a").roles;
            roles.push(Role::PolicyAdministrator);
            roles.sort();
        });
        install(&house, "second.cbor", &second)
            .ended(0)
            .says("LEAVES  app.a")
            .says("role  + Policy administrator")
            .says("the roster is installed");

        // Approved before the officer left, and approved by the officer all the same afterwards.
        sign(&house, &approved, "out.psbt")
            .ended(1)
            .says("APP01")
            .says("a key of app.a that roster 2 removed");
        let third_parent = std::mem::replace(&mut house.officers.roster, second.clone());
        let again = house.approved_psbt(destination_script(), 2).to_bytes();
        sign(&house, &again, "out.psbt")
            .ended(1)
            .says("APP04")
            .says("a key of app.a that roster 2 removed");

        // Neither the first roster nor the second again; and the one who left signs none.
        bench.write("first.cbor", &first.to_bytes());
        let back = "does not follow roster";
        install(&house, "first.cbor", &third_parent)
            .ended(3)
            .says(back);
        install(&house, "second.cbor", &second).ended(3).says(back);
        let returns = |roster: &mut Roster| *roster = third(roster, &first);
        let own = draft(&mut house, "own.cbor", &["app.a", "app.b"], returns);
        install(&house, "own.cbor", &own)
            .ended(3)
            .says("a key of app.a that roster 2 removed");
        let third = draft(&mut house, "third.cbor", &["app.b", "wit.a"], returns);
        install(&house, "third.cbor", &third)
            .ended(0)
            .says("COMES  app.a");

        // Under the policy that was there all the time.
        house.officers.roster = third;
        let signed = house.approved_psbt(destination_script(), 3).to_bytes();
        sign(&house, &signed, "out.psbt").ended(0);
        let transcript = house.verified_transcript("d1");
        let rosters = transcript.entries().iter().filter(
            |entry| matches!(&entry.body, Body::Installed(i) if i.kind == WhatKind::Roster),
        );
        assert_eq!(rosters.count(), 3);
        assert_eq!(
            transcript
                .state()
                .sessions()
                .last()
                .expect("sessions")
                .outcome,
            Outcome::Signed
        );
    });
}

/// The people of the first roster come back into the one that follows `last`.
fn third(last: &Roster, first: &Endorsed<Roster>) -> Roster {
    Roster {
        officers: first.body().officers.clone(),
        ..last.clone()
    }
}

/// How long a roster of the safes waits.
const DELAY: u32 = 144;

/// The second roster: the first one with two safes.
fn with_safes(house: &mut House<'_>) {
    house.officers.with_token("safe.a");
    house.officers.with_token("safe.b");
    let mut keys = ["safe.a", "safe.b"].map(|name| house.officers.key_of(name));
    keys.sort();
    let second = draft(house, "second.cbor", &["app.a", "app.b"], |roster| {
        roster.recovery = Some(RecoveryQuorum {
            threshold: 2,
            keys: keys.to_vec(),
            delay: Blocks(DELAY),
        });
    });
    install(house, "second.cbor", &second)
        .ended(0)
        .says("recovery quorum  none -> 2 of [");
    house.officers.roster = second;
}

/// The third: the safes take the administrator away from req.a and name new.a.
fn by_the_safes(house: &mut House<'_>, file: &str) -> Endorsed<Roster> {
    house.officers.with_token("new.a");
    let key = house.officers.key_of("new.a");
    draft(house, file, &["safe.a", "safe.b"], |roster| {
        let requester = officer(roster, "req.a");
        requester
            .roles
            .retain(|role| *role != Role::PolicyAdministrator);
        let mut comes = requester.clone();
        comes.id = signer_core::types::Id::new("new.a").expect("plain");
        comes.roles = vec![Role::PolicyAdministrator];
        comes.key = key;
        roster.officers.push(comes);
        roster.officers.sort_by(|a, b| a.id.cmp(&b.id));
    })
}

/// The device learns of so many blocks with a withdrawal.
fn at_height(house: &mut House<'_>, height: u32, out: &str) {
    house.known_height = Height(height);
    let coin = u8::try_from(height % 100).expect("small") + 1;
    let psbt = house.approved_psbt(destination_script(), coin).to_bytes();
    sign(house, &psbt, out).ended(0);
}

#[test]
fn the_recovery_quorum_replaces_an_administrator_after_its_delay() {
    let name = "the_recovery_quorum_replaces_an_administrator_after_its_delay";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        with_safes(&mut house);
        let third = by_the_safes(&mut house, "third.cbor");
        let announced = "replaces administrators from height 144";
        install(&house, "third.cbor", &third)
            .ended(0)
            .says("THE RECOVERY QUORUM replaces administrators")
            .says("CHANGES  req.a")
            .says("COMES  new.a")
            .says("the roster waits");
        // Announced in every session; too early for the whole delay.
        install(&house, "third.cbor", &third)
            .ended(3)
            .says(announced)
            .says("waits until height 144, known height 0");
        at_height(&mut house, DELAY - 1, "one.psbt");
        install(&house, "third.cbor", &third)
            .ended(3)
            .says("known height 143");
        at_height(&mut house, DELAY, "two.psbt");
        install(&house, "third.cbor", &third)
            .ended(0)
            .says("the roster is installed");
        // From now on the new administrator counts, and the old one does not.
        house.officers.roster = third;
        let old = draft(&mut house, "old.cbor", &["app.a", "req.a"], |_| {});
        install(&house, "old.cbor", &old)
            .ended(3)
            .says("is of no valid policy administrator");
        let fourth = draft(&mut house, "fourth.cbor", &["app.a", "new.a"], |_| {});
        install(&house, "fourth.cbor", &fourth).ended(0);
        let transcript = house.verified_transcript("d1");
        assert_eq!(transcript.state().waiting_roster(), None);
    });
}

#[test]
fn one_administrator_cancels_the_recovery_quorum() {
    let name = "one_administrator_cancels_the_recovery_quorum";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        with_safes(&mut house);
        let third = by_the_safes(&mut house, "third.cbor");
        install(&house, "third.cbor", &third).ended(0);
        let in_force = house.officers.roster.roster_digest();
        let mut order = |who: &str, file: &str| {
            let body = RecoveryCancellation {
                version: 1,
                scope: SCOPE,
                root: house.officers.root.digest(),
                roster: in_force,
                cancelled: third.roster_digest(),
                officer: signer_core::types::Id::new(who).expect("plain"),
                reason: signer_core::types::Label::new("nobody lost a key").expect("plain"),
            };
            let signed = house.officers.sign(who, body);
            bench.write(file, &signed.to_bytes());
            let (state, file) = (bench.arg("d1"), bench.arg(file));
            let words = [
                "roster",
                "cancel",
                "--state",
                &state,
                "--cancellation",
                &file,
            ];
            ceremony(&words.map(str::to_owned))
        };
        order("op.a", "op.cbor")
            .ended(3)
            .says("is of no valid policy administrator");
        order("req.a", "req.cbor")
            .ended(0)
            .says("! roster: ")
            .says("req.a cancels the roster that waits: nobody lost a key")
            .says("is cancelled");
        order("app.b", "app.cbor").ended(3).says("does not wait");
        at_height(&mut house, DELAY, "one.psbt");
        // The delay begins again when it is shown again.
        install(&house, "third.cbor", &third)
            .ended(0)
            .says("the roster waits until height 288");
        house.verified_transcript("d1");
    });
}

/// Every question can be rejected, answered wrongly or left: the old roster stays.
#[test]
fn a_roster_is_stopped_at_every_question() {
    isolated("a_roster_is_stopped_at_every_question", |bench| {
        let mut house = House::with_devices(bench, &["d1"]);
        let next = draft(&mut house, "next.cbor", &["app.a", "req.a"], |roster| {
            officer(roster, "wit.a").valid_to = Height(900);
            leaves(roster, "op.b");
        });
        let words = next.roster_digest().words();
        let arguments = arguments(bench, "next.cbor");
        for id in ["person-1", "person-2", "roster"] {
            for wrong in ["r", "op.a", ""] {
                run(&arguments, |prompt| match prompt.id {
                    asked if asked == id => typed(wrong),
                    _ => with_paper(&words)(prompt),
                })
                .ended(2);
            }
            run(&arguments, |prompt| match prompt.id {
                asked if asked == id => Act::Leave,
                _ => with_paper(&words)(prompt),
            })
            .ended(2);
        }
        let status = ["roster", "show", "--json", "--state", &bench.arg("d1")].map(str::to_owned);
        run(&status, |_| Act::Leave)
            .ended(0)
            .says(r#"{"number":1,"#);
        install(&house, "next.cbor", &next).ended(0);
        run(&status, |_| Act::Leave)
            .ended(0)
            .says(r#"{"number":2,"#);
        // wit.a ends at 900 and the device knows height 0: every session says so from now on, and
        // op.b sits no more.
        let inventory = ["device", "inventory", "--state", &bench.arg("d1")].map(str::to_owned);
        run(&inventory, |prompt| match prompt.id {
            "officer-b" => typed("op.b"),
            _ => at_ceremony(prompt),
        })
        .ended(0)
        .says("! roster: the entry of wit.a ends at height 900");
        let transcript = house.verified_transcript("d1");
        let told =
            |entry: &&signer_core::transcript::Entry| matches!(entry.body, Body::Announced(_));
        assert_eq!(transcript.entries().iter().filter(told).count(), 1);
    });
}

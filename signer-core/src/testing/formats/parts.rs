//! The second verifier asks for a broadcaster who does nothing else, for operators who take turns,
//! and for witnesses who sign: journals that hold something else, chained and never judged.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde_json::json;

use super::{check, workspace};
use crate::codec::{decode, encode};
use crate::digest::{hex, sha256_of};
use crate::signing::Intent;
use crate::testing::{Case, World, id};
use crate::transcript::testing::Bench;
use crate::transcript::{Body, CeremonyKind, Entry, UnverifiedTranscript};

/// Operators sit at one session in a row, and one witness attends.
fn strict() -> Bench {
    Bench::ready_in(World::sweeping(|policy| {
        policy.separation.sessions_in_a_row = Some(1);
        for rules in &mut policy.wallets {
            rules.witnesses = 1;
        }
    }))
}

/// The transfer, and the same of another coin.
fn cases(bench: &Bench) -> [Case; 2] {
    [0, 1].map(|more| {
        let mut case = Case::new(&bench.world);
        case.witnesses = std::vec!["witness.w"];
        case.coins[0].sats += more;
        case.coins[1].sats += more;
        case
    })
}

/// What a device that does not care would sign of it.
fn intent(place: usize) -> Intent {
    let mut bench = Bench::ready_in(World::sweeping(|_| {}));
    let case = &cases(&bench)[place];
    bench.sign_case(case);
    let entries = UnverifiedTranscript::parse(&bench.disk).unwrap();
    let bodies = entries.into_entries().into_iter().map(|entry| entry.body);
    let mut intents = bodies.filter_map(|body| match body {
        Body::Intent(intent) => Some(intent),
        _ => None,
    });
    intents.next().unwrap()
}

fn said(name: &str, bench: &Bench, disk: &[u8], what: &str) {
    let trust = bench.trust();
    let (success, text) = check(name, &workspace().join("docs/formats"), |data| {
        data["transcripts"][0]["hex"] = json!(hex(disk));
        data["transcripts"][0]["trusted"] =
            json!([hex(trust.root.as_bytes()), hex(trust.identity.as_bytes())]);
    });
    assert!(!success && text.contains(what), "{name}: {text}");
}

/// What was refused is signed all the same.
fn signed_anyway(name: &str, edit: impl FnOnce(&mut Case), what: &str) {
    let mut bench = strict();
    let [mut case, _] = cases(&bench);
    edit(&mut case);
    bench.take_in(CeremonyKind::Sign, &case);
    bench.add(Body::Intent(intent(0)));
    said(name, &bench, &bench.disk, what);
}

#[test]
fn a_broadcaster_with_another_part_is_found() {
    let asked = |who: &'static str| {
        move |case: &mut Case| {
            case.edit_request = Box::new(move |request| request.broadcaster = id(who));
        }
    };
    let what = "a broadcaster without";
    signed_anyway("sends-and-builds", asked("requester.r"), what);
    signed_anyway("sends-without-the-role", asked("admin.a"), what);
}

#[test]
fn a_missing_and_an_acting_witness_are_found() {
    let with = |all: &'static [&'static str]| move |case: &mut Case| case.witnesses = all.to_vec();
    signed_anyway("no-witness", with(&[]), "fewer witnesses");
    signed_anyway("witness-without-the-role", with(&["admin.a"]), "a witness");
}

#[test]
fn an_operator_who_stays_is_found() {
    let mut bench = strict();
    let [first, second] = cases(&bench);
    bench.sign_case(&first);
    bench.take_in(CeremonyKind::Sign, &second);
    bench.add(Body::Intent(intent(1)));
    said("stays", &bench, &bench.disk, "one operator in too many");
}

/// The statement left out, and made over something else.
#[test]
fn a_session_without_its_witness_is_found() {
    let mut bench = strict();
    let [case, _] = cases(&bench);
    bench.sign_case(&case);
    let chained = |keep: fn(&Entry) -> bool| {
        let transcript = UnverifiedTranscript::parse(&bench.disk).unwrap();
        let (mut disk, mut prev, mut sequence) = (Vec::new(), [0; 32], 0);
        for entry in transcript.into_entries() {
            let mut entry: Entry = decode(&encode(&entry)).unwrap();
            if !keep(&entry) {
                continue;
            }
            (entry.prev, entry.sequence) = (prev, sequence);
            let bytes = encode(&entry);
            prev = sha256_of(&bytes);
            sequence += 1;
            disk.extend(bytes);
        }
        disk
    };
    let without = chained(|entry| !matches!(entry.body, Body::Witnessed(_)));
    said("unsigned", &bench, &without, "its witness has not signed");
    let after = chained(|entry| !matches!(entry.body, Body::Rechecked(_)));
    said("other-head", &bench, &after, "a statement over something");
}

//! Policies that follow each other, through the built program: what tightens, what waits and for how
//! long, and what is not installed.

mod support;

use bitcoin::Amount;
use bitcoin::hashes::{Hash as _, sha256::Hash as Sha256};
use signer_core::codec;
use signer_core::policy::Policy;
use signer_core::transcript::{Body, Entry, WhatKind};
use signer_core::types::{Height, Version};

use support::house::{House, ceremony, destination_script, run};
use support::people::at_ceremony;
use support::play::{Act, Played, typed};
use support::{Bench, isolated};

fn limit(sats: u64) -> impl FnOnce(&mut Policy) {
    move |policy| policy.wallets[0].per_transfer = Amount::from_sat(sats)
}

/// The journal with this entry again behind the one at `place`, chained anew by one who holds no key.
fn with_again(entries: &[Entry], place: usize, again: &Entry) -> Vec<u8> {
    let mut all = entries.to_vec();
    let mut again = again.clone();
    again.session = all[place].session;
    all.insert(place + 1, again);
    let (mut prev, mut bytes) = ([0; 32], Vec::new());
    for (sequence, mut entry) in (0..).zip(all) {
        (entry.prev, entry.sequence) = (prev, sequence);
        let encoded = codec::encode(&entry);
        prev = Sha256::hash(&encoded).to_byte_array();
        bytes.extend(encoded);
    }
    bytes
}

/// Asks device `d1` to sign over this coin.
fn sign(house: &mut House<'_>, bench: &Bench, coin: u8) -> Played {
    let psbt = house.approved_psbt(destination_script(), coin);
    let (input, out) = (format!("{coin}.psbt"), format!("{coin}-d1.psbt"));
    bench.write(&input, &psbt.to_bytes());
    ceremony(&house.sign_arguments("d1", &input, &[&out]))
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one life of a device, policy by policy"
)]
fn a_policy_tightens_at_once_and_loosens_by_headers() {
    isolated(
        "a_policy_tightens_at_once_and_loosens_by_headers",
        |bench| {
            let mut house = House::ready(bench);
            let state = bench.arg("d1");
            let installed =
                |file: &str, house: &House<'_>| ceremony(&house.install_arguments("d1", file));

            // Below what is asked for: the next session refuses.
            let second = house.next_policy(limit(90_000_000));
            installed(&second, &house)
                .ended(0)
                .says("tightens: 1  (from the next session on)")
                .says("  Cold 1: limit per transfer: 120,000,000 sat -> 90,000,000 sat")
                .says("LOOSENS: 0");
            sign(&mut house, bench, 1).ended(1).says("x POL02 refused");

            // Back to what it was: not before the old delay of ten blocks is over.
            let third = house.next_policy(limit(120_000_000));
            installed(&third, &house)
                .ended(0)
                .says("LOOSENS: 1  (from height 10 on)")
                .says("what it loosens opens at height 10");
            let shown = ["policy", "show", "--state", &state, "--json"];
            run(&shown.map(str::to_owned), |_| Act::Leave)
                .ended(0)
                .says(r#""waits_until":10"#)
                .says(r#""per_transfer_sat":90000000"#);
            house.known_height = Height(9);
            sign(&mut house, bench, 2)
                .ended(1)
                .says("x POL02 refused")
                .says("policy 3, whose loosenings wait until height 10");
            house.known_height = Height(10);
            sign(&mut house, bench, 3).ended(0);

            // A destination whose height is ahead is none, at once; headers open it.
            let fourth = house.next_policy(|policy| policy.destinations[0].activation = Height(20));
            installed(&fourth, &house).ended(0).says("LOOSENS: 0");
            house.known_height = Height(19);
            sign(&mut house, bench, 4)
                .ended(1)
                .says("x POL01 refused")
                .says("hot-1, active from 20");
            house.known_height = Height(20);
            sign(&mut house, bench, 5).ended(0);

            // Neither an older policy nor one beside the chain of policies.
            for file in [&second, &third, &fourth] {
                installed(file, &house).ended(1).says("x POL08 refused");
            }
            let transcript = house.verified_transcript("d1");
            let policy = transcript.state().policy().expect("in force");
            assert_eq!(policy.number(), Version(4));
            assert_eq!(policy.waits_until(), None);
            let bytes = bench.read("d1.transcript");
            assert_eq!(house.said_without_our_code("d1", &bytes), "");
            let entries = transcript.entries();
            let installed = |entry: &&Entry| matches!(&entry.body, Body::Installed(i) if i.kind == WhatKind::Policy);
            let last = entries.iter().rfind(installed).expect("installed");
            let taken = entries
                .iter()
                .rposition(|entry| matches!(entry.body, Body::Intake(_)));
            for (place, finds) in [
                (
                    usize::try_from(last.sequence).expect("small"),
                    "a policy that follows another one",
                ),
                (
                    taken.expect("signed"),
                    "an artefact in the session that uses it",
                ),
            ] {
                let forged = with_again(entries, place, last);
                let said = house.said_without_our_code("d1", &forged);
                assert!(said.contains(finds), "{said}");
            }
            let refused = |body: &Body| matches!(body, Body::Refused(refusal) if refusal.rule.name() == "POL08");
            let entries = transcript.entries().iter();
            assert_eq!(entries.filter(|entry| refused(&entry.body)).count(), 3);
        },
    );
}

/// Each of the two types a stretch of a new address; where either is wrong nothing is installed.
#[test]
fn a_new_address_is_typed_by_two_people() {
    isolated("a_new_address_is_typed_by_two_people", |bench| {
        let mut house = House::ready(bench);
        let file = house.next_policy(|policy| {
            let mut new = policy.destinations[0].clone();
            new.id = signer_core::types::Id::new("hot-2").expect("plain");
            new.script = bitcoin::ScriptBuf::new_p2tr_tweaked(
                bitcoin::key::TweakedPublicKey::dangerous_assume_tweaked(
                    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                        .parse()
                        .expect("a point"),
                ),
            );
            policy.destinations.push(new);
        });
        let arguments = house.install_arguments("d1", &file);
        for (wrong, asked) in [("changes", 1), ("dest-hot-2", 2), ("dest-hot-2-b", 3)] {
            let mut prompts = Vec::new();
            run(&arguments, |prompt| {
                if !prompts.contains(&prompt.id.to_owned()) {
                    prompts.push(prompt.id.to_owned());
                }
                if prompt.id == wrong {
                    typed("zzzzzz")
                } else {
                    at_ceremony(prompt)
                }
            })
            .ended(2);
            let compared = ["changes", "dest-hot-2", "dest-hot-2-b", "policy"];
            let reached = prompts.iter().filter(|id| compared.contains(&id.as_str()));
            assert_eq!(reached.count(), asked, "{prompts:?}");
        }
        let before = house.verified_transcript("d1");
        assert_eq!(
            before.state().policy().expect("the first").number(),
            Version(1)
        );
        ceremony(&arguments)
            .ended(0)
            .says("  destination added: hot-2");
        let after = house.verified_transcript("d1");
        assert_eq!(
            after.state().policy().expect("the second").number(),
            Version(2)
        );
    });
}

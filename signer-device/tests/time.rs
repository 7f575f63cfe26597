//! Time without a clock, through the built program: permissions open by headers, and close at the
//! later of headers and the machine's clock.

mod support;

use std::time::{SystemTime, UNIX_EPOCH};

use signer_core::cose::Scope;
use signer_core::transcript::{Body, Outcome};
use signer_core::types::{Height, Network, Purpose};

use support::cut::beside;
use support::house::{House, destination_script};
use support::isolated;
use support::people::at_ceremony;
use support::play::{Played, device, play};

/// An hour, in seconds.
const HOUR: i64 = 3_600;

/// Blocks cost something here, and a rehearsal's HSM may sign for it.
const TESTNET: Scope = Scope {
    network: Network::Testnet4,
    purpose: Purpose::Drill,
};

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.expect("after 1970").as_secs()).expect("some time yet")
}

/// Signs a transfer of this coin on a machine whose clock is wrong by so many seconds.
fn sign(house: &mut House<'_>, coin: u8, wrong_by: i64) -> Played {
    let psbt = house.approved_psbt(destination_script(), coin).to_bytes();
    let (input, out) = (
        format!("{coin}-{wrong_by}.in"),
        format!("{coin}-{wrong_by}.out"),
    );
    house.bench.write(&input, &psbt);
    let arguments = house.sign_arguments("d1", &input, &[&out]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = device(&arguments);
    command
        .env("LD_PRELOAD", beside("libcut_library.so"))
        .env("HIMURO_CLOCK", wrong_by.to_string());
    play(&mut command, at_ceremony)
}

/// Reads a transfer of this coin, and signs it; at the first question about its screens the machine's clock
/// jumps by so many seconds.
fn sign_while_the_clock_jumps(house: &mut House<'_>, coin: u8, jump: i64) -> Played {
    let psbt = house.approved_psbt(destination_script(), coin).to_bytes();
    let (input, out) = (format!("{coin}{jump}.in"), format!("{coin}{jump}.out"));
    house.bench.write(&input, &psbt);
    house.bench.write("clock", b"0");
    let clock = house.bench.path("clock");
    let arguments = house.sign_arguments("d1", &input, &[&out]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = device(&arguments);
    command
        .env("LD_PRELOAD", beside("libcut_library.so"))
        .env("HIMURO_CLOCK", format!("@{}", clock.display()));
    play(&mut command, |prompt| {
        if prompt.id.starts_with("screen-") {
            std::fs::write(&clock, jump.to_string()).expect("ours");
        }
        at_ceremony(prompt)
    })
}

/// What ends while people read has ended: the machine stood open over night, or was asleep. Nothing is
/// asked of the HSM, and an auditor sees the hour.
#[test]
fn what_ends_while_people_read_is_refused_before_the_intent() {
    isolated(
        "what_ends_while_people_read_is_refused_before_the_intent",
        |bench| {
            let time = u32::try_from(now() - 3 * HOUR - 60).expect("before 2106");
            let mut house = House::on_at(bench, TESTNET, time).settled();
            sign_while_the_clock_jumps(&mut house, 1, 22 * HOUR)
                .ended(1)
                .says("APP03 refused")
                .says("a height of at most 144");
            let transcript = house.verified_transcript("d1");
            assert_eq!(transcript.state().ledger().signatures(), 0);
            let last = transcript.state().sessions().last().map(|s| s.outcome);
            assert_eq!(last, Some(Outcome::Refused));
            let entries = transcript.entries().iter();
            let asked = entries.filter(|entry| matches!(entry.body, Body::Intent(_)));
            assert_eq!(asked.count(), 0);
            // The session has shown the later hour: the next one says that the clock went back.
            sign(&mut house, 1, 0).says("the machine's clock went back");
            // Nobody sets the clock while a session is open.
            sign_while_the_clock_jumps(&mut house, 2, -HOUR)
                .ended(3)
                .says("a clock that was set back within the session");
            // An hour more changes nothing, but it is counted.
            sign_while_the_clock_jumps(&mut house, 3, HOUR).ended(0);
            let transcript = house.verified_transcript("d1");
            let transfers = transcript.state().ledger().transfers().iter();
            let heights: Vec<Height> = transfers.map(|(_, known)| known.height()).collect();
            assert_eq!(heights, [Height(24)]);
            let bytes = house.bench.read("d1.transcript");
            assert_eq!(house.said_without_our_code("d1", &bytes), "");
        },
    );
}

/// A device whose newest block is three hours old signs, and counts by the clock: headers that were
/// withheld carry nothing out of a window. Where block and clock are too far apart it signs nothing;
/// that the clock went back is on record before anything else.
#[test]
fn a_tip_far_from_the_clock_closes_signing() {
    isolated("a_tip_far_from_the_clock_closes_signing", |bench| {
        let checkpoint = now() - 3 * HOUR - 60;
        let time = u32::try_from(checkpoint).expect("before 2106");
        let mut house = House::on_at(bench, TESTNET, time).settled();
        sign(&mut house, 1, 0).ended(0);
        // Three hours are 18 blocks.
        let heights = |house: &House<'_>| -> Vec<Height> {
            let transcript = house.verified_transcript("d1");
            let transfers = transcript.state().ledger().transfers().iter();
            transfers.map(|(_, known)| known.height()).collect()
        };
        assert_eq!(heights(&house), [Height(18)]);
        // The requests of this house expire at height 144, a day after the checkpoint.
        sign(&mut house, 2, 22 * HOUR)
            .ended(1)
            .says("x APP03 refused")
            .says("a height of at most 144")
            .says("x TIM01 refused")
            .says("a block at most 24 hours older than the clock");
        // In the session whose clock went back the later of both counts, and its own from the next one on.
        sign(&mut house, 2, -6 * HOUR)
            .ended(1)
            .says("the machine's clock went back: the clock says")
            .says("x APP03 refused")
            .says("a block at most 24 hours older than the clock");
        let back = sign(&mut house, 2, -6 * HOUR);
        back.ended(1)
            .says("x TIM01 refused")
            .says("a clock at most 2 hours behind the newest block");
        for gone in ["APP03 refused", "went back"] {
            assert!(!back.output.contains(gone), "{gone}");
        }
        sign(&mut house, 2, 0).ended(0);
        assert_eq!(heights(&house).len(), 2);
        let transcript = house.bench.read("d1.transcript");
        assert_eq!(house.said_without_our_code("d1", &transcript), "");
    });
}

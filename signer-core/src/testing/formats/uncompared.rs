//! The second verifier takes no enrolment, card or wallet that two operators did not compare, and no clock
//! that went back unsaid.

use alloc::vec::Vec;

use serde_json::json;

use super::{check, workspace};
use crate::approval::Seat;
use crate::codec::{decode, encode};
use crate::digest::{hex, sha256_of};
use crate::transcript::testing::Bench;
use crate::transcript::{Body, CeremonyKind, Entry, UnverifiedTranscript};
use crate::types::SessionNumber;

/// The session of a registration.
const REGISTERS: SessionNumber = SessionNumber(3);
/// The session of a policy.
const INSTALLS: SessionNumber = SessionNumber(4);

/// A device that was made ready, chained again after this in that session; nothing stands for an entry
/// left out.
fn altered(session: SessionNumber, change: impl Fn(&mut Body) -> bool) -> Vec<u8> {
    let transcript = UnverifiedTranscript::parse(&Bench::ready().disk).unwrap();
    let (mut disk, mut prev, mut sequence) = (Vec::new(), [0; 32], 0);
    for entry in transcript.into_entries() {
        let mut entry: Entry = decode(&encode(&entry)).unwrap();
        if entry.session == session && !change(&mut entry.body) {
            continue;
        }
        (entry.prev, entry.sequence) = (prev, sequence);
        let bytes = encode(&entry);
        prev = sha256_of(&bytes);
        sequence += 1;
        disk.extend(bytes);
    }
    disk
}

/// It says so of a registration.
fn said(name: &str, change: impl Fn(&mut Body) -> bool) {
    said_in(REGISTERS, "registration", name, change);
}

fn said_in(session: SessionNumber, what: &str, name: &str, change: impl Fn(&mut Body) -> bool) {
    let disk = altered(session, change);
    let (success, text) = check(name, &workspace().join("docs/formats"), |data| {
        data["transcripts"][0]["hex"] = json!(hex(&disk));
    });
    assert!(!success && text.contains(what), "{name}: {text}");
}

#[test]
fn a_registration_that_nobody_compared_is_found() {
    said("alone", |body| !matches!(body, Body::Attended(_)));
    said(
        "unseen",
        |body| !matches!(body, Body::Shown(shown) if shown.number == 2),
    );
    // An enrolment, a card, the draft and the wallet.
    for number in [1, 3, 6, 7] {
        said("untyped", |body| match body {
            Body::Answered(answered) if answered.screen == number => {
                answered.text.push('x');
                true
            }
            _ => true,
        });
    }
    said("by-another", |body| {
        if let Body::Answered(answered) = body {
            answered.seat = match answered.seat {
                Seat::OperatorA => Seat::OperatorB,
                Seat::OperatorB | Seat::Witness => Seat::OperatorA,
            };
        }
        true
    });
    said("beside", |body| {
        if let Body::SessionOpened(opened) = body {
            opened.kind = CeremonyKind::Freeze;
        }
        true
    });
}

#[test]
fn a_policy_that_nobody_compared_is_found() {
    let policy = |name, change: fn(&mut Body) -> bool| said_in(INSTALLS, "a policy", name, change);
    policy("policy-alone", |body| !matches!(body, Body::Attended(_)));
    policy(
        "policy-untyped",
        |body| !matches!(body, Body::Answered(answered) if answered.seat == Seat::OperatorB),
    );
    policy("policy-beside", |body| {
        if let Body::SessionOpened(opened) = body {
            opened.kind = CeremonyKind::Commission;
        }
        true
    });
}

/// By more than five minutes, and nothing says so before people take their seats.
#[test]
fn a_clock_that_went_back_unsaid_is_found() {
    let what = "a clock that went back, without the exception that says so";
    said_in(REGISTERS, what, "clock-back", |body| {
        if let Body::SessionOpened(opened) = body {
            opened.clock -= 301;
        }
        true
    });
}

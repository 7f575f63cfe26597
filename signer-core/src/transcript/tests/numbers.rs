//! The numbers of the format are frozen: an old journal is read for ever.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use std::vec;

use crate::codec::{ByteString, decode, encode};
use crate::digest::{RequestDigest, ScreenDigest, SharesDigest};
use crate::rule::{Phrase, Place, Refusal, RuleId, RuleReport, Stage, Verdict};
use crate::split::{Credential, PinOpened, PinSplit};
use crate::testing::id;
use crate::token::Line;
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::reading;
use crate::transcript::{
    Aborted, Announced, Answered, Body, CeremonyKind, Channel, Exception, Intake, KeysDiscarded,
    KeysIntended, Outcome, Rechecked, Rejected, Shown, WrongPin,
};
use crate::types::PoolNumber;

/// `[number, [content]]` begins with these bytes.
fn begins(number: u8) -> Vec<u8> {
    let number = match number {
        0..=23 => vec![number],
        more => vec![0x18, more],
    };
    [&[0x82][..], &number, &[0x81]].concat()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table: one line per kind")]
fn each_kind_of_entry_has_its_number() {
    let line = Line::lossy("x");
    let bodies = [
        (4, Body::Attended(ByteString(vec![]))),
        (5, Body::Intake(Intake::new(vec![], Channel::File, CLOCK))),
        (6, Body::Reported(RuleReport::new())),
        (
            7,
            Body::Rejected(Rejected {
                request: RequestDigest::over(&[]),
                officer: id("a"),
            }),
        ),
        (
            8,
            Body::Shown(Shown {
                number: 1,
                screen: ScreenDigest::over(&[]),
            }),
        ),
        (
            9,
            Body::Answered(Answered {
                screen: 1,
                seat: crate::approval::Seat::OperatorA,
                text: "x".into(),
            }),
        ),
        (12, Body::Receipt(ByteString(vec![]))),
        (
            13,
            Body::Refused(Refusal::new(
                RuleId::SIG01,
                Place::Machine,
                Phrase::figure("x"),
                Phrase::figure("y"),
            )),
        ),
        (
            14,
            Body::Aborted(Aborted {
                step: 1,
                seat: None,
                reason: line.clone(),
            }),
        ),
        (15, Body::WrongPin(WrongPin { tries_left: None })),
        (
            16,
            Body::Exception(Exception {
                step: 1,
                expected: line.clone(),
                happened: line.clone(),
                decision: line,
                decided_by: None,
            }),
        ),
        (17, Body::Closed(Outcome::Done)),
        (18, Body::Sealed(ByteString(vec![]))),
        (32, Body::Witnessed(ByteString(vec![]))),
        (
            19,
            Body::Rechecked(std::boxed::Box::new(Rechecked {
                environment: reading(),
                report: vec![],
                random: crate::random::testing::evidence_again(""),
                clock: CLOCK,
            })),
        ),
        (
            20,
            Body::KeysIntended(KeysIntended {
                pool: PoolNumber(0),
                ranges: vec![],
            }),
        ),
        (
            21,
            Body::KeysDiscarded(KeysDiscarded {
                pool: PoolNumber(0),
                keys: vec![],
            }),
        ),
        (26, Body::Announced(Announced::default())),
        (
            28,
            Body::PinSplit(PinSplit {
                credential: Credential::User,
                number: 1,
                shares: SharesDigest::over(&[]),
                threshold: 2,
                holders: vec![],
            }),
        ),
        (
            29,
            Body::PinOpened(PinOpened {
                credential: Credential::User,
                number: 1,
                holders: vec![],
            }),
        ),
    ];
    for (number, body) in bodies {
        let bytes = encode(&body);
        assert!(bytes.starts_with(&begins(number)), "{:?}", body.phrase());
        assert_eq!(decode(&bytes), Ok(body));
    }
    // The others need a whole ceremony.
    let (signed, mut ended) = (super::signed(), super::life::destroyed());
    ended.prove(|_| {});
    let recovered = super::recovery::gone_on();
    let replaced = super::replacement::renewed();
    let settled = crate::settlement::testing::settled();
    let benches = [&signed, &ended, &recovered, &replaced, &settled];
    let items = benches
        .into_iter()
        .flat_map(|bench| super::items(&bench.disk));
    for item in items {
        let entry: crate::transcript::Entry = decode(&item).unwrap();
        let number = match entry.body {
            Body::Genesis(_) => 0,
            Body::SessionOpened(_) => 1,
            Body::Installed(_) => 2,
            Body::KeysGenerated(_) => 3,
            Body::Intent(_) => 10,
            Body::Result(_) => 11,
            Body::Inventoried(_) => 22,
            Body::Proven(_) => 23,
            Body::Destroying(_) => 24,
            Body::Destroyed(_) => 25,
            Body::Recovered(_) => 27,
            Body::Replaced(_) => 30,
            Body::Settled(_) => 31,
            Body::Witnessed(_) => 32,
            _ => continue,
        };
        assert!(encode(&entry.body).starts_with(&begins(number)));
    }
}

#[test]
fn verdicts_outcomes_and_places_have_their_numbers() {
    let numbers = |bytes: Vec<u8>| bytes[..2].to_vec();
    let verdicts = [
        Verdict::Passed,
        Verdict::Notice(Phrase::figure("x")),
        Verdict::Refused(vec![]),
        Verdict::NotApplicable(Phrase::figure("x")),
        Verdict::NotReached(RuleId::PSB01),
    ];
    for (number, verdict) in (0..).zip(&verdicts) {
        assert_eq!(numbers(encode(verdict)), [0x82, number]);
    }
    assert_eq!(encode(&Verdict::Passed), [0x82, 0, 0x80]);
    let outcomes = [
        Outcome::Done,
        Outcome::Signed,
        Outcome::Refused,
        Outcome::Aborted,
        Outcome::Cut,
    ];
    for (number, outcome) in (0..).zip(&outcomes) {
        assert_eq!(encode(outcome), [number]);
    }
    assert_eq!(numbers(encode(&Place::Screen(1))), [0x82, 8]);
    assert_eq!(RuleId::of(Stage::Transcript).count(), 6);
}

/// Other programs read these names in JSON: a new kind is appended, and none is renamed.
#[test]
fn names_of_ceremonies_and_outcomes_stay() {
    let kinds: Vec<CeremonyKind> = (0..24).map_while(|n| decode(&[n]).ok()).collect();
    let names: Vec<&str> = kinds.into_iter().map(CeremonyKind::name).collect();
    let first = "commission keys wallet roster policy headers sign card destroy resume inventory \
                 backup retire recover split-pin freeze thaw replace";
    let first: Vec<&str> = first.split(' ').collect();
    assert!(names.starts_with(&first), "{names:?}");
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(distinct.len(), names.len());
    let outcomes = (0..24).map_while(|n| decode(&[n]).ok());
    let outcomes: Vec<&str> = outcomes.map(Outcome::name).collect();
    assert_eq!(outcomes, ["done", "signed", "refused", "aborted", "cut"]);
}

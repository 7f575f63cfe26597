//! Split PINs in journals: announced, proven, and out of turn.

use std::string::String;

use super::found;
use crate::digest::SharesDigest;
use crate::rule::{Refusal, RuleId};
use crate::split::{Credential, PinOpened, PinSplit};
use crate::testing::{Case, id};
use crate::transcript::testing::Bench;
use crate::transcript::testing::CLOCK;
use crate::transcript::{Body, CeremonyKind, Outcome};
use crate::types::Lang;

const USER: Credential = Credential::User;
const SO: Credential = Credential::SecurityOfficer;
const OPERATORS: [&str; 3] = ["everybody", "operator.a", "operator.b"];

fn split(credential: Credential, number: u32, holders: &[&str]) -> Body {
    Body::PinSplit(PinSplit {
        credential,
        number,
        shares: SharesDigest::over(&[]),
        threshold: 2,
        holders: holders.iter().map(|name| id(name)).collect(),
    })
}

fn opened(credential: Credential, number: u32, holders: &[&str]) -> Body {
    Body::PinOpened(PinOpened {
        credential,
        number,
        holders: holders.iter().map(|name| id(name)).collect(),
    })
}

fn numbers(bench: &Bench, credential: Credential) -> [Option<u32>; 2] {
    let splits = bench.state().pin(credential);
    [splits.current(), splits.pending()].map(|split| split.map(|split| split.number))
}

/// A device whose user's PIN was split, in a session that splits.
fn splitting() -> Bench {
    let mut bench = Bench::ready();
    bench.open(CeremonyKind::SplitPin);
    bench.add(split(USER, 1, &OPERATORS));
    bench
}

fn said(refusal: &Refusal) -> String {
    refusal.got.text(Lang::En).into()
}

#[test]
fn a_set_is_the_one_when_somebody_has_logged_in_with_it() {
    let mut bench = splitting();
    assert_eq!(numbers(&bench, USER), [None, Some(1)]);
    bench.add(opened(USER, 1, &["operator.a", "operator.b"]));
    assert_eq!(numbers(&bench, USER), [Some(1), None]);
    bench.close(Outcome::Done);
    bench.open(CeremonyKind::Inventory);
    bench.add(opened(USER, 1, &["everybody", "operator.b"]));
    bench.close(Outcome::Done);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// The token had the old PIN or the new one; the next login shows which.
#[test]
fn after_a_cut_either_set_may_be_the_one() {
    for (logged_in, expected) in [(1, [Some(1), None]), (2, [Some(2), None])] {
        let mut bench = splitting();
        bench.add(opened(USER, 1, &["operator.a", "operator.b"]));
        bench.add(split(USER, 2, &OPERATORS));
        assert_eq!(numbers(&bench, USER), [Some(1), Some(2)]);
        bench.open(CeremonyKind::Inventory);
        bench.add(opened(USER, logged_in, &["operator.a", "operator.b"]));
        assert_eq!(numbers(&bench, USER), expected);
        let other = 3 - logged_in;
        let dead = bench.try_add(opened(USER, other, &["operator.a", "operator.b"]));
        assert!(dead.is_err(), "{other}");
        bench.open(CeremonyKind::SplitPin);
        assert!(bench.try_add(split(USER, 2, &OPERATORS)).is_err());
        bench.add(split(USER, 3, &OPERATORS));
    }
}

#[test]
fn refuses_what_is_out_of_turn() {
    let mut bench = Bench::ready();
    bench.open(CeremonyKind::Inventory);
    let elsewhere = bench.try_add(split(USER, 1, &OPERATORS));
    assert!(elsewhere.is_err(), "only a split splits");
    bench.open(CeremonyKind::SplitPin);
    for number in [0, 2] {
        assert!(bench.try_add(split(USER, number, &OPERATORS)).is_err());
    }
    let unknown = bench.try_add(opened(USER, 1, &["operator.a", "operator.b"]));
    assert!(unknown.is_err(), "no set was announced");
}

#[test]
fn refuses_too_few_holders_and_others() {
    for holders in [
        &["operator.a"][..],
        &["operator.a", "operator.a"],
        &["operator.b", "operator.a"],
        &["admin.a", "operator.a"],
        &[],
    ] {
        let mut bench = splitting();
        assert!(
            bench.try_add(opened(USER, 1, holders)).is_err(),
            "{holders:?}"
        );
    }
}

/// The security officer's PIN is used where PINs are split, and never where something is signed.
#[test]
fn the_security_officer_logs_in_where_a_pin_is_split_alone() {
    let admins = ["admin.a", "admin.b", "admin.c"];
    let so = || opened(SO, 1, &["admin.a", "admin.c"]);
    let mut bench = Bench::ready();
    bench.open(CeremonyKind::SplitPin);
    bench.add(split(SO, 1, &admins));
    bench.add(so());
    bench.close(Outcome::Done);
    let case = Case::new(&bench.world);
    bench.attend(CeremonyKind::Sign, case.operators);
    assert!(bench.try_add(so()).is_err());
    bench.open(CeremonyKind::SplitPin);
    assert!(bench.try_add(so()).is_ok());
    let mut splitting = Bench::ready();
    splitting.attend(CeremonyKind::SplitPin, case.operators);
    let psbt = case.full(&splitting.world).into_bytes();
    let channel = crate::transcript::Channel::File;
    let read = Body::Intake(crate::transcript::Intake::new(psbt, channel, CLOCK));
    assert!(
        splitting.try_add(read).is_err(),
        "no PSBT where PINs are split"
    );
}

/// In turn, in the right ceremony, and one person opens it.
#[test]
fn hsm07_alone() {
    let mut bench = Bench::ready();
    bench.open(CeremonyKind::SplitPin);
    let Body::PinSplit(good) = split(USER, 1, &OPERATORS) else {
        unreachable!()
    };
    let alone = PinSplit {
        threshold: 1,
        ..good.clone()
    };
    let refusal = bench.try_add(Body::PinSplit(alone)).unwrap_err();
    assert!(said(&refusal).starts_with(RuleId::HSM07.name()));
    assert!(bench.try_add(Body::PinSplit(good)).is_ok());
}

//! A restored HSM in the place of the old one, and orders that put none there.

use alloc::boxed::Box;
use alloc::string::String;
use std::vec;

use super::found;
use crate::approval::{RosterError, Seat};
use crate::codec::ByteString;
use crate::cose::Endorsed;
use crate::digest::{FileDigest, RosterDigest};
use crate::life::{Found, Replacement, ReplacementError, Standing, Takeover};
use crate::rule::{RuleId, Verdict};
use crate::testing::{Case, SCOPE, officers_sign, p256_public};
use crate::token::Line;
use crate::transcript::testing::Bench;
use crate::transcript::testing::CLOCK;
use crate::transcript::{
    Anchor, Answered, Body, CeremonyKind, Installed, Journal, Outcome, ReadiedBy,
    UnverifiedTranscript, WhatKind, trn03, trn05,
};
use crate::types::Lang;

fn parsed(bench: &Bench) -> UnverifiedTranscript {
    UnverifiedTranscript::parse(&bench.disk).unwrap()
}

/// What is said of an HSM that remembers this, at the start of a session.
fn start(anchor: Option<&Anchor>, bench: &Bench) -> Result<(), RuleId> {
    let journal = parsed(bench);
    let both = trn03(anchor, &journal).and_then(|()| trn05(anchor, &journal));
    both.map_err(|refusal| refusal.rule)
}

/// A device that went on since its backup, and what the backup, and the HSM in use, remember.
pub(super) fn lost() -> (Bench, Anchor, Anchor) {
    let mut bench = Bench::ready();
    let backup = bench.anchor();
    bench.open(CeremonyKind::Inventory);
    assert_eq!(bench.inventory(|_| {}), Verdict::Passed);
    bench.close(Outcome::Done);
    let old = bench.anchor();
    bench.prove_whole();
    (bench, backup, old)
}

/// A device whose HSM was replaced.
pub(super) fn renewed() -> Bench {
    let (mut bench, backup, _) = lost();
    let order = bench.replacement();
    bench.try_replace(order, Some(backup)).unwrap();
    bench.close(Outcome::Done);
    bench
}

#[test]
fn a_restored_hsm_is_the_devices_own_from_the_entry_on() {
    let (mut bench, backup, old) = lost();
    let order = bench.replacement();
    assert_eq!(start(Some(&backup), &bench), Err(RuleId::TRN05));
    assert_eq!(start(Some(&old), &bench), Ok(()));
    bench.try_replace(order, Some(backup.clone())).unwrap();
    // The power may fail here: the new one knows of nothing yet, and the old one is refused.
    let younger = Anchor {
        generation: backup.generation + 1,
        ..backup.clone()
    };
    for _ in 0..2 {
        assert_eq!(start(Some(&backup), &bench), Ok(()));
        assert_eq!(start(Some(&old), &bench), Err(RuleId::TRN05));
        assert_eq!(start(Some(&younger), &bench), Err(RuleId::TRN05));
        assert_eq!(start(None, &bench), Err(RuleId::TRN03));
        bench.open(CeremonyKind::Inventory);
    }
    // A journal that went on must have told the new one.
    assert_eq!(bench.inventory(|_| {}), Verdict::Passed);
    bench.close(Outcome::Done);
    assert_eq!(start(Some(&backup), &bench), Err(RuleId::TRN05));
    assert_eq!(start(Some(&old), &bench), Err(RuleId::TRN05));
    assert_eq!(start(Some(&bench.anchor()), &bench), Ok(()));
    let genesis = bench.state().genesis().unwrap();
    assert_eq!(genesis.generation, 2);
    let card = bench.state().own_card().unwrap().card();
    assert_eq!((card.generation, &card.hsm), (2, &genesis.hsm));
    assert_eq!(found(&bench, &bench.disk), []);
    // And it signs what the wallet asks for.
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// Only keys were restored: it remembers nothing until it is told.
#[test]
fn an_hsm_without_a_memory_is_known_by_that() {
    let (mut bench, backup, old) = lost();
    assert_eq!(start(None, &bench), Err(RuleId::TRN03));
    let order = bench.replacement();
    bench.try_replace(order, None).unwrap();
    assert_eq!(start(None, &bench), Ok(()));
    assert_eq!(start(Some(&backup), &bench), Err(RuleId::TRN05));
    assert_eq!(start(Some(&old), &bench), Err(RuleId::TRN05));
    bench.close(Outcome::Done);
    assert_eq!(start(None, &bench), Err(RuleId::TRN03));
    assert_eq!(start(Some(&bench.anchor()), &bench), Ok(()));
}

/// It can happen again: each order is for one generation.
#[test]
fn the_next_hsm_gets_the_next_generation() {
    let mut bench = renewed();
    let told = bench.anchor();
    bench.open(CeremonyKind::Inventory);
    assert_eq!(bench.inventory(|_| {}), Verdict::Passed);
    bench.close(Outcome::Done);
    bench.prove_whole();
    let order = bench.replacement();
    assert_eq!(order.generation, 3);
    bench.try_replace(order, Some(told)).unwrap();
    bench.close(Outcome::Done);
    let now = bench.state().genesis().unwrap();
    assert_eq!(now.generation, 3);
    // What was recorded of the first HSM says nothing of this one.
    assert_eq!(now.readied, Some(ReadiedBy::NotKnown));
    assert_eq!(found(&bench, &bench.disk), []);
}

/// Why an order is not taken in the open session.
fn refusal_by(
    bench: &Bench,
    change: impl FnOnce(&mut Replacement),
    signers: &[&str],
) -> ReplacementError {
    let mut order = bench.replacement();
    change(&mut order);
    let order = officers_sign(order, signers);
    Takeover::of(bench.state(), &order.to_bytes()).unwrap_err()
}

#[test]
fn an_order_for_something_else_is_not_taken() {
    let (mut bench, _, _) = lost();
    bench.attend(CeremonyKind::Replace, ["operator.a", "operator.b"]);
    let quorum = ["admin.a", "admin.b"];
    let refused = |change: fn(&mut Replacement)| refusal_by(&bench, change, &quorum);
    let what = |error: ReplacementError| alloc::format!("{error}");
    assert!(what(refusal_by(&bench, |_| {}, &["admin.a"])).contains("signed by 1"));
    let stranger = refusal_by(&bench, |_| {}, &["admin.a", "operator.a"]);
    assert!(matches!(stranger, ReplacementError::Roster(_)));
    assert!(what(refused(|o| o.version = 2)).contains("version"));
    let roster = RosterDigest::over(&[]);
    assert_eq!(
        refused(|o| o.roster = RosterDigest::over(&[])),
        ReplacementError::Roster(RosterError::OtherRoster(roster))
    );
    let other = refused(|o| o.identity = p256_public(&crate::testing::p256_key("other")));
    assert!(matches!(other, ReplacementError::OtherDevice(_)));
    for got in [1, 3] {
        let error = refusal_by(&bench, |o| o.generation = got, &quorum);
        assert_eq!(error, ReplacementError::Generation { next: 2, got });
    }
    let other = refused(|o| o.retired.serial = Line::lossy("other"));
    assert!(matches!(other, ReplacementError::OtherHsm { .. }));
    let none = FileDigest::over(&[]);
    assert_eq!(
        refused(|o| o.report = FileDigest::over(&[])),
        ReplacementError::NoReport(none)
    );
    let changes: [fn(&mut Replacement); 3] = [
        |o| o.entries += 1,
        |o| o.head[0] ^= 1,
        |o| o.hsm.serial = Line::lossy("other"),
    ];
    for change in changes {
        assert_eq!(refused(change), ReplacementError::OtherReport);
    }
    for error in [
        refused(|o| o.version = 2),
        refused(|o| o.generation = 7),
        refused(|o| o.head[0] ^= 1),
        ReplacementError::InUse,
        ReplacementError::Unanchored,
        ReplacementError::NotProven,
        ReplacementError::OtherToken,
        ReplacementError::Generating,
        ReplacementError::Session,
        ReplacementError::Operators,
        ReplacementError::Screen,
        ReplacementError::Answer("replace-hsm"),
    ] {
        assert_eq!(alloc::format!("{error}").lines().count(), 2);
    }
}

/// Announced keys of which no card shows any: no HSM takes the place of the one that makes them.
#[test]
fn a_generation_that_was_cut_comes_first() {
    let mut bench = Bench::ready();
    bench.open(CeremonyKind::Keys);
    let pools = bench.device.card(bench.world.root.digest(), &[2]).pools;
    let keys = crate::transcript::testing::announced(&pools[0]);
    bench.add(Body::KeysIntended(keys));
    bench.prove_whole();
    bench.attend(CeremonyKind::Replace, ["operator.a", "operator.b"]);
    let error = refusal_by(&bench, |_| {}, &["admin.a", "admin.b"]);
    assert_eq!(error, ReplacementError::Generating);
}

/// A report of a key that is missing, of the HSM in use, or of one that keeps no anchor.
#[test]
fn a_report_that_proves_too_little_is_not_enough() {
    for (standing, why) in [
        (Standing::Current, ReplacementError::InUse),
        (Standing::Unanchored, ReplacementError::Unanchored),
    ] {
        let mut bench = Bench::ready();
        bench.prove(|report| report.standing = standing);
        bench.close(Outcome::Done);
        bench.attend(CeremonyKind::Replace, ["operator.a", "operator.b"]);
        let error = refusal_by(&bench, |_| {}, &["admin.a", "admin.b"]);
        assert_eq!(error, why);
    }
    let mut bench = Bench::ready();
    bench.prove(|report| report.lines[0].found = Found::Missing);
    bench.close(Outcome::Refused);
    bench.attend(CeremonyKind::Replace, ["operator.a", "operator.b"]);
    let error = refusal_by(&bench, |_| {}, &["admin.a", "admin.b"]);
    assert_eq!(error, ReplacementError::NotProven);
}

/// Looking at backups changes nothing; anything else is a day on which the old HSM was there.
#[test]
fn a_report_of_an_older_day_is_none() {
    let (mut bench, backup, _) = lost();
    let order = bench.replacement();
    bench.prove_whole();
    bench.open(CeremonyKind::Replace);
    bench.close(Outcome::Aborted);
    bench.try_replace(order, Some(backup)).unwrap();
    for kind in [
        CeremonyKind::Inventory,
        CeremonyKind::Sign,
        CeremonyKind::Headers,
        CeremonyKind::Freeze,
    ] {
        let (mut bench, _, _) = lost();
        bench.open(kind);
        bench.close(Outcome::Aborted);
        assert!(bench.state().proven_hsms().is_empty(), "{kind:?}");
    }
}

#[test]
fn another_hsm_than_the_orders_replaces_nothing() {
    let (mut bench, _, _) = lost();
    let mut opened = bench.opening(CeremonyKind::Replace);
    opened.hsm.serial = Line::lossy("another");
    bench.add(Body::SessionOpened(Box::new(opened)));
    bench.sit_down(["operator.a", "operator.b"]);
    let error = refusal_by(&bench, |_| {}, &["admin.a", "admin.b"]);
    assert_eq!(error, ReplacementError::OtherToken);
}

/// What the journal says of an entry that is refused.
fn said(bench: &mut Bench, what: crate::life::Replaced) -> String {
    let disk = bench.disk.clone();
    let refused = bench.try_add(Body::Replaced(Box::new(what)));
    assert_eq!(bench.disk, disk);
    refused.unwrap_err().text(Lang::En)
}

#[test]
fn a_forged_replacement_does_not_follow() {
    let (mut bench, _, _) = lost();
    bench.attend(CeremonyKind::Replace, ["operator.a", "operator.b"]);
    let order = officers_sign(bench.replacement(), &["admin.a", "admin.b"]);
    // Nobody has read or typed anything.
    let unread = bench.replaced(&order, None, |_| {});
    assert!(said(&mut bench, unread).contains("screen of the order"));
    bench.confirm_replacement(&order);
    let mut without = bench.replaced(&order, None, |_| {});
    without.order = ByteString(vec![]);
    assert!(said(&mut bench, without).contains("TRN04"));
    let unsigned = Endorsed::new(bench.replacement(), SCOPE);
    let nobody = bench.replaced(&unsigned, None, |_| {});
    assert!(said(&mut bench, nobody).contains("signed by 0"));
    // Cards of another HSM, of another session, of another device, or with other keys.
    let mut card = |edit: fn(&mut crate::wallet::DeviceCard)| {
        let what = bench.replaced(&order, None, edit);
        said(&mut bench, what)
    };
    assert!(card(|card| card.generation = 1).contains("the HSM of the order"));
    assert!(card(|card| card.hsm.serial = Line::lossy("other")).contains("HSM of the order"));
    assert!(card(|card| card.predecessor = None).contains("name the card before it"));
    assert!(card(|card| card.pools.clear()).contains("other keys"));
    assert!(card(|card| card.nonce[0] ^= 1).contains("TRN04"));
    let of_today = card(|card| {
        let device = crate::testing::SoftDevice::new("north");
        let old = device.card(card.root, &[1]);
        (card.nonce, card.pools) = (old.nonce, old.pools);
    });
    assert!(of_today.contains("not made in this session"), "{of_today}");
    // In another ceremony, and twice.
    let good = bench.replaced(&order, None, |_| {});
    assert_eq!(
        bench.try_add(Body::Replaced(Box::new(good.clone()))),
        Ok(())
    );
    assert!(said(&mut bench, good.clone()).contains("it has replaced"));
    bench.close(Outcome::Done);
    bench.attend(CeremonyKind::Card, ["operator.a", "operator.b"]);
    assert!(said(&mut bench, good).contains("another ceremony"));
}

#[test]
fn nothing_is_installed_in_a_session_that_replaces() {
    let (mut bench, _, _) = lost();
    bench.attend(CeremonyKind::Replace, ["operator.a", "operator.b"]);
    let policy = bench.world.policy.to_bytes();
    let refused = bench.try_add(Body::Installed(Installed {
        kind: WhatKind::Policy,
        artefact: ByteString(policy),
        clock: CLOCK,
    }));
    let text = refused.unwrap_err().text(Lang::En);
    assert!(text.contains("another ceremony"), "{text}");
}

#[test]
fn two_operators_answer_rightly() {
    for wrong in 0..4 {
        let (mut bench, _, _) = lost();
        bench.attend(CeremonyKind::Replace, ["operator.a", "operator.b"]);
        let order = officers_sign(bench.replacement(), &["admin.a", "admin.b"]);
        let disk = bench.disk.clone();
        bench.confirm_replacement(&order);
        let answers = bench.state().open().unwrap().answered().to_vec();
        let shown = bench.state().open().unwrap().shown()[0];
        // The same again, with one answer by the other operator.
        bench.journal = Journal::load(&disk).unwrap();
        bench.disk = disk;
        bench.add(Body::Shown(shown));
        for (place, answer) in answers.into_iter().enumerate() {
            let seat = match (place == wrong, answer.seat) {
                (true, Seat::OperatorA) => Seat::OperatorB,
                (true, _) => Seat::OperatorA,
                (false, seat) => seat,
            };
            bench.add(Body::Answered(Answered { seat, ..answer }));
        }
        let what = bench.replaced(&order, None, |_| {});
        assert!(said(&mut bench, what).contains("no right answer to [replace-"));
    }
    let (mut bench, _, _) = lost();
    bench.open(CeremonyKind::Replace);
    let order = officers_sign(bench.replacement(), &["admin.a", "admin.b"]);
    bench.confirm_replacement(&order);
    let what = bench.replaced(&order, None, |_| {});
    assert!(said(&mut bench, what).contains("no two operators"));
}

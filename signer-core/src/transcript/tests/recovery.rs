//! Journals that go on from an anchor, and forged ones.

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::string::String;
use std::vec;

use bitcoin::OutPoint;

use super::found;
use crate::approval::Seat;
use crate::codec::ByteString;
use crate::digest::{RequestDigest, WalletId};
use crate::life::{Recovered, Recovery, RetiredWallet, UsedChange};
use crate::rule::RuleId;
use crate::signing::{Coin, SigningHsm as _};
use crate::testing::{Case, TIP, coin_of, id, officers_sign, p256_public};
use crate::transcript::entry::Answered;
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::{Bench, retirement};
use crate::transcript::{
    Anchor, Body, CeremonyKind, Journal, Outcome, Rejected, UnverifiedTranscript,
    VerifiedTranscript, trn03, trn05,
};
use crate::types::{Height, InputIndex, KeyIndex, Lang, SessionNumber};

/// A device that has signed, the disk before it signed, and what it signed.
pub(super) fn signed() -> (Bench, Vec<u8>, Case) {
    let mut bench = Bench::ready();
    let before = bench.disk.clone();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    (bench, before, case)
}

/// A device that went on from a disk of before it signed.
pub(super) fn gone_on() -> Bench {
    let (mut bench, before, _) = signed();
    let order = bench.recovery();
    bench.roll_back(&before);
    bench.recover(order);
    bench
}

fn parsed(bench: &Bench) -> UnverifiedTranscript {
    UnverifiedTranscript::parse(&bench.disk).unwrap()
}

/// What the rules say of a case on this bench.
fn judged(bench: &mut Bench, case: &Case) -> Vec<RuleId> {
    bench.take_in(CeremonyKind::Sign, case);
    let refused = match bench.judge() {
        Ok(_) => vec![],
        Err(stopped) => {
            let report = stopped.report().unwrap();
            let mut rules: Vec<RuleId> = report.refusals().map(|refusal| refusal.rule).collect();
            rules.dedup();
            rules
        }
    };
    bench.close(Outcome::Refused);
    refused
}

#[test]
fn a_rolled_back_journal_goes_on_and_nothing_falls() {
    let (mut bench, before, case) = signed();
    let anchor = bench.anchor();
    let order = bench.recovery();
    bench.roll_back(&before);
    assert_eq!(
        trn03(Some(&anchor), &parsed(&bench)).unwrap_err().rule,
        RuleId::TRN03
    );
    bench.try_recover(order).unwrap();
    // The power may fail here: the HSM knows of nothing yet.
    assert_eq!(trn03(Some(&anchor), &parsed(&bench)), Ok(()));
    assert_eq!(trn05(Some(&anchor), &parsed(&bench)), Ok(()));
    let told = bench.anchor();
    bench.close(Outcome::Done);
    assert_eq!(trn03(Some(&told), &parsed(&bench)), Ok(()));
    assert_eq!(trn05(Some(&told), &parsed(&bench)), Ok(()));
    // A journal that went on must have told the HSM.
    assert_eq!(
        trn05(Some(&anchor), &parsed(&bench)).unwrap_err().rule,
        RuleId::TRN05
    );
    assert_eq!(told.signatures, anchor.signatures);
    assert!(told.entries > anchor.entries);
    let last = bench.state().sessions().last().unwrap();
    assert!(
        u64::from(last.number.0) >= anchor.entries,
        "{}",
        last.number
    );
    assert_eq!(found(&bench, &bench.disk), []);
    assert_eq!(bench.state().ledger().recovered().unwrap().unknown, 0);
    let coin = coin_of(&case, InputIndex(0));
    assert!(!bench.state().ledger().signed_over(&coin).is_empty());
    // Its windows begin full, too.
    assert_eq!(judged(&mut bench, &case), [RuleId::POL03, RuleId::POL07]);
}

#[test]
fn a_lost_journal_begins_anew_behind_the_anchor() {
    let (mut bench, _, case) = signed();
    let anchor = bench.anchor();
    let keys = bench.state().known_keys().len();
    let order = bench.recovery();
    bench.lose();
    bench.recover(order);
    assert_eq!(bench.state().known_keys().len(), keys);
    assert_eq!(bench.state().ledger().signatures(), anchor.signatures);
    let head = bench.journal.head();
    assert!(head.entries > anchor.entries);
    assert!(bench.state().policy().is_none());
    bench.take_up();
    assert!(bench.state().pinned_policy().is_none());
    // Which policy was in force before is lost: what this one allows waits for a day of blocks.
    let policy = bench.state().policy().unwrap();
    assert_eq!(policy.waits_until(), Some(Height(TIP.0 + 144)));
    assert_eq!(judged(&mut bench, &case), [RuleId::WAL01, RuleId::WAL05]);
    let coin = coin_of(&case, InputIndex(0));
    assert!(!bench.state().ledger().signed_over(&coin).is_empty());
    assert_eq!(found(&bench, &bench.disk), []);
}

/// Who operated the lost sessions stands in their receipts: a recovery begins no turn anew.
#[test]
fn whose_turn_it_is_goes_on_as_far_as_receipts_tell() {
    for (receipts, sessions) in [(true, 1), (false, 0)] {
        let (mut bench, before, _) = signed();
        let mut order = bench.recovery();
        if !receipts {
            order.receipts.clear();
        }
        bench.roll_back(&before);
        bench.recover(order);
        for who in ["operator.a", "operator.b"] {
            let duty = bench.state().ledger().duty();
            assert_eq!(duty.in_a_row(&id(who)), sessions, "{who}");
        }
        assert_eq!(found(&bench, &bench.disk), []);
    }
}

/// Without the receipt the coins are not known: the count stands, and every transaction says so.
#[test]
fn what_no_receipt_shows_is_counted_and_said() {
    let (mut bench, before, case) = signed();
    let count = bench.anchor().signatures;
    let mut order = bench.recovery();
    order.receipts.clear();
    bench.roll_back(&before);
    bench.recover(order);
    let recovered = bench.state().ledger().recovered().unwrap();
    assert_eq!(recovered.unknown, count);
    assert_eq!(bench.state().ledger().signatures(), count);
    bench.take_in(CeremonyKind::Sign, &case);
    let refused = bench.judge().unwrap_err();
    let report = refused.report().unwrap();
    let notices: Vec<RuleId> = report.notices().map(|(rule, _)| rule).collect();
    assert_eq!(notices, [RuleId::POL07]);
    // What it signed within the windows is not known either.
    assert!(
        report
            .refusals()
            .all(|refusal| refusal.rule == RuleId::POL03)
    );
}

#[test]
fn what_the_administrators_know_is_in_force() {
    let (mut bench, before, case) = signed();
    let wallet = bench.world.wallet.id();
    let mut order = bench.recovery();
    let request = case.request(&bench.world).request_digest();
    order.rejected.push(Rejected {
        request,
        officer: id("director.d"),
    });
    order.retired.push(RetiredWallet {
        wallet,
        retirement: retirement(&bench.world).retirement_digest(),
    });
    order.change.push(UsedChange {
        wallet,
        index: KeyIndex(77),
    });
    order.policy.number.0 += 1;
    order.policy.digest = crate::digest::PolicyDigest::over(&[]);
    bench.roll_back(&before);
    bench.recover(order);
    let state = bench.state();
    assert!(state.ledger().rejected_by(&request).is_some());
    assert!(
        state
            .ledger()
            .rejected_by(&RequestDigest::over(&[]))
            .is_none()
    );
    assert_eq!(state.ledger().highest_change(&wallet), Some(KeyIndex(77)));
    assert!(state.wallets().retirement(&wallet).is_some());
    assert!(state.wallets().retirement(&WalletId::over(&[])).is_none());
    // The policy on this disk is not the newest one, and comes back into force by no installation.
    assert!(state.policy().is_none() && state.pinned_policy().is_some());
    bench.open(CeremonyKind::Policy);
    let old = bench.world.policy.to_bytes();
    let refused = bench
        .journal
        .append(Body::Installed(crate::transcript::Installed {
            kind: crate::transcript::WhatKind::Policy,
            artefact: ByteString(old),
            clock: CLOCK,
        }));
    let text = refused.unwrap_err().text(Lang::En);
    assert!(text.contains("which the recovery names"), "{text}");
}

/// The HSM remembers a freeze: no disk from before it and no order thaws the device.
#[test]
fn a_frozen_device_comes_back_frozen() {
    let (mut bench, before, case) = signed();
    bench.freeze().unwrap();
    let frozen = bench.state().frozen().unwrap().clone();
    let order = bench.recovery();
    assert_eq!(order.anchor.frozen, Some(frozen.clone()));
    for lost in [Lost::Since(before), Lost::All] {
        lost.befall(&mut bench);
        let what = bench.recovered(&officers_sign(order.clone(), &["admin.a", "admin.b"]));
        let continuation = crate::life::Continuation::of(bench.state(), &what).unwrap();
        let screen = continuation.screen(Lang::En).join("\n");
        assert!(screen.contains("frozen by requester.r"), "{screen}");
        // An order that leaves it out is not for what the HSM remembers.
        let mut silent = order.clone();
        silent.anchor.frozen = None;
        let mut without = what;
        without.order = ByteString(officers_sign(silent, &["admin.a", "admin.b"]).to_bytes());
        assert!(said(&mut bench, without).contains("something else than the order"));
        bench.recover(order.clone());
        assert_eq!(bench.state().frozen(), Some(&frozen));
        let refused = bench.opening(CeremonyKind::Sign).report;
        assert!(refused.iter().any(|line| line.rule == RuleId::ENV03
            && matches!(line.verdict, crate::rule::Verdict::Refused(_))));
        bench.attend(CeremonyKind::Sign, ["operator.a", "operator.b"]);
        let intake = Body::Intake(crate::transcript::Intake::new(
            case.full(&bench.world).bytes().to_vec(),
            crate::transcript::Channel::File,
            CLOCK,
        ));
        assert!(bench.try_add(intake).is_err());
        bench.close(Outcome::Refused);
        bench.thaw().unwrap();
        assert_eq!(bench.anchor().frozen, None);
        assert_eq!(found(&bench, &bench.disk), []);
    }
}

/// A disk from before the thaw does not freeze the device again: the HSM remembers that too.
#[test]
fn a_thawed_device_comes_back_thawed() {
    let mut bench = Bench::ready();
    bench.freeze().unwrap();
    let before = bench.disk.clone();
    bench.thaw().unwrap();
    let order = bench.recovery();
    bench.roll_back(&before);
    assert!(bench.state().frozen().is_some());
    bench.recover(order);
    assert_eq!(bench.state().frozen(), None);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// The delay of a roster of the safes goes on, and everybody is told of it.
#[test]
fn a_waiting_roster_waits_on() {
    use crate::transcript::testing::safes;
    let installed = |kind, bytes: &Vec<u8>| {
        let artefact = ByteString(bytes.clone());
        Body::Installed(crate::transcript::Installed {
            kind,
            artefact,
            clock: CLOCK,
        })
    };
    let mut bench = safes::with_safes();
    let before = bench.disk.clone();
    let roster = safes::recovered(&bench);
    let waits = installed(crate::transcript::WhatKind::WaitingRoster, &roster);
    safes::session(&mut bench, waits).unwrap();
    let waiting = bench.state().announcement().unwrap().waiting;
    let order = bench.recovery();
    bench.roll_back(&before);
    assert_eq!(bench.state().announcement(), None);
    bench.recover(order);
    assert_eq!(bench.state().announcement().unwrap().waiting, waiting);
    bench.extend_chain(safes::DELAY);
    let takes = installed(crate::transcript::WhatKind::Roster, &roster);
    safes::session(&mut bench, takes).unwrap();
    assert_eq!(found(&bench, &bench.disk), []);
}

/// The administrators made a roster of their own since: it ended the wait everywhere.
#[test]
fn a_newer_roster_has_ended_the_wait() {
    use crate::transcript::testing::safes;
    let mut bench = safes::with_safes();
    let before = bench.disk.clone();
    let artefact = ByteString(safes::recovered(&bench));
    let kind = crate::transcript::WhatKind::WaitingRoster;
    let waits = Body::Installed(crate::transcript::Installed {
        kind,
        artefact,
        clock: CLOCK,
    });
    safes::session(&mut bench, waits).unwrap();
    let mut order = bench.recovery();
    order.anchor.waiting.as_mut().unwrap().behind = crate::digest::RosterDigest::over(&[]);
    bench.roll_back(&before);
    bench.recover(order);
    assert_eq!(bench.state().announcement(), None);
}

/// What is lost of a journal.
enum Lost {
    Since(Vec<u8>),
    All,
}

impl Lost {
    fn befall(self, bench: &mut Bench) {
        match self {
            Self::Since(before) => bench.roll_back(&before),
            Self::All => bench.lose(),
        }
    }
}

/// What the journal says of an order that was changed.
fn refusal(change: impl FnOnce(&mut Recovery)) -> String {
    let (mut bench, before, _) = signed();
    let mut order = bench.recovery();
    change(&mut order);
    bench.roll_back(&before);
    let what = bench.recovered(&officers_sign(order, &["admin.a", "admin.b"]));
    said(&mut bench, what)
}

fn said(bench: &mut Bench, what: Recovered) -> String {
    let refused = bench.try_add(Body::Recovered(Box::new(what)));
    refused.unwrap_err().text(Lang::En)
}

#[test]
fn a_forged_recovery_does_not_follow() {
    let (mut bench, before, _) = signed();
    let order = bench.recovery();
    bench.roll_back(&before);
    let by = |signers: &[&str]| officers_sign(order.clone(), signers);
    let good = bench.recovered(&by(&["admin.a", "admin.b"]));
    // Without an order; signed by one; by somebody else.
    let mut without = good.clone();
    without.order = ByteString(vec![]);
    assert!(said(&mut bench, without).contains("TRN04"));
    let one = bench.recovered(&by(&["admin.a"]));
    assert!(said(&mut bench, one).contains("TRN04"));
    let other = bench.recovered(&by(&["admin.a", "operator.a"]));
    assert!(said(&mut bench, other).contains("TRN04"));
    // Another anchor than the order's.
    let mut elsewhere = good.clone();
    elsewhere.anchor.entries += 1;
    assert!(said(&mut bench, elsewhere).contains("something else than the order"));
    // Nobody has read or typed anything.
    assert!(said(&mut bench, good.clone()).contains("screen of the order"));
    bench.confirm_recovery(&good);
    assert_eq!(
        bench.try_add(Body::Recovered(Box::new(good.clone()))),
        Ok(())
    );
    // Once.
    assert!(said(&mut bench, good).contains("it has recovered"));
    bench.close(Outcome::Done);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn an_order_for_something_else_does_not_follow() {
    let other = p256_public(&crate::testing::p256_key("other device"));
    assert!(refusal(|o| o.identity = other).contains("for device"));
    assert!(refusal(|o| o.anchor.signatures -= 1).contains("receipts count"));
    let lower = |o: &mut Recovery| {
        o.receipts.clear();
        o.anchor.entries = 3;
    };
    assert!(refusal(lower).contains("this journal has passed entry 3"));
    let shorter = |o: &mut Recovery| o.anchor.entries -= 8;
    assert!(refusal(shorter).contains("the HSM remembers"));
    assert!(refusal(|o| o.height = Height(0)).contains("made at height 0"));
    let card = crate::digest::CardDigest::over(&[]);
    assert!(refusal(|o| o.card = card).contains("names another one"));
    let roster = crate::digest::RosterDigest::over(&[]);
    assert!(refusal(|o| o.roster = roster).contains("made under roster"));
    assert!(refusal(|o| o.version = 2).contains("version"));
    let older = |o: &mut Recovery| o.policy.digest = crate::digest::PolicyDigest::over(&[]);
    assert!(refusal(older).contains("not newer than the journal's"));
    let coin = |o: &mut Recovery| o.receipts[0].coins.truncate(1);
    assert!(refusal(coin).contains("without its coins"));
    let twice = |o: &mut Recovery| o.receipts.push(o.receipts[0].clone());
    assert!(refusal(twice).contains("TRN04"));
    let forged = |o: &mut Recovery| {
        let last = o.receipts[0].receipt.0.last_mut().unwrap();
        *last ^= 1;
    };
    assert!(refusal(forged).contains("TRN04"));
}

/// A receipt of a transfer that the journal knows is over the coins of that transfer.
#[test]
fn an_order_moves_no_known_transfer_to_other_coins() {
    let (mut bench, _, _) = signed();
    let elsewhere = |coins: &mut Vec<Coin>| {
        for coin in coins {
            coin.vout += 7;
        }
    };
    for change in [elsewhere, |coins: &mut Vec<Coin>| coins.reverse()] {
        let mut order = bench.recovery();
        // The disk still holds the whole session; only what came behind it is lost.
        order.anchor.entries += 50;
        order.anchor.signatures += 2;
        let disk = bench.disk.clone();
        change(&mut order.receipts[0].coins);
        bench.roll_back(&disk);
        let what = bench.recovered(&officers_sign(order, &["admin.a", "admin.b"]));
        let refused = said(&mut bench, what);
        assert!(
            refused.contains("other coins than the journal"),
            "{refused}"
        );
        bench.journal = Journal::load(&disk).unwrap();
        bench.disk = disk;
    }
    let mut order = bench.recovery();
    order.anchor.entries += 50;
    let disk = bench.disk.clone();
    bench.roll_back(&disk);
    bench.recover(order);
    let open = bench.state().register().open();
    let known: Vec<OutPoint> = open.iter().flat_map(|set| set.coins.clone()).collect();
    let (_, transfer) = bench.state().ledger().transfers().iter().next().unwrap();
    assert_eq!(known, transfer.transfer().coins);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// A fee bump spends the coins of the version before it: both receipts are known, and both count.
#[test]
fn a_device_that_bumped_a_fee_goes_on_with_both_receipts() {
    for lost in ["a part", "all"] {
        let mut bench = Bench::ready();
        let before = bench.disk.clone();
        let first = Case::new(&bench.world);
        bench.sign_case(&first);
        let version = bench.state().register().open()[0].tx;
        let mut bump = Case::new(&bench.world);
        bump.outputs[1].sats -= 2_000;
        bump.edit_request = std::boxed::Box::new(move |request| request.replaces = vec![version]);
        bench.sign_case(&bump);
        let signatures = bench.anchor().signatures;
        let order = bench.recovery();
        assert_eq!(order.receipts.len(), 2);
        assert_eq!(order.without_receipt(), Ok(0));
        match lost {
            "a part" => bench.roll_back(&before),
            _ => bench.lose(),
        }
        bench.recover(order);
        let state = bench.state();
        assert_eq!(state.register().count(), 2, "{lost}");
        assert_eq!(state.ledger().signatures(), signatures);
        assert_eq!(state.ledger().recovered().unwrap().unknown, 0);
        for input in [InputIndex(0), InputIndex(1)] {
            let coin = coin_of(&bump, input);
            assert_eq!(state.ledger().signed_over(&coin).len(), 2, "{lost}");
        }
        assert_eq!(found(&bench, &bench.disk), []);
    }
}

/// An order serves once: the journal has gone beyond its anchor, whatever stands there now.
#[test]
fn an_old_order_does_not_recover_again() {
    let (mut bench, before, _) = signed();
    let order = bench.recovery();
    bench.roll_back(&before);
    bench.recover(order.clone());
    bench.attend(CeremonyKind::Recover, ["operator.a", "operator.b"]);
    let what = bench.recovered(&officers_sign(order, &["admin.a", "admin.b"]));
    assert!(said(&mut bench, what).contains("has passed entry"));
}

/// A journal with more signatures than the HSM remembers is not older than the HSM.
#[test]
fn counts_never_fall() {
    let (mut bench, _, _) = signed();
    let disk = bench.disk.clone();
    let mut order = bench.recovery();
    order.anchor.entries += 50;
    order.anchor.signatures = 0;
    order.receipts.clear();
    bench.roll_back(&disk);
    let what = bench.recovered(&officers_sign(order, &["admin.a", "admin.b"]));
    assert!(said(&mut bench, what).contains("more than the HSM remembers"));
}

#[test]
fn two_operators_answer_rightly() {
    for wrong in 0..4 {
        let (mut bench, before, _) = signed();
        let order = officers_sign(bench.recovery(), &["admin.a", "admin.b"]);
        bench.roll_back(&before);
        let what = bench.recovered(&order);
        let disk = bench.disk.clone();
        bench.confirm_recovery(&what);
        let answers: Vec<Answered> = bench.state().open().unwrap().answered().to_vec();
        // The same again, with one answer by the other operator.
        bench.journal = Journal::load(&disk).unwrap();
        bench.disk = disk;
        let continuation = crate::life::Continuation::of(bench.state(), &what).unwrap();
        let lines = continuation.screen(bench.lang);
        bench.add(Body::Shown(crate::transcript::Shown::of(
            1, bench.lang, &lines,
        )));
        for (place, mut answer) in answers.into_iter().enumerate() {
            if place == wrong {
                answer.seat = match answer.seat {
                    Seat::OperatorA => Seat::OperatorB,
                    _ => Seat::OperatorA,
                };
            }
            bench.add(Body::Answered(answer));
        }
        assert!(said(&mut bench, what).contains("no right answer to [recover-"));
    }
    let (mut bench, before, _) = signed();
    let order = officers_sign(bench.recovery(), &["admin.a", "admin.b"]);
    bench.journal = Journal::load(&before).unwrap();
    bench.disk = before;
    bench.open(CeremonyKind::Recover);
    let what = bench.recovered(&order);
    assert!(said(&mut bench, what).contains("no two operators"));
}

/// A session that was to recover and did not is no beginning of anything.
#[test]
fn nothing_follows_a_session_that_fell_short() {
    let (mut bench, before, _) = signed();
    bench.lose();
    for outcome in [Outcome::Done, Outcome::Refused, Outcome::Aborted] {
        assert!(bench.try_add(Body::Closed(outcome)).is_err(), "{outcome:?}");
    }
    let keys = crate::transcript::testing::announced(
        &bench.device.card(bench.world.root.digest(), &[2]).pools[0],
    );
    assert!(bench.try_add(Body::KeysIntended(keys)).is_err());
    let policy = crate::transcript::Installed {
        kind: crate::transcript::WhatKind::Headers,
        artefact: ByteString(vec![]),
        clock: CLOCK,
    };
    assert!(bench.try_add(Body::Installed(policy)).is_err());
    let disk = bench.disk.clone();
    let opened = parsed(&bench).into_entries();
    let again = opened.into_iter().find_map(|entry| match entry.body {
        Body::SessionOpened(opened) => Some(opened),
        _ => None,
    });
    let mut again = again.unwrap();
    again.kind = CeremonyKind::Sign;
    let refused = bench.try_add(Body::SessionOpened(again)).unwrap_err();
    assert!(refused.text(Lang::En).contains("another ceremony"));
    assert_eq!(bench.disk, disk);
    bench.roll_back(&before);
    assert!(bench.try_add(Body::Closed(Outcome::Aborted)).is_err());
}

/// Who holds no key moves a count in the file.
#[test]
fn a_recovery_stands_at_its_anchor_and_nowhere_else() {
    let (mut bench, before, _) = signed();
    let order = bench.recovery();
    bench.roll_back(&before);
    bench.recover(order);
    let mut moved = 0;
    for change in [
        |entry: &mut crate::transcript::Entry| entry.sequence += 1,
        |entry: &mut crate::transcript::Entry| entry.session = SessionNumber(entry.session.0 - 1),
    ] {
        let mut disk = vec![];
        for item in super::items(&bench.disk) {
            let mut entry: crate::transcript::Entry = crate::codec::decode(&item).unwrap();
            if matches!(entry.body, Body::Recovered(_)) {
                change(&mut entry);
                moved += 1;
            }
            disk.extend(crate::codec::encode(&entry));
        }
        let refused = VerifiedTranscript::verify(&disk, &bench.trust()).unwrap_err();
        assert_eq!(refused.refusals()[0].rule, RuleId::TRN01);
    }
    assert_eq!(moved, 2);
    assert_eq!(bench.device.identity(), bench.trust().identity);
}

#[test]
fn an_anchor_in_the_lost_part_is_none_of_this_journal() {
    let (mut bench, before, _) = signed();
    let order = bench.recovery();
    let lost = Anchor {
        entries: bench.anchor().entries - 2,
        ..bench.anchor()
    };
    bench.roll_back(&before);
    bench.recover(order);
    let refused = trn03(Some(&lost), &parsed(&bench)).unwrap_err();
    assert_eq!(refused.rule, RuleId::TRN03);
}

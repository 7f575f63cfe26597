//! A sweep: what a frozen device still signs, followed by its auditor.

use super::found;
use crate::approval::RequestKind;
use crate::codec::ByteString;
use crate::policy::NewPolicy;
use crate::rule::{RuleId, Verdict};
use crate::testing::{
    Case, Output, World, foreign_emergency, foreign_emergency_with, label, officers_sign,
};
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::{Bench, OPERATORS, sweeping};
use crate::transcript::{
    Body, CeremonyKind, Channel, Installed, Intake, Journal, Outcome, WhatKind,
};
use crate::types::{Chain, Lang};

fn intake(bench: &Bench, case: &Case) -> Body {
    let psbt = case.full(&bench.world).into_bytes();
    Body::Intake(Intake::new(psbt, Channel::File, CLOCK))
}

/// Which rules refuse a case in a session of this kind.
fn refused(bench: &mut Bench, kind: CeremonyKind, case: &Case) -> std::vec::Vec<RuleId> {
    bench.take_in(kind, case);
    let report = bench.judge().err().and_then(|stopped| {
        let refusals = stopped.report()?.refusals();
        Some(refusals.map(|refusal| refusal.rule).collect())
    });
    bench.close(Outcome::Refused);
    report.unwrap_or_default()
}

#[test]
fn a_frozen_device_signs_a_sweep_and_its_auditor_agrees() {
    let mut bench = sweeping();
    let case = Case::sweep(&bench.world);
    let _ = bench.sign_as(CeremonyKind::Sweep, &case);
    assert_eq!(found(&bench, &bench.disk), []);
    assert!(bench.state().frozen().is_some());
    let loaded = Journal::load(&bench.disk).unwrap();
    let last = loaded.state().sessions().last().unwrap();
    assert_eq!(
        (last.kind, last.outcome),
        (CeremonyKind::Sweep, Outcome::Signed)
    );
    // What was signed once is not signed again.
    let rules = refused(&mut bench, CeremonyKind::Sweep, &case);
    assert_eq!(rules, [RuleId::POL07, RuleId::POL07]);
}

#[test]
fn every_screen_of_a_sweep_says_so() {
    for (lang, mark) in [
        (Lang::En, "== ** SWEEP ** "),
        (Lang::Ja, "== ** 緊急退避送金 ** "),
    ] {
        let mut bench = sweeping();
        bench.lang = lang;
        let case = Case::sweep(&bench.world);
        bench.take_in(CeremonyKind::Sweep, &case);
        let review = bench.review();
        let pages = review.pages();
        assert!(pages.len() > 8, "{}", pages.len());
        for page in pages {
            assert!(page.text(lang).contains(mark), "{}", page.text(lang));
        }
    }
}

#[test]
fn a_frozen_device_reads_nothing_but_for_a_sweep() {
    let mut bench = sweeping();
    let sweep = Case::sweep(&bench.world);
    bench.attend(CeremonyKind::Sign, sweep.operators);
    let psbt = intake(&bench, &sweep);
    assert_eq!(bench.try_add(psbt).unwrap_err().rule, RuleId::TRN04);
    bench.close(Outcome::Refused);
    // An ordinary request in the sweep's own ceremony.
    let ordinary = Case::new(&bench.world);
    let rules = refused(&mut bench, CeremonyKind::Sweep, &ordinary);
    assert_eq!(rules, [RuleId::POL10]);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn a_device_that_is_not_frozen_reads_no_sweep() {
    let mut bench = sweeping();
    bench.thaw().unwrap();
    let case = Case::sweep(&bench.world);
    let opened = bench.opening(CeremonyKind::Sweep);
    let refused_by: std::vec::Vec<RuleId> = opened
        .report
        .iter()
        .filter(|line| matches!(line.verdict, Verdict::Refused(_)))
        .map(|line| line.rule)
        .collect();
    assert_eq!(refused_by, [RuleId::ENV03]);
    bench.attend(CeremonyKind::Sweep, case.operators);
    let psbt = intake(&bench, &case);
    assert_eq!(bench.try_add(psbt).unwrap_err().rule, RuleId::TRN04);
    bench.close(Outcome::Refused);
    // The ordinary ceremony reads it, and the rule refuses it.
    assert_eq!(
        refused(&mut bench, CeremonyKind::Sign, &case),
        [RuleId::POL10]
    );
    assert_eq!(found(&bench, &bench.disk), []);
}

/// A device that opens a sweep and hides from its people that nobody froze it is found by the auditor.
#[test]
fn a_sweep_session_of_a_device_that_is_not_frozen_is_found() {
    let mut bench = sweeping();
    bench.thaw().unwrap();
    bench.open_hiding_the_freeze(CeremonyKind::Sweep);
    bench.close(Outcome::Aborted);
    assert_eq!(found(&bench, &bench.disk), [RuleId::TRN04]);
}

#[test]
fn a_sweep_goes_on_after_a_cut_while_the_device_is_frozen() {
    let mut bench = sweeping();
    let case = Case::sweep(&bench.world);
    bench.take_in(CeremonyKind::Sweep, &case);
    let confirmed = bench.confirm();
    let _signing = bench.sign(confirmed, 1);
    // Power fails; what was cut was a sweep.
    let [cut] = bench.state().unfinished() else {
        panic!("one set is cut");
    };
    assert_eq!(cut.kind(), RequestKind::Sweep);
    let _ = bench.sign_as(CeremonyKind::Resume, &case);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn a_cut_sweep_does_not_go_on_once_the_device_is_thawed() {
    let mut bench = sweeping();
    let case = Case::sweep(&bench.world);
    bench.take_in(CeremonyKind::Sweep, &case);
    let confirmed = bench.confirm();
    let _signing = bench.sign(confirmed, 1);
    bench.thaw().unwrap();
    bench.attend(CeremonyKind::Resume, case.operators);
    let psbt = intake(&bench, &case);
    assert!(bench.try_add(psbt).is_err());
    bench.close(Outcome::Refused);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// The coins of a transfer that was signed before may be swept: the request names it, and both count.
#[test]
fn coins_of_an_earlier_transfer_are_swept_by_name() {
    let mut bench = sweeping();
    bench.thaw().unwrap();
    let before = Case::new(&bench.world);
    let _ = bench.sign_case(&before);
    let earlier = bench.state().register().open()[0].tx;
    bench.freeze().unwrap();
    let mut case = Case::sweep(&bench.world);
    let rules = refused(&mut bench, CeremonyKind::Sweep, &case);
    assert_eq!(rules, [RuleId::POL07, RuleId::POL07]);
    case.edit_request = std::boxed::Box::new(move |request| {
        request.fee_ceiling = bitcoin::Amount::from_sat(90_000);
        request.replaces = std::vec![earlier];
    });
    let _ = bench.sign_as(CeremonyKind::Sweep, &case);
    let transfers = bench.state().ledger().transfers();
    let counted = transfers
        .iter()
        .filter(|(_, known)| known.replaced_by().is_none());
    assert_eq!(counted.count(), 2);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// The emergency wallet's devices are others: its record is taken because the policy names it.
#[test]
fn an_emergency_wallet_of_other_devices_is_registered_by_the_policy_alone() {
    let (wallet, world) = foreign_emergency();
    let record = || {
        Body::Installed(Installed {
            kind: WhatKind::Wallet,
            artefact: ByteString(wallet.to_bytes()),
            clock: CLOCK,
        })
    };
    // A device whose policy does not name it.
    let mut other = Bench::ready();
    other.open(CeremonyKind::Wallet);
    let refusal = other.try_add(record()).unwrap_err();
    assert!(refusal.got.text(Lang::En).contains("no co-signer"));
    other.close(Outcome::Aborted);

    let mut bench = Bench::ready_in(World {
        wallets: crate::wallet::Registry::new(),
        ..world
    });
    bench.attend(CeremonyKind::Wallet, OPERATORS);
    bench.compare(WhatKind::Wallet, &wallet.to_bytes());
    bench.add(record());
    bench.close(Outcome::Done);
    assert!(
        bench
            .state()
            .wallets()
            .by_digest(&wallet.digest())
            .is_none()
    );
    bench.freeze().unwrap();
    let mut case = Case::sweep(&bench.world);
    case.outputs = std::vec![Output::bare(&wallet, Chain::Receive, 0, 1_910_000)];
    let _ = bench.sign_as(CeremonyKind::Sweep, &case);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// Every screen of a sweep calls it by its name: nothing else that is paid here bears it.
#[test]
fn an_emergency_wallet_with_the_label_of_a_destination_is_refused() {
    let name = crate::testing::label("Emergency 1");
    let (wallet, world) =
        foreign_emergency_with(|policy| policy.destinations[0].label = name.clone());
    let mut bench = Bench::ready_in(World {
        wallets: crate::wallet::Registry::new(),
        ..world
    });
    bench.attend(CeremonyKind::Wallet, OPERATORS);
    bench.compare(WhatKind::Wallet, &wallet.to_bytes());
    let refusal = bench
        .try_add(Body::Installed(Installed {
            kind: WhatKind::Wallet,
            artefact: ByteString(wallet.to_bytes()),
            clock: CLOCK,
        }))
        .unwrap_err();
    assert!(refusal.got.text(Lang::En).contains("Emergency 1"));
    bench.close(Outcome::Aborted);
    assert_eq!(found(&bench, &bench.disk), []);
}

/// The label of a destination and the name of the wallet that a sweep pays mean one thing each, also
/// where the policy comes after the wallet.
#[test]
fn no_later_policy_calls_a_destination_like_the_emergency_wallet() {
    let (wallet, world) = foreign_emergency();
    let mut bench = Bench::ready_in(World {
        wallets: crate::wallet::Registry::new(),
        ..world
    });
    bench.attend(CeremonyKind::Wallet, OPERATORS);
    bench.register(WhatKind::Wallet, wallet.to_bytes());
    bench.close(Outcome::Done);
    let called = |bench: &Bench, name: &str| {
        let last = bench.state().policy().unwrap();
        let mut policy = last.document().clone();
        policy.number.0 += 1;
        policy.predecessor = Some(last.digest());
        policy.destinations[0].label = label(name);
        officers_sign(policy, &["admin.a", "admin.b"]).to_bytes()
    };
    let taken = called(&bench, wallet.name().as_str());
    bench.attend(CeremonyKind::Policy, OPERATORS);
    let refusal = NewPolicy::of(bench.state(), &taken).unwrap_err();
    assert_eq!(refusal.rule, RuleId::POL08);
    let installed = Body::Installed(Installed {
        kind: WhatKind::Policy,
        artefact: ByteString(taken),
        clock: CLOCK,
    });
    let why = bench.try_add(installed).unwrap_err().difference();
    assert!(why.text(Lang::En).contains("no emergency wallet's name"));
    bench.close(Outcome::Refused);
    let free = called(&bench, "Emergency 2");
    bench.install_policy(free);
    assert_eq!(found(&bench, &bench.disk), []);
}

//! What a journal says to people: names, announcements and findings, in their own words; and what it
//! tells them of its wallets.

use std::format;
use std::string::ToString;
use std::vec::Vec;

use crate::digest::{RosterDigest, WalletId};
use crate::rule::RuleId;
use crate::settlement::OpenSignature;
use crate::testing::id;
use crate::transcript::entry::{Announced, AnnouncedRoster, EndingEntry, Looks, OpenCount};
use crate::transcript::testing::{Bench, OPERATORS};
use crate::transcript::{
    CLOCK_SLACK, CeremonyKind, Exception, FoldError, Outcome, VerifiedTranscript, WhatKind,
};
use crate::types::{Height, Lang};

use super::{found, signed};

const LANGUAGES: [Lang; 2] = [Lang::En, Lang::Ja];

/// Everything that can be announced.
fn announced() -> Announced {
    Announced {
        ending: [100, 101]
            .map(|last| EndingEntry {
                officer: id("admin.a"),
                valid_to: Height(last),
            })
            .into(),
        waiting: Some(AnnouncedRoster {
            roster: RosterDigest::from_bytes([7; 32]),
            from: Height(250),
        }),
        open: Some(OpenCount {
            transactions: 3,
            unknown: 5,
        }),
    }
}

#[test]
fn an_announcement_has_a_line_for_each_thing() {
    let [english, japanese] = LANGUAGES.map(|lang| announced().lines(Height(101), lang));
    let roster = RosterDigest::from_bytes([7; 32]);
    let wanted = [
        "roster: the entry of admin.a ended at height 100".to_string(),
        "roster: the entry of admin.a ends at height 101, known height 101; prepare the next roster"
            .to_string(),
        format!(
            "roster: {roster} of the recovery quorum replaces administrators from height 250, known \
             height 101; one administrator can cancel it"
        ),
        "open partial signatures: 3 transactions are not settled; each can be sent as long as its \
         coins are unspent; 5 more signatures are not known"
            .to_string(),
    ];
    assert_eq!(english, wanted);
    assert_eq!(japanese.len(), 4);
    for (line, facts) in japanese.iter().zip([
        ["admin.a", "100", "終了しました"],
        ["admin.a", "101", "準備してください"],
        [&roster.to_string(), "250", "101"],
        ["3", "5", "内容不明"],
    ]) {
        assert!(facts.iter().all(|fact| line.contains(fact)), "{line}");
    }
}

#[test]
fn an_announcement_of_nothing_is_none() {
    assert_eq!(Announced::default().unless_empty(), None);
    assert_eq!(announced().unless_empty(), Some(announced()));
}

#[test]
fn ceremonies_and_outcomes_have_names() {
    use CeremonyKind as K;
    let kinds = [
        (K::Commission, "commission"),
        (K::Keys, "keys"),
        (K::Sign, "sign"),
        (K::SplitPin, "split-pin"),
        (K::Sweep, "sweep"),
    ];
    for (kind, name) in kinds {
        assert_eq!(kind.name(), name);
    }
    let outcomes = [
        (Outcome::Done, "done"),
        (Outcome::Signed, "signed"),
        (Outcome::Refused, "refused"),
        (Outcome::Aborted, "aborted"),
        (Outcome::Cut, "cut"),
    ];
    for (outcome, name) in outcomes {
        assert_eq!(outcome.name(), name);
    }
}

#[test]
fn ceremonies_are_known_by_what_they_do() {
    use CeremonyKind as K;
    let signs = [K::Sign, K::Sweep, K::Resume];
    let looks = [K::Inventory, K::Backup];
    assert!(signs.into_iter().all(K::signs));
    assert!(!looks.into_iter().any(K::signs) && !K::Keys.signs());
    assert!(looks.into_iter().all(|kind| kind.looks() == Looks::Only));
    assert!(signs.into_iter().all(|kind| kind.looks() == Looks::AndActs));
}

#[test]
fn a_clock_goes_back_beyond_the_slack() {
    let before = 1_790_000_000;
    let at = before - CLOCK_SLACK;
    assert_eq!(Exception::clock_went_back(before, at), None);
    assert!(Exception::clock_went_back(before, at - 1).is_some());
}

/// A device whose last two sessions hide that it is frozen: a finding in each.
fn hiding() -> Bench {
    let mut bench = Bench::ready();
    bench.freeze().unwrap();
    for _ in 0..2 {
        bench.open_hiding_the_freeze(CeremonyKind::Sign);
        bench.close(Outcome::Aborted);
    }
    bench
}

/// What is wrong with sessions is not asked where the chain is broken behind them.
#[test]
fn a_broken_chain_is_told_alone() {
    let bench = hiding();
    let cut = bench.disk.len() - 1;
    assert_eq!(found(&bench, &bench.disk[..cut]), [RuleId::TRN01]);
}

/// Each finding stands in a line of its own.
#[test]
fn findings_are_said_line_by_line() {
    let bench = hiding();
    let findings = VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap_err();
    let texts = findings.refusals().iter().map(|found| found.text(Lang::En));
    let texts: Vec<_> = texts.collect();
    assert_eq!(texts.len(), 2);
    assert_eq!(findings.to_string(), texts.join("\n"));
}

#[test]
fn an_error_of_the_fold_says_its_phrase() {
    let error = FoldError::TransferCode;
    assert_eq!(error.to_string(), error.phrase().text(Lang::En));
    assert!(!error.to_string().is_empty());
}

#[test]
fn a_draft_is_known_from_its_comparison_on() {
    let mut bench = Bench::keyed();
    bench.attend(CeremonyKind::Wallet, OPERATORS);
    assert!(bench.state().drafts().is_empty());
    for (kind, artefact) in bench.registration() {
        if kind == WhatKind::Wallet {
            break;
        }
        bench.register(kind, artefact);
    }
    let drafts: Vec<_> = bench.state().drafts().iter().collect();
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].0, bench.world.wallet.to_bytes());
}

/// Of a frozen device it is known that it does not sign; of the others nothing is.
#[test]
fn a_frozen_device_is_not_able() {
    let mut bench = Bench::ready();
    let wallet = std::sync::Arc::clone(&bench.world.wallet);
    assert_eq!(bench.state().able_devices(&wallet), 3);
    bench.freeze().unwrap();
    assert_eq!(bench.state().able_devices(&wallet), 2);
}

#[test]
fn open_signatures_name_their_wallet() {
    let bench = signed();
    let open: Vec<OpenSignature> = bench
        .state()
        .register()
        .open()
        .into_iter()
        .cloned()
        .collect();
    let [open] = &open[..] else {
        panic!("{open:?}")
    };
    assert_eq!(bench.state().wallet_name(open), Some("Cold 1"));
    let strange = |wallet| OpenSignature {
        wallet,
        ..open.clone()
    };
    for wallet in [None, Some(WalletId::from_bytes([9; 32]))] {
        assert_eq!(bench.state().wallet_name(&strange(wallet)), None);
    }
    let count = bench.state().open_count().unwrap();
    assert_eq!((count.transactions, count.unknown), (1, 0));
    assert_eq!(Bench::ready().state().open_count(), None);
}

//! Co-signers' newer cards: a device takes them in a session of its own, and judges its wallets by them.

use std::vec::Vec;

use super::found;
use crate::codec::ByteString;
use crate::rule::{Refusal, RuleId};
use crate::testing::Case;
use crate::token::Line;
use crate::transcript::testing::{Bench, CLOCK, OPERATORS};
use crate::transcript::{
    Body, CeremonyKind, Installed, Journal, NotApproved, Outcome, VerifiedTranscript, WhatKind,
};
use crate::types::Lang;
use crate::wallet::DeviceCard;

/// The card of a device of the world after its HSM was replaced, changed like this.
fn replaced(bench: &Bench, place: usize, change: impl FnOnce(&mut DeviceCard)) -> Vec<u8> {
    let device = &bench.world.devices[place];
    let mut card = device.card(bench.world.root.digest(), &[1]);
    card.generation = 2;
    card.hsm.serial = Line::lossy("spare");
    change(&mut card);
    device.seal(card).to_bytes()
}

/// A session that takes a card, if it does.
fn take(bench: &mut Bench, card: Vec<u8>) -> Result<(), Refusal> {
    bench.attend(CeremonyKind::Wallet, OPERATORS);
    bench.compare(WhatKind::Card, &card);
    let taken = bench.try_add(Body::Installed(Installed {
        kind: WhatKind::Card,
        artefact: ByteString(card),
        clock: CLOCK,
    }));
    bench.close(match taken {
        Ok(()) => Outcome::Done,
        Err(_) => Outcome::Aborted,
    });
    taken
}

/// What a signing ceremony refuses then.
fn refused(bench: &mut Bench) -> Vec<RuleId> {
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let rules = match bench.judge() {
        Ok(_) => Vec::new(),
        Err(NotApproved::Stopped(stopped)) => {
            let refusals = stopped.report().refusals();
            refusals.map(|refusal| refusal.rule).collect()
        }
        Err(NotApproved::Unready(refusal)) => panic!("{refusal:?}"),
    };
    bench.close(match rules.as_slice() {
        [] => Outcome::Aborted,
        _ => Outcome::Refused,
    });
    rules
}

/// Every reader of the journal comes to the same.
fn is_whole(bench: &Bench) {
    assert_eq!(found(bench, &bench.disk), []);
    let verified = VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap();
    let loaded = Journal::load(&bench.disk).unwrap();
    for device in &bench.world.devices {
        let of = |state: &crate::transcript::DeviceState| {
            let known = state.wallets().cards().of(&device.id());
            known.cloned()
        };
        assert_eq!(of(verified.state()), of(bench.state()));
        assert_eq!(of(loaded.state()), of(bench.state()));
    }
}

#[test]
fn a_card_after_a_replacement_is_taken_and_nothing_changes() {
    let mut bench = Bench::ready();
    let device = bench.world.devices[1].id();
    let generation = |bench: &Bench| {
        let known = bench.state().wallets().cards().of(&device);
        known.unwrap().generation()
    };
    assert_eq!(generation(&bench), 1);
    let card = replaced(&bench, 1, |_| {});
    take(&mut bench, card).unwrap();
    assert_eq!(generation(&bench), 2);
    assert_eq!(refused(&mut bench), []);
    is_whole(&bench);
}

/// The device in the west is the only one of its vendor, and the policy asks for two.
#[test]
fn a_vendor_too_few_closes_signing_until_there_is_one_again() {
    let mut bench = Bench::ready();
    let nobody = |card: &mut DeviceCard| card.hsm.vendor = Line::lossy("nobody");
    let card = replaced(&bench, 2, nobody);
    take(&mut bench, card).unwrap();
    assert_eq!(refused(&mut bench), [RuleId::POL09]);
    let card = replaced(&bench, 2, |card| card.generation = 3);
    take(&mut bench, card).unwrap();
    assert_eq!(refused(&mut bench), []);
    is_whole(&bench);
}

/// The wallet is not active, however it is spread.
#[test]
fn two_devices_at_one_hsm_close_signing() {
    let mut bench = Bench::ready();
    let own = bench.world.devices[0].card(bench.world.root.digest(), &[1]);
    let card = replaced(&bench, 1, |card| {
        card.hsm.vendor = own.hsm.vendor;
        card.hsm.serial = own.hsm.serial;
    });
    take(&mut bench, card).unwrap();
    assert_eq!(refused(&mut bench), [RuleId::WAL01]);
    is_whole(&bench);
}

#[test]
fn a_site_too_few_closes_signing() {
    let mut bench = Bench::ready();
    let root = bench.world.root.digest();
    let site = bench.world.devices[0].card(root, &[1]).site;
    for place in [1, 2] {
        let card = replaced(&bench, place, |card| {
            card.site = site.clone();
            card.hsm.serial = Line::lossy(["", "one", "two"][place]);
        });
        take(&mut bench, card).unwrap();
    }
    assert_eq!(refused(&mut bench), [RuleId::POL09]);
    is_whole(&bench);
}

#[test]
fn an_older_card_and_a_second_hsm_of_one_generation_are_refused() {
    let mut bench = Bench::ready();
    let card = replaced(&bench, 1, |_| {});
    take(&mut bench, card).unwrap();
    for change in [
        (|card: &mut DeviceCard| card.generation = 1) as fn(&mut DeviceCard),
        |card| card.hsm.serial = Line::lossy("clone"),
    ] {
        let card = replaced(&bench, 1, change);
        let refusal = take(&mut bench, card).unwrap_err();
        let why = refusal.difference();
        assert!(why.text(Lang::En).contains("WAL09"), "{refusal:?}");
    }
    is_whole(&bench);
}

/// Both HSMs stand on the screen, and what cannot sign any more.
#[test]
fn the_screen_shows_what_changes() {
    let mut bench = Bench::ready();
    let nobody = |card: &mut DeviceCard| card.hsm.vendor = Line::lossy("nobody");
    let card = replaced(&bench, 2, nobody);
    for lang in [Lang::En, Lang::Ja] {
        bench.lang = lang;
        bench.attend(CeremonyKind::Wallet, OPERATORS);
        let pages = bench.pages(WhatKind::Card, &card);
        let lines = &pages[0].lines;
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        assert!(has("somebody west") && has("nobody spare"), "{lines:#?}");
        assert!(has("POL09"), "{lines:#?}");
        bench.close(Outcome::Aborted);
    }
}

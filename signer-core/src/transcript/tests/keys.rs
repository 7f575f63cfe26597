//! Keys: announced before they are made, recorded in order, and all of them on the device's card.

use alloc::vec::Vec;
use std::vec;

use crate::codec::ByteString;
use crate::token::{Evidence, Remains};
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::{Bench, announced};
use crate::transcript::{
    Body, CeremonyKind, DiscardedKey, Installed, KeyRange, KeysDiscarded, KeysGenerated,
    KeysIntended, MadeKey, Outcome, VerifiedTranscript, WhatKind,
};
use crate::types::{Chain, KeyIndex, Lang, PoolNumber};
use crate::wallet::DeviceCard;

const POOL: PoolNumber = PoolNumber(1);

fn range(chain: Chain, first: u32, count: u32) -> KeyRange {
    KeyRange {
        chain,
        first: KeyIndex(first),
        count,
    }
}

fn intended(pool: u32, ranges: &[KeyRange]) -> Body {
    Body::KeysIntended(KeysIntended {
        pool: PoolNumber(pool),
        ranges: ranges.to_vec(),
    })
}

/// Keys of the bench's device, as it would have made them.
fn made(bench: &Bench, chain: Chain, first: u32, count: u32) -> Body {
    let card = bench.device.card(bench.world.root.digest(), &[1]);
    let attributes = card.pools[0].attributes;
    let key = |index| MadeKey {
        public_key: bench.device.key(1, chain, index).public_key,
        attributes,
    };
    Body::KeysGenerated(KeysGenerated {
        pool: POOL,
        chain,
        first: KeyIndex(first),
        keys: (first..first + count).map(key).collect(),
        evidence: Evidence::Declared,
    })
}

fn discarded(chain: Chain, index: u32) -> Body {
    Body::KeysDiscarded(KeysDiscarded {
        pool: POOL,
        keys: vec![DiscardedKey {
            chain,
            index: KeyIndex(index),
            remains: Remains::PublicHalf,
        }],
    })
}

/// The device's card with so many keys on each chain of its pool.
fn card(bench: &Bench, receive: u32, change: u32) -> DeviceCard {
    let mut card = bench.device.card(bench.world.root.digest(), &[1]);
    let longest = bench.device.pool_card(1, receive.max(change), card.nonce);
    card.pools = vec![longest];
    card.pools[0].receive.truncate(receive.try_into().unwrap());
    card.pools[0].change.truncate(change.try_into().unwrap());
    card
}

fn installed(bench: &Bench, card: DeviceCard) -> Body {
    Body::Installed(Installed {
        kind: WhatKind::Card,
        artefact: ByteString(bench.device.seal(card).to_bytes()),
        clock: CLOCK,
    })
}

/// A device that was born, in a session that generates.
fn generating() -> Bench {
    let mut bench = Bench::born();
    bench.open(CeremonyKind::Keys);
    bench
}

fn refuses(bench: &mut Bench, body: Body) -> alloc::string::String {
    let head = bench.journal.head();
    let refusal = bench.journal.append(body).unwrap_err();
    assert_eq!(bench.journal.head(), head, "nothing changed");
    refusal.got.text(Lang::En).into()
}

const BOTH: [KeyRange; 2] = [
    KeyRange {
        chain: Chain::Receive,
        first: KeyIndex(0),
        count: 3,
    },
    KeyRange {
        chain: Chain::Change,
        first: KeyIndex(0),
        count: 2,
    },
];

/// The bench with 3 and 2 keys and a card of them.
fn with_card() -> Bench {
    let mut bench = generating();
    bench.add(intended(1, &BOTH));
    bench.add(made(&bench, Chain::Receive, 0, 3));
    bench.add(made(&bench, Chain::Change, 0, 2));
    bench.add(installed(&bench, card(&bench, 3, 2)));
    bench
}

#[test]
fn keys_are_recorded_only_after_their_announcement() {
    let mut bench = generating();
    let keys = made(&bench, Chain::Receive, 0, 3);
    assert!(refuses(&mut bench, keys.clone()).contains("not announced"));
    bench.add(intended(1, &BOTH));
    for wrong in [
        made(&bench, Chain::Receive, 1, 2),
        made(&bench, Chain::Receive, 0, 4),
        made(&bench, Chain::Change, 0, 3),
    ] {
        refuses(&mut bench, wrong);
    }
    let Body::KeysGenerated(mut elsewhere) = keys.clone() else {
        panic!("keys")
    };
    elsewhere.pool = PoolNumber(2);
    refuses(&mut bench, Body::KeysGenerated(elsewhere));
    bench.add(keys.clone());
    refuses(&mut bench, keys);
    assert_eq!(bench.state().missing_keys(), [range(Chain::Change, 0, 2)]);
    assert_eq!(bench.state().missing_ids().count(), 2);
}

#[test]
fn announcements_go_on_where_the_keys_end() {
    let mut bench = with_card();
    for wrong in [
        intended(1, &[]),
        intended(1, &[range(Chain::Receive, 3, 0)]),
        intended(1, &[range(Chain::Receive, 2, 5)]),
        intended(1, &[range(Chain::Receive, 4, 5)]),
        intended(1, &[range(Chain::Receive, 3, u32::MAX)]),
        intended(
            1,
            &[range(Chain::Change, 2, 1), range(Chain::Receive, 3, 1)],
        ),
        intended(
            1,
            &[range(Chain::Receive, 3, 1), range(Chain::Receive, 4, 1)],
        ),
        // A new pool has a higher number and both chains.
        intended(0, &BOTH),
        intended(2, &BOTH[..1]),
    ] {
        refuses(&mut bench, wrong);
    }
    bench.add(intended(1, &[range(Chain::Receive, 3, 2)]));
    let again = intended(1, &[range(Chain::Change, 2, 2)]);
    refuses(&mut bench, again);
}

#[test]
fn only_ceremonies_that_generate_announce_keys() {
    for kind in [
        CeremonyKind::Wallet,
        CeremonyKind::Sign,
        CeremonyKind::Policy,
    ] {
        let mut bench = Bench::born();
        bench.open(kind);
        refuses(&mut bench, intended(1, &BOTH));
    }
}

#[test]
fn what_a_cut_left_is_discarded_only_where_nothing_is_recorded() {
    let mut bench = generating();
    refuses(&mut bench, discarded(Chain::Receive, 0));
    bench.add(intended(1, &BOTH));
    bench.add(made(&bench, Chain::Receive, 0, 2));
    // The session is cut; the next one goes on.
    bench.open(CeremonyKind::Keys);
    assert!(bench.state().generation().is_some());
    for (chain, index) in [(Chain::Receive, 1), (Chain::Receive, 3), (Chain::Change, 2)] {
        refuses(&mut bench, discarded(chain, index));
    }
    bench.add(discarded(Chain::Receive, 2));
    bench.add(discarded(Chain::Change, 0));
    bench.add(made(&bench, Chain::Receive, 2, 1));
    bench.add(made(&bench, Chain::Change, 0, 2));
    bench.add(installed(&bench, card(&bench, 3, 2)));
    assert!(bench.state().generation().is_none());
    bench.close(Outcome::Done);
    VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap();
}

#[test]
fn a_card_holds_every_recorded_key_and_no_other() {
    let mut bench = generating();
    bench.add(intended(1, &BOTH));
    bench.add(made(&bench, Chain::Receive, 0, 3));
    let early = installed(&bench, card(&bench, 3, 2));
    assert!(refuses(&mut bench, early).contains("before all"));
    bench.add(made(&bench, Chain::Change, 0, 2));
    let mut others: Vec<DeviceCard> = vec![
        card(&bench, 3, 1),
        card(&bench, 3, 3),
        bench.device.card(bench.world.root.digest(), &[]),
        bench.device.card(bench.world.root.digest(), &[1, 2]),
    ];
    let mut attributes = card(&bench, 3, 2);
    attributes.pools[0].attributes.key_gen_mechanism = Some(0x1040);
    others.push(attributes);
    for other in others {
        let body = installed(&bench, other);
        assert!(refuses(&mut bench, body).contains("other keys"));
    }
    let mut named = card(&bench, 3, 2);
    named.predecessor = Some(crate::digest::CardDigest::over(&[]));
    let body = installed(&bench, named);
    assert!(refuses(&mut bench, body).contains("the card before it"));
    bench.add(installed(&bench, card(&bench, 3, 2)));
}

#[test]
fn a_topped_up_pool_has_a_card_that_names_the_one_before() {
    let mut bench = with_card();
    let before = bench.state().own_card().unwrap().digest();
    bench.add(intended(1, &[range(Chain::Receive, 3, 2)]));
    bench.add(made(&bench, Chain::Receive, 3, 2));
    let mut next = card(&bench, 5, 2);
    let unnamed = installed(&bench, next.clone());
    refuses(&mut bench, unnamed);
    next.predecessor = Some(before);
    bench.add(installed(&bench, next));
    bench.close(Outcome::Done);
    let verified = VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap();
    assert_eq!(verified.state().key_count(POOL, Chain::Receive), 5);
    assert_eq!(verified.state().pools(), [POOL]);
}

#[test]
fn the_announcement_of_a_whole_pool_has_both_chains() {
    let bench = generating();
    let pool = &card(&bench, 3, 2).pools[0];
    assert_eq!(Body::KeysIntended(announced(pool)), intended(1, &BOTH));
}

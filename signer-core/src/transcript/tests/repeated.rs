//! A nonce that is used twice: within a transaction, in another session, by another key, for
//! another purpose. Every signature here is valid.

use std::vec;

use super::found;
use crate::codec::ByteString;
use crate::keys::Signature64;
use crate::ledger::RValue;
use crate::review::ConfirmedTx;
use crate::rule::{Refusal, RuleId};
use crate::signing::{PossessionOrder, ReceiptFacts, Signing, SigningHsm};
use crate::testing::{Case, Coin};
use crate::transcript::testing::Bench;
use crate::transcript::testing::CLOCK;
use crate::transcript::{Body, CeremonyKind, Installed, Outcome, Release, WhatKind};
use crate::types::Chain;
use crate::wallet::{CheckedCard, DeviceCard, WalletError};

/// The transaction whose inputs are these.
fn confirmed(bench: &mut Bench, inputs: [u32; 2]) -> ConfirmedTx {
    let mut case = Case::new(&bench.world);
    let coin = |index| Coin::of(&bench.world.wallet, Chain::Receive, index, 1_000_000);
    case.coins = inputs.map(coin).to_vec();
    bench.take_in(CeremonyKind::Sign, &case);
    bench.confirm()
}

/// Signs every input, each with its nonce; stops at the first refusal.
fn sign(bench: &mut Bench, signing: &mut Signing, nonces: [u8; 2]) -> Result<(), Refusal> {
    for nonce in nonces {
        let order = signing.next_order().unwrap();
        let made = bench
            .device
            .sign_with(&order.key().id, order.digest(), nonce);
        let line = signing.accept(order, made, bench.state().ledger())?;
        bench.add(Body::Result(line));
    }
    Ok(())
}

/// A session that signs with these nonces and ends as it must.
fn session(bench: &mut Bench, inputs: [u32; 2], nonces: [u8; 2]) -> Option<RuleId> {
    let confirmed = confirmed(bench, inputs);
    let mut signing = bench.sign(confirmed, 0);
    match sign(bench, &mut signing, nonces) {
        Ok(()) => {
            bench.receipt(signing);
            bench.close(Outcome::Signed);
            None
        }
        Err(refusal) => {
            bench.add(Body::Refused(refusal.clone()));
            let sealed = bench.close(Outcome::Refused);
            let release = Release::unsigned(&sealed, bench.disk.clone()).unwrap();
            assert_eq!(release.psbt(), None, "nothing leaves");
            Some(refusal.rule)
        }
    }
}

#[test]
fn within_a_transaction_it_is_refused_and_the_journal_says_so() {
    let mut bench = Bench::ready();
    let refused = session(&mut bench, [0, 1], [7, 7]);
    assert_eq!(refused, Some(RuleId::SIG03));
    assert_eq!(found(&bench, &bench.disk), []);
    // The one signature that was made is never made again, and its coins stay barred.
    assert_eq!(bench.state().ledger().signatures(), 2);
}

#[test]
fn two_nonces_in_one_transaction_are_taken() {
    let mut bench = Bench::ready();
    assert_eq!(session(&mut bench, [0, 1], [7, 8]), None);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn in_another_session_and_by_another_key_it_is_refused() {
    for (inputs, nonces) in [([2, 3], [8, 9]), ([2, 3], [9, 7])] {
        let mut bench = Bench::ready();
        assert_eq!(session(&mut bench, [0, 1], [7, 8]), None);
        let refused = session(&mut bench, inputs, nonces);
        assert_eq!(refused, Some(RuleId::SIG03), "{nonces:?}");
        assert_eq!(found(&bench, &bench.disk), []);
    }
}

#[test]
fn a_nonce_and_its_negative_are_one() {
    // k and -k give the same r, and s with the other sign: low S makes them look alike.
    let bench = Bench::ready();
    let key = bench.device.key(1, Chain::Receive, 0);
    let (one, other) = (
        bench.device.sign_with(&key.id, &[1; 32], 7),
        bench.device.sign_with_negative(&key.id, &[2; 32], 7),
    );
    assert_eq!(one.r(), other.r());
}

/// The bench's own card, one of its proofs made with a nonce of the test's choice.
fn card(bench: &Bench, nonces: [u8; 2]) -> DeviceCard {
    let mut card = bench.device.card(bench.world.root.digest(), &[1]);
    // The next card after the one that is installed already.
    card.predecessor = bench.state().own_card().map(CheckedCard::digest);
    card.nonce = [3; 32];
    card.pools = vec![bench.device.pool_card(1, crate::testing::KEYS, card.nonce)];
    for (index, nonce) in (0..).zip(nonces) {
        let key = bench.device.key(1, Chain::Receive, index);
        let order = PossessionOrder::new(&bench.device.id(), key, card.nonce);
        let proof = bench.device.sign_with(&key.id, order.digest(), nonce);
        card.pools[0].receive[index as usize].possession = proof;
    }
    card
}

fn install(bench: &mut Bench, card: DeviceCard) -> Result<(), Refusal> {
    let artefact = ByteString(bench.device.seal(card).to_bytes());
    bench.try_add(Body::Installed(Installed {
        kind: WhatKind::Card,
        artefact,
        clock: CLOCK,
    }))
}

#[test]
fn a_possession_proof_counts_as_a_signature() {
    let mut bench = Bench::ready();
    bench.open(CeremonyKind::Card);
    let proofs = card(&bench, [7, 8]);
    install(&mut bench, proofs).unwrap();
    bench.close(Outcome::Done);
    assert_eq!(session(&mut bench, [2, 3], [5, 8]), Some(RuleId::SIG03));
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn a_card_with_the_nonce_of_a_transaction_is_not_installed() {
    let mut bench = Bench::ready();
    assert_eq!(session(&mut bench, [0, 1], [7, 8]), None);
    bench.open(CeremonyKind::Card);
    let tried = card(&bench, [5, 7]);
    let refused = install(&mut bench, tried).unwrap_err();
    assert_eq!(refused.rule, RuleId::SIG03);
}

#[test]
fn a_proof_is_judged_before_it_stands_in_a_card() {
    let bench = Bench::ready();
    let key = bench.device.key(1, Chain::Receive, 0);
    let order = |nonce| PossessionOrder::new(&bench.device.id(), key, [nonce; 32]);
    let proof = |order: &PossessionOrder, k| bench.device.sign_with(&key.id, order.digest(), k);
    let mut before = bench.state().ledger().r_values().clone();
    let (first, second) = (order(1), order(2));
    let made = proof(&first, 7);
    assert_eq!(first.judge(&made, &before), Ok(()));
    before.record(&made);
    let judged = |proof| second.judge(&proof, &before).unwrap_err().rule;
    assert_eq!(judged(proof(&second, 7)), RuleId::SIG03);
    assert_eq!(judged(proof(&first, 8)), RuleId::SIG01);
    assert_eq!(second.judge(&proof(&second, 8), &before), Ok(()));
}

#[test]
fn no_card_of_any_device_has_a_nonce_twice() {
    let bench = Bench::ready();
    let root = bench.world.root.digest();
    let open = |nonces| {
        let bytes = bench.device.seal(card(&bench, nonces)).to_bytes();
        CheckedCard::open(&bytes, crate::testing::SCOPE, &root).map(drop)
    };
    assert_eq!(open([7, 8]), Ok(()));
    let name = bench.device.card(root, &[]).name;
    assert_eq!(open([7, 7]), Err(WalletError::RepeatedR(name)));
}

#[test]
fn a_seal_and_a_receipt_with_one_nonce_are_refused() {
    let mut bench = Bench::ready();
    let confirmed = confirmed(&mut bench, [0, 1]);
    let mut signing = bench.sign(confirmed, 0);
    sign(&mut bench, &mut signing, [7, 8]).unwrap();
    let head = bench.journal.head();
    let facts = ReceiptFacts {
        head: head.hash,
        entries: head.entries,
        signature_count: bench.state().ledger().signatures(),
    };
    let draft = signing.receipt(facts, bench.device.identity()).unwrap();
    let order = draft.seal_order().unwrap();
    let made = bench.device.seal_with_nonce(&order, 9);
    let receipt = draft.signed(made).unwrap();
    bench.add(Body::Receipt(ByteString(receipt.to_bytes())));
    bench.add(Body::Closed(Outcome::Signed));
    let seal = |bench: &mut Bench, nonce| {
        let draft = bench.journal.seal_draft().unwrap();
        let made = bench
            .device
            .seal_with_nonce(&draft.seal_order().unwrap(), nonce);
        let sealed = bench.journal.seal(&draft.signed(made).unwrap());
        sealed.map(|sealed| bench.disk.extend(sealed.entry().bytes()))
    };
    let refused = seal(&mut bench, 9).unwrap_err();
    assert_eq!(refused.rule, RuleId::SIG03);
    // The journal stands as before, and a good seal is taken.
    seal(&mut bench, 10).unwrap();
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn a_journal_with_a_nonce_twice_is_found_and_the_register_holds_all() {
    let mut bench = Bench::ready();
    let cards = bench.state().ledger().r_values().count();
    assert_eq!(session(&mut bench, [0, 1], [7, 8]), None);
    let ledger = bench.state().ledger();
    // Two signatures, a receipt and a seal.
    assert_eq!(ledger.r_values().count(), cards + 4);
    let key = bench.device.key(1, Chain::Receive, 0).id;
    let other = bench.device.sign_with(&key, &[0x42; 32], 7);
    assert_eq!(ledger.r_values().seen(&other), RValue::Seen);
    // A device that does not judge: its fold takes what SIG03 finds in the replay.
    let confirmed = confirmed(&mut bench, [2, 3]);
    let mut signing = bench.sign(confirmed, 0);
    let order = signing.next_order().unwrap();
    let repeated: Signature64 = bench.device.sign_with(&order.key().id, order.digest(), 8);
    bench.add(Body::Result(crate::signing::SignatureLine {
        input: order.input(),
        key: order.key().public_key.into(),
        signature: repeated,
    }));
    bench.close(Outcome::Aborted);
    assert_eq!(found(&bench, &bench.disk), [RuleId::SIG03]);
}

/// A wallet record is in the journal as a draft and whole, with the same endorsement of this device.
#[test]
fn a_copy_of_a_signature_gives_nothing_away() {
    let bench = Bench::ready();
    let key = bench.device.key(1, Chain::Receive, 0).id;
    let mut before = bench.state().ledger().r_values().clone();
    let [made, other] = [1, 2].map(|digest| bench.device.sign_with(&key, &[digest; 32], 7));
    assert_eq!(before.seen(&made), RValue::New);
    before.record(&made);
    assert_eq!(before.seen(&made), RValue::SameSignature);
    assert_eq!(before.seen(&other), RValue::Seen);
}

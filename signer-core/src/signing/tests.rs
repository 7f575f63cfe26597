//! The rules of signing, over real keys.

use std::vec::Vec;

use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey};

use super::rules::{self, Libraries};
use super::{Coin, Intent, IntentLine, SighashOrder, Signing, SigningHsm, WalletKeyRef};
use crate::approval::Now;
use crate::keys::{CkaId, KeyRole, Signature64};
use crate::ledger::{LedgerState, RValues};
use crate::review::{Answer, ConfirmedTx, Review, ReviewSession, Step};
use crate::rule::{Refusal, RuleId};
use crate::testing::Case;
use crate::transcript::testing::Bench;
use crate::transcript::{Body, CeremonyKind, Outcome, begin_signing};
use crate::types::{InputIndex, SessionNumber};

const SIGHASH: [u8; 32] = [0x42; 32];

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_slice(&[seed; 32]).unwrap()
}

fn line(seed: u8) -> IntentLine {
    IntentLine {
        input: InputIndex(0),
        coin: Coin {
            txid: [1; 32],
            vout: 0,
        },
        key: public_key(seed).into(),
        sighash: SIGHASH,
    }
}

fn public_key(seed: u8) -> PublicKey {
    secret(seed).public_key(&Secp256k1::new())
}

/// The order that `line` is the line of.
fn order(seed: u8) -> SighashOrder {
    let key = WalletKeyRef {
        id: CkaId::single(KeyRole::Wallet),
        public_key: public_key(seed),
    };
    SighashOrder::new(InputIndex(0), key, SIGHASH)
}

fn signature(seed: u8, sighash: [u8; 32]) -> Signature64 {
    let message = Message::from_digest(sighash);
    let signature = Secp256k1::new().sign_ecdsa(&message, &secret(seed));
    Signature64(signature.serialize_compact())
}

/// The same signature with the other S.
fn high(signature: Signature64) -> Signature64 {
    let parsed = k256::ecdsa::Signature::from_slice(&signature.0).unwrap();
    let (r, s) = parsed.split_scalars();
    let high = k256::ecdsa::Signature::from_scalars(r, -s).unwrap();
    Signature64(high.to_bytes().into())
}

fn refused(result: Result<impl Sized, Refusal>) -> Option<RuleId> {
    result.err().map(|refusal| refusal.rule)
}

/// A signing at its beginning, in a journalled session.
fn begun() -> (Bench, Signing) {
    let (mut bench, confirmed) = confirmed();
    let signing = bench.sign(confirmed, 0);
    (bench, signing)
}

fn confirmed() -> (Bench, ConfirmedTx) {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    (bench, confirmed)
}

mod intended {
    use super::*;

    /// What leaves the wallet stands in the intent, to be counted by the journal alone.
    #[test]
    fn says_what_it_pays() {
        let (bench, confirmed) = confirmed();
        let outputs = confirmed.wallet_tx().parsed().tx().output.clone();
        let intended = begin_signing(bench.state(), confirmed).unwrap();
        let intent = intended.intent();
        let [paid] = &intent.payments[..] else {
            panic!("{:?}", intent.payments)
        };
        assert_eq!(paid.script, outputs[0].script_pubkey);
        assert_eq!(paid.amount, outputs[0].value);
        assert_eq!(intent.returns, outputs[1].value);
    }

    #[test]
    fn gives_orders_once_its_intent_is_on_the_disk() {
        let (mut bench, confirmed) = confirmed();
        let intended = begin_signing(bench.state(), confirmed).unwrap();
        let entry = Body::Intent(intended.intent().clone());
        let entry = bench.journal.append(entry).unwrap();
        bench.disk.extend(entry.bytes());
        let mut signing = intended.journalled(&entry, &bench.disk).unwrap();
        assert!(signing.next_order().is_some());
    }

    /// Taken by the journal in memory, but the disk has nothing of it, half of it, or more.
    #[test]
    fn refuses_a_disk_that_does_not_end_with_it() {
        type Spoil = fn(&mut Vec<u8>, &[u8]);
        let disks: [Spoil; 3] = [
            |_, _| (),
            |disk, entry| disk.extend(&entry[..entry.len() - 1]),
            |disk, entry| disk.extend([entry, &[0]].concat()),
        ];
        for spoil in disks {
            let (mut bench, confirmed) = confirmed();
            let intended = begin_signing(bench.state(), confirmed).unwrap();
            let entry = Body::Intent(intended.intent().clone());
            let entry = bench.journal.append(entry).unwrap();
            spoil(&mut bench.disk, entry.bytes());
            let refused = refused(intended.journalled(&entry, &bench.disk));
            assert_eq!(refused, Some(RuleId::TRN04));
        }
    }

    #[test]
    fn refuses_another_entry_and_another_intent() {
        let bodies: [fn(Intent) -> Body; 3] = [
            |_| Body::Closed(Outcome::Aborted),
            |mut intent| {
                intent.lines.pop();
                Body::Intent(intent)
            },
            |mut intent| {
                intent.lines[0].sighash = [0; 32];
                Body::Intent(intent)
            },
        ];
        for body in bodies {
            let (mut bench, confirmed) = confirmed();
            let intended = begin_signing(bench.state(), confirmed).unwrap();
            let entry = body(intended.intent().clone());
            let entry = bench.journal.append(entry).unwrap();
            let refused = refused(intended.journalled(&entry, entry.bytes()));
            assert_eq!(refused, Some(RuleId::TRN04));
        }
    }

    #[test]
    fn refuses_the_same_intent_of_another_session() {
        let (mut bench, confirmed) = confirmed();
        let intended = begin_signing(bench.state(), confirmed).unwrap();
        bench.close(Outcome::Aborted);
        let case = Case::new(&bench.world);
        bench.take_in(CeremonyKind::Sign, &case);
        let entry = Body::Intent(intended.intent().clone());
        let entry = bench.journal.append(entry).unwrap();
        let refused = refused(intended.journalled(&entry, entry.bytes()));
        assert_eq!(refused, Some(RuleId::TRN04));
    }
}

mod sig01 {
    use super::*;

    #[test]
    fn passes_a_signature_of_the_registered_key() {
        assert_eq!(
            rules::sig01(&Libraries::ready(), &order(1), &signature(1, SIGHASH)),
            Ok(())
        );
    }

    #[test]
    fn refuses_another_key_another_sighash_and_no_signature() {
        let other = signature(1, [0x43; 32]);
        for wrong in [signature(2, SIGHASH), other, Signature64([0; 64])] {
            assert_eq!(
                refused(rules::sig01(&Libraries::ready(), &order(1), &wrong)),
                Some(RuleId::SIG01)
            );
        }
    }

    #[test]
    fn refuses_every_flipped_bit() {
        let right = signature(1, SIGHASH);
        for bit in (0..512).step_by(7) {
            let mut wrong = right;
            wrong.0[bit / 8] ^= 1 << (bit % 8);
            assert!(
                rules::sig01(&Libraries::ready(), &order(1), &wrong).is_err(),
                "bit {bit}"
            );
        }
    }
}

/// Each library refuses by itself: neither leans on the other.
mod two_libraries {
    use super::*;

    #[test]
    fn each_takes_what_is_right_and_refuses_what_is_not() {
        let key = public_key(1);
        let both = Libraries::ready();
        for takes in [Libraries::libsecp256k1_takes, Libraries::k256_takes] {
            assert!(takes(&both, &key, &SIGHASH, &signature(1, SIGHASH)));
            assert!(takes(&both, &key, &SIGHASH, &high(signature(1, SIGHASH))));
            assert!(!takes(&both, &key, &SIGHASH, &signature(2, SIGHASH)));
            assert!(!takes(&both, &key, &SIGHASH, &signature(1, [0x43; 32])));
            assert!(!takes(&both, &key, &SIGHASH, &Signature64([0; 64])));
        }
    }
}

mod sig02 {
    use super::*;

    #[test]
    fn passes_a_low_s_and_refuses_the_same_signature_with_a_high_one() {
        let low = signature(1, SIGHASH);
        assert_eq!(rules::sig02(&order(1), &low), Ok(()));
        let other = high(low);
        assert_eq!(rules::sig01(&Libraries::ready(), &order(1), &other), Ok(()));
        assert_eq!(
            refused(rules::sig02(&order(1), &other)),
            Some(RuleId::SIG02)
        );
    }

    #[test]
    fn refuses_numbers_out_of_range() {
        for wrong in [[0; 64], [0xff; 64]] {
            let result = rules::sig02(&order(1), &Signature64(wrong));
            assert_eq!(refused(result), Some(RuleId::SIG02));
        }
    }
}

mod sig03 {
    use super::*;

    #[test]
    fn passes_a_new_r() {
        let mut ledger = LedgerState::empty();
        ledger.record_signature(&signature(2, SIGHASH));
        let made = signature(1, SIGHASH);
        let judged = rules::sig03(&order(1), &made, &RValues::new(), ledger.r_values());
        assert_eq!(judged, Ok(()));
    }

    #[test]
    fn refuses_an_r_of_the_past_or_of_this_session() {
        let made = signature(1, SIGHASH);
        let new = |session: &RValues, ledger: &LedgerState| {
            rules::sig03(&order(1), &made, session, ledger.r_values())
        };
        let mut ledger = LedgerState::empty();
        for before in [made, high(made)] {
            let mut session = RValues::new();
            session.record(&before);
            assert_eq!(refused(new(&session, &ledger)), Some(RuleId::SIG03));
        }
        ledger.record_signature(&made);
        let refused = refused(new(&RValues::new(), &ledger));
        assert_eq!(refused, Some(RuleId::SIG03));
    }
}

mod sig04 {
    use super::*;

    #[test]
    fn refuses_a_receipt_and_an_end_while_a_signature_is_missing() {
        let (mut bench, mut signing) = begun();
        let order = signing.next_order().unwrap();
        let made = bench.device.sign(&order).unwrap();
        let ledger = LedgerState::empty();
        signing.accept(order, made, &ledger).unwrap();
        let facts = crate::signing::ReceiptFacts {
            head: [0; 32],
            entries: 1,
            signature_count: 1,
        };
        let draft = signing.receipt(facts, bench.device.identity());
        assert_eq!(refused(draft), Some(RuleId::SIG04));
    }

    /// Explained for one device, confirmed at another: its orders would name the other's keys.
    #[test]
    fn refuses_a_transaction_explained_for_another_device() {
        let bench = Bench::ready();
        let case = Case::new(&bench.world);
        let approved = case.approve(&bench.world).unwrap();
        let session = ReviewSession {
            device: bench.world.devices[1].id(),
            device_name: crate::testing::id("tokyo-2"),
            session: SessionNumber(1),
            nonce: [1; 32],
        };
        let mut review = Review::open(approved, bench.lang, session);
        loop {
            match review.step() {
                Step::Show { .. } => review.shown(),
                Step::Ask { challenge, .. } => {
                    let text = std::string::String::from(challenge.expected());
                    assert_eq!(review.answer(&text), Answer::Accepted);
                }
                Step::Done => break,
            }
        }
        let confirmed = review.finish().unwrap();
        let now = Now {
            time: case.time,
            roster: &bench.world.roster,
        };
        assert_eq!(
            refused(Signing::begin(confirmed, &now)),
            Some(RuleId::SIG04)
        );
    }

    /// A signature counts for one input **and** one key.
    #[test]
    fn refuses_another_input_and_another_key() {
        let intent = [line(1)];
        let made = |input, seed| crate::signing::SignatureLine {
            input: InputIndex(input),
            key: line(seed).key,
            signature: signature(seed, SIGHASH),
        };
        assert_eq!(rules::sig04(&intent, &[made(0, 1)]), Ok(()));
        for wrong in [made(1, 1), made(0, 2)] {
            assert_eq!(
                refused(rules::sig04(&intent, &[wrong])),
                Some(RuleId::SIG04)
            );
        }
    }

    #[test]
    fn refuses_an_order_out_of_turn_and_one_too_many() {
        let (mut bench, mut signing) = begun();
        let ledger = LedgerState::empty();
        let (first, second) = (signing.next_order().unwrap(), signing.next_order().unwrap());
        assert!(signing.next_order().is_none());
        let made = bench.device.sign(&second).unwrap();
        let result = signing.accept(second, made, &ledger);
        assert_eq!(refused(result), Some(RuleId::SIG04));
        let made = bench.device.sign(&first).unwrap();
        let line = signing.accept(first, made, &ledger).unwrap();
        let again = signing.accept_recorded(&line, &ledger);
        assert_eq!(refused(again), Some(RuleId::SIG04));
    }

    /// What a journal holds from before a cut is taken for its own input and key only.
    #[test]
    fn takes_a_recorded_signature_in_its_place_alone() {
        let ledger = LedgerState::empty();
        let recorded = {
            let (mut bench, mut signing) = begun();
            let order = signing.next_order().unwrap();
            let made = bench.device.sign(&order).unwrap();
            signing.accept(order, made, &ledger).unwrap()
        };
        let (_, mut signing) = begun();
        assert_eq!(signing.accept_recorded(&recorded, &ledger), Ok(()));
        assert_eq!(signing.made(), 1);
        let mut of_another_input = recorded;
        of_another_input.input.0 += 1;
        let mut of_another_key = recorded;
        of_another_key.key = line(9).key;
        for wrong in [of_another_input, of_another_key] {
            let (_, mut signing) = begun();
            let result = signing.accept_recorded(&wrong, &ledger);
            assert_eq!(refused(result), Some(RuleId::SIG04));
            assert_eq!(signing.made(), 0);
        }
    }

    #[test]
    fn refuses_a_receipt_of_another_session() {
        let (mut bench, mut signing) = begun();
        while let Some(order) = signing.next_order() {
            let made = bench.device.sign(&order).unwrap();
            signing.accept(order, made, &LedgerState::empty()).unwrap();
        }
        let facts = crate::signing::ReceiptFacts {
            head: [0; 32],
            entries: 1,
            signature_count: 2,
        };
        let draft = signing.receipt(facts, bench.device.identity()).unwrap();
        let mut other = draft.body().clone();
        other.session.0 += 1;
        let other = bench.device.seal(other);
        assert_eq!(refused(signing.finish(&other)), Some(RuleId::SIG04));
    }
}

/// What a device is told of its own progress, and what it asks the ledger about.
mod progress {
    use super::*;

    #[test]
    fn counts_every_accepted_signature() {
        let (mut bench, mut signing) = begun();
        let mut counted = std::vec![signing.made()];
        while let Some(order) = signing.next_order() {
            let made = bench.device.sign(&order).unwrap();
            signing.accept(order, made, &LedgerState::empty()).unwrap();
            counted.push(signing.made());
        }
        assert_eq!(counted, [0, 1, 2]);
    }

    #[test]
    fn a_coin_is_its_outpoint_both_ways() {
        let coin = Coin {
            txid: [7; 32],
            vout: 3,
        };
        let point = bitcoin::OutPoint::from(coin);
        assert_eq!(
            (point.txid, point.vout),
            (bitcoin::Txid::from_byte_array([7; 32]), 3)
        );
        assert_eq!(Coin::from(point), coin);
    }
}

/// The proof that a key is there is judged as a Bitcoin signature is.
mod possession {
    use super::*;
    use crate::digest::DeviceId;
    use crate::keys::{CkaId, KeyRole};
    use crate::signing::{PossessionOrder, WalletKeyRef};

    fn order(nonce: u8) -> PossessionOrder {
        let key = WalletKeyRef {
            id: CkaId::single(KeyRole::Identity),
            public_key: public_key(1),
        };
        PossessionOrder::new(&DeviceId::from_bytes([1; 32]), key, [nonce; 32])
    }

    #[test]
    fn passes_a_sound_proof_and_refuses_every_other() {
        let order = order(1);
        let proof = signature(1, *order.digest());
        let mut ledger = LedgerState::empty();
        let judged =
            |proof: &_, ledger: &LedgerState| refused(order.judge(proof, ledger.r_values()));
        assert_eq!(judged(&proof, &ledger), None);
        let of_another_nonce = signature(1, *self::order(2).digest());
        assert_eq!(judged(&of_another_nonce, &ledger), Some(RuleId::SIG01));
        assert_eq!(judged(&high(proof), &ledger), Some(RuleId::SIG02));
        ledger.record_signature(&proof);
        assert_eq!(judged(&proof, &ledger), Some(RuleId::SIG03));
    }
}

mod sig05 {
    use super::*;

    #[test]
    fn a_signing_ends_in_a_psbt_with_the_same_transaction() {
        let (mut bench, mut signing) = begun();
        while let Some(order) = signing.next_order() {
            let made = bench.device.sign(&order).unwrap();
            signing.accept(order, made, &LedgerState::empty()).unwrap();
        }
        let facts = crate::signing::ReceiptFacts {
            head: [0; 32],
            entries: 1,
            signature_count: 2,
        };
        let intent = signing.intent().clone();
        let tx = intent.tx;
        let draft = signing.receipt(facts, bench.device.identity()).unwrap();
        let receipt = bench.device.seal(draft.body().clone());
        let psbt = signing.finish(&receipt).unwrap();
        assert_eq!(psbt.tx(), tx);
        let [whole, _] = psbt.into_psbts();
        let bytes = whole.into_bytes();
        let parsed = crate::psbt::ParsedPsbt::parse(bytes).unwrap();
        assert_eq!(parsed.tx_digest(), tx);
        assert_eq!(parsed.carried().receipts.len(), 1);
        // Each signature as Bitcoin reads it: DER, the type ALL, and of the key over the sighash.
        assert_eq!(parsed.inputs().len(), intent.lines.len());
        for (input, line) in parsed.inputs().iter().zip(&intent.lines) {
            let [(key, value)] = &input.partial_sigs[..] else {
                panic!("{:?}", input.partial_sigs)
            };
            let read = bitcoin::ecdsa::Signature::from_slice(value).unwrap();
            assert_eq!(read.sighash_type, bitcoin::EcdsaSighashType::All);
            assert_eq!(crate::keys::KeyPoint::from(*key), line.key);
            let message = Message::from_digest(line.sighash);
            let verified = Secp256k1::new().verify_ecdsa(&message, &read.signature, key);
            assert_eq!(verified, Ok(()));
        }
    }
}

/// For each rule of signing a signature, or an end, that it alone refuses.
mod alone {
    use std::vec;

    use super::*;
    use crate::psbt::MapId;
    use crate::psbt::signed::only_permitted_difference;
    use crate::types::OutputIndex;

    /// The rules that refuse a signature in a session whose past holds `seen`.
    fn refusing(signature: &Signature64, seen: Option<Signature64>) -> Vec<RuleId> {
        let mut ledger = LedgerState::empty();
        if let Some(before) = seen {
            ledger.record_signature(&before);
        }
        let judged = [
            rules::sig01(&Libraries::ready(), &order(1), signature),
            rules::sig02(&order(1), signature),
            rules::sig03(&order(1), signature, &RValues::new(), ledger.r_values()),
        ];
        judged.into_iter().filter_map(refused).collect()
    }

    #[test]
    fn sig01_alone() {
        assert_eq!(refusing(&signature(1, SIGHASH), None), []);
        let of_another = signature(2, SIGHASH);
        assert_eq!(refusing(&of_another, None), [RuleId::SIG01]);
    }

    #[test]
    fn sig02_alone() {
        let high = high(signature(1, SIGHASH));
        assert_eq!(refusing(&high, None), [RuleId::SIG02]);
    }

    #[test]
    fn sig03_alone() {
        let again = signature(1, SIGHASH);
        assert_eq!(refusing(&again, Some(again)), [RuleId::SIG03]);
    }

    /// One of two signatures is missing; the one that is there was accepted.
    #[test]
    fn sig04_alone() {
        let (mut bench, mut signing) = begun();
        let order = signing.next_order().unwrap();
        let made = bench.device.sign(&order).unwrap();
        let first = signing.accept(order, made, &LedgerState::empty()).unwrap();
        let lines = &signing.intent().lines;
        assert_eq!(lines.len(), 2);
        assert_eq!(refused(rules::sig04(lines, &[first])), Some(RuleId::SIG04));
        assert_eq!(rules::sig04(&lines[..1], &[first]), Ok(()));
    }

    /// A signed PSBT with one record more is a good PSBT of the same transaction.
    #[test]
    fn sig05_alone() {
        let mut bench = Bench::ready();
        let case = Case::new(&bench.world);
        let before = case.full(&bench.world);
        let (signed, _) = bench.sign_case(&case);
        let [after, _] = signed.into_psbts();
        assert_eq!(only_permitted_difference(&before, &after), Ok(()));
        let slipped = (MapId::Output(OutputIndex(0)), vec![0xF0], vec![1]);
        let after = after.with_records(&[slipped]).unwrap();
        let again = crate::psbt::ParsedPsbt::parse(after.to_bytes()).unwrap();
        let before_tx = crate::psbt::ParsedPsbt::parse(before.to_bytes()).unwrap();
        assert_eq!(again.tx_digest(), before_tx.tx_digest());
        let refused = refused(only_permitted_difference(&before, &after));
        assert_eq!(refused, Some(RuleId::SIG05));
    }
}

//! The acceptance test's side of the driver, on SoftHSM.

mod common;

use bitcoin::secp256k1::PublicKey;
use common::{Stranger, isolated, login, pin};
use cryptoki::object::{Attribute, ObjectClass};
use hsm_profiles::{Observations, OpenToken, Probe, ThrowAway, wrong_pin};
use signer_core::acceptance::{Answer, Operation, Tally, TestDigest, Trial};
use signer_core::keys::{Fingerprint, KeyRole};
use signer_core::token::KeyReading;
use signer_core::types::{Chain, PoolNumber};

const NONCE: [u8; 32] = [0x5e; 32];

fn key(probe: &mut Probe<'_>) -> (ThrowAway, KeyReading<PublicKey>) {
    probe.make_key().unwrap().unwrap()
}

/// Everything that the command does, but for the report.
fn whole_test(token: &mut OpenToken) -> Observations {
    let (mut probe, leftovers) = Probe::begin(token).unwrap();
    assert_eq!(leftovers, 0);
    probe.token_rules();
    probe.time_random().unwrap();
    let (key, _) = key(&mut probe);
    probe.find(&key).unwrap();
    probe.wrong_digests(&key).unwrap();
    let digest = TestDigest::new(&NONCE, 0);
    probe.repeat(&key, &digest).unwrap();
    probe.attack().unwrap();
    probe.doubled().unwrap();
    probe.destroyed().unwrap();
    let pin = pin(common::USER_PIN);
    probe.login_again(&key, &pin, &digest).unwrap();
    probe.compare().unwrap();
    let seen = probe.observations();
    probe.finish().unwrap();
    seen
}

fn answers(seen: &Observations, asked: Answer) -> Vec<Trial> {
    let lines = seen.trials.iter().filter(|line| line.answer == asked);
    lines.map(|line| line.trial).collect()
}

#[test]
fn every_attack_on_softhsm_is_refused_and_every_duty_done() {
    isolated(
        "every_attack_on_softhsm_is_refused_and_every_duty_done",
        |tokens| {
            let (_module, _, mut token) = tokens.opened();
            let seen = whole_test(&mut token);
            for line in &seen.trials {
                println!(
                    "{:<22} {:?} {}",
                    format!("{:?}", line.trial),
                    line.answer,
                    line.words
                );
            }
            let tried = seen.trials.iter().map(|line| line.trial);
            // What the command itself adds.
            let others = [Trial::WrongPinRefused, Trial::RandomHealthy];
            let expected = Trial::ALL.iter().filter(|t| !others.contains(t));
            assert!(tried.eq(expected.copied()));
            assert_eq!(
                answers(&seen, Answer::Done),
                [
                    Trial::ProfileMatches,
                    Trial::HiddenBeforeLogin,
                    Trial::CurveByOid,
                    Trial::DriverRefusesLengths,
                    Trial::DriverNoticesDouble,
                    Trial::LogoutEndsUse,
                    Trial::FoundAfterLogin,
                    Trial::GoneAfterDestroy,
                    Trial::NothingLeft,
                    Trial::SignsShortDigest,
                    Trial::SignsLongDigest,
                    Trial::TakesSecondId,
                ]
            );
            assert_eq!(answers(&seen, Answer::Ignored), []);
            let flip = seen
                .trials
                .iter()
                .find(|l| l.trial == Trial::SetExtractable);
            assert_eq!(flip.unwrap().words.as_str(), "CKR_ACTION_PROHIBITED");
            let copy = seen
                .trials
                .iter()
                .find(|l| l.trial == Trial::CopyNotPrivate);
            assert_eq!(copy.unwrap().words.as_str(), "CKR_ACTION_PROHIBITED");
            let timed: Vec<Operation> = seen.timings.iter().map(|t| t.operation).collect();
            assert_eq!(
                timed,
                [
                    Operation::Generate,
                    Operation::Sign,
                    Operation::Find,
                    Operation::ReadAttributes,
                    Operation::Random
                ]
            );
            assert!(
                seen.timings
                    .iter()
                    .all(|t| t.min <= t.median && t.median <= t.max)
            );
        },
    );
}

#[test]
fn keys_that_were_there_before_are_not_touched() {
    isolated("keys_that_were_there_before_are_not_touched", |tokens| {
        let (module, selector, mut token) = tokens.opened();
        let identity = token.generate_identity().unwrap();
        let fingerprint = Fingerprint::of(&identity.public_key.device_id());
        let born = token
            .generate_wallet_keys(fingerprint, PoolNumber(1), Chain::Receive, 0..3, |_| {})
            .unwrap();
        token.write_anchor(0, b"anchor").unwrap();
        let before = token.inventory().unwrap();
        whole_test(&mut token);
        assert_eq!(token.inventory().unwrap(), before);
        let _ = token.logout().unwrap();

        let mut token = login(&module, &selector);
        assert_eq!(token.inventory().unwrap(), before);
        assert_eq!(token.read_wallet_keys().unwrap(), born);
        assert_eq!(token.read_identity().unwrap(), identity);
        assert_eq!(token.anchors().unwrap(), [Some(b"anchor".to_vec()), None]);
    });
}

#[test]
fn two_thousand_signatures_verify_twice_and_half_have_a_high_s() {
    let name = "two_thousand_signatures_verify_twice_and_half_have_a_high_s";
    isolated(name, |tokens| {
        let (_module, _, mut token) = tokens.opened();
        let (mut probe, _) = Probe::begin(&mut token).unwrap();
        let keys = [key(&mut probe), key(&mut probe)];
        let mut tally = Tally::new();
        for number in 0..2_000_u32 {
            let (key, read) = &keys[number as usize % 2];
            let digest = TestDigest::new(&NONCE, number);
            let answer = probe.sign(key, &digest).unwrap();
            tally.take(&read.public_key, &digest, &answer);
        }
        let counts = tally.counts();
        println!("{counts:?}");
        assert_eq!((counts.signatures, counts.malformed), (2_000, 0));
        assert_eq!(
            (counts.refused_by_k256, counts.refused_by_libsecp256k1),
            (0, 0)
        );
        assert_eq!(counts.repeated_r, 0);
        // Ten standard deviations on either side of a half.
        assert!((776..=1_224).contains(&counts.high_s), "{}", counts.high_s);
    });
}

#[test]
fn what_a_cut_test_leaves_is_destroyed_by_the_next_one() {
    isolated(
        "what_a_cut_test_leaves_is_destroyed_by_the_next_one",
        |tokens| {
            let (module, selector, mut token) = tokens.opened();
            let (mut probe, _) = Probe::begin(&mut token).unwrap();
            key(&mut probe);
            probe.make_seal_key().unwrap();
            // Cut: nothing is finished, nothing cleaned up.
            let _ = probe;
            let _ = token.logout().unwrap();

            let mut token = login(&module, &selector);
            let found = token.inventory().unwrap();
            assert_eq!(found.keys.len(), 2);
            let (probe, leftovers) = Probe::begin(&mut token).unwrap();
            assert_eq!(leftovers, 4);
            probe.finish().unwrap();
            assert_eq!(token.inventory().unwrap().keys, []);
        },
    );
}

#[test]
fn a_wrong_pin_is_refused_once_and_the_right_one_works_after_it() {
    let name = "a_wrong_pin_is_refused_once_and_the_right_one_works_after_it";
    isolated(name, |tokens| {
        let (module, selector) = tokens.provisioned();
        let (answer, words) = wrong_pin(&module, &selector, &pin("xser-pin-of-tests")).unwrap();
        assert_eq!(
            (answer, words.as_str()),
            (Answer::Done, "CKR_PIN_INCORRECT")
        );
        let (answer, _) = wrong_pin(&module, &selector, &pin(common::USER_PIN)).unwrap();
        assert_eq!(answer, Answer::Refused);
        login(&module, &selector);
    });
}

#[test]
fn a_key_that_can_be_copied_and_changed_is_told() {
    let name = "a_key_that_can_be_copied_and_changed_is_told";
    isolated(name, |tokens| {
        // A profile that forgets to send what protects the key, on a token that then allows it.
        let text = include_str!("../profiles/softhsm2.toml");
        let loose = text
            .replace("    \"CKA_MODIFIABLE\",\n", "")
            .replace("    \"CKA_COPYABLE\",\n", "")
            .replace("    \"CKA_ALLOWED_MECHANISMS\",\n", "");
        assert_ne!(loose, text);
        let (module, selector) = tokens.provisioned();
        drop(module);
        let profile = hsm_profiles::Profile::parse(&loose).unwrap();
        let module = hsm_profiles::Module::load(&profile, None).unwrap();
        let mut token = login(&module, &selector);
        let seen = whole_test(&mut token);
        let succeeded = answers(&seen, Answer::Done);
        for trial in [
            Trial::SetDerive,
            Trial::SetDecrypt,
            Trial::SetUnwrap,
            Trial::ChangeId,
            Trial::CopyAsIs,
            Trial::CopyDerive,
        ] {
            assert!(succeeded.contains(&trial), "{trial:?}: {succeeded:?}");
        }
        for trial in [
            Trial::SetExtractable,
            Trial::CopyExtractable,
            Trial::WrapAesKw,
            Trial::ReadValue,
        ] {
            assert!(!succeeded.contains(&trial), "{trial:?}");
        }
        // Copies and renamed keys are gone too.
        assert!(succeeded.contains(&Trial::NothingLeft));
        assert_eq!(token.inventory().unwrap().keys, []);
    });
}

#[test]
fn a_key_that_another_program_leaves_behind_is_told() {
    isolated(
        "a_key_that_another_program_leaves_behind_is_told",
        |tokens| {
            let (_module, _, mut token) = tokens.opened();
            let (mut probe, _) = Probe::begin(&mut token).unwrap();
            let (key, _) = key(&mut probe);
            assert_eq!(key.id().role, KeyRole::Acceptance);
            let stranger = Stranger::beside_the_driver();
            let data = [
                Attribute::Class(ObjectClass::PUBLIC_KEY),
                Attribute::Token(true),
                Attribute::Label(b"somebody's".to_vec()),
                Attribute::EcParams(vec![0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]),
            ];
            let private = [Attribute::Token(true)];
            let made = stranger.session.generate_key_pair(
                &cryptoki::mechanism::Mechanism::EccKeyPairGen,
                &data,
                &private,
            );
            made.unwrap();
            probe.compare().unwrap();
            let seen = probe.observations();
            probe.finish().unwrap();
            let line = seen.trials.iter().find(|l| l.trial == Trial::NothingLeft);
            assert_eq!(line.unwrap().answer, Answer::Refused);
        },
    );
}

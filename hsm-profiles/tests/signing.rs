//! Signatures, anchors, and the ways in which a session ends too early.

mod common;

use bitcoin::secp256k1::{self, PublicKey, Secp256k1};
use common::{Stranger, isolated, login};
use hsm_profiles::{ANCHOR_MAX, DeviceHsm, ErrorClass, HsmError, OfficerToken, OpenToken};
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use minicbor::{Decode, Encode};
use signer_core::cose::{Artefact, Draft, Scope, SignedBy};
use signer_core::keys::{CkaId, Fingerprint, KeyRole, Signature64};
use signer_core::rule::Verdict;
use signer_core::signing::{PossessionOrder, SigningHsm, WalletKeyRef};
use signer_core::token::{KeyReading, hsm03, hsm05};
use signer_core::types::{Chain, KeyIndex, Network, PoolNumber, Purpose};

/// A device with wallet keys on its token.
fn device(mut token: OpenToken, keys: u32) -> (DeviceHsm, Vec<KeyReading<PublicKey>>) {
    let identity = token.generate_identity().unwrap().public_key;
    let fingerprint = Fingerprint::of(&identity.device_id());
    let keys = token
        .generate_wallet_keys(fingerprint, PoolNumber(1), Chain::Receive, 0..keys, |_| {})
        .unwrap();
    (DeviceHsm::new(token).unwrap(), keys)
}

fn order(device: &DeviceHsm, key: &KeyReading<PublicKey>, nonce: u32) -> PossessionOrder {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&nonce.to_be_bytes());
    let key = WalletKeyRef {
        id: key.id,
        public_key: key.public_key,
    };
    PossessionOrder::new(&device.identity().device_id(), key, bytes)
}

/// Two independent libraries, both of which take a low S only.
fn verifies_twice(key: &PublicKey, digest: &[u8; 32], signature: &Signature64) {
    let first = secp256k1::ecdsa::Signature::from_compact(&signature.0).unwrap();
    let mut low = first;
    low.normalize_s();
    assert_eq!(first, low);
    let message = secp256k1::Message::from_digest(*digest);
    Secp256k1::verification_only()
        .verify_ecdsa(&message, &first, key)
        .unwrap();

    let second = k256::ecdsa::Signature::from_slice(&signature.0).unwrap();
    assert_eq!(second.normalize_s(), second);
    k256::ecdsa::VerifyingKey::from_sec1_bytes(&key.serialize())
        .unwrap()
        .verify_prehash(digest, &second)
        .unwrap();
}

/// A small artefact, signed by a device or by an officer.
macro_rules! artefact {
    ($name:ident, $kind:literal, $by:ident) => {
        #[derive(Debug, Encode, Decode)]
        #[cbor(map)]
        struct $name {
            #[n(0)]
            number: u32,
        }

        impl Artefact for $name {
            const KIND: &'static str = $kind;
            const SIGNED_BY: SignedBy = SignedBy::$by;
        }
    };
}

artefact!(Sealed, "test-seal", Device);
artefact!(Approved, "test-approval", Officer);

const SCOPE: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Drill,
};

#[test]
fn artefacts_are_sealed_and_approved_by_the_right_key() {
    isolated(
        "artefacts_are_sealed_and_approved_by_the_right_key",
        |tokens| {
            let (module, selector, mut token) = tokens.opened();
            token.generate_officer_key().unwrap();
            let mut officer = OfficerToken::new(token).unwrap();
            // Half of what a token makes has a high S: often enough that luck is no explanation.
            for number in 0..24 {
                let draft = Draft::new(Approved { number }, SCOPE, officer.public_key());
                let signature = officer.sign(&draft.officer_order().unwrap()).unwrap();
                assert_eq!(draft.signed(signature).unwrap().body().number, number);
            }
            assert_eq!(hsm05(officer.logout().unwrap().end), Verdict::Passed);

            let mut token = login(&module, &selector);
            token.generate_identity().unwrap();
            let mut device = DeviceHsm::new(token).unwrap();
            for number in 0..24 {
                let draft = Draft::new(Sealed { number }, SCOPE, device.identity());
                let signature = device.seal(&draft.seal_order().unwrap()).unwrap();
                assert_eq!(draft.signed(signature).unwrap().body().number, number);
            }
        },
    );
}

#[test]
fn a_token_without_the_key_is_no_device_and_no_officer() {
    isolated(
        "a_token_without_the_key_is_no_device_and_no_officer",
        |tokens| {
            let (module, selector, token) = tokens.opened();
            // A token on which nothing is found at all may be gone as well as new.
            let nothing = Some(HsmError::NothingFound);
            assert_eq!(DeviceHsm::new(token).err(), nothing);
            let mut token = login(&module, &selector);
            token.generate_officer_key().unwrap();
            let missing = |role| Some(HsmError::NoKey(CkaId::single(role)));
            assert_eq!(DeviceHsm::new(token).err(), missing(KeyRole::Identity));
        },
    );
}

#[test]
fn an_order_for_another_key_is_refused() {
    isolated("an_order_for_another_key_is_refused", |tokens| {
        let (_module, _, token) = tokens.opened();
        let (mut device, keys) = device(token, 2);
        let mut swapped = keys[0];
        swapped.public_key = keys[1].public_key;
        let refused = device.prove(&order(&device, &swapped, 1));
        assert_eq!(refused, Err(HsmError::OtherKey(keys[0].id)));

        let mut unknown = keys[0];
        unknown.id.index = KeyIndex(7);
        let refused = device.prove(&order(&device, &unknown, 1));
        assert_eq!(refused, Err(HsmError::NoKey(unknown.id)));

        let mut identity = keys[0];
        identity.id = CkaId::single(KeyRole::Identity);
        let refused = device.prove(&order(&device, &identity, 1));
        assert_eq!(refused, Err(HsmError::WrongRole(identity.id)));
    });
}

#[test]
fn anchors_alternate_and_read_back_in_the_next_session() {
    isolated(
        "anchors_alternate_and_read_back_in_the_next_session",
        |tokens| {
            let (module, selector, mut token) = tokens.opened();
            assert_eq!(token.anchors(), Ok([None, None]));
            let written = |n: u64| format!("anchor of generation {n}").into_bytes();
            for generation in 0..5 {
                token
                    .write_anchor(generation, &written(generation))
                    .unwrap();
                let even = generation - generation % 2;
                let odd = if generation == 0 {
                    None
                } else {
                    Some((generation - 1) | 1)
                };
                let expected = [Some(written(even)), odd.map(written)];
                assert_eq!(token.anchors(), Ok(expected), "{generation}");
            }
            // The anchors are no foreign objects.
            assert_eq!(hsm03(&token.inventory().unwrap(), []), Verdict::Passed);
            let _ = token.logout().unwrap();

            let mut token = login(&module, &selector);
            assert_eq!(token.anchors(), Ok([Some(written(4)), Some(written(3))]));
            token.write_anchor(5, &written(5)).unwrap();
            assert_eq!(token.anchors(), Ok([Some(written(4)), Some(written(5))]));
        },
    );
}

#[test]
fn an_anchor_is_as_large_as_its_slot_and_no_larger() {
    isolated(
        "an_anchor_is_as_large_as_its_slot_and_no_larger",
        |tokens| {
            let (_module, _, mut token) = tokens.opened();
            token.write_anchor(0, &[7; ANCHOR_MAX]).unwrap();
            let refused = token.write_anchor(1, &[7; ANCHOR_MAX + 1]);
            assert_eq!(refused, Err(HsmError::AnchorTooLarge { max: ANCHOR_MAX }));
            assert_eq!(token.anchors(), Ok([Some(vec![7; ANCHOR_MAX]), None]));
        },
    );
}

#[test]
fn a_doubled_anchor_is_a_foreign_object() {
    isolated("a_doubled_anchor_is_a_foreign_object", |tokens| {
        let (module, selector, mut token) = tokens.opened();
        token.write_anchor(0, b"first").unwrap();
        let stranger = Stranger::beside_the_driver();
        let [anchor] = stranger.session.find_objects(&[]).unwrap()[..] else {
            panic!("one object")
        };
        #[expect(clippy::disallowed_methods, reason = "what a stranger could do")]
        stranger.session.copy_object(anchor, &[]).unwrap();
        drop((stranger, token));
        let inventory = login(&module, &selector).inventory().unwrap();
        assert_eq!(inventory.foreign.len(), 1);
        assert!(matches!(hsm03(&inventory, []), Verdict::Refused(_)));
    });
}

#[test]
fn a_logout_by_another_session_stops_this_one() {
    isolated("a_logout_by_another_session_stops_this_one", |tokens| {
        let (_module, _, token) = tokens.opened();
        let (mut device, keys) = device(token, 1);
        Stranger::beside_the_driver().session.logout().unwrap();
        let refused = device.prove(&order(&device, &keys[0], 1));
        assert_eq!(refused, Err(HsmError::LoggedOut));
        assert_eq!(device.token().inventory(), Err(HsmError::LoggedOut));
        assert_eq!(hsm05(device.logout().unwrap().end), Verdict::Passed);
    });
}

#[test]
fn dead_handles_are_looked_up_again_once_and_then_no_more() {
    isolated(
        "dead_handles_are_looked_up_again_once_and_then_no_more",
        |tokens| {
            let (_module, _, token) = tokens.opened();
            let (mut device, keys) = device(token, 1);
            let stranger = Stranger::beside_the_driver();
            let relogin = || {
                stranger.session.logout().unwrap();
                stranger.login();
            };
            relogin();
            let first = order(&device, &keys[0], 1);
            let signature = device.prove(&first).unwrap();
            verifies_twice(&keys[0].public_key, first.digest(), &signature);
            relogin();
            let error = device.prove(&order(&device, &keys[0], 2)).unwrap_err();
            assert_eq!(error.class(), ErrorClass::StaleHandle, "{error}");
        },
    );
}

#[test]
fn a_token_that_vanishes_is_noticed() {
    isolated("a_token_that_vanishes_is_noticed", |tokens| {
        let (module, selector, token) = tokens.opened();
        let (mut device, keys) = device(token, 2);
        std::fs::remove_dir_all(tokens.store()).unwrap();
        let error = device.prove(&order(&device, &keys[0], 1)).unwrap_err();
        assert_eq!(error.class(), ErrorClass::DeviceGone, "{error}");
        assert_eq!(error.to_string().lines().count(), 2);
        let again = module
            .open(&selector)
            .and_then(|t| t.login(&common::pin(common::USER_PIN)));
        assert_eq!(again.err().map(|e| e.class()), Some(ErrorClass::DeviceGone));
    });
}

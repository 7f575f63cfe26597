use alloc::vec;
use alloc::vec::Vec;

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;

use super::*;

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
struct Note {
    #[n(0)]
    text: String,
}

impl Artefact for Note {
    const KIND: &'static str = "note";
    const SIGNED_BY: SignedBy = SignedBy::Officer;
}

const LIVE: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Live,
};
const DRILL: Scope = Scope {
    network: Network::Regtest,
    purpose: Purpose::Drill,
};
const MAIN: Scope = Scope {
    network: Network::Main,
    purpose: Purpose::Live,
};

fn key(seed: u8) -> (SigningKey, P256PublicKey) {
    let key = SigningKey::from_slice(&[seed; 32]).unwrap();
    let public = P256PublicKey::from_sec1(key.verifying_key().to_sec1_point(true).as_bytes());
    (key, public.unwrap())
}

fn sign(key: &SigningKey, digest: &[u8; 32]) -> Signature64 {
    let signature: p256::ecdsa::Signature = key.sign_prehash(digest).unwrap();
    Signature64(signature.to_bytes().into())
        .low_s_p256()
        .unwrap()
}

fn signed_note() -> (Vec<u8>, P256PublicKey) {
    let (secret, public) = key(7);
    let draft = Draft::new(Note { text: "ice".into() }, LIVE, public);
    let signature = sign(&secret, draft.officer_order().unwrap().digest());
    (draft.signed(signature).unwrap().to_bytes(), public)
}

#[test]
fn opens_what_was_signed_in_its_own_scope_only() {
    let (bytes, public) = signed_note();
    let open = |scope| Signed::<Note>::open(&bytes, scope, |_| Some(public));
    assert_eq!(open(LIVE).unwrap().body().text, "ice");
    assert!(matches!(open(DRILL), Err(CoseError::BadSignature(_))));
    assert!(matches!(open(MAIN), Err(CoseError::BadSignature(_))));
    let unknown = Signed::<Note>::open(&bytes, LIVE, |_| None);
    assert!(matches!(unknown, Err(CoseError::UnknownKey(_))));
}

#[test]
fn every_single_bit_flip_is_refused() {
    let (bytes, public) = signed_note();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[place] ^= 1 << bit;
            let opened = Signed::<Note>::open(&other, LIVE, |_| Some(public));
            assert!(opened.is_err(), "byte {place} bit {bit}");
        }
    }
}

#[test]
fn other_forms_of_the_same_object_are_refused() {
    let (bytes, public) = signed_note();
    // An unprotected header: the empty map becomes {99: 0}. It follows the protected bytes.
    let at = 2 + 2 + protected(&public.key_id()).len();
    assert_eq!(bytes[at], 0xa0);
    let mut header = bytes.clone();
    header.splice(at..=at, [0xa1, 0x18, 0x63, 0x00]);
    // High S.
    let high = {
        let sig = p256::ecdsa::Signature::from_slice(&bytes[bytes.len() - 64..]).unwrap();
        let (r, s) = sig.split_scalars();
        let other = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-s).to_bytes()).unwrap();
        let mut high = bytes[..bytes.len() - 64].to_vec();
        high.extend_from_slice(&other.to_bytes());
        high
    };
    for (name, other) in [("unprotected header", header), ("high S", high)] {
        assert!(
            Signed::<Note>::open(&other, LIVE, |_| Some(public)).is_err(),
            "{name}"
        );
    }
}

#[test]
fn a_device_key_is_never_ordered_to_sign_an_officers_kind() {
    let (_, public) = key(7);
    let draft = Draft::new(Note { text: "ice".into() }, LIVE, public);
    assert!(draft.seal_order().is_none());
}

#[test]
fn endorsements_keep_one_digest_and_one_order() {
    let mut endorsed = Endorsed::new(Note { text: "ice".into() }, LIVE);
    let before = endorsed.digest("t");
    let mut publics = vec![];
    for seed in [9, 3, 5, 3] {
        let (secret, public) = key(seed);
        let draft = endorsed.draft_for(LIVE, &public);
        let signature = sign(&secret, draft.officer_order().unwrap().digest());
        endorsed.add(draft.signed(signature).unwrap());
        publics.push(public);
    }
    let bytes = endorsed.to_bytes();
    let find = |kid: &KeyId| publics.iter().find(|p| p.key_id() == *kid).copied();
    let opened = Endorsed::<Note>::open(&bytes, LIVE, find).unwrap();
    assert_eq!(opened.signers().count(), 3);
    assert_eq!(opened.digest("t"), before);
    assert!(Endorsed::<Note>::open(&bytes, DRILL, find).is_err());
}

//! Digests and signatures of artefacts, as `docs/formats/README.md` says.

use std::collections::HashMap;
use std::sync::Mutex;

use bitcoin::hashes::{Hash, sha256};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};

use crate::cbor::Value;

/// Where artefacts of the vectors belong.
pub(crate) const CONTEXT: &str = "himuro/v1/live/regtest/";

pub(crate) fn sha256_of(bytes: &[u8]) -> [u8; 32] {
    sha256::Hash::hash(bytes).to_byte_array()
}

/// Tagged SHA-256.
pub(crate) fn tagged(tag: &str, parts: &[&[u8]]) -> [u8; 32] {
    let tag = sha256_of(tag.as_bytes());
    sha256_of(&[&tag, &tag, &parts.concat()[..]].concat())
}

/// The P-256 key of an officer or a device of this name.
fn secret(name: &str) -> SigningKey {
    let seed = tagged("vectors/p256", &[name.as_bytes()]);
    SigningKey::from_slice(&seed).expect("a hash is a key")
}

/// Results that are asked for again and again: keys and signatures are deterministic.
pub(crate) struct Memory<K, V>(Mutex<Option<HashMap<K, V>>>);

impl<K: std::hash::Hash + Eq + Clone, V: Clone> Memory<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn get(&self, key: &K, make: impl FnOnce() -> V) -> V {
        let mut memory = self.0.lock().expect("no panic");
        let map = memory.get_or_insert_default();
        map.entry(key.clone()).or_insert_with(make).clone()
    }
}

/// Its public part, compressed.
pub(crate) fn public(name: &str) -> Vec<u8> {
    static KNOWN: Memory<String, Vec<u8>> = Memory::new();
    KNOWN.get(&name.to_owned(), || {
        let key = secret(name);
        key.verifying_key().to_sec1_point(true).as_bytes().to_vec()
    })
}

pub(crate) fn key_id(public: &[u8]) -> [u8; 32] {
    tagged("himuro/key-id", &[public])
}

/// What the identity key of this device of the world signs: r and s over 32 bytes, s low.
///
/// A test that goes on with a [`crate::journal`] ends it by this.
pub fn device_signature(device: &str, digest: &[u8; 32]) -> [u8; 64] {
    let signature = signature(device, digest);
    signature.try_into().expect("r and s")
}

/// A low-S signature of the key of this name.
fn signature(name: &str, digest: &[u8; 32]) -> Vec<u8> {
    static KNOWN: Memory<(String, [u8; 32]), Vec<u8>> = Memory::new();
    KNOWN.get(&(name.to_owned(), *digest), || {
        let made: Signature = secret(name).sign_prehash(digest).expect("32 bytes");
        made.normalize_s().to_bytes().to_vec()
    })
}

/// A COSE_Sign1 in its parts, so that a defect can change any of them.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) protected: Vec<u8>,
    pub(crate) unprotected: Value,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    over: [u8; 32],
}

impl Signed {
    /// The signature of `signer` over a payload of this kind.
    pub(crate) fn new(kind: &str, payload: &[u8], signer: &str) -> Self {
        let context = format!("{CONTEXT}{kind}");
        Self::in_context(&context, payload, signer, protected(signer))
    }

    /// In any context and with any protected header.
    pub(crate) fn in_context(
        context: &str,
        payload: &[u8],
        signer: &str,
        protected: Vec<u8>,
    ) -> Self {
        let structure = Value::Array(vec![
            Value::text("Signature1"),
            Value::bytes(&protected),
            Value::bytes(context.as_bytes()),
            Value::bytes(payload),
        ]);
        let digest = sha256_of(&structure.encode());
        Self {
            protected,
            unprotected: Value::Map(vec![]),
            payload: payload.to_vec(),
            signature: signature(signer, &digest),
            over: digest,
        }
    }

    /// The hash that the signature is over.
    pub(crate) const fn over(&self) -> &[u8; 32] {
        &self.over
    }

    /// What the digest of this kind of artefact is over the signed bytes.
    pub(crate) fn digest(&self, tag: &str) -> [u8; 32] {
        tagged(tag, &[&self.over])
    }

    pub(crate) fn value(&self) -> Value {
        let parts = vec![
            Value::bytes(&self.protected),
            self.unprotected.clone(),
            Value::bytes(&self.payload),
            Value::bytes(&self.signature),
        ];
        Value::Tag(18, Box::new(Value::Array(parts)))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.value().encode()
    }
}

/// The protected header of a signer.
pub(crate) fn protected(signer: &str) -> Vec<u8> {
    let kid = key_id(&public(signer));
    Value::Map(vec![(1, Value::Negative(6)), (4, Value::bytes(&kid))]).encode()
}

/// A payload with the detached signatures of several.
#[derive(Clone)]
pub(crate) struct Endorsed {
    pub(crate) kind: &'static str,
    pub(crate) payload: Vec<u8>,
    pub(crate) signatures: Vec<Signed>,
}

impl Endorsed {
    pub(crate) fn new(kind: &'static str, body: &Value, signers: &[&str]) -> Self {
        let payload = body.encode();
        let mut signers = signers.to_vec();
        signers.sort_by_key(|signer| key_id(&public(signer)));
        let signatures = signers.iter().map(|s| Signed::new(kind, &payload, s));
        Self {
            kind,
            signatures: signatures.collect(),
            payload,
        }
    }

    pub(crate) fn digest(&self, tag: &str) -> [u8; 32] {
        let context = format!("{CONTEXT}{}", self.kind);
        let parts: [&[u8]; 3] = [context.as_bytes(), &[0], &self.payload];
        tagged(tag, &[&tagged("himuro/content", &parts)])
    }

    pub(crate) fn value(&self) -> Value {
        let endorsement = |signed: &Signed| {
            let parts = vec![
                Value::bytes(&signed.protected),
                signed.unprotected.clone(),
                Value::Null,
                Value::bytes(&signed.signature),
            ];
            Value::Tag(18, Box::new(Value::Array(parts)))
        };
        Value::Array(vec![
            Value::bytes(&self.payload),
            Value::Array(self.signatures.iter().map(endorsement).collect()),
        ])
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.value().encode()
    }
}

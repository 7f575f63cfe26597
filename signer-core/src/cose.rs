//! COSE_Sign1 (RFC 9052) with ES256 over our own contexts.
//!
//! ```text
//! COSE_Sign1 = 18([ protected: bstr .cbor { 1: -7, 4: kid }, unprotected: {}, payload, signature ])
//! Sig_structure = [ "Signature1", protected, external_aad: context string, payload ]
//! ```
//!
//! The unprotected map is empty and the whole object is deterministic, so that no byte of it lies
//! outside the signature. S is low, so that a second form of a signature does not exist. The
//! context string names kind, purpose and network: what was signed as one kind never verifies as
//! another, nor a drill as live.

mod endorsed;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::codec::{self, CodecError};
use crate::digest::{KeyId, sha256_of, tagged};
use crate::keys::{P256PublicKey, Signature64, Verification};
use crate::phrase;
use crate::rule::Phrase;
use crate::signing::{OfficerOrder, SealOrder};
use crate::types::{Lang, Network, Purpose};

pub use endorsed::{Endorsed, Endorsement, EndorsementDraft};

/// Network and purpose of an artefact: part of its context string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Scope {
    /// The network.
    #[n(0)]
    pub network: Network,
    /// Live or drill.
    #[n(1)]
    pub purpose: Purpose,
}

impl Scope {
    /// In words, for a refusal.
    pub fn phrase(&self) -> Phrase {
        let network = self.network;
        match self.purpose {
            Purpose::Live => phrase!("live on {net}", "{net} の本番", net = network),
            Purpose::Drill => phrase!("a drill on {net}", "{net} の訓練", net = network),
        }
    }

    /// The context string of a kind of artefact in this scope.
    fn context(self, kind: &str) -> String {
        let purpose = match self.purpose {
            Purpose::Live => "live",
            Purpose::Drill => "drill",
        };
        format!("himuro/v1/{purpose}/{}/{kind}", self.network)
    }
}

/// Whose key signs a kind of artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// A device's identity key.
    Device,
    /// An officer's key.
    Officer,
}

/// A kind of artefact: its body is deterministic CBOR, its kind is in the context string.
pub trait Artefact: Encode<()> + for<'b> Decode<'b, ()> {
    /// The kind's name in the context string, for example `request`.
    const KIND: &'static str;
    /// Whose keys may sign it.
    const SIGNED_BY: SignedBy;
}

/// Why a signed artefact was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoseError {
    /// Not deterministic CBOR of the expected structure.
    Codec(CodecError),
    /// Signed by a key that is not known here.
    UnknownKey(KeyId),
    /// The signature does not verify in this context.
    BadSignature(KeyId),
    /// One key signed twice, or signatures are not in the order of their keys.
    Order(KeyId),
    /// Not signed at all.
    Unsigned,
}

impl CoseError {
    /// In words, for a refusal.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Codec(error) => error.phrase(),
            Self::UnknownKey(key) => phrase!(
                "signed by the unknown key {key}",
                "未知の鍵 {key} による署名",
                key = key
            ),
            Self::BadSignature(key) => phrase!(
                "the signature of key {key} does not verify",
                "鍵 {key} の署名が検証できない",
                key = key
            ),
            Self::Order(key) => phrase!(
                "key {key} signed twice or out of order",
                "鍵 {key} の署名が重複または順序違い",
                key = key
            ),
            Self::Unsigned => phrase!("not signed", "署名なし"),
        }
    }
}

impl fmt::Display for CoseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase().text(Lang::En))
    }
}

impl core::error::Error for CoseError {}

impl From<CodecError> for CoseError {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}

/// An artefact that is to be signed by one key.
#[derive(Debug)]
pub struct Draft<T> {
    body: T,
    payload: Vec<u8>,
    key: P256PublicKey,
    digest: [u8; 32],
}

impl<T: Artefact> Draft<T> {
    /// Prepares `body` for the signature of `key`.
    pub fn new(body: T, scope: Scope, key: P256PublicKey) -> Self {
        let payload = codec::encode(&body);
        let digest = sha256_of(&sig_structure::<T>(scope, &key.key_id(), &payload));
        Self {
            body,
            payload,
            key,
            digest,
        }
    }

    /// The artefact.
    pub const fn body(&self) -> &T {
        &self.body
    }

    /// The order for the device's HSM; `None` where the kind is not a device's to sign.
    pub fn seal_order(&self) -> Option<SealOrder> {
        (T::SIGNED_BY == SignedBy::Device).then(|| SealOrder::new(self.digest))
    }

    /// The order for an officer's token; `None` where the kind is not an officer's to sign.
    pub fn officer_order(&self) -> Option<OfficerOrder> {
        (T::SIGNED_BY == SignedBy::Officer).then(|| OfficerOrder::new(self.digest))
    }

    /// Takes the signature that was made and checks it.
    pub fn signed(self, signature: Signature64) -> Result<Signed<T>, CoseError> {
        let kid = self.key.key_id();
        if self.key.verifies(&self.digest, &signature) != Verification::Valid {
            return Err(CoseError::BadSignature(kid));
        }
        let sign1 = Sign1 {
            kid,
            payload: Some(self.payload),
            signature,
        };
        Ok(Signed {
            body: self.body,
            sign1,
            digest_input: self.digest,
        })
    }
}

/// An artefact with one verified signature.
#[derive(Clone, Debug)]
pub struct Signed<T> {
    body: T,
    sign1: Sign1,
    digest_input: [u8; 32],
}

impl<T: Artefact> Signed<T> {
    /// Reads and verifies an artefact; `keys` gives the public key of a key identifier.
    pub fn open(
        bytes: &[u8],
        scope: Scope,
        keys: impl Fn(&KeyId) -> Option<P256PublicKey>,
    ) -> Result<Self, CoseError> {
        let sign1: Sign1 = codec::decode(bytes)?;
        let payload = sign1.payload.as_deref().ok_or_else(detached)?;
        let digest = verify::<T>(scope, &sign1, payload, keys)?;
        let body = codec::decode(payload)?;
        Ok(Self {
            body,
            sign1,
            digest_input: digest,
        })
    }

    /// The same, of an artefact that names the keys by which it is signed. It is read once: points of
    /// keys cost more than the rest of a card.
    pub(crate) fn open_naming(
        bytes: &[u8],
        scope: Scope,
        keys: impl Fn(&T, &KeyId) -> Option<P256PublicKey>,
    ) -> Result<Self, CoseError> {
        let sign1: Sign1 = codec::decode(bytes)?;
        let payload = sign1.payload.as_deref().ok_or_else(detached)?;
        let body: T = codec::decode(payload)?;
        let digest = verify::<T>(scope, &sign1, payload, |kid| keys(&body, kid))?;
        Ok(Self {
            body,
            sign1,
            digest_input: digest,
        })
    }

    /// The artefact.
    pub const fn body(&self) -> &T {
        &self.body
    }

    /// Who signed.
    pub const fn signer(&self) -> KeyId {
        self.sign1.kid
    }

    /// The signed object.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&self.sign1)
    }

    /// Tagged SHA-256 of what was signed and by which key, never of signature bytes. `tag` is the
    /// tag of the artefact's digest type.
    pub fn digest(&self, tag: &str) -> [u8; 32] {
        tagged(tag, &[&self.digest_input])
    }
}

/// The body of a signed artefact, unverified: only to find out whose key is needed.
pub fn peek<T: Artefact>(bytes: &[u8]) -> Result<T, CoseError> {
    let sign1: Sign1 = codec::decode(bytes)?;
    Ok(codec::decode(
        sign1.payload.as_deref().ok_or_else(detached)?,
    )?)
}

/// The signatures on an artefact of any kind by the key `kid`. They are not verified, and there are
/// none on what is no artefact.
pub(crate) fn signatures_by(bytes: &[u8], kid: &KeyId) -> Vec<Signature64> {
    let single = codec::decode::<Sign1>(bytes).map(|sign1| alloc::vec![sign1]);
    let all = single.or_else(|_| endorsed::endorsements(bytes));
    let all = all.unwrap_or_default().into_iter();
    all.filter(|sign1| sign1.kid == *kid)
        .map(|sign1| sign1.signature)
        .collect()
}

/// COSE_Sign1 as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sign1 {
    kid: KeyId,
    payload: Option<Vec<u8>>,
    signature: Signature64,
}

/// CBOR tag of COSE_Sign1.
const COSE_SIGN1: u64 = 18;
/// ES256 in the COSE registry.
const ES256: i8 = -7;

impl<C> Encode<C> for Sign1 {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.tag(minicbor::data::Tag::new(COSE_SIGN1))?.array(4)?;
        e.bytes(&protected(&self.kid))?.map(0)?;
        match &self.payload {
            Some(payload) => e.bytes(payload)?,
            None => e.null()?,
        };
        e.bytes(&self.signature.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Sign1 {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        use minicbor::data::Type;
        use minicbor::decode::Error;
        if d.tag()?.as_u64() != COSE_SIGN1 || d.array()? != Some(4) {
            return Err(Error::message("not a COSE_Sign1"));
        }
        let kid = read_protected(d.bytes()?)?;
        if d.map()? != Some(0) {
            return Err(Error::message("the unprotected map must be empty"));
        }
        let payload = if d.datatype()? == Type::Null {
            d.null()?;
            None
        } else {
            Some(d.bytes()?.to_vec())
        };
        let signature = <[u8; 64]>::try_from(d.bytes()?)
            .map_err(|_| Error::message("an ES256 signature has 64 bytes"))?;
        Ok(Self {
            kid,
            payload,
            signature: Signature64(signature),
        })
    }
}

/// The protected header, encoded: `{1: -7, 4: kid}`.
fn protected(kid: &KeyId) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut e = Encoder::new(&mut bytes);
    // The writer is a Vec: its error type has no values.
    let _ = e
        .map(2)
        .and_then(|e| e.u8(1))
        .and_then(|e| e.i8(ES256))
        .and_then(|e| e.u8(4))
        .and_then(|e| e.bytes(kid.as_bytes()));
    bytes
}

fn read_protected(bytes: &[u8]) -> Result<KeyId, minicbor::decode::Error> {
    use minicbor::decode::Error;
    let mut d = Decoder::new(bytes);
    let known = d.map()? == Some(2) && d.u8()? == 1 && d.i8()? == ES256 && d.u8()? == 4;
    if !known {
        return Err(Error::message(
            "the protected header is not {alg: ES256, kid}",
        ));
    }
    let kid: KeyId = d.decode()?;
    if protected(&kid) == bytes {
        Ok(kid)
    } else {
        Err(Error::message("the protected header is not deterministic"))
    }
}

fn sig_structure<T: Artefact>(scope: Scope, kid: &KeyId, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut e = Encoder::new(&mut bytes);
    // The writer is a Vec: its error type has no values.
    let _ = e
        .array(4)
        .and_then(|e| e.str("Signature1"))
        .and_then(|e| e.bytes(&protected(kid)))
        .and_then(|e| e.bytes(scope.context(T::KIND).as_bytes()))
        .and_then(|e| e.bytes(payload));
    bytes
}

fn content_digest<T: Artefact>(scope: Scope, payload: &[u8]) -> [u8; 32] {
    tagged(
        "himuro/content",
        &[scope.context(T::KIND).as_bytes(), &[0], payload],
    )
}

/// Checks one signature; the digest that was signed.
fn verify<T: Artefact>(
    scope: Scope,
    sign1: &Sign1,
    payload: &[u8],
    keys: impl Fn(&KeyId) -> Option<P256PublicKey>,
) -> Result<[u8; 32], CoseError> {
    let key = keys(&sign1.kid).ok_or(CoseError::UnknownKey(sign1.kid))?;
    let digest = sha256_of(&sig_structure::<T>(scope, &sign1.kid, payload));
    // The caller's table could be wrong: the key must be the one that the identifier names.
    if key.key_id() != sign1.kid || key.verifies(&digest, &sign1.signature) != Verification::Valid {
        return Err(CoseError::BadSignature(sign1.kid));
    }
    Ok(digest)
}

fn detached() -> CodecError {
    CodecError::Malformed("the payload is missing".into())
}

#[cfg(test)]
mod tests;

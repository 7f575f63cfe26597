//! One artefact under many signatures: every signature on it is verified when it is read or added.

use alloc::vec::Vec;
use core::marker::PhantomData;

use minicbor::{Decode, Encode};

use super::{Artefact, CoseError, Scope, Sign1, SignedBy, content_digest, sig_structure, verify};
use crate::codec::{self, CodecError};
use crate::digest::{KeyId, sha256_of, tagged};
use crate::keys::{P256PublicKey, Signature64, Verification};
use crate::signing::{OfficerOrder, SealOrder};

/// An artefact that several keys sign: one payload, and one detached COSE_Sign1 for each key, in
/// ascending order of key identifiers.
#[derive(Clone, Debug)]
pub struct Endorsed<T> {
    body: T,
    payload: Vec<u8>,
    endorsements: Vec<Sign1>,
    digest_input: [u8; 32],
}

#[derive(Encode, Decode)]
struct EndorsedWire {
    #[n(0)]
    payload: codec::ByteString,
    #[n(1)]
    endorsements: Vec<Sign1>,
}

/// The endorsements of an artefact, unverified.
pub(super) fn endorsements(bytes: &[u8]) -> Result<Vec<Sign1>, CodecError> {
    codec::decode::<EndorsedWire>(bytes).map(|wire| wire.endorsements)
}

impl<T: Artefact> Endorsed<T> {
    /// An artefact that nobody has signed yet.
    pub fn new(body: T, scope: Scope) -> Self {
        let payload = codec::encode(&body);
        let digest_input = content_digest::<T>(scope, &payload);
        Self {
            body,
            payload,
            endorsements: Vec::new(),
            digest_input,
        }
    }

    /// Reads an artefact and verifies every signature on it. There may be none yet.
    pub fn open(
        bytes: &[u8],
        scope: Scope,
        keys: impl Fn(&KeyId) -> Option<P256PublicKey>,
    ) -> Result<Self, CoseError> {
        let wire: EndorsedWire = codec::decode(bytes)?;
        Self::verified(&wire, scope, keys)?;
        let body = codec::decode(&wire.payload.0)?;
        Ok(Self::of(body, wire, scope))
    }

    /// The same, of an artefact that names the keys by which it is signed. It is read once: points of
    /// keys cost more than the rest of a wallet record.
    pub(crate) fn open_naming<C>(
        bytes: &[u8],
        scope: Scope,
        help: &mut C,
        keys: impl Fn(&T, &KeyId) -> Option<P256PublicKey>,
    ) -> Result<Self, CoseError>
    where
        T: for<'b> Decode<'b, C>,
    {
        let wire: EndorsedWire = codec::decode(bytes)?;
        let body: T = codec::decode_with(&wire.payload.0, help)?;
        Self::verified(&wire, scope, |kid| keys(&body, kid))?;
        Ok(Self::of(body, wire, scope))
    }

    /// Every signature verifies, and they stand in the order of their keys.
    fn verified(
        wire: &EndorsedWire,
        scope: Scope,
        keys: impl Fn(&KeyId) -> Option<P256PublicKey>,
    ) -> Result<(), CoseError> {
        let mut last: Option<KeyId> = None;
        for sign1 in &wire.endorsements {
            if sign1.payload.is_some() {
                return Err(CodecError::Malformed("an endorsement has no payload".into()).into());
            }
            if last.is_some_and(|last| last >= sign1.kid) {
                return Err(CoseError::Order(sign1.kid));
            }
            verify::<T>(scope, sign1, &wire.payload.0, &keys)?;
            last = Some(sign1.kid);
        }
        Ok(())
    }

    fn of(body: T, wire: EndorsedWire, scope: Scope) -> Self {
        let payload = wire.payload.0;
        Self {
            digest_input: content_digest::<T>(scope, &payload),
            body,
            payload,
            endorsements: wire.endorsements,
        }
    }

    /// The body, with no signature looked at: to learn which keys are needed.
    pub fn peek(bytes: &[u8]) -> Result<T, CoseError> {
        let wire: EndorsedWire = codec::decode(bytes)?;
        Ok(codec::decode(&wire.payload.0)?)
    }

    /// What `key` is to sign.
    pub fn draft_for(&self, scope: Scope, key: &P256PublicKey) -> EndorsementDraft<T> {
        let kid = key.key_id();
        EndorsementDraft {
            digest: sha256_of(&sig_structure::<T>(scope, &kid, &self.payload)),
            key: *key,
            kind: PhantomData,
        }
    }

    /// Adds a signature; one that is already there is left as it is.
    pub fn add(&mut self, endorsement: Endorsement<T>) {
        let at = self
            .endorsements
            .binary_search_by(|known| known.kid.cmp(&endorsement.0.kid));
        if let Err(place) = at {
            self.endorsements.insert(place, endorsement.0);
        }
    }

    /// Adds the signatures of `other`, which must be over the same content.
    pub fn merge(&mut self, other: Self) -> Result<(), CodecError> {
        if other.payload != self.payload {
            return Err(CodecError::Malformed("signed over other content".into()));
        }
        for sign1 in other.endorsements {
            self.add(Endorsement(sign1, PhantomData));
        }
        Ok(())
    }

    /// The artefact.
    pub const fn body(&self) -> &T {
        &self.body
    }

    /// Who signed, in ascending order.
    pub fn signers(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.endorsements.iter().map(|sign1| sign1.kid)
    }

    /// Payload and signatures.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&EndorsedWire {
            payload: codec::ByteString(self.payload.clone()),
            endorsements: self.endorsements.clone(),
        })
    }

    /// Tagged SHA-256 of context and payload: the same whoever has signed. `tag` is the tag of the
    /// artefact's digest type.
    pub fn digest(&self, tag: &str) -> [u8; 32] {
        tagged(tag, &[&self.digest_input])
    }
}

/// One key's signature on an [`Endorsed`] artefact, to be made.
#[derive(Debug)]
pub struct EndorsementDraft<T> {
    digest: [u8; 32],
    key: P256PublicKey,
    kind: PhantomData<T>,
}

impl<T: Artefact> EndorsementDraft<T> {
    /// The order for the device's HSM; `None` where the kind is not a device's to sign.
    pub fn seal_order(&self) -> Option<SealOrder> {
        (T::SIGNED_BY == SignedBy::Device).then(|| SealOrder::new(self.digest))
    }

    /// The order for an officer's token; `None` where the kind is not an officer's to sign.
    pub fn officer_order(&self) -> Option<OfficerOrder> {
        (T::SIGNED_BY == SignedBy::Officer).then(|| OfficerOrder::new(self.digest))
    }

    /// Takes the signature that was made and checks it.
    pub fn signed(self, signature: Signature64) -> Result<Endorsement<T>, CoseError> {
        let kid = self.key.key_id();
        if self.key.verifies(&self.digest, &signature) != Verification::Valid {
            return Err(CoseError::BadSignature(kid));
        }
        Ok(Endorsement(
            Sign1 {
                kid,
                payload: None,
                signature,
            },
            PhantomData,
        ))
    }
}

/// One key's verified signature on an [`Endorsed`] artefact.
#[derive(Debug)]
pub struct Endorsement<T>(Sign1, PhantomData<T>);

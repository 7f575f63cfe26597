//! Orders to a token. What a token is asked to sign is always one of these.

use bitcoin::secp256k1::PublicKey;

use crate::digest::{DeviceId, tagged};
use crate::keys::{CkaId, P256PublicKey, Signature64};
use crate::ledger::RValues;
use crate::rule::Refusal;
use crate::types::InputIndex;

use super::rules;

/// A key of this device that an input asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletKeyRef {
    /// Where it is on the token.
    pub id: CkaId,
    /// The registered public key.
    pub public_key: PublicKey,
}

/// Sign one input of a confirmed transaction. Made only from a `ConfirmedTx`.
#[derive(Debug)]
pub struct SighashOrder {
    input: InputIndex,
    key: WalletKeyRef,
    sighash: [u8; 32],
}

impl SighashOrder {
    /// The order for one input; only the signing stage makes it.
    pub(in crate::signing) const fn new(
        input: InputIndex,
        key: WalletKeyRef,
        sighash: [u8; 32],
    ) -> Self {
        Self {
            input,
            key,
            sighash,
        }
    }

    /// The input.
    pub const fn input(&self) -> InputIndex {
        self.input
    }

    /// The key.
    pub const fn key(&self) -> WalletKeyRef {
        self.key
    }

    /// The 32 bytes that CKM_ECDSA gets.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.sighash
    }
}

/// Prove that a wallet key is there: a signature over a tagged hash of device, key and a nonce of
/// the device's own. Never 32 bytes of somebody else's.
#[derive(Debug)]
pub struct PossessionOrder {
    key: WalletKeyRef,
    digest: [u8; 32],
}

impl PossessionOrder {
    /// The tag of the digest.
    pub const TAG: &'static str = "himuro/possession";

    /// The order to prove `key` of `device`, fresh by `nonce`.
    pub fn new(device: &DeviceId, key: WalletKeyRef, nonce: [u8; 32]) -> Self {
        let digest = tagged(
            Self::TAG,
            &[
                device.as_bytes(),
                &key.id.to_bytes(),
                &key.public_key.serialize(),
                &nonce,
            ],
        );
        Self { key, digest }
    }

    /// The key.
    pub const fn key(&self) -> WalletKeyRef {
        self.key
    }

    /// The 32 bytes that CKM_ECDSA gets.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Judges the proof that the HSM made for this order, as strictly as a signature over a
    /// transaction; `before` are the r values of all that was made before it.
    ///
    /// # Errors
    /// SIG01 to SIG03.
    pub fn judge(&self, proof: &Signature64, before: &RValues) -> Result<(), Refusal> {
        rules::sig01(&rules::Libraries::ready(), self, proof)?;
        rules::sig02(self, proof)?;
        rules::sig03(self, proof, &RValues::new(), before)
    }
}

/// Seal one of our artefacts with the device's identity key. Made by [`crate::cose::Draft`].
#[derive(Debug)]
pub struct SealOrder {
    digest: [u8; 32],
}

impl SealOrder {
    pub(crate) const fn new(digest: [u8; 32]) -> Self {
        Self { digest }
    }

    /// The 32 bytes that CKM_ECDSA gets: SHA-256 of the COSE Sig_structure (ES256).
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// Sign one of our artefacts with an officer's key. Made by [`crate::cose::Draft`].
#[derive(Debug)]
pub struct OfficerOrder {
    digest: [u8; 32],
}

impl OfficerOrder {
    pub(crate) const fn new(digest: [u8; 32]) -> Self {
        Self { digest }
    }

    /// The 32 bytes that CKM_ECDSA gets: SHA-256 of the COSE Sig_structure (ES256).
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// The only door to a device's keys.
///
/// Implementations return r||s as the token made it, normalised to low S. Whether it verifies is
/// judged by this crate, not by the token.
pub trait SigningHsm {
    /// What can go wrong at the token.
    type Error: core::error::Error;

    /// The identity key's public part.
    fn identity(&self) -> P256PublicKey;

    /// Signs one input.
    fn sign(&mut self, order: &SighashOrder) -> Result<Signature64, Self::Error>;

    /// Proves possession of one wallet key.
    fn prove(&mut self, order: &PossessionOrder) -> Result<Signature64, Self::Error>;

    /// Seals an artefact with the identity key.
    fn seal(&mut self, order: &SealOrder) -> Result<Signature64, Self::Error>;
}

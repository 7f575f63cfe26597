//! A device without an HSM: its keys are in memory, made from its name.

use alloc::vec::Vec;
use core::convert::Infallible;

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey};

use super::{SCOPE, id, label, p256_key, p256_public, p256_sign, pool};
use crate::cose::{Artefact, Draft, Signed};
use crate::digest::{DeviceId, FileDigest, RootDigest, sha256_of, tagged};
use crate::keys::{CkaId, Fingerprint, P256PublicKey, Signature64};
use crate::signing::{PossessionOrder, SealOrder, SighashOrder, SigningHsm, WalletKeyRef};
use crate::token::{
    AnchorStore, Assurance, Evidence, FipsClaim, Flag, HsmFacts, KeyAttribute, KeyAttributes,
    KeyStorage, Line, LoginKind, Relaxations,
};
use crate::types::{Chain, KeyIndex};
use crate::wallet::{DeviceCard, PoolCard, PoolKey};

/// ECDSA by hand, on either curve: r is the x coordinate of k * G, s = (z + r * d) / k.
macro_rules! by_nonce {
    ($curve:ident, $secret:expr, $digest:expr, $nonce:expr) => {{
        use $curve::elliptic_curve::Group as _;
        use $curve::elliptic_curve::ops::Reduce as _;
        use $curve::elliptic_curve::point::AffineCoordinates as _;
        use $curve::{FieldBytes, ProjectivePoint, Scalar};

        let scalar = |bytes: [u8; 32]| Scalar::reduce(&FieldBytes::from(bytes));
        let nonce: Scalar = $nonce;
        let r = scalar(
            (ProjectivePoint::generator() * nonce)
                .to_affine()
                .x()
                .into(),
        );
        let s = nonce.invert().unwrap() * (scalar(*$digest) + r * scalar($secret));
        let made = $curve::ecdsa::Signature::from_scalars(r, s).unwrap();
        Signature64(made.to_bytes().into())
    }};
}

/// A device in software. It makes the same keys and signatures on every run.
#[derive(Clone, Debug)]
pub(crate) struct SoftDevice {
    name: &'static str,
}

impl SoftDevice {
    /// The device of this name.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// Its identity.
    pub(crate) fn id(&self) -> DeviceId {
        self.identity().device_id()
    }

    /// Its fingerprint.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.id())
    }

    fn secret(&self, id: CkaId) -> SecretKey {
        let seed = tagged("test/wallet-key", &[self.name.as_bytes(), &id.to_bytes()]);
        SecretKey::from_slice(&seed).unwrap()
    }

    /// One of its wallet keys.
    pub(crate) fn key(&self, number: u32, chain: Chain, index: u32) -> WalletKeyRef {
        let id = CkaId::wallet(self.fingerprint(), pool(number), chain, KeyIndex(index));
        WalletKeyRef {
            id,
            public_key: PublicKey::from_secret_key(&Secp256k1::new(), &self.secret(id)),
        }
    }

    /// A signature of one of its wallet keys.
    pub(crate) fn sign_digest(&self, key: CkaId, digest: &[u8; 32]) -> Signature64 {
        let message = Message::from_digest(*digest);
        let signature = Secp256k1::new().sign_ecdsa(&message, &self.secret(key));
        Signature64(signature.serialize_compact())
    }

    /// A valid signature of one of its wallet keys with a nonce that the test chooses, as no HSM
    /// may make it.
    pub(crate) fn sign_with(&self, key: &CkaId, digest: &[u8; 32], nonce: u8) -> Signature64 {
        self.sign_by(key, digest, k256::Scalar::from(u32::from(nonce)))
    }

    /// The same with the negative of that nonce.
    pub(crate) fn sign_with_negative(
        &self,
        key: &CkaId,
        digest: &[u8; 32],
        nonce: u8,
    ) -> Signature64 {
        self.sign_by(key, digest, -k256::Scalar::from(u32::from(nonce)))
    }

    fn sign_by(&self, key: &CkaId, digest: &[u8; 32], nonce: k256::Scalar) -> Signature64 {
        let secret = self.secret(*key).secret_bytes();
        let made = by_nonce!(k256, secret, digest, nonce);
        made.low_s_k256().unwrap()
    }

    /// Its identity key's signature with a nonce that the test chooses.
    pub(crate) fn seal_with_nonce(&self, order: &SealOrder, nonce: u8) -> Signature64 {
        let secret = p256_key(self.name).to_bytes().into();
        let nonce = p256::Scalar::from(u64::from(nonce));
        let made = by_nonce!(p256, secret, order.digest(), nonce);
        made.low_s_p256().unwrap()
    }

    /// Its identity key's signature.
    pub(crate) fn seal_with(&self, order: &SealOrder) -> Signature64 {
        p256_sign(&p256_key(self.name), order.digest())
    }

    /// An artefact sealed by it.
    pub(crate) fn seal<T: Artefact>(&self, body: T) -> Signed<T> {
        let draft = Draft::new(body, SCOPE, self.identity());
        let signature = self.seal_with(&draft.seal_order().unwrap());
        draft.signed(signature).unwrap()
    }

    /// Its card with these pools.
    pub(crate) fn card(&self, root: RootDigest, pools: &[u32]) -> DeviceCard {
        let nonce = sha256_of(self.name.as_bytes());
        DeviceCard {
            version: 1,
            scope: SCOPE,
            root,
            name: id(self.name),
            site: label(&alloc::format!("Vault {}", self.name)),
            identity: self.identity(),
            generation: 1,
            nonce,
            pools: pools
                .iter()
                .map(|number| self.pool_card(*number, super::KEYS, nonce))
                .collect(),
            hsm: self.hsm(),
            predecessor: None,
            acceptance: None,
        }
    }

    /// Its HSM: its own, and of another vendor in the west.
    fn hsm(&self) -> HsmFacts {
        let vendor = match self.name {
            "west" => "somebody",
            _ => "nobody",
        };
        HsmFacts {
            vendor: Line::lossy(vendor),
            serial: Line::lossy(self.name),
            ..hsm_facts()
        }
    }

    /// The public side of a pool with so many keys on each chain.
    pub(crate) fn pool_card(&self, number: u32, keys: u32, nonce: [u8; 32]) -> PoolCard {
        let chain = |chain| -> Vec<PoolKey> {
            let keys = (0..keys).map(|index| self.key(number, chain, index));
            keys.map(|key| self.proven(key, nonce)).collect()
        };
        PoolCard {
            pool: pool(number),
            receive: chain(Chain::Receive),
            change: chain(Chain::Change),
            attributes: born_in_hsm(),
            evidence: Evidence::Declared,
        }
    }

    fn proven(&self, key: WalletKeyRef, nonce: [u8; 32]) -> PoolKey {
        let order = PossessionOrder::new(&self.id(), key, nonce);
        PoolKey {
            public_key: key.public_key,
            possession: self.sign_digest(key.id, order.digest()),
        }
    }
}

impl SigningHsm for SoftDevice {
    type Error = Infallible;

    fn identity(&self) -> P256PublicKey {
        p256_public(&p256_key(self.name))
    }

    fn sign(&mut self, order: &SighashOrder) -> Result<Signature64, Infallible> {
        Ok(self.sign_digest(order.key().id, order.digest()))
    }

    fn prove(&mut self, order: &PossessionOrder) -> Result<Signature64, Infallible> {
        Ok(self.sign_digest(order.key().id, order.digest()))
    }

    fn seal(&mut self, order: &SealOrder) -> Result<Signature64, Infallible> {
        Ok(self.seal_with(order))
    }
}

/// What a key born and kept in an HSM says.
pub(crate) fn born_in_hsm() -> KeyAttributes {
    use KeyAttribute as A;
    let yes = |attribute| {
        matches!(
            attribute,
            A::Token
                | A::Private
                | A::Sensitive
                | A::AlwaysSensitive
                | A::NeverExtractable
                | A::Local
                | A::Sign
                | A::Destroyable
        )
    };
    KeyAttributes::read(|a| if yes(a) { Flag::True } else { Flag::False }, None)
}

/// A test-only HSM.
pub(crate) fn hsm_facts() -> HsmFacts {
    HsmFacts {
        vendor: Line::lossy("nobody"),
        model: Line::lossy("in memory"),
        serial: Line::lossy("1"),
        firmware: Line::lossy("1.0"),
        hardware: Line::lossy("1.0"),
        label: Line::lossy("test"),
        module_library: Line::lossy("none"),
        module_version: Line::lossy("1.0"),
        module_digest: FileDigest::over(&[b"module"]),
        profile: id("test"),
        profile_digest: FileDigest::over(&[b"profile"]),
        assurance: Assurance::TestOnly,
        key_storage: KeyStorage::Software,
        fips: FipsClaim::Never(Line::lossy("software")),
        relaxations: Relaxations::none(),
        unverified: Vec::new(),
        login: LoginKind::Pin,
        anchor: AnchorStore::DataObject,
    }
}

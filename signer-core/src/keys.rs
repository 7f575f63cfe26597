//! Keys as they are named: on a token, in a signature, in a wallet. Public parts only.

use core::fmt;

use bitcoin::secp256k1::PublicKey;
use minicbor::{Decode, Encode};
use p256::ecdsa::signature::hazmat::PrehashVerifier;

use crate::digest::{DeviceId, KeyId};
use crate::types::{Chain, KeyIndex, PoolNumber};

/// First four bytes of a device's [`DeviceId`]: its fingerprint in derivation paths and `CKA_ID`.
///
/// Two devices of one wallet may not share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Fingerprint(#[cbor(n(0), with = "minicbor::bytes")] [u8; 4]);

impl Fingerprint {
    /// The fingerprint of `device`.
    pub const fn of(device: &DeviceId) -> Self {
        let [a, b, c, d, ..] = *device.as_bytes();
        Self([a, b, c, d])
    }

    /// Takes four bytes as read from a token or a PSBT.
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The four bytes.
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::digest::hex(&self.0))
    }
}

/// What a key on a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyRole {
    /// The device's identity key (P-256).
    Identity,
    /// A wallet key of a pool (secp256k1).
    Wallet,
    /// An officer's key on the officer's own token (P-256).
    Officer,
    /// A throw-away key of an acceptance test (secp256k1, as a wallet key).
    Acceptance,
    /// A throw-away key that signs the report of an acceptance test (P-256).
    AcceptanceSeal,
}

impl KeyRole {
    const fn number(self) -> u8 {
        match self {
            Self::Identity => 1,
            Self::Wallet => 2,
            Self::Officer => 3,
            Self::Acceptance => 4,
            Self::AcceptanceSeal => 5,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        [
            Self::Identity,
            Self::Wallet,
            Self::Officer,
            Self::Acceptance,
            Self::AcceptanceSeal,
        ]
        .into_iter()
        .find(|role| role.number() == number)
    }
}

/// `CKA_ID` of a key, 16 bytes big-endian: version, role, pool u32, chain, 0, index u32,
/// fingerprint 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CkaId {
    /// What the key is for.
    pub role: KeyRole,
    /// Pool; 0 for keys outside pools.
    pub pool: PoolNumber,
    /// Chain; `Receive` for keys outside pools.
    pub chain: Chain,
    /// Index in the chain; 0 for keys outside pools.
    pub index: KeyIndex,
    /// The device; all zero for an identity key, which is born before the device has a name, and
    /// for officer keys.
    pub fingerprint: Fingerprint,
}

/// Version of the `CKA_ID` layout.
const CKA_ID_VERSION: u8 = 1;

impl CkaId {
    /// The identifier of a key that belongs to no pool.
    pub const fn single(role: KeyRole) -> Self {
        Self {
            role,
            pool: PoolNumber(0),
            chain: Chain::Receive,
            index: KeyIndex(0),
            fingerprint: Fingerprint::from_bytes([0; 4]),
        }
    }

    /// The identifier of a wallet key.
    pub const fn wallet(
        device: Fingerprint,
        pool: PoolNumber,
        chain: Chain,
        index: KeyIndex,
    ) -> Self {
        Self {
            role: KeyRole::Wallet,
            pool,
            chain,
            index,
            fingerprint: device,
        }
    }

    /// The 16 bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        let [p0, p1, p2, p3] = self.pool.0.to_be_bytes();
        let [i0, i1, i2, i3] = self.index.0.to_be_bytes();
        let [f0, f1, f2, f3] = self.fingerprint.to_bytes();
        let (role, chain) = (self.role.number(), self.chain.number());
        [
            CKA_ID_VERSION,
            role,
            p0,
            p1,
            p2,
            p3,
            chain,
            0,
            i0,
            i1,
            i2,
            i3,
            f0,
            f1,
            f2,
            f3,
        ]
    }

    /// Reads 16 bytes; `None` where they are not one of ours.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [
            version,
            role,
            p0,
            p1,
            p2,
            p3,
            chain,
            zero,
            i0,
            i1,
            i2,
            i3,
            f0,
            f1,
            f2,
            f3,
        ] = *<&[u8; 16]>::try_from(bytes).ok()?;
        if version != CKA_ID_VERSION || zero != 0 {
            return None;
        }
        Some(Self {
            role: KeyRole::from_number(role)?,
            pool: PoolNumber(u32::from_be_bytes([p0, p1, p2, p3])),
            chain: match chain {
                0 => Chain::Receive,
                1 => Chain::Change,
                _ => return None,
            },
            index: KeyIndex(u32::from_be_bytes([i0, i1, i2, i3])),
            fingerprint: Fingerprint::from_bytes([f0, f1, f2, f3]),
        })
    }
}

impl<C> Encode<C> for CkaId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.to_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for CkaId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::from_bytes(d.bytes()?)
            .ok_or_else(|| minicbor::decode::Error::message("not a CKA_ID of ours"))
    }
}

impl fmt::Display for CkaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::digest::hex(&self.to_bytes()))
    }
}

/// The compressed point of a key on either curve, as it stands on a token: to be compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct KeyPoint(#[cbor(n(0), with = "minicbor::bytes")] [u8; 33]);

impl KeyPoint {
    /// The 33 bytes of SEC1.
    pub const fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }
}

impl From<PublicKey> for KeyPoint {
    fn from(key: PublicKey) -> Self {
        Self(key.serialize())
    }
}

impl From<P256PublicKey> for KeyPoint {
    fn from(key: P256PublicKey) -> Self {
        Self(key.compressed)
    }
}

impl fmt::Debug for KeyPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPoint({self})")
    }
}

impl fmt::Display for KeyPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::digest::hex(&self.0))
    }
}

/// The first byte of a SEC1 point with both coordinates.
const UNCOMPRESSED: u8 = 4;

/// A P-256 public key (compressed, checked to be on the curve): a device's identity or an
/// officer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct P256PublicKey {
    compressed: [u8; 33],
    /// Found once: a square root for each signature would be a part of verifying it.
    y: [u8; 32],
}

impl P256PublicKey {
    /// Takes a SEC1 point, compressed or not.
    pub fn from_sec1(bytes: &[u8]) -> Option<Self> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).ok()?;
        let whole = key.to_sec1_point(false);
        let (_, y) = whole.as_bytes().split_last_chunk::<32>()?;
        Some(Self {
            compressed: key.to_sec1_point(true).as_bytes().try_into().ok()?,
            y: *y,
        })
    }

    /// The compressed point.
    pub const fn as_bytes(&self) -> &[u8; 33] {
        &self.compressed
    }

    /// The identifier by which signatures name this key.
    pub fn key_id(&self) -> KeyId {
        KeyId::over(&[&self.compressed])
    }

    /// The device whose identity key this is.
    pub fn device_id(&self) -> DeviceId {
        DeviceId::over(&[&self.compressed])
    }

    /// Whether `signature` is a low-S signature of this key over `digest`.
    pub fn verifies(&self, digest: &[u8; 32], signature: &Signature64) -> Verification {
        // Uncompressed: the curve equation is checked all the same.
        let [_, x @ ..] = &self.compressed;
        let whole = [&[UNCOMPRESSED], &x[..], &self.y[..]].concat();
        let parsed = p256::ecdsa::VerifyingKey::from_sec1_bytes(&whole)
            .and_then(|key| Ok((key, p256::ecdsa::Signature::from_slice(&signature.0)?)));
        match parsed {
            Ok((key, sig)) if sig.normalize_s() == sig => {
                if key.verify_prehash(digest, &sig).is_ok() {
                    Verification::Valid
                } else {
                    Verification::Invalid
                }
            }
            _ => Verification::Invalid,
        }
    }
}

/// The outcome of checking one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verification {
    /// The signature is the key's, over exactly this digest.
    Valid,
    /// It is not.
    Invalid,
}

impl fmt::Debug for P256PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P256PublicKey({})", crate::digest::hex(&self.compressed))
    }
}

impl<C> Encode<C> for P256PublicKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.compressed)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for P256PublicKey {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes = d.bytes()?;
        if bytes.len() != 33 {
            return Err(minicbor::decode::Error::message(
                "a public key has 33 bytes",
            ));
        }
        Self::from_sec1(bytes)
            .ok_or_else(|| minicbor::decode::Error::message("not a point of P-256"))
    }
}

/// A signature as an HSM returns it and COSE carries it: r and s, 32 bytes each, big-endian.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Signature64(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 64]);

impl Signature64 {
    /// The r value.
    pub fn r(&self) -> [u8; 32] {
        let (r, _) = self.0.as_chunks::<32>();
        r.first().copied().unwrap_or_default()
    }

    /// The s value.
    pub fn s(&self) -> [u8; 32] {
        let (halves, _) = self.0.as_chunks::<32>();
        halves.get(1).copied().unwrap_or_default()
    }

    /// The same P-256 signature with a low S; `None` where r or s is out of range.
    pub fn low_s_p256(&self) -> Option<Self> {
        let signature = p256::ecdsa::Signature::from_slice(&self.0).ok()?;
        Some(Self(signature.normalize_s().to_bytes().into()))
    }

    /// The same secp256k1 signature with a low S; `None` where r or s is out of range.
    pub fn low_s_k256(&self) -> Option<Self> {
        let signature = k256::ecdsa::Signature::from_slice(&self.0).ok()?;
        Some(Self(signature.normalize_s().to_bytes().into()))
    }
}

impl fmt::Debug for Signature64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature64({})", crate::digest::hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cka_id_reads_back_and_refuses_what_is_not_ours() {
        let id = CkaId::wallet(
            Fingerprint::from_bytes([1, 2, 3, 4]),
            PoolNumber(7),
            Chain::Change,
            KeyIndex(0x0001_0203),
        );
        let bytes = id.to_bytes();
        assert_eq!(
            crate::digest::hex(&bytes),
            "01020000000701000001020301020304"
        );
        assert_eq!(CkaId::from_bytes(&bytes), Some(id));
        for (place, wrong) in [(0, 2), (1, 9), (6, 2), (7, 1)] {
            let mut other = bytes;
            other[place] = wrong;
            assert_eq!(CkaId::from_bytes(&other), None, "byte {place}");
        }
        assert_eq!(CkaId::from_bytes(&bytes[1..]), None);
    }
}

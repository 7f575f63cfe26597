//! Curves by their OID, and public keys from `CKA_EC_POINT`.

use bitcoin::secp256k1;
use signer_core::keys::{KeyPoint, KeyRole, P256PublicKey};

use crate::profile::PointForm;

/// A curve that we make keys on. Always named by its OID: names are refused by several modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    Secp256k1,
    P256,
}

impl Curve {
    /// Wallet keys are on Bitcoin's curve and nothing else is: an approval can never be read as a
    /// Bitcoin signature. Throw-away keys of the acceptance test stand for wallet keys.
    pub(crate) const fn of(role: KeyRole) -> Self {
        match role {
            KeyRole::Wallet | KeyRole::Acceptance => Self::Secp256k1,
            KeyRole::Identity | KeyRole::Officer | KeyRole::AcceptanceSeal => Self::P256,
        }
    }

    /// DER of the object identifier.
    pub(crate) const fn oid(self) -> &'static [u8] {
        match self {
            Self::Secp256k1 => &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a],
            Self::P256 => &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        }
    }
}

/// A public key that was checked to be a point of its curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicPart {
    Secp256k1(secp256k1::PublicKey),
    P256(P256PublicKey),
}

impl PublicPart {
    /// Reads `CKA_EC_POINT` in the forms that the profile allows.
    pub(crate) fn read(curve: Curve, form: PointForm, value: &[u8]) -> Option<Self> {
        let point = sec1(form, value)?;
        match curve {
            Curve::Secp256k1 => secp256k1::PublicKey::from_slice(point)
                .ok()
                .map(Self::Secp256k1),
            Curve::P256 => P256PublicKey::from_sec1(point).map(Self::P256),
        }
    }
}

impl From<PublicPart> for KeyPoint {
    fn from(part: PublicPart) -> Self {
        match part {
            PublicPart::Secp256k1(key) => key.into(),
            PublicPart::P256(key) => key.into(),
        }
    }
}

/// The SEC1 point: 65 bytes beginning with 04, or 33 beginning with 02 or 03; bare, or in a DER
/// OCTET STRING of exactly that length. The lengths cannot be mistaken for each other.
fn sec1(form: PointForm, value: &[u8]) -> Option<&[u8]> {
    let (der, raw) = match form {
        PointForm::Der => (true, false),
        PointForm::Raw => (false, true),
        PointForm::Either => (true, true),
    };
    let point = match value {
        [0x04, 65, point @ ..] if der && point.len() == 65 => point,
        [0x04, 33, point @ ..] if der && point.len() == 33 => point,
        point if raw && matches!(point.len(), 33 | 65) => point,
        _ => return None,
    };
    match (point.len(), point.first()) {
        (65, Some(0x04)) | (33, Some(0x02 | 0x03)) => Some(point),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The generator of secp256k1.
    fn generator() -> secp256k1::PublicKey {
        let text = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
        text.parse().unwrap()
    }

    fn der(point: &[u8]) -> Vec<u8> {
        let mut value = vec![0x04, u8::try_from(point.len()).unwrap()];
        value.extend_from_slice(point);
        value
    }

    fn read(form: PointForm, value: &[u8]) -> Option<PublicPart> {
        PublicPart::read(Curve::Secp256k1, form, value)
    }

    #[test]
    fn takes_both_points_bare_and_in_der() {
        let (long, short) = (
            generator().serialize_uncompressed(),
            generator().serialize(),
        );
        let expected = Some(PublicPart::Secp256k1(generator()));
        for point in [long.as_slice(), short.as_slice()] {
            assert_eq!(read(PointForm::Raw, point), expected);
            assert_eq!(read(PointForm::Der, &der(point)), expected);
            assert_eq!(read(PointForm::Either, point), expected);
            assert_eq!(read(PointForm::Either, &der(point)), expected);
        }
    }

    #[test]
    fn takes_only_the_form_of_the_profile() {
        let point = generator().serialize_uncompressed();
        assert_eq!(read(PointForm::Der, &point), None);
        assert_eq!(read(PointForm::Raw, &der(&point)), None);
    }

    #[test]
    fn refuses_what_is_off_the_curve_or_of_another_length() {
        let mut off = generator().serialize_uncompressed();
        off[64] ^= 1;
        assert_eq!(read(PointForm::Either, &off), None);
        let hybrid = {
            let mut point = generator().serialize_uncompressed();
            point[0] = 0x06;
            point
        };
        assert_eq!(read(PointForm::Either, &hybrid), None);
        for len in [0, 1, 32, 34, 64, 66, 67, 68] {
            assert_eq!(read(PointForm::Either, &vec![0x04; len]), None, "{len}");
        }
    }

    #[test]
    fn one_curve_does_not_pass_for_the_other() {
        let point = generator().serialize_uncompressed();
        assert_eq!(PublicPart::read(Curve::P256, PointForm::Raw, &point), None);
    }
}

//! The file of a split PIN: one sealed share for each holder (`docs/formats/shares.cddl`).

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::{Credential, PinSplit};
use crate::codec::{self, ByteString};
use crate::cose::Scope;
use crate::digest::{DeviceId, SharesDigest};
use crate::types::OfficerId;

/// The sealed shares of one PIN.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ShareSet {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The device whose token it is.
    #[n(2)]
    pub device: DeviceId,
    /// Whose PIN.
    #[n(3)]
    pub credential: Credential,
    /// Number of the set.
    #[n(4)]
    pub number: u32,
    /// How many shares make the PIN.
    #[n(5)]
    pub threshold: u8,
    /// How a key is made of a passphrase.
    #[n(6)]
    pub kdf: Kdf,
    /// The shares, in ascending order of their holders.
    #[n(7)]
    pub shares: Vec<SealedShare>,
}

/// The costs of Argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Kdf {
    /// Memory, in KiB.
    #[n(0)]
    pub memory: u32,
    /// Passes.
    #[n(1)]
    pub passes: u32,
    /// Lanes.
    #[n(2)]
    pub lanes: u32,
}

impl Kdf {
    /// What new sets use: the second choice of RFC 9106 section 4, in one lane.
    pub const USUAL: Self = Self {
        memory: 64 << 10,
        passes: 3,
        lanes: 1,
    };
}

/// One holder's share, sealed under a key of the holder's passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedShare {
    /// Who holds it.
    #[n(0)]
    pub holder: OfficerId,
    /// Salt of the passphrase.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub salt: [u8; 16],
    /// Nonce of XChaCha20-Poly1305.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub nonce: [u8; 24],
    /// The share and its tag.
    #[n(3)]
    pub sealed: ByteString,
}

impl ShareSet {
    /// What a share is sealed together with: it opens in this set of this device for this holder, and
    /// nowhere else.
    pub fn about(&self, holder: &OfficerId) -> Vec<u8> {
        let head = Self {
            shares: Vec::new(),
            ..self.clone()
        };
        [codec::encode(&head), codec::encode(holder)].concat()
    }

    /// The digest that the journal holds.
    pub fn digest(&self) -> SharesDigest {
        SharesDigest::over(&[&codec::encode(self)])
    }

    /// What the journal says of it.
    pub fn announcement(&self) -> PinSplit {
        PinSplit {
            credential: self.credential,
            number: self.number,
            shares: self.digest(),
            threshold: self.threshold,
            holders: self.shares.iter().map(|s| s.holder.clone()).collect(),
        }
    }

    /// The share of this holder.
    pub fn of(&self, holder: &OfficerId) -> Option<&SealedShare> {
        self.shares.iter().find(|share| share.holder == *holder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SCOPE, id};

    fn set() -> ShareSet {
        ShareSet {
            version: 1,
            scope: SCOPE,
            device: DeviceId::over(&[]),
            credential: Credential::User,
            number: 1,
            threshold: 2,
            kdf: Kdf::USUAL,
            shares: Vec::new(),
        }
    }

    #[test]
    fn a_share_belongs_to_its_set_and_holder() {
        let (a, b) = (id("operator.a"), id("operator.b"));
        let about = set().about(&a);
        assert_eq!(about, set().about(&a));
        assert_ne!(about, set().about(&b));
        let changes: [fn(&mut ShareSet); 5] = [
            |s| s.number = 2,
            |s| s.threshold = 1,
            |s| s.credential = Credential::SecurityOfficer,
            |s| s.device = DeviceId::over(&[b"another"]),
            |s| s.kdf.memory = 8,
        ];
        for change in changes {
            let mut other = set();
            change(&mut other);
            assert_ne!(about, other.about(&a));
        }
    }
}

//! Device cards: what a device says of itself and of its pools.

use alloc::vec::Vec;

use bitcoin::secp256k1::PublicKey;
use minicbor::{Decode, Encode};

use crate::codec;
use crate::cose::{Artefact, Scope, SignedBy};
use crate::digest::{CardDigest, RootDigest};
use crate::keys::{CkaId, Fingerprint, P256PublicKey, Signature64};
use crate::signing::WalletKeyRef;
use crate::token::{AcceptanceRecord, Evidence, HsmFacts, KeyAttributes};
use crate::types::{Chain, Id, KeyIndex, Label, PoolNumber};

/// A device and its pools, signed by the device's identity key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeviceCard {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The root under which the device was commissioned.
    #[n(2)]
    pub root: RootDigest,
    /// The device's name.
    #[n(3)]
    pub name: Id,
    /// Where it stands.
    #[n(4)]
    pub site: Label,
    /// Its identity key.
    #[n(5)]
    pub identity: P256PublicKey,
    /// Raised each time the HSM behind the name is replaced.
    #[n(6)]
    pub generation: u32,
    /// Drawn from the HSM for this card; the possession proofs are over it.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
    /// The pools, in ascending order.
    #[n(8)]
    pub pools: Vec<PoolCard>,
    /// The HSM, its module and its profile.
    #[n(9)]
    pub hsm: HsmFacts,
    /// The card that this one follows, with all its keys and more; none before a device's first.
    #[n(10)]
    pub predecessor: Option<CardDigest>,
    /// The acceptance test that the HSM has passed (HSM06).
    #[n(11)]
    pub acceptance: Option<AcceptanceRecord>,
}

impl DeviceCard {
    /// Every wallet key of the card, pool by pool, chain by chain.
    pub fn keys(&self) -> impl Iterator<Item = WalletKeyRef> + '_ {
        let device = Fingerprint::of(&self.identity.device_id());
        let of_chain = move |pool: &PoolCard, chain: Chain| {
            let (pool, keys) = (pool.pool, pool.chain(chain).to_vec());
            (0..).zip(keys).map(move |(index, key)| WalletKeyRef {
                id: CkaId::wallet(device, pool, chain, KeyIndex(index)),
                public_key: key.public_key,
            })
        };
        self.pools.iter().flat_map(move |pool| {
            let receive = of_chain(pool, Chain::Receive);
            receive.chain(of_chain(pool, Chain::Change))
        })
    }
}

impl Artefact for DeviceCard {
    const KIND: &'static str = "device-card";
    const SIGNED_BY: SignedBy = SignedBy::Device;
}

/// The public side of one pool.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PoolCard {
    /// The pool.
    #[n(0)]
    pub pool: PoolNumber,
    /// Keys of chain 0, by index.
    #[n(1)]
    pub receive: Vec<PoolKey>,
    /// Keys of chain 1, by index.
    #[n(2)]
    pub change: Vec<PoolKey>,
    /// Attributes of the private keys as read back: one set, equal for every key of the pool.
    #[n(3)]
    pub attributes: KeyAttributes,
    /// What stands behind the attributes.
    #[n(4)]
    pub evidence: Evidence,
}

impl PoolCard {
    /// The keys of one chain, by index.
    pub fn chain(&self, chain: Chain) -> &[PoolKey] {
        match chain {
            Chain::Receive => &self.receive,
            Chain::Change => &self.change,
        }
    }
}

/// One key of a pool with the proof that the device has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PoolKey {
    /// The public key.
    #[cbor(n(0), with = "codec::as_bytes")]
    pub public_key: PublicKey,
    /// Signature over the card's possession digest of this key.
    #[n(1)]
    pub possession: Signature64,
}

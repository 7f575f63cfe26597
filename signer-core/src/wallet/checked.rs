//! A device card that was checked: every key is proven to be on the device that names it.

use alloc::collections::BTreeSet;

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, VerifyOnly, ecdsa};

use super::{DeviceCard, PoolCard, PoolKey, WalletError};
use crate::cose::{Scope, Signed, peek};
use crate::digest::{CardDigest, DeviceId, RootDigest};
use crate::keys::{CkaId, Fingerprint};
use crate::rule::Verdict;
use crate::signing::{PossessionOrder, WalletKeyRef};
use crate::token::{Assurance, hsm01};
use crate::types::{Chain, KeyIndex, Network, PoolNumber};

/// A card signed by the identity key that it names, with every possession proof verified, no key
/// twice, and every pool with the attributes of keys born and kept in an HSM.
#[derive(Debug)]
pub struct CheckedCard {
    signed: Signed<DeviceCard>,
    digest: CardDigest,
    device: DeviceId,
}

impl Signed<DeviceCard> {
    /// The digest by which wallet records name this card.
    pub fn card_digest(&self) -> CardDigest {
        CardDigest::from_bytes(self.digest(CardDigest::TAG))
    }
}

impl CheckedCard {
    /// Reads a card of this network, purpose and root.
    pub fn open(bytes: &[u8], scope: Scope, root: &RootDigest) -> Result<Self, WalletError> {
        let identity = peek::<DeviceCard>(bytes)?.identity;
        let signed = Signed::<DeviceCard>::open(bytes, scope, |kid| {
            (*kid == identity.key_id()).then_some(identity)
        })?;
        let card = signed.body();
        if card.version != 1 {
            return Err(WalletError::Version(card.version));
        }
        if card.scope != scope {
            return Err(WalletError::OtherScope);
        }
        if card.root != *root {
            return Err(WalletError::OtherRoot(card.name.clone()));
        }
        if scope.network == Network::Main && card.hsm.assurance != Assurance::Verified {
            return Err(WalletError::NotForMain(card.name.clone()));
        }
        check_pools(card)?;
        Ok(Self {
            digest: signed.card_digest(),
            device: identity.device_id(),
            signed,
        })
    }

    /// The card.
    pub const fn card(&self) -> &DeviceCard {
        self.signed.body()
    }

    /// The digest by which wallet records name it.
    pub const fn digest(&self) -> CardDigest {
        self.digest
    }

    /// The device.
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The device's fingerprint.
    pub const fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.device)
    }

    /// One pool.
    pub fn pool(&self, number: PoolNumber) -> Result<&PoolCard, WalletError> {
        let found = self.card().pools.iter().find(|pool| pool.pool == number);
        found.ok_or_else(|| self.no_pool(Some(number)))
    }

    /// The newest pool: the one with the highest number.
    pub fn newest_pool(&self) -> Result<PoolNumber, WalletError> {
        let newest = self.card().pools.last().map(|pool| pool.pool);
        newest.ok_or_else(|| self.no_pool(None))
    }

    fn no_pool(&self, pool: Option<PoolNumber>) -> WalletError {
        WalletError::NoPool {
            device: self.card().name.clone(),
            pool,
        }
    }
}

fn check_pools(card: &DeviceCard) -> Result<(), WalletError> {
    let device = card.identity.device_id();
    let check = Possession {
        secp: Secp256k1::verification_only(),
        card,
        device,
    };
    let mut seen: BTreeSet<PublicKey> = BTreeSet::new();
    let mut last = None;
    for pool in &card.pools {
        if last >= Some(pool.pool) {
            return Err(WalletError::PoolOrder(pool.pool));
        }
        last = Some(pool.pool);
        check_attributes(card, pool)?;
        for chain in [Chain::Receive, Chain::Change] {
            for (index, key) in (0..).zip(pool.chain(chain)) {
                if !seen.insert(key.public_key) {
                    return Err(WalletError::RepeatedKey(key.public_key));
                }
                check.verify(pool.pool, chain, KeyIndex(index), key)?;
            }
        }
    }
    Ok(())
}

/// The same judgement that the device itself makes of its token (HSM01).
fn check_attributes(card: &DeviceCard, pool: &PoolCard) -> Result<(), WalletError> {
    let fingerprint = Fingerprint::of(&card.identity.device_id());
    let id = CkaId::wallet(fingerprint, pool.pool, Chain::Receive, KeyIndex(0));
    match hsm01([(id, &pool.attributes)], &card.hsm.relaxations) {
        Verdict::Passed | Verdict::Notice(_) => Ok(()),
        Verdict::Refused(_) | Verdict::NotApplicable(_) | Verdict::NotReached(_) => {
            Err(WalletError::Attributes(card.name.clone(), pool.pool))
        }
    }
}

struct Possession<'a> {
    secp: Secp256k1<VerifyOnly>,
    card: &'a DeviceCard,
    device: DeviceId,
}

impl Possession<'_> {
    fn verify(
        &self,
        pool: PoolNumber,
        chain: Chain,
        index: KeyIndex,
        key: &PoolKey,
    ) -> Result<(), WalletError> {
        let id = CkaId::wallet(Fingerprint::of(&self.device), pool, chain, index);
        let named = WalletKeyRef {
            id,
            public_key: key.public_key,
        };
        let order = PossessionOrder::new(&self.device, named, self.card.nonce);
        let message = Message::from_digest(*order.digest());
        let proven = ecdsa::Signature::from_compact(&key.possession.0).and_then(|signature| {
            self.secp
                .verify_ecdsa(&message, &signature, &key.public_key)
        });
        proven.map_err(|_| WalletError::Possession {
            device: self.card.name.clone(),
            pool,
            chain,
            index,
        })
    }
}

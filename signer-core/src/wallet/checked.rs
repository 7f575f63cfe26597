//! A device card that was checked: every key is proven to be on the device that names it.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, VerifyOnly, ecdsa};

use super::{DeviceCard, PoolCard, PoolKey, WalletError};
use crate::cose::{Scope, Signed};
use crate::digest::{CardDigest, DeviceId, RootDigest};
use crate::keys::{CkaId, Fingerprint};
use crate::rule::Verdict;
use crate::signing::{PossessionOrder, WalletKeyRef};
use crate::token::{hsm01, hsm06};
use crate::types::{Chain, KeyIndex, PoolNumber};

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
        let signed = Signed::<DeviceCard>::open_naming(bytes, scope, |card, kid| {
            (*kid == card.identity.key_id()).then_some(card.identity)
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
        check_acceptance(card)?;
        check_pools(card)?;
        Ok(Self {
            digest: signed.card_digest(),
            device: card.identity.device_id(),
            signed,
        })
    }

    /// The card.
    pub const fn card(&self) -> &DeviceCard {
        self.signed.body()
    }

    /// The card with its signature.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.signed.to_bytes()
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
    let mut r_values: BTreeSet<[u8; 32]> = BTreeSet::new();
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
                if !r_values.insert(key.possession.r()) {
                    return Err(WalletError::RepeatedR(card.name.clone()));
                }
            }
        }
    }
    Ok(())
}

/// The same judgement that the device itself makes of its token (HSM06).
fn check_acceptance(card: &DeviceCard) -> Result<(), WalletError> {
    let (hsm, accepted) = (&card.hsm, card.acceptance.as_ref());
    match hsm06(hsm.standing(), Some(hsm), card.scope.network, accepted) {
        Verdict::Passed | Verdict::Notice(_) | Verdict::NotApplicable(_) => Ok(()),
        Verdict::Refused(_) | Verdict::NotReached(_) => {
            Err(WalletError::NotForMain(card.name.clone()))
        }
    }
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

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::cose::CoseError;
    use crate::digest::RootDigest;
    use crate::testing::{SCOPE, SoftDevice, world};
    use crate::token::{AcceptanceRecord, Assurance, Flag, Line, acceptance_of};
    use crate::types::{Id, Network, Purpose};

    fn root() -> RootDigest {
        world().root.digest()
    }

    fn north() -> SoftDevice {
        SoftDevice::new("north")
    }

    fn open(change: impl FnOnce(&mut DeviceCard)) -> Result<CheckedCard, WalletError> {
        let mut card = north().card(root(), &[1, 2]);
        change(&mut card);
        CheckedCard::open(&north().seal(card).to_bytes(), SCOPE, &root())
    }

    fn refused(change: impl FnOnce(&mut DeviceCard)) -> WalletError {
        open(change).unwrap_err()
    }

    #[test]
    fn takes_a_proven_card() {
        let card = open(|_| {}).unwrap();
        assert_eq!(card.device(), north().id());
        assert_eq!(card.newest_pool(), Ok(PoolNumber(2)));
        assert_eq!(card.pool(PoolNumber(1)).unwrap().receive.len(), 6);
        let missing = card.pool(PoolNumber(3)).unwrap_err();
        assert!(matches!(
            missing,
            WalletError::NoPool {
                pool: Some(PoolNumber(3)),
                ..
            }
        ));
    }

    #[test]
    fn a_card_is_written_as_it_was_read() {
        let bytes = north().seal(north().card(root(), &[1])).to_bytes();
        let card = CheckedCard::open(&bytes, SCOPE, &root()).unwrap();
        assert_eq!(card.to_bytes(), bytes);
    }

    #[test]
    fn the_digest_is_of_content_and_signer() {
        let card = open(|_| {}).unwrap();
        assert_eq!(card.digest(), open(|_| {}).unwrap().digest());
        assert_ne!(card.digest(), open(|c| c.generation = 2).unwrap().digest());
    }

    #[test]
    fn refuses_another_version_scope_root_or_signer() {
        assert_eq!(refused(|c| c.version = 2), WalletError::Version(2));
        assert_eq!(
            refused(|c| c.scope.purpose = Purpose::Drill),
            WalletError::OtherScope
        );
        let name = Id::new("north").unwrap();
        let other = RootDigest::over(&[]);
        assert_eq!(refused(|c| c.root = other), WalletError::OtherRoot(name));
        // Signed by another key than the one it names.
        let card = north().card(root(), &[1]);
        let bytes = SoftDevice::new("east").seal(card).to_bytes();
        let error = CheckedCard::open(&bytes, SCOPE, &root()).unwrap_err();
        assert!(matches!(
            error,
            WalletError::Signed(CoseError::UnknownKey(_))
        ));
        let mut drill = SCOPE;
        drill.purpose = Purpose::Drill;
        let bytes = north().seal(north().card(root(), &[1])).to_bytes();
        let error = CheckedCard::open(&bytes, drill, &root()).unwrap_err();
        assert!(matches!(
            error,
            WalletError::Signed(CoseError::BadSignature(_))
        ));
    }

    #[test]
    fn refuses_every_changed_byte_of_the_signed_object() {
        let bytes = north().seal(north().card(root(), &[])).to_bytes();
        for place in 0..bytes.len() {
            let mut other = bytes.clone();
            other[place] ^= 1;
            assert!(
                CheckedCard::open(&other, SCOPE, &root()).is_err(),
                "byte {place}"
            );
        }
    }

    /// The key of another place, device or nonce proves nothing here.
    #[test]
    fn refuses_a_key_without_its_own_proof() {
        let possession = |error: WalletError| match error {
            WalletError::Possession {
                pool, chain, index, ..
            } => Some((pool.0, chain, index.0)),
            _ => None,
        };
        let swapped = refused(|c| c.pools[0].receive.swap(1, 2));
        assert_eq!(possession(swapped), Some((1, Chain::Receive, 1)));
        let nonce = refused(|c| c.nonce[0] ^= 1);
        assert_eq!(possession(nonce), Some((1, Chain::Receive, 0)));
        let stranger = SoftDevice::new("east").card(root(), &[1]).pools[0].change[3];
        let foreign = refused(|c| c.pools[0].change[3] = stranger);
        assert_eq!(possession(foreign), Some((1, Chain::Change, 3)));
        let renumbered = refused(|c| c.pools[1].pool = PoolNumber(3));
        assert_eq!(possession(renumbered), Some((3, Chain::Receive, 0)));
        let zero = refused(|c| c.pools[1].change[0].possession.0 = [0; 64]);
        assert_eq!(possession(zero), Some((2, Chain::Change, 0)));
    }

    #[test]
    fn refuses_a_key_twice_and_pools_out_of_order() {
        let again = refused(|c| c.pools[1].change[0] = c.pools[0].receive[0]);
        assert!(matches!(again, WalletError::RepeatedKey(_)));
        assert_eq!(
            refused(|c| c.pools.swap(0, 1)),
            WalletError::PoolOrder(PoolNumber(1))
        );
        let twice = refused(|c| c.pools[1] = c.pools[0].clone());
        assert_eq!(twice, WalletError::PoolOrder(PoolNumber(1)));
    }

    #[test]
    fn main_net_asks_for_an_accepted_hsm() {
        let main = Scope {
            network: Network::Main,
            ..SCOPE
        };
        let open = |assurance, accepted: fn(&DeviceCard) -> Option<AcceptanceRecord>| {
            let mut card = north().card(root(), &[1]);
            card.scope = main;
            card.hsm.assurance = assurance;
            card.acceptance = accepted(&card);
            let draft =
                crate::cose::Draft::new(card, main, crate::signing::SigningHsm::identity(&north()));
            let signature = north().seal_with(&draft.seal_order().unwrap());
            let bytes = draft.signed(signature).unwrap().to_bytes();
            CheckedCard::open(&bytes, main, &root()).map(drop)
        };
        let tested = |card: &DeviceCard| Some(acceptance_of(&card.hsm));
        for assurance in [Assurance::Verified, Assurance::Unverified] {
            assert_eq!(open(assurance, tested), Ok(()));
        }
        let elsewhere = |card: &DeviceCard| {
            let mut accepted = acceptance_of(&card.hsm);
            accepted.serial = Line::lossy("another token");
            Some(accepted)
        };
        let refused = Err(WalletError::NotForMain(Id::new("north").unwrap()));
        assert_eq!(open(Assurance::Verified, |_| None), refused);
        assert_eq!(open(Assurance::Verified, elsewhere), refused);
        assert_eq!(open(Assurance::TestOnly, tested), refused);
    }

    #[test]
    fn refuses_keys_that_were_not_born_in_an_hsm() {
        let changes: Vec<fn(&mut PoolCard)> = vec![
            |pool| pool.attributes.extractable = Flag::True,
            |pool| pool.attributes.local = Flag::False,
            |pool| pool.attributes.never_extractable = Flag::Absent,
            |pool| pool.attributes.derive = Flag::True,
        ];
        for change in changes {
            let error = refused(|card| change(&mut card.pools[1]));
            assert!(matches!(error, WalletError::Attributes(_, PoolNumber(2))));
        }
    }
}

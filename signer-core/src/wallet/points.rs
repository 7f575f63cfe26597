//! Points of secp256k1 that were found before: a square root each, and a wallet has thousands.

use alloc::collections::BTreeMap;

use bitcoin::secp256k1::PublicKey;

use super::CheckedCard;

/// Reads compressed points of secp256k1.
pub trait Points {
    /// The point of these 33 bytes, where they are one.
    fn point(&self, bytes: &[u8; 33]) -> Option<PublicKey>;
}

/// Finds each point anew.
impl Points for () {
    fn point(&self, bytes: &[u8; 33]) -> Option<PublicKey> {
        PublicKey::from_slice(bytes).ok()
    }
}

/// The keys of cards that were checked: a draft and the record made of it have hardly any other.
///
/// What the bytes mean does not change with who finds it out; a key that stands on no card is found anew.
#[derive(Clone, Debug, Default)]
pub struct KnownPoints(BTreeMap<[u8; 33], PublicKey>);

impl KnownPoints {
    /// Every wallet key of these cards.
    pub fn of<'a>(cards: impl IntoIterator<Item = &'a CheckedCard>) -> Self {
        let cards = cards.into_iter();
        let keys = cards.flat_map(|card| card.card().keys());
        Self(
            keys.map(|key| (key.public_key.serialize(), key.public_key))
                .collect(),
        )
    }
}

impl Points for KnownPoints {
    fn point(&self, bytes: &[u8; 33]) -> Option<PublicKey> {
        self.0.get(bytes).copied().or_else(|| ().point(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::testing::{cards, terms, world};
    use crate::types::Chain;
    use crate::wallet::{ScriptType, WalletClass, draft_record};

    #[test]
    fn a_draft_has_no_key_that_its_cards_do_not_give() {
        let cards = cards(&world().devices, &world().roster, &[1]);
        let known = KnownPoints::of(&cards);
        let terms = terms("Cold 9", WalletClass::Customer, ScriptType::Wsh);
        let record = draft_record(&cards, terms).unwrap();
        let rows = [Chain::Receive, Chain::Change].map(|chain| record.chain(chain));
        let keys: Vec<PublicKey> = rows.concat().iter().flat_map(|row| row.0.clone()).collect();
        assert!(!keys.is_empty());
        for key in keys {
            assert_eq!(known.0.get(&key.serialize()), Some(&key));
            assert_eq!(known.point(&key.serialize()), ().point(&key.serialize()));
        }
    }

    #[test]
    fn what_is_on_no_card_is_found_anew_or_is_no_point() {
        let known = KnownPoints::default();
        let generator = bitcoin::secp256k1::constants::GENERATOR_X;
        let mut bytes = [2; 33];
        bytes[1..].copy_from_slice(&generator);
        assert_eq!(known.point(&bytes).unwrap().serialize(), bytes);
        // x = 5 is on no point of the curve; 0 is no form of one.
        let mut off = [0; 33];
        (off[0], off[32]) = (2, 5);
        assert_eq!(known.point(&off), None);
        assert_eq!(known.point(&[0; 33]), None);
    }
}

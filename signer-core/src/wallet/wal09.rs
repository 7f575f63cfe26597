//! WAL09.

use alloc::vec::Vec;

use super::{CheckedCard, KnownHsm, NewestCards};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// WAL09: A device's card follows the newest one that is known: its generation never falls, and one
/// generation is one HSM.
///
/// Judged before a co-signer's card is shown to anybody, and again whenever the journal is read. An
/// older card would bring an HSM back that was retired; two HSMs of one generation are a clone.
pub(crate) fn wal09(card: &CheckedCard, known: &NewestCards) -> Verdict {
    let Some(known) = known.of(&card.device()) else {
        return Verdict::NotApplicable(phrase!(
            "the first card of the device",
            "この端末の最初のカード"
        ));
    };
    let new = KnownHsm::of(card);
    let mut refusals = Vec::new();
    if new.generation() < known.generation() {
        let expected = phrase!(
            "generation {known} or above",
            "第 {known} 世代以上",
            known = known.generation()
        );
        refusals.push(refusal(expected, Phrase::figure(new.generation())));
    }
    if new.generation() == known.generation() && new.hsm() != known.hsm() {
        refusals.push(refusal(known.phrase(), new.phrase()));
    }
    Verdict::of(refusals)
}

const fn refusal(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::WAL09, Place::Whole, expected, got)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::{SCOPE, world};
    use crate::token::Line;
    use crate::wallet::DeviceCard;

    /// A card of the second device of the world, changed like this.
    fn card(change: impl FnOnce(&mut DeviceCard)) -> CheckedCard {
        let (device, root) = (&world().devices[1], world().root.digest());
        let mut card = device.card(root, &[1]);
        card.generation = 2;
        change(&mut card);
        CheckedCard::open(&device.seal(card).to_bytes(), SCOPE, &root).unwrap()
    }

    /// What is refused of a card where that of generation 2 is known.
    fn refused(change: impl FnOnce(&mut DeviceCard)) -> Vec<Refusal> {
        let mut known = NewestCards::none();
        known.note(&card(|_| {}));
        match wal09(&card(change), &known) {
            Verdict::Refused(refusals) => refusals,
            verdict => {
                assert_eq!(verdict, Verdict::Passed);
                Vec::new()
            }
        }
    }

    #[test]
    fn passes_the_same_generation_and_one_more() {
        assert_eq!(refused(|_| {}), []);
        assert_eq!(refused(|card| card.pools.clear()), []);
        assert_eq!(refused(|card| card.generation = 3), []);
        let replaced = |card: &mut DeviceCard| {
            card.generation = 3;
            card.hsm.serial = Line::lossy("another");
        };
        assert_eq!(refused(replaced), []);
        let first = wal09(&card(|_| {}), &NewestCards::none());
        assert!(matches!(first, Verdict::NotApplicable(_)));
    }

    #[test]
    fn at_the_limit_and_one_past_it() {
        assert_eq!(refused(|card| card.generation = 2), []);
        assert_eq!(refused(|card| card.generation = 1).len(), 1);
    }

    /// What was refused once stays known as it was.
    #[test]
    fn refuses_another_hsm_of_one_generation() {
        assert_eq!(
            refused(|card| card.hsm.serial = Line::lossy("clone")).len(),
            1
        );
        assert_eq!(
            refused(|card| card.hsm.vendor = Line::lossy("anybody")).len(),
            1
        );
        let mut known = NewestCards::none();
        known.note(&card(|_| {}));
        known.note(&card(|card| {
            card.generation = 1;
            card.hsm.serial = Line::lossy("old");
        }));
        let (newest, device) = (KnownHsm::of(&card(|_| {})), card(|_| {}).device());
        assert_eq!(known.of(&device), Some(&newest));
    }

    /// What is said of the HSM that was retired.
    pub(crate) fn refused_card() -> Vec<Refusal> {
        refused(|card| {
            card.generation = 1;
            card.hsm.serial = Line::lossy("retired");
        })
    }

    /// The card is a good one: with the right keys, signed, and proven.
    #[test]
    fn wal09_alone() {
        let refusals = refused_card();
        assert!(refusals.iter().all(|refusal| refusal.rule == RuleId::WAL09));
        assert_eq!(refusals.len(), 1);
    }
}

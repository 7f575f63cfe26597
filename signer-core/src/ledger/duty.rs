//! Who operated the last sessions that signed, so that duty rotates.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::types::OfficerId;

/// How many sessions that signed each of the last operators has operated without a break.
///
/// Whoever did not sit at the last of them is not here: the break begins the count again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty(BTreeMap<OfficerId, u32>);

impl Duty {
    /// Before the first session that signed.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Sessions in a row, up to the last one, that this person operated.
    pub fn in_a_row(&self, who: &OfficerId) -> u32 {
        self.0.get(who).copied().unwrap_or_default()
    }

    /// A session that signs, by these people.
    pub fn record(&mut self, operators: &[OfficerId]) {
        let counted = operators.iter().map(|who| (who.clone(), self.next(who)));
        self.0 = counted.collect();
    }

    /// The same session goes on after a cut, perhaps by other people: `before` is what was counted
    /// before it began.
    pub fn record_beside(&mut self, operators: &[OfficerId], before: &Self) {
        let counted = operators.iter().map(|who| (who.clone(), before.next(who)));
        self.0.extend(counted);
    }

    /// For the digest: each person with the count.
    pub(super) fn records(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (who, count) in &self.0 {
            bytes.extend_from_slice(who.as_str().as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(&count.to_be_bytes());
        }
        bytes
    }

    fn next(&self, who: &OfficerId) -> u32 {
        self.in_a_row(who).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::testing::id;

    fn counts(duty: &Duty) -> [u32; 3] {
        ["a", "b", "c"].map(|who| duty.in_a_row(&id(who)))
    }

    #[test]
    fn a_break_begins_the_count_again() {
        let mut duty = Duty::new();
        duty.record(&[id("a"), id("b")]);
        duty.record(&[id("b"), id("c")]);
        assert_eq!(counts(&duty), [0, 2, 1]);
        duty.record(&[id("a"), id("b")]);
        assert_eq!(counts(&duty), [1, 3, 0]);
    }

    #[test]
    fn going_on_after_a_cut_is_the_same_session() {
        let mut before = Duty::new();
        before.record(&[id("a"), id("b")]);
        let mut duty = before.clone();
        duty.record(&[id("a"), id("b")]);
        assert_eq!(counts(&duty), [2, 2, 0]);
        duty.record_beside(&[id("a"), id("c")], &before);
        assert_eq!(counts(&duty), [2, 2, 1]);
    }

    #[test]
    fn the_count_is_in_the_digest() {
        use crate::ledger::LedgerState;

        let mut ledger = LedgerState::empty();
        let mut digests = vec![ledger.digest()];
        for _ in 0..2 {
            ledger.record_duty(&[id("a"), id("b")]);
            digests.push(ledger.digest());
        }
        digests.dedup();
        assert_eq!(digests.len(), 3);
    }
}

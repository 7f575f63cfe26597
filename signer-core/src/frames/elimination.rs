//! Equations over GF(2): what the parts seen so far say about the fragments.
//!
//! Every part is one equation: the exclusive or of a set of fragments is these bytes. Solving them
//! all needs fewer parts than the usual peeling, and a part that contradicts the others shows.

use alloc::vec;
use alloc::vec::Vec;

/// One equation: a set of fragments and the exclusive or of their bytes.
#[derive(Debug)]
pub(super) struct Equation {
    set: Vec<u64>,
    bytes: Vec<u8>,
}

impl Equation {
    /// An equation over `fragments` unknowns, of which `set` are mixed.
    pub(super) fn new(fragments: u16, set: &[u16], bytes: Vec<u8>) -> Self {
        let mut words = vec![0; usize::from(fragments).div_ceil(64)];
        for fragment in set {
            if let Some(word) = words.get_mut(usize::from(fragment / 64)) {
                *word ^= 1 << (fragment % 64);
            }
        }
        Self { set: words, bytes }
    }

    fn first(&self) -> Option<usize> {
        let (place, word) = self.set.iter().enumerate().find(|(_, word)| **word != 0)?;
        place
            .checked_mul(64)?
            .checked_add(usize::try_from(word.trailing_zeros()).ok()?)
    }

    fn contains(&self, fragment: usize) -> bool {
        let word = self.set.get(fragment / 64).copied().unwrap_or(0);
        word & (1 << (fragment % 64)) != 0
    }

    fn add(&mut self, other: &Self) {
        for (a, b) in self.set.iter_mut().zip(&other.set) {
            *a ^= b;
        }
        for (a, b) in self.bytes.iter_mut().zip(&other.bytes) {
            *a ^= b;
        }
    }
}

/// What one more equation brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It says something new.
    New,
    /// It follows from the others.
    Implied,
    /// It cannot be true together with the others.
    Contradicts,
}

/// The equations seen so far, at most one for each fragment.
#[derive(Debug)]
pub(super) struct Equations {
    /// The equation at place i starts with fragment i.
    rows: Vec<Option<Equation>>,
    rank: u16,
}

impl Equations {
    pub(super) fn new(fragments: u16) -> Self {
        let mut rows = Vec::new();
        rows.resize_with(usize::from(fragments), || None);
        Self { rows, rank: 0 }
    }

    /// How many independent equations there are; as many as fragments solve the message.
    pub(super) const fn rank(&self) -> u16 {
        self.rank
    }

    /// Which fragments stand alone in an equation: those are known before everything is solved.
    pub(super) fn known(&self) -> impl Iterator<Item = bool> + '_ {
        let alone = |row: &Equation| row.set.iter().map(|word| word.count_ones()).sum::<u32>() == 1;
        self.rows
            .iter()
            .map(move |row| row.as_ref().is_some_and(alone))
    }

    /// Takes one more equation.
    pub(super) fn add(&mut self, mut equation: Equation) -> Outcome {
        while let Some(first) = equation.first() {
            match self.rows.get_mut(first) {
                Some(Some(known)) => equation.add(known),
                Some(empty) => {
                    *empty = Some(equation);
                    self.rank = self.rank.saturating_add(1);
                    return Outcome::New;
                }
                None => return Outcome::Contradicts,
            }
        }
        if equation.bytes.iter().all(|byte| *byte == 0) {
            Outcome::Implied
        } else {
            Outcome::Contradicts
        }
    }

    /// The fragments one after the other; `None` while some are missing.
    pub(super) fn solve(&mut self) -> Option<Vec<u8>> {
        for place in (0..self.rows.len()).rev() {
            let (upto, solved) = self.rows.split_at_mut_checked(place.checked_add(1)?)?;
            let equation = upto.last_mut()?.as_mut()?;
            for (offset, other) in solved.iter().enumerate() {
                if equation.contains(place.checked_add(1)?.checked_add(offset)?) {
                    equation.add(other.as_ref()?);
                }
            }
        }
        let mut message = Vec::new();
        for row in &self.rows {
            message.extend_from_slice(&row.as_ref()?.bytes);
        }
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_what_peeling_cannot_start() {
        let (a, b, c) = (0b001_u8, 0b010_u8, 0b100_u8);
        let mut equations = Equations::new(3);
        let mut add = |set: &[u16], byte| equations.add(Equation::new(3, set, vec![byte]));
        assert_eq!(add(&[0, 1], a ^ b), Outcome::New);
        assert_eq!(add(&[1, 2], b ^ c), Outcome::New);
        assert_eq!(add(&[0, 2], a ^ c), Outcome::Implied);
        assert_eq!(add(&[0, 2], a), Outcome::Contradicts);
        assert_eq!(equations.solve(), None);
        let mut add = |set: &[u16], byte| equations.add(Equation::new(3, set, vec![byte]));
        assert_eq!(add(&[0, 1, 2], a ^ b ^ c), Outcome::New);
        assert_eq!(equations.rank(), 3);
        assert_eq!(equations.solve(), Some(vec![a, b, c]));
    }
}

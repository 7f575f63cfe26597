//! Equations over numbers of 256 values: what the frames so far say about the fragments.

use alloc::vec::Vec;

use super::field;
use super::mixture::trim;
use crate::frames::elimination::Outcome;

/// One equation: so much of each fragment makes these bytes.
#[derive(Debug)]
struct Row {
    /// From the fragment at whose place it stands; zeros at the end are left out.
    numbers: Vec<u8>,
    bytes: Vec<u8>,
}

/// The equations so far, at most one for each fragment.
#[derive(Debug)]
pub(super) struct Solver {
    /// The equation at place i begins with fragment i, once.
    rows: Vec<Option<Row>>,
    rank: u16,
}

impl Solver {
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
        let alone = |row: &Row| row.numbers.len() == 1;
        self.rows
            .iter()
            .map(move |row| row.as_ref().is_some_and(alone))
    }

    /// Takes one more equation: `numbers` of the fragments make `bytes`.
    pub(super) fn add(&mut self, mut numbers: Vec<u8>, mut bytes: Vec<u8>) -> Outcome {
        // Rows that are taken away may reach further than the new one does.
        numbers.resize(self.rows.len(), 0);
        for (place, row) in self.rows.iter_mut().enumerate() {
            let Some(first) = numbers.get(place).copied().filter(|first| *first != 0) else {
                continue;
            };
            let Some(known) = row else {
                field::scale(&mut numbers, field::inverse(first));
                field::scale(&mut bytes, field::inverse(first));
                numbers.drain(..place);
                trim(&mut numbers);
                numbers.shrink_to_fit();
                *row = Some(Row { numbers, bytes });
                self.rank = self.rank.saturating_add(1);
                return Outcome::New;
            };
            let from_here = numbers.iter_mut().skip(place);
            field::add(from_here, known.numbers.iter(), first);
            field::add(bytes.iter_mut(), known.bytes.iter(), first);
        }
        if bytes.iter().all(|byte| *byte == 0) {
            Outcome::Implied
        } else {
            Outcome::Contradicts
        }
    }

    /// The fragments one after the other; `None` while some are missing.
    pub(super) fn solve(&mut self) -> Option<Vec<u8>> {
        for place in (0..self.rows.len()).rev() {
            let (upto, solved) = self.rows.split_at_mut_checked(place.checked_add(1)?)?;
            let row = upto.last_mut()?.as_mut()?;
            let later = row.numbers.iter().skip(1).zip(solved.iter());
            for (number, other) in later.filter(|(number, _)| **number != 0) {
                field::add(row.bytes.iter_mut(), other.as_ref()?.bytes.iter(), *number);
            }
            row.numbers.truncate(1);
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
    fn mixed_equations_alone_are_solved_and_a_lie_shows() {
        let fragments = [17, 200, 3];
        let mixed = |numbers: &[u8]| {
            let products = numbers.iter().zip(fragments);
            products.fold(0, |sum, (a, b)| sum ^ field::product(*a, b))
        };
        let mut solver = Solver::new(3);
        let sets: [&[u8]; 3] = [&[5, 9, 77], &[2, 250], &[0, 1, 1]];
        for (rank, numbers) in (1..).zip(sets) {
            assert_eq!(solver.solve(), None);
            let bytes = [mixed(numbers)].to_vec();
            assert_eq!(solver.add(numbers.to_vec(), bytes), Outcome::New);
            assert_eq!(solver.rank(), rank);
        }
        let more = [8, 0, 1];
        let mut add = |byte| solver.add(more.to_vec(), [byte].to_vec());
        assert_eq!(add(mixed(&more)), Outcome::Implied);
        assert_eq!(add(mixed(&more) ^ 1), Outcome::Contradicts);
        assert_eq!(solver.solve(), Some(fragments.to_vec()));
        assert_eq!(
            solver.add([0, 1].to_vec(), [200].to_vec()),
            Outcome::Implied
        );
    }
}

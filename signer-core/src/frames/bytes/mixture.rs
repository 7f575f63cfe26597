//! How much of each fragment is in a frame: one number for each, from the message's mark and the
//! frame's number alone.
//!
//! The first frames are the fragments themselves. In a later one every number is drawn anew, so that
//! any frames, as many as there are fragments, make the message but for bad luck: one time in 255 one
//! more is needed. Of more than 256 fragments the numbers are 0 or 1, which is less work; 1.6 more are
//! needed then.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use super::Mark;
use super::field;
use crate::digest;

/// Most fragments of which numbers up to 255 are drawn.
const WHOLE_NUMBERS: u16 = 256;

const TAG: &str = "himuro/frames/mixture";

/// The numbers of frame `seq`, one for each fragment; the last of them is not 0.
pub(super) fn of(mark: Mark, seq: u32, fragments: u16) -> Vec<u8> {
    if let Some(place) = plain(seq, fragments) {
        let mut one = vec![0; place];
        one.push(1);
        return one;
    }
    let drawn = (0_u32..).flat_map(|block| {
        digest::tagged(TAG, &[&mark.0, &seq.to_be_bytes(), &block.to_be_bytes()])
    });
    let count = usize::from(fragments);
    let mut numbers: Vec<u8> = if fragments <= WHOLE_NUMBERS {
        drawn.take(count).collect()
    } else {
        let bits = drawn.flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        bits.take(count).collect()
    };
    trim(&mut numbers);
    numbers
}

/// The fragment that frame `seq` is, counted from 0; None where it is a mixed one.
fn plain(seq: u32, fragments: u16) -> Option<usize> {
    let place = u16::try_from(seq.saturating_sub(1)).ok()?;
    (place < fragments).then(|| usize::from(place))
}

/// Takes the zeros from the end.
pub(super) fn trim(numbers: &mut Vec<u8>) {
    let end = numbers.iter().rposition(|number| *number != 0);
    numbers.truncate(end.map_or(0, |last| last.saturating_add(1)));
}

/// How many mixed frames go along as spare ones, at least `least`, so that any two frames of plain
/// and spare ones may be lost.
///
/// That is so where no fragment's numbers in the spare frames are a multiple of another's, and each
/// has two that are not 0.
pub(super) fn spare(mark: Mark, fragments: u16, least: usize) -> usize {
    /// More than were ever needed.
    const MOST: usize = 64;
    let mut columns: Vec<Vec<u8>> = vec![Vec::new(); usize::from(fragments)];
    let numbers = (u32::from(fragments).saturating_add(1)..u32::MAX).zip(1_usize..);
    for (seq, count) in numbers.take(least.saturating_add(MOST)) {
        let numbers = of(mark, seq, fragments);
        let padded = numbers.into_iter().chain(core::iter::repeat(0));
        for (column, number) in columns.iter_mut().zip(padded) {
            column.push(number);
        }
        if count >= least && told_apart(&columns) {
            return count;
        }
    }
    least.saturating_add(MOST)
}

fn told_apart(columns: &[Vec<u8>]) -> bool {
    let two = |column: &Vec<u8>| column.iter().filter(|number| **number != 0).count() >= 2;
    let mut seen = BTreeSet::new();
    columns.iter().all(|column| {
        let first = column.iter().find(|number| **number != 0);
        let mut column_of_one = column.clone();
        field::scale(
            &mut column_of_one,
            field::inverse(first.copied().unwrap_or_default()),
        );
        two(column) && seen.insert(column_of_one)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark([7; 8]);

    #[test]
    fn the_first_frames_are_the_fragments() {
        assert_eq!(of(MARK, 1, 3), [1]);
        assert_eq!(of(MARK, 3, 3), [0, 0, 1]);
    }

    #[test]
    fn later_ones_mix_numbers_up_to_255_of_256_and_bits_of_more() {
        let few = of(MARK, 257, 256);
        assert!(few.iter().any(|number| *number > 1));
        let many = of(MARK, 258, 257);
        assert!(many.iter().all(|number| *number <= 1));
        let ones: u32 = many.iter().map(|number| u32::from(*number)).sum();
        assert!((90..170).contains(&ones), "{ones}");
    }

    #[test]
    fn the_numbers_are_the_same_for_ever() {
        assert_eq!(of(MARK, 5, 4), of(MARK, 5, 4));
        assert_ne!(of(MARK, 5, 4), of(MARK, 6, 4));
        assert_ne!(of(MARK, 5, 4), of(Mark([8; 8]), 5, 4));
    }

    #[test]
    fn two_spare_frames_are_enough_for_few_fragments() {
        assert_eq!(spare(MARK, 10, 0), 2);
        assert_eq!(spare(MARK, 10, 5), 5);
        assert!((10..40).contains(&spare(MARK, 2_000, 2)));
    }
}

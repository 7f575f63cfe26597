//! Which fragments a part of the fountain mixes (BCR-2024-001): the same sets as every other
//! program that speaks UR, bit for bit.
//!
//! The standard draws them with floating-point numbers (IEEE 754, no transcendental functions), so
//! this file alone may use them. No amount and no rule is anywhere near.

use alloc::vec::Vec;

use crate::digest::sha256_of;

/// The sets of one transfer: they depend on the number of fragments and the message's checksum.
#[derive(Clone, Debug)]
pub(super) struct Fountain {
    fragments: u16,
    checksum: u32,
    degrees: Degrees,
}

impl Fountain {
    pub(super) fn new(fragments: u16, checksum: u32) -> Self {
        Self {
            fragments,
            checksum,
            degrees: Degrees::new(fragments),
        }
    }

    /// The fragments, counted from 0, whose exclusive or is part `seq` (counted from 1).
    pub(super) fn fragments_of(&self, seq: u32) -> Vec<u16> {
        match u16::try_from(seq) {
            Ok(seq) if seq <= self.fragments => [seq.saturating_sub(1)].to_vec(),
            _ => self.draw(seq),
        }
    }

    /// How many fragments the mixed part `seq` mixes.
    pub(super) fn degree_of(&self, seq: u32) -> usize {
        self.degrees.choose(&mut self.random(seq))
    }

    fn random(&self, seq: u32) -> Xoshiro256 {
        let mut seed = seq.to_be_bytes().to_vec();
        seed.extend(self.checksum.to_be_bytes());
        Xoshiro256::seeded(&sha256_of(&seed))
    }

    fn draw(&self, seq: u32) -> Vec<u16> {
        let mut random = self.random(seq);
        let degree = self.degrees.choose(&mut random);
        let mut left: Vec<u16> = (0..self.fragments).collect();
        (0..degree.min(left.len()))
            .map(|_| left.remove(random.below(left.len())))
            .collect()
    }
}

/// Xoshiro256**, as the standard seeds and scales it.
struct Xoshiro256([u64; 4]);

impl Xoshiro256 {
    fn seeded(seed: &[u8; 32]) -> Self {
        let (words, _) = seed.as_chunks::<8>();
        let mut state = [0; 4];
        for (to, word) in state.iter_mut().zip(words) {
            *to = u64::from_be_bytes(*word);
        }
        Self(state)
    }

    fn next(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.0;
        let result = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.0 = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        result
    }

    /// A number from 0 up to but not including 1, with 53 bits.
    #[expect(
        clippy::float_arithmetic,
        clippy::cast_precision_loss,
        reason = "the standard's scale; 53 bits and powers of two are exact"
    )]
    fn unit(&mut self) -> f64 {
        const SCALE: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.next() >> 11) as f64 * SCALE
    }

    /// A number below `bound`, or 0 where the bound is 0.
    fn below(&mut self, bound: usize) -> usize {
        scaled(self.unit(), bound)
    }
}

/// `unit` of `bound`, rounded down.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 65,535 and not negative: exact in both directions"
)]
fn scaled(unit: f64, bound: usize) -> usize {
    (unit * bound as f64) as usize
}

/// Degrees 1 to n with weight 1/d, as an alias table (Walker, in the order of the standard).
#[derive(Clone, Debug)]
struct Degrees(Vec<Slot>);

#[derive(Clone, Copy, Debug)]
struct Slot {
    weight: f64,
    alias: usize,
}

impl Degrees {
    #[expect(
        clippy::float_arithmetic,
        clippy::cast_precision_loss,
        reason = "the standard's weights; counts up to 65,535 are exact"
    )]
    fn new(fragments: u16) -> Self {
        let weights: Vec<f64> = (1..=fragments).map(|d| 1.0 / f64::from(d)).collect();
        let scale = weights.len() as f64 / weights.iter().sum::<f64>();
        let slots = weights.iter().enumerate().map(|(own, weight)| Slot {
            weight: weight * scale,
            alias: own,
        });
        Self(with_aliases(slots.collect()))
    }

    /// A degree, from two random numbers.
    fn choose(&self, random: &mut Xoshiro256) -> usize {
        let (place, toss) = (random.unit(), random.unit());
        let place = scaled(place, self.0.len());
        let slot = match self.0.get(place) {
            Some(slot) if toss >= slot.weight => slot.alias,
            _ => place,
        };
        slot.saturating_add(1)
    }
}

/// Fills every slot below weight 1 up from one above it.
#[expect(clippy::float_arithmetic, reason = "the standard's alias table")]
fn with_aliases(mut slots: Vec<Slot>) -> Vec<Slot> {
    let is_small = |slots: &[Slot], i: usize| slots.get(i).is_some_and(|s| s.weight < 1.0);
    let (mut small, mut large): (Vec<usize>, Vec<usize>) =
        (0..slots.len()).rev().partition(|i| is_small(&slots, *i));
    while !small.is_empty() && !large.is_empty() {
        let (Some(poor), Some(rich)) = (small.pop(), large.pop()) else {
            break;
        };
        let Some(slot) = slots.get_mut(poor) else {
            break;
        };
        slot.alias = rich;
        let given = slot.weight - 1.0;
        if let Some(slot) = slots.get_mut(rich) {
            slot.weight += given;
        }
        if is_small(&slots, rich) {
            small.push(rich);
        } else {
            large.push(rich);
        }
    }
    for rest in small.into_iter().chain(large) {
        if let Some(slot) = slots.get_mut(rest) {
            slot.weight = 1.0;
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::bytewords::crc32;

    /// The reference's test message: `size` bytes drawn from the seed text.
    fn message(seed: &str, size: usize) -> Vec<u8> {
        let mut random = Xoshiro256::seeded(&sha256_of(seed.as_bytes()));
        (0..size)
            .map(|_| u8::try_from(random.below(256)).unwrap())
            .collect()
    }

    #[test]
    fn random_numbers_of_the_reference() {
        let mut random = Xoshiro256::seeded(&sha256_of(b"Wolf"));
        let drawn: Vec<u64> = (0..10).map(|_| random.next() % 100).collect();
        assert_eq!(drawn, [42, 81, 85, 8, 82, 84, 76, 73, 70, 88]);
    }

    #[test]
    fn sets_of_the_reference() {
        let fountain = Fountain::new(11, crc32(&message("Wolf", 1024)));
        let sets: Vec<Vec<u16>> = (11..=17)
            .map(|seq| {
                let mut set = fountain.fragments_of(seq);
                set.sort_unstable();
                set
            })
            .collect();
        let expected: [&[u16]; 7] = [
            &[10],
            &[9],
            &[2, 5, 6, 8, 9, 10],
            &[8],
            &[1, 5],
            &[1],
            &[0, 2, 4, 5, 8, 10],
        ];
        assert_eq!(sets, expected);
    }

    #[test]
    fn one_fragment_is_always_the_same() {
        let fountain = Fountain::new(1, 7);
        for seq in [1, 2, 3, u32::MAX] {
            assert_eq!(fountain.fragments_of(seq), [0]);
        }
    }
}

use alloc::vec::Vec;
use std::vec;

use super::*;
use crate::random::testing::stream;

fn fed(bytes: &[u8]) -> HealthTests {
    let mut tests = HealthTests::new();
    let _ = tests.feed(bytes);
    tests
}

/// Both cutoffs follow from the claim, by the formulas of the standard.
mod cutoffs {
    use super::*;

    #[test]
    fn of_repetition_is_the_formula() {
        let (alpha, entropy) = (u32::from(TESTS.false_alarm), u32::from(TESTS.entropy));
        assert_eq!(TESTS.repetition_cutoff, 1 + alpha.div_ceil(entropy));
    }

    /// CRITBINOM in whole numbers: with p = 1/256, the chance of k hits in 512 is
    /// C(512, k) * 255^(512 - k) / 256^512. Numbers of 4,096 bits, smallest limb first.
    #[test]
    fn of_proportion_is_the_formula() {
        let mut term = Wide::one();
        for _ in 0..TESTS.window {
            term.times(255);
        }
        let mut below = Wide::zero();
        let mut k = 0;
        loop {
            below.add(&term);
            // Over 256^512 = 2^4096: what is missing from one is at most 2^-40 where the top 40
            // bits are all set.
            if below.leading_ones() >= u32::from(TESTS.false_alarm) {
                break;
            }
            term.times(TESTS.window - k);
            k += 1;
            term.divided(255 * k);
        }
        assert_eq!(TESTS.proportion_cutoff, 1 + k);
    }

    /// A number of 4,096 bits with room for a carry.
    struct Wide(Vec<u32>);

    impl Wide {
        fn zero() -> Self {
            Self(vec![0; 130])
        }

        fn one() -> Self {
            let mut one = Self::zero();
            one.0[0] = 1;
            one
        }

        fn times(&mut self, factor: u32) {
            let mut carry = 0;
            for limb in &mut self.0 {
                let product = u64::from(*limb) * u64::from(factor) + carry;
                *limb = u32::try_from(product & 0xffff_ffff).unwrap();
                carry = product >> 32;
            }
            assert_eq!(carry, 0);
        }

        fn divided(&mut self, divisor: u32) {
            let mut rest = 0;
            for limb in self.0.iter_mut().rev() {
                let part = (rest << 32) | u64::from(*limb);
                *limb = u32::try_from(part / u64::from(divisor)).unwrap();
                rest = part % u64::from(divisor);
            }
            assert_eq!(rest, 0, "binomial terms are whole");
        }

        fn add(&mut self, other: &Self) {
            let mut carry = 0;
            for (limb, more) in self.0.iter_mut().zip(&other.0) {
                let sum = u64::from(*limb) + u64::from(*more) + carry;
                *limb = u32::try_from(sum & 0xffff_ffff).unwrap();
                carry = sum >> 32;
            }
        }

        fn leading_ones(&self) -> u32 {
            assert_eq!(self.0[128..], [0, 0]);
            let top = (u64::from(self.0[127]) << 32) | u64::from(self.0[126]);
            top.leading_ones()
        }
    }
}

#[test]
fn a_good_stream_is_healthy_for_a_million_bytes() {
    let tests = fed(&stream("good", 1 << 20));
    assert_eq!(tests.health(), Health::Healthy);
    assert_eq!(tests.samples(), 1 << 20);
    assert!(tests.longest_run() >= 2);
    assert!(tests.highest_count() >= 2);
}

#[test]
fn a_constant_stream_fails_at_the_cutoff_and_not_before() {
    let mut tests = HealthTests::new();
    for n in 1..TESTS.repetition_cutoff {
        assert_eq!(tests.feed(&[7]), Health::Healthy, "{n} bytes");
    }
    assert_eq!(tests.feed(&[7]), Health::Faulty);
}

#[test]
fn a_run_counts_across_draws_and_windows() {
    let at = |start: usize, run: usize| {
        let mut bytes = stream("run", 1024);
        bytes[start - 1] = 1;
        bytes[start..start + run].fill(0);
        bytes[start + run] = 1;
        let mut tests = HealthTests::new();
        for draw in bytes.chunks(3) {
            let _ = tests.feed(draw);
        }
        (tests.longest_run(), tests.health())
    };
    for start in [1, 100, 509] {
        assert_eq!(at(start, 5), (5, Health::Healthy), "{start}");
        assert_eq!(at(start, 6), (6, Health::Faulty), "{start}");
    }
}

/// A window in which the first byte occurs `count` times, spread out.
fn window(count: u32) -> Vec<u8> {
    let mut bytes = stream("window", 512);
    let first = bytes[0];
    for byte in &mut bytes[1..] {
        if *byte == first {
            *byte = first.wrapping_add(1);
        }
    }
    for place in 0..count as usize {
        bytes[place * 20] = first;
    }
    bytes
}

#[test]
fn a_bias_fails_at_the_cutoff_and_not_one_below() {
    let cutoff = TESTS.proportion_cutoff;
    for (count, health) in [(cutoff - 1, Health::Healthy), (cutoff, Health::Faulty)] {
        let tests = fed(&window(count));
        assert_eq!((tests.highest_count(), tests.health()), (count, health));
        // The same in the second window.
        let late = fed(&[stream("before", 512), window(count)].concat());
        assert_eq!(late.health(), health, "{count} in the second window");
    }
}

#[test]
fn a_count_begins_anew_with_each_window() {
    // Half of the occurrences at the end of one window, half in the next.
    let half = TESTS.proportion_cutoff.div_ceil(2);
    let bytes = [window(half), window(half)].concat();
    assert_eq!(fed(&bytes).highest_count(), half);
}

#[test]
fn every_low_byte_that_comes_too_often_is_found() {
    // One byte in eight is the same one: far too often, and no long run of it.
    let mut bytes = stream("biased", 4096);
    for byte in bytes.iter_mut().step_by(8) {
        *byte = 0x55;
    }
    assert_eq!(fed(&bytes).health(), Health::Faulty);
}

#[test]
fn a_stream_in_a_circle_fails_at_its_second_round() {
    for period in [32, 64, 256, 1024] {
        let round = stream("circle", period);
        let mut tests = HealthTests::new();
        assert_eq!(tests.feed(&round), Health::Healthy, "{period}");
        assert_eq!(tests.feed(&round[..32]), Health::Faulty, "{period}");
        assert_eq!(tests.repeated_blocks(), 1);
    }
}

#[test]
fn a_fault_is_never_forgotten() {
    let mut tests = fed(&[0; 6]);
    assert_eq!(tests.feed(&stream("good", 1 << 16)), Health::Faulty);
}

//! HSM04.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::rule::{Place, Refusal, RuleId, Verdict};

/// Two draws of random bytes made only for this check, and thrown away after it.
#[derive(Debug)]
pub struct RandomSample {
    /// The first draw.
    pub first: Zeroizing<Vec<u8>>,
    /// The second draw.
    pub second: Zeroizing<Vec<u8>>,
}

impl RandomSample {
    /// Bytes in each draw: two windows of the adaptive proportion test.
    pub const LEN: usize = 1024;
}

/// Equal bytes in a row at which the repetition count test of SP 800-90B section 4.4.1 fails, for
/// 8 bits of entropy in a byte and one false alarm in 2^40: 1 + 40/8.
const REPETITION_CUTOFF: usize = 6;

/// Window of the adaptive proportion test (SP 800-90B section 4.4.2, samples that are not binary).
const WINDOW: usize = 512;

/// Occurrences of a window's first byte in that window at which the test fails: with a mean of 2,
/// 20 come about less often than once in 2^40 windows.
const PROPORTION_CUTOFF: usize = 20;

/// HSM04: The random numbers of the HSM are healthy.
///
/// Finds a generator that is stuck, repeats itself or prefers a value. It cannot find one that
/// only looks random.
pub fn hsm04(sample: &RandomSample) -> Verdict {
    let mut refusals = Vec::new();
    for (name, draw) in [("first", &sample.first), ("second", &sample.second)] {
        if draw.len() != RandomSample::LEN {
            let expected = format_args!("{} bytes in the {name} draw", RandomSample::LEN);
            refusals.push(refusal(expected, draw.len()));
        }
        let longest = longest_run(draw);
        if longest >= REPETITION_CUTOFF {
            let expected = format_args!("under {REPETITION_CUTOFF} equal bytes in a row");
            refusals.push(refusal(
                expected,
                format_args!("{longest} in the {name} draw"),
            ));
        }
        let most = draw.chunks(WINDOW).map(proportion).max().unwrap_or(0);
        if most >= PROPORTION_CUTOFF {
            let expected = format_args!("a byte under {PROPORTION_CUTOFF} times in {WINDOW}");
            refusals.push(refusal(expected, format_args!("{most} in the {name} draw")));
        }
    }
    if sample.first == sample.second {
        refusals.push(refusal("two draws that differ", "the same twice"));
    }
    Verdict::of(refusals)
}

fn longest_run(draw: &[u8]) -> usize {
    draw.chunk_by(|a, b| a == b)
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0)
}

/// How often the window's first byte occurs in it.
fn proportion(window: &[u8]) -> usize {
    let first = window.first();
    window.iter().filter(|byte| Some(*byte) == first).count()
}

fn refusal(expected: impl fmt::Display, got: impl fmt::Display) -> Refusal {
    Refusal::new(RuleId::HSM04, Place::Token, expected, got)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a hash chain: as good as random, and the same every time.
    fn draw(seed: u8) -> Zeroizing<Vec<u8>> {
        let blocks = (0..32u8).flat_map(|n| crate::digest::sha256_of(&[seed, n]));
        Zeroizing::new(blocks.collect())
    }

    fn sample() -> RandomSample {
        RandomSample {
            first: draw(1),
            second: draw(2),
        }
    }

    fn refused(sample: &RandomSample) -> usize {
        match hsm04(sample) {
            Verdict::Refused(refusals) => refusals.len(),
            _ => 0,
        }
    }

    mod hsm04 {
        use super::*;

        #[test]
        fn passes_healthy_draws() {
            assert_eq!(hsm04(&sample()), Verdict::Passed);
        }

        #[test]
        fn refuses_the_same_draw_twice() {
            let stuck = RandomSample {
                first: draw(1),
                second: draw(1),
            };
            assert_eq!(refused(&stuck), 1);
        }

        #[test]
        fn refuses_constant_draws_in_every_way() {
            let zeros = || Zeroizing::new(alloc::vec![0; RandomSample::LEN]);
            let constant = RandomSample {
                first: zeros(),
                second: zeros(),
            };
            assert_eq!(refused(&constant), 5);
        }

        #[test]
        fn refuses_short_draws() {
            let mut short = sample();
            short.second.truncate(RandomSample::LEN - 1);
            assert_eq!(refused(&short), 1);
        }

        #[test]
        fn repetition_at_the_limit_and_one_past_it() {
            for (run, refusals) in [(REPETITION_CUTOFF - 1, 0), (REPETITION_CUTOFF, 1)] {
                let mut sample = sample();
                // Ends of the run differ from it, so that it is exactly as long as meant.
                sample.first[99] = 1;
                sample.first[100..100 + run].fill(0);
                sample.first[100 + run] = 1;
                assert_eq!(refused(&sample), refusals, "run of {run}");
            }
        }

        #[test]
        fn proportion_at_the_limit_and_one_past_it() {
            for (count, refusals) in [(PROPORTION_CUTOFF - 1, 0), (PROPORTION_CUTOFF, 1)] {
                let mut sample = sample();
                let first = sample.first[0];
                let other = first.wrapping_add(1);
                for byte in &mut sample.first[..WINDOW] {
                    if *byte == first {
                        *byte = other;
                    }
                }
                for place in 0..count {
                    sample.first[place * 20] = first;
                }
                assert_eq!(refused(&sample), refusals, "{count}");
            }
        }
    }
}

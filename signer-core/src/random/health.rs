//! Health tests of one source, over every byte that is drawn from it (NIST SP 800-90B section 4).
//!
//! Each source has tests of its own, since a fault of one would be hidden by the other behind the
//! mixer. They run from the first byte to the last of a session. A source that failed once stays
//! faulty.

use alloc::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::digest::tagged;

/// What the tests expect of a source, and from which claim that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TestParameters {
    /// One false alarm in 2^this, for each test (alpha).
    #[n(0)]
    pub false_alarm: u8,
    /// Bits of entropy that are claimed for a byte (H): both sources give out conditioned bytes.
    #[n(1)]
    pub entropy: u8,
    /// Bytes of each source that are tested before it is used.
    #[n(2)]
    pub start_up: u32,
    /// Equal bytes in a row at which the repetition count test fails.
    #[n(3)]
    pub repetition_cutoff: u32,
    /// Bytes in a window of the adaptive proportion test.
    #[n(4)]
    pub window: u32,
    /// Occurrences of a window's first byte in it at which the adaptive proportion test fails.
    #[n(5)]
    pub proportion_cutoff: u32,
}

/// The parameters in use.
///
/// - start-up: SP 800-90B section 4.3, item 2 (at least 1,024 samples);
/// - repetition count: section 4.4.1, `1 + ceil(40 / 8)`;
/// - adaptive proportion: section 4.4.2, window 512 for samples that are not binary,
///   `1 + CRITBINOM(512, 2^-8, 1 - 2^-40)`.
pub const TESTS: TestParameters = TestParameters {
    false_alarm: 40,
    entropy: 8,
    start_up: 1024,
    repetition_cutoff: 6,
    window: 512,
    proportion_cutoff: 19,
};

/// Bytes of a block that must never come twice.
pub(super) const BLOCK: usize = 32;

/// What the tests say of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// No test has failed.
    Healthy,
    /// A test has failed, now or before.
    Faulty,
}

/// The tests of one source while it is drawn from.
#[derive(Clone, Debug)]
pub struct HealthTests {
    samples: u64,
    repetition: Repetition,
    proportion: Proportion,
    blocks: Blocks,
}

impl HealthTests {
    /// Before the first byte.
    pub const fn new() -> Self {
        Self {
            samples: 0,
            repetition: Repetition::new(),
            proportion: Proportion::new(),
            blocks: Blocks::new(),
        }
    }

    /// Takes one draw, byte for byte, and says what the tests think of the source.
    pub fn feed(&mut self, drawn: &[u8]) -> Health {
        for byte in drawn {
            self.samples = self.samples.saturating_add(1);
            self.repetition.feed(*byte);
            self.proportion.feed(*byte);
        }
        self.blocks.feed(drawn);
        self.health()
    }

    /// What the tests think of the source.
    pub const fn health(&self) -> Health {
        let failed = self.repetition.longest >= TESTS.repetition_cutoff
            || self.proportion.highest >= TESTS.proportion_cutoff
            || self.blocks.repeated > 0;
        if failed {
            Health::Faulty
        } else {
            Health::Healthy
        }
    }

    /// Bytes that were tested.
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// The longest row of equal bytes.
    pub const fn longest_run(&self) -> u32 {
        self.repetition.longest
    }

    /// The most occurrences of a window's first byte in it.
    pub const fn highest_count(&self) -> u32 {
        self.proportion.highest
    }

    /// Blocks of 32 bytes that had come before.
    pub const fn repeated_blocks(&self) -> u32 {
        self.blocks.repeated
    }
}

impl Default for HealthTests {
    fn default() -> Self {
        Self::new()
    }
}

/// The repetition count test, SP 800-90B section 4.4.1.
#[derive(Clone, Debug)]
struct Repetition {
    last: Option<u8>,
    run: u32,
    longest: u32,
}

impl Repetition {
    const fn new() -> Self {
        Self {
            last: None,
            run: 0,
            longest: 0,
        }
    }

    fn feed(&mut self, byte: u8) {
        self.run = if self.last == Some(byte) {
            self.run.saturating_add(1)
        } else {
            1
        };
        self.last = Some(byte);
        self.longest = self.longest.max(self.run);
    }
}

/// The adaptive proportion test, SP 800-90B section 4.4.2.
#[derive(Clone, Debug)]
struct Proportion {
    first: u8,
    count: u32,
    left: u32,
    highest: u32,
}

impl Proportion {
    const fn new() -> Self {
        Self {
            first: 0,
            count: 0,
            left: 0,
            highest: 0,
        }
    }

    fn feed(&mut self, byte: u8) {
        if self.left == 0 {
            (self.first, self.count, self.left) = (byte, 0, TESTS.window);
        }
        self.left = self.left.saturating_sub(1);
        if byte == self.first {
            self.count = self.count.saturating_add(1);
            self.highest = self.highest.max(self.count);
        }
    }
}

/// A test of our own (SP 800-90B section 4.5 allows more tests): no block of 32 bytes comes twice.
/// It finds a stream that runs in a circle longer than the other two see. Of the blocks it keeps
/// digests, not bytes.
#[derive(Clone, Debug)]
struct Blocks {
    seen: BTreeSet<[u8; 32]>,
    repeated: u32,
}

impl Blocks {
    const fn new() -> Self {
        Self {
            seen: BTreeSet::new(),
            repeated: 0,
        }
    }

    fn feed(&mut self, drawn: &[u8]) {
        for block in drawn.chunks_exact(BLOCK) {
            if !self.seen.insert(tagged("himuro/random-block", &[block])) {
                self.repeated = self.repeated.saturating_add(1);
            }
        }
    }
}

#[cfg(test)]
mod tests;

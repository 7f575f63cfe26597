//! What the health tests found, as the transcript holds it.

use minicbor::{Decode, Encode};

use super::TestParameters;
pub use crate::digest::SampleDigest;

/// Both sources, and the parameters of their tests.
///
/// An auditor judges HSM04 over it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RandomEvidence {
    /// The parameters.
    #[n(0)]
    pub tests: TestParameters,
    /// `C_GenerateRandom` of the HSM.
    #[n(1)]
    pub hsm: SourceEvidence,
    /// `getrandom(2)` of the machine's kernel.
    #[n(2)]
    pub kernel: SourceEvidence,
}

/// One source since the session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SourceEvidence {
    /// Bytes that were tested.
    #[n(0)]
    pub samples: u64,
    /// The longest row of equal bytes.
    #[n(1)]
    pub longest_run: u32,
    /// The most occurrences of a window's first byte in it.
    #[n(2)]
    pub highest_count: u32,
    /// Blocks of 32 bytes that had come before.
    #[n(3)]
    pub repeated_blocks: u32,
    /// The bytes of the start-up test. They are used for nothing else.
    #[n(4)]
    pub start_up: SampleDigest,
}

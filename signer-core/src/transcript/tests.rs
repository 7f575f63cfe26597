//! Whole ceremonies in memory: what a journal proves, and every way in which one that was
//! tampered with is found.

mod clock;
mod compared;
mod forged;
mod frozen;
mod headers;
mod keys;
mod life;
mod newest;
mod numbers;
mod orders;
mod pins;
mod policy;
mod recovery;
mod released;
mod repeated;
mod replacement;
mod rosters;
mod sessions;
mod sweep;
mod tampered;
mod told;
mod unfinished;
mod witnesses;

use alloc::vec::Vec;

use super::testing::Bench;
use super::{UnverifiedTranscript, VerifiedTranscript};
use crate::rule::RuleId;
use crate::testing::Case;

/// The rules that verification of these bytes finds broken.
fn found(bench: &Bench, bytes: &[u8]) -> Vec<RuleId> {
    match VerifiedTranscript::verify(bytes, &bench.trust()) {
        Ok(_) => Vec::new(),
        Err(findings) => findings.refusals().iter().map(|r| r.rule).collect(),
    }
}

/// The bytes of each entry.
fn items(disk: &[u8]) -> Vec<Vec<u8>> {
    let transcript = UnverifiedTranscript::parse(disk).unwrap();
    let entries = transcript.entries().iter();
    entries.map(crate::codec::encode).collect()
}

/// A bench that has signed one case.
fn signed() -> Bench {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    bench
}

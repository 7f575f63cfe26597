//! Signatures of throw-away keys, as the module made them: each judged by two libraries, and
//! counted.

use alloc::collections::BTreeSet;

use bitcoin::secp256k1::PublicKey;
use minicbor::{Decode, Encode};

use super::TestDigest;
use crate::keys::Signature64;
use crate::signing::Libraries;

/// What came of many signatures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignatureTally {
    /// How often the module was asked and answered.
    #[n(0)]
    pub signatures: u32,
    /// Answers that are not 64 bytes of r and s in range.
    #[n(1)]
    pub malformed: u32,
    /// Signatures with a high S, as the module made them.
    #[n(2)]
    pub high_s: u32,
    /// Signatures that libsecp256k1 refuses, S brought down.
    #[n(3)]
    pub refused_by_libsecp256k1: u32,
    /// Signatures that k256 refuses, S brought down.
    #[n(4)]
    pub refused_by_k256: u32,
    /// Signatures with an r that an earlier one had.
    #[n(5)]
    pub repeated_r: u32,
}

/// Counts while the test runs.
#[derive(Debug, Default)]
pub struct Tally {
    counts: SignatureTally,
    seen: BTreeSet<[u8; 32]>,
}

impl Tally {
    /// Before the first signature.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the module's answer for `digest` by `key`.
    pub fn take(&mut self, key: &PublicKey, digest: &TestDigest, answer: &[u8]) {
        let counts = &mut self.counts;
        add(&mut counts.signatures, true);
        let signature = <[u8; 64]>::try_from(answer).map(Signature64).ok();
        let low = signature.and_then(|signature| signature.low_s_k256());
        let (Some(signature), Some(low)) = (signature, low) else {
            add(&mut counts.malformed, true);
            return;
        };
        add(&mut counts.high_s, signature != low);
        let digest = digest.as_bytes();
        let libraries = Libraries::ready();
        let libsecp256k1 = libraries.libsecp256k1_takes(key, digest, &low);
        add(&mut counts.refused_by_libsecp256k1, !libsecp256k1);
        let k256 = libraries.k256_takes(key, digest, &low);
        add(&mut counts.refused_by_k256, !k256);
        add(&mut counts.repeated_r, !self.seen.insert(low.r()));
    }

    /// The counts.
    pub const fn counts(&self) -> SignatureTally {
        self.counts
    }
}

fn add(count: &mut u32, happened: bool) {
    *count = count.saturating_add(u32::from(happened));
}

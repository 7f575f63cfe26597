//! What a throw-away key is asked to sign.

use crate::digest::tagged;

/// The n-th digest of an acceptance test: a tagged hash of the test's own nonce and a counter,
/// never 32 bytes of somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestDigest([u8; 32]);

impl TestDigest {
    /// The tag of the digest.
    pub const TAG: &'static str = "himuro/acceptance-test";

    /// The digest of this number.
    pub fn new(nonce: &[u8; 32], number: u32) -> Self {
        Self(tagged(Self::TAG, &[nonce, &number.to_be_bytes()]))
    }

    /// The 32 bytes that CKM_ECDSA gets.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

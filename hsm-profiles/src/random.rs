//! `C_GenerateRandom`, as the source that `rand_core` knows. Nothing is made of it as it comes:
//! signer-core tests it and mixes it with the kernel's.

use cryptoki::context::Function;
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::error::HsmError;
use crate::session::OpenToken;

/// The random numbers of an open token.
#[derive(Debug)]
pub struct TokenRandom<'a>(&'a OpenToken);

impl OpenToken {
    /// The token as a source of random numbers.
    pub const fn random(&self) -> TokenRandom<'_> {
        TokenRandom(self)
    }

    /// Fills `bytes` with random numbers of the HSM: all of them, or an error.
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), HsmError> {
        let mut drawn = Zeroizing::new(vec![0; bytes.len()]);
        let drawn = self.connection.call(Function::GenerateRandom, move |s| {
            s.generate_random_slice(&mut drawn)?;
            Ok(drawn)
        })?;
        bytes.copy_from_slice(&drawn);
        Ok(())
    }
}

impl TryRng for TokenRandom<'_> {
    type Error = HsmError;

    fn try_next_u32(&mut self) -> Result<u32, HsmError> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, HsmError> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), HsmError> {
        self.0.fill_random(dst)
    }
}

impl TryCryptoRng for TokenRandom<'_> {}

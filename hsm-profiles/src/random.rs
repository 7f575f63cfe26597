//! `C_GenerateRandom`. The device has no other generator.

use signer_core::token::RandomSample;
use zeroize::Zeroizing;

use crate::error::HsmError;
use crate::session::OpenToken;

impl OpenToken {
    /// Fills `bytes` with random numbers of the HSM.
    pub fn random(&self, bytes: &mut [u8]) -> Result<(), HsmError> {
        let filled = self.session.generate_random_slice(bytes);
        filled.map_err(|e| self.library.error(&e))
    }

    /// Two draws for HSM04, made for nothing else.
    pub fn random_sample(&self) -> Result<RandomSample, HsmError> {
        let mut draws = [(); 2].map(|()| Zeroizing::new(vec![0; RandomSample::LEN]));
        for draw in &mut draws {
            self.random(draw)?;
        }
        let [first, second] = draws;
        Ok(RandomSample { first, second })
    }
}

//! `C_GenerateRandom`. The device has no other generator.

use cryptoki::context::Function;
use signer_core::token::RandomSample;
use zeroize::Zeroizing;

use crate::error::HsmError;
use crate::session::OpenToken;

impl OpenToken {
    /// Fills `bytes` with random numbers of the HSM.
    pub fn random(&self, bytes: &mut [u8]) -> Result<(), HsmError> {
        let mut drawn = Zeroizing::new(vec![0; bytes.len()]);
        let drawn = self.connection.call(Function::GenerateRandom, move |s| {
            s.generate_random_slice(&mut drawn)?;
            Ok(drawn)
        })?;
        bytes.copy_from_slice(&drawn);
        Ok(())
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

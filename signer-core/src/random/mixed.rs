//! Draws: 32 bytes of each source, tested apart and hashed together.

use core::fmt;

use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use super::health::BLOCK;
use super::{Health, HealthTests, RandomEvidence, SampleDigest, SourceEvidence, TESTS};
use crate::digest::tagged;

/// Where random bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The HSM.
    Hsm,
    /// The kernel of the machine.
    Kernel,
}

/// Why there are no random bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum DrawError<H, K> {
    /// The HSM gave none.
    Hsm(H),
    /// The kernel gave none.
    Kernel(K),
    /// A health test failed, now or before.
    Unhealthy(Source),
}

impl<H: fmt::Display, K: fmt::Display> fmt::Display for DrawError<H, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hsm(error) => write!(f, "no random numbers from the HSM: {error}"),
            Self::Kernel(error) => write!(f, "no random numbers from the kernel: {error}"),
            Self::Unhealthy(Source::Hsm) => {
                f.write_str("the random numbers of the HSM failed a health test")
            }
            Self::Unhealthy(Source::Kernel) => {
                f.write_str("the random numbers of the kernel failed a health test")
            }
        }
    }
}

impl<H, K> core::error::Error for DrawError<H, K>
where
    H: fmt::Debug + fmt::Display,
    K: fmt::Debug + fmt::Display,
{
}

/// The random numbers of one session: the tests of both sources, and no bytes.
///
/// Each block is made of fresh bytes of both sources, so nothing that is kept here tells anything
/// about a block that was drawn, or will be.
#[derive(Debug)]
pub struct DeviceRandom {
    hsm: Tested,
    kernel: Tested,
    blocks: u64,
}

/// One source.
#[derive(Debug)]
struct Tested {
    tests: HealthTests,
    start_up: SampleDigest,
}

impl DeviceRandom {
    /// Tag of the hash that mixes.
    pub const TAG: &'static str = "himuro/random";

    /// The start-up test of both sources. Whether they are healthy is HSM04's to say, over
    /// [`Self::evidence`]; with a faulty one nothing can be drawn.
    ///
    /// # Errors
    /// [`DrawError`] where a source gives no bytes.
    pub fn start<H: TryCryptoRng, K: TryCryptoRng>(
        hsm: &mut H,
        kernel: &mut K,
    ) -> Result<Self, DrawError<H::Error, K::Error>> {
        Ok(Self {
            hsm: Tested::start(hsm).map_err(DrawError::Hsm)?,
            kernel: Tested::start(kernel).map_err(DrawError::Kernel)?,
            blocks: 0,
        })
    }

    /// The tests on demand: as many bytes again as at the start, thrown away.
    ///
    /// # Errors
    /// [`DrawError`] where a source gives no bytes.
    pub fn test_again<H: TryCryptoRng, K: TryCryptoRng>(
        &mut self,
        hsm: &mut H,
        kernel: &mut K,
    ) -> Result<(), DrawError<H::Error, K::Error>> {
        self.hsm.sample(hsm).map_err(DrawError::Hsm)?;
        self.kernel.sample(kernel).map_err(DrawError::Kernel)?;
        Ok(())
    }

    /// What the tests found so far, for HSM04 and the transcript.
    pub const fn evidence(&self) -> RandomEvidence {
        RandomEvidence {
            tests: TESTS,
            hsm: self.hsm.evidence(),
            kernel: self.kernel.evidence(),
        }
    }

    /// The first block of a session: the nonce of its opening entry. It is made even of a faulty
    /// source, since the entry that records the fault needs one; HSM04 then ends the session
    /// before anything is made of it.
    ///
    /// # Errors
    /// [`DrawError`] where a source gives no bytes.
    pub fn session_nonce<H: TryCryptoRng, K: TryCryptoRng>(
        &mut self,
        hsm: &mut H,
        kernel: &mut K,
    ) -> Result<[u8; BLOCK], DrawError<H::Error, K::Error>> {
        let ours = self.hsm.block(hsm).map_err(DrawError::Hsm)?;
        let theirs = self.kernel.block(kernel).map_err(DrawError::Kernel)?;
        self.blocks = self.blocks.saturating_add(1);
        let number = self.blocks.to_be_bytes();
        Ok(tagged(Self::TAG, &[&number, &ours[..], &theirs[..]]))
    }

    /// 32 random bytes.
    ///
    /// # Errors
    /// [`DrawError`] where a source gives no bytes, or a test of one has ever failed.
    pub fn draw<H: TryCryptoRng, K: TryCryptoRng>(
        &mut self,
        hsm: &mut H,
        kernel: &mut K,
    ) -> Result<[u8; BLOCK], DrawError<H::Error, K::Error>> {
        let drawn = self.session_nonce(hsm, kernel)?;
        for (source, tested) in [(Source::Hsm, &self.hsm), (Source::Kernel, &self.kernel)] {
            if tested.tests.health() == Health::Faulty {
                return Err(DrawError::Unhealthy(source));
            }
        }
        Ok(drawn)
    }

    /// The same as a generator that other crates know how to use.
    pub const fn with<H: TryCryptoRng, K: TryCryptoRng>(
        &mut self,
        hsm: H,
        kernel: K,
    ) -> MixedRng<'_, H, K> {
        MixedRng {
            random: self,
            hsm,
            kernel,
        }
    }
}

impl Tested {
    fn start<R: TryCryptoRng>(source: &mut R) -> Result<Self, R::Error> {
        let mut started = Self {
            tests: HealthTests::new(),
            start_up: SampleDigest::over(&[]),
        };
        started.start_up = started.sample(source)?;
        Ok(started)
    }

    fn sample<R: TryCryptoRng>(&mut self, source: &mut R) -> Result<SampleDigest, R::Error> {
        let mut sample = Zeroizing::new([0; TESTS.start_up as usize]);
        source.try_fill_bytes(&mut *sample)?;
        let _ = self.tests.feed(&*sample);
        Ok(SampleDigest::over(&[&*sample]))
    }

    fn block<R: TryCryptoRng>(
        &mut self,
        source: &mut R,
    ) -> Result<Zeroizing<[u8; BLOCK]>, R::Error> {
        let mut block = Zeroizing::new([0; BLOCK]);
        source.try_fill_bytes(&mut *block)?;
        let _ = self.tests.feed(&*block);
        Ok(block)
    }

    const fn evidence(&self) -> SourceEvidence {
        SourceEvidence {
            samples: self.tests.samples(),
            longest_run: self.tests.longest_run(),
            highest_count: self.tests.highest_count(),
            repeated_blocks: self.tests.repeated_blocks(),
            start_up: self.start_up,
        }
    }
}

/// A [`DeviceRandom`] with its sources, as `rand_core` sees generators. Every call draws at least
/// one block of its own.
#[derive(Debug)]
pub struct MixedRng<'a, H, K> {
    random: &'a mut DeviceRandom,
    hsm: H,
    kernel: K,
}

impl<H: TryCryptoRng, K: TryCryptoRng> TryRng for MixedRng<'_, H, K> {
    type Error = DrawError<H::Error, K::Error>;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for part in dst.chunks_mut(BLOCK) {
            let block = Zeroizing::new(self.random.draw(&mut self.hsm, &mut self.kernel)?);
            for (to, from) in part.iter_mut().zip(block.iter()) {
                *to = *from;
            }
        }
        Ok(())
    }
}

impl<H: TryCryptoRng, K: TryCryptoRng> TryCryptoRng for MixedRng<'_, H, K> {}

#[cfg(test)]
mod tests;

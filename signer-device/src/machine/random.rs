//! `getrandom(2)`: the kernel's generator, and the second source beside the HSM.

use std::io;

use rand_core::{TryCryptoRng, TryRng};
use rustix::rand::{GetRandomFlags, getrandom};

/// The kernel as a source of random numbers. It waits until the kernel has gathered enough once
/// after the machine was started, and never gives less after that.
#[derive(Debug)]
pub(crate) struct KernelRandom;

impl TryRng for KernelRandom {
    type Error = io::Error;

    fn try_next_u32(&mut self) -> io::Result<u32> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> io::Result<u64> {
        rand_core::utils::next_word_via_fill(self)
    }

    /// Requests of more than 256 bytes may be cut short by a signal: it asks on.
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> io::Result<()> {
        let mut left = dst;
        while !left.is_empty() {
            let asked = || getrandom(&mut *left, GetRandomFlags::empty());
            let filled = rustix::io::retry_on_intr(asked)?;
            left = left.get_mut(filled..).unwrap_or_default();
        }
        Ok(())
    }
}

impl TryCryptoRng for KernelRandom {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_filled_and_no_two_draws_are_equal() {
        let mut draws = [(); 2].map(|()| vec![0; 4096]);
        for draw in &mut draws {
            KernelRandom.try_fill_bytes(draw).expect("a kernel");
            assert!(draw.chunks(256).all(|part| part.iter().any(|b| *b != 0)));
        }
        assert_ne!(draws[0], draws[1]);
        KernelRandom.try_fill_bytes(&mut []).expect("nothing asked");
    }
}

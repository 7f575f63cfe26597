//! Sources for tests: streams that are the same every time, and such that break.

use alloc::vec::Vec;
use core::convert::Infallible;
use std::borrow::ToOwned;
use std::collections::VecDeque;

use rand_core::{TryCryptoRng, TryRng};

use super::{DeviceRandom, RandomEvidence};
use crate::digest::tagged;

/// Bytes of a hash chain: as good as random, and the same every time.
pub(crate) fn stream(name: &str, len: usize) -> Vec<u8> {
    let blocks = (0..=len as u64 / 32).flat_map(|n| tagged(name, &[&n.to_be_bytes()]));
    blocks.take(len).collect()
}

/// A source that gives out what it was given, then a good stream.
#[derive(Debug)]
pub(crate) struct Scripted {
    next: VecDeque<u8>,
}

impl Scripted {
    pub(crate) fn good(name: &str) -> Self {
        Self {
            next: stream(name, 1 << 14).into(),
        }
    }

    /// Gives out `bytes` next.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().rev() {
            self.next.push_front(*byte);
        }
    }
}

impl TryRng for Scripted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for byte in dst {
            *byte = self.next.pop_front().expect("the script is long enough");
        }
        Ok(())
    }
}

impl TryCryptoRng for Scripted {}

/// What the start-up tests say of two good sources of this name.
pub(crate) fn evidence(name: &str) -> RandomEvidence {
    let [mut hsm, mut kernel] = ["hsm", "kernel"].map(|s| Scripted::good(&(s.to_owned() + name)));
    let mut random = DeviceRandom::start(&mut hsm, &mut kernel).unwrap();
    let _ = random.session_nonce(&mut hsm, &mut kernel).unwrap();
    random.evidence()
}

/// The same after the tests before signing.
pub(crate) fn evidence_again(name: &str) -> RandomEvidence {
    let [mut hsm, mut kernel] = ["hsm", "kernel"].map(|s| Scripted::good(&(s.to_owned() + name)));
    let mut random = DeviceRandom::start(&mut hsm, &mut kernel).unwrap();
    let _ = random.session_nonce(&mut hsm, &mut kernel).unwrap();
    random.test_again(&mut hsm, &mut kernel).unwrap();
    random.evidence()
}

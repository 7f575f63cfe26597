//! The frames against the `ur` crate, against loss and against malice.

use std::string::{String, ToString};
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

use super::*;

mod byte_frames;
mod circles;
mod hostile;
mod oracle;
mod transfers;

/// Bytes that look random and are the same every time.
fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut random = Random(seed);
    (0..len).map(|_| random.next().to_le_bytes()[0]).collect()
}

/// A small generator for tests (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        b ^ (b >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn sender(message: &[u8], fragment_len: usize) -> Sender {
    Sender::new(UrType::CryptoPsbt, message, fragment_len).unwrap()
}

/// The text of a frame that is one.
fn text_of(shown: &Shown) -> String {
    shown.text().unwrap().to_string()
}

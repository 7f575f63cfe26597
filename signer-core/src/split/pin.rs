//! The PIN itself, and the bytes that split and seal it: both are drawn, neither is chosen.

use alloc::string::String;
use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::digest::tagged;

/// Characters of a drawn PIN: 130 bits.
pub const PIN_LENGTH: usize = 26;

/// 32 characters that every token takes.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A PIN of 32 drawn bytes: five bits of each of the first [`PIN_LENGTH`] make a character.
///
/// Nobody types it and nobody reads it.
pub fn drawn_pin(drawn: &[u8; 32]) -> Zeroizing<String> {
    let mut pin = Zeroizing::new(String::with_capacity(PIN_LENGTH));
    for byte in drawn.iter().take(PIN_LENGTH) {
        let place = usize::from(byte & 31);
        let character = ALPHABET.get(place).copied().map_or('a', char::from);
        pin.push(character);
    }
    pin
}

/// As many bytes as splitting and sealing need, of one draw of 32 from the HSM and the kernel: blocks
/// of a tagged SHA-256 over the draw and a counter.
///
/// Splitting asks for a generator that cannot fail; the sources can. So they are asked first.
#[derive(Debug)]
pub struct DrawnBytes {
    draw: Zeroizing<[u8; 32]>,
    blocks: u64,
}

impl DrawnBytes {
    /// Tag of the hash.
    pub const TAG: &'static str = "himuro/split";

    /// The bytes of this draw.
    pub const fn of(draw: Zeroizing<[u8; 32]>) -> Self {
        Self { draw, blocks: 0 }
    }

    fn block(&mut self) -> Zeroizing<[u8; 32]> {
        self.blocks = self.blocks.saturating_add(1);
        let number = self.blocks.to_be_bytes();
        Zeroizing::new(tagged(Self::TAG, &[&number, &self.draw[..]]))
    }
}

impl TryRng for DrawnBytes {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for part in dst.chunks_mut(32) {
            for (to, from) in part.iter_mut().zip(self.block().iter()) {
                *to = *from;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for DrawnBytes {}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::Rng as _;

    #[test]
    fn a_pin_has_one_character_for_each_byte() {
        let drawn: [u8; 32] = core::array::from_fn(|n| u8::try_from(n).unwrap());
        assert_eq!(drawn_pin(&drawn).as_str(), "abcdefghijkmnpqrstuvwxyz23");
        assert_eq!(drawn_pin(&[0xff; 32]).as_str(), "9".repeat(PIN_LENGTH));
    }

    #[test]
    fn every_character_comes_of_eight_bytes() {
        let mut counts = alloc::collections::BTreeMap::new();
        for byte in 0..=255 {
            let pin = drawn_pin(&[byte; 32]);
            *counts.entry(pin.as_bytes()[0]).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 32);
        assert!(counts.values().all(|count| *count == 8));
    }

    #[test]
    fn no_bytes_come_twice() {
        let mut bytes = DrawnBytes::of(Zeroizing::new([7; 32]));
        let (mut first, mut second) = ([0; 100], [0; 100]);
        bytes.fill_bytes(&mut first);
        bytes.fill_bytes(&mut second);
        assert_ne!(first[..32], first[32..64]);
        assert_ne!(first, second);
        let mut again = [0; 100];
        DrawnBytes::of(Zeroizing::new([7; 32])).fill_bytes(&mut again);
        assert_eq!(first, again);
        DrawnBytes::of(Zeroizing::new([8; 32])).fill_bytes(&mut again);
        assert_ne!(first, again);
    }
}

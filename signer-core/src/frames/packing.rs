//! Raw deflate, with a limit set before anything is unpacked.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

/// Most bytes that one byte of deflate unpacks to: 258 bytes in two bits.
const MOST_FOR_ONE: usize = 1032;

/// Raw deflate of `message` with the usual window, where that is shorter.
pub(super) fn pack(message: &[u8]) -> Option<Vec<u8>> {
    const HARDEST: u8 = 9;
    let packed = compress_to_vec(message, HARDEST);
    (packed.len() < message.len()).then_some(packed)
}

/// Raw deflate, at most `limit` bytes, and nothing behind its end.
pub(super) fn unpack(packed: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut message = vec![0; limit.min(most(packed.len()))];
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = Box::<DecompressorOxide>::default();
    let (status, read, written) = decompress(&mut state, packed, &mut message, 0, flags);
    message.truncate(written);
    message.shrink_to_fit();
    (status == TINFLStatus::Done && read == packed.len()).then_some(message)
}

/// Most bytes that `packed` bytes of deflate can become.
pub(super) const fn most(packed: usize) -> usize {
    packed.saturating_mul(MOST_FOR_ONE)
}

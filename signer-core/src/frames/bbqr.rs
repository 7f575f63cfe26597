//! BBQr, as Coldcard writes it (coinkite/BBQr): `B$`, encoding, file type, count, place, data.
//!
//! Numbered frames without a checksum: frames of two messages can be put together unnoticed.
//! So whatever is joined must be whole in itself: packed data must unpack to its end, and a PSBT must
//! be well-formed from its first byte to its last. That finds most mixtures, not all; the rest is left
//! to the rules, which believe no frame.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use data_encoding::{BASE32_NOPAD, HEXUPPER};
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};

use super::packing::unpack;
use super::{Content, Ignored, Limits};

/// Most frames: two digits of base 36.
pub(super) const FRAMES: u16 = 36 * 36 - 1;
/// Characters before the data.
const HEADER: usize = 8;

/// What the frames of one message have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Series {
    packing: Packing,
    file: FileType,
    pub(super) frames: u16,
}

/// How the data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    /// Hexadecimal.
    Hex,
    /// Base 32.
    Base32,
    /// Raw deflate, then base 32.
    Deflate,
}

/// What the message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileType {
    Psbt,
    Transaction,
    Json,
    Cbor,
    Text,
    Binary,
}

/// One frame as read.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) series: Series,
    /// Counted from 0.
    pub(super) place: u16,
    pub(super) bytes: Vec<u8>,
}

/// Whether a text is meant as BBQr.
pub(super) fn looks_like(text: &str) -> bool {
    text.starts_with("B$")
}

/// Reads one frame. Its claims are held against `limits` before the data is read.
pub(super) fn read(text: &str, limits: Limits) -> Result<Frame, Ignored> {
    let (header, data) = text.split_at_checked(HEADER).ok_or(Ignored::Malformed)?;
    let [b'B', b'$', packing, file, count @ .., a, b] = header.as_bytes() else {
        return Err(Ignored::Malformed);
    };
    let series = Series {
        packing: Packing::of(*packing).ok_or(Ignored::UnknownType)?,
        file: FileType::of(*file).ok_or(Ignored::UnknownType)?,
        frames: base36(count).ok_or(Ignored::Malformed)?,
    };
    if series.frames > limits.fragments {
        return Err(Ignored::TooManyFragments);
    }
    let place = base36(&[*a, *b]).ok_or(Ignored::Malformed)?;
    if place >= series.frames || data.is_empty() {
        return Err(Ignored::Malformed);
    }
    let bytes = series.packing.decode(data).ok_or(Ignored::Garbled)?;
    Ok(Frame {
        series,
        place,
        bytes,
    })
}

impl Series {
    /// The message out of all its frames' bytes. None where it is not whole in itself.
    pub(super) fn open(self, joined: Vec<u8>, limits: Limits) -> Option<Vec<u8>> {
        match self.packing {
            Packing::Hex | Packing::Base32 => Some(joined),
            Packing::Deflate => unpack(&joined, limits.message),
        }
    }

    pub(super) const fn content(self) -> Content {
        match self.file {
            FileType::Psbt => Content::Psbt,
            _ => Content::Other,
        }
    }
}

impl Packing {
    const fn of(letter: u8) -> Option<Self> {
        match letter {
            b'H' => Some(Self::Hex),
            b'2' => Some(Self::Base32),
            b'Z' => Some(Self::Deflate),
            _ => None,
        }
    }

    fn decode(self, data: &str) -> Option<Vec<u8>> {
        let alphabet = match self {
            Self::Hex => &HEXUPPER,
            Self::Base32 | Self::Deflate => &BASE32_NOPAD,
        };
        alphabet.decode(data.as_bytes()).ok()
    }
}

impl FileType {
    const fn of(letter: u8) -> Option<Self> {
        Some(match letter {
            b'P' => Self::Psbt,
            b'T' => Self::Transaction,
            b'J' => Self::Json,
            b'C' => Self::Cbor,
            b'U' => Self::Text,
            b'B' => Self::Binary,
            _ => return None,
        })
    }
}

/// Two digits of base 36, in capitals.
fn base36(digits: &[u8]) -> Option<u16> {
    let [a, b] = digits else { return None };
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(u16::from(digit.wrapping_sub(b'0'))),
        b'A'..=b'Z' => Some(u16::from(digit.wrapping_sub(b'A')).wrapping_add(10)),
        _ => None,
    };
    value(*a)?.checked_mul(36)?.checked_add(value(*b)?)
}

/// The texts of a PSBT's frames, each of at most `frame_len` bytes: packed where that is shorter, else
/// as it is, both in base 32. None where it takes more frames than BBQr counts.
pub(super) fn write_psbt(psbt: &[u8], frame_len: usize) -> Option<Vec<String>> {
    match pack(psbt).filter(|packed| packed.len() < psbt.len()) {
        Some(packed) => write(&packed, 'Z', frame_len),
        None => write(psbt, '2', frame_len),
    }
}

fn write(data: &[u8], packing: char, frame_len: usize) -> Option<Vec<String>> {
    // Frames that are multiples of five bytes end with a whole digit.
    let most = (frame_len / 5).max(1).saturating_mul(5);
    let even = data.len().div_ceil(data.len().div_ceil(most).max(1));
    let each = even.checked_next_multiple_of(5)?.max(5);
    let count = u16::try_from(data.len().div_ceil(each)).ok()?;
    if count > FRAMES {
        return None;
    }
    let texts = data.chunks(each).zip(0_u16..).map(|(chunk, place)| {
        let (count, place) = (digits36(count), digits36(place));
        format!("B${packing}P{count}{place}{}", BASE32_NOPAD.encode(chunk))
    });
    Some(texts.collect())
}

/// Bytes that a receiver of BBQr can look back when it unpacks: a window of ten bits.
const WINDOW: usize = 1024;

/// Raw deflate that never looks back further than [`WINDOW`]: after so many bytes everything before
/// is forgotten.
fn pack(message: &[u8]) -> Option<Vec<u8>> {
    const HARDEST: i32 = 9;
    const RAW: i32 = -15;
    let mut state = alloc::boxed::Box::new(CompressorOxide::new(
        create_comp_flags_from_zip_params(HARDEST, RAW, 0),
    ));
    let mut packed = Vec::new();
    let mut chunks = message.chunks(WINDOW).peekable();
    while let Some(chunk) = chunks.next() {
        let (flush, expected) = match chunks.peek() {
            Some(_) => (TDEFLFlush::Full, TDEFLStatus::Okay),
            None => (TDEFLFlush::Finish, TDEFLStatus::Done),
        };
        let (status, read) = compress_to_output(&mut state, chunk, flush, |bytes| {
            packed.extend_from_slice(bytes);
            true
        });
        if status != expected || read != chunk.len() {
            return None;
        }
    }
    Some(packed)
}

fn digits36(number: u16) -> String {
    let digit = |value: u16| char::from_digit(u32::from(value), 36).unwrap_or('0');
    [digit(number / 36 % 36), digit(number % 36)]
        .map(|digit| digit.to_ascii_uppercase())
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::TINFLStatus;
    use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

    use super::*;

    /// Unpacks with room for a window of ten bits and no more.
    fn unpack_by_window(packed: &[u8]) -> Option<Vec<u8>> {
        let mut state = DecompressorOxide::new();
        let (mut window, mut at, mut read) = ([0; WINDOW], 0, 0);
        let mut message = Vec::new();
        loop {
            let (status, taken, written) =
                decompress(&mut state, &packed[read..], &mut window, at, 0);
            message.extend_from_slice(&window[at..at + written]);
            (read, at) = (read + taken, (at + written) % WINDOW);
            match status {
                TINFLStatus::Done => return Some(message),
                TINFLStatus::HasMoreOutput => {}
                _ => return None,
            }
        }
    }

    #[test]
    fn what_is_packed_is_unpacked_with_a_window_of_ten_bits() {
        for len in [1, 1_023, 1_024, 1_025, 3_000, 70_000] {
            // Repeats itself after 900 bytes, and after 2,500.
            let message: Vec<u8> = (0..len)
                .map(|i: usize| u8::try_from((i % 900 * 31 + i % 2_500) % 251).unwrap())
                .collect();
            let packed = pack(&message).unwrap();
            assert!(
                unpack_by_window(&packed).as_ref() == Some(&message),
                "{len}"
            );
            assert!(unpack(&packed, len) == Some(message), "{len}");
        }
    }

    #[test]
    fn a_window_of_ten_bits_is_not_enough_for_any_packed_data() {
        let once: Vec<u8> = (0..2_000_u32)
            .map(|i| crate::digest::sha256_of(&i.to_le_bytes())[0])
            .collect();
        let message = [&once[..], &once].concat();
        let packed = miniz_oxide::deflate::compress_to_vec(&message, 9);
        assert!(unpack_by_window(&packed).is_none_or(|unpacked| unpacked != message));
    }
}

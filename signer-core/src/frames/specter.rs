//! `pXofY`, as Specter writes it: base64 in numbered pieces, without a checksum.

use super::{Ignored, Limits};

/// One frame as read.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// How many there are.
    pub(super) frames: u16,
    /// Counted from 0.
    pub(super) place: u16,
    /// Some of the base64 text.
    pub(super) text: &'a str,
}

/// Splits `p3of12 cHNi..` into its parts. None where the text is no such frame at all.
pub(super) fn read(text: &str, limits: Limits) -> Option<Result<Frame<'_>, Ignored>> {
    let (head, data) = text.split_once(' ')?;
    let (place, frames) = head.strip_prefix(['p', 'P'])?.split_once("of")?;
    let number = |digits: &str| {
        let plain = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (place, frames) = (number(place)?, number(frames)?);
    Some(match place.checked_sub(1) {
        _ if frames > limits.fragments => Err(Ignored::TooManyFragments),
        Some(place) if place < frames && is_base64(data) => Ok(Frame {
            frames,
            place,
            text: data,
        }),
        _ => Err(Ignored::Malformed),
    })
}

fn is_base64(data: &str) -> bool {
    let digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    !data.is_empty() && data.bytes().all(digit)
}

/// The texts of a PSBT's frames in this form: for tests of the reader.
#[cfg(test)]
pub(super) fn write(base64: &str, each: usize) -> alloc::vec::Vec<alloc::string::String> {
    let pieces: alloc::vec::Vec<&[u8]> = base64.as_bytes().chunks(each).collect();
    let count = pieces.len();
    let text = |piece| core::str::from_utf8(piece).unwrap();
    let numbered = pieces.iter().zip(1..);
    numbered
        .map(|(piece, n)| alloc::format!("p{n}of{count} {}", text(piece)))
        .collect()
}

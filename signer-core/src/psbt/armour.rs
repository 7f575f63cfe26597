//! A PSBT as text: base64, as many wallets write it. Only the outside: what is inside is judged by
//! the strict reader.

use alloc::vec::Vec;

/// What every PSBT begins with.
const MAGIC: &[u8] = b"psbt\xff";

/// The bytes of a PSBT file: binary as it is, base64 decoded; white space in base64 is skipped.
/// None where the file is neither.
pub fn unarmoured(bytes: Vec<u8>) -> Option<Vec<u8>> {
    if bytes.starts_with(MAGIC) {
        return Some(bytes);
    }
    let spaced = bytes.into_iter();
    let text: Vec<u8> = spaced.filter(|byte| !byte.is_ascii_whitespace()).collect();
    base64(&text).filter(|bytes| bytes.starts_with(MAGIC))
}

/// Standard base64 with padding, strictly: one text for the same bytes.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|c| **c == b'=').count();
    let digits = text.get(..text.len().checked_sub(padding)?)?;
    if !text.len().is_multiple_of(4) || padding > 2 || text.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len());
    let mut last = 0;
    for group in digits.chunks(4) {
        let bits = group
            .iter()
            .zip([18_u32, 12, 6, 0])
            .try_fold(0_u32, |bits, (digit, place)| {
                Some(bits | value_of(*digit)?.wrapping_shl(place))
            })?;
        let [_, a, b, c] = bits.to_be_bytes();
        let whole = [a, b, c];
        let count = group.len().checked_mul(3)?.checked_div(4)?;
        bytes.extend_from_slice(whole.get(..count)?);
        last = whole.iter().skip(count).fold(0, |rest, byte| rest | byte);
    }
    (last == 0).then_some(bytes)
}

fn value_of(digit: u8) -> Option<u32> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let place = DIGITS.iter().position(|known| *known == digit)?;
    u32::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_strictly() {
        for (text, bytes) in [
            ("cHNidP8=", &b"psbt\xff"[..]),
            ("cHNidP8A", &b"psbt\xff\0"[..]),
            ("TQ==", &b"M"[..]),
            ("+/8=", &b"\xfb\xff"[..]),
        ] {
            assert_eq!(base64(text.as_bytes()).as_deref(), Some(bytes), "{text}");
        }
        for wrong in [
            "", "cHNidP8", "cHNi=P8=", "TR==", "T===", "cH-idP8=", "====", "cHNidP9=",
        ] {
            assert_eq!(base64(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_psbt_is_taken() {
        let binary = b"psbt\xff\x01".to_vec();
        assert_eq!(unarmoured(binary.clone()), Some(binary));
        assert_eq!(
            unarmoured(b" cHNi\ndP8A\r\n".to_vec()).as_deref(),
            Some(&b"psbt\xff\0"[..])
        );
        assert_eq!(unarmoured(b"TQ==".to_vec()), None);
        assert_eq!(unarmoured(b"a letter".to_vec()), None);
    }
}

//! A PSBT as text: base64, as many wallets write it. Only the outside: what is inside is judged by
//! the strict reader.

use alloc::vec::Vec;

use data_encoding::BASE64;

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
    // The crate also takes several padded texts behind each other.
    let (digits, _) = text.split_at_checked(text.len().checked_sub(2)?)?;
    if digits.contains(&b'=') {
        return None;
    }
    BASE64.decode(text).ok()
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
            "", "cHNidP8", "cHNi=P8=", "TQ==TQ==", "TR==", "T===", "cH-idP8=", "====", "cHNidP9=",
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

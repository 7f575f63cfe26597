//! Minimal bytewords (BCR-2020-012): two letters for a byte, and a CRC-32 at the end.
//!
//! Knows letters and bytes only; what the bytes mean is not judged here.

use alloc::string::String;
use alloc::vec::Vec;

/// First and last letter of the 256 words, in the order of the bytes.
const LETTERS: &str = "\
    AEADAOAXAAAHAMATAYASBKBDBNBTBABSBEBYBGBWBBBZCMCHCSCFCYCWCECACKCT\
    CXCLCPCNDKDADSDIDEDTDRDNDWDPDMDLDYEHEYEOEEECENEMETESFTFRFNFSFMFH\
    FZFPFWFXFYFEFGFLFDGAGEGRGSGTGLGWGDGYGMGUGHGOHFHGHDHKHTHPHHHLHYHE\
    HNHSIDIAIEIHIYIOISINIMJEJZJNJTJLJOJSJPJKJYKPKOKTKSKKKNKGKEKIKBLB\
    LALYLFLSLRLPLNLTLOLDLELULKLGMNMYMHMEMOMUMWMDMTMSMKNLNYNDNSNTNNNE\
    NBOYOEOTOXONOLOSPDPTPKPYPSPMPLPEPFPAPRQDQZRERPRLRORHRDRKRFRYRNRS\
    RTSESASRSSSKSWSTSPSOSGSBSFSNTOTKTITTTDTETYTLTBTSTPTATNUYUOUTUEUR\
    VTVYVOVLVEVWVAVDVSWLWDWMWPWEWYWSWTWNWZWFWKYKYNYLYAYTZSZOZTZCZEZM";

/// Marks a pair of letters that is no word.
const NO_WORD: u16 = u16::MAX;

/// Byte of each pair of letters, by 26 x first + last.
static BYTES: [u16; 26 * 26] = byte_table();

/// Bytes of the CRC-32 behind the payload.
const CHECKSUM_LEN: usize = 4;

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "run by the compiler only: what goes wrong here does not build"
)]
const fn byte_table() -> [u16; 26 * 26] {
    let letters = LETTERS.as_bytes();
    let mut table = [NO_WORD; 26 * 26];
    let mut byte = 0;
    while byte < 256 {
        let first = (letters[2 * byte] - b'A') as usize;
        let last = (letters[2 * byte + 1] - b'A') as usize;
        assert!(table[26 * first + last] == NO_WORD);
        table[26 * first + last] = byte as u16;
        byte += 1;
    }
    table
}

/// Why letters are not bytewords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytewordsError {
    /// A pair of letters that is no word, or an odd letter at the end.
    NoWord,
    /// The checksum at the end differs, or there is none.
    Checksum,
}

/// `payload` and its checksum as capital letters.
pub fn encode(payload: &[u8]) -> String {
    let checksum = crc32(payload).to_be_bytes();
    payload
        .iter()
        .chain(&checksum)
        .filter_map(|byte| {
            let start = usize::from(*byte).saturating_mul(2);
            LETTERS.get(start..start.saturating_add(2))
        })
        .collect()
}

/// The payload of `letters`, in either case.
pub fn decode(letters: &str) -> Result<Vec<u8>, BytewordsError> {
    let (pairs, odd) = letters.as_bytes().as_chunks::<2>();
    if !odd.is_empty() {
        return Err(BytewordsError::NoWord);
    }
    let mut bytes = pairs
        .iter()
        .map(|pair| byte_of(*pair).ok_or(BytewordsError::NoWord))
        .collect::<Result<Vec<u8>, _>>()?;
    let (payload, checksum) = bytes
        .split_last_chunk::<CHECKSUM_LEN>()
        .ok_or(BytewordsError::Checksum)?;
    if crc32(payload).to_be_bytes() != *checksum {
        return Err(BytewordsError::Checksum);
    }
    bytes.truncate(bytes.len().saturating_sub(CHECKSUM_LEN));
    Ok(bytes)
}

fn byte_of(pair: [u8; 2]) -> Option<u8> {
    let [first, last] = pair.map(|letter| letter.to_ascii_uppercase().checked_sub(b'A'));
    let (first, last) = (usize::from(first?), usize::from(last?));
    if last >= 26 {
        return None;
    }
    let place = first.checked_mul(26)?.checked_add(last)?;
    u8::try_from(*BYTES.get(place)?).ok()
}

/// CRC-32 as in ISO-HDLC: reflected, polynomial 0x04C11DB7.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_the_paper() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(encode(&[0, 1, 2, 128, 255]), "AEADAOLAZMJENDEOTI");
        assert_eq!(
            decode("aeadaolazmjendeoti"),
            Ok([0, 1, 2, 128, 255].to_vec())
        );
    }

    #[test]
    fn every_byte_reads_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)), Ok(all));
    }

    #[test]
    fn refuses_what_is_no_word_or_does_not_add_up() {
        assert_eq!(decode("AEADAOLAZMJENDEOT"), Err(BytewordsError::NoWord));
        assert_eq!(decode("AAAAAAAAZZ"), Err(BytewordsError::NoWord));
        assert_eq!(decode("A\u{e9}A"), Err(BytewordsError::NoWord));
        assert_eq!(decode("A{A{A{A{"), Err(BytewordsError::NoWord));
        assert_eq!(decode("AEADAOLAZMJENDEOAE"), Err(BytewordsError::Checksum));
        assert_eq!(decode("AEAE"), Err(BytewordsError::Checksum));
        assert_eq!(decode(""), Err(BytewordsError::Checksum));
    }
}

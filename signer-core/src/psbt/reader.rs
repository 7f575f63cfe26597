//! A cursor over hostile bytes: nothing is allocated for what is only claimed.

use alloc::vec::Vec;

use crate::phrase;
use crate::rule::Phrase;

/// Why the bytes could not be read on. The place is known to the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// More bytes are claimed than there are.
    Truncated,
    /// A CompactSize is longer than needed.
    NotMinimal,
}

impl ReadError {
    /// In words, for a refusal.
    pub(super) fn phrase(self) -> Phrase {
        match self {
            Self::Truncated => phrase!(
                "more bytes claimed than there are",
                "実際より多いバイト数の申告"
            ),
            Self::NotMinimal => phrase!(
                "a CompactSize longer than needed",
                "最短形式でない CompactSize"
            ),
        }
    }
}

/// Reads forward over a slice.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is not read yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], ReadError> {
        let count = usize::try_from(count).map_err(|_| ReadError::Truncated)?;
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(ReadError::Truncated)?;
        self.rest = rest;
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(ReadError::Truncated)?;
        self.rest = rest;
        self.at = self.at.saturating_add(N);
        Ok(*taken)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_le_bytes)
    }

    /// A CompactSize in its one shortest form.
    pub(super) fn compact(&mut self) -> Result<u64, ReadError> {
        let [first] = self.array()?;
        let (value, least) = match first {
            0xFD => (u64::from(u16::from_le_bytes(self.array()?)), 0xFD),
            0xFE => (u64::from(u32::from_le_bytes(self.array()?)), 0x1_0000),
            0xFF => (u64::from_le_bytes(self.array()?), 0x1_0000_0000),
            small => (u64::from(small), 0),
        };
        if value < least {
            return Err(ReadError::NotMinimal);
        }
        Ok(value)
    }

    /// Bytes behind their own length.
    pub(super) fn sized(&mut self) -> Result<&'a [u8], ReadError> {
        let length = self.compact()?;
        self.take(length)
    }
}

/// Appends `value` as the shortest CompactSize.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each arm matches only what fits"
)]
pub(super) fn push_compact(out: &mut Vec<u8>, value: u64) {
    match value {
        0..=0xFC => out.push(value as u8),
        0xFD..=0xFFFF => {
            out.push(0xFD);
            out.extend_from_slice(&(value as u16).to_le_bytes());
        }
        0x1_0000..=0xFFFF_FFFF => {
            out.push(0xFE);
            out.extend_from_slice(&(value as u32).to_le_bytes());
        }
        _ => {
            out.push(0xFF);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// Appends `bytes` behind their length.
pub(super) fn push_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    push_compact(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compact_size_has_one_form() {
        for value in [
            0,
            0xFC,
            0xFD,
            0xFFFF,
            0x1_0000,
            0xFFFF_FFFF,
            0x1_0000_0000,
            u64::MAX,
        ] {
            let mut bytes = Vec::new();
            push_compact(&mut bytes, value);
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(cursor.compact(), Ok(value));
            assert!(cursor.is_at_end());
        }
        let long: [&[u8]; 6] = [
            &[0xFD, 0xFC, 0],
            &[0xFD, 0, 0],
            &[0xFE, 0xFF, 0xFF, 0, 0],
            &[0xFE, 0, 0, 0, 0],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],
            &[0xFF, 1, 0, 0, 0, 0, 0, 0, 0],
        ];
        for bytes in long {
            assert_eq!(Cursor::new(bytes).compact(), Err(ReadError::NotMinimal));
        }
    }

    #[test]
    fn what_is_claimed_but_absent_is_truncated() {
        for bytes in [&[][..], &[0xFD, 1], &[0xFE, 1, 1, 1], &[0xFF; 8]] {
            assert_eq!(Cursor::new(bytes).compact(), Err(ReadError::Truncated));
        }
        assert_eq!(Cursor::new(&[2, 1]).sized(), Err(ReadError::Truncated));
        assert_eq!(Cursor::new(&[0xFF; 9]).sized(), Err(ReadError::Truncated));
    }
}

//! The corrected data: segments of numbers, capitals, bytes and kanji.

use super::layout::Version;

const CAPITALS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// All segments' bytes one after the other; kanji in Shift JIS. None where they are not well formed
/// or of a kind that is not read here.
pub(super) fn read(data: &[u8], version: Version) -> Option<Vec<u8>> {
    let mut bits = Bits { data, at: 0 };
    let mut bytes = Vec::new();
    while bits.left() >= 4 {
        match bits.take(4)? {
            0 => break,
            1 => numbers(&mut bits, version, &mut bytes)?,
            2 => capitals(&mut bits, version, &mut bytes)?,
            4 => plain(&mut bits, version, &mut bytes)?,
            8 => kanji(&mut bits, version, &mut bytes)?,
            7 => skip_charset(&mut bits)?,
            _ => return None,
        }
    }
    Some(bytes)
}

/// Bits of a segment's length in versions up to 9, up to 26, above.
fn length(bits: &mut Bits, version: Version, widths: [usize; 3]) -> Option<usize> {
    let [small, middle, large] = widths;
    bits.take(match version.number() {
        0..=9 => small,
        10..=26 => middle,
        _ => large,
    })
}

fn numbers(bits: &mut Bits, version: Version, bytes: &mut Vec<u8>) -> Option<()> {
    let mut left = length(bits, version, [10, 12, 14])?;
    while left > 0 {
        let (digits, width) = match left {
            1 => (1, 4),
            2 => (2, 7),
            _ => (3, 10),
        };
        let value = bits.take(width)?;
        let each = [value / 100, value / 10 % 10, value % 10];
        if value >= 10_usize.pow(digits) {
            return None;
        }
        let skipped = 3 - digits as usize;
        bytes.extend(each[skipped..].iter().map(|digit| CAPITALS[*digit]));
        left -= digits as usize;
    }
    Some(())
}

fn capitals(bits: &mut Bits, version: Version, bytes: &mut Vec<u8>) -> Option<()> {
    let count = length(bits, version, [9, 11, 13])?;
    for _ in 0..count / 2 {
        let pair = bits.take(11)?;
        bytes.push(*CAPITALS.get(pair / 45)?);
        bytes.push(CAPITALS[pair % 45]);
    }
    if count % 2 == 1 {
        bytes.push(*CAPITALS.get(bits.take(6)?)?);
    }
    Some(())
}

fn plain(bits: &mut Bits, version: Version, bytes: &mut Vec<u8>) -> Option<()> {
    for _ in 0..length(bits, version, [8, 16, 16])? {
        bytes.push(u8::try_from(bits.take(8)?).ok()?);
    }
    Some(())
}

fn kanji(bits: &mut Bits, version: Version, bytes: &mut Vec<u8>) -> Option<()> {
    for _ in 0..length(bits, version, [8, 10, 12])? {
        let packed = bits.take(13)?;
        let code = ((packed / 0xc0) << 8) | (packed % 0xc0);
        let code = code + if code < 0x1f00 { 0x8140 } else { 0xc140 };
        bytes.extend(u16::try_from(code).ok()?.to_be_bytes());
    }
    Some(())
}

/// The name of a character set; everybody who uses one means UTF-8.
fn skip_charset(bits: &mut Bits) -> Option<()> {
    let first = bits.take(8)?;
    let more = match first {
        0..=0x7f => 0,
        0x80..=0xbf => 8,
        _ => 16,
    };
    bits.take(more).map(drop)
}

struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    const fn left(&self) -> usize {
        self.data.len() * 8 - self.at
    }

    /// The next `width` bits, at most 16.
    fn take(&mut self, width: usize) -> Option<usize> {
        if width > self.left() {
            return None;
        }
        let mut value = 0;
        for at in self.at..self.at + width {
            let bit = self.data[at / 8] >> (7 - at % 8) & 1;
            value = value << 1 | usize::from(bit);
        }
        self.at += width;
        Some(value)
    }
}

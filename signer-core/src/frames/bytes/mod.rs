//! Byte frames: the faster form between programs of this project (docs/formats/frames.md).
//!
//! A picture holds bytes, not letters; the message is packed where that is shorter; and a mixed frame
//! replaces any that was missed. Only a reader that shows that it knows them is sent any.

mod collected;
mod field;
mod mixture;
mod solver;

use alloc::vec::Vec;

pub(super) use collected::Collected;

use super::direction::WrongDirection;
use super::{Content, Direction, Ignored, Limits, bytewords, packing};

/// First bytes of every byte frame. Text never has them: FF is in no UTF-8.
const MAGIC: [u8; 2] = [0xff, b'H'];
/// Version of this form, in the upper half of the byte of kinds.
const VERSION: u8 = 0x10;
const FROM_DEVICE: u8 = 0x01;
const NO_PSBT: u8 = 0x02;
const PACKED: u8 = 0x04;
/// Bytes around the fragment: magic, kinds, mark, three numbers, and the checksum behind it.
pub(super) const AROUND: usize = 27;
const CHECKSUM: usize = 4;
/// Most fragments of a message in this form.
pub(super) const FRAGMENTS: u16 = 2048;

/// Tells messages apart, and proves the one that is put together: the first bytes of its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark([u8; 8]);

impl Mark {
    fn of(message: &[u8]) -> Self {
        let digest = crate::digest::sha256_of(message);
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

/// Whether what was cut is the message itself or deflate of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Deflate,
}

/// What all frames of one message have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Series {
    direction: Direction,
    content: Content,
    packing: Packing,
    mark: Mark,
    /// Bytes of the message.
    message: u32,
    /// Bytes of what was cut.
    cut: u32,
    fragments: u16,
}

/// One frame as read.
#[derive(Debug)]
pub(super) struct Frame {
    series: Series,
    /// From 1; beyond the fragments a frame is mixed.
    seq: u32,
    fragment: Vec<u8>,
}

/// Whether a picture's content is meant as a byte frame.
pub(super) fn looks_like(shown: &[u8]) -> bool {
    shown.starts_with(&MAGIC)
}

/// Reads one frame. Its claims are held against `limits` before anything is allocated for it.
pub(super) fn read(shown: &[u8], limits: Limits) -> Result<Frame, Ignored> {
    let (rest, checksum) = shown
        .split_last_chunk::<CHECKSUM>()
        .ok_or(Ignored::Malformed)?;
    if bytewords::crc32(rest).to_be_bytes() != *checksum {
        return Err(Ignored::Garbled);
    }
    let mut rest = Rest(rest.get(MAGIC.len()..).ok_or(Ignored::Malformed)?);
    let [kinds] = rest.take()?;
    let mark = Mark(rest.take()?);
    let [message, cut, seq] = [rest.number()?, rest.number()?, rest.number()?];
    let Rest(fragment) = rest;
    let (direction, content, packing) = of_kinds(kinds)?;
    if bytes(message) > limits.message || bytes(cut) > limits.message {
        return Err(Ignored::TooLarge);
    }
    if seq == 0 || !packing.allows(message, cut) {
        return Err(Ignored::Malformed);
    }
    let series = Series {
        direction,
        content,
        packing,
        mark,
        message,
        cut,
        fragments: count(cut, fragment.len(), limits)?,
    };
    Ok(Frame {
        series,
        seq,
        fragment: fragment.to_vec(),
    })
}

/// What is left of a frame to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Ignored> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Ignored::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self) -> Result<u32, Ignored> {
        self.take().map(u32::from_be_bytes)
    }
}

fn of_kinds(kinds: u8) -> Result<(Direction, Content, Packing), Ignored> {
    if kinds & !(FROM_DEVICE | NO_PSBT | PACKED) != VERSION {
        return Err(Ignored::UnknownType);
    }
    let is = |bit| kinds & bit != 0;
    let direction = if is(FROM_DEVICE) {
        Direction::FromDevice
    } else {
        Direction::ToDevice
    };
    let content = if is(NO_PSBT) {
        Content::Other
    } else {
        Content::Psbt
    };
    let packing = if is(PACKED) {
        Packing::Deflate
    } else {
        Packing::Plain
    };
    Ok((direction, content, packing))
}

/// How many fragments of this length hold `cut` bytes.
fn count(cut: u32, fragment: usize, limits: Limits) -> Result<u16, Ignored> {
    let whole = bytes(cut).checked_add(fragment.saturating_sub(1));
    let fragments = whole.and_then(|whole| whole.checked_div(fragment));
    let fragments = fragments.ok_or(Ignored::Malformed)?;
    let fragments = u16::try_from(fragments).map_err(|_| Ignored::TooManyFragments)?;
    if fragments > limits.fragments.min(FRAGMENTS) {
        return Err(Ignored::TooManyFragments);
    }
    Ok(fragments)
}

fn bytes(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Packing {
    /// Whether so many bytes of a message can be so many when they are cut.
    fn allows(self, message: u32, cut: u32) -> bool {
        let (message, cut) = (bytes(message), bytes(cut));
        match self {
            Self::Plain => message > 0 && message == cut,
            Self::Deflate => cut < message && message <= packing::most(cut),
        }
    }
}

impl Series {
    /// Whether a reader that waits for this direction takes it.
    pub(super) fn goes(&self, awaited: Direction) -> Result<(), WrongDirection> {
        match (self.direction, awaited) {
            (Direction::FromDevice, Direction::ToDevice) => {
                Err(WrongDirection::AnswerShownToADevice)
            }
            (Direction::ToDevice, Direction::FromDevice) => Err(WrongDirection::RequestShownToHost),
            _ => Ok(()),
        }
    }

    fn kinds(&self) -> u8 {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        VERSION
            | bit(self.direction == Direction::FromDevice, FROM_DEVICE)
            | bit(self.content == Content::Other, NO_PSBT)
            | bit(self.packing == Packing::Deflate, PACKED)
    }

    /// The bytes of one frame.
    fn frame(&self, seq: u32, fragment: &[u8]) -> Vec<u8> {
        let mut frame = MAGIC.to_vec();
        frame.push(self.kinds());
        frame.extend(self.mark.0);
        for number in [self.message, self.cut, seq] {
            frame.extend(number.to_be_bytes());
        }
        frame.extend_from_slice(fragment);
        frame.extend(bytewords::crc32(&frame).to_be_bytes());
        frame
    }
}

impl Frame {
    pub(super) const fn series(&self) -> &Series {
        &self.series
    }
}

/// A message cut into byte frames.
#[derive(Debug)]
pub(super) struct Cut {
    series: Series,
    fragments: Vec<Vec<u8>>,
}

impl Cut {
    /// Cuts a message of at most 2^32 bytes, packed where that is shorter. None where it takes more
    /// fragments than are counted.
    pub(super) fn new(
        direction: Direction,
        content: Content,
        message: &[u8],
        fragment_len: usize,
    ) -> Option<Self> {
        let packed = packing::pack(message);
        let packing = match packed {
            Some(_) => Packing::Deflate,
            None => Packing::Plain,
        };
        let cut = packed.as_deref().unwrap_or(message);
        let even = cut.len().div_ceil(cut.len().div_ceil(fragment_len).max(1));
        let mut fragments: Vec<Vec<u8>> = cut.chunks(even.max(1)).map(<[u8]>::to_vec).collect();
        if let Some(last) = fragments.last_mut() {
            last.resize(even, 0);
        }
        let count = u16::try_from(fragments.len()).ok()?;
        let series = Series {
            direction,
            content,
            packing,
            mark: Mark::of(message),
            message: u32::try_from(message.len()).ok()?,
            cut: u32::try_from(cut.len()).ok()?,
            fragments: count,
        };
        (count <= FRAGMENTS).then_some(Self { series, fragments })
    }

    pub(super) const fn count(&self) -> usize {
        self.fragments.len()
    }

    /// Frame `seq`, from 1.
    pub(super) fn frame(&self, seq: u32) -> Vec<u8> {
        let seq = seq.max(1);
        let len = self.fragments.first().map_or(0, Vec::len);
        let mut mixed = alloc::vec![0; len];
        let numbers = mixture::of(self.series.mark, seq, self.series.fragments);
        for (number, fragment) in numbers.iter().zip(&self.fragments) {
            field::add(mixed.iter_mut(), fragment.iter(), *number);
        }
        self.series.frame(seq, &mixed)
    }

    /// How many mixed frames are spare ones, at least `least`, so that any two may be lost.
    pub(super) fn spare(&self, least: usize) -> usize {
        mixture::spare(self.series.mark, self.series.fragments, least)
    }
}

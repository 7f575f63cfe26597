//! Frames that are numbered and repeated in a circle, without mixing: BBQr and `pXofY`.

use alloc::vec;
use alloc::vec::Vec;

use super::elimination::Outcome;
use super::{Limits, bbqr};

/// What the frames of one message have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Series {
    /// BBQr.
    Bbqr(bbqr::Series),
    /// `pXofY`, with Y.
    Specter(u16),
}

/// The frames of one message so far.
#[derive(Debug)]
pub(super) struct Numbered {
    series: Series,
    frames: Vec<Option<Vec<u8>>>,
    held: usize,
    limit: usize,
}

/// What came of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It was judged with the others.
    Judged(Outcome),
    /// It belongs to another message.
    Foreign,
    /// With it the message would be larger than is taken.
    TooLarge,
}

impl Numbered {
    /// No frame yet of a message of at most `limit` bytes.
    pub(super) fn new(series: Series, limit: usize) -> Self {
        Self {
            series,
            frames: vec![None; usize::from(series.count())],
            held: 0,
            limit,
        }
    }

    pub(super) const fn series(&self) -> Series {
        self.series
    }

    pub(super) fn count(&self) -> usize {
        self.frames.len()
    }

    pub(super) fn missing(&self) -> usize {
        self.frames.iter().filter(|frame| frame.is_none()).count()
    }

    pub(super) fn known(&self) -> Vec<bool> {
        self.frames.iter().map(Option::is_some).collect()
    }

    /// Takes the frame at `place`, counted from 0.
    pub(super) fn add(&mut self, series: Series, place: u16, bytes: Vec<u8>) -> Added {
        if series != self.series || !self.fits(place, bytes.len()) {
            return Added::Foreign;
        }
        let held = self.held.saturating_add(bytes.len());
        let Some(slot) = self.frames.get_mut(usize::from(place)) else {
            return Added::Foreign;
        };
        match slot {
            Some(known) if *known == bytes => Added::Judged(Outcome::Implied),
            Some(_) => Added::Judged(Outcome::Contradicts),
            None if held > self.limit => Added::TooLarge,
            None => {
                *slot = Some(bytes);
                self.held = held;
                Added::Judged(Outcome::New)
            }
        }
    }

    /// In one message all frames are equally long, and only the last may be shorter.
    fn fits(&self, place: u16, len: usize) -> bool {
        let last = self.frames.len().saturating_sub(1);
        let is_last = usize::from(place) == last;
        let mut others = self.frames.iter().enumerate();
        others.all(|(other, frame)| match frame {
            None => true,
            Some(frame) if other == last && is_last => frame.len() == len,
            Some(frame) if other == last => frame.len() <= len,
            Some(frame) if is_last => len <= frame.len(),
            Some(frame) => frame.len() == len,
        })
    }

    /// All frames' bytes in order. None while one is missing.
    pub(super) fn join(&self) -> Option<Vec<u8>> {
        let mut joined = Vec::with_capacity(self.held);
        for frame in &self.frames {
            joined.extend_from_slice(frame.as_deref()?);
        }
        Some(joined)
    }
}

impl Series {
    /// Most bytes in all frames together: base64 is a third longer than what it holds.
    pub(super) const fn limit(self, limits: Limits) -> usize {
        match self {
            Self::Bbqr(_) => limits.message,
            Self::Specter(_) => limits.message.saturating_add(limits.message / 2),
        }
    }

    const fn count(self) -> u16 {
        match self {
            Self::Bbqr(series) => series.frames,
            Self::Specter(frames) => frames,
        }
    }
}

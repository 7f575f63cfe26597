//! The frames of one message so far, whatever their form.

use alloc::vec::Vec;

use super::bytes::Collected;
use super::elimination::{Equation, Equations, Outcome};
use super::fountain::Fountain;
use super::frame::Frame;
use super::numbered::{Added, Numbered, Series};
use super::receiver::Message;
use super::ur::{self, Part, UrType};
use super::{Alarm, Content, Form, Ignored, Limits, bytewords};
use crate::psbt;

/// The frames of one message so far.
#[derive(Debug)]
pub(super) enum Collection {
    /// Parts of a UR, plain and mixed.
    Ur(Parts),
    /// Byte frames.
    Bytes(Collected),
    /// Frames that come round in a circle.
    Numbered(Numbered),
}

/// What one frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    New,
    Known,
    Contradicts,
    Not(Ignored),
}

impl Collection {
    /// For the message that this frame is of. None where it claims too many fragments.
    pub(super) fn begin(frame: &Frame, limits: Limits) -> Option<Self> {
        match frame {
            Frame::Whole(_) => None,
            Frame::Part(kind, part) => Parts::of(*kind, part).map(Self::Ur),
            Frame::Bytes(frame) => Some(Self::Bytes(Collected::of(frame))),
            Frame::Numbered { series, .. } => {
                Some(Self::Numbered(Numbered::new(*series, series.limit(limits))))
            }
        }
    }

    pub(super) fn take(&mut self, frame: Frame) -> Taken {
        match (self, frame) {
            (Self::Ur(parts), Frame::Part(kind, part)) if parts.owns(kind, &part) => {
                parts.add(part).into()
            }
            (Self::Bytes(frames), Frame::Bytes(frame)) if frames.owns(&frame) => {
                frames.add(frame).into()
            }
            (
                Self::Numbered(frames),
                Frame::Numbered {
                    series,
                    place,
                    bytes,
                },
            ) => match frames.add(series, place, bytes) {
                Added::Judged(outcome) => outcome.into(),
                Added::Foreign => Taken::Not(Ignored::OtherMessage),
                Added::TooLarge => Taken::Not(Ignored::TooLarge),
            },
            _ => Taken::Not(Ignored::OtherMessage),
        }
    }

    pub(super) fn missing(&self) -> usize {
        match self {
            Self::Ur(parts) => parts.missing(),
            Self::Bytes(frames) => frames.missing(),
            Self::Numbered(frames) => frames.missing(),
        }
    }

    pub(super) fn fragments(&self) -> usize {
        match self {
            Self::Ur(parts) => usize::from(parts.fragments),
            Self::Bytes(frames) => usize::from(frames.fragments()),
            Self::Numbered(frames) => frames.count(),
        }
    }

    /// Which fragments are known by themselves, in their order.
    pub(super) fn known(&self) -> Vec<bool> {
        match self {
            Self::Ur(parts) => parts.equations.known().collect(),
            Self::Bytes(frames) => frames.known(),
            Self::Numbered(frames) => frames.known(),
        }
    }

    /// Whether the frames of both say that they are of one message, cut in another way. What has no
    /// checksum does not say so.
    pub(super) fn is_of_the_message_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ur(one), Self::Ur(other)) => {
                one.checksum == other.checksum && one.message_len == other.message_len
            }
            (Self::Bytes(one), Self::Bytes(other)) => one.is_of(other),
            _ => false,
        }
    }

    /// The message, when no frame is missing.
    pub(super) fn message(&mut self, limits: Limits) -> Result<Message, Alarm> {
        match self {
            Self::Ur(parts) => parts.message(),
            Self::Bytes(frames) => frames.message(),
            Self::Numbered(frames) => numbered_message(frames, limits),
        }
    }
}

/// These forms have no checksum: the message must be whole in itself.
fn numbered_message(frames: &Numbered, limits: Limits) -> Result<Message, Alarm> {
    let joined = frames.join().ok_or(Alarm::NotWhole)?;
    let opened = match frames.series() {
        Series::Bbqr(series) => series
            .open(joined, limits)
            .map(|bytes| (series.content(), bytes)),
        Series::Specter(_) => psbt::unarmoured(joined).map(|bytes| (Content::Psbt, bytes)),
    };
    let (content, bytes) = opened.ok_or(Alarm::NotWhole)?;
    if content == Content::Psbt && psbt::RawPsbt::parse(&bytes).is_err() {
        return Err(Alarm::NotWhole);
    }
    let form = match frames.series() {
        Series::Bbqr(_) => Form::Bbqr,
        Series::Specter(_) => Form::Specter,
    };
    Ok(Message {
        content,
        form,
        bytes,
    })
}

impl From<Outcome> for Taken {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::New => Self::New,
            Outcome::Implied => Self::Known,
            Outcome::Contradicts => Self::Contradicts,
        }
    }
}

/// The parts of one UR so far.
#[derive(Debug)]
pub(super) struct Parts {
    kind: UrType,
    fragments: u16,
    fragment_len: usize,
    message_len: u32,
    checksum: u32,
    fountain: Fountain,
    equations: Equations,
}

impl Parts {
    fn of(kind: UrType, part: &Part) -> Option<Self> {
        let fragments = u16::try_from(part.fragments).ok()?;
        Some(Self {
            kind,
            fragments,
            fragment_len: part.bytes.len(),
            message_len: part.message_len,
            checksum: part.checksum,
            fountain: Fountain::new(fragments, part.checksum),
            equations: Equations::new(fragments),
        })
    }

    fn owns(&self, kind: UrType, part: &Part) -> bool {
        self.kind == kind
            && u32::from(self.fragments) == part.fragments
            && self.fragment_len == part.bytes.len()
            && self.message_len == part.message_len
            && self.checksum == part.checksum
    }

    fn add(&mut self, part: Part) -> Outcome {
        let set = self.fountain.fragments_of(part.seq);
        self.equations
            .add(Equation::new(self.fragments, &set, part.bytes))
    }

    fn missing(&self) -> usize {
        usize::from(self.fragments.saturating_sub(self.equations.rank()))
    }

    fn message(&mut self) -> Result<Message, Alarm> {
        let padded = self.equations.solve().ok_or(Alarm::Contradiction)?;
        let (wrapped, padding) = usize::try_from(self.message_len)
            .ok()
            .and_then(|len| padded.split_at_checked(len))
            .ok_or(Alarm::Contradiction)?;
        if bytewords::crc32(wrapped) != self.checksum || padding.iter().any(|byte| *byte != 0) {
            return Err(Alarm::Checksum);
        }
        let bytes = ur::unwrap(wrapped).ok_or(Alarm::NotOneByteString)?;
        Ok(Message {
            content: self.kind.content(),
            form: Form::Ur,
            bytes,
        })
    }
}

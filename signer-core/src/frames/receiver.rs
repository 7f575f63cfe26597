//! Frames put together again, in any order, with any of them lost.
//!
//! Limits come before allocation. What is foreign or garbled is ignored and costs no progress; a
//! second message is refused, never mixed in; what contradicts itself is an alarm that stays.

use alloc::vec::Vec;

use super::elimination::{Equation, Equations, Outcome};
use super::fountain::Fountain;
use super::ur::{self, Frame, Part, UrType};
use super::{Limits, TransferCode, bytewords};
use crate::types::Lang;

/// Why a frame was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The text is no UR.
    NotUr,
    /// A UR of a type that is not read here.
    UnknownType,
    /// Longer than any picture holds.
    TooLong,
    /// It claims more fragments than are taken.
    TooManyFragments,
    /// It claims a larger message than is taken.
    TooLarge,
    /// The letters do not add up to their checksum.
    Garbled,
    /// Its numbers contradict each other, or it is not in the one right form.
    Malformed,
    /// It belongs to another message than the one being received.
    OtherMessage,
}

impl Ignored {
    /// The reason as a sentence.
    pub const fn sentence(self, lang: Lang) -> &'static str {
        match self {
            Self::NotUr => lang.pick("This code is not a UR.", "このコードはURではありません。"),
            Self::UnknownType => lang.pick(
                "This code holds something else than a PSBT or bytes.",
                "このコードの中身はPSBTでもバイト列でもありません。",
            ),
            Self::TooLong => lang.pick(
                "This text is too long for a code.",
                "コードとして長すぎます。",
            ),
            Self::TooManyFragments => lang.pick(
                "This code announces more frames than are taken.",
                "このコードが示すフレーム数は上限を超えています。",
            ),
            Self::TooLarge => lang.pick(
                "This code announces a larger message than is taken.",
                "このコードが示す大きさは上限を超えています。",
            ),
            Self::Garbled => lang.pick(
                "This code was not read cleanly.",
                "このコードは正しく読み取れませんでした。",
            ),
            Self::Malformed => lang.pick(
                "This code contradicts itself.",
                "このコードの内容は矛盾しています。",
            ),
            Self::OtherMessage => lang.pick(
                "This code belongs to another message.",
                "このコードは別の送信のものです。",
            ),
        }
    }
}

/// Why a transfer cannot be trusted any more. Receive again from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Frames of one message say different things about the same bytes.
    Contradiction,
    /// All frames are there, and the message does not add up to the checksum that they announced.
    Checksum,
    /// The message adds up and is not one byte string in deterministic form.
    NotOneByteString,
}

impl Alarm {
    /// The reason as a sentence.
    pub const fn sentence(self, lang: Lang) -> &'static str {
        match self {
            Self::Contradiction => lang.pick(
                "Frames of this message contradict each other.",
                "この送信のフレームは互いに矛盾しています。",
            ),
            Self::Checksum => lang.pick(
                "The message does not match the checksum of its frames.",
                "内容がフレームのチェックサムと一致しません。",
            ),
            Self::NotOneByteString => lang.pick(
                "The message is not in the form that its type demands.",
                "内容がその種類の定める形式ではありません。",
            ),
        }
    }
}

/// What one frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Received {
    /// Something new.
    New,
    /// Nothing that was not known.
    Known,
    /// Nothing: it was passed over, and what is there stays.
    Ignored {
        /// The reason.
        why: Ignored,
    },
    /// The transfer is spoilt, now and for every later frame.
    Alarm {
        /// The reason.
        why: Alarm,
    },
    /// The last that was missing: the message is there.
    Complete,
}

/// Puts one message together.
#[derive(Debug)]
pub struct Receiver {
    limits: Limits,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting,
    Collecting(Collection),
    Done {
        from: Option<Collection>,
        message: Message,
    },
    Spoilt(Alarm),
}

#[derive(Debug)]
struct Message {
    kind: UrType,
    bytes: Vec<u8>,
}

/// The frames of one message so far.
#[derive(Debug)]
struct Collection {
    kind: UrType,
    fragments: u16,
    fragment_len: usize,
    message_len: u32,
    checksum: u32,
    fountain: Fountain,
    equations: Equations,
}

impl Receiver {
    /// A receiver that has seen nothing.
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Waiting,
        }
    }

    /// Takes the text of one frame.
    pub fn receive(&mut self, text: &str) -> Received {
        if let State::Spoilt(why) = self.state {
            return Received::Alarm { why };
        }
        match ur::read(text, self.limits) {
            Ok((kind, Frame::Whole(wrapped))) => self.whole(kind, &wrapped),
            Ok((kind, Frame::Part(part))) => self.part(kind, part),
            Err(why) => Received::Ignored { why },
        }
    }

    /// Exactly how many more independent frames are needed; `None` before the first.
    pub fn missing(&self) -> Option<usize> {
        match &self.state {
            State::Waiting | State::Spoilt(_) => None,
            State::Collecting(so_far) => Some(so_far.missing()),
            State::Done { .. } => Some(0),
        }
    }

    /// How many fragments the message has; `None` before the first frame.
    pub fn fragments(&self) -> Option<usize> {
        match &self.state {
            State::Collecting(from)
            | State::Done {
                from: Some(from), ..
            } => Some(usize::from(from.fragments)),
            State::Done { from: None, .. } => Some(1),
            State::Waiting | State::Spoilt(_) => None,
        }
    }

    /// The message and its type, once complete.
    pub fn message(&self) -> Option<(UrType, Vec<u8>)> {
        match &self.state {
            State::Done { message, .. } => Some((message.kind, message.bytes.clone())),
            _ => None,
        }
    }

    /// The short code to compare with the sender's screen, once complete.
    pub fn code(&self) -> Option<TransferCode> {
        match &self.state {
            State::Done { message, .. } => Some(TransferCode::of(&message.bytes)),
            _ => None,
        }
    }

    fn whole(&mut self, kind: UrType, wrapped: &[u8]) -> Received {
        let Some(bytes) = ur::unwrap(wrapped) else {
            return ignored(Ignored::Malformed);
        };
        match &self.state {
            State::Waiting => {
                let message = Message { kind, bytes };
                self.state = State::Done {
                    from: None,
                    message,
                };
                Received::Complete
            }
            State::Done { message, .. } if message.kind == kind && message.bytes == bytes => {
                Received::Known
            }
            _ => ignored(Ignored::OtherMessage),
        }
    }

    fn part(&mut self, kind: UrType, part: Part) -> Received {
        if matches!(self.state, State::Waiting) {
            let Some(fresh) = Collection::of(kind, &part) else {
                return ignored(Ignored::TooManyFragments);
            };
            self.state = State::Collecting(fresh);
        }
        let so_far = match &mut self.state {
            State::Collecting(so_far) => so_far,
            State::Done {
                from: Some(from), ..
            } => from,
            _ => return ignored(Ignored::OtherMessage),
        };
        if !so_far.owns(kind, &part) {
            return ignored(Ignored::OtherMessage);
        }
        match so_far.add(part) {
            Outcome::Contradicts => self.spoil(Alarm::Contradiction),
            Outcome::Implied => Received::Known,
            Outcome::New if so_far.missing() > 0 => Received::New,
            Outcome::New => self.finish(),
        }
    }

    fn finish(&mut self) -> Received {
        let State::Collecting(mut from) = core::mem::replace(&mut self.state, State::Waiting)
        else {
            return self.spoil(Alarm::Contradiction);
        };
        match from.message() {
            Ok(message) => {
                let from = Some(from);
                self.state = State::Done { from, message };
                Received::Complete
            }
            Err(why) => self.spoil(why),
        }
    }

    fn spoil(&mut self, why: Alarm) -> Received {
        self.state = State::Spoilt(why);
        Received::Alarm { why }
    }
}

impl Collection {
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
            kind: self.kind,
            bytes,
        })
    }
}

const fn ignored(why: Ignored) -> Received {
    Received::Ignored { why }
}

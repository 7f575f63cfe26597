//! Frames put together again, in any order, with any of them lost.
//!
//! Every form is recognised by itself: UR, BBQr, byte frames, `pXofY`, plain base64. Limits come before
//! allocation. What is foreign or garbled is ignored and costs no progress; a second message is
//! refused, never mixed in; what contradicts itself is an alarm that stays.

use alloc::vec;
use alloc::vec::Vec;

use super::collection::{Collection, Taken};
use super::direction::WrongDirection;
use super::frame::{self, Frame};
use super::{Alarm, Content, Direction, Form, Ignored, Limits, TransferCode};

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
    awaited: Option<Direction>,
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
pub(super) struct Message {
    pub(super) content: Content,
    pub(super) form: Form,
    pub(super) bytes: Vec<u8>,
}

impl Receiver {
    /// A receiver that has seen nothing, and takes what goes either way.
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            awaited: None,
            state: State::Waiting,
        }
    }

    /// The same, at the end where a message of this direction is awaited: frames that say that they go
    /// the other way are not taken.
    #[must_use]
    pub const fn awaiting(limits: Limits, direction: Direction) -> Self {
        Self {
            limits,
            awaited: Some(direction),
            state: State::Waiting,
        }
    }

    /// Takes one frame as it was read: its text, or its bytes.
    pub fn receive<S: AsRef<[u8]> + ?Sized>(&mut self, shown: &S) -> Received {
        if let State::Spoilt(why) = self.state {
            return Received::Alarm { why };
        }
        match frame::read(shown.as_ref(), self.limits) {
            Ok(Frame::Whole(message)) => self.whole(message),
            Ok(frame) => match self.goes_on(&frame) {
                Ok(()) => self.part(frame),
                Err(wrong) => ignored(Ignored::WrongWay(wrong)),
            },
            Err(why) => ignored(why),
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
            } => Some(from.fragments()),
            State::Done { from: None, .. } => Some(1),
            State::Waiting | State::Spoilt(_) => None,
        }
    }

    /// Which fragments are known by themselves, in their order; empty before the first frame.
    ///
    /// Mixed frames count in [`Self::missing`] long before they make a fragment known.
    pub fn known(&self) -> Vec<bool> {
        match &self.state {
            State::Collecting(from) => from.known(),
            State::Done { .. } => vec![true; self.fragments().unwrap_or_default()],
            State::Waiting | State::Spoilt(_) => Vec::new(),
        }
    }

    /// Whether it and the other collect frames of one message, cut in another way.
    pub(super) fn shares_its_message(&self, other: &Self) -> bool {
        fn frames(receiver: &Receiver) -> Option<&Collection> {
            match &receiver.state {
                State::Collecting(from)
                | State::Done {
                    from: Some(from), ..
                } => Some(from),
                _ => None,
            }
        }
        let both = frames(self).zip(frames(other));
        both.is_some_and(|(one, other)| one.is_of_the_message_of(other))
    }

    /// The message and what it is, once complete.
    pub fn message(&self) -> Option<(Content, Vec<u8>)> {
        match &self.state {
            State::Done { message, .. } => Some((message.content, message.bytes.clone())),
            _ => None,
        }
    }

    /// The form in which the message came, once complete.
    pub fn form(&self) -> Option<Form> {
        match &self.state {
            State::Done { message, .. } => Some(message.form),
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

    /// Whether the frame goes the way that is awaited, where it says so.
    fn goes_on(&self, frame: &Frame) -> Result<(), WrongDirection> {
        match (frame, self.awaited) {
            (Frame::Bytes(frame), Some(awaited)) => frame.series().goes(awaited),
            _ => Ok(()),
        }
    }

    fn whole(&mut self, whole: Message) -> Received {
        match &self.state {
            State::Waiting => {
                self.state = State::Done {
                    from: None,
                    message: whole,
                };
                Received::Complete
            }
            State::Done { message, .. }
                if message.content == whole.content && message.bytes == whole.bytes =>
            {
                Received::Known
            }
            _ => ignored(Ignored::OtherMessage),
        }
    }

    fn part(&mut self, frame: Frame) -> Received {
        let fresh = matches!(self.state, State::Waiting);
        if fresh {
            let Some(begun) = Collection::begin(&frame, self.limits) else {
                return ignored(Ignored::TooManyFragments);
            };
            self.state = State::Collecting(begun);
        }
        let so_far = match &mut self.state {
            State::Collecting(so_far) => so_far,
            State::Done {
                from: Some(from), ..
            } => from,
            _ => return ignored(Ignored::OtherMessage),
        };
        match so_far.take(frame) {
            Taken::Contradicts => self.spoil(Alarm::Contradiction),
            Taken::Known => Received::Known,
            Taken::New if so_far.missing() > 0 => Received::New,
            Taken::New => self.finish(),
            Taken::Not(why) => {
                if fresh {
                    self.state = State::Waiting;
                }
                ignored(why)
            }
        }
    }

    fn finish(&mut self) -> Received {
        let State::Collecting(mut from) = core::mem::replace(&mut self.state, State::Waiting)
        else {
            return self.spoil(Alarm::Contradiction);
        };
        match from.message(self.limits) {
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

const fn ignored(why: Ignored) -> Received {
    Received::Ignored { why }
}

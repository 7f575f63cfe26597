//! A receiver that goes with its sender: the person there may change the size of codes, or their form,
//! in the middle of a transfer.
//!
//! Frames of another series are collected beside those of the first, never mixed with them. When only
//! they come, the receiver turns to them. What it had is kept: a sender that turns back goes on there.

use alloc::vec::Vec;

use super::{Content, Direction, Form, Ignored, Limits, Received, Receiver, Shown, TransferCode};

/// So many new frames of another series, with none of the first between them, are no accident: a single
/// picture of another screen turns nothing.
const CERTAIN: u8 = 3;

/// What the receiver turned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The same message in frames of another size.
    Recut,
    /// Another message, or one whose frames do not say which they are of.
    Another,
}

/// Puts one message together, and goes with its sender.
#[derive(Debug)]
pub struct Follower {
    limits: Limits,
    awaited: Direction,
    current: Receiver,
    /// Frames of the series that was seen beside it.
    beside: Receiver,
    /// New frames of the other series since one of the current came.
    in_a_row: u8,
}

impl Follower {
    /// A receiver at the end where a message of this direction is awaited.
    pub const fn awaiting(limits: Limits, awaited: Direction) -> Self {
        Self {
            limits,
            awaited,
            current: Receiver::awaiting(limits, awaited),
            beside: Receiver::awaiting(limits, awaited),
            in_a_row: 0,
        }
    }

    /// Takes one frame as it was read, and says whether it turned to the series of this one.
    pub fn receive(&mut self, shown: &Shown) -> (Received, Option<Turn>) {
        let received = self.current.receive(shown);
        let other = Received::Ignored {
            why: Ignored::OtherMessage,
        };
        if received != other || self.current.message().is_some() {
            self.in_a_row = 0;
            return (received, None);
        }
        let mut received = self.beside.receive(shown);
        if received == other || matches!(received, Received::Alarm { .. }) {
            // A third series: only the last one beside is kept.
            self.beside = Receiver::awaiting(self.limits, self.awaited);
            self.in_a_row = 0;
            received = self.beside.receive(shown);
        }
        match received {
            Received::Complete => (received, Some(self.turn())),
            Received::New => {
                self.in_a_row = self.in_a_row.saturating_add(1);
                let turn = (self.in_a_row >= CERTAIN).then(|| self.turn());
                (received, turn)
            }
            Received::Known | Received::Ignored { .. } | Received::Alarm { .. } => (received, None),
        }
    }

    fn turn(&mut self) -> Turn {
        let same = self.current.shares_its_message(&self.beside);
        core::mem::swap(&mut self.current, &mut self.beside);
        self.in_a_row = 0;
        if same { Turn::Recut } else { Turn::Another }
    }

    /// As [`Receiver::missing`], of the series that is followed.
    pub fn missing(&self) -> Option<usize> {
        self.current.missing()
    }

    /// As [`Receiver::fragments`].
    pub fn fragments(&self) -> Option<usize> {
        self.current.fragments()
    }

    /// As [`Receiver::known`].
    pub fn known(&self) -> Vec<bool> {
        self.current.known()
    }

    /// As [`Receiver::message`].
    pub fn message(&self) -> Option<(Content, Vec<u8>)> {
        self.current.message()
    }

    /// As [`Receiver::form`].
    pub fn form(&self) -> Option<Form> {
        self.current.form()
    }

    /// As [`Receiver::code`].
    pub fn code(&self) -> Option<TransferCode> {
        self.current.code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::{Sender, UrType};

    fn message(seed: u8) -> Vec<u8> {
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(state.to_be_bytes()[0])
        };
        core::iter::repeat_n((), 3_000)
            .scan(u32::from(seed), |state, ()| next(state))
            .collect()
    }

    fn ur(message: &[u8], len: usize) -> Sender {
        Sender::new(UrType::Bytes, message, len).unwrap()
    }

    fn bytes(message: &[u8], len: usize) -> Sender {
        Sender::bytes(Direction::FromDevice, Content::Other, message, len).unwrap()
    }

    fn follower() -> Follower {
        Follower::awaiting(Limits::OURS, Direction::FromDevice)
    }

    /// Shows frames of these numbers; says what they brought and where it turned.
    fn show(
        to: &mut Follower,
        sender: &Sender,
        numbers: core::ops::RangeInclusive<u32>,
    ) -> Vec<(Received, Option<Turn>)> {
        numbers
            .map(|seq| to.receive(&Shown::from_bytes(sender.part(seq).as_ref().to_vec())))
            .collect()
    }

    const NEW: (Received, Option<Turn>) = (Received::New, None);

    #[test]
    fn it_turns_to_the_same_message_in_smaller_codes_and_ends() {
        for (large, small) in [
            (ur(&message(0), 500), ur(&message(0), 300)),
            (bytes(&message(0), 500), bytes(&message(0), 300)),
        ] {
            let mut to = follower();
            assert_eq!(show(&mut to, &large, 1..=4), [NEW; 4]);
            let parts = (large.plain_parts(), small.plain_parts());
            assert_eq!(to.fragments(), Some(parts.0));
            let turned = (Received::New, Some(Turn::Recut));
            assert_eq!(show(&mut to, &small, 1..=3), [NEW, NEW, turned]);
            assert_eq!(
                (to.fragments(), to.missing()),
                (Some(parts.1), Some(parts.1 - 3))
            );
            assert_eq!(to.known().iter().filter(|known| **known).count(), 3);
            let last = u32::try_from(parts.1).unwrap();
            assert_eq!(
                show(&mut to, &small, 4..=last).last(),
                Some(&(Received::Complete, None))
            );
            assert_eq!(to.message(), Some((Content::Other, message(0))));
        }
    }

    #[test]
    fn what_was_collected_is_kept_for_a_sender_that_turns_back() {
        let (large, small) = (ur(&message(0), 500), ur(&message(0), 300));
        let mut to = follower();
        let _ = show(&mut to, &large, 1..=5);
        let _ = show(&mut to, &small, 1..=3);
        assert_eq!(to.fragments(), Some(small.plain_parts()));
        let back = show(&mut to, &large, 4..=7);
        // Two were known. The sixth completes nothing; the last one does.
        assert_eq!(
            [back[0].0, back[1].0, back[2].0],
            [Received::Known, Received::Known, Received::New]
        );
        assert_eq!(back[3], (Received::Complete, Some(Turn::Recut)));
        assert_eq!(to.message(), Some((Content::Other, message(0))));
    }

    #[test]
    fn single_frames_of_others_turn_nothing_and_cost_nothing() {
        let (ours, other) = (ur(&message(0), 300), ur(&message(9), 300));
        let mut to = follower();
        for seq in 1..=9 {
            assert_eq!(show(&mut to, &ours, seq..=seq), [NEW]);
            assert_eq!(show(&mut to, &other, seq..=seq), [NEW]);
            assert_eq!(to.missing(), Some(ours.plain_parts() - seq as usize));
        }
        // A third series takes the place beside, and does not turn it either.
        let third = ur(&message(7), 300);
        let _ = show(&mut to, &third, 1..=2);
        let _ = show(&mut to, &other, 20..=21);
        assert_eq!(to.missing(), Some(ours.plain_parts() - 9));
        let _ = show(&mut to, &ours, 10..=11);
        assert_eq!(to.message(), Some((Content::Other, message(0))));
        // What comes after the end changes nothing.
        let _ = show(&mut to, &other, 1..=11);
        assert_eq!(to.message(), Some((Content::Other, message(0))));
    }

    #[test]
    fn another_message_is_said_to_be_another_and_nothing_is_mixed() {
        let (one, two) = (ur(&message(0), 300), bytes(&message(1), 300));
        let mut to = follower();
        let _ = show(&mut to, &one, 1..=8);
        let turned = show(&mut to, &two, 1..=3);
        assert_eq!(turned[2], (Received::New, Some(Turn::Another)));
        let last = u32::try_from(two.plain_parts()).unwrap();
        let _ = show(&mut to, &two, 4..=last);
        assert_eq!(to.message(), Some((Content::Other, message(1))));
    }

    #[test]
    fn a_lie_beside_spoils_nothing() {
        let (ours, other) = (ur(&message(0), 300), ur(&message(9), 300));
        let mut to = follower();
        let _ = show(&mut to, &ours, 1..=5);
        let first = other.part(1);
        let _ = to.receive(&Shown::from_bytes(first.as_ref().to_vec()));
        for seq in 6..=11 {
            let _ = show(&mut to, &ours, seq..=seq);
        }
        assert_eq!(to.message(), Some((Content::Other, message(0))));
    }
}

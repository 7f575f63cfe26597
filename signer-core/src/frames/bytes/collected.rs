//! The byte frames of one message so far.

use alloc::vec::Vec;

use super::solver::Solver;
use super::{Frame, Mark, Packing, Series, bytes, mixture};
use crate::frames::elimination::Outcome;
use crate::frames::receiver::Message;
use crate::frames::{Alarm, Form, packing};

/// The byte frames of one message so far.
#[derive(Debug)]
pub(in crate::frames) struct Collected {
    series: Series,
    fragment_len: usize,
    solver: Solver,
}

impl Collected {
    pub(in crate::frames) fn of(frame: &Frame) -> Self {
        Self {
            series: frame.series,
            fragment_len: frame.fragment.len(),
            solver: Solver::new(frame.series.fragments),
        }
    }

    pub(in crate::frames) fn owns(&self, frame: &Frame) -> bool {
        self.series == frame.series && self.fragment_len == frame.fragment.len()
    }

    pub(in crate::frames) fn add(&mut self, frame: Frame) -> Outcome {
        let numbers = mixture::of(self.series.mark, frame.seq, self.series.fragments);
        self.solver.add(numbers, frame.fragment)
    }

    pub(in crate::frames) const fn fragments(&self) -> u16 {
        self.series.fragments
    }

    pub(in crate::frames) fn missing(&self) -> usize {
        usize::from(self.series.fragments.saturating_sub(self.solver.rank()))
    }

    pub(in crate::frames) fn known(&self) -> Vec<bool> {
        self.solver.known().collect()
    }

    /// Whether both are of the same message, however it was cut.
    pub(in crate::frames) fn is_of(&self, message: &Self) -> bool {
        self.series.mark == message.series.mark && self.series.message == message.series.message
    }

    /// The message, when no frame is missing.
    pub(in crate::frames) fn message(&mut self) -> Result<Message, Alarm> {
        let mut joined = self.solver.solve().ok_or(Alarm::Contradiction)?;
        let filling = joined.split_off(bytes(self.series.cut).min(joined.len()));
        let len = bytes(self.series.message);
        let message = match self.series.packing {
            Packing::Plain => joined,
            Packing::Deflate => packing::unpack(&joined, len).ok_or(Alarm::NotWhole)?,
        };
        let whole = message.len() == len && Mark::of(&message) == self.series.mark;
        if !whole || filling.iter().any(|byte| *byte != 0) {
            return Err(Alarm::Checksum);
        }
        Ok(Message {
            content: self.series.content,
            form: Form::Bytes,
            bytes: message,
        })
    }
}

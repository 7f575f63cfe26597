//! The acceptance test's side of the driver: throw-away keys, and everything that is tried on them.
//!
//! All that this module does to a key it does to a [`ThrowAway`], which only it can make: a key
//! of its own `CKA_ID`, born in this session and destroyed before the session ends. Keys that were
//! on the token before are never touched. What is left of a test that was cut is found by its
//! `CKA_ID` and destroyed when the next one begins.

mod attacks;
mod keys;
mod login;
mod module;

use std::collections::BTreeMap;
use std::time::Duration;

use cryptoki::object::ObjectHandle;
use signer_core::acceptance::{Answer, Operation, Timing, Trial, TrialLine};
use signer_core::keys::CkaId;
use signer_core::rule::Explained;
use signer_core::token::{Inventory, Line};
use signer_core::types::Lang;

use crate::error::{ErrorClass, HsmError};
use crate::point::PublicPart;
use crate::session::OpenToken;

pub use login::wrong_pin;

/// A key that was made for the test and nothing else.
#[derive(Debug)]
pub struct ThrowAway {
    id: CkaId,
    private: ObjectHandle,
    public: PublicPart,
}

/// A test at work on an open token.
#[derive(Debug)]
pub struct Probe<'t> {
    token: &'t mut OpenToken,
    before: Inventory,
    made: u32,
    lines: Vec<TrialLine>,
    times: BTreeMap<Operation, Vec<u64>>,
}

/// What a whole test saw, beside the keys themselves.
#[derive(Debug)]
pub struct Observations {
    /// What came of each trial, ascending.
    pub trials: Vec<TrialLine>,
    /// Time of each kind of operation, ascending.
    pub timings: Vec<Timing>,
}

impl<'t> Probe<'t> {
    /// Begins a test; also, how many objects of an earlier one were still there and are gone now.
    pub fn begin(token: &'t mut OpenToken) -> Result<(Self, usize), HsmError> {
        let leftovers = keys::destroy_all(token)?;
        let before = token.inventory()?;
        let probe = Self {
            token,
            before,
            made: 0,
            lines: Vec::new(),
            times: BTreeMap::new(),
        };
        Ok((probe, leftovers))
    }

    /// Writes down what came of a trial.
    pub fn note(&mut self, trial: Trial, answer: Answer, words: &str) {
        let words = Line::lossy(words);
        self.lines.push(TrialLine {
            trial,
            answer,
            words,
        });
    }

    /// Writes down how long something took that was measured elsewhere.
    pub fn timed(&mut self, operation: Operation, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.times.entry(operation).or_default().push(took);
    }

    /// What was seen so far.
    pub fn observations(&self) -> Observations {
        let mut trials = self.lines.clone();
        trials.sort_by_key(|line| line.trial);
        let timings = self.times.iter();
        Observations {
            trials,
            timings: timings
                .filter_map(|(operation, times)| Timing::of(*operation, times.clone()))
                .collect(),
        }
    }

    /// Destroys every key that the test made.
    pub fn finish(self) -> Result<(), HsmError> {
        keys::destroy_all(self.token).map(drop)
    }

    /// Runs what must work, and writes down whether it did. What stops the whole test is an error.
    fn duty(
        &mut self,
        trial: Trial,
        attempt: impl FnOnce(&mut Self) -> Result<String, HsmError>,
    ) -> Result<(), HsmError> {
        let came = attempt(self);
        match came {
            Ok(words) => self.note(trial, Answer::Done, &words),
            Err(error) => {
                let words = words_of(self.token, error)?;
                self.note(trial, Answer::Refused, &words);
            }
        }
        Ok(())
    }
}

/// The words for an error that is an answer: its return code. A token that is gone answers
/// nothing any more: that ends the test.
fn words_of(token: &OpenToken, error: HsmError) -> Result<String, HsmError> {
    match error {
        HsmError::NotAnswering { .. } => Err(error),
        // Some modules have one code for a token that is gone and for a call that they do not
        // serve. A key of the test is still found on a token that is there.
        HsmError::Call {
            class: ErrorClass::DeviceGone,
            ..
        } if !keys::are_there(token) => Err(error),
        HsmError::Call { code, .. } => Ok(code),
        other => Ok(other.what().text(Lang::En).to_owned()),
    }
}

impl ThrowAway {
    /// Where it is on the token.
    pub const fn id(&self) -> CkaId {
        self.id
    }
}

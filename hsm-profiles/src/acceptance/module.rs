//! What the module says of itself, and the rules over token and random numbers.

use std::time::Instant;

use cryptoki::context::Function;
use rand_core::TryRng as _;
use signer_core::acceptance::{Answer, MechanismLine, Operation, Trial};
use signer_core::rule::Verdict;
use signer_core::token::hsm02;
use signer_core::types::Lang;

use super::{Probe, login};
use crate::error::HsmError;
use crate::session::OpenToken;

/// How often short operations are timed.
const TIMES: usize = 32;

impl Probe<'_> {
    /// Every mechanism that the module names, ascending.
    pub fn mechanisms(&self) -> Result<Vec<MechanismLine>, HsmError> {
        let slot = login::slot_of(self)?;
        let mut lines = self.token.connection.library().run(move |hands| {
            let library = hands.library()?;
            let list = library.call(Function::GetMechanismList, |l| l.get_mechanism_list(slot))?;
            let mut lines = Vec::new();
            for mechanism in list {
                // A module may name one that it then knows nothing of.
                let info = library.call(Function::GetMechanismInfo, |l| {
                    l.get_mechanism_info(slot, mechanism)
                });
                let size = |bits: usize| u64::try_from(bits).unwrap_or(u64::MAX);
                let (min, max) = info.map_or((0, 0), |info| {
                    (size(info.min_key_size()), size(info.max_key_size()))
                });
                lines.push(MechanismLine {
                    number: *mechanism,
                    min,
                    max,
                });
            }
            Ok(lines)
        })?;
        lines.sort_unstable_by_key(|line| line.number);
        lines.dedup_by_key(|line| line.number);
        Ok(lines)
    }

    /// HSM02, and what the login has shown already.
    pub fn token_rules(&mut self) {
        let facts = self.token.facts();
        let expected = self.token.profile().expectation(None);
        self.judge(Trial::ProfileMatches, &hsm02(&facts, &expected));
        // A login with a visible key is not made: this one was.
        self.note(Trial::HiddenBeforeLogin, Answer::Done, "none");
    }

    /// Times short draws of random numbers.
    pub fn time_random(&mut self) -> Result<(), HsmError> {
        let mut bytes = [0; 32];
        for _ in 0..TIMES {
            let since = Instant::now();
            self.token.random().try_fill_bytes(&mut bytes)?;
            self.timed(Operation::Random, since.elapsed());
        }
        Ok(())
    }

    /// The token, for what is judged elsewhere.
    pub const fn token(&mut self) -> &mut OpenToken {
        self.token
    }

    /// Writes down what a rule says.
    pub fn judge(&mut self, trial: Trial, verdict: &Verdict) {
        match verdict {
            Verdict::Refused(refusals) => {
                let first = refusals.first().map(|refusal| refusal.text(Lang::En));
                let words = first.unwrap_or_default().replace('\n', " ");
                self.note(trial, Answer::Refused, &words);
            }
            Verdict::Notice(words) => self.note(trial, Answer::Done, words.text(Lang::En)),
            _ => self.note(trial, Answer::Done, "passed"),
        }
    }
}

//! The rules of reading, PSB02 to PSB08: one function each, over the fields that PSB01 has read.

mod psb02;
mod psb03;
mod psb04;
mod psb05;
mod psb06;
mod psb07;
mod psb08;

use alloc::vec::Vec;

use bitcoin::TxOut;

use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::{InputIndex, OutputIndex};

use super::form::{Fields, InputFields};
use super::{Limits, limits};

pub(super) use psb02::file_size;
pub(super) use psb03::Proofs;
pub(crate) use psb07::overweight;
pub(super) use psb07::{multisig_witness_bytes, weight_with};

/// What the rules judge: the fields, and of each input the coin that its parent proves.
pub(super) struct Reading<'a> {
    pub(super) fields: &'a Fields,
    pub(super) limits: Limits,
    pub(super) spent: &'a [Result<TxOut, Refusal>],
    /// Inputs whose coin is newly mined.
    pub(super) mined: &'a [InputIndex],
}

/// The coin of each input, proven by the previous transaction in the PSBT, or why it is not.
pub(super) fn prove_coins(fields: &Fields) -> Proofs {
    psb03::prove_coins(fields)
}

/// Every rule after PSB01, each once.
pub(super) fn judge(reading: &Reading<'_>) -> [(RuleId, Verdict); 7] {
    [
        (RuleId::PSB02, psb02::psb02(reading)),
        (RuleId::PSB03, psb03::psb03(reading)),
        (RuleId::PSB04, psb04::psb04(reading)),
        (RuleId::PSB05, psb05::psb05(reading)),
        (RuleId::PSB06, psb06::psb06(reading)),
        (RuleId::PSB07, psb07::psb07(reading)),
        (RuleId::PSB08, psb08::psb08(reading)),
    ]
}

/// What a rule refuses: the first [`limits::REFUSALS`] places in words, of the others only how many.
/// Hostile input may be wrong in hundreds of thousands of places, and words cost more than judging.
#[derive(Default)]
struct Refused {
    named: Vec<Refusal>,
    more: usize,
}

impl Refused {
    fn add(&mut self, refusal: impl FnOnce() -> Refusal) {
        if self.named.len() < limits::REFUSALS {
            self.named.push(refusal());
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    fn verdict(mut self) -> Verdict {
        if let (1.., Some(first)) = (self.more, self.named.first()) {
            let rest = Refusal::further(first.rule, self.more);
            self.named.push(rest);
        }
        Verdict::of(self.named)
    }
}

/// Passed without refusals; otherwise the first [`limits::REFUSALS`] of them, and how many more.
fn verdict(refusals: impl IntoIterator<Item = Refusal>) -> Verdict {
    let mut refused = Refused::default();
    for refusal in refusals {
        refused.add(|| refusal);
    }
    refused.verdict()
}

/// The inputs with their places.
fn inputs(fields: &Fields) -> impl Iterator<Item = (InputIndex, &InputFields)> {
    (0..).map(InputIndex).zip(&fields.inputs)
}

fn at_input(index: InputIndex) -> Place {
    Place::Input(index)
}

fn at_output(index: u32) -> Place {
    Place::Output(OutputIndex(index))
}

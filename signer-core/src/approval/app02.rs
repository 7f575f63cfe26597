//! APP02.

use alloc::format;
use alloc::vec::Vec;

use super::approve::Hearing;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP02: What the request says equals what the transaction does: destinations, amounts, fee
/// ceiling.
///
/// Payments are compared one by one, in the order of the outputs, change left out.
pub(super) fn app02(hearing: &Hearing<'_>) -> Verdict {
    hearing.with_request(RuleId::APP02, |request, _| {
        let mut refusals = Vec::new();
        let done = hearing.checked.payments();
        if done.len() != request.payments.len() {
            let expected = format!("{} payments as requested", request.payments.len());
            let got = format!("{} in the transaction", done.len());
            refusals.push(Refusal::new(RuleId::APP02, Place::Request, expected, got));
        }
        for (asked, done) in request.payments.iter().zip(done) {
            if asked.destination != done.destination || asked.amount != done.amount {
                refusals.push(Refusal::new(
                    RuleId::APP02,
                    Place::Output(done.output),
                    format!("{} sat to {}", asked.amount.to_sat(), asked.destination),
                    format!("{} sat to {}", done.amount.to_sat(), done.destination),
                ));
            }
        }
        let fee = hearing.checked.wallet_tx().fee();
        if fee > request.fee_ceiling {
            refusals.push(Refusal::new(
                RuleId::APP02,
                Place::Transaction,
                format!("a fee of at most {} sat", request.fee_ceiling.to_sat()),
                format!("{} sat", fee.to_sat()),
            ));
        }
        refusals
    })
}

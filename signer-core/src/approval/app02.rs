//! APP02.

use alloc::vec::Vec;

use bitcoin::Amount;

use super::approve::Hearing;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::Id;

/// APP02: What the request says equals what the transaction does: destinations, amounts, fee
/// ceiling.
///
/// Payments are compared one by one, in the order of the outputs, change left out.
pub(super) fn app02(hearing: &Hearing<'_>) -> Verdict {
    hearing.with_request(RuleId::APP02, |request, _| {
        let mut refusals = Vec::new();
        let done = hearing.checked.payments();
        if done.len() != request.payments.len() {
            let expected = phrase!(
                "{count} payments as requested",
                "申請どおりの送付 {count} 件",
                count = request.payments.len()
            );
            let got = phrase!(
                "{count} in the transaction",
                "取引では {count} 件",
                count = done.len()
            );
            refusals.push(Refusal::new(RuleId::APP02, Place::Request, expected, got));
        }
        for (asked, done) in request.payments.iter().zip(done) {
            if asked.destination != done.destination || asked.amount != done.amount {
                refusals.push(Refusal::new(
                    RuleId::APP02,
                    Place::Output(done.output),
                    paid(asked.amount, &asked.destination),
                    paid(done.amount, &done.destination),
                ));
            }
        }
        let fee = hearing.checked.wallet_tx().fee();
        if fee > request.fee_ceiling {
            refusals.push(Refusal::new(
                RuleId::APP02,
                Place::Transaction,
                phrase!(
                    "a fee of at most {cap} sat",
                    "手数料 {cap} sat 以下",
                    cap = request.fee_ceiling.to_sat()
                ),
                Phrase::figure(format_args!("{} sat", fee.to_sat())),
            ));
        }
        refusals
    })
}

fn paid(amount: Amount, destination: &Id) -> Phrase {
    phrase!(
        "{sats} sat to {id}",
        "{id} へ {sats} sat",
        sats = amount.to_sat(),
        id = destination
    )
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;

    use bitcoin::Amount;

    use crate::approval::{Request, RequestedPayment};
    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, Output, id, refusals, refused, world};
    use crate::types::OutputIndex;

    fn with(change: fn(&mut Request)) -> std::vec::Vec<RuleId> {
        let mut case = Case::new(world());
        case.outputs.insert(1, Output::to("hot-2", 300_000));
        case.outputs[2].sats = 496_000;
        case.edit_request = Box::new(change);
        refused(case.approve(world()))
    }

    #[test]
    fn passes_equal_payments() {
        assert_eq!(with(|_| {}), []);
    }

    #[test]
    fn refuses_every_difference() {
        let changes: [fn(&mut Request); 6] = [
            |r| r.payments[0].amount = Amount::from_sat(1_200_001),
            |r| r.payments[1].amount = Amount::from_sat(299_999),
            |r| r.payments[0].destination = id("hot-2"),
            |r| r.payments.swap(0, 1),
            |r| r.payments.truncate(1),
            |r| {
                let destination = id("hot-1");
                let amount = Amount::ZERO;
                r.payments.push(RequestedPayment {
                    destination,
                    amount,
                });
            },
        ];
        for change in changes {
            assert_eq!(with(change), [RuleId::APP02]);
        }
    }

    /// What is asked for in one payment is not paid in two.
    #[test]
    fn refuses_a_payment_in_two_parts() {
        let mut case = Case::new(world());
        case.outputs[0].sats = 700_000;
        case.outputs.push(Output::to("hot-1", 500_000));
        case.edit_request = Box::new(|request| {
            request.payments.truncate(1);
            request.payments[0].amount = Amount::from_sat(1_200_000);
        });
        let refusals = refusals(case.approve(world()));
        assert!(refusals.iter().all(|r| r.rule == RuleId::APP02));
        assert!(
            refusals
                .iter()
                .any(|r| r.place == Place::Output(OutputIndex(0)))
        );
    }

    #[test]
    fn at_the_limit_of_the_fee() {
        assert_eq!(with(|r| r.fee_ceiling = Amount::from_sat(4_000)), []);
    }

    #[test]
    fn one_past_it() {
        let ceiling = |r: &mut Request| r.fee_ceiling = Amount::from_sat(3_999);
        assert_eq!(with(ceiling), [RuleId::APP02]);
    }
}

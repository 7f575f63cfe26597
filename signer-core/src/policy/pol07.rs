//! POL07.

use crate::ledger::LedgerState;
use crate::phrase;
use crate::psbt::ParsedPsbt;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::InputIndex;

/// POL07: No coin of this transaction was spent in a transaction that this device signed before.
///
/// The same transaction is refused too: its signatures are on record and come out of there.
pub(super) fn pol07(parsed: &ParsedPsbt, ledger: &LedgerState) -> Verdict {
    let inputs = parsed.tx().input.iter();
    let refusals = (0..)
        .map(InputIndex)
        .zip(inputs)
        .filter_map(|(index, input)| {
            let coin = &input.previous_output;
            let before = ledger.signed_over(coin)?;
            let expected = phrase!(
                "a coin that this device never signed over",
                "この端末が署名したことのないコイン"
            );
            let got = phrase!(
                "{coin}, signed over in transaction {before}",
                "取引 {before} で署名済みの {coin}",
                coin = coin,
                before = before
            );
            Some(Refusal::new(
                RuleId::POL07,
                Place::Input(index),
                expected,
                got,
            ))
        });
    Verdict::of(refusals.collect())
}

#[cfg(test)]
mod tests {
    use crate::digest::TxDigest;
    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, coin_of, refusals, refused, world};
    use crate::types::InputIndex;

    #[test]
    fn passes_new_coins() {
        let mut case = Case::new(world());
        let elsewhere = bitcoin::OutPoint {
            vout: 1,
            ..coin_of(&case, InputIndex(1))
        };
        case.ledger
            .record_intent(TxDigest::over(&[b"before"]), &[elsewhere]);
        assert_eq!(refused(case.check(world())), []);
    }

    #[test]
    fn refuses_one_coin_that_was_signed_over() {
        let mut case = Case::new(world());
        let coin = coin_of(&case, InputIndex(1));
        case.ledger
            .record_intent(TxDigest::over(&[b"before"]), &[coin]);
        let refusals = refusals(case.check(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::POL07);
        assert_eq!(refusals[0].place, Place::Input(InputIndex(1)));
    }

    #[test]
    fn refuses_the_same_transaction_again() {
        let mut case = Case::new(world());
        let tx = case.bind(world()).unwrap().parsed().tx_digest();
        let coins = [0, 1].map(|n| coin_of(&case, InputIndex(n)));
        case.ledger.record_intent(tx, &coins);
        assert_eq!(refused(case.check(world())), [RuleId::POL07]);
    }
}

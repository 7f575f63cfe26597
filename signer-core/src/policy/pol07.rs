//! POL07.

use alloc::vec::Vec;

use crate::ledger::{LedgerState, RecoveredAt};
use crate::phrase;
use crate::psbt::ParsedPsbt;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::InputIndex;

/// POL07: No coin of this transaction was spent in a transaction that this device signed before.
///
/// The same transaction is refused too: its signatures are on record and come out of there. A
/// device that lost a part of its journal says how many signatures it does not know.
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
    let refusals: Vec<Refusal> = refusals.collect();
    match ledger.recovered() {
        Some(RecoveredAt { height, unknown }) if refusals.is_empty() && unknown > 0 => {
            Verdict::Notice(phrase!(
                "this device does not know {unknown} signatures that it made before height {height}",
                "ブロック高 {height} より前の署名 {unknown} 件がこの端末に不明",
                unknown = unknown,
                height = height
            ))
        }
        _ => Verdict::of(refusals),
    }
}

#[cfg(test)]
mod tests {
    use crate::digest::TxDigest;
    use crate::rule::{Place, RuleId, Verdict};
    use crate::testing::{Case, coin_of, refusals, refused, world};
    use crate::types::{Height, InputIndex, Lang};

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
    fn says_what_a_recovered_device_does_not_know() {
        let mut case = Case::new(world());
        case.ledger.record_recovery(Height(7), 0);
        assert_eq!(verdict(&case), Verdict::Passed);
        case.ledger.record_recovery(Height(5), 3);
        let Verdict::Notice(text) = verdict(&case) else {
            panic!("no notice");
        };
        let expected = "this device does not know 3 signatures that it made before height 7";
        assert_eq!(text.text(Lang::En), expected);
        let coin = coin_of(&case, InputIndex(1));
        case.ledger
            .record_intent(TxDigest::over(&[b"before"]), &[coin]);
        assert_eq!(refused(case.check(world())), [RuleId::POL07]);
    }

    fn verdict(case: &Case) -> Verdict {
        let checked = case.check(world()).unwrap();
        let mut lines = checked.report().lines().iter();
        let line = lines.find(|line| line.rule == RuleId::POL07);
        line.unwrap().verdict.clone()
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

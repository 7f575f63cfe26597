//! PSB06: coins and amounts.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bitcoin::{Amount, TxOut};

use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

use super::{Reading, at_input, at_output, inputs, verdict};

/// PSB06: No coin is spent twice, amounts are possible and their sums fit.
///
/// Possible is 1 satoshi to 21 million BTC, for each coin, each output and both sums; and the
/// outputs take no more than the inputs bring. Only amounts that PSB03 has proven are judged.
pub(super) fn psb06(reading: &Reading<'_>) -> Verdict {
    let mut refusals = coins_twice(reading);
    for ((index, _), coin) in inputs(reading.fields).zip(reading.spent) {
        if let Ok(coin) = coin {
            refusals.extend(impossible(coin, at_input(index)));
        }
    }
    for (index, output) in (0..).zip(&reading.fields.tx.output) {
        refusals.extend(impossible(output, at_output(index)));
    }
    refusals.extend(sums(reading).err());
    verdict(refusals)
}

fn coins_twice(reading: &Reading<'_>) -> Vec<Refusal> {
    let mut seen = BTreeMap::new();
    let mut refusals = Vec::new();
    for ((index, _), tx_in) in inputs(reading.fields).zip(&reading.fields.tx.input) {
        if let Some(first) = seen.insert(tx_in.previous_output, index) {
            let expected = phrase!("a coin of its own", "他の入力と異なるコイン");
            let got = phrase!(
                "{coin}, also spent by input {first}",
                "入力 {first} も使う {coin}",
                coin = tx_in.previous_output,
                first = first
            );
            refusals.push(refuse(at_input(index), expected, got));
        }
    }
    refusals
}

fn impossible(output: &TxOut, place: Place) -> Option<Refusal> {
    let sat = output.value.to_sat();
    let possible = (1..=Amount::MAX_MONEY.to_sat()).contains(&sat);
    (!possible).then(|| {
        let expected = phrase!("1 satoshi to 21 million BTC", "1 sat 以上 2,100万 BTC 以下");
        refuse(place, expected, sats(output.value))
    })
}

fn sums(reading: &Reading<'_>) -> Result<(), Refusal> {
    let outputs = total(reading.fields.tx.output.iter());
    let outputs = outputs.ok_or_else(|| too_much(OUTPUTS))?;
    let proven: Result<Vec<&TxOut>, &Refusal> = reading.spent.iter().map(Result::as_ref).collect();
    let Ok(coins) = proven else {
        // PSB03 has refused; without every amount there is nothing to compare.
        return Ok(());
    };
    let inputs = total(coins.into_iter()).ok_or_else(|| too_much(INPUTS))?;
    if outputs > inputs {
        let expected = phrase!(
            "outputs of at most {sats} sat",
            "出力の合計 {sats} sat 以下",
            sats = inputs.to_sat()
        );
        return Err(refuse(Place::Transaction, expected, sats(outputs)));
    }
    Ok(())
}

fn total<'a>(mut outputs: impl Iterator<Item = &'a TxOut>) -> Option<Amount> {
    let sum = outputs.try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value))?;
    (sum <= Amount::MAX_MONEY).then_some(sum)
}

const INPUTS: [&str; 2] = ["inputs", "入力"];
const OUTPUTS: [&str; 2] = ["outputs", "出力"];

fn too_much([en, ja]: [&str; 2]) -> Refusal {
    let expected = phrase!(
        "{what} of at most 21 million BTC together",
        "{what}の合計 2,100万 BTC 以下",
        what = Phrase::new(en, ja)
    );
    refuse(Place::Transaction, expected, phrase!("more", "超過"))
}

fn sats(amount: Amount) -> Phrase {
    Phrase::figure(format_args!("{} sat", amount.to_sat()))
}

const fn refuse(place: Place, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::PSB06, place, expected, got)
}

#[cfg(test)]
mod tests {
    use bitcoin::{Amount, OutPoint, ScriptBuf};

    use crate::psbt::ParsedPsbt;
    use crate::psbt::build::OutputParts;
    use crate::psbt::testing::{BOTH, COIN, Case, key, multisig, parent, refusing};
    use crate::rule::RuleId;

    const ALONE: [RuleId; 1] = [RuleId::PSB06];
    const MAX: u64 = 2_100_000_000_000_000;

    fn paying(sats: u64) -> Case {
        let mut case = Case::new(BOTH[0], 2);
        case.tx.output[0].value = Amount::from_sat(sats);
        case
    }

    fn script() -> ScriptBuf {
        multisig(2, &[key(1), key(2), key(3)])
    }

    /// Coins of these amounts, paid on to outputs of those.
    fn moving(coins: &[u64], outputs: &[u64]) -> Case {
        let mut case = Case::new(BOTH[1], 0);
        for (n, sats) in (0..).zip(coins) {
            let mut parent = parent(n, &script());
            parent.output[1].value = Amount::from_sat(*sats);
            case.add_coin(&parent, &script());
        }
        let [output] = case.tx.output.clone().try_into().unwrap();
        case.tx.output.clear();
        case.outputs.clear();
        for sats in outputs {
            let mut output: bitcoin::TxOut = output.clone();
            output.value = Amount::from_sat(*sats);
            case.tx.output.push(output);
            case.outputs.push(OutputParts::default());
        }
        case
    }

    #[test]
    fn passes_a_fee_of_nothing_and_refuses_one_below() {
        assert_eq!(refusing(paying(2 * COIN).bytes()), []);
        assert_eq!(refusing(paying(2 * COIN + 1).bytes()), ALONE);
        assert_eq!(refusing(paying(1).bytes()), []);
        let free = ParsedPsbt::parse(paying(2 * COIN).bytes()).unwrap();
        assert_eq!(free.fee(), Amount::ZERO);
    }

    #[test]
    fn refuses_impossible_outputs() {
        for sats in [0, MAX + 1, 1 << 63, u64::MAX] {
            assert_eq!(refusing(paying(sats).bytes()), ALONE);
        }
        assert_eq!(refusing(moving(&[COIN], &[COIN / 2, 0, 1]).bytes()), ALONE);
    }

    #[test]
    fn refuses_impossible_coins() {
        assert_eq!(refusing(moving(&[MAX], &[MAX]).bytes()), []);
        for sats in [0, MAX + 1, 1 << 63, u64::MAX] {
            assert_eq!(refusing(moving(&[COIN, sats], &[1]).bytes()), ALONE);
        }
    }

    #[test]
    fn refuses_sums_that_cannot_be() {
        assert_eq!(refusing(moving(&[MAX - 1, 1], &[1]).bytes()), []);
        assert_eq!(refusing(moving(&[MAX, 1], &[1]).bytes()), ALONE);
        assert_eq!(refusing(moving(&[u64::MAX, u64::MAX], &[1]).bytes()), ALONE);
        assert_eq!(refusing(moving(&[MAX], &[MAX, 1]).bytes()), ALONE);
        assert_eq!(refusing(moving(&[MAX], &[u64::MAX, 2]).bytes()), ALONE);
    }

    #[test]
    fn refuses_a_coin_spent_twice() {
        for version in BOTH {
            for (first, second) in [(0, 1), (0, 3), (1, 2)] {
                let mut case = Case::new(version, 4);
                case.tx.input[second] = case.tx.input[first].clone();
                case.inputs[second] = case.inputs[first].clone();
                assert_eq!(refusing(case.bytes()), ALONE);
                // Different records do not make it another coin.
                case.inputs[second].origins.clear();
                case.tx.input[second].sequence = bitcoin::Sequence::MAX;
                assert_eq!(refusing(case.bytes()), ALONE);
            }
        }
    }

    #[test]
    fn passes_two_coins_of_one_parent() {
        let mut parent = parent(0, &script());
        parent.output[0] = parent.output[1].clone();
        let mut case = Case::new(BOTH[0], 0);
        case.add_coin(&parent, &script());
        case.add_coin(&parent, &script());
        case.tx.input[0].previous_output = OutPoint::new(parent.compute_txid(), 0);
        case.tx.output[0].value = Amount::from_sat(2 * COIN);
        assert_eq!(refusing(case.bytes()), []);
    }
}

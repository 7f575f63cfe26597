//! PSB06: coins and amounts.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use bitcoin::{Amount, TxOut};

use crate::rule::{Place, Refusal, RuleId, Verdict};

use super::{Reading, at_input, at_output, inputs};

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
    Verdict::of(refusals)
}

fn coins_twice(reading: &Reading<'_>) -> Vec<Refusal> {
    let mut seen = BTreeMap::new();
    let mut refusals = Vec::new();
    for ((index, _), tx_in) in inputs(reading.fields).zip(&reading.fields.tx.input) {
        if let Some(first) = seen.insert(tx_in.previous_output, index) {
            let got = format!("{}, also spent by input {first}", tx_in.previous_output);
            refusals.push(refuse(at_input(index), "a coin of its own", got));
        }
    }
    refusals
}

fn impossible(output: &TxOut, place: Place) -> Option<Refusal> {
    let sat = output.value.to_sat();
    let possible = (1..=Amount::MAX_MONEY.to_sat()).contains(&sat);
    let expected = "1 satoshi to 21 million BTC";
    (!possible).then(|| refuse(place, expected, format!("{sat} sat")))
}

fn sums(reading: &Reading<'_>) -> Result<(), Refusal> {
    let outputs = total(reading.fields.tx.output.iter());
    let outputs = outputs.ok_or_else(|| too_much("outputs"))?;
    let proven: Result<Vec<&TxOut>, &Refusal> = reading.spent.iter().map(Result::as_ref).collect();
    let Ok(coins) = proven else {
        // PSB03 has refused; without every amount there is nothing to compare.
        return Ok(());
    };
    let inputs = total(coins.into_iter()).ok_or_else(|| too_much("inputs"))?;
    if outputs > inputs {
        let expected = format!("outputs of at most {} sat", inputs.to_sat());
        let got = format!("{} sat", outputs.to_sat());
        return Err(refuse(Place::Transaction, expected, got));
    }
    Ok(())
}

fn total<'a>(mut outputs: impl Iterator<Item = &'a TxOut>) -> Option<Amount> {
    let sum = outputs.try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value))?;
    (sum <= Amount::MAX_MONEY).then_some(sum)
}

fn too_much(what: &str) -> Refusal {
    let expected = format!("{what} of at most 21 million BTC together");
    refuse(Place::Transaction, expected, "more")
}

fn refuse(
    place: Place,
    expected: impl core::fmt::Display,
    got: impl core::fmt::Display,
) -> Refusal {
    Refusal::new(RuleId::PSB06, place, expected, got)
}

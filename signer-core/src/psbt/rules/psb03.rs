//! PSB03: every amount is proven by its previous transaction.

use alloc::format;
use alloc::vec::Vec;

use bitcoin::{OutPoint, TxOut};

use crate::psbt::form::{Fields, InputFields};
use crate::psbt::previous::PreviousTx;
use crate::rule::{Place, Refusal, RuleId, Verdict};

use super::{Reading, at_input, inputs};

/// PSB03: Every input carries its full previous transaction, and all that is said of the coin
/// agrees with it.
pub(super) fn psb03(reading: &Reading<'_>) -> Verdict {
    let refusals = reading.spent.iter().filter_map(|coin| coin.as_ref().err());
    Verdict::of(refusals.cloned().collect())
}

/// The coin of each input as its parent proves it, or why it is not proven.
pub(super) fn prove_coins(fields: &Fields) -> Vec<Result<TxOut, Refusal>> {
    inputs(fields)
        .zip(&fields.tx.input)
        .map(|((index, input), tx_in)| {
            prove_coin(fields, input, tx_in.previous_output, &at_input(index))
        })
        .collect()
}

fn prove_coin(
    fields: &Fields,
    input: &InputFields,
    outpoint: OutPoint,
    place: &Place,
) -> Result<TxOut, Refusal> {
    let refuse = |expected: &dyn core::fmt::Display, got: &dyn core::fmt::Display| {
        Refusal::new(RuleId::PSB03, place.clone(), expected, got)
    };
    let parent = input
        .parent
        .as_ref()
        .ok_or_else(|| refuse(&"the full previous transaction", &"none"))?;
    let parent = PreviousTx::scan(fields.raw.slice(parent), outpoint.vout)
        .map_err(|error| refuse(&"the full previous transaction", &error))?;
    if parent.txid() != outpoint.txid {
        let expected = format!("previous transaction {}", outpoint.txid);
        return Err(refuse(&expected, &parent.txid()));
    }
    let outputs = parent.outputs();
    let coin = parent.into_spent().ok_or_else(|| {
        let expected = format!("an output of {outputs}");
        refuse(&expected, &format!("output {}", outpoint.vout))
    })?;
    match &input.witness_utxo {
        Some(claimed) if *claimed != coin => Err(refuse(&coin_text(&coin), &coin_text(claimed))),
        _ => Ok(coin),
    }
}

fn coin_text(coin: &TxOut) -> alloc::string::String {
    format!("{} sat to {:x}", coin.value.to_sat(), coin.script_pubkey)
}

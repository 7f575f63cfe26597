//! PSB03: every amount is proven by its previous transaction.

use alloc::vec::Vec;

use bitcoin::{OutPoint, TxOut};

use crate::phrase;
use crate::psbt::form::{Fields, InputFields};
use crate::psbt::previous::{Origin, PreviousTx};
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::InputIndex;

use super::{Reading, at_input, inputs, verdict};

/// PSB03: Every input carries its full previous transaction, and all that is said of the coin
/// agrees with it.
///
/// A newly mined coin is noted: no device knows how deep it lies, and an immature one only makes the
/// transaction wait.
pub(super) fn psb03(reading: &Reading<'_>) -> Verdict {
    let refusals = reading.spent.iter().filter_map(|coin| coin.as_ref().err());
    match (verdict(refusals.cloned()), reading.mined) {
        (Verdict::Passed, [first, ..]) => Verdict::Notice(phrase!(
            "newly mined coins: {count}, the first at {place}; relayed only 100 blocks after they were mined",
            "新規採掘のコイン {count} 件(最初は{place})。採掘から100ブロック後まで中継されない",
            count = reading.mined.len(),
            place = at_input(*first)
        )),
        (verdict, _) => verdict,
    }
}

/// What the previous transactions prove.
pub(in crate::psbt) struct Proofs {
    /// The coin of each input, or why it is not proven.
    pub(in crate::psbt) spent: Vec<Result<TxOut, Refusal>>,
    /// Inputs whose coin is newly mined.
    pub(in crate::psbt) mined: Vec<InputIndex>,
}

/// The coin of each input as its parent proves it, or why it is not proven.
pub(super) fn prove_coins(fields: &Fields) -> Proofs {
    let mut mined = Vec::new();
    let proven = inputs(fields).zip(&fields.tx.input);
    let spent = proven.map(|((index, input), tx_in)| {
        let place = at_input(index);
        let (coin, origin) = prove_coin(fields, input, tx_in.previous_output, &place)?;
        if origin == Origin::Mined {
            mined.push(index);
        }
        Ok(coin)
    });
    Proofs {
        spent: spent.collect(),
        mined,
    }
}

fn prove_coin(
    fields: &Fields,
    input: &InputFields,
    outpoint: OutPoint,
    place: &Place,
) -> Result<(TxOut, Origin), Refusal> {
    let refuse = |expected, got| Refusal::new(RuleId::PSB03, place.clone(), expected, got);
    let full = || phrase!("the full previous transaction", "前の取引の全体");
    let parent = input.parent.as_ref();
    let parent = parent.ok_or_else(|| refuse(full(), Phrase::none()))?;
    let parent = PreviousTx::scan(fields.raw.slice(parent), outpoint.vout)
        .map_err(|error| refuse(full(), error.phrase()))?;
    if parent.txid() != outpoint.txid {
        let expected = phrase!(
            "previous transaction {txid}",
            "前の取引 {txid}",
            txid = outpoint.txid
        );
        return Err(refuse(expected, Phrase::figure(parent.txid())));
    }
    let (outputs, origin) = (parent.outputs(), parent.origin());
    let coin = parent.into_spent().ok_or_else(|| {
        let expected = phrase!("an output of {n}", "出力 {n} 個のうちの1つ", n = outputs);
        refuse(
            expected,
            phrase!("output {n}", "出力 {n}", n = outpoint.vout),
        )
    })?;
    match &input.witness_utxo {
        Some(claimed) if *claimed != coin => Err(refuse(coin_text(&coin), coin_text(claimed))),
        _ => Ok((coin, origin)),
    }
}

fn coin_text(coin: &TxOut) -> Phrase {
    phrase!(
        "{sats} sat to {script}",
        "スクリプト {script} への {sats} sat",
        sats = coin.value.to_sat(),
        script = coin.script_pubkey.to_hex_string()
    )
}

#[cfg(test)]
mod tests {
    use std::vec;

    use bitcoin::{Amount, ScriptBuf, Transaction, TxOut, consensus};

    use crate::psbt::testing::{BOTH, COIN, Case, IN_0, edit, key, multisig, parent, refusing};
    use crate::psbt::{MapId, ParsedPsbt};
    use crate::rule::{Place, RuleId};
    use crate::types::InputIndex;

    const ALONE: [RuleId; 1] = [RuleId::PSB03];

    fn script() -> ScriptBuf {
        multisig(2, &[key(1), key(2), key(3)])
    }

    #[test]
    fn passes_parents_in_either_form_with_or_without_the_coin_repeated() {
        for version in BOTH {
            let raw = Case::new(version, 4).raw();
            assert_eq!(refusing(raw.to_bytes()), []);
            assert_eq!(refusing(edit(&raw, IN_0, &[0x01], None)), []);
        }
    }

    #[test]
    fn refuses_any_input_without_its_parent() {
        let raw = Case::new(BOTH[0], 3).raw();
        for n in 0..3 {
            let bytes = edit(&raw, MapId::Input(InputIndex(n)), &[0x00], None);
            let stopped = ParsedPsbt::parse(bytes.clone()).unwrap_err();
            assert_eq!(
                stopped.refusal().unwrap().place,
                Place::Input(InputIndex(n))
            );
            assert_eq!(refusing(bytes), ALONE);
        }
    }

    #[test]
    fn refuses_another_parent() {
        let changes: [fn(&mut Transaction); 4] = [
            |tx| tx.output[1].value += Amount::ONE_SAT,
            |tx| tx.output[0].value += Amount::ONE_SAT,
            |tx| tx.lock_time = bitcoin::absolute::LockTime::from_consensus(1),
            |tx| tx.input[0].previous_output.vout ^= 1,
        ];
        for change in changes {
            let raw = Case::new(BOTH[1], 1).raw();
            let raw_without = edit(&raw, IN_0, &[0x01], None);
            let raw = crate::psbt::RawPsbt::from_vec(raw_without).unwrap();
            let mut other = parent(0, &script());
            change(&mut other);
            let bytes = edit(&raw, IN_0, &[0x00], Some(&consensus::serialize(&other)));
            assert_eq!(refusing(bytes), ALONE);
        }
    }

    #[test]
    fn refuses_a_parent_that_is_no_transaction() {
        let raw = Case::new(BOTH[0], 1).raw();
        let good = consensus::serialize(&parent(0, &script()));
        for bad in [
            &[][..],
            &good[..good.len() - 1],
            &[&good[..], &[0]].concat(),
        ] {
            assert_eq!(refusing(edit(&raw, IN_0, &[0x00], Some(bad))), ALONE);
        }
    }

    /// Only the one input that names no coin makes a coinbase.
    #[test]
    fn notes_a_newly_mined_coin() {
        use bitcoin::hashes::Hash;
        use bitcoin::{OutPoint, Txid};
        let near = OutPoint::new(Txid::all_zeros(), u32::MAX - 1);
        let other = OutPoint::new(Txid::from_byte_array([1; 32]), u32::MAX);
        for (from, more, noted) in [
            (OutPoint::null(), false, true),
            (OutPoint::null(), true, false),
            (near, false, false),
            (other, false, false),
        ] {
            for version in BOTH {
                let mut case = Case::new(version, 2);
                let mut mined = parent(5, &script());
                mined.input[0].previous_output = from;
                if more {
                    mined.input.push(mined.input[0].clone());
                }
                case.add_coin(&mined, &script());
                let parsed = ParsedPsbt::parse(case.bytes()).unwrap();
                let notices: vec::Vec<_> = parsed.report().notices().collect();
                assert_eq!(notices.len(), usize::from(noted), "{from} {notices:?}");
                assert!(notices.iter().all(|(rule, text)| {
                    *rule == RuleId::PSB03 && text.text(crate::types::Lang::En).contains("input 2")
                }));
            }
        }
    }

    /// Malleated witnesses do not change the txid, and so prove the same coin.
    #[test]
    fn passes_a_parent_with_another_witness() {
        let raw = Case::new(BOTH[0], 1).raw();
        let mut other = parent(0, &script());
        other.input[0].witness = bitcoin::Witness::from_slice(&[vec![1; 500]]);
        let bytes = edit(&raw, IN_0, &[0x00], Some(&consensus::serialize(&other)));
        assert_eq!(refusing(bytes), []);
    }

    #[test]
    fn refuses_an_output_that_the_parent_does_not_have() {
        for vout in [2_u32, 3, 1_000, u32::MAX] {
            let raw = Case::new(BOTH[1], 1).raw();
            let bytes = edit(&raw, IN_0, &[0x0f], Some(&vout.to_le_bytes()));
            assert_eq!(refusing(bytes), ALONE);
        }
    }

    #[test]
    fn refuses_a_repeated_coin_that_differs() {
        let raw = Case::new(BOTH[0], 2).raw();
        let coin = |value: u64, script: ScriptBuf| {
            consensus::serialize(&TxOut {
                value: Amount::from_sat(value),
                script_pubkey: script,
            })
        };
        let ours = script().to_p2wsh();
        let other = multisig(1, &[key(1)]).to_p2wsh();
        for claimed in [
            coin(COIN + 1, ours.clone()),
            coin(COIN - 1, ours.clone()),
            coin(COIN, other.clone()),
            coin(1, other),
        ] {
            let place = MapId::Input(InputIndex(1));
            assert_eq!(refusing(edit(&raw, place, &[0x01], Some(&claimed))), ALONE);
        }
        assert_eq!(
            refusing(edit(&raw, IN_0, &[0x01], Some(&coin(COIN, ours)))),
            []
        );
    }

    /// The fee attack of CVE-2020-14199: two PSBTs, each with one true and one false amount.
    #[test]
    fn refuses_both_halves_of_the_fee_attack() {
        for n in 0..2 {
            let raw = Case::new(BOTH[0], 2).raw();
            let place = MapId::Input(InputIndex(n));
            let claimed = consensus::serialize(&TxOut {
                value: Amount::from_sat(1),
                script_pubkey: script().to_p2wsh(),
            });
            let without = edit(&raw, place, &[0x00], None);
            let without = crate::psbt::RawPsbt::from_vec(without).unwrap();
            assert_eq!(
                refusing(edit(&without, place, &[0x01], Some(&claimed))),
                ALONE
            );
        }
    }
}

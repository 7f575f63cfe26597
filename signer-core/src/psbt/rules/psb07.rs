//! PSB07: the form of the transaction.

use alloc::vec::Vec;

use bitcoin::absolute::LockTime;
use bitcoin::opcodes::all::{OP_PUSHNUM_1, OP_PUSHNUM_16};
use bitcoin::{ScriptBuf, Sequence, Transaction, TxOut};

use crate::phrase;
use crate::psbt::form::{Fields, InputFields};
use crate::psbt::limits;
use crate::psbt::unsigned::LOCK_TIME_THRESHOLD;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

use super::{Reading, at_input, inputs, verdict};

/// BIP-68: with this bit set a sequence is no relative lock.
const RELATIVE_LOCK_DISABLED: u32 = 1 << 31;

/// PSB07: The transaction is of a plain form that nodes relay: version 1 or 2, no lock time ahead,
/// no relative lock, weight within the limit.
///
/// Lock times that are times are refused, heights are taken: whether a height is ahead is judged
/// where the height of the chain is known; one that has no effect is noted. The weight is the largest that the witness scripts in
/// the PSBT allow; where a witness script is missing, the stage that knows the wallet refuses.
pub(super) fn psb07(reading: &Reading<'_>) -> Verdict {
    let tx = &reading.fields.tx;
    let version = tx.version.0;
    let mut refusals = Vec::new();
    if !(1..=2).contains(&version) {
        let expected = phrase!("version 1 or 2", "バージョン 1 または 2");
        refusals.push(refuse(
            Place::Transaction,
            expected,
            Phrase::figure(version),
        ));
    }
    let lock_time = tx.lock_time.to_consensus_u32();
    if lock_time >= LOCK_TIME_THRESHOLD {
        let expected = phrase!(
            "no lock time, or a height",
            "ロックタイムなし、またはブロック高"
        );
        let got = phrase!("time {time}", "時刻 {time}", time = lock_time);
        refusals.push(refuse(Place::Transaction, expected, got));
    }
    refusals.extend(relative_locks(reading.fields));
    let weight = weight(tx, reading.spent, estimated_witnesses(reading.fields));
    if weight > limits::WEIGHT {
        refusals.push(overweight(weight));
    }
    match verdict(refusals) {
        Verdict::Passed if is_ineffective(tx) => Verdict::Notice(phrase!(
            "lock time {height} has no effect: every input has sequence 0xffffffff",
            "ロックタイム {height} は効力なし: 全入力のシーケンスが 0xffffffff",
            height = lock_time
        )),
        verdict => verdict,
    }
}

/// Whether a lock time stands there that no input lets take effect.
fn is_ineffective(tx: &Transaction) -> bool {
    tx.lock_time != LockTime::ZERO && tx.input.iter().all(|tx_in| tx_in.sequence == Sequence::MAX)
}

fn relative_locks(fields: &Fields) -> Vec<Refusal> {
    if fields.tx.version.0 < 2 {
        // BIP-68 does not apply.
        return Vec::new();
    }
    let locked = inputs(fields)
        .zip(&fields.tx.input)
        .filter_map(|((index, _), tx_in)| {
            let sequence = tx_in.sequence.0;
            let locked = sequence & RELATIVE_LOCK_DISABLED == 0;
            locked.then(|| {
                let expected = phrase!("no relative lock", "相対ロックなし");
                let got = Phrase::figure(format_args!("sequence {sequence:#010x}"));
                refuse(at_input(index), expected, got)
            })
        });
    locked.collect()
}

/// The weight of the transaction once every input has a witness of `bytes` bytes.
pub(in crate::psbt) fn weight_with(tx: &Transaction, spent: &[TxOut], bytes: u64) -> u64 {
    let witnesses = bytes.saturating_mul(tx.input.len() as u64);
    let wrapped = spent.iter().filter(|coin| coin.script_pubkey.is_p2sh());
    total_weight(tx, wrapped.count(), witnesses)
}

fn weight(tx: &Transaction, spent: &[Result<TxOut, Refusal>], witnesses: u64) -> u64 {
    let coins = spent.iter().filter_map(|coin| coin.as_ref().ok());
    let wrapped = coins.filter(|coin| coin.script_pubkey.is_p2sh()).count();
    total_weight(tx, wrapped, witnesses)
}

/// Four for each byte outside of witnesses, with the push of a 34-byte redeem script for each
/// wrapped input; two for marker and flag; one for each byte of witness.
fn total_weight(tx: &Transaction, wrapped: usize, witnesses: u64) -> u64 {
    const PUSH_OF_REDEEM_SCRIPT: usize = 35;
    let pushes = wrapped.saturating_mul(PUSH_OF_REDEEM_SCRIPT);
    let stripped = tx.base_size().saturating_add(pushes) as u64;
    stripped
        .saturating_mul(4)
        .saturating_add(2)
        .saturating_add(witnesses)
}

fn estimated_witnesses(fields: &Fields) -> u64 {
    fields
        .inputs
        .iter()
        .map(estimated_witness)
        .fold(0, u64::saturating_add)
}

/// What the witness of an input will take at most; one byte, for an empty one, where its witness
/// script is missing or is no multisig.
fn estimated_witness(input: &InputFields) -> u64 {
    let multisig = |script: &ScriptBuf| {
        let m = threshold(script)?;
        Some(multisig_witness_bytes(m, script.len()))
    };
    input
        .witness_script
        .as_ref()
        .and_then(multisig)
        .unwrap_or(1)
}

/// The m that a multisig script begins with.
fn threshold(script: &ScriptBuf) -> Option<u8> {
    let first = *script.as_bytes().first()?;
    let range = OP_PUSHNUM_1.to_u8()..=OP_PUSHNUM_16.to_u8();
    let below = OP_PUSHNUM_1.to_u8().checked_sub(1)?;
    range.contains(&first).then(|| first.saturating_sub(below))
}

/// The most bytes that the witness of an m-of-n input takes: the number of items, the empty one,
/// m signatures of 72 bytes (low S, with the signature type) and the script, each behind its
/// length.
pub(in crate::psbt) fn multisig_witness_bytes(m: u8, script_bytes: usize) -> u64 {
    const SIGNATURE: u64 = 1 + 72;
    let script = script_bytes as u64;
    let script_length = if script < 0xFD { 1 } else { 3 };
    let signatures = SIGNATURE.saturating_mul(u64::from(m));
    [2, signatures, script_length, script]
        .into_iter()
        .fold(0, u64::saturating_add)
}

/// PSB07 for a weight above what nodes relay.
pub(crate) fn overweight(weight: u64) -> Refusal {
    let expected = phrase!(
        "at most {limit} weight units",
        "重量 {limit} WU 以下",
        limit = limits::WEIGHT
    );
    refuse(Place::Transaction, expected, Phrase::figure(weight))
}

const fn refuse(place: Place, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::PSB07, place, expected, got)
}

#[cfg(test)]
mod tests {
    use bitcoin::absolute::LockTime;
    use bitcoin::{Amount, ScriptBuf, Sequence, Weight, transaction};

    use crate::psbt::testing::{BOTH, COIN, Case, key, multisig, refusing};
    use crate::psbt::{ParsedPsbt, multisig_witness_bytes};
    use crate::rule::RuleId;

    const ALONE: [RuleId; 1] = [RuleId::PSB07];

    fn with(change: impl Fn(&mut bitcoin::Transaction)) -> [alloc::vec::Vec<RuleId>; 2] {
        BOTH.map(|version| {
            let mut case = Case::new(version, 2);
            change(&mut case.tx);
            refusing(case.bytes())
        })
    }

    /// The script's length takes three bytes from 253 bytes on.
    #[test]
    fn counts_the_length_of_a_script_as_it_is_written() {
        let around = |script: u64| 2 + 73 + script;
        assert_eq!(multisig_witness_bytes(1, 0xFC), around(0xFC) + 1);
        assert_eq!(multisig_witness_bytes(1, 0xFD), around(0xFD) + 3);
    }

    #[test]
    fn takes_versions_one_and_two() {
        for version in [1, 2] {
            assert_eq!(
                with(|tx| tx.version = transaction::Version(version)),
                [[], []]
            );
        }
        for version in [0, 3, -1, i32::MAX, i32::MIN] {
            let refused = with(|tx| tx.version = transaction::Version(version));
            assert_eq!(refused, [ALONE, ALONE]);
        }
    }

    #[test]
    fn notes_a_lock_time_without_effect() {
        let most = Sequence::MAX.0;
        for (lock, sequences, noted) in [
            (0, [most, most], false),
            (1, [most, most], true),
            (499_999_999, [most, most], true),
            (1, [most, most - 1], false),
            (1, [most - 1, most], false),
        ] {
            for version in BOTH {
                let mut case = Case::new(version, 2);
                case.tx.lock_time = LockTime::from_consensus(lock);
                for (tx_in, sequence) in case.tx.input.iter_mut().zip(sequences) {
                    tx_in.sequence = Sequence(sequence);
                }
                let parsed = ParsedPsbt::parse(case.bytes()).unwrap();
                let rules = parsed.report().notices().map(|(rule, _)| rule);
                let expected = noted.then_some(RuleId::PSB07);
                assert!(rules.eq(expected), "{lock} {sequences:?}");
            }
        }
    }

    #[test]
    fn takes_no_lock_time_or_a_height() {
        for lock in [0, 1, 840_000, 499_999_999] {
            assert_eq!(
                with(|tx| tx.lock_time = LockTime::from_consensus(lock)),
                [[], []]
            );
        }
        for lock in [500_000_000, 1_700_000_000, u32::MAX] {
            let refused = with(|tx| tx.lock_time = LockTime::from_consensus(lock));
            assert_eq!(refused, [ALONE, ALONE]);
        }
    }

    #[test]
    fn takes_no_relative_lock() {
        for sequence in [u32::MAX, 0xFFFF_FFFE, 0xFFFF_FFFD, 0x8000_0000] {
            assert_eq!(
                with(|tx| tx.input[1].sequence = Sequence(sequence)),
                [[], []]
            );
        }
        for sequence in [0, 1, 144, 0x0040_0001, 0x7FFF_FFFF] {
            let refused = with(|tx| tx.input[1].sequence = Sequence(sequence));
            assert_eq!(refused, [ALONE, ALONE]);
            // Before version 2 a sequence is no lock.
            let passed = with(|tx| {
                tx.version = transaction::Version::ONE;
                tx.input[1].sequence = Sequence(sequence);
            });
            assert_eq!(passed, [[], []]);
        }
    }

    /// An output script is the finest way to add weight: four units a byte.
    fn heavy(script_bytes: usize, outputs: usize) -> Case {
        let mut case = Case::new(BOTH[0], 1);
        let mut output = case.tx.output[0].clone();
        output.value = Amount::from_sat(1);
        output.script_pubkey = ScriptBuf::from_bytes(alloc::vec![0; script_bytes]);
        case.tx.output = alloc::vec![output; outputs];
        case.outputs = alloc::vec![crate::psbt::build::OutputParts::default(); outputs];
        case
    }

    #[test]
    fn takes_the_weight_that_nodes_relay_and_no_more() {
        // 2-of-3: 2 for items and the empty one, 146 for two signatures, 106 for the script.
        let witness = multisig_witness_bytes(2, 105);
        assert_eq!(witness, 254);
        let weigh = |case: &Case| {
            let four = 4 * case.tx.base_size() as u64;
            four + 2 + witness
        };
        let filler = |last: usize| {
            let mut case = heavy(9_990, 10);
            case.tx.output[0].script_pubkey = ScriptBuf::from_bytes(alloc::vec![0; last]);
            case
        };
        let last = (300..9_990)
            .rev()
            .find(|n| weigh(&filler(*n)) <= 400_000)
            .unwrap();
        let at = filler(last);
        assert_eq!(refusing(at.bytes()), []);
        assert!(weigh(&at) > 400_000 - 4);
        let past = filler(last + 1);
        assert_eq!(refusing(past.bytes()), ALONE);
        let parsed = ParsedPsbt::parse(at.bytes()).unwrap();
        assert_eq!(parsed.weight_with(witness), Weight::from_wu(weigh(&at)));
    }

    #[test]
    fn a_wrapped_input_weighs_its_push_too() {
        let script = multisig(2, &[key(1), key(2), key(3)]);
        let mut parent = crate::psbt::testing::parent(0, &script);
        let mut native = Case::new(BOTH[0], 0);
        native.add_coin(&parent, &script);
        native.tx.output[0].value = Amount::from_sat(COIN);
        parent.output[1].script_pubkey = script.to_p2wsh().to_p2sh();
        let mut wrapped = Case::new(BOTH[0], 0);
        wrapped.add_coin(&parent, &script);
        wrapped.tx.output[0].value = Amount::from_sat(COIN);
        let weigh = |case: Case| ParsedPsbt::parse(case.bytes()).unwrap().weight_with(254);
        assert_eq!(weigh(wrapped) - weigh(native), Weight::from_wu(4 * 35));
    }
}

use bitcoin::{Psbt, Txid, Witness};

use super::*;
use crate::psbt::testing::{BOTH, COIN, Case, IN_0, key, multisig, parent};
use crate::psbt::{MapId, ParsedPsbt};

#[test]
fn version_zero_is_read_alike_by_another_reader() {
    let case = Case::new(PsbtVersion::V0, 3);
    let theirs = Psbt::deserialize(&case.bytes()).unwrap();
    assert_eq!(theirs.unsigned_tx, case.tx);
    assert_eq!(theirs.serialize(), case.bytes());
    let ours = ParsedPsbt::parse(case.bytes()).unwrap();
    for (theirs, ours) in theirs.inputs.iter().zip(ours.inputs()) {
        assert_eq!(theirs.witness_utxo.as_ref(), Some(&ours.spent));
        assert_eq!(theirs.witness_script, ours.witness_script);
        let origin = &theirs.bip32_derivation[&key(1)];
        assert_eq!(origin.0.to_bytes(), ours.origins[0].fingerprint.to_bytes());
        assert_eq!(origin.1.to_u32_vec(), ours.origins[0].path);
    }
}

#[test]
fn version_two_has_the_fields_of_bip_370_and_no_others() {
    let mut case = Case::new(PsbtVersion::V2, 1);
    case.tx.lock_time = bitcoin::absolute::LockTime::from_consensus(840_001);
    let raw = case.raw();
    let keys = |map| raw.records(map).map(|r| r.key()[0]).collect::<Vec<_>>();
    assert_eq!(keys(MapId::Global), [0x02, 0x03, 0x04, 0x05, 0xFB]);
    assert_eq!(keys(IN_0), [0x00, 0x01, 0x05, 0x06, 0x0E, 0x0F, 0x10]);
    let out = MapId::Output(crate::types::OutputIndex(0));
    assert_eq!(keys(out), [0x03, 0x04]);
    assert_eq!(
        raw.value(out, &[0x03]),
        Some(&(COIN - 1_000).to_le_bytes()[..])
    );
    assert_eq!(raw.unsigned_tx(), Ok(&case.tx));
    case.tx.input[0].sequence = Sequence::MAX;
    assert_eq!(case.raw().value(IN_0, &[0x10]), None);
    assert_eq!(case.raw().unsigned_tx(), Ok(&case.tx));
}

#[test]
fn scripts_of_outputs_are_written() {
    for version in BOTH {
        let mut case = Case::new(version, 1);
        case.outputs[0] = OutputParts {
            witness_script: Some(ScriptBuf::from_bytes(alloc::vec![1])),
            redeem_script: Some(ScriptBuf::from_bytes(alloc::vec![2])),
            origins: case.inputs[0].origins.clone(),
        };
        let parsed = ParsedPsbt::parse(case.bytes()).unwrap();
        assert_eq!(
            parsed.outputs()[0].witness_script,
            case.outputs[0].witness_script
        );
        assert_eq!(
            parsed.outputs()[0].redeem_script,
            case.outputs[0].redeem_script
        );
        assert_eq!(parsed.outputs()[0].origins, case.outputs[0].origins);
    }
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let result = |case: &Case| build(case.version, &case.tx, &case.inputs, &case.outputs);
    let case = || Case::new(PsbtVersion::V2, 2);
    let mut parts = case();
    parts.inputs.pop();
    assert_eq!(result(&parts), Err(BuildError::Parts));
    let mut parts = case();
    parts.outputs.clear();
    assert_eq!(result(&parts), Err(BuildError::Parts));
    let mut signed = case();
    signed.tx.input[1].witness = Witness::from_slice(&[[1]]);
    assert_eq!(result(&signed), Err(BuildError::NotUnsigned));
    let mut previous = case();
    previous.inputs[1].previous.pop();
    let expected = BuildError::Previous(1, PreviousTxError::Unreadable);
    assert_eq!(result(&previous), Err(expected));
    let mut other = case();
    other.tx.input[0].previous_output.txid = Txid::all_zeros();
    assert_eq!(result(&other), Err(BuildError::OtherPrevious(0)));
    let mut vout = case();
    vout.tx.input[0].previous_output.vout = 2;
    assert_eq!(result(&vout), Err(BuildError::OtherPrevious(0)));
}

/// The coin itself stands beside its transaction where a witness will spend it, and only there.
#[test]
fn the_coin_is_written_where_it_is_spent_by_a_witness() {
    let script = multisig(2, &[key(1), key(2)]);
    let forms = [
        (script.to_p2wsh(), None, true),
        (script.to_p2wsh(), Some(script.clone()), true),
        (script.to_p2wsh().to_p2sh(), Some(script.clone()), true),
        (script.to_p2sh(), None, false),
    ];
    for (script_pubkey, witness_script, written) in forms {
        let mut case = Case::new(PsbtVersion::V0, 1);
        let mut parent = parent(0, &script);
        parent.output[1].script_pubkey = script_pubkey;
        case.tx.input[0].previous_output.txid = parent.compute_txid();
        case.inputs[0].previous = consensus::serialize(&parent);
        case.inputs[0].witness_script = witness_script;
        let coin = case
            .raw()
            .value(IN_0, &[IN_WITNESS_UTXO])
            .map(<[u8]>::to_vec);
        let expected = written.then(|| consensus::serialize(&parent.output[1]));
        assert_eq!(coin, expected);
    }
}

#[test]
fn an_error_is_told_in_its_two_lines() {
    let error = BuildError::OtherPrevious(1);
    assert_eq!(std::format!("{error}"), error.text(Lang::En));
    assert_eq!(error.text(Lang::En).lines().count(), 2);
}

use std::vec;
use std::vec::Vec;

use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, Witness, absolute, consensus,
    transaction,
};

use super::*;

fn transaction(inputs: u8, outputs: u16, witness: bool) -> Transaction {
    let input = |n: u8| TxIn {
        previous_output: OutPoint::new(Txid::from_byte_array([n; 32]), u32::from(n)),
        script_sig: ScriptBuf::from_bytes(vec![n; usize::from(n) * 3]),
        sequence: Sequence(u32::from(n)),
        witness: match n {
            0 if witness => Witness::from_slice(&[vec![1; 300], vec![], vec![2; 33]]),
            _ => Witness::new(),
        },
    };
    let output = |n: u16| TxOut {
        value: Amount::from_sat(u64::from(n) + 1),
        script_pubkey: ScriptBuf::from_bytes(vec![0x51; usize::from(n) % 300]),
    };
    Transaction {
        version: transaction::Version(-7),
        lock_time: absolute::LockTime::from_consensus(0x1234_5678),
        input: (0..inputs).map(input).collect(),
        output: (0..outputs).map(output).collect(),
    }
}

#[test]
fn the_scanner_agrees_with_the_decoder() {
    for (inputs, outputs, witness) in [
        (1, 1, false),
        (1, 1, true),
        (3, 2, true),
        (200, 700, false),
        (253, 300, true),
    ] {
        let tx = transaction(inputs, outputs, witness);
        let bytes = consensus::serialize(&tx);
        for vout in [0, 1, u32::from(outputs) - 1, u32::from(outputs), u32::MAX] {
            let scanned = PreviousTx::scan(&bytes, vout).unwrap();
            assert_eq!(scanned.txid(), tx.compute_txid());
            assert_eq!(scanned.outputs(), u64::from(outputs));
            assert_eq!(scanned.spent(), tx.output.get(vout as usize));
        }
    }
}

#[test]
fn a_witness_does_not_change_what_is_read() {
    let with = consensus::serialize(&transaction(2, 3, true));
    let without = consensus::serialize(&transaction(2, 3, false));
    assert_ne!(with, without);
    assert_eq!(PreviousTx::scan(&with, 2), PreviousTx::scan(&without, 2));
}

#[test]
fn every_cut_and_every_added_byte_is_refused() {
    for witness in [false, true] {
        let mut bytes = consensus::serialize(&transaction(2, 2, witness));
        for cut in 0..bytes.len() {
            assert!(PreviousTx::scan(&bytes[..cut], 0).is_err(), "cut at {cut}");
        }
        bytes.push(0);
        assert_eq!(PreviousTx::scan(&bytes, 0), Err(PreviousTxError::Trailing));
    }
}

/// Whatever one changed byte makes of a parent: the scanner takes nothing that the decoder
/// refuses, and where both take it they agree. The decoder also takes parents without outputs.
#[test]
fn a_changed_byte_is_read_as_the_decoder_reads_it() {
    for witness in [false, true] {
        let good = consensus::serialize(&transaction(2, 2, witness));
        let changes = (0..good.len()).flat_map(|at| (0..=255).map(move |byte| (at, byte)));
        let mut taken = 0;
        for (at, byte) in changes {
            let mut bytes = good.clone();
            bytes[at] = byte;
            let decoded = consensus::deserialize::<Transaction>(&bytes);
            match (PreviousTx::scan(&bytes, 1), decoded) {
                (Ok(scanned), Ok(tx)) => {
                    assert_eq!(scanned.txid(), tx.compute_txid());
                    assert_eq!(scanned.spent(), tx.output.get(1));
                    taken += 1;
                }
                (Ok(_), Err(error)) => panic!("taken at {at}, {byte}: {error}"),
                (Err(_), Ok(tx)) => assert!(tx.output.is_empty() || tx.input.is_empty()),
                (Err(_), Err(_)) => {}
            }
        }
        assert!(taken > good.len());
    }
}

#[test]
fn odd_forms_have_names() {
    let empty_witness = |marker: &[u8]| {
        let bytes = consensus::serialize(&transaction(1, 1, false));
        let (version, rest) = bytes.split_at(4);
        let (body, lock) = rest.split_at(rest.len() - 4);
        [version, marker, body, &[0], lock].concat()
    };
    let scan = |bytes: &[u8]| PreviousTx::scan(bytes, 0);
    assert_eq!(
        scan(&empty_witness(&[0, 1])),
        Err(PreviousTxError::EmptyWitness)
    );
    assert_eq!(scan(&empty_witness(&[0, 2])), Err(PreviousTxError::Flag));
    assert_eq!(
        scan(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        Err(PreviousTxError::NoInput)
    );
    let no_output = [&[2, 0, 0, 0, 1][..], &[7; 36], &[0], &[7; 4], &[0], &[0; 4]].concat();
    assert_eq!(scan(&no_output), Err(PreviousTxError::NoOutput));
    let huge: Vec<u8> = [&[2, 0, 0, 0][..], &[0xFF; 9], &[0; 50]].concat();
    assert_eq!(scan(&huge), Err(PreviousTxError::Unreadable));
}

#[test]
fn an_error_is_told_in_the_words_of_a_refusal() {
    let error = PreviousTxError::Trailing;
    assert_eq!(std::format!("{error}"), "bytes after the transaction");
}

#[test]
fn without_its_witnesses_it_is_what_its_id_covers() {
    for witness in [true, false] {
        let bytes = consensus::serialize(&transaction(3, 2, witness));
        let bare = consensus::serialize(&transaction(3, 2, false));
        assert_eq!(without_witnesses(&bytes), Ok(bare));
    }
    assert_eq!(
        without_witnesses(&[2, 0, 0]),
        Err(PreviousTxError::Unreadable)
    );
}

//! What a proof must show, and what it changes.

use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, consensus};

use crate::codec::{self, ByteString};
use crate::rule::{Refusal, RuleId};
use crate::settlement::testing::{proof, transaction, tree};
use crate::settlement::{
    CONFIRMATIONS, MerklePath, SPENDS_LIMIT, Settled, SettledAs, SettlementFile,
};
use crate::testing::{Case, Coin};
use crate::transcript::testing::Bench;
use crate::transcript::{Body, CeremonyKind, Journal, OpenCount, Outcome, VerifiedTranscript};
use crate::types::{Chain, Height, Lang};

/// A device that has signed one transaction.
fn signed() -> (Bench, Case) {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    (bench, case)
}

/// Another transaction over the first coin of a case: nobody's business but the chain's.
fn rival(bench: &Bench, case: &Case) -> Transaction {
    let mut tx = transaction(bench, case);
    tx.input.truncate(1);
    tx.output[0].value = Amount::from_sat(1_000);
    tx
}

fn judged(bench: &mut Bench, file: &SettlementFile) -> Result<Vec<SettledAs>, Refusal> {
    bench.begin_settling(file);
    let settled = bench.judge_settlement(&file.settlement);
    bench.close(Outcome::Aborted);
    settled.map(|settled| settled.sets.iter().map(|set| set.how).collect())
}

fn rule(result: Result<Vec<SettledAs>, Refusal>) -> (RuleId, std::string::String) {
    let refusal = result.unwrap_err();
    (refusal.rule, refusal.expected.text(Lang::En).into())
}

/// What is refused, after `spoil`, of a proof that is good.
fn spoiled(spoil: impl FnOnce(&mut SettlementFile)) -> std::string::String {
    let (mut bench, case) = signed();
    let mut file = proof(&bench, &[transaction(&bench, &case)], CONFIRMATIONS);
    spoil(&mut file);
    let (rule, expected) = rule(judged(&mut bench, &file));
    assert_eq!(rule, RuleId::TRN06);
    expected
}

#[test]
fn the_register_holds_what_was_signed_until_it_is_settled() {
    let (mut bench, case) = signed();
    let tx = transaction(&bench, &case);
    let register = bench.state().register();
    let open = register.open();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].unsigned, Some(tx.compute_txid()));
    assert_eq!(
        open[0].coins,
        tx.input
            .iter()
            .map(|i| i.previous_output)
            .collect::<Vec<_>>()
    );
    let line = open[0].line(Some("Cold 1"), Lang::En);
    assert!(
        line.contains("from Cold 1, session 5, since height 850000"),
        "{line}"
    );
    let count = OpenCount {
        transactions: 1,
        unknown: 0,
    };
    assert_eq!(bench.state().announcement().unwrap().open, Some(count));
    let digest = open[0].tx;

    let (coins, ledger) = (open[0].coins.clone(), bench.state().ledger().clone());
    let settled = bench.settle_by(&proof(&bench, &[tx], CONFIRMATIONS));
    assert_eq!(settled.sets[0].how, SettledAs::Confirmed);
    assert_eq!(bench.state().register().count(), 0);
    assert_eq!(
        bench.state().register().settled(&digest),
        Some(&settled.sets[0])
    );
    assert_eq!(bench.state().announcement(), None);
    // Neither limits nor the memory of signed coins change.
    let after = bench.state().ledger();
    assert_eq!(after.transfers(), ledger.transfers());
    for coin in &coins {
        assert_eq!(after.signed_over(coin), [digest]);
    }
    let again = Journal::load(&bench.disk).unwrap();
    assert_eq!(again.state().register(), bench.state().register());
    VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap();
}

#[test]
fn passes_a_conflict_which_frees_no_coin() {
    let (mut bench, case) = signed();
    let file = proof(&bench, &[rival(&bench, &case)], CONFIRMATIONS);
    let settled = bench.settle_by(&file);
    assert_eq!(settled.sets[0].how, SettledAs::Conflicting);
    assert_eq!(bench.state().register().count(), 0);
    // The second coin is unspent, and the dead transaction still counts: POL07 refuses it.
    let mut other = Case::new(&bench.world);
    other.outputs[1].sats -= 1;
    bench.take_in(CeremonyKind::Sign, &other);
    let stopped = bench.judge().unwrap_err();
    let refusals = stopped.report().unwrap().refusals();
    assert!(
        refusals
            .into_iter()
            .any(|refusal| refusal.rule == RuleId::POL07)
    );
    bench.close(Outcome::Refused);
    VerifiedTranscript::verify(&bench.disk, &bench.trust()).unwrap();
}

#[test]
fn passes_one_proof_for_several() {
    let (mut bench, first) = signed();
    let mut second = Case::new(&bench.world);
    let coin = |index| Coin::of(&bench.world.wallet, Chain::Receive, index, 1_000_000);
    second.coins = vec![coin(2), coin(3)];
    bench.sign_case(&second);
    let all = [rival(&bench, &first), transaction(&bench, &second)];
    let settled = bench.settle_by(&proof(&bench, &all, CONFIRMATIONS));
    let mut how: Vec<SettledAs> = settled.sets.iter().map(|set| set.how).collect();
    how.sort();
    assert_eq!(how, [SettledAs::Confirmed, SettledAs::Conflicting]);
}

#[test]
fn at_the_limit_and_one_past_it_of_the_headers() {
    for (on_top, expected) in [(6, true), (5, false), (0, false)] {
        let (mut bench, case) = signed();
        let file = proof(&bench, &[transaction(&bench, &case)], on_top);
        assert_eq!(judged(&mut bench, &file).is_ok(), expected, "{on_top}");
    }
    let said = "the header of its block and 6 on top";
    assert_eq!(
        spoiled(|file| file.settlement.spends[0].height.0 += 1),
        said
    );
}

#[test]
fn refuses_headers_that_this_device_has_not_accepted() {
    // Worked for and linked, but by a chain that nobody took in here.
    let elsewhere = spoiled(|file| {
        let last = file.headers.headers.pop().unwrap();
        assert!(file.settlement.headers.headers.contains(&last));
    });
    assert!(
        elsewhere.contains("that this device has accepted"),
        "{elsewhere}"
    );
    let none = spoiled(|file| file.settlement.headers.headers.clear());
    assert!(none.contains("that this device has accepted"), "{none}");
    let gap = spoiled(|file| {
        let _ = file.settlement.headers.headers.remove(2);
    });
    assert_eq!(gap, "headers that follow each other");
    let higher = spoiled(|file| file.settlement.headers.first_height.0 += 1);
    assert!(higher.contains("that this device has accepted"), "{higher}");
}

#[test]
fn refuses_a_wrong_path() {
    let said = "a Merkle path to the root of block 850001";
    assert_eq!(spoiled(|file| file.settlement.spends[0].position = 0), said);
    assert_eq!(spoiled(|file| file.settlement.spends[0].position = 3), said);
    assert_eq!(
        spoiled(|file| file.settlement.spends[0].path = MerklePath::new(vec![]).unwrap()),
        said
    );
    // A tree as deep as a block can have, and one level more.
    assert!(MerklePath::new(vec![[0; 32]; 16]).is_some());
    assert_eq!(MerklePath::new(vec![[0; 32]; 17]), None);
    let long = codec::encode(&ByteString(vec![0; 32 * 17]));
    assert!(codec::decode::<MerklePath>(&long).is_err());
    let odd = codec::encode(&ByteString(vec![0; 33]));
    assert!(codec::decode::<MerklePath>(&odd).is_err());
}

#[test]
fn refuses_another_transaction() {
    let said = "a transaction that spends a coin of an open partial signature";
    let (mut bench, case) = signed();
    let mut other = transaction(&bench, &case);
    for input in &mut other.input {
        input.previous_output.vout += 7;
    }
    let file = proof(&bench, &[transaction(&bench, &case), other], CONFIRMATIONS);
    assert_eq!(
        rule(judged(&mut bench, &file)),
        (RuleId::TRN06, said.into())
    );
    let bytes = spoiled(|file| file.settlement.spends[0].transaction = ByteString(vec![1; 80]));
    assert_eq!(bytes, "a transaction");
    // Settled once: the same proof settles nothing any more.
    let file = proof(&bench, &[transaction(&bench, &case)], CONFIRMATIONS);
    bench.settle_by(&file);
    bench.attend(CeremonyKind::Settle, ["operator.a", "operator.b"]);
    let again = bench.judge_settlement(&file.settlement).unwrap_err();
    assert_eq!(again.expected.text(Lang::En), said);
}

#[test]
fn refuses_none_too_many_and_another_version() {
    let count = "1 to 1000 transactions";
    assert_eq!(spoiled(|file| file.settlement.spends.clear()), count);
    assert_eq!(
        spoiled(|file| {
            let one = file.settlement.spends[0].clone();
            file.settlement.spends = vec![one; SPENDS_LIMIT + 1];
        }),
        count
    );
    assert_eq!(
        spoiled(|file| file.settlement.version = 2),
        "a proof of version 1"
    );
}

/// 64 bytes: one input, one output with a script of four bytes.
fn of_sixty_four_bytes(coin: OutPoint, script: usize) -> Transaction {
    let mut tx = Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: vec![bitcoin::TxIn {
            previous_output: coin,
            ..bitcoin::TxIn::default()
        }],
        output: vec![bitcoin::TxOut {
            value: Amount::from_sat(1),
            script_pubkey: ScriptBuf::from_bytes(vec![0x51; script]),
        }],
    };
    tx.input[0].sequence = bitcoin::Sequence::MAX;
    tx
}

/// Everything else about these proofs holds: only the size of the transaction is wrong.
#[test]
fn trn06_alone() {
    let (bench, case) = signed();
    let coin = transaction(&bench, &case).input[0].previous_output;
    for (script, size, passes) in [(3, 63, true), (4, 64, false), (5, 65, true)] {
        let (mut bench, _) = signed();
        let tx = of_sixty_four_bytes(coin, script);
        assert_eq!(consensus::serialize(&tx).len(), size);
        let file = proof(&bench, &[tx], CONFIRMATIONS);
        let judged = judged(&mut bench, &file);
        assert_eq!(judged.is_ok(), passes, "{size}");
        if let Err(refusal) = judged {
            assert_eq!(refusal.rule, RuleId::TRN06);
            assert!(refusal.expected.text(Lang::En).contains("than 64 bytes"));
        }
    }
}

/// An inner node of a real tree, dressed as a transaction, needs exactly that size.
#[test]
fn a_node_is_no_transaction() {
    let leaves = [[1; 32], [2; 32], [3; 32], [4; 32]];
    let (root, beside) = tree(&leaves, 2);
    let path = MerklePath::new(beside).unwrap();
    assert_eq!(path.root([3; 32], 2), Some(root));
    let inner = bitcoin::hashes::sha256d::Hash::hash(&[[3; 32], [4; 32]].concat());
    let shorter = MerklePath::new(vec![tree(&leaves[..2], 0).0]).unwrap();
    assert_eq!(shorter.root(inner.to_byte_array(), 1), Some(root));
}

#[test]
fn two_operators_settle_what_the_proof_shows_and_nothing_else() {
    let (mut bench, case) = signed();
    let file = proof(&bench, &[transaction(&bench, &case)], CONFIRMATIONS);
    bench.open(CeremonyKind::Settle);
    bench.install(
        crate::transcript::WhatKind::Headers,
        codec::encode(&file.headers),
    );
    let settled = bench.judge_settlement(&file.settlement).unwrap();
    let body = |settled: &Settled| Body::Settled(Box::new(settled.clone()));
    let alone = bench.try_add(body(&settled)).unwrap_err();
    assert!(alone.got.text(Lang::En).contains("two operators"));
    bench.sit_down(["operator.a", "operator.b"]);
    let unread = bench.try_add(body(&settled)).unwrap_err();
    assert!(unread.got.text(Lang::En).contains("not shown"));
    bench.read_settlement(&settled);
    let mut other = settled.clone();
    other.sets[0].how = SettledAs::Conflicting;
    assert!(bench.try_add(body(&other)).is_err());
    let mut less = settled.clone();
    less.settlement.spends.clear();
    let refusal = bench.try_add(body(&less)).unwrap_err();
    assert!(refusal.got.text(Lang::En).contains("TRN06"), "{refusal:?}");
    bench.add(body(&settled));
    bench.close(Outcome::Done);
    // In another ceremony it is none.
    let (mut bench, _) = signed();
    bench.attend(CeremonyKind::Roster, ["operator.a", "operator.b"]);
    assert!(bench.try_add(body(&settled)).is_err());
}

/// What a recovery knows by receipts is open again; by which transaction its coins were spent, a
/// receipt does not tell. What nobody knows stays counted.
#[test]
fn a_recovered_device_opens_what_its_receipts_show() {
    let mut bench = Bench::ready();
    let before = bench.disk.clone();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    let tx = transaction(&bench, &case);
    let digest = bench.state().register().open()[0].tx;
    let order = bench.recovery();
    bench.roll_back(&before);
    bench.recover(order);
    let register = bench.state().register();
    let open = register.open();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].tx, open[0].unsigned, open[0].paid),
        (digest, None, None)
    );
    assert!(open[0].line(None, Lang::Ja).contains("? BTC"));
    let file = proof(&bench, &[tx], CONFIRMATIONS);
    let settled = bench.settle_by(&file);
    assert_eq!(settled.sets[0].how, SettledAs::Spent);
    assert_eq!(bench.state().open_count(), None);
    let unknown = OpenCount {
        transactions: 0,
        unknown: 3,
    };
    let told = |count: OpenCount| {
        let announced = crate::transcript::Announced {
            open: Some(count),
            ..Default::default()
        };
        announced.lines(Height(1), Lang::En).concat()
    };
    assert!(told(unknown).ends_with("; 3 more signatures are not known"));
}

#[test]
fn blocks_are_known_from_the_checkpoint_to_the_tip() {
    let mut bench = Bench::ready();
    bench.blocks(3);
    let (state, accepted) = (bench.state(), bench.state().accepted());
    let tip = state.tip().unwrap();
    assert_eq!(accepted.hash(tip.height()), Some(tip.hash()));
    assert_eq!(accepted.hash(Height(tip.height().0 + 1)), None);
    let checkpoint = state.genesis().unwrap().root.checkpoint;
    assert_eq!(accepted.hash(checkpoint.height), Some(&checkpoint.hash));
    assert_eq!(accepted.hash(Height(checkpoint.height.0 - 1)), None);
}

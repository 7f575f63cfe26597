//! Open partial signatures, at the real program, with SoftHSM tokens: said at every session until a
//! proof settles them.

mod support;

use std::time::Duration;

use bitcoin::hashes::{Hash as _, sha256d};
use bitcoin::{Transaction, consensus};
use signer_core::codec::{self, ByteString};
use signer_core::headers::HeaderRun;
use signer_core::psbt::ParsedPsbt;
use signer_core::settlement::{ConfirmedSpend, MerklePath, SettledAs, Settlement, SettlementFile};
use signer_core::transcript::Body;
use signer_core::types::Height;

use support::chain;
use support::house::{House, ceremony, destination_script, run, run_until};
use support::isolated;
use support::people::at_ceremony;
use support::play::{Act, Played, Plug};

/// A chain in which each transaction is the second of two in its block.
struct World<'a> {
    house: &'a House<'a>,
    blocks: Vec<(Height, Transaction)>,
}

impl World<'_> {
    fn headers(&self, tip: u32) -> HeaderRun {
        let root = |tx: &Transaction| {
            let leaf = tx.compute_txid().to_byte_array();
            sha256d::Hash::hash(&[[9; 32], leaf].concat()).to_byte_array()
        };
        let roots = self.blocks.iter().map(|(at, tx)| (*at, root(tx)));
        let roots: Vec<(Height, [u8; 32])> = roots.collect();
        let checkpoint = &self.house.officers.root.checkpoint;
        chain::headers_over(checkpoint, Height(tip), &roots)
    }

    /// The proof over one of the blocks, when this is the tip.
    fn proof(&self, place: usize, tip: u32) -> SettlementFile {
        let (height, tx) = &self.blocks[place];
        let headers = self.headers(tip);
        let needed = HeaderRun {
            first_height: *height,
            headers: headers.headers[height.0 as usize - 1..].to_vec(),
        };
        SettlementFile {
            version: 1,
            headers,
            settlement: Settlement {
                version: 1,
                headers: needed,
                spends: vec![ConfirmedSpend {
                    height: *height,
                    transaction: ByteString(consensus::serialize(tx)),
                    position: 1,
                    path: MerklePath::new(vec![[9; 32]]).expect("short"),
                }],
            },
        }
    }
}

fn words(house: &House<'_>, words: &[&str]) -> Vec<String> {
    let (noun, rest) = words.split_at(2);
    let state = ["--state".to_owned(), house.bench.arg("d1")];
    let own = |words: &[&str]| -> Vec<String> { words.iter().map(|w| (*w).to_owned()).collect() };
    [own(noun), state.to_vec(), own(rest)].concat()
}

fn settle_words(house: &House<'_>, file: &SettlementFile) -> Vec<String> {
    let path = house.bench.write("settlement.cbor", &codec::encode(file));
    words(house, &["signature", "settle", "--proof", &path])
}

fn settle(house: &House<'_>, file: &SettlementFile) -> Played {
    ceremony(&settle_words(house, file))
}

/// Signs a transfer of this coin; the transaction.
fn sign(house: &mut House<'_>, coin: u8, name: &str) -> (Played, Transaction) {
    let psbt = house.approved_psbt(destination_script(), coin).to_bytes();
    let parsed = ParsedPsbt::parse(psbt.clone()).expect("strict");
    let (input, out) = (format!("{name}.psbt"), format!("{name}-signed.psbt"));
    house.bench.write(&input, &psbt);
    let played = ceremony(&house.sign_arguments("d1", &input, &[&out]));
    (played, parsed.tx().clone())
}

#[test]
fn open_signatures_are_said_until_they_are_settled_by_proof() {
    isolated(
        "open_signatures_are_said_until_they_are_settled_by_proof",
        |bench| {
            let mut house = House::ready(bench);
            let (played, tx) = sign(&mut house, 1, "first");
            played.ended(0);
            let (played, second) = sign(&mut house, 2, "second");
            let tx_digest = house.verified_transcript("d1").state().register().open()[0].tx;
            played
                .ended(0)
                .says("open partial signatures: 1 transactions are not settled")
                .says("open partial signature: 1.000 000 00 BTC from Cold 1, session")
                .says(&tx_digest.to_hex());
            let status = words(&house, &["device", "status", "--json"]);
            ceremony(&status)
                .ended(0)
                .says(&format!(
                    r#""open_signatures":[{{"transaction":"{tx_digest}""#
                ))
                .says(r#""paid_sat":100000000"#);
            // Another ceremony is told too, in Japanese.
            let inventory = words(&house, &["device", "inventory", "--lang", "ja"]);
            ceremony(&inventory)
                .ended(0)
                .says("未使用部分署名: 未解消の取引 2 件");

            // The first is in block 4; somebody else took the coin of the second in block 6.
            let mut rival = second.clone();
            rival.output.truncate(1);
            let blocks = vec![(Height(4), tx), (Height(6), rival)];
            let world = World {
                house: &house,
                blocks,
            };
            refuses_what_proves_nothing(&world);
            assert_eq!(open(&house), 2);
            is_cut_and_goes_on(&world);
            takes_a_stale_block(&world);
            // The conflict settles the other one, and frees nothing: its coin stays signed over.
            settle(&house, &world.proof(1, 12))
                .ended(0)
                .says("1 known blocks from height 11 on are replaced")
                .says("headers are linked up to height 12")
                .says("dead, another transaction spent a coin of it")
                .says("settled; 0 transactions are still open");
            assert_eq!(
                recorded(&house),
                [SettledAs::Confirmed, SettledAs::Conflicting]
            );
            let (again, _) = sign(&mut house, 2, "again");
            again.ended(1).says("POL07");
            let said = again.output;
            assert!(!said.contains("open partial signature"), "{said}");
        },
    );
}

/// How many are open, by what the device says.
fn open(house: &House<'_>) -> usize {
    let status = ceremony(&words(house, &["device", "status", "--json"]));
    status.ended(0);
    status.output.matches(r#""transaction":""#).count()
}

fn refuses_what_proves_nothing(world: &World<'_>) {
    let house = world.house;
    settle(house, &world.proof(0, 9))
        .ended(1)
        .says("headers are linked up to height 9")
        .says("on this network headers prove nothing")
        .says("TRN06")
        .says("the header of its block and 6 on top");
    let mut elsewhere = world.proof(0, 10);
    elsewhere.settlement.spends[0].transaction =
        ByteString(consensus::serialize(&world.blocks[1].1));
    settle(house, &elsewhere)
        .ended(1)
        .says("a Merkle path to the root of block 4");
    // A chain of which this device knows another block at the same height.
    let other = World {
        house,
        blocks: vec![(Height(3), world.blocks[0].1.clone())],
    };
    settle(house, &other.proof(0, 10))
        .ended(1)
        .says("headers are not taken")
        .says("that this device has accepted");
    house.bench.write("settlement.cbor", b"no proof");
    let garbage = words(
        house,
        &[
            "signature",
            "settle",
            "--proof",
            &house.bench.arg("settlement.cbor"),
        ],
    );
    ceremony(&garbage)
        .ended(3)
        .says("`host-cli signature prove`");
}

/// Cut before the proof was judged nothing is settled; cut after it was recorded it is.
fn is_cut_and_goes_on(world: &World<'_>) {
    let house = world.house;
    let arguments = settle_words(house, &world.proof(0, 10));
    run(&arguments, |prompt| match prompt.id {
        "officer-b" => Act::Kill,
        _ => at_ceremony(prompt),
    });
    let plug = Plug {
        said: "settled; 1 transactions are still open",
        later: Duration::ZERO,
    };
    run_until(&arguments, plug, at_ceremony);
    assert_eq!(open(house), 1);
    ceremony(&arguments)
        .ended(1)
        .says("a transaction that spends a coin of an open partial signature");
}

/// The newest block of the day is one that the chain leaves again: this device takes it.
fn takes_a_stale_block(world: &World<'_>) {
    let mut blocks = world.blocks.clone();
    blocks.push((Height(11), world.blocks[0].1.clone()));
    let house = world.house;
    let stale = World { house, blocks };
    settle(house, &stale.proof(1, 11))
        .ended(1)
        .says("headers are linked up to height 11")
        .says("the header of its block and 6 on top");
    // Another block of that height has as much work: the first one stays.
    settle(house, &world.proof(1, 11))
        .ended(1)
        .says("headers are not taken")
        .says("from header 11 on another chain, with no more work");
}

/// How proofs settled, by the journal that two verifiers take.
fn recorded(house: &House<'_>) -> Vec<SettledAs> {
    let transcript = house.verified_transcript("d1");
    let exported = house.bench.read("d1.transcript");
    assert_eq!(house.said_without_our_code("d1", &exported), "");
    let entries = transcript.entries().iter();
    let how = entries.filter_map(|entry| match &entry.body {
        Body::Settled(settled) => Some(settled.sets[0].how),
        _ => None,
    });
    how.collect()
}

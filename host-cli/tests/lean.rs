//! Less than there is crosses the gap: requests without what the device knows, answers without what
//! the host has.

mod support;

use std::fs;

use optics::draw;
use signer_core::frames::{Sender, UrType};
use signer_core::psbt::{ParsedPsbt, RawPsbt, lean};
use support::Run;
use support::device::SoftDevice;
use support::world::{World, world};

const REQUEST: &str = "--request w/approved-v2.psbt";
const TO: &str = "--request w/approved-v2.psbt --wallet w/wallet.cbor";

fn raw(world: &World, name: &str) -> RawPsbt {
    RawPsbt::parse(&fs::read(world.folder.join(name)).expect("written")).expect("strict")
}

fn put(world: &World, name: &str, psbt: &RawPsbt) {
    fs::write(world.folder.join(name), psbt.bytes()).expect("the folder can be written");
}

fn refused(world: &World, line: &str, code: i32, said: &str) -> Run {
    let run = world.run(line);
    assert_eq!(run.code, code, "{line}\n{}\n{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(said), "{line}\n{}", run.stderr);
    run
}

/// The lean request of `approved-v2` as it crossed the gap, and what each device answered to it.
fn answered(world: &World, test: &str) -> (RawPsbt, [RawPsbt; 2]) {
    world.done(&format!(
        "qr send --psbt w/approved-v2.psbt --lean w/wallet.cbor --out to-{test}"
    ));
    world.done(&format!("qr receive --in to-{test} --out {test}.psbt"));
    let request = raw(world, &format!("{test}.psbt"));
    let devices = ["tokyo-1", "osaka-1"];
    let wallet = world.registered();
    let answers = devices.map(|name| SoftDevice(name).answer(request.bytes(), &wallet, |_| {}));
    (request, answers)
}

fn sizes(told: &str) -> [usize; 2] {
    let line = told.lines().find_map(|line| line.strip_prefix("lean: "));
    let words = line.unwrap_or_else(|| panic!("{told}")).split(' ');
    let figures: Vec<usize> = words.filter_map(|word| word.parse().ok()).collect();
    <[usize; 2]>::try_from(figures).unwrap_or_else(|_| panic!("{told}"))
}

#[test]
fn lean_both_ways_becomes_the_same_final_transaction() {
    let world = world();
    let told = world
        .done("qr send --psbt w/approved-v2.psbt --lean w/wallet.cbor --format bbqr --out by-bbqr");
    let [lean_bytes, whole_bytes] = sizes(&told);
    let (request, answers) = answered(&world, "both");
    assert_eq!(request.bytes().len(), lean_bytes);
    assert_eq!(world.read("approved-v2.psbt").len(), whole_bytes);
    assert!(lean_bytes < whole_bytes);
    for (name, answer) in ["tokyo-1", "osaka-1"].into_iter().zip(&answers) {
        let answer = lean::answer(&request, answer).expect("an answer");
        put(&world, &format!("shown-{name}.psbt"), &answer);
        // Pictures, as a device draws them: written by any program, read by ours.
        let sender = Sender::new(UrType::CryptoPsbt, answer.bytes(), 2_000);
        let frame = sender.expect("one frame").frames().next().expect("one");
        let picture = draw::png(&frame, draw::SCALE).expect("drawn");
        let folder = world.folder.join(format!("from-{name}"));
        fs::create_dir(&folder).expect("ours");
        fs::write(folder.join("1.png"), picture).expect("ours");
        let told = world.done(&format!(
            "qr receive --in from-{name} {REQUEST} --out back-{name}.psbt"
        ));
        let whole = raw(&world, &format!("back-{name}.psbt"));
        assert_eq!(sizes(&told), [answer.bytes().len(), whole.bytes().len()]);
        assert!(ParsedPsbt::parse(whole.to_bytes()).is_ok());
        // Without the request it is written as it came.
        world.done(&format!(
            "qr receive --in from-{name} --out bare-{name}.psbt"
        ));
        assert_eq!(raw(&world, &format!("bare-{name}.psbt")), answer);
    }
    // Completed before or here, from pictures or a file: the same PSBT.
    let mut combined = Vec::new();
    put(&world, "file-tokyo-1.psbt", &answers[0]);
    for (a, b) in [("back", "back"), ("bare", "shown"), ("file", "back")] {
        world.done(&format!(
            "psbt combine --psbt {a}-tokyo-1.psbt --psbt {b}-osaka-1.psbt {TO} --out {a}-{b}.psbt"
        ));
        combined.push(raw(&world, &format!("{a}-{b}.psbt")));
    }
    assert!(combined.iter().all(|psbt| *psbt == combined[0]));
    let told = world.done(&format!(
        "psbt finalize --psbt back-back.psbt {TO} --out lean.hex"
    ));
    world.done(
        "psbt combine --psbt w/answer-tokyo-1-v2.psbt --psbt w/answer-osaka-1-v2.psbt \
         --out whole.psbt",
    );
    let whole = world.done(&format!(
        "psbt finalize --psbt whole.psbt {TO} --out whole.hex"
    ));
    assert_eq!(told, whole, "the same transaction identifier");
    // Any program's way: the PSBT that was kept, and the lean answers.
    world.done(
        "psbt combine --psbt w/approved-v2.psbt --psbt bare-tokyo-1.psbt --psbt bare-osaka-1.psbt \
         --out merged.psbt",
    );
    world.done(&format!(
        "psbt finalize --psbt merged.psbt {TO} --out merged.hex"
    ));
}

#[test]
fn lean_answers_to_something_else_are_refused() {
    let world = world();
    let (request, [answer, _]) = answered(&world, "refused");
    let lean_answer = lean::answer(&request, &answer).expect("an answer");
    put(&world, "shown.psbt", &lean_answer);
    let combine = |psbt: &str| format!("psbt combine --psbt {psbt} {TO} --out never.psbt");
    // To another transaction, and without the request.
    let other = "psbt combine --psbt shown.psbt --request w/approved-v0.psbt \
                 --wallet w/wallet.cbor --out never.psbt";
    refused(&world, other, 3, "version");
    let alone = "psbt combine --psbt shown.psbt --out never.psbt";
    refused(&world, alone, 1, "PSB03");
    refused(
        &world,
        "psbt show --psbt shown.psbt --wallet w/wallet.cbor",
        1,
        "PSB03",
    );
    // With one byte of a signature, of the receipt, of the transaction changed.
    let bytes = lean_answer.to_bytes();
    let mut taken = Vec::new();
    for place in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        fs::write(world.folder.join("changed.psbt"), changed).expect("ours");
        let run = world.run(&combine("changed.psbt"));
        if run.code == 0 {
            taken.push(place);
        }
        assert!(!world.folder.join("never.psbt").exists() || run.code == 0);
    }
    assert_eq!(taken, [0_usize; 0], "places of bytes that nobody noticed");
    // A liar's receipt names yet other bytes.
    let liar = SoftDevice("osaka-1").answer(request.bytes(), &world.registered(), |receipt| {
        receipt.psbt = signer_core::digest::PsbtDigest::over(&[b"another PSBT"]);
    });
    put(
        &world,
        "liar.psbt",
        &lean::answer(&request, &liar).expect("an answer"),
    );
    let said = "a receipt of osaka-1 for exactly this";
    refused(&world, &combine("liar.psbt"), 1, said);
    // Something besides, by pictures or by file.
    for (besides, rule) in [(&lean_answer, "PSB03"), (&answer, "SIG05")] {
        put(
            &world,
            "besides.psbt",
            &besides.insert_global(b"\xf0", b"x").expect("room"),
        );
        refused(&world, &combine("besides.psbt"), 1, rule);
    }
}

#[test]
fn another_wallets_request_is_not_made_smaller_by_a_wallet_that_does_not_know_it() {
    let world = world();
    let told =
        world.done("qr send --psbt w/approved-v2.psbt --lean w/other-wallet.cbor --out to-others");
    // The coins are said again by their previous transactions; nothing else is known of them.
    let [lean, whole] = sizes(&told);
    assert!(lean < whole);
    world.done("qr receive --in to-others --out others.psbt");
    let parsed = ParsedPsbt::parse(raw(&world, "others.psbt").into_bytes()).expect("strict");
    assert!(
        parsed
            .inputs()
            .iter()
            .all(|i| i.witness_script.is_some() && i.origins.len() == 3)
    );
}

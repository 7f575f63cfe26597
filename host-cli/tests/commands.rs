//! The program as people run it: real files, real SoftHSM tokens, answers after prompts.

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bitcoin::{Transaction, consensus};
use signer_core::approval::{ActiveRoster, NextRoster};
use signer_core::codec;
use signer_core::digest::hex;
use signer_core::frames::{Hello, Limits, Receiver};
use signer_core::headers::KnownTime;
use signer_core::life::{CheckedRetirement, RetirementStanding};
use signer_core::psbt::{ParsedPsbt, ProprietaryField, RawPsbt};
use signer_core::root::Root;
use signer_core::types::{Chain, Height, Id, KeyIndex};
use signer_core::wallet::Registry;
use support::world::{HOUSE, OTHER_DEVICES, PIN, World, coins, obedient, world};
use support::{Run, host_cli, host_cli_on_a_full_disk, matches, words};
use test_vectors::camera::{codes_in_page, codes_on};

/// By headers alone.
const fn at(height: u32) -> KnownTime {
    KnownTime::without_clock(Height(height))
}

/// Standard error of a failed command: two lines, or two for each refusal.
fn told_in_two_lines(run: &Run, line: &str) {
    let lines: Vec<&str> = run.stderr.lines().collect();
    let well_formed = !lines.is_empty()
        && lines.len().is_multiple_of(2)
        && lines.chunks(2).all(|pair| {
            let refusal = pair[0].contains(" refused at ");
            (pair[0].starts_with("error: ") || refusal) && pair[1].starts_with("  ")
        });
    assert!(well_formed, "{line}\n{}", run.stderr);
    assert!(lines[1].len() > 4, "{line}\n{}", run.stderr);
}

/// A command that must fail with this code, and leave no file behind.
fn fails(world: &World, line: &str, code: i32, out: &str) -> Run {
    let run = world.run(line);
    assert_eq!(run.code, code, "{line}\n{}\n{}", run.stdout, run.stderr);
    told_in_two_lines(&run, line);
    assert!(!world.folder.join(out).exists(), "{line}");
    run
}

fn final_tx(world: &World, name: &str) -> Transaction {
    let text = fs::read_to_string(world.folder.join(name)).expect("written");
    consensus::encode::deserialize_hex(text.trim()).expect("a transaction")
}

#[test]
fn a_transfer_goes_from_request_to_final_transaction() {
    let world = world();
    let devices = ["tokyo-1", "osaka-1", "nagoya-1"];
    let mut txids = Vec::new();
    for version in [0, 2] {
        for (a, b) in [(0, 1), (2, 0), (1, 2)] {
            let case = format!("v{version}-{a}{b}");
            let answer = |n: usize| format!("w/answer-{}-v{version}.psbt", devices[n]);
            world.done(&format!(
                "psbt combine --psbt {} --psbt {} --request w/approved-v{version}.psbt \
                 --wallet w/wallet.cbor --out signed-{case}.psbt",
                answer(a),
                answer(b)
            ));
            let told = world.done(&format!(
                "psbt finalize --psbt signed-{case}.psbt --wallet w/wallet.cbor \
                 --request w/approved-v{version}.psbt --out final-{case}.hex"
            ));
            let tx = final_tx(&world, &format!("final-{case}.hex"));
            assert!(told.contains(&tx.compute_txid().to_string()), "{told}");
            assert_eq!(tx.input.len(), 3);
            assert!(tx.input.iter().all(|input| input.witness.len() == 4));
            txids.push(tx.compute_txid());
        }
    }
    let all = world.done(
        "psbt combine --psbt w/answer-tokyo-1-v2.psbt --psbt w/answer-osaka-1-v2.psbt \
         --psbt w/answer-nagoya-1-v2.psbt --out signed-by-all.psbt",
    );
    assert_eq!(all, "");
    world.done("psbt finalize --psbt signed-by-all.psbt --wallet w/wallet.cbor --out all.hex");
    let tx = final_tx(&world, "all.hex");
    assert!(
        tx.input.iter().all(|input| input.witness.len() == 4),
        "only m are used"
    );
    txids.push(tx.compute_txid());
    assert!(txids.iter().all(|txid| *txid == txids[0]), "{txids:?}");
}

#[test]
fn nested_addresses_are_spent_as_well() {
    let world = world();
    world.done(
        "psbt create --wallet w/other-wallet.cbor --policy w/policy.cbor --roster w/roster.cbor \
         --coins w/coins-other.json --pay hot-refill-01=0.2 --fee-rate 3 --change-index 1 \
         --out nested.psbt",
    );
    let request = fs::read(world.folder.join("nested.psbt")).expect("written");
    for device in OTHER_DEVICES {
        let answer = device.answer(&request, &world.other(), |_| {});
        let path = world.folder.join(format!("nested-{}.psbt", device.0));
        fs::write(path, answer.bytes()).expect("the folder can be written");
    }
    world.done(
        "psbt combine --psbt nested-kobe-1.psbt --psbt nested-kyoto-1.psbt --request nested.psbt \
         --wallet w/other-wallet.cbor --out nested-signed.psbt",
    );
    world.done(
        "psbt finalize --psbt nested-signed.psbt --wallet w/other-wallet.cbor \
         --request nested.psbt --out nested.hex",
    );
    let tx = final_tx(&world, "nested.hex");
    assert_eq!(tx.input.len(), 2);
    assert!(tx.input.iter().all(|input| input.script_sig.len() == 35));
}

#[test]
fn the_order_of_answers_changes_nothing() {
    let world = world();
    let combine = |a: &str, b: &str, out: &str| {
        world.done(&format!(
            "psbt combine --psbt w/answer-{a}-v2.psbt --psbt w/answer-{b}-v2.psbt --out {out}"
        ));
        fs::read(world.folder.join(out)).expect("written")
    };
    let one = combine("tokyo-1", "osaka-1", "ab.psbt");
    assert_eq!(one, combine("osaka-1", "tokyo-1", "ba.psbt"));
}

#[test]
fn a_transaction_with_too_few_signatures_is_not_finished() {
    let world = world();
    let line = "psbt finalize --psbt w/answer-tokyo-1-v2.psbt --wallet w/wallet.cbor --out few.hex";
    let run = fails(&world, line, 1, "few.hex");
    assert!(
        run.stderr.contains("input 0 has 1 of 2 signatures"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_receipt_about_something_else_is_refused() {
    let world = world();
    let line = "psbt combine --psbt w/answer-of-a-liar.psbt --request w/approved-v2.psbt \
                --wallet w/wallet.cbor --out liar.psbt";
    let run = fails(&world, line, 1, "liar.psbt");
    assert!(
        run.stderr.contains("a receipt of osaka-1 for exactly this"),
        "{}",
        run.stderr
    );
}

/// Two devices that signed side by side saw nothing of each other; the host sees both receipts.
#[test]
fn one_person_at_two_devices_is_found_when_answers_are_combined() {
    let world = world();
    let line = "psbt combine --psbt w/answer-tokyo-1-v2.psbt --psbt w/answer-of-one-operator.psbt \
                --request w/approved-v2.psbt --wallet w/wallet.cbor --out one-operator.psbt";
    let run = fails(&world, line, 1, "one-operator.psbt");
    let said = "APP12 refused";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    let person = "operator.a.tokyo-1 operates 2";
    assert!(run.stderr.contains(person), "{}", run.stderr);
    // Put together without --request, or by another program, it ends before anything is sent.
    world.done(
        "psbt combine --psbt w/answer-tokyo-1-v2.psbt --psbt w/answer-of-one-operator.psbt \
         --out merged.psbt",
    );
    let line = "psbt finalize --psbt merged.psbt --wallet w/wallet.cbor --out merged.hex";
    let run = fails(&world, line, 1, "merged.hex");
    assert!(run.stderr.contains(person), "{}", run.stderr);
}

/// Of two devices side by side neither sees who operates the other: the host finds that it was the broadcaster.
#[test]
fn a_broadcaster_who_operated_a_device_is_found_before_anything_is_sent() {
    let world = world();
    let asked = world.read("approved-v2.psbt");
    let [first, ..] = support::world::DEVICES;
    let line =
        "psbt combine --psbt operated.psbt --psbt w/answer-osaka-1-v2.psbt --out sent-by.psbt";
    for (operator, code) in [("abe.t", 1), ("kato.n", 0)] {
        let answer = first.answer(&asked, &world.registered(), |receipt| {
            receipt.operators[1] = Id::new(operator).expect("an identifier");
        });
        fs::write(world.folder.join("operated.psbt"), answer.bytes()).expect("ours");
        let _ = fs::remove_file(world.folder.join("sent-by.psbt"));
        world.done(line);
        let line = "psbt finalize --psbt sent-by.psbt --wallet w/wallet.cbor --out sent-by.hex";
        if code == 0 {
            assert!(world.done(line).contains("broadcaster abe.t"));
            continue;
        }
        let run = fails(&world, line, code, "sent-by.hex");
        let said =
            "APP15 refused at operators: expected operators other than the broadcaster, got abe.t";
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

/// The same PSBT without its receipts.
fn without_receipts(psbt: &[u8]) -> Vec<u8> {
    let mut raw = RawPsbt::parse(psbt).expect("a PSBT").bytes().to_vec();
    let parsed = ParsedPsbt::parse(raw.clone()).expect("a PSBT");
    for (device, session, bytes) in &parsed.carried().receipts {
        let key = ProprietaryField::receipt_key(device, *session);
        let with = |bytes: &[u8]| {
            let mut field = consensus::serialize(&bitcoin::VarInt::from(bytes.len()));
            field.extend_from_slice(bytes);
            field
        };
        let field = [with(&key), with(bytes)].concat();
        let mut places = raw.windows(field.len());
        let place = places.position(|window| window == field);
        let place = place.expect("the receipt stands there");
        raw.drain(place..place + field.len());
    }
    raw
}

/// Who operated a device is read from its receipt: a signature without one is of no use.
#[test]
fn a_signature_without_its_receipt_is_refused() {
    let world = world();
    let write = |name: &str, bytes: &[u8]| fs::write(world.folder.join(name), bytes).expect("ours");
    world.done(
        "psbt combine --psbt w/answer-tokyo-1-v2.psbt --psbt w/answer-of-one-operator.psbt \
         --out whole.psbt",
    );
    let whole = fs::read(world.folder.join("whole.psbt")).expect("written");
    write("bare.psbt", &without_receipts(&whole));
    let line = "psbt finalize --psbt bare.psbt --wallet w/wallet.cbor --out bare.hex";
    let run = fails(&world, line, 1, "bare.hex");
    let said = "APP12 refused";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(run.stderr.contains("the receipt of"), "{}", run.stderr);
    // One device after the other, and the receipt of the first one is lost on the way.
    let bare = without_receipts(&world.read("answer-osaka-1-v2.psbt"));
    let [first, ..] = support::world::DEVICES;
    write("half.psbt", &bare);
    let answer = first.answer(&bare, &world.registered(), |_| {});
    write("next.psbt", answer.bytes());
    let line = "psbt combine --psbt next.psbt --request half.psbt --wallet w/wallet.cbor \
                --out both.psbt";
    let run = fails(&world, line, 1, "both.psbt");
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(run.stderr.contains("osaka-1"), "{}", run.stderr);
}

#[test]
fn an_answer_with_anything_else_changed_is_refused() {
    let world = world();
    // Not an answer at all, and an answer to another PSBT.
    for psbt in ["approved-v2", "answer-tokyo-1-v0", "transfer-v2"] {
        let line = format!(
            "psbt combine --psbt w/{psbt}.psbt --request w/approved-v2.psbt --wallet w/wallet.cbor \
             --out changed.psbt"
        );
        let run = fails(&world, &line, 1, "changed.psbt");
        assert!(run.stderr.contains("SIG05"), "{}", run.stderr);
    }
}

#[test]
fn a_forged_signature_is_found_before_consensus() {
    let world = world();
    let psbt = world.read("signed.psbt");
    let der = first_signature(&psbt);
    // One bit of r of the first signature: still strict DER, no longer a signature.
    let mut forged = psbt.clone();
    forged[der + 10] ^= 1;
    fs::write(world.folder.join("forged.psbt"), forged).expect("the folder can be written");
    let line = "psbt finalize --psbt forged.psbt --wallet w/wallet.cbor --out forged.hex";
    let run = fails(&world, line, 1, "forged.hex");
    assert!(run.stderr.contains("SIG01"), "{}", run.stderr);
}

/// Where the first `PSBT_IN_PARTIAL_SIG` value starts: a two-byte key prefix alone would also be found
/// inside a random key or digest, so the compressed key, the length and the DER head must follow it.
fn first_signature(psbt: &[u8]) -> usize {
    const KEY: usize = 2 + 33;
    psbt.windows(KEY + 2)
        .position(|field| {
            field[..2] == [0x22, 0x02]
                && matches!(field[2], 0x02 | 0x03)
                && (0x40..=0x48).contains(&field[KEY])
                && field[KEY + 1] == 0x30
        })
        .expect("a partial signature")
        + KEY
        + 1
}

#[test]
fn approvals_made_apart_are_put_together() {
    let world = world();
    for (officer, out) in [("suzuki.h", "apart-a.psbt"), ("ito.m", "apart-b.psbt")] {
        world.done(&format!(
            "request approve --psbt w/request-v2.psbt {HOUSE} --officer {officer} \
             --profile softhsm2 --token {officer} --out {out}"
        ));
    }
    world.done("psbt combine --psbt apart-a.psbt --psbt apart-b.psbt --out apart.psbt");
    let shown = world.done(&format!("request show --psbt apart.psbt {HOUSE} --json"));
    let json: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let votes = json["votes"].as_array().expect("votes");
    assert_eq!(votes.len(), 2, "{shown}");
    assert!(
        votes.iter().all(|vote| vote["decision"] == "approve"),
        "{shown}"
    );
}

/// With the token of a real HSM an officer's consent and PIN come from a keyboard alone.
#[test]
fn a_real_token_takes_no_scripted_answers() {
    let world = world();
    for line in [
        format!("request approve --psbt w/request-v2.psbt {HOUSE} --officer ito.m --out piped"),
        "officer enroll --network regtest --id x --name X --name-ja X --department d \
         --roles approver --out piped"
            .to_owned(),
    ] {
        let line = format!("{line} --profile smartcard-hsm --token ito.m");
        let run = fails(&world, &line, 3, "piped");
        let said = "answers do not come from a terminal";
        assert!(run.stderr.contains(said), "{}", run.stderr);
        assert!(!run.stdout.contains("? "), "{}", run.stdout);
    }
}

#[test]
fn a_rejected_request_is_dead() {
    let world = world();
    world.done(&format!(
        "request reject --psbt w/request-v2.psbt {HOUSE} --officer ito.m --profile softhsm2 \
         --token ito.m --out rejected.psbt"
    ));
    let line = format!(
        "request approve --psbt rejected.psbt {HOUSE} --officer suzuki.h --profile softhsm2 \
         --token suzuki.h --out revived.psbt"
    );
    let run = fails(&world, &line, 1, "revived.psbt");
    assert!(run.stderr.contains("APP08"), "{}", run.stderr);
    assert!(
        !run.stdout.contains("? "),
        "nobody is asked: {}",
        run.stdout
    );
    // Everybody can see who rejected it, on the screen, for machines and on paper.
    for (line, said) in [
        ("request show", "REJECTED    by ito.m"),
        ("request show --json", r#""decision": "reject""#),
        ("request review", "rejected by ito.m"),
        ("request review --json", r#""standing": "rejected""#),
        (
            "request review --page-out dead.html",
            "REJECTED: this request is dead",
        ),
    ] {
        let run = world.run(&format!("{line} --psbt rejected.psbt {HOUSE}"));
        assert_eq!(run.code, 1, "{line}: {}", run.stderr);
        assert!(run.stdout.contains(said), "{line}: {}", run.stdout);
        assert!(run.stderr.starts_with("APP08 refused"), "{}", run.stderr);
    }
    let page = fs::read_to_string(world.folder.join("dead.html")).expect("written");
    assert!(page.contains("REJECTED: this request is dead, for ever"));
}

/// The sheet says what the PSBT does by the desk's own files, whatever the builder's files say.
#[test]
fn a_request_is_reviewed_without_the_builders_screen() {
    let world = world();
    let line = format!("request review --psbt w/approved-a-v2.psbt {HOUSE}");
    let text = world.done(&format!("{line} --page-out sheet.html"));
    let page = fs::read_to_string(world.folder.join("sheet.html")).expect("written");
    let json: serde_json::Value =
        serde_json::from_str(&world.done(&format!("{line} --json"))).expect("JSON");
    assert_eq!(json["standing"], "open");
    assert_eq!(json["asked"][0]["officer"], "ito.m");
    assert_eq!(json["asked"][0]["decision"], serde_json::Value::Null);
    assert_eq!(json["total_sat"], 50_000_000);
    let digest = json["digests"]["request"]["words"].as_array();
    let digest: Vec<&str> = digest
        .expect("words")
        .iter()
        .filter_map(|word| word.as_str())
        .collect();
    assert_eq!(digest.len(), 32);
    for four in digest.chunks(4).map(|four| four.join(" ")) {
        assert!(text.contains(&four) && page.contains(&four), "{four}");
    }
    // The page is a function of the request: a second desk prints the same.
    world.done(&format!("{line} --page-out again.html"));
    let again = fs::read_to_string(world.folder.join("again.html")).expect("written");
    assert_eq!(page, again);
    // In Japanese the same facts.
    let ja = world.done(&format!("--lang ja {line}"));
    assert!(ja.contains("未了: 承認が不足しています"), "{ja}");
}

#[test]
fn rules_of_the_devices_refuse_on_the_host_first() {
    let world = world();
    let draft = |more: &str, out: &str| {
        format!(
            "request draft --psbt w/transfer-v2.psbt {HOUSE} --case wr-2026-000124 \
             --requester sato.k --builder sato.k --broadcaster abe.t --purpose \"Refill\" --profile softhsm2 --token sato.k \
             --headers w/headers.json --out {out} {more}"
        )
    };
    let good = "--fee-ceiling 20000 --expiry 1000 --invite suzuki.h";
    world.done(&draft(good, "drafted.psbt"));
    for more in [
        "--fee-ceiling 1 --expiry 1000 --invite suzuki.h",
        "--fee-ceiling 20000 --expiry 5 --invite suzuki.h",
        "--fee-ceiling 20000 --expiry 1000 --invite nobody",
        "--fee-ceiling 20000 --expiry 1000 --invite admin.a",
    ] {
        fails(&world, &draft(more, "undrafted.psbt"), 1, "undrafted.psbt");
    }
    let unread = format!("{good} --transcript w/root.cbor");
    fails(
        &world,
        &draft(&unread, "undrafted.psbt"),
        3,
        "undrafted.psbt",
    );
    let expired = format!(
        "request approve --psbt w/request-v2.psbt {HOUSE} --height 1001 --officer ito.m \
         --profile softhsm2 --token ito.m --out expired.psbt"
    );
    let run = fails(&world, &expired, 1, "expired.psbt");
    assert!(run.stderr.contains("APP03"), "{}", run.stderr);
    let unknown = "psbt create --wallet w/wallet.cbor --policy w/policy.cbor \
                   --roster w/roster.cbor --coins w/coins.json --pay elsewhere=0.5 --fee 1000 \
                   --change-index 0 --out elsewhere.psbt";
    fails(&world, unknown, 1, "elsewhere.psbt");
    let twice = format!(
        "request approve --psbt w/approved-v2.psbt {HOUSE} --officer ito.m --profile softhsm2 \
         --token ito.m --out twice.psbt"
    );
    fails(&world, &twice, 3, "twice.psbt");
}

#[test]
fn money_adds_up() {
    let world = world();
    let create = |pay: &str, fee: &str, out: &str| {
        format!(
            "psbt create --wallet w/wallet.cbor --policy w/policy.cbor --roster w/roster.cbor \
             --coins w/coins.json --pay hot-refill-01={pay} {fee} --change-index 0 --out {out}"
        )
    };
    // 0.9 BTC come in. What would be dust as change goes to the fee.
    for (pay, fee, outputs, paid_fee) in [
        ("0.5", "--fee 1000", 2, 1_000),
        ("0.89998670", "--fee 1000", 2, 1_000),
        ("0.89998671", "--fee 1000", 1, 1_329),
        ("0.89999000", "--fee 1000", 1, 1_000),
    ] {
        let out = format!("money-{pay}.psbt");
        world.done(&create(pay, fee, &out));
        let shown = world.done(&format!(
            "psbt show --psbt {out} --wallet w/wallet.cbor --json"
        ));
        let json: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(json["fee_sat"], paid_fee, "{pay}");
        assert_eq!(
            json["outputs"].as_array().map(Vec::len),
            Some(outputs),
            "{pay}"
        );
    }
    fails(
        &world,
        &create("0.89999001", "--fee 1000", "short.psbt"),
        3,
        "short.psbt",
    );
    for rate in [1_u64, 7, 150] {
        let out = format!("rate-{rate}.psbt");
        world.done(&create("0.1", &format!("--fee-rate {rate}"), &out));
        let shown = world.done(&format!(
            "psbt show --psbt {out} --wallet w/wallet.cbor --json"
        ));
        let json: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        let vbytes = json["weight"].as_u64().expect("a weight").div_ceil(4);
        assert_eq!(json["fee_sat"].as_u64(), Some(vbytes * rate));
    }
}

#[test]
fn the_end_of_a_pool_is_announced() {
    let world = world();
    // Four addresses on each chain: with the last one used, less than a fifth is left.
    for (change, spent, announced) in [
        (2, [0, 2], [false, false]),
        (3, [0, 2], [true, false]),
        (0, [1, 3], [false, true]),
    ] {
        let list = coins(&world.registered(), &spent);
        fs::write(world.folder.join("few.json"), list).expect("the folder can be written");
        let out = format!("pool-{change}-{}.psbt", spent[1]);
        let told = world.done(&format!(
            "psbt create --wallet w/wallet.cbor --policy w/policy.cbor --roster w/roster.cbor \
             --coins few.json --pay hot-refill-01=0.05 --fee-rate 1 --change-index {change} --out {out}"
        ));
        for (chain, announced) in [(1, announced[0]), (0, announced[1])] {
            let notice = format!("0 of 4 addresses are left on chain {chain}; generate more keys");
            assert_eq!(
                told.contains(&notice),
                announced,
                "{change} {spent:?}: {told}"
            );
        }
    }
}

#[test]
fn what_nodes_would_not_relay_is_split_before_the_ceremony() {
    let world = world();
    let indexes: Vec<u32> = (0..1_000).map(|n| n % 4).collect();
    let many = coins(&world.registered(), &indexes);
    fs::write(world.folder.join("many.json"), many).expect("the folder can be written");
    let create = |coins: &str, out: &str| {
        format!(
            "psbt create --wallet w/wallet.cbor --policy w/policy.cbor --roster w/roster.cbor \
             --coins {coins} --pay hot-refill-01=0.5 --fee-rate 1 --change-index 0 --out {out}"
        )
    };
    let run = fails(&world, &create("many.json", "many.psbt"), 1, "many.psbt");
    assert!(run.stderr.contains("host-cli psbt split"), "{}", run.stderr);
    let told = world.done("psbt split --wallet w/wallet.cbor --coins many.json --out-dir parts");
    assert!(
        told.lines().all(|line| line.ends_with("500 coins")),
        "{told}"
    );
    assert_eq!(told.lines().count(), 2);
    world.done(&create("parts/coins-01.json", "part-01.psbt"));
    world.done(&create("parts/coins-02.json", "part-02.psbt"));
    world.done(
        "psbt split --wallet w/wallet.cbor --coins w/coins.json --max-inputs 2 --out-dir few",
    );
    assert_eq!(
        fs::read_dir(world.folder.join("few"))
            .expect("made")
            .count(),
        2
    );
}

#[test]
fn pictures_carry_a_psbt_and_lost_ones_are_replaced() {
    let world = world();
    let told = world
        .done("qr send --psbt w/approved-v2.psbt --out frames --animation moving.png --fps 10");
    let moving = fs::read(world.folder.join("moving.png")).expect("drawn");
    assert!(moving.windows(4).any(|bytes| bytes == b"acTL"), "animated");
    let code = told.rsplit(' ').next().expect("a code").trim().to_owned();
    fs::remove_file(world.folder.join("frames/frame-0002.png")).expect("drawn");
    fs::write(world.folder.join("frames/frame-0003.png"), "no picture").expect("drawn");
    let told = world.done("qr receive --in frames --out received.psbt");
    assert!(told.contains(&code), "{told}");
    let received = fs::read(world.folder.join("received.psbt")).expect("written");
    assert_eq!(received, world.read("approved-v2.psbt"));
    fs::remove_dir_all(world.folder.join("frames")).expect("drawn");
    world.done("qr send --psbt w/approved-v2.psbt --out frames --spare 0");
    fs::remove_file(world.folder.join("frames/frame-0001.png")).expect("drawn");
    fails(
        &world,
        "qr receive --in frames --out partly.psbt",
        3,
        "partly.psbt",
    );
}

/// Where nobody can press a key, as here, each code is shown once.
#[test]
fn codes_on_the_terminal_carry_a_psbt() {
    let world = world();
    for more in [
        "--density 12 --fps 30",
        "--density 20 --fps 30 --format bbqr",
    ] {
        let told = world.done(&format!("qr send --psbt w/approved-v2.psbt --show {more}"));
        let mut receiver = Receiver::new(Limits::OURS);
        for seen in codes_on(&told) {
            for found in optics::read::grey(seen.width, seen.height, &seen.pixels) {
                let _ = receiver.receive(&found);
            }
        }
        let (_, message) = receiver.message().expect("whole");
        assert_eq!(message, world.read("approved-v2.psbt"));
        let code = receiver.code().expect("whole").to_text();
        assert!(told.ends_with(&format!("transfer code {code}\n")), "{told}");
    }
    for wrong in [
        "--density 20",
        "--show --density 4",
        "--show --fps 31",
        "--show --fragment 99",
    ] {
        let run = world.run(&format!("qr send --psbt w/approved-v2.psbt {wrong}"));
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (3, ""),
            "{wrong}: {}",
            run.stderr
        );
    }
}

/// All codes on one page, which is read as a camera reads it from paper.
#[test]
fn a_printed_sheet_carries_a_psbt() {
    let world = world();
    for (more, name) in [("", "ur"), ("--format bbqr --density 30", "bbqr")] {
        let line = format!("qr send --psbt w/approved-v2.psbt --sheet {name}.html {more}");
        let told = world.done(&line);
        let page = fs::read_to_string(world.folder.join(format!("{name}.html"))).expect("written");
        let mut receiver = Receiver::new(Limits::OURS);
        for seen in codes_in_page(&page) {
            for found in optics::read::grey(seen.width, seen.height, &seen.pixels) {
                let _ = receiver.receive(&found);
            }
        }
        let (_, message) = receiver.message().expect("whole");
        assert_eq!(message, world.read("approved-v2.psbt"));
        let code = receiver.code().expect("whole").to_text();
        assert!(told.contains(&code) && page.contains(&code), "{told}");
        // Nothing is ever written over.
        assert_eq!(world.run(&line).code, 3);
    }
}

/// Less in each code is more codes.
#[test]
fn density_says_how_much_a_picture_holds() {
    let world = world();
    let counts = [40, 25, 10].map(|density| {
        let send = format!("qr send --psbt w/approved-v2.psbt --density {density}");
        world.done(&format!("{send} --out dense-{density}"));
        world.done(&format!(
            "qr receive --in dense-{density} --out {density}.psbt"
        ));
        let read = fs::read(world.folder.join(format!("{density}.psbt")));
        assert_eq!(read.expect("written"), world.read("approved-v2.psbt"));
        let folder = world.folder.join(format!("dense-{density}"));
        fs::read_dir(folder).expect("made").count()
    });
    assert!(counts.is_sorted_by(|few, many| few < many), "{counts:?}");
}

#[test]
fn pictures_of_bbqr_carry_a_psbt_too() {
    let world = world();
    let told = world.done("qr send --format bbqr --psbt w/approved-v2.psbt --out circle");
    let code = told.rsplit(' ').next().expect("a code").trim().to_owned();
    let told = world.done("qr receive --in circle --out from-bbqr.psbt");
    assert!(told.contains(&code), "{told}");
    let received = fs::read(world.folder.join("from-bbqr.psbt")).expect("written");
    assert_eq!(received, world.read("approved-v2.psbt"));
}

/// Byte frames are for a device that has shown that it reads them, and go one way.
#[test]
fn byte_frames_go_to_those_who_say_that_they_read_them() {
    let world = world();
    let greeting = optics::draw::png(Hello::ours().text(), 4).expect("drawn");
    fs::write(world.folder.join("hello.png"), greeting).expect("written");
    let told = world.done("qr send --hello hello.png --psbt w/approved-v2.psbt --out fast");
    assert!(told.contains("transfer code"), "{told}");
    let first = fs::read(world.folder.join("fast/frame-0001.png")).expect("drawn");
    let shown = optics::read::png(&first).expect("PNG");
    assert!(shown[0].text().is_none(), "bytes, not text");
    let run = fails(
        &world,
        "qr receive --in fast --out back.psbt",
        3,
        "back.psbt",
    );
    let sentence = "This code comes from a host's screen";
    assert!(run.stderr.contains(sentence), "{}", run.stderr);
    let run = fails(
        &world,
        "qr send --hello fast/frame-0001.png --psbt w/approved-v2.psbt --out none",
        3,
        "none",
    );
    assert!(run.stderr.contains("signer-device hello"), "{}", run.stderr);
}

#[test]
fn a_wallet_is_retired_by_a_quorum_of_administrators() {
    let world = world();
    let ends = "wallet retire --wallet w/wallet.cbor --roster w/roster.cbor --root w/root.cbor \
                --empty-at 901000 --reason Moved --out order-0.cbor";
    let digest = world.done(ends).trim().to_owned();
    fails(&world, ends, 3, "order-1.cbor");
    let sign = |order: &str, officer: &str, out: &str| {
        format!(
            "wallet sign-retirement --retirement {order} --wallet w/wallet.cbor --roster w/roster.cbor \
             --officer {officer} --profile softhsm2 --token {officer} --out {out}"
        )
    };
    // An approver is no administrator, and nobody counts twice.
    fails(
        &world,
        &sign("order-0.cbor", "ito.m", "order-1.cbor"),
        1,
        "order-1.cbor",
    );
    world.done(&sign("order-0.cbor", "admin.a", "order-1.cbor"));
    fails(
        &world,
        &sign("order-1.cbor", "admin.a", "order-2.cbor"),
        3,
        "order-2.cbor",
    );
    world.done(&sign("order-1.cbor", "admin.c", "order-2.cbor"));

    let bytes = |name: &str| fs::read(world.folder.join(name)).expect("written");
    let root: Root = codec::decode(&world.read("root.cbor")).expect("a root");
    let roster = ActiveRoster::first(&world.read("roster.cbor"), root.scope, &root).expect("first");
    let mut wallets = Registry::new();
    wallets
        .add(Arc::new(world.registered()))
        .expect("one wallet");
    let standing = RetirementStanding {
        roster: &roster,
        wallets: &wallets,
        time: at(100),
    };
    // What a device would take, and what not.
    assert!(CheckedRetirement::open(&bytes("order-1.cbor"), standing).is_err());
    let taken = CheckedRetirement::open(&bytes("order-2.cbor"), standing).expect("a quorum");
    assert_eq!(taken.digest().to_string(), digest);
    assert_eq!(taken.order().empty_at, Height(901_000));
}

/// The policy that follows, with a quorum band, and what it changes of the one before.
#[test]
fn a_policy_is_compared_with_the_one_before() {
    let world = world();
    let text = fs::read_to_string(world.folder.join("w/policy.toml")).expect("the world's");
    let bands = "bands = [{ from = \"1\", approvers = 3, departments = 2, directors = 1 }]\n";
    let next = text
        .replace("number = 1", "number = 2")
        .replace("per_transfer = \"1\"", "per_transfer = \"2\"")
        .replacen(
            "change_window = 20\n",
            &format!("change_window = 20\n{bands}"),
            1,
        )
        .replacen("limit = \"8.00000000\"", "limit = \"9\"", 1);
    let class_move = "[[class_move]]\nfrom = \"customer\"\nto = \"company\"\npurpose = \"Fees\"\n";
    fs::write(world.folder.join("next.toml"), next + class_move).expect("ours");
    world.done(
        "policy create --policy next.toml --wallet w/wallet.cbor --wallet w/other-wallet.cbor \
         --roster w/roster.cbor --root w/root.cbor --predecessor w/policy.cbor \
         --out policy-2.cbor",
    );
    let show = "policy show --policy policy-2.cbor --roster w/roster.cbor";
    let whole = world.done(show);
    assert!(
        whole.contains("BTC: 3 approvers from 2 departments"),
        "{whole}"
    );
    for line in [
        "at most 9.00000000 BTC within 144 blocks",
        "at most 8.00000000 BTC within 144 blocks",
        "move        customer to company, for Fees",
    ] {
        assert!(whole.contains(line), "{whole}");
    }
    let told = world.done(&format!("{show} --diff w/policy.cbor"));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    for (way, what) in [
        (
            "LOOSENS ",
            "limit per transfer: 100,000,000 sat -> 200,000,000 sat",
        ),
        (
            "tightens",
            "from 100,000,000 sat on: people who must approve: 2 -> 3",
        ),
        (
            "LOOSENS ",
            "limit over time RAISED to 900,000,000 sat within 144 blocks",
        ),
        (
            "LOOSENS ",
            "move between classes allowed: customer assets -> own assets: Fees",
        ),
    ] {
        let says = |line: &&&str| line.starts_with(way) && line.ends_with(what);
        assert!(lines.iter().any(|line| says(&line)), "{told}");
    }
    let told = world.done(&format!("--lang ja {show} --diff w/policy.cbor"));
    for what in [
        "期間限度額を増額: 144 ブロック内に 900,000,000 sat",
        "区分間の移動を許可: ",
    ] {
        assert!(told.contains(what), "{told}");
    }
    let told = world.done(&format!("{show} --diff w/policy.cbor --json"));
    let json: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&json["from"], &json["to"]), (&1.into(), &2.into()));
    let changes = json["changes"].as_array().expect("a list");
    let loosen = changes.iter().filter(|change| change["loosens"] == true);
    assert_eq!((changes.len(), loosen.count()), (4, 3));
}

/// A policy with a floor of the cold share, and the statements that a reconciler signs for it.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, read from top to bottom")]
fn a_statement_of_balances_goes_with_a_transfer() {
    let world = world();
    let text = fs::read_to_string(world.folder.join("w/policy.toml")).expect("the world's");
    let floor = "[[cold_floor]]\nclass = \"customer\"\nper_mille = 400\nage = 10\n";
    let write = |name: &str, text: String| fs::write(world.folder.join(name), text).expect("ours");
    write("cold.toml", text + floor);
    world.done(
        "policy create --policy cold.toml --wallet w/wallet.cbor --wallet w/other-wallet.cbor \
         --roster w/roster.cbor --root w/root.cbor --out cold-0.cbor",
    );
    for (n, officer) in [(0, "admin.a"), (1, "admin.b")] {
        world.done(&format!(
            "policy sign --policy cold-{n}.cbor --roster w/roster.cbor --officer {officer} \
             --profile softhsm2 --token {officer} --out cold-{}.cbor",
            n + 1
        ));
    }
    let shown = world.done("policy show --policy cold-2.cbor --roster w/roster.cbor");
    assert!(
        shown.contains("cold        400 per mille of customer assets"),
        "{shown}"
    );
    // 0.9 BTC in the wallet, of which 0.5 leave.
    let wallet = world.registered();
    let coins = (0..3).map(|index| {
        let script = wallet.script_pubkey(Chain::Receive, KeyIndex(index));
        let script = script.expect("ours").to_hex_string();
        let txid = "07".repeat(32);
        serde_json::json!({ "txid": txid, "vout": index, "script": script, "sats": 30_000_000 })
    });
    let coins: Vec<_> = coins.collect();
    let block = "0000000000000000000000000000000000000000000000000000000000000006";
    let list = serde_json::json!({ "height": 6, "block": block, "coins": coins });
    write("balances.json", list.to_string());
    for (field, value, said) in [
        ("vout", serde_json::json!(1), "stands there twice"),
        ("txid", serde_json::json!(null), r#"coin 2 has no "txid""#),
    ] {
        let mut spoiled = list.clone();
        spoiled["coins"][2][field] = value;
        let name = format!("spoiled-{field}.json");
        write(&name, spoiled.to_string());
        let line = format!(
            "balance sign --coins {name} --wallet w/wallet.cbor --hot 0.3 --roster w/roster.cbor \
             --root w/root.cbor --officer admin.b --profile softhsm2 --token admin.b --out spoiled"
        );
        let run = fails(&world, &line, 3, "spoiled");
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    let sign = |hot: &str, out: &str| {
        format!(
            "balance sign --coins balances.json --wallet w/wallet.cbor --hot {hot} \
             --roster w/roster.cbor --root w/root.cbor --officer admin.b --profile softhsm2 \
             --token admin.b --out {out}"
        )
    };
    let put = |psbt: &str, balance: &str, out: &str| {
        format!("psbt balance --psbt {psbt} --balance {balance} --roster w/roster.cbor --out {out}")
    };
    let draft = |psbt: &str, out: &str| {
        format!(
            "request draft --psbt {psbt} --policy cold-2.cbor --roster w/roster.cbor \
             --wallet w/wallet.cbor --root w/root.cbor --case wr-1 --requester sato.k \
             --builder sato.k --broadcaster abe.t --purpose P --fee-ceiling 20000 --expiry 1000 --invite ito.m \
             --headers w/headers.json --profile softhsm2 --token sato.k --out {out}"
        )
    };
    let refused = |psbt: &str| {
        let run = fails(&world, &draft(psbt, "no.psbt"), 1, "no.psbt");
        assert!(run.stderr.starts_with("POL06 "), "{}", run.stderr);
    };
    refused("w/transfer-v2.psbt");
    world.done(&sign("0.3", "hot.cbor"));
    world.done(&put("w/transfer-v2.psbt", "hot.cbor", "hot.psbt"));
    refused("hot.psbt");
    world.done(&sign("0", "cold.cbor"));
    let json = world.done("balance show --balance cold.cbor --roster w/roster.cbor --json");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["cold"][0]["amount_sat"], 90_000_000);
    assert_eq!(
        (&json["height"], &json["block"]),
        (&6.into(), &block.into())
    );
    // In place of the one before.
    world.done(&put("hot.psbt", "cold.cbor", "cold.psbt"));
    world.done(&draft("cold.psbt", "requested.psbt"));
    // Coins of nobody, and an officer who is no reconciler.
    write(
        "balances.json",
        list.to_string()
            .replace("\"script\":\"0020", "\"script\":\"0120"),
    );
    fails(&world, &sign("0", "none.cbor"), 3, "none.cbor");
    write("balances.json", list.to_string());
    let by_another = sign("0", "none.cbor").replace("admin.b", "admin.a");
    fails(&world, &by_another, 1, "none.cbor");
}

/// The roster that follows, from TOML to a request under it and the policy that was there before.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, read from top to bottom")]
fn a_roster_follows_the_one_in_force() {
    let world = world();
    let changes = "[[leaves]]\nid = \"admin.a\"\n[[changes]]\nid = \"suzuki.h\"\n\
                   roles = [\"policy-administrator\", \"approver\"]\nvalid_to = 600000\n";
    let draft = |text: &str, out: &str| {
        fs::write(world.folder.join("changes.toml"), text).expect("ours");
        format!(
            "roster draft --roster w/roster.cbor --changes changes.toml --height 100 --out {out}"
        )
    };
    for (wrong, why) in [
        (
            "[[leaves]]\nid = \"nobody\"\n",
            "nobody is not in the roster",
        ),
        (
            "[[leaves]]\nid = \"admin.a\"\n",
            "2 valid administrators, at least 3",
        ),
        (
            "[[changes]]\nid = \"ito.m\"\nrolls = []\n",
            "rolls is not known",
        ),
        (
            "[[comes]]\nid = \"new.n\"\nvalid_from = 0\nvalid_to = 9\n",
            "no --card of new.n",
        ),
    ] {
        let run = fails(&world, &draft(wrong, "next-0.cbor"), 3, "next-0.cbor");
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    let told = world.done(&draft(changes, "next-0.cbor"));
    for line in [
        "LEAVES  admin.a",
        "CHANGES  suzuki.h",
        "role  + Policy administrator",
        "heights  0 - 500000 -> 0 - 600000",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let digest = told.lines().last().expect("the digest").to_owned();
    let sign = |n: u32, officer: &str| {
        format!(
            "roster sign --roster w/roster.cbor --roster next-{n}.cbor --officer {officer} \
             --profile softhsm2 --token {officer} --out next-{}.cbor",
            n + 1
        )
    };
    // Who becomes an administrator by this roster does not sign it.
    fails(&world, &sign(0, "suzuki.h"), 1, "next-1.cbor");
    world.done(&sign(0, "admin.a"));
    world.done(&sign(1, "admin.b"));
    let shown = world.done("roster show --roster w/roster.cbor --roster next-2.cbor");
    assert!(shown.contains("signed by   admin.a, who leaves"), "{shown}");
    let paper = world.done("roster show --roster w/roster.cbor --roster next-2.cbor --diff");
    assert!(
        paper.contains("LEAVES  admin.a") && paper.contains(&digest),
        "{paper}"
    );
    fails(&world, "roster show --roster next-2.cbor", 3, "nothing");

    // As a device takes it.
    let bytes = |name: &str| fs::read(world.folder.join(name)).expect("written");
    let root: Root = codec::decode(&world.read("root.cbor")).expect("a root");
    let first = ActiveRoster::first(&world.read("roster.cbor"), root.scope, &root).expect("first");
    assert!(first.succeed(&bytes("next-1.cbor"), at(6)).is_err());
    let second = first
        .succeed(&bytes("next-2.cbor"), at(6))
        .expect("a quorum");
    assert_eq!(second.digest().to_string(), digest);

    // A request under it, and under the policy that the first one's administrators signed.
    let house = "--policy w/policy.cbor --roster w/roster.cbor --roster next-2.cbor \
                 --wallet w/wallet.cbor --root w/root.cbor";
    world.done(&format!(
        "request draft --psbt w/transfer-v2.psbt {house} --case wr-1 --requester sato.k \
         --builder sato.k --broadcaster abe.t --purpose P --fee-ceiling 20000 --expiry 1000 --invite ito.m \
         --headers w/headers.json --profile softhsm2 --token sato.k --out under-next.psbt"
    ));
    let shown = world.done(&format!(
        "request show --psbt under-next.psbt {house} --json"
    ));
    assert!(shown.contains(&digest), "{shown}");
    let old = format!("request show --psbt under-next.psbt {HOUSE}");
    assert_eq!(world.run(&old).code, 1, "another roster than the request's");
}

/// Two keys in safes replace an administrator; another administrator cancels it.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, read from top to bottom")]
fn recovery_keys_sign_a_roster_and_one_administrator_cancels_it() {
    let world = world();
    let write = |name: &str, text: &str| fs::write(world.folder.join(name), text).expect("ours");
    write("set.toml", "[recovery]\nthreshold = 2\ndelay = 144\n");
    // The two approving officers' cards stand for keys that nobody of a roster has: refused.
    let draft = "roster draft --roster w/roster.cbor --changes set.toml --height 6";
    let nobodys = format!(
        "{draft} --recovery-card w/sato.k.cbor --recovery-card w/ito.m.cbor --out s-0.cbor"
    );
    let run = fails(&world, &nobodys, 3, "s-0.cbor");
    assert!(run.stderr.contains("recovery keys: "), "{}", run.stderr);
    for safe in ["safe.a", "safe.b"] {
        world.enroll(safe, "vault", "auditor", &format!("{safe}.cbor"));
    }
    let done = world.done(&format!(
        "{draft} --recovery-card safe.a.cbor --recovery-card safe.b.cbor --out s-0.cbor"
    ));
    assert!(done.contains("recovery quorum  none -> 2 of ["), "{done}");
    let sign = |n: u32, officer: &str| {
        format!(
            "roster sign --roster w/roster.cbor --roster s-{n}.cbor --officer {officer} \
             --profile softhsm2 --token {officer} --out s-{}.cbor",
            n + 1
        )
    };
    world.done(&sign(0, "admin.a"));
    world.done(&sign(1, "admin.b"));

    world.enroll(
        "admin.a.2",
        "compliance",
        "policy-administrator",
        "new.cbor",
    );
    write(
        "gone.toml",
        "[[leaves]]\nid = \"admin.a\"\n[[comes]]\nid = \"admin.a.2\"\n\
                        valid_from = 0\nvalid_to = 500000\n",
    );
    let chain = "--roster w/roster.cbor --roster s-2.cbor";
    world.done(&format!(
        "roster draft {chain} --changes gone.toml --card new.cbor --height 6 --out r-0.cbor"
    ));
    let recover = |n: u32, safe: &str, card: &str| {
        format!(
            "roster recover {chain} --roster r-{n}.cbor --card {card} --profile softhsm2 \
             --token {safe} --out r-{}.cbor",
            n + 1
        )
    };
    fails(
        &world,
        &recover(0, "sato.k", "w/sato.k.cbor"),
        1,
        "r-1.cbor",
    );
    world.done(&recover(0, "safe.a", "safe.a.cbor"));
    world.done(&recover(1, "safe.b", "safe.b.cbor"));
    let shown = world.done(&format!("roster show {chain} --roster r-2.cbor"));
    assert_eq!(
        shown.matches("signed by   recovery key ").count(),
        2,
        "{shown}"
    );
    world.done(&format!(
        "roster cancel {chain} --roster r-2.cbor --root w/root.cbor --officer admin.c \
         --reason Nobody --profile softhsm2 --token admin.c --out cancellation.cbor"
    ));

    // As a device takes them.
    let bytes = |name: &str| fs::read(world.folder.join(name)).expect("written");
    let root: Root = codec::decode(&world.read("root.cbor")).expect("a root");
    let first = ActiveRoster::first(&world.read("roster.cbor"), root.scope, &root).expect("first");
    let second = first.succeed(&bytes("s-2.cbor"), at(6)).expect("a quorum");
    assert!(
        second.next(&bytes("r-1.cbor"), None, at(6)).is_err(),
        "one of two keys"
    );
    let next = second
        .next(&bytes("r-2.cbor"), None, at(6))
        .expect("both keys");
    let NextRoster::Waits(_, waiting) = next else {
        panic!("it waits");
    };
    assert_eq!(waiting.from, Height(150));
    second
        .open_cancellation(&bytes("cancellation.cbor"), Some(&waiting), at(6))
        .expect("one administrator");
}

#[test]
fn descriptors_are_what_a_node_imports() {
    use bitcoin::Network::Regtest;
    let world = world();
    let listed = world.done("wallet descriptors --wallet w/wallet.cbor --json");
    let json: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let imports = json.as_array().expect("a list");
    assert_eq!(imports.len(), 8);
    for (n, import) in imports.iter().enumerate() {
        let (chain, index) = if n < 4 {
            ("receive", n)
        } else {
            ("change", n - 4)
        };
        let text = import["desc"].as_str().expect("text");
        // The parser checks the checksum.
        let descriptor: miniscript::Descriptor<miniscript::DescriptorPublicKey> =
            text.parse().expect("a descriptor");
        let definite = descriptor.at_derivation_index(0).expect("no wildcard");
        let address = definite.address(Regtest).expect("an address").to_string();
        let shown = world.done(&format!(
            "wallet address --wallet w/wallet.cbor --chain {chain} --index {index}"
        ));
        assert_eq!(shown.trim(), address);
        assert_eq!(import["internal"], chain == "change");
    }
}

/// Every key of a JSON value.
fn keys(value: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    if let Some(fields) = value.as_object() {
        found.extend(fields.keys().cloned());
    }
    let fields = value
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.values());
    let items = value.as_array().into_iter().flatten();
    for inner in fields.chain(items) {
        keys(inner, found);
    }
}

#[test]
fn every_json_field_is_documented() {
    let world = world();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/json.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let shows = command_lines().into_iter().filter(|line| {
        let verb = line.split(' ').nth(1);
        matches!(verb, Some("show" | "address" | "descriptors" | "review"))
    });
    let mut found = std::collections::BTreeSet::new();
    let mut commands = 0;
    for line in shows {
        let line = line.replace(" --page-out NEW", "");
        let json = world.done(&format!("{line} --json"));
        keys(&serde_json::from_str(&json).expect("JSON"), &mut found);
        commands += 1;
    }
    assert_eq!(commands, 11, "every command that shows");
    let unknown: Vec<&String> = found
        .iter()
        .filter(|key| !page.contains(&format!("`{key}`")))
        .collect();
    assert!(unknown.is_empty(), "not in docs/json.md: {unknown:?}");
}

/// Every command with files to read, as it would end well but for one thing.
fn command_lines() -> Vec<String> {
    let token = |id: &str| format!("--officer {id} --profile softhsm2 --token {id}");
    let mut lines: Vec<String> = [
        "officer show --card w/sato.k.cbor",
        "roster create --network regtest --card w/admin.a.cbor --card w/admin.b.cbor \
         --card w/admin.c.cbor --administrators 2 --valid-from 0 --valid-to 9 --out NEW",
        "roster show --roster w/roster.cbor",
        "roster draft --roster w/roster.cbor --changes w/changes.toml --height 9 --out NEW",
        "root create --network regtest --checkpoint w/checkpoint.json --roster w/roster.cbor \
         --out NEW --paper NEW2",
        "root show --root w/root.cbor",
        "device enroll --card w/tokyo-1.cbor --root w/root.cbor --out NEW",
        "device show --card w/tokyo-1.cbor --root w/root.cbor",
        "wallet create --root w/root.cbor --card w/tokyo-1.cbor --card w/osaka-1.cbor \
         --threshold 2 --name N --class company --script wsh --out NEW",
        "wallet assemble --draft w/wallet-draft.cbor --endorsement w/wallet-tokyo-1.cbor \
         --endorsement w/wallet-osaka-1.cbor --endorsement w/wallet-nagoya-1.cbor --out NEW",
        "wallet show --wallet w/wallet.cbor",
        "wallet address --wallet w/wallet.cbor --index 0",
        "wallet descriptors --wallet w/wallet.cbor",
        "policy create --policy w/policy.toml --wallet w/wallet.cbor \
         --wallet w/other-wallet.cbor --roster w/roster.cbor --root w/root.cbor --out NEW",
        "policy show --policy w/policy.cbor --roster w/roster.cbor",
        "psbt create --wallet w/wallet.cbor --policy w/policy.cbor --roster w/roster.cbor \
         --coins w/coins.json --pay hot-refill-01=0.5 --fee 1000 --change-index 0 --out NEW",
        "psbt split --wallet w/wallet.cbor --coins w/coins.json --out-dir NEW",
        "psbt show --psbt w/transfer-v2.psbt --wallet w/wallet.cbor",
        "psbt check --psbt w/transfer-v2.psbt --descriptors w/descriptors.txt \
         --policy w/policy-of-one.toml --network regtest",
        "psbt combine --psbt w/answer-tokyo-1-v2.psbt --request w/approved-v2.psbt \
         --wallet w/wallet.cbor --out NEW",
        "psbt finalize --psbt w/signed.psbt --wallet w/wallet.cbor --request w/approved-v2.psbt \
         --out NEW",
        "qr send --psbt w/transfer-v2.psbt --out NEW",
    ]
    .map(str::to_owned)
    .to_vec();
    lines.push(format!("request show --psbt w/request-v2.psbt {HOUSE}"));
    lines.push(format!(
        "request review --psbt w/request-v2.psbt {HOUSE} --page-out NEW"
    ));
    lines.extend(token_lines(&token));
    lines
}

/// Every command at which an officer signs.
fn token_lines(token: &dyn Fn(&str) -> String) -> Vec<String> {
    vec![
        format!(
            "roster sign --roster w/roster-0.cbor {} --out NEW",
            token("admin.a")
        ),
        format!(
            "device sign-enrolment --enrolment w/enrolment.cbor --roster w/roster.cbor {} --out NEW",
            token("admin.b")
        ),
        format!(
            "policy sign --policy w/policy-0.cbor --roster w/roster.cbor {} --out NEW",
            token("admin.b")
        ),
        format!(
            "request draft --psbt w/transfer-v2.psbt {HOUSE} --case wr-1 --requester sato.k \
             --builder sato.k --broadcaster abe.t --purpose P --fee-ceiling 20000 --expiry 1000 --invite ito.m --headers w/headers.json \
             --profile softhsm2 --token sato.k --out NEW"
        ),
        format!(
            "request approve --psbt w/request-v2.psbt {HOUSE} {} --out NEW",
            token("ito.m")
        ),
        format!(
            "request reject --psbt w/request-v2.psbt {HOUSE} {} --out NEW",
            token("ito.m")
        ),
    ]
}

/// Digest of every file of a folder but the tokens, which count logins.
fn everything(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("there") {
        let path = entry.expect("there").path();
        if path.is_file() {
            let bytes = fs::read(&path).expect("readable");
            let digest = signer_core::digest::sha256_of(&bytes);
            all.push((path.display().to_string(), hex(&digest)));
        }
    }
    all.sort();
    all
}

/// Files of one kind could stand for each other.
fn kind(file: &str) -> &str {
    let officers = ["admin.", "sato.k"];
    match file.trim_start_matches("w/") {
        name if officers.iter().any(|id| name.starts_with(id)) => "officer card",
        name if Path::new(name).extension().is_some_and(|end| end == "psbt") => "PSBT",
        name => name,
    }
}

#[test]
fn every_wrong_file_at_every_command_is_told_and_loses_nothing() {
    let world = world();
    let before = everything(&world.folder.join("w"));
    let mut tried = 0;
    for (number, line) in command_lines().iter().enumerate() {
        let words = words(line);
        let inputs = (0..words.len()).filter(|at| words[*at].starts_with("w/"));
        for at in inputs {
            for wrong in [
                "w/missing",
                "w/empty",
                "w/text",
                "w/folder",
                "w/headers.json",
                "w/admin.a.cbor",
                "w/wallet-changed.cbor",
                "w/answer-of-a-liar.psbt",
            ] {
                if kind(&words[at]) == kind(wrong) {
                    continue;
                }
                let new = format!("wrong-{number}-{at}");
                let mut spoiled: Vec<String> =
                    words.iter().map(|word| word.replace("NEW", &new)).collect();
                wrong.clone_into(&mut spoiled[at]);
                let run = host_cli(&world.folder, &spoiled, |_| None);
                let told = spoiled.join(" ");
                assert!(
                    matches!(run.code, 1 | 3),
                    "{told}\n{}\n{}",
                    run.stdout,
                    run.stderr
                );
                told_in_two_lines(&run, &told);
                assert!(!world.folder.join(&new).exists(), "{told}");
                assert!(
                    !run.stdout.contains("? "),
                    "asked before the files were read: {told}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 400, "{tried}");
    let after = everything(&world.folder.join("w"));
    let changed = after.iter().find(|file| !before.contains(file));
    assert_eq!((changed, after.len()), (None, before.len()));
    let drafts = fs::read_dir(&world.folder).expect("there").filter(|entry| {
        let name = entry.as_ref().expect("there").file_name();
        name.to_string_lossy().starts_with(".wrong")
    });
    assert_eq!(drafts.count(), 0, "no half-made file stays");
}

#[test]
fn no_output_is_written_over_or_where_it_cannot_be() {
    let world = world();
    fs::write(world.folder.join("taken"), "precious").expect("the folder can be written");
    for line in command_lines() {
        if !line.contains("NEW") {
            continue;
        }
        for new in ["taken", "no-such-folder/x", "/sys/himuro"] {
            let line = line.replace("NEW2", "paper").replace("NEW", new);
            let run = world.run(&line);
            assert_eq!(run.code, 3, "{line}\n{}", run.stderr);
            told_in_two_lines(&run, &line);
            assert!(
                !run.stdout.contains("? "),
                "asked before the place was looked at: {line}"
            );
        }
    }
    let kept = fs::read_to_string(world.folder.join("taken")).expect("there");
    assert_eq!(kept, "precious");
    assert!(!world.folder.join("paper").exists());
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let world = world();
    let mut full = 0;
    for line in command_lines() {
        // SoftHSM writes its token files at login and loses them where it cannot; the tokens here
        // are everybody's.
        if !line.contains("NEW") || line.contains("--token") {
            continue;
        }
        let line = line.replace("NEW2", "full-2").replace("NEW", "full");
        let run = host_cli_on_a_full_disk(&world.folder, &words(&line));
        assert_eq!(run.code, 3, "{line}\n{}\n{}", run.stdout, run.stderr);
        told_in_two_lines(&run, &line);
        assert!(
            run.stderr.contains("cannot write full"),
            "{line}\n{}",
            run.stderr
        );
        let left = fs::read_dir(&world.folder).expect("there").filter(|entry| {
            let name = entry.as_ref().expect("there").file_name();
            name.to_string_lossy().contains("full")
        });
        assert_eq!(left.count(), 0, "{line}");
        full += 1;
    }
    assert!(full >= 10, "{full}");
}

#[test]
fn a_view_that_could_not_be_written_is_no_success() {
    let world = world();
    for line in [
        "wallet show --wallet w/wallet.cbor --json",
        "wallet address --wallet w/wallet.cbor --chain receive --index 0",
    ] {
        let full = fs::File::create("/dev/full").expect("Linux has it");
        let run = std::process::Command::new(env!("CARGO_BIN_EXE_host-cli"))
            .args(words(line))
            .current_dir(&world.folder)
            .stdout(full)
            .output()
            .expect("the program runs");
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(3), "{line}\n{stderr}");
        assert_eq!(stderr.lines().count(), 2, "{line}\n{stderr}");
    }
}

/// The verdict of a rule in the report of `psbt check --json`.
fn verdict<'a>(report: &'a serde_json::Value, rule: &str) -> &'a str {
    let lines = report["rules"].as_array().expect("a list");
    let line = lines.iter().find(|line| line["rule"] == rule);
    line.and_then(|line| line["verdict"].as_str())
        .expect("every rule has its line")
}

/// The text says what the JSON says: coins, outputs, what returns, amounts and fee.
fn tells_what_is_moved(world: &World, line: &str, text: &str) {
    let report: serde_json::Value =
        serde_json::from_str(&world.done(&format!("{line} --json"))).expect("JSON");
    let psbt = &report["psbt"];
    let btc = |sats: &serde_json::Value| {
        let sats = sats.as_u64().expect("satoshi");
        format!("{}.{:08} BTC", sats / 100_000_000, sats % 100_000_000)
    };
    let address = |of: &serde_json::Value| {
        let whole = of["address"]
            .as_str()
            .expect("an address")
            .as_bytes()
            .to_vec();
        let parts = whole
            .chunks(4)
            .map(|four| String::from_utf8_lossy(four).into_owned());
        format!("\n    {}\n", parts.collect::<Vec<_>>().join(" "))
    };
    for (place, input) in psbt["inputs"]
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
    {
        let chain = ["receive", "change"][usize::from(input["chain"] == 1)];
        let told = format!(
            "input {place}  {}  {chain} address {}{}    {}:{}\n",
            btc(&input["amount_sat"]),
            input["index"],
            address(input),
            input["txid"].as_str().expect("a txid"),
            input["vout"]
        );
        assert!(text.contains(&told), "{told}\n{text}");
    }
    for (place, output) in psbt["outputs"]
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
    {
        let purpose = match output["change_index"].as_u64() {
            Some(index) => format!("change, address {index}"),
            None => "payment".into(),
        };
        let told = format!(
            "output {place}  {}  {purpose}{}",
            btc(&output["amount_sat"]),
            address(output)
        );
        assert!(text.contains(&told), "{told}\n{text}");
    }
    let fee = format!("\nfee  {}\n", btc(&psbt["fee_sat"]));
    assert!(text.contains(&fee), "{fee}\n{text}");
    let japanese = world.done(&format!("--lang ja {line}"));
    for word in [
        "入力 0  ",
        "おつり、アドレス ",
        "  送付\n",
        "ネットワーク手数料  ",
    ] {
        assert!(japanese.contains(word), "{word}\n{japanese}");
    }
}

#[test]
fn descriptors_alone_judge_a_psbt() {
    let world = world();
    let check =
        "psbt check --psbt w/transfer-v2.psbt --network regtest --policy w/policy-of-one.toml";
    let line = format!("{check} --height 100 --descriptors w/descriptors.txt");
    let text = world.done(&line);
    assert!(text.contains("WAL02  passed\n") && text.contains("POL04  passed\n"));
    assert!(text.contains("WAL01  not applicable: descriptors"));
    tells_what_is_moved(&world, &line, &text);
    let report: serde_json::Value =
        serde_json::from_str(&world.done(&format!("{line} --json"))).expect("JSON");
    assert_eq!(report["refused"], false);
    assert_eq!(verdict(&report, "POL01"), "passed");
    assert_eq!(verdict(&report, "APP05"), "not-applicable");
    let shown = world.done("psbt show --psbt w/transfer-v2.psbt --wallet w/wallet.cbor --json");
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    for field in [
        "txid",
        "tx_digest",
        "fee_sat",
        "weight",
        "digest",
        "version",
    ] {
        assert_eq!(report["psbt"][field], shown[field], "{field}");
    }
    for (own, other) in [("inputs", 3), ("outputs", 2)] {
        let lists =
            [&report["psbt"][own], &shown[own]].map(|list| list.as_array().expect("a list"));
        assert_eq!(lists.map(Vec::len), [other, other]);
        for (checked, shown) in lists[0].iter().zip(lists[1]) {
            for (field, value) in shown.as_object().expect("an object") {
                assert!(field == "signatures" || checked[field] == *value, "{field}");
            }
        }
    }
    let text = fs::read_to_string(world.path("descriptors.txt")).expect("written");
    let first: Vec<&str> = text.lines().take(1).collect();
    let list = serde_json::json!({ "descriptors": [{ "desc": first[0], "internal": false }] });
    fs::write(world.folder.join("one.json"), list.to_string()).expect("the folder can be written");
    let run = world.run(&format!("{check} --descriptors one.json --json"));
    assert_eq!(run.code, 1, "{}", run.stderr);
    told_in_two_lines(&run, check);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["refused"], true);
    assert_eq!(verdict(&report, "WAL02"), "refused");
    assert_eq!(verdict(&report, "POL01"), "not-reached");
    let bad = first[0].replace("wsh(", "wsh( ");
    fs::write(world.folder.join("bad.txt"), bad).expect("the folder can be written");
    let run = world.run(&format!("{check} --descriptors bad.txt"));
    assert_eq!(run.code, 3, "{}", run.stderr);
    told_in_two_lines(&run, check);
}

#[test]
fn a_psbt_in_base64_is_the_same_psbt() {
    let world = world();
    // By a program that is not ours.
    let encoded = std::process::Command::new("base64")
        .arg(world.path("signed.psbt"))
        .output();
    let encoded = encoded.expect("coreutils").stdout;
    fs::write(world.folder.join("signed.base64"), encoded).expect("the folder can be written");
    let finalize = |psbt: &str, out: &str| {
        world.done(&format!(
            "psbt finalize --psbt {psbt} --wallet w/wallet.cbor --out {out}"
        ))
    };
    let told = finalize("signed.base64", "from-base64.hex");
    assert_eq!(told, finalize("w/signed.psbt", "from-binary.hex"));
}

#[test]
fn a_token_that_is_missing_or_wrong_signs_nothing() {
    let world = world();
    let token = |id: &str| format!("--officer {id} --profile softhsm2 --token {id}");
    for line in token_lines(&token) {
        let line = line.replace("NEW", "unsigned");
        let (head, label) = line.split_once("--token ").expect("a token");
        let rest = label.split_once(' ').expect("more").1;
        for (told, code) in [
            (format!("{head} --token nobody {rest}"), 4),
            (format!("{line} --module /etc/hostname"), 4),
            (format!("{line} --module no-module.so"), 4),
            (line.replace("--profile softhsm2", "--profile nothing"), 3),
            // The token of another officer.
            (format!("{head} --token suzuki.h {rest}"), 1),
        ] {
            fails(&world, &told, code, "unsigned");
        }
    }
}

#[test]
fn officers_who_reject_leave_or_err_sign_nothing() {
    let world = world();
    let token = |id: &str| format!("--officer {id} --profile softhsm2 --token {id}");
    for line in token_lines(&token) {
        let args = words(&line.replace("NEW", "unsigned"));
        let run = |officer: &mut dyn FnMut(&str) -> Option<String>, code: i32| {
            let run = host_cli(&world.folder, &args, |screen| officer(screen));
            assert_eq!(run.code, code, "{line}\n{}\n{}", run.stdout, run.stderr);
            told_in_two_lines(&run, &line);
            assert!(!world.folder.join("unsigned").exists(), "{line}");
            run
        };
        run(&mut |_| None, 2);
        run(&mut |_| Some("r".into()), 2);
        let mut asked = 0;
        run(
            &mut |_| {
                asked += 1;
                Some(["yes", "", "y"][asked - 1].into())
            },
            2,
        );
        assert_eq!(asked, 3, "three tries, then the end: {line}");
        let wrong_pin = run(
            &mut |screen| {
                let pin = support::prompt(screen).contains("PIN");
                Some(if pin {
                    "not-the-pin".into()
                } else {
                    obedient(screen)
                })
            },
            4,
        );
        assert!(
            !wrong_pin.stdout.contains("not-the-pin"),
            "a PIN is never shown"
        );
        assert!(
            !wrong_pin.stderr.contains("not-the-pin"),
            "a PIN is never shown"
        );
    }
}

#[test]
fn what_is_typed_early_answers_nothing() {
    let world = world();
    let line = format!(
        "request approve --psbt w/request-v2.psbt {HOUSE} --officer ito.m --profile softhsm2 \
         --token ito.m --out early.psbt"
    );
    let mut first = true;
    let run = host_cli(&world.folder, &words(&line), |screen| {
        // The PIN typed together with the amount is thrown away; nothing follows.
        let answer = first.then(|| format!("{}\n{PIN}", obedient(screen)));
        first = false;
        answer
    });
    assert_eq!(run.code, 2, "{}\n{}", run.stdout, run.stderr);
    assert!(!world.folder.join("early.psbt").exists());
}

/// One folder for each case: `args`, and what must come out. `[..]` stands for any part of a line,
/// a line `...` for any lines; a line of `stdin` is typed at each prompt.
#[test]
fn cases() {
    let world = world();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    let mut folders: Vec<_> = fs::read_dir(cases)
        .expect("there")
        .map(|entry| entry.expect("there").path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 20, "{}", folders.len());
    for folder in folders {
        let name = folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
        let typed = read("stdin");
        let mut typed = typed.lines();
        let args = words(&read("args").replace("HOUSE", HOUSE));
        let run = host_cli(&world.folder, &args, |_| typed.next().map(str::to_owned));
        let got = format!("{}\n{}\n{}", run.stdout, run.stderr, run.code);
        assert!(
            matches(&read("stdout"), &run.stdout),
            "{name}: stdout\n{got}"
        );
        assert!(
            matches(&read("stderr"), &run.stderr),
            "{name}: stderr\n{got}"
        );
        assert_eq!(
            read("code").trim(),
            run.code.to_string(),
            "{name}: code\n{got}"
        );
        assert_eq!(typed.next(), None, "{name}: a line was not asked for");
        if run.code != 0 && !args.iter().any(|word| word == "--lang") {
            let typed = read("stdin");
            told_in_japanese(&world, &name, &args, (run.code, &typed));
        }
    }
}

/// The same command with `--lang ja` fails as it did, and says so in Japanese alone.
fn told_in_japanese(world: &World, name: &str, args: &[String], (code, typed): (i32, &str)) {
    let args = [&words("--lang ja"), args].concat();
    let mut typed = typed.lines();
    let run = host_cli(&world.folder, &args, |_| typed.next().map(str::to_owned));
    assert_eq!(run.code, code, "{name}: {}", run.stderr);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(
        !lines.is_empty() && lines.len().is_multiple_of(2),
        "{name}: {}",
        run.stderr
    );
    for line in lines {
        // Commands stand in backticks, names of arguments in angle brackets.
        let plain: Vec<&str> = line.split('`').step_by(2).collect();
        let small = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
        let plain = plain.join(" ");
        let small: Vec<bool> = plain.split_whitespace().map(small).collect();
        let english = small.windows(2).any(|pair| pair[0] && pair[1]);
        let japanese = line.chars().any(|c| ('ぁ'..='鿿').contains(&c));
        assert!(japanese && !english, "{name}: {line}");
    }
}

//! Incidents of others, as an approver's own desk meets them: `docs/drills.md` says what happened
//! and what this cannot show, under the same names. What devices do about them is played in
//! `signer-device/tests/drills.rs`.

mod support;

use signer_core::psbt::{ParsedPsbt, ProprietaryField, RawPsbt};

use support::world::{HOUSE, World, world};

/// Writes the PSBT of another transfer that carries the request of the first one.
fn altered(world: &World, pay: &str, name: &str) {
    world.done(&format!(
        "psbt create --wallet w/wallet.cbor --policy w/policy.cbor --roster w/roster.cbor \
         --coins w/coins.json --pay {pay} --fee-rate 5 --change-index 0 --out {name}-bare.psbt"
    ));
    let asked = ParsedPsbt::parse(world.read("request-v2.psbt")).expect("strict");
    let carried = asked.carried();
    let request = carried.request.as_deref().expect("a request");
    let headers = carried.headers.as_deref().expect("headers");
    let bare = std::fs::read(world.folder.join(format!("{name}-bare.psbt"))).expect("written");
    let psbt = RawPsbt::parse(&bare)
        .and_then(|psbt| psbt.insert_global(&ProprietaryField::request_key(), request))
        .and_then(|psbt| psbt.insert_global(&ProprietaryField::headers_key(), headers))
        .expect("it fits");
    std::fs::write(world.folder.join(name), psbt.bytes()).expect("ours");
}

/// No sheet, no question, no word: the command ends by these rules.
fn stopped_at_the_desk(world: &World, psbt: &str, rules: &[&str]) {
    for command in [
        "request review --page-out sheet-of-a-thief.html".to_owned(),
        "request approve --officer ito.m --profile softhsm2 --token ito.m --out word-for-a-thief"
            .to_owned(),
    ] {
        let run = world.run(&format!("{command} --psbt {psbt} {HOUSE}"));
        assert_eq!(run.code, 1, "{}", run.stderr);
        for rule in rules {
            assert!(
                run.stderr.contains(&format!("{rule} refused")),
                "{}",
                run.stderr
            );
        }
        assert_eq!(run.stdout, "", "nothing is shown and nobody is asked");
        assert!(!world.folder.join("sheet-of-a-thief.html").exists());
        assert!(!world.folder.join("word-for-a-thief").exists());
    }
}

/// The builder's screen shows the good request; what came along is another transaction.
#[test]
fn bybit_the_builders_screen_shows_another_transaction() {
    let world = world();
    altered(&world, "hot-refill-01=0.8", "other.psbt");
    stopped_at_the_desk(&world, "other.psbt", &["APP01", "APP02"]);
}

/// The thief sends the approver a policy that lists the thief, or a wallet of the thief's keys.
#[test]
fn wazirx_the_approver_is_sent_other_house_rules() {
    let world = world();
    let unsigned = HOUSE.replace("w/policy.cbor", "w/policy-0.cbor");
    let line = |house: &str| format!("request review --psbt w/request-v2.psbt {house}");
    let run = world.run(&line(&unsigned));
    assert_ne!(run.code, 0, "a policy without its quorum: {}", run.stdout);
    assert_eq!(run.stdout, "");
    let other = HOUSE.replace("w/wallet.cbor", "w/other-wallet.cbor");
    let run = world.run(&line(&other));
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stderr.contains("WAL02 refused"), "{}", run.stderr);
    // With the desk's own files the same request is what it says.
    let good = world.done(&line(HOUSE));
    assert!(good.contains("HOT-REFILL-01"), "{good}");
}

//! The papers of a recovery: what the HSM shows, the order that is made from it, and who types it.

use std::fs;

use bitcoin::OutPoint;
use signer_core::codec::{self, ByteString};
use signer_core::cose::Endorsed;
use signer_core::life::{AnchorStatement, KnownReceipt, PolicyPin, Recovery};
use signer_core::psbt::ParsedPsbt;
use signer_core::types::{Height, Label};
use signer_core::wallet::CheckedCard;

use super::house::{House, run};
use super::officers::SCOPE;
use super::people::{PIN, at_ceremony, at_commissioning};
use super::play::{Act, Played, Prompt, typed};

/// Lets the device show its anchor, which changes nothing.
pub(crate) fn anchor_of(house: &House<'_>, name: &str) -> AnchorStatement {
    let bench = house.bench;
    let file = format!("{name}.anchor");
    let _ = fs::remove_file(bench.path(&file));
    let (token, out) = (format!("himuro-{name}"), bench.arg(&file));
    let words = ["device", "anchor", "--profile", "softhsm2"];
    let more = ["--token", &token, "--out", &out];
    let arguments = [&words[..], &more[..]].concat();
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let shown = run(&arguments, |prompt| match prompt.id {
        "pin" => typed(PIN),
        other => panic!("unexpected prompt {other}"),
    });
    shown.ended(0).says("HSM05");
    let statement: AnchorStatement = codec::decode(&bench.read(&file)).expect("a statement");
    let words = statement.digest().words();
    let screen = shown.screen("anchor").join("\n");
    assert!(screen.contains(&words[28..].join(" ")), "{screen}");
    statement
}

/// The receipts in these PSBTs, and the coins that they are over.
pub(crate) fn receipts(house: &House<'_>, psbts: &[&str]) -> Vec<KnownReceipt> {
    let known = psbts.iter().map(|file| {
        let parsed = ParsedPsbt::parse(house.bench.read(file)).expect("a PSBT");
        let (_, _, receipt) = parsed.carried().receipts.last().expect("a receipt").clone();
        let inputs = parsed.tx().input.iter();
        let coins = inputs.map(|input: &bitcoin::TxIn| OutPoint::into(input.previous_output));
        KnownReceipt {
            receipt: ByteString(receipt),
            coins: coins.collect(),
        }
    });
    known.collect()
}

/// The order for what `d1` remembers, with the receipts of these PSBTs.
pub(crate) fn order(house: &House<'_>, psbts: &[&str]) -> Recovery {
    let bench = house.bench;
    let root = house.officers.root.digest();
    let card = CheckedCard::open(&bench.read("d1.card"), SCOPE, &root).expect("a card");
    let statement = anchor_of(house, "d1");
    let policy = house.policy.as_ref().expect("installed before");
    let policy = PolicyPin {
        number: policy.body().number,
        digest: policy.policy_digest(),
    };
    Recovery {
        version: 1,
        scope: SCOPE,
        root,
        roster: house.officers.roster.roster_digest(),
        identity: statement.identity,
        anchor: statement.anchor,
        card: card.digest(),
        policy,
        height: Height(0),
        receipts: receipts(house, psbts),
        change: vec![],
        retired: vec![],
        rejected: vec![],
        reason: Label::new("the disk of d1 broke").expect("plain"),
    }
}

/// The order, signed by all administrators, as a file; its words on paper.
pub(crate) fn signed(house: &mut House<'_>, order: Recovery) -> Vec<&'static str> {
    let mut endorsed = Endorsed::new(order, SCOPE);
    house.officers.endorse_by_all(&mut endorsed);
    house.bench.write("recovery.cbor", &endorsed.to_bytes());
    endorsed.recovery_digest().words()
}

/// Arguments of `device recover`.
pub(crate) fn arguments(house: &House<'_>) -> Vec<String> {
    let bench = house.bench;
    let flags = [
        ["--state", "d1"],
        ["--order", "recovery.cbor"],
        ["--card", "d1.card"],
        ["--root", "root.cbor"],
        ["--roster", "roster.cbor"],
    ];
    let words = ["device", "recover"].map(str::to_owned).into_iter();
    let flags = flags.map(|[flag, file]| [flag.to_owned(), bench.arg(file)]);
    words.chain(flags.concat()).collect()
}

/// An honest person with the papers of the order and of the root.
pub(crate) fn at_recovery(prompt: &Prompt<'_>, order: &[&str], root: &[&str]) -> Act {
    let fact = |name: &str| {
        let lines = prompt.screen.lines().rev();
        let mut values = lines.filter_map(|line| line.strip_prefix("| ")?.strip_prefix(name));
        values.next().expect("on the screen").trim().to_owned()
    };
    match prompt.id {
        "root-1" | "root-2" => at_commissioning(root, prompt),
        "recover-order-1" | "recover-order-2" => {
            let numbers = prompt.question.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<usize> = numbers.filter_map(|n| n.parse().ok()).collect();
            typed(order[numbers[0] - 1..numbers[1]].join(" "))
        }
        "recover-device" => typed(fact("device")),
        "recover-signatures" => typed(fact("signatures without a receipt")),
        _ => at_ceremony(prompt),
    }
}

pub(crate) fn recover(house: &House<'_>, paper: &[&str]) -> Played {
    let root = house.officers.root_words();
    run(&arguments(house), |prompt| {
        at_recovery(prompt, paper, &root)
    })
}

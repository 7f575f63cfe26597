//! The order by which a device goes on without its journal, made by the real program from real files.

mod support;

use std::fs;

use signer_core::approval::ActiveRoster;
use signer_core::codec;
use signer_core::digest::{LedgerDigest, TxDigest};
use signer_core::headers::KnownTime;
use signer_core::life::{AnchorStatement, CheckedRecovery, RecoveryError, RecoveryStanding};
use signer_core::root::Root;
use signer_core::transcript::Anchor;
use signer_core::types::{Height, KeyIndex};

use support::world::{DEVICES, World, world};

/// What `tokyo-1` shows of an HSM that remembers so many signatures.
fn anchor(world: &World, file: &str, signatures: u64) -> AnchorStatement {
    let statement = AnchorStatement {
        version: 1,
        identity: DEVICES[0].identity(),
        anchor: Anchor {
            generation: 12,
            head: [3; 32],
            entries: 1_000,
            signatures,
            ledger: LedgerDigest::over(&[]),
            frozen: None,
            waiting: None,
        },
    };
    let bytes = codec::encode(&statement);
    fs::write(world.folder.join(file), bytes).expect("written");
    statement
}

fn draft(anchor: &str, card: &str, out: &str) -> String {
    draft_of("answer-tokyo-1-v2.psbt", anchor, card, out)
}

/// The same with this answer of the device.
fn draft_of(answer: &str, anchor: &str, card: &str, out: &str) -> String {
    format!(
        "device recover --anchor {anchor} --card w/{card}.cbor --root w/root.cbor \
         --roster w/roster.cbor --policy w/policy.cbor --wallet w/wallet.cbor \
         --psbt w/{answer} --psbt w/approved-v2.psbt --height 901000 \
         --reason Fire --out {out}"
    )
}

#[test]
fn an_order_is_drafted_from_psbts_and_signed_by_a_quorum() {
    let world = world();
    let statement = anchor(&world, "tokyo.anchor", 50);
    let told = world.done(&draft("tokyo.anchor", "tokyo-1", "recovery-0.cbor"));
    // Four rows of words, as on the device.
    let words = statement.digest().words();
    assert!(told.contains(words[31]), "{told}");
    assert!(told.contains("signatures without a receipt"), "{told}");
    let sign = |order: &str, officer: &str, out: &str| {
        format!(
            "device sign-recovery --recovery {order} --roster w/roster.cbor --officer {officer} \
             --profile softhsm2 --token {officer} --out {out}"
        )
    };
    // An approver is no administrator.
    let run = world.run(&sign("recovery-0.cbor", "ito.m", "recovery-1.cbor"));
    assert_eq!(run.code, 1, "{}", run.stderr);
    world.done(&sign("recovery-0.cbor", "admin.a", "recovery-1.cbor"));
    world.done(&sign("recovery-1.cbor", "admin.c", "recovery-2.cbor"));

    let root: Root = codec::decode(&world.read("root.cbor")).expect("a root");
    let roster = ActiveRoster::first(&world.read("roster.cbor"), root.scope, &root).expect("first");
    let open = |file: &str, identity| {
        let bytes = fs::read(world.folder.join(file)).expect("written");
        let standing = RecoveryStanding {
            roster: &roster,
            identity,
            time: KnownTime::without_clock(Height(100)),
        };
        CheckedRecovery::open(&bytes, standing)
    };
    let identity = DEVICES[0].identity();
    assert!(open("recovery-1.cbor", identity).is_err());
    let other = open("recovery-2.cbor", DEVICES[1].identity());
    assert!(matches!(other, Err(RecoveryError::OtherDevice(_))));
    let taken = open("recovery-2.cbor", identity).expect("a quorum");
    let order = taken.order();
    assert_eq!(order.anchor, statement.anchor);
    assert_eq!(order.receipts.len(), 1);
    let signed = u64::try_from(order.receipts[0].coins.len()).expect("a few");
    assert_eq!(taken.without_receipt(), 50 - signed);
    assert_eq!(order.change[0].wallet, world.registered().id());
    assert!(order.change[0].index >= KeyIndex(0));
    assert_eq!(order.policy.number.0, 1);
    assert!(order.retired.is_empty());
}

#[test]
fn what_does_not_agree_makes_no_order() {
    let world = world();
    anchor(&world, "tokyo-2.anchor", 50);
    anchor(&world, "tokyo-0.anchor", 0);
    for (anchor, card, what) in [
        ("tokyo-2.anchor", "osaka-1", "another device than the card"),
        ("tokyo-0.anchor", "tokyo-1", "the HSM remembers 0"),
        ("w/roster.cbor", "tokyo-1", "not a valid statement"),
    ] {
        let run = world.run(&draft(anchor, card, "none.cbor"));
        assert_eq!(run.code, 3, "{}", run.stderr);
        assert!(run.stderr.contains(what), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
        assert!(!world.folder.join("none.cbor").exists());
    }
}

/// A receipt says which transaction it is over, and the coins of no other one count as signed by it.
#[test]
fn a_receipt_in_another_psbt_makes_no_order() {
    let world = world();
    anchor(&world, "tokyo-3.anchor", 50);
    let wallet = world.registered();
    let spoiled = [
        // The receipt of one transaction, put into the PSBT of another one.
        (
            "recover-elsewhere.psbt",
            DEVICES[0].answer(&world.read("approved-v2.psbt"), &wallet, |receipt| {
                receipt.tx = TxDigest::over(&[b"another transaction"]);
            }),
            3,
            "not over that of its PSBT",
        ),
        // Signatures that are none over the coins of this one.
        (
            "recover-unsigned.psbt",
            DEVICES[0].answer(&world.read("approved-v2.psbt"), &wallet, |receipt| {
                receipt.signatures[0].signature.0[40] ^= 1;
            }),
            1,
            "a valid signature of tokyo-1",
        ),
    ];
    for (file, answer, code, what) in spoiled {
        world.write(file, answer.bytes());
        let run = world.run(&draft_of(file, "tokyo-3.anchor", "tokyo-1", "none-3.cbor"));
        assert_eq!(run.code, code, "{}", run.stderr);
        assert!(run.stderr.contains(what), "{}", run.stderr);
        assert!(!world.folder.join("none-3.cbor").exists());
    }
    world.done(&draft("tokyo-3.anchor", "tokyo-1", "none-3.cbor"));
}

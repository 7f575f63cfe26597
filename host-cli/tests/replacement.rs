//! The order by which a restored HSM takes the place of a device's own, made by the real program from
//! real files.

mod support;

use signer_core::approval::ActiveRoster;
use signer_core::codec;
use signer_core::cose::{Endorsed, peek};
use signer_core::digest::FileDigest;
use signer_core::headers::KnownTime;
use signer_core::life::{Found, PossessionReport, Replacement, Standing};
use signer_core::root::Root;
use signer_core::types::Height;
use signer_core::wallet::DeviceCard;

use support::device::SoftDevice;
use support::world::{DEVICES, World, world};

const DEVICE: &SoftDevice = &DEVICES[0];

/// The report of an HSM restored from a backup of `tokyo-1`, as a file.
fn report(world: &World, file: &str, spoil: impl FnOnce(&mut PossessionReport)) -> Vec<u8> {
    let card: DeviceCard = peek(&world.read("tokyo-1.cbor")).expect("a card");
    let card = DEVICE.card(card.scope, card.root);
    let bytes = DEVICE.possession(&card, spoil).to_bytes();
    std::fs::write(world.folder.join(file), &bytes).expect("written");
    bytes
}

fn draft(report: &str, card: &str, out: &str) -> String {
    format!(
        "device replace --report {report} --card w/{card}.cbor --root w/root.cbor \
         --roster w/roster.cbor --reason Fire --out {out}"
    )
}

#[test]
fn an_order_is_drafted_from_a_report_and_signed_by_a_quorum() {
    let world = world();
    let bytes = report(&world, "restored.possession", |_| {});
    let told = world.done(&draft(
        "restored.possession",
        "tokyo-1",
        "replacement-0.cbor",
    ));
    assert!(told.contains("new HSM     restored"), "{told}");
    assert!(told.contains("generation  2"), "{told}");
    let sign = |order: &str, officer: &str, out: &str| {
        format!(
            "device sign-replacement --replacement {order} --roster w/roster.cbor \
             --officer {officer} --profile softhsm2 --token {officer} --out {out}"
        )
    };
    // An approver is no administrator.
    let run = world.run(&sign("replacement-0.cbor", "ito.m", "replacement-1.cbor"));
    assert_eq!(run.code, 1, "{}", run.stderr);
    world.done(&sign("replacement-0.cbor", "admin.a", "replacement-1.cbor"));
    world.done(&sign("replacement-1.cbor", "admin.c", "replacement-2.cbor"));

    let root: Root = codec::decode(&world.read("root.cbor")).expect("a root");
    let roster = ActiveRoster::first(&world.read("roster.cbor"), root.scope, &root).expect("first");
    let open = |file: &str| {
        let bytes = std::fs::read(world.folder.join(file)).expect("written");
        roster.open_endorsed::<Replacement>(&bytes, KnownTime::without_clock(Height(100)))
    };
    assert!(open("replacement-1.cbor").is_err());
    let order: Endorsed<Replacement> = open("replacement-2.cbor").expect("a quorum");
    let order = order.body();
    let card: DeviceCard = peek(&world.read("tokyo-1.cbor")).expect("a card");
    assert_eq!(order.report, FileDigest::over(&[&bytes]));
    assert_eq!((order.entries, order.head), (77, [8; 32]));
    assert_eq!(order.retired.serial, card.hsm.serial);
    assert_eq!(order.hsm.serial.as_str(), "restored");
    assert_eq!(order.identity, DEVICE.identity());
}

#[test]
fn a_report_that_is_not_whole_makes_no_order() {
    let world = world();
    report(&world, "strange.possession", |report| {
        report.lines[1].found = Found::Other;
    });
    report(&world, "forged.possession", |report| {
        report.lines[1].found = report.lines[0].found;
    });
    report(&world, "short.possession", |report| {
        report.lines.pop();
    });
    report(&world, "current.possession", |report| {
        report.standing = Standing::Current;
    });
    report(&world, "none.possession", |report| {
        report.standing = Standing::Unanchored;
    });
    for (report, code, what) in [
        ("strange.possession", 1, "another key in its place"),
        ("forged.possession", 1, "does not verify"),
        ("short.possession", 1, "keys of the card"),
        ("current.possession", 1, "of the HSM in use"),
        ("none.possession", 1, "of the HSM in use"),
        ("w/roster.cbor", 3, "not a valid possession report"),
    ] {
        let run = world.run(&draft(report, "tokyo-1", "none.cbor"));
        assert_eq!(run.code, code, "{}", run.stderr);
        assert!(run.stderr.contains(what), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
        assert!(!world.folder.join("none.cbor").exists());
    }
    // The report of one device, and the card of another.
    report(&world, "tokyo.possession", |_| {});
    let run = world.run(&draft("tokyo.possession", "osaka-1", "none.cbor"));
    assert_eq!(run.code, 3, "{}", run.stderr);
}

/// A key that is missing may have been destroyed: the device's journal decides, and people are told.
#[test]
fn a_missing_key_is_said() {
    let world = world();
    report(&world, "missing.possession", |report| {
        report.lines[2].found = Found::Missing;
    });
    let told = world.done(&draft("missing.possession", "tokyo-1", "missing.cbor"));
    assert!(told.contains("missing     1 keys"), "{told}");
}

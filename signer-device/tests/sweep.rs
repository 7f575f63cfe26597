//! The sweep, at the real program, with SoftHSM tokens: frozen devices bring everything to the emergency
//! wallet of other devices, and sign nothing else.

mod support;

use bitcoin::{Amount, ScriptBuf};
use signer_core::approval::RequestKind;
use signer_core::life::Frozen;
use signer_core::policy::{ApprovalQuorum, FeeCaps, Policy, Sweep};
use signer_core::psbt::{MapId, RawPsbt};
use signer_core::transcript::{CeremonyKind, Outcome};
use signer_core::types::{Chain, Height, Id, KeyIndex};
use signer_core::wallet::RegisteredWallet;

use support::house::{House, ceremony, destination_script, run};
use support::isolated;
use support::people::{at_ceremony, at_the_next_device};
use support::play::{Played, typed};

/// Two coins of the wallet, at two receive addresses.
const COINS: [(KeyIndex, u32); 2] = [(KeyIndex(0), 4), (KeyIndex(1), 5)];
/// More than the wallet's own cap, and just what the sweep's allows.
const FEE: Amount = Amount::from_sat(200_000);
/// Fewer people than the policy of these tests asks of an ordinary transfer.
const APPROVERS: [&str; 2] = ["app.a", "app.b"];

fn sweep_to(wallet: &RegisteredWallet) -> impl FnOnce(&mut Policy) {
    let wallet = wallet.digest();
    move |policy| {
        policy.wallets[0].quorum.approvers = 3;
        policy.sweep = Some(Sweep {
            id: Id::new("emergency").expect("plain"),
            wallet,
            fee: FeeCaps {
                absolute: FEE,
                sat_per_vbyte: 2_000,
                per_mille: 50,
            },
            quorum: ApprovalQuorum {
                approvers: 2,
                departments: 2,
                directors: 1,
            },
        });
    }
}

fn freeze(house: &House<'_>, device: &str) {
    let (state, reason) = (house.bench.arg(device), "keys may be known");
    let words = ["device", "freeze", "--state", &state, "--reason", reason];
    let played = run(&words.map(str::to_owned), |prompt| match prompt.id {
        "officer" => typed("wit.a"),
        _ => at_ceremony(prompt),
    });
    played.ended(0).says("it signs nothing but a sweep");
}

fn register_emergency(house: &House<'_>, device: &str) -> Played {
    let (state, record) = (house.bench.arg(device), house.bench.arg("emergency.cbor"));
    let words = [
        "wallet",
        "register",
        "--state",
        &state,
        "--emergency",
        &record,
    ];
    ceremony(&words.map(str::to_owned))
}

/// Whoever looks at the device sees which wallet is the emergency wallet.
fn assert_shown(house: &House<'_>, device: &str) {
    let state = house.bench.arg(device);
    let show = |noun: &str, verb: &str| {
        let words = [noun, verb, "--state", &state];
        ceremony(&words.map(str::to_owned))
    };
    show("wallet", "list")
        .ended(0)
        .says("name: Emergency 1")
        .says("class: emergency")
        .says("signs_here: false");
    show("device", "status")
        .ended(0)
        .says("sweeps_to: wallet Emergency 1, digest");
}

fn receive(wallet: &RegisteredWallet, index: u32) -> ScriptBuf {
    let script = wallet.script_pubkey(Chain::Receive, KeyIndex(index));
    script.expect("an address")
}

/// Asks for a sweep that is signed by these people, and lets device `d1` judge it.
fn sweep(house: &mut House<'_>, name: &str, approvers: &[&str], psbt: RawPsbt) -> Played {
    let psbt = house.asked_and_approved_by(approvers, psbt);
    house.bench.write(name, &psbt.to_bytes());
    ceremony(&house.sweep_arguments("d1", name, &format!("out-{name}")))
}

fn signatures(psbt: &RawPsbt) -> usize {
    let inputs = [0, 1].map(|n| MapId::Input(signer_core::types::InputIndex(n)));
    let of = |map| {
        psbt.records(map)
            .filter(|record| record.key().first() == Some(&2))
            .count()
    };
    inputs.map(of).iter().sum()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one emergency, from policy to audit")]
fn frozen_devices_sweep_to_the_emergency_wallet_and_nothing_else() {
    let name = "frozen_devices_sweep_to_the_emergency_wallet_and_nothing_else";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        let emergency = house.emergency_of(&["e1", "e2"]);
        // No policy names it yet.
        register_emergency(&house, "d1")
            .ended(3)
            .says("sweeps to no such emergency wallet");
        let file = house.next_policy(sweep_to(&emergency));
        for device in ["d1", "d2"] {
            ceremony(&house.install_arguments(device, &file))
                .ended(0)
                .says("LOOSENS: 1  (from height 10 on)")
                .says(
                    "SWEEP of a frozen device added, to NOT REGISTERED ON THIS DEVICE (emergency)",
                )
                .says("SWEEP: what this device signs while it is frozen");
        }
        let to = receive(&emergency, 0);
        let all =
            |house: &House<'_>, scripts: &[ScriptBuf]| house.unsigned_to(&COINS, FEE, scripts);

        // A device that is not frozen signs no sweep, in neither ceremony.
        house.kind = RequestKind::Sweep;
        house.known_height = Height(10);
        let psbt = all(&house, std::slice::from_ref(&to));
        sweep(&mut house, "early.psbt", &APPROVERS, psbt)
            .ended(1)
            .says("ENV03")
            .says("a device that is not frozen");
        ceremony(&house.sign_arguments("d1", "early.psbt", &["out-early.psbt"]))
            .ended(1)
            .says("x POL10 refused");

        for device in ["d1", "d2"] {
            freeze(&house, device);
        }
        // The wallet is named, and its record is not here yet.
        let psbt = all(&house, std::slice::from_ref(&to));
        sweep(&mut house, "unregistered.psbt", &APPROVERS, psbt)
            .ended(1)
            .says("x POL10 refused")
            .says("registered on this device");
        for device in ["d1", "d2"] {
            register_emergency(&house, device)
                .ended(0)
                .says("this device is NOT one of them");
        }

        assert_shown(&house, "d1");

        // Anything else: an ordinary transfer, another output, too few people, too high a fee.
        house.kind = RequestKind::Ordinary;
        let ordinary = house.approved_psbt(destination_script(), 1);
        bench.write("ordinary.psbt", &ordinary.to_bytes());
        ceremony(&house.sign_arguments("d1", "ordinary.psbt", &["out-ordinary.psbt"]))
            .ended(1)
            .says("ENV03")
            .says("frozen by wit.a in session");
        ceremony(&house.sweep_arguments("d1", "ordinary.psbt", "out-ordinary.psbt"))
            .ended(1)
            .says("x POL10 refused")
            .says("an ordinary transfer");
        house.kind = RequestKind::Sweep;
        let change = house.wallet.as_ref().expect("registered");
        let change = change
            .script_pubkey(Chain::Change, KeyIndex(0))
            .expect("an address");
        for (n, other) in [destination_script(), change].into_iter().enumerate() {
            let psbt = all(&house, &[to.clone(), other]);
            sweep(&mut house, &format!("other-{n}.psbt"), &APPROVERS, psbt)
                .ended(1)
                .says("x POL10 refused")
                .says("a receive address of the emergency wallet Emergency 1");
        }
        let psbt = all(&house, std::slice::from_ref(&to));
        sweep(&mut house, "few.psbt", &APPROVERS[1..], psbt)
            .ended(1)
            .says("x APP05 refused");
        let dear = FEE + Amount::from_sat(1);
        let psbt = house.unsigned_to(&COINS, dear, std::slice::from_ref(&to));
        sweep(&mut house, "dear.psbt", &APPROVERS, psbt)
            .ended(1)
            .says("x POL04 refused");

        // The sweep itself, at both devices.
        let psbt = all(&house, &[to, receive(&emergency, 1)]);
        let swept = sweep(&mut house, "sweep.psbt", &APPROVERS, psbt);
        swept
            .ended(0)
            .says("== ** SWEEP ** SUMMARY")
            .says("SWEEP: everything goes to the emergency wallet Emergency 1")
            .says("frozen by wit.a in session");
        let both = house.sweep_arguments("d2", "out-sweep.psbt", "both.psbt");
        run(&both, at_the_next_device).ended(0);
        let done = RawPsbt::parse(&bench.read("both.psbt")).expect("a PSBT");
        assert_eq!(signatures(&done), 4);
        // Once signed, it is not signed again.
        let again = house.sweep_arguments("d1", "sweep.psbt", "again.psbt");
        ceremony(&again).ended(1).says("x POL07 refused");

        for device in ["d1", "d2"] {
            let transcript = house.verified_transcript(device);
            let sessions = transcript.state().sessions().iter();
            let swept = sessions
                .filter(|session| session.kind == CeremonyKind::Sweep)
                .filter(|session| session.outcome == Outcome::Signed);
            assert_eq!(swept.count(), 1, "{device}");
            let frozen = transcript.state().frozen();
            assert_eq!(
                frozen.map(|frozen: &Frozen| frozen.officer.as_str()),
                Some("wit.a")
            );
            let bytes = bench.read(&format!("{device}.transcript"));
            assert_eq!(house.said_without_our_code(device, &bytes), "");
        }
    });
}

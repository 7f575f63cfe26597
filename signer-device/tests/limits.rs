//! Limits that outlive a session, through the built program: what leaves within a window of blocks,
//! coins that were signed over, fee bumps, and moves between classes of assets.

mod support;

use bitcoin::{Amount, ScriptBuf};
use signer_core::digest::TxDigest;
use signer_core::policy::{
    BalanceStatement, ClassMove, ColdFloor, Policy, WalletBalance, WindowLimit,
};
use signer_core::psbt::{ParsedPsbt, RawPsbt};
use signer_core::types::{Blocks, Chain, Height, Id, KeyIndex, Label};
use signer_core::wallet::WalletClass;

use support::house::{House, PAID, Transfer, ceremony, destination_script, run};
use support::officers::SCOPE;
use support::play::{Act, Played};
use support::{Bench, isolated};

/// Asks a device to sign this PSBT; the answer has the same name.
fn sign(house: &House<'_>, device: &str, name: &str, psbt: &RawPsbt) -> Played {
    let input = format!("{name}-for-{device}.psbt");
    house.bench.write(&input, &psbt.to_bytes());
    ceremony(&house.sign_arguments(device, &input, &[&signed_by(device, name)]))
}

fn signed_by(device: &str, name: &str) -> String {
    format!("{name}-by-{device}.psbt")
}

/// A transfer of one coin.
fn of_coin(coin: u32) -> Transfer {
    Transfer::to(destination_script(), &[(KeyIndex(coin % 4), coin)])
}

/// Asked for and approved.
fn approved(house: &mut House<'_>, transfer: &Transfer) -> RawPsbt {
    let unsigned = house.unsigned(transfer);
    house.asked_and_approved(unsigned)
}

fn digest_of(psbt: &RawPsbt) -> TxDigest {
    let parsed = ParsedPsbt::parse(psbt.to_bytes()).expect("strict");
    parsed.tx_digest()
}

/// Installs the next policy on every device of the wallet.
fn install(house: &mut House<'_>, edit: impl FnOnce(&mut Policy)) {
    let file = house.next_policy(edit);
    for device in ["d1", "d2"] {
        ceremony(&house.install_arguments(device, &file)).ended(0);
    }
}

/// So much within 20 blocks, for the whole wallet.
fn window(sats: u64) -> Vec<WindowLimit> {
    vec![WindowLimit {
        blocks: Blocks(20),
        amount: Amount::from_sat(sats),
    }]
}

/// What a device has counted is what an auditor counts, with our program and without our code.
fn audited(house: &House<'_>, device: &str) {
    house.verified_transcript(device);
    let bytes = house.bench.read(&format!("{device}.transcript"));
    assert_eq!(house.said_without_our_code(device, &bytes), "");
}

fn shown(bench: &Bench, device: &str) -> Played {
    let state = bench.arg(device);
    let show = ["policy", "show", "--state", &state, "--json"];
    run(&show.map(str::to_owned), |_| Act::Leave)
}

/// Two transfers reach the limit; the next one waits until headers have carried them out of the
/// window.
#[test]
fn two_transfers_reach_the_limit() {
    isolated("two_transfers_reach_the_limit", |bench| {
        let mut house = House::ready(bench);
        install(&mut house, |policy| {
            policy.wallets[0].windows = window(2 * PAID.to_sat());
        });
        shown(bench, "d1")
            .ended(0)
            .says(r#""windows":[{"blocks":20,"limit_sat":200000000,"share_sat":200000000}]"#);
        for coin in [1, 2] {
            let psbt = approved(&mut house, &of_coin(coin));
            sign(&house, "d1", &format!("coin-{coin}"), &psbt).ended(0);
        }
        let third = approved(&mut house, &of_coin(3));
        sign(&house, "d1", "third", &third)
            .ended(1)
            .says("x POL03 refused")
            .says("at most 200000000 sat by this device within 20 blocks")
            .says("200000000 sat before and 100000000 sat now");
        // The other device has seen neither of the two: its own count is its own.
        sign(&house, "d2", "third", &third).ended(0);
        for (height, code) in [(19, 1), (20, 0)] {
            house.known_height = Height(height);
            let psbt = approved(&mut house, &of_coin(4));
            let name = format!("at-{height}");
            sign(&house, "d1", &name, &psbt).ended(code);
        }
        audited(&house, "d1");
    });
}

/// What a co-signer's receipt shows to be signed counts on a device that did not sign it.
#[test]
fn a_receipt_counts_like_a_signature() {
    isolated("a_receipt_counts_like_a_signature", |bench| {
        let mut house = House::ready(bench);
        let first = approved(&mut house, &of_coin(1));
        sign(&house, "d2", "first", &first).ended(0);
        // From now on one transfer fills the window. The second device's answer comes to the first,
        // which does not sign it: the request was made under the policy before.
        install(&mut house, |policy| {
            policy.wallets[0].windows = window(PAID.to_sat());
        });
        let answered = RawPsbt::parse(&bench.read(&signed_by("d2", "first"))).expect("strict");
        sign(&house, "d1", "answered", &answered).ended(1);
        let next = approved(&mut house, &of_coin(2));
        sign(&house, "d1", "next", &next)
            .ended(1)
            .says("x POL03 refused")
            .says("100000000 sat before and 100000000 sat now");
        audited(&house, "d1");
    });
}

/// The same request again, another transaction over the same coin, and a higher fee that nobody
/// declared: none of them is signed. Declared, the fee bump is, and both fees are shown.
#[test]
fn a_coin_is_signed_over_again_only_by_a_declared_fee_bump() {
    isolated(
        "a_coin_is_signed_over_again_only_by_a_declared_fee_bump",
        |bench| {
            let mut house = House::ready(bench);
            install(&mut house, |policy| {
                policy.wallets[0].windows = window(PAID.to_sat());
            });
            let first = approved(&mut house, &of_coin(1));
            sign(&house, "d1", "first", &first).ended(0);
            sign(&house, "d1", "again", &first)
                .ended(1)
                .says("x POL07 refused");

            let elsewhere = Transfer {
                paid: Amount::from_sat(90_000_000),
                ..of_coin(1)
            };
            let other = approved(&mut house, &elsewhere);
            sign(&house, "d1", "other", &other)
                .ended(1)
                .says("x POL07 refused")
                .says("signed over in transaction");

            let higher = Transfer {
                fee: Amount::from_sat(5_000),
                ..of_coin(1)
            };
            let undeclared = approved(&mut house, &higher);
            sign(&house, "d1", "undeclared", &undeclared)
                .ended(1)
                .says("x POL07 refused");

            house.replaces = vec![digest_of(&first)];
            let less = approved(&mut house, &elsewhere);
            sign(&house, "d1", "less", &less)
                .ended(1)
                .says("x POL07 refused")
                .says("the payments of the version that is replaced");
            let declared = approved(&mut house, &higher);
            // The window is full, and the fee bump counts in the place of what it replaces.
            sign(&house, "d1", "declared", &declared)
                .ended(0)
                .says("== FEE BUMP 1 / 1")
                .says("Fee                                2,000                   5,000");
            sign(&house, "d1", "declared-again", &declared)
                .ended(1)
                .says("x POL07 refused");

            // One more has to name both.
            let highest = Transfer {
                fee: Amount::from_sat(9_000),
                ..of_coin(1)
            };
            let one = approved(&mut house, &highest);
            sign(&house, "d1", "one", &one)
                .ended(1)
                .says("x POL07 refused");
            house.replaces.push(digest_of(&declared));
            house.replaces.sort();
            let both = approved(&mut house, &highest);
            sign(&house, "d1", "both", &both).ended(0);
            audited(&house, "d1");
        },
    );
}

/// A payment to the company's wallet is a move between classes whatever its destination is called:
/// it needs the policy's word, and its purpose.
#[test]
fn classes_of_assets_stay_apart() {
    isolated("classes_of_assets_stay_apart", |bench| {
        let mut house = House::ready(bench);
        let company = house.register_second("Company 1", WalletClass::Company);
        let address = |index| company.script_pubkey(Chain::Receive, KeyIndex(index));
        let to: ScriptBuf = address(0).expect("an address");
        install(&mut house, |policy| {
            policy.destinations[0].script = to.clone();
        });
        // Another script under a known name is a new destination: it waits.
        house.known_height = Height(10);
        let moving = |house: &mut House<'_>| {
            let transfer = Transfer::to(to.clone(), &[(KeyIndex(1), 1)]);
            approved(house, &transfer)
        };
        let psbt = moving(&mut house);
        sign(&house, "d1", "unnamed", &psbt)
            .ended(1)
            .says("x POL05 refused")
            .says("customer assets to own assets, wallet Company 1");

        let named = |purpose: &str| ClassMove {
            from: WalletClass::Customer,
            to: WalletClass::Company,
            purpose: Some(Label::new(purpose).expect("plain")),
        };
        install(&mut house, |policy| {
            policy.class_moves = vec![named("Hot wallet refill")];
        });
        shown(bench, "d1").ended(0).says(r#""class_moves":[]"#);
        house.known_height = Height(20);
        let psbt = moving(&mut house);
        sign(&house, "d1", "named", &psbt).ended(0);
        shown(bench, "d1").ended(0).says(
            r#""class_moves":[{"from":"customer","to":"company","purpose":"Hot wallet refill"}]"#,
        );

        install(&mut house, |policy| {
            policy.class_moves = vec![named("Fees of the third quarter")];
        });
        let transfer = Transfer::to(to.clone(), &[(KeyIndex(2), 2)]);
        let psbt = approved(&mut house, &transfer);
        sign(&house, "d1", "other-purpose", &psbt)
            .ended(1)
            .says("x POL05 refused");

        // Coins of two wallets in one transaction.
        let both = house.unsigned_with_coin_of(&company, &of_coin(3));
        let both = house.asked_and_approved(both);
        sign(&house, "d1", "both", &both)
            .ended(1)
            .says("x WAL02 refused");
        audited(&house, "d1");
    });
}

/// The PSBT with a statement: of 20 BTC after the usual transfer, or of a little more, so much stays
/// cold.
fn stated(
    house: &mut House<'_>,
    psbt: &RawPsbt,
    officer: &str,
    (cold, height): (u64, u32),
) -> RawPsbt {
    let (left, fee) = (2_000_000_000, 2_000);
    let gone = PAID.to_sat() + fee;
    let statement = BalanceStatement {
        version: 1,
        scope: SCOPE,
        root: house.officers.root.digest(),
        reconciler: Id::new(officer).expect("plain"),
        height: Height(height),
        block: [7; 32],
        class: WalletClass::Customer,
        cold: vec![WalletBalance {
            wallet: house.wallet.as_ref().expect("registered").id(),
            amount: Amount::from_sat(cold + gone),
        }],
        hot: Amount::from_sat((left + fee).saturating_sub(gone + cold)),
    };
    let signed = house.officers.sign(officer, statement).to_bytes();
    psbt.with_balance(&signed).expect("it fits")
}

/// Nine tenths stay cold by a reconciler's statement: without one, by an old one and by anybody
/// else's nothing is signed, and what was signed since counts.
#[test]
fn the_cold_share_stays_above_its_floor() {
    isolated("the_cold_share_stays_above_its_floor", |bench| {
        const FLOOR: u64 = 1_800_000_000;
        let mut house = House::ready(bench);
        install(&mut house, |policy| {
            policy.cold_floors = Some(vec![ColdFloor {
                class: WalletClass::Customer,
                per_mille: 900,
                age: Blocks(20),
            }]);
        });
        shown(bench, "d1")
            .ended(0)
            .says(r#""cold_floors":[{"class":"customer","per_mille":900,"age":20}]"#);
        let psbt = approved(&mut house, &of_coin(1));
        sign(&house, "d1", "missing", &psbt)
            .ended(1)
            .says("x POL06 refused")
            .says("a statement of balances signed by a reconciler");
        for (name, officer, cold) in [
            ("of-an-approver", "app.a", FLOOR),
            ("one-below", "wit.a", FLOOR - 1),
        ] {
            let refused = stated(&mut house, &psbt, officer, (cold, 0));
            sign(&house, "d1", name, &refused)
                .ended(1)
                .says("x POL06 refused");
        }
        // The request stays approved whatever statement comes with it.
        let enough = stated(&mut house, &psbt, "wit.a", (FLOOR, 0));
        sign(&house, "d1", "enough", &enough)
            .ended(0)
            .says("90.0 %  (>= 90.0 %)");

        let next = approved(&mut house, &of_coin(2));
        let same = stated(&mut house, &next, "wit.a", (FLOOR, 0));
        sign(&house, "d1", "counted-since", &same)
            .ended(1)
            .says("x POL06 refused");
        house.known_height = Height(5);
        let next = approved(&mut house, &of_coin(3));
        // A newer statement may show as cold what was signed and held back: it counts while it is open.
        let newer = stated(&mut house, &next, "wit.a", (FLOOR, 5));
        sign(&house, "d1", "still-open", &newer)
            .ended(1)
            .says("x POL06 refused")
            .says("settle");
        let beyond = FLOOR + 100_010_000;
        let newer = stated(&mut house, &next, "wit.a", (beyond, 5));
        sign(&house, "d1", "newer", &newer).ended(0);

        house.known_height = Height(26);
        let late = approved(&mut house, &of_coin(4));
        let old = stated(&mut house, &late, "wit.a", (FLOOR + 50_000_000, 5));
        sign(&house, "d1", "old", &old)
            .ended(1)
            .says("a statement of height 6 to 26");
        audited(&house, "d1");
    });
}

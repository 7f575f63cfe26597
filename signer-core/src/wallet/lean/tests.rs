use std::vec;

use bitcoin::{Transaction, Witness, consensus};

use crate::psbt::testing::edit;
use crate::psbt::{MapId, ParsedPsbt, PsbtVersion, RawPsbt};
use crate::rule::RuleId;
use crate::testing::{Case, World, refused, world, wrapped};
use crate::types::{InputIndex, OutputIndex};
use crate::wallet::ScriptType;

fn parsed(psbt: &RawPsbt) -> ParsedPsbt {
    ParsedPsbt::parse(psbt.to_bytes()).unwrap()
}

fn lean(world: &World, whole: &RawPsbt) -> RawPsbt {
    world.wallet.lean_request(&parsed(whole)).unwrap()
}

fn cases() -> impl Iterator<Item = (&'static World, Case)> {
    [world(), wrapped()].into_iter().flat_map(|world| {
        [PsbtVersion::V0, PsbtVersion::V2].map(|version| {
            let case = Case {
                version,
                signed_by: vec![1],
                ..Case::new(world)
            };
            (world, case)
        })
    })
}

/// The same transaction, explained in the same way and approved by the same people.
#[test]
fn a_lean_request_is_judged_as_the_whole_one() {
    for (world, case) in cases() {
        let whole = case.full(world);
        let lean = lean(world, &whole);
        assert!(lean.bytes().len() < whole.bytes().len());
        let by_both = [&whole, &lean].map(|psbt| case.approve_psbt(world, psbt.clone()).unwrap());
        let [of_whole, of_lean] = by_both
            .each_ref()
            .map(|approved| approved.checked().wallet_tx());
        assert_eq!(of_whole.parsed().tx_digest(), of_lean.parsed().tx_digest());
        assert_eq!(by_both[0].report(), by_both[1].report());
        for (one, other) in of_whole.inputs().iter().zip(of_lean.inputs()) {
            assert_eq!(one.sighash(), other.sighash());
            assert_eq!(one.witness_script(), other.witness_script());
            assert!(!one.witness_script().is_empty());
            assert_eq!(one.signatures(), other.signatures());
        }
        assert_eq!(of_whole.change(), of_lean.change());
        assert_eq!(of_whole.weight(), of_lean.weight());
        // The digest that the receipt names is that of the bytes which came in.
        assert_ne!(of_whole.parsed().digest(), of_lean.parsed().digest());
    }
}

#[test]
fn what_the_wallet_says_is_left_out_and_all_else_stays() {
    for (world, case) in cases() {
        let whole = case.full(world);
        let lean = lean(world, &whole);
        assert_eq!(lean, self::lean(world, &lean), "nothing more to leave out");
        for map in whole.maps() {
            let left_out = whole
                .records(map)
                .filter(|record| lean.value(map, record.key()).is_none());
            let types: vec::Vec<u8> = left_out.map(|record| record.key()[0]).collect();
            let expected: &[u8] = match (map, world.wallet.script_type()) {
                (MapId::Global | MapId::Output(OutputIndex(0)), _) => &[],
                (MapId::Input(_), ScriptType::Wsh) => &[1, 5, 6, 6, 6],
                (MapId::Input(_), ScriptType::ShWsh) => &[1, 4, 5, 6, 6, 6],
                (MapId::Output(_), ScriptType::Wsh) => &[1, 2, 2, 2],
                (MapId::Output(_), ScriptType::ShWsh) => &[0, 1, 2, 2, 2],
            };
            assert_eq!(types, expected, "{map:?}");
        }
    }
}

type Spoil = fn(&mut Case);

/// What contradicts the wallet is not left out: it reaches the rule that refuses it.
#[test]
fn a_contradiction_stays_and_is_refused() {
    let world = world();
    let witness = |case: &mut Case| {
        let other = case.coins[1].parts.witness_script.clone();
        case.coins[0].parts.witness_script = other;
    };
    let redeem = |case: &mut Case| {
        let script = case.coins[0].parts.witness_script.clone();
        case.coins[0].parts.redeem_script = script.map(|script| script.to_p2wsh());
    };
    let path = |case: &mut Case| case.coins[1].parts.origins[2].path[2] += 1;
    let name = |case: &mut Case| {
        case.coins[1].parts.origins[0].fingerprint = crate::keys::Fingerprint::from_bytes([9; 4]);
    };
    let change = |case: &mut Case| {
        let other = case.coins[1].parts.witness_script.clone();
        case.outputs[1].parts.witness_script = other;
    };
    let pretence = |case: &mut Case| {
        case.outputs[0].parts.origins = case.outputs[1].parts.origins.clone();
    };
    let spoiled = [
        (witness as Spoil, RuleId::WAL03),
        (redeem, RuleId::WAL03),
        (path, RuleId::WAL04),
        (name, RuleId::WAL04),
        (change, RuleId::WAL03),
        (pretence, RuleId::WAL05),
    ];
    for (spoil, rule) in spoiled {
        let mut case = Case::new(world);
        spoil(&mut case);
        let whole = case.unsigned();
        let lean = lean(world, &whole);
        assert_eq!(refused(case.bind_psbt(world, whole)), [rule]);
        assert_eq!(refused(case.bind_psbt(world, lean)), [rule]);
    }
}

#[test]
fn witnesses_of_previous_transactions_are_left_out() {
    let world = world();
    let case = Case::new(world);
    let bare = case.unsigned();
    let place = MapId::Input(InputIndex(1));
    let previous = bare.value(place, &[0]).unwrap().to_vec();
    let mut tx: Transaction = consensus::deserialize(&previous).unwrap();
    tx.input[0].witness = Witness::from_slice(&[[7; 72], [8; 72]]);
    let with_witness = consensus::serialize(&tx);
    let edited = RawPsbt::from_vec(edit(&bare, place, &[0], Some(&with_witness))).unwrap();
    assert_eq!(edited.value(place, &[0]), Some(&with_witness[..]));
    assert_eq!(parsed(&edited).tx_digest(), parsed(&bare).tx_digest());
    assert_eq!(lean(world, &edited), lean(world, &bare));
    assert_eq!(refused(case.bind_psbt(world, lean(world, &edited))), []);
}

use crate::rule::Phrase;
use bitcoin::hashes::Hash;
use bitcoin::sighash::SighashCache;
use bitcoin::{Amount, EcdsaSighashType, ScriptBuf};

use crate::psbt::{ParsedPsbt, PsbtVersion};
use crate::rule::{Place, RuleId, Verdict};
use crate::testing::{Case, Output, TIP, outside_script, refusals, refused, world, wrapped};

#[test]
fn at_the_limit_of_the_lock_time() {
    let mut case = Case::new(world());
    case.lock_time = TIP.0;
    assert_eq!(refused(case.bind(world())), []);
}

#[test]
fn one_past_it() {
    for version in [PsbtVersion::V0, PsbtVersion::V2] {
        let mut case = Case::new(world());
        case.version = version;
        case.lock_time = TIP.0 + 1;
        assert_eq!(refused(case.bind(world())), [RuleId::PSB07]);
    }
}

/// A transfer that says nothing of its witness scripts, filled up to `weight` by outputs.
fn weighing(weight: u64) -> Case {
    let mut case = Case::new(world());
    for coin in &mut case.coins {
        coin.parts.witness_script = None;
    }
    let heavy = |bytes| Output {
        script: ScriptBuf::from_bytes(std::vec![0; bytes]),
        sats: 1,
        parts: crate::psbt::build::OutputParts::default(),
    };
    case.outputs.resize(11, heavy(9_980));
    case.outputs.push(heavy(9_000));
    let missing = (weight - case.psbt_weight()) / 4;
    case.outputs[11] = heavy(9_000 + usize::try_from(missing).unwrap());
    case
}

impl Case {
    /// Four for each byte, two for marker and flag, 254 for each 2-of-3 witness.
    fn psbt_weight(&self) -> u64 {
        4 * self.tx().base_size() as u64 + 2 + 254 * self.coins.len() as u64
    }
}

#[test]
fn the_limit_of_the_weight_itself_passes() {
    let judged = |weight| super::too_heavy(bitcoin::Weight::from_wu(weight));
    assert_eq!(judged(400_000), None);
    assert_eq!(
        judged(400_001).map(|refusal| refusal.rule),
        Some(RuleId::PSB07)
    );
}

/// Amounts, size and rate belong to one transaction.
#[test]
fn what_comes_in_goes_out_or_is_the_fee() {
    let case = Case::new(world());
    let tx = case.bind(world()).unwrap();
    let brought: Amount = tx.inputs().iter().map(super::BoundInput::amount).sum();
    assert_eq!(brought, tx.paid_out() + tx.change_total() + tx.fee());
    assert_eq!(
        tx.change().map(|(_, _, amount)| amount),
        Some(tx.change_total())
    );
    assert_eq!(tx.vsize(), case.psbt_weight().div_ceil(4));
    assert_eq!(tx.fee_rate(), tx.fee().to_sat().div_ceil(tx.vsize()));
    assert!(tx.fee_rate() > 1);
}

/// What a PSBT leaves out cannot make a transaction lighter.
#[test]
fn at_the_limit_of_the_weight_of_witnesses_that_the_psbt_leaves_out() {
    let case = weighing(400_000);
    assert!((399_997..=400_000).contains(&case.psbt_weight()));
    assert_eq!(refused(case.bind(world())), []);
}

#[test]
fn one_past_the_weight_of_witnesses_that_the_psbt_leaves_out() {
    let case = weighing(400_004);
    assert!((400_001..=400_004).contains(&case.psbt_weight()));
    assert!(ParsedPsbt::parse(case.unsigned().into_bytes()).is_ok());
    assert_eq!(refused(case.bind(world())), [RuleId::PSB07]);
}

/// The lock time refuses beside the rules of the stage, which still all run.
#[test]
fn every_rule_of_the_stage_runs_beside_the_lock_time() {
    let mut case = Case::new(world());
    case.lock_time = TIP.0 + 1;
    case.coins[1].script = outside_script("stranger");
    let stopped = case.bind(world()).unwrap_err();
    let report = stopped.report();
    assert_eq!(
        refused::<()>(Err(stopped.clone())),
        [RuleId::PSB07, RuleId::WAL02]
    );
    let later = report
        .lines()
        .iter()
        .filter(|line| line.rule > RuleId::WAL06);
    let not_reached = Verdict::NotReached(RuleId::PSB07);
    assert!(later.clone().count() > 0);
    assert!(later.into_iter().all(|line| line.verdict == not_reached));
}

/// The sighash is BIP-143 over the script that the keys make, whatever the PSBT says.
#[test]
fn signs_over_the_rebuilt_script() {
    for world in [world(), wrapped()] {
        let mut case = Case::new(world);
        case.coins[1].parts.witness_script = None;
        case.coins[1].parts.redeem_script = None;
        let tx = case.bind(world).unwrap();
        let unsigned = case.tx();
        let mut cache = SighashCache::new(&unsigned);
        for (place, input) in tx.inputs().iter().enumerate() {
            let script = world
                .wallet
                .witness_script(input.chain(), input.key_index());
            let value = Amount::from_sat(1_000_000);
            let all = EcdsaSighashType::All;
            let expected = cache.p2wsh_signature_hash(place, &script.unwrap(), value, all);
            assert_eq!(*input.sighash(), expected.unwrap().to_byte_array());
            assert_eq!(tx.sighash(input.index()), Some(*input.sighash()));
        }
    }
}

#[test]
fn refusals_name_their_place() {
    let mut case = Case::new(world());
    case.lock_time = TIP.0 + 6;
    let refusals = refusals(case.bind(world()));
    assert_eq!(refusals[0].place, Place::Transaction);
    assert_eq!(refusals[0].got, Phrase::figure(850_006));
}

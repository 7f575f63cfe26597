//! What a session takes in, and what its release gives out.

use crate::psbt::RawPsbt;
use crate::rule::RuleId;
use crate::testing::{Case, Coin};
use crate::transcript::testing::Bench;
use crate::transcript::{Channel, Intake, Release};
use crate::types::Chain;

fn intake(case: &Case, bench: &Bench) -> Intake {
    let psbt = case.full(&bench.world).into_bytes();
    Intake::new(psbt, Channel::File, bench.clock)
}

/// The receipts of a PSBT name their devices; request and approvals name none.
#[test]
fn an_intake_names_the_devices_that_answered() {
    let bench = Bench::ready();
    let mut case = Case::new(&bench.world);
    assert_eq!(intake(&case, &bench).answered_by().count(), 0);
    case.signed_by = [1, 2].into();
    let mut named: std::vec::Vec<_> = intake(&case, &bench).answered_by().collect();
    let mut signed = [1, 2].map(|place: usize| bench.world.devices[place].id());
    named.sort_unstable();
    signed.sort_unstable();
    assert_eq!(named, signed);
}

/// Before it was judged and after.
#[test]
fn an_intake_knows_its_transaction() {
    let bench = Bench::ready();
    let case = Case::new(&bench.world);
    let intake = intake(&case, &bench);
    let txid = Some(case.tx().compute_txid());
    assert_eq!(intake.unsigned_txid(), txid);
    assert!(intake.read().is_ok());
    assert_eq!(intake.unsigned_txid(), txid);
}

#[test]
fn a_release_gives_the_lean_answer_beside_the_whole() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    let (signed, sealed) = bench.sign_case(&case);
    let release = Release::signed(signed, &sealed, bench.disk.clone()).unwrap();
    let released = release.released().unwrap();
    assert!(released.answer().len() < released.psbt().len());
    let answer = RawPsbt::parse(released.answer()).unwrap();
    assert_eq!(answer.unsigned_txid(), Some(case.tx().compute_txid()));
    let psbt = released.psbt().to_vec();
    assert_eq!(release.into_released().unwrap().psbt(), psbt);
}

/// The seal of a later session that signed something else, at the end of the same disk.
#[test]
fn a_release_needs_the_seal_of_its_own_session() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    let (first, _) = bench.sign_case(&case);
    let mut other = Case::new(&bench.world);
    let wallet = &bench.world.wallet;
    other.coins = [2, 3]
        .map(|index| Coin::of(wallet, Chain::Receive, index, 1_000_000))
        .into();
    let (_, sealed) = bench.sign_case(&other);
    let refusal = Release::signed(first, &sealed, bench.disk.clone()).unwrap_err();
    assert_eq!(refusal.rule, RuleId::TRN02);
}

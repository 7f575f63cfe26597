//! Witnesses: a session in which one sits is signed only with the statement of that witness, over all
//! that stands before it. And duty: who operated, counted by the fold.

use std::vec;
use std::vec::Vec;

use super::found;
use crate::approval::{Seat, WitnessStatement};
use crate::codec::ByteString;
use crate::digest::TxDigest;
use crate::rule::RuleId;
use crate::testing::{Case, World, id, officer_signs};
use crate::transcript::testing::Bench;
use crate::transcript::{Body, CeremonyKind, Journal, NotApproved, Outcome};
use crate::types::{Lang, SessionNumber};

fn witnessed(bench: &Bench) -> Case {
    let mut case = Case::new(&bench.world);
    case.witnesses = vec!["witness.w"];
    case
}

/// Every signature is made, and nobody has signed as witness yet.
fn signed() -> Bench {
    let mut bench = Bench::ready();
    let case = witnessed(&bench);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    let _signing = bench.sign(confirmed, usize::MAX);
    bench
}

fn by(statement: WitnessStatement, who: &str) -> Body {
    Body::Witnessed(ByteString(officer_signs(statement, who).to_bytes()))
}

fn said(bench: &mut Bench, body: Body) -> bool {
    let refusal = bench.try_add(body);
    refusal.is_err_and(|refusal| refusal.got.text(Lang::En).contains("witness"))
}

#[test]
fn a_witnessed_session_is_sealed_and_replayed() {
    let mut bench = Bench::ready();
    let mut case = witnessed(&bench);
    case.witnesses.push("witness.v");
    let (_, sealed) = bench.sign_case(&case);
    assert_eq!(found(&bench, &bench.disk), []);
    assert!(Journal::load(&bench.disk).is_ok());
    drop(sealed);
}

#[test]
fn without_the_statement_nothing_is_signed() {
    let mut bench = signed();
    assert!(bench.try_add(Body::Closed(Outcome::Signed)).is_err());
    bench.witness();
    bench.add(Body::Closed(Outcome::Signed));
}

/// One of two has signed.
#[test]
fn every_witness_signs() {
    let mut bench = Bench::ready();
    let mut case = witnessed(&bench);
    case.witnesses.push("witness.v");
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    let _signing = bench.sign(confirmed, usize::MAX);
    let one = bench.statement("witness.v").unwrap();
    bench.add(by(one, "witness.v"));
    assert_eq!(bench.statement("witness.v"), None);
    assert!(bench.try_add(Body::Closed(Outcome::Signed)).is_err());
}

/// The session goes on with a witness after the first one did not sign for it.
#[test]
fn a_witness_who_rejects_leaves_the_signatures_unreleased() {
    let mut bench = signed();
    bench.close(Outcome::Aborted);
    assert!(!bench.state().unfinished().is_empty());
    let mut case = witnessed(&bench);
    case.witnesses = vec!["witness.v"];
    bench.sign_as(CeremonyKind::Resume, &case);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn there_is_nothing_to_sign_before_every_signature() {
    let mut bench = Bench::ready();
    let case = witnessed(&bench);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    assert_eq!(bench.statement("witness.w"), None);
    let _signing = bench.sign(confirmed, 1);
    assert_eq!(bench.statement("witness.w"), None);
}

#[test]
fn a_statement_of_who_is_no_witness_here_is_none() {
    let mut bench = signed();
    let right = bench.statement("witness.w").unwrap();
    for who in ["witness.v", "operator.a"] {
        assert_eq!(bench.statement(who), None);
        let mut theirs = right.clone();
        theirs.officer = id(who);
        assert!(said(&mut bench, by(theirs, who)), "{who}");
    }
    assert!(said(&mut bench, by(right.clone(), "witness.v")));
    bench.add(by(right, "witness.w"));
}

/// Each field, other than it should be and signed by the witness.
#[test]
fn every_field_of_a_statement_is_judged() {
    let changes: [fn(&mut WitnessStatement); 6] = [
        |s| s.version = 2,
        |s| s.device = crate::testing::world().devices[1].id(),
        |s| s.session = SessionNumber(1),
        |s| s.tx = TxDigest::over(&[]),
        |s| s.head = [7; 32],
        |s| s.entries += 1,
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut bench = signed();
        let mut statement = bench.statement("witness.w").unwrap();
        change(&mut statement);
        assert!(said(&mut bench, by(statement, "witness.w")), "{place}");
    }
}

fn rotating(most: u8) -> Bench {
    Bench::ready_in(World::sweeping(|policy| {
        policy.separation.sessions_in_a_row = Some(most);
    }))
}

/// One coin of its own for each session, by these operators.
fn case(bench: &Bench, coin: u32, operators: [&'static str; 2]) -> Case {
    let mut case = Case::new(&bench.world);
    for place in &mut case.coins {
        place.sats += u64::from(coin);
    }
    case.outputs[0].sats -= u64::from(coin) * 10;
    case.operators = operators;
    case
}

fn judged(bench: &mut Bench, case: &Case) -> Vec<RuleId> {
    bench.take_in(CeremonyKind::Sign, case);
    let rules = match bench.judge() {
        Err(NotApproved::Stopped(stopped)) => {
            let refusals = stopped.report().refusals();
            refusals.map(|refusal| refusal.rule).collect()
        }
        Err(NotApproved::Unready(refusal)) => vec![refusal.rule],
        Ok(_) => vec![],
    };
    bench.close(Outcome::Refused);
    rules
}

/// APP16 by the journal: counted is what was signed, and who sat.
#[test]
fn the_journal_counts_who_operates_in_a_row() {
    let mut bench = rotating(1);
    let first = case(&bench, 0, ["operator.a", "operator.b"]);
    bench.sign_case(&first);
    let duty = bench.state().ledger().duty();
    assert_eq!(duty.in_a_row(&id("operator.a")), 1);
    let again = case(&bench, 1, ["operator.a", "everybody"]);
    assert!(judged(&mut bench, &again).contains(&RuleId::APP16));
    let other = case(&bench, 2, ["everybody", "everybody"]);
    assert!(!judged(&mut bench, &other).contains(&RuleId::APP16));
    assert_eq!(found(&bench, &bench.disk), []);
}

/// Whoever goes on with a session that was cut does so in the same turn.
#[test]
fn going_on_after_a_cut_is_no_second_turn() {
    let mut bench = rotating(1);
    let first = case(&bench, 0, ["operator.a", "operator.b"]);
    bench.take_in(CeremonyKind::Sign, &first);
    let confirmed = bench.confirm();
    let _cut = bench.sign(confirmed, 1);
    bench.sign_as(CeremonyKind::Resume, &first);
    let duty = bench.state().ledger().duty();
    assert_eq!(duty.in_a_row(&id("operator.a")), 1);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn seats_are_what_they_are_called() {
    let mut bench = Bench::ready();
    bench.attend(CeremonyKind::Sign, ["operator.a", "operator.b"]);
    bench.sit("witness.w", Seat::Witness);
    let open = bench.state().open().unwrap();
    assert_eq!(open.witnesses(), [id("witness.w")]);
}

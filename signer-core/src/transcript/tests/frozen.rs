//! A frozen device: nothing is read for signing until the administrators thaw it.

use super::found;
use crate::frames::TransferCode;
use crate::rule::{RuleId, Verdict};
use crate::testing::Case;
use crate::transcript::testing::CLOCK;
use crate::transcript::testing::{Bench, thawed};
use crate::transcript::{Body, CeremonyKind, Channel, Intake, Journal, Outcome};
use crate::types::Lang;

const OPERATORS: [&str; 2] = ["operator.a", "operator.b"];

fn intake(bench: &Bench) -> Body {
    let case = Case::new(&bench.world);
    Body::Intake(Intake::new(
        case.full(&bench.world).bytes().to_vec(),
        Channel::File,
        CLOCK,
    ))
}

#[test]
fn a_transfer_code_is_that_of_its_psbt_and_of_pictures() {
    let right = |bench: &Bench| match intake(bench) {
        Body::Intake(intake) => intake.psbt().to_vec(),
        _ => unreachable!("an intake"),
    };
    for channel in [Channel::Pictures, Channel::Bbqr, Channel::ByteFrames] {
        for (code, taken) in [("right", true), ("none", true), ("wrong", false)] {
            let mut bench = Bench::ready();
            bench.attend(CeremonyKind::Sign, OPERATORS);
            let mut intake = Intake::new(right(&bench), channel, CLOCK);
            match code {
                "none" => intake.code = None,
                "wrong" => intake.code = Some(TransferCode::of(b"another")),
                _ => {}
            }
            let added = bench.try_add(Body::Intake(intake));
            assert_eq!(added.is_ok(), taken, "{channel:?} {code}");
        }
    }
    let mut bench = Bench::ready();
    bench.attend(CeremonyKind::Sign, OPERATORS);
    let mut by_file = Intake::new(right(&bench), Channel::File, CLOCK);
    by_file.code = Some(TransferCode::of(by_file.psbt()));
    let refusal = bench.try_add(Body::Intake(by_file)).unwrap_err();
    assert!(refusal.got.text(Lang::En).contains("transfer code"));
}

#[test]
fn a_frozen_device_reads_no_psbt() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    drop(bench.sign(confirmed, 1));
    bench.freeze().unwrap();
    for kind in [CeremonyKind::Sign, CeremonyKind::Resume] {
        bench.attend(kind, OPERATORS);
        let psbt = intake(&bench);
        let refusal = bench.try_add(psbt).unwrap_err();
        assert_eq!(refusal.rule, RuleId::TRN04);
        assert!(refusal.got.text(Lang::En).contains("frozen device"));
        bench.close(Outcome::Refused);
    }
    assert_eq!(found(&bench, &bench.disk), []);
    let loaded = Journal::load(&bench.disk).unwrap();
    assert_eq!(loaded.state().frozen(), bench.state().frozen());
}

#[test]
fn a_thawed_device_signs_again() {
    let mut bench = thawed();
    assert_eq!(bench.state().frozen(), None);
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    assert_eq!(found(&bench, &bench.disk), []);
}

#[test]
fn is_frozen_once_and_thawed_by_its_own_order() {
    let mut bench = Bench::ready();
    assert!(bench.thaw().is_err(), "nothing to thaw");
    bench.freeze().unwrap();
    let again = bench.freeze().unwrap_err();
    assert!(again.got.text(Lang::En).contains("frozen already"));
    bench.thaw().unwrap();
    assert!(bench.thaw().is_err());
}

/// A device that hides from its people that it is frozen is found by the auditor.
#[test]
fn a_session_that_hides_it_is_found() {
    let mut bench = Bench::ready();
    bench.freeze().unwrap();
    bench.open_hiding_the_freeze(CeremonyKind::Sign);
    bench.close(Outcome::Aborted);
    assert_eq!(found(&bench, &bench.disk), [RuleId::TRN04]);
}

/// Nothing else stops the honest transfer of this device.
#[test]
fn env03_alone() {
    let mut bench = Bench::ready();
    bench.freeze().unwrap();
    let opened = bench.opening(CeremonyKind::Sign);
    let refused = opened
        .report
        .iter()
        .filter(|line| matches!(line.verdict, Verdict::Refused(_)));
    let rules: std::vec::Vec<RuleId> = refused.map(|line| line.rule).collect();
    assert_eq!(rules, [RuleId::ENV03]);
}

use alloc::vec::Vec;
use core::cell::Cell;

use super::*;
use crate::psbt::PsbtVersion;
use crate::testing::Case;
use crate::transcript::Intake;
use crate::transcript::testing::Bench;
use crate::transcript::testing::CLOCK;
use crate::transcript::{CeremonyKind, Journal};
use crate::types::InputIndex;

/// The rule that refuses to give the PSBT of this session out again.
fn refused_by(disk: &[u8], session: SessionNumber) -> RuleId {
    Release::again(disk.to_vec(), session).unwrap_err().rule
}

/// The journal of this bench with other bodies, every chain hash made anew.
fn rewritten(bench: &Bench, change: impl Fn(&mut Body)) -> Vec<u8> {
    let transcript = UnverifiedTranscript::parse(&bench.disk).unwrap();
    let (mut disk, mut prev) = (Vec::new(), [0; 32]);
    for mut entry in transcript.into_entries() {
        entry.prev = prev;
        change(&mut entry.body);
        let bytes = crate::codec::encode(&entry);
        prev = crate::digest::sha256_of(&bytes);
        disk.extend(bytes);
    }
    disk
}

#[test]
fn the_bytes_are_those_that_were_released_first() {
    for version in [PsbtVersion::V0, PsbtVersion::V2] {
        let mut bench = Bench::ready();
        let mut case = Case::new(&bench.world);
        case.version = version;
        case.signed_by = std::vec![1];
        let (signed, sealed) = bench.sign_case(&case);
        let session = signed.session();
        let first = Release::signed(signed, &sealed, bench.disk.clone()).unwrap();
        let again = Release::again(bench.disk.clone(), session).unwrap();
        assert!(first.psbt().is_some());
        assert_eq!(again.psbt(), first.psbt());
        assert_eq!(again.transcript(), first.transcript());
        // What came after it changes nothing.
        bench.take_in(CeremonyKind::Sign, &case);
        bench.judge().unwrap_err();
        let later = Release::again(bench.disk.clone(), session).unwrap();
        assert_eq!(later.psbt(), first.psbt());
        bench.close(Outcome::Refused);
        let later = Release::again(bench.disk.clone(), session).unwrap();
        assert_eq!(later.psbt(), first.psbt());
    }
}

/// Signatures of the cut session and of the one that went on with it.
#[test]
fn a_session_that_was_resumed_comes_again_too() {
    for made in [0, 1, 2] {
        let mut bench = Bench::ready();
        let case = Case::new(&bench.world);
        bench.take_in(CeremonyKind::Sign, &case);
        let cut = bench.state().open().unwrap().number();
        let confirmed = bench.confirm();
        drop(bench.sign(confirmed, made));
        bench.journal = Journal::load(&bench.disk).unwrap();
        bench.take_in(CeremonyKind::Resume, &case);
        let confirmed = bench.confirm();
        let signing = bench.sign(confirmed, usize::MAX);
        let signed = bench.receipt(signing);
        let session = signed.session();
        let sealed = bench.close(Outcome::Signed);
        let first = Release::signed(signed, &sealed, bench.disk.clone()).unwrap();
        let again = Release::again(bench.disk.clone(), session).unwrap();
        assert_eq!(again.psbt(), first.psbt(), "{made} results");
        assert_eq!(refused_by(&bench.disk, cut), RuleId::TRN02);
    }
}

/// With the receipt on the disk everything is determined, but only the seal releases.
#[test]
fn without_the_seal_nothing_comes() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    let signing = bench.sign(confirmed, usize::MAX);
    let session = bench.receipt(signing).session();
    assert_eq!(refused_by(&bench.disk, session), RuleId::TRN02);
    bench.add(Body::Closed(Outcome::Signed));
    assert_eq!(refused_by(&bench.disk, session), RuleId::TRN02);
}

#[test]
fn a_session_without_signatures_gives_nothing() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    bench.take_in(CeremonyKind::Sign, &case);
    let refused = bench.state().open().unwrap().number();
    bench.judge().unwrap_err();
    bench.close(Outcome::Refused);
    let unknown = SessionNumber(refused.0 + 1);
    for session in [SessionNumber(0), SessionNumber(1), refused, unknown] {
        assert_eq!(refused_by(&bench.disk, session), RuleId::TRN02, "{session}");
    }
}

/// The receipt exists and is sealed, but people ended the session: it had released nothing.
#[test]
fn a_session_that_was_ended_after_its_receipt_gives_nothing() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.take_in(CeremonyKind::Sign, &case);
    let confirmed = bench.confirm();
    let signing = bench.sign(confirmed, usize::MAX);
    let session = bench.receipt(signing).session();
    bench.close(Outcome::Aborted);
    assert_eq!(refused_by(&bench.disk, session), RuleId::TRN02);
}

#[test]
fn altered_entries_give_nothing() {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    let session = bench.sign_case(&case).0.session();
    let same = rewritten(&bench, |_| {});
    assert_eq!(same, bench.disk);
    assert!(Release::again(same, session).is_ok());
    let signature = rewritten(&bench, |body| {
        if let Body::Result(line) = body {
            line.signature.0[40] ^= 1;
        }
    });
    let psbt = rewritten(&bench, |body| {
        if let Body::Intake(intake) = body {
            *intake = Intake::new([intake.psbt(), &[0]].concat(), intake.channel(), CLOCK);
        }
    });
    let receipt = rewritten(&bench, |body| {
        if let Body::Receipt(bytes) = body {
            *bytes.0.last_mut().unwrap() ^= 1;
        }
    });
    // Read by no part of the receipt but its head: the answers that the operators typed.
    let read = Cell::new(false);
    let answer = rewritten(&bench, |body| match body {
        Body::Intake(_) => read.set(true),
        Body::Answered(answered) if read.get() => answered.text.push('x'),
        _ => {}
    });
    for altered in [signature, psbt, receipt, answer] {
        assert_eq!(refused_by(&altered, session), RuleId::SIG04);
    }
    let input = rewritten(&bench, |body| {
        if let Body::Result(line) = body {
            line.input = InputIndex(9);
        }
    });
    assert_eq!(refused_by(&input, session), RuleId::TRN04);
    let mut torn = bench.disk.clone();
    let middle = torn.len() / 2;
    torn[middle] ^= 1;
    assert_eq!(refused_by(&torn, session), RuleId::TRN01);
}

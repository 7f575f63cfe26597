use alloc::string::String;
use alloc::vec;

use super::testing::good_report;
use super::*;
use crate::cose::Draft;
use crate::signing::SigningHsm as _;
use crate::testing::{SCOPE, SoftDevice};
use crate::token::{Assurance, Flag, KeyAttribute, Line, WrapBackup};
use crate::types::{Chain, Lang};

const DEVICE: SoftDevice = SoftDevice::new("north");

fn report() -> AcceptanceReport {
    good_report(&DEVICE)
}

fn set(report: &mut AcceptanceReport, trial: Trial, answer: Answer) {
    let line = report.trials.iter_mut().find(|line| line.trial == trial);
    line.unwrap().answer = answer;
}

fn finding(report: &AcceptanceReport, subject: Subject) -> Finding {
    let findings = report.findings();
    let line = findings.lines().iter().find(|line| line.subject == subject);
    line.unwrap().finding
}

#[test]
fn a_module_without_faults_passes() {
    let findings = report().findings();
    assert_eq!(findings.standing(), Standing::Passed);
    assert_eq!(findings.lines().len(), Trial::ALL.len() + 3);
}

#[test]
fn numbers_are_ascending_and_each_trial_has_words() {
    for pair in Trial::ALL.windows(2) {
        assert!(pair[0].number() < pair[1].number() && pair[0] < pair[1]);
    }
    for trial in Trial::ALL {
        let [en, ja] = [Lang::En, Lang::Ja].map(|lang| trial.sentence(lang));
        assert!(en.is_ascii() && en.len() > 8, "{en}");
        assert!(!ja.is_ascii(), "{ja}");
    }
}

#[test]
fn an_attack_that_succeeds_fails_the_report() {
    for trial in Trial::ALL {
        if trial.weight() != Weight::Attack {
            continue;
        }
        let mut report = report();
        set(&mut report, *trial, Answer::Done);
        assert_eq!(finding(&report, Subject::Trial(*trial)), Finding::Failed);
        assert_eq!(report.findings().standing(), Standing::Failed, "{trial:?}");
        set(&mut report, *trial, Answer::Ignored);
        assert_eq!(finding(&report, Subject::Trial(*trial)), Finding::Noticed);
    }
}

#[test]
fn a_duty_that_is_not_done_fails_the_report() {
    for trial in Trial::ALL {
        if trial.weight() != Weight::Duty {
            continue;
        }
        for answer in [Answer::Refused, Answer::Ignored] {
            let mut report = report();
            set(&mut report, *trial, answer);
            assert_eq!(report.findings().standing(), Standing::Failed, "{trial:?}");
        }
    }
}

#[test]
fn a_habit_never_fails_a_report() {
    let mut report = report();
    for trial in Trial::ALL.iter().filter(|t| t.weight() == Weight::Habit) {
        for answer in [Answer::Refused, Answer::Done, Answer::Ignored] {
            set(&mut report, *trial, answer);
            assert_eq!(report.findings().standing(), Standing::Passed);
        }
    }
}

#[test]
fn what_was_not_tried_leaves_the_report_incomplete_unless_it_may() {
    for trial in Trial::ALL {
        let mut open = report();
        set(&mut open, *trial, Answer::NotTried);
        let mut silent = report();
        silent.trials.retain(|line| line.trial != *trial);
        let expected = if trial.may_be_open() {
            Standing::Passed
        } else {
            Standing::Incomplete
        };
        assert_eq!(open.findings().standing(), expected, "{trial:?}");
        assert_eq!(silent.findings().standing(), expected, "{trial:?}");
    }
}

#[test]
fn a_thousand_signatures_are_asked_for() {
    let mut report = report();
    report.signatures.signatures = 999;
    assert_eq!(report.findings().standing(), Standing::Incomplete);
}

#[test]
fn one_bad_signature_in_a_thousand_fails_the_report() {
    let spoil: [fn(&mut SignatureTally); 4] = [
        |t| t.malformed = 1,
        |t| t.refused_by_libsecp256k1 = 1,
        |t| t.refused_by_k256 = 1,
        |t| t.repeated_r = 1,
    ];
    for spoil in spoil {
        let mut report = report();
        spoil(&mut report.signatures);
        assert_eq!(report.findings().standing(), Standing::Failed);
    }
    // Half of all signatures have a high S; the signer brings it down.
    let mut high = report();
    high.signatures.high_s = 1_000;
    assert_eq!(high.findings().standing(), Standing::Passed);
}

#[test]
fn an_attribute_that_is_wrong_on_one_key_fails_the_report() {
    let mut report = report();
    report.keys[1].attributes.local = Flag::False;
    assert_eq!(finding(&report, Subject::Attributes), Finding::Failed);
    report.keys.clear();
    assert_eq!(finding(&report, Subject::Attributes), Finding::Failed);
}

#[test]
fn a_relaxation_of_the_profile_reaches_its_own_trials_and_no_others() {
    let mut copyable = report();
    copyable.hsm.relaxations.absent_ok = vec![KeyAttribute::Copyable];
    for key in &mut copyable.keys {
        key.attributes.copyable = Flag::Absent;
    }
    for (trial, expected) in [
        (Trial::CopyAsIs, Finding::Noticed),
        (Trial::CopyExtractable, Finding::Failed),
        (Trial::CopyNotPrivate, Finding::Failed),
        (Trial::SetDerive, Finding::Failed),
    ] {
        set(&mut copyable, trial, Answer::Done);
        assert_eq!(finding(&copyable, Subject::Trial(trial)), expected);
    }

    let mut wrap = report();
    wrap.hsm.relaxations.extractable = WrapBackup::MeansWrap;
    for (trial, expected) in [
        (Trial::WrapAesKwp, Finding::Noticed),
        (Trial::ReadValue, Finding::Failed),
        (Trial::SetExtractable, Finding::Failed),
    ] {
        set(&mut wrap, trial, Answer::Done);
        assert_eq!(finding(&wrap, Subject::Trial(trial)), expected);
    }
}

#[test]
fn no_relaxation_lets_a_key_become_readable() {
    let mut loose = report();
    loose.hsm.relaxations.absent_ok = KeyAttribute::ALL.to_vec();
    for key in &mut loose.keys {
        key.attributes = crate::token::KeyAttributes::read(|_| Flag::Absent, None);
    }
    for trial in [
        Trial::SetExtractable,
        Trial::ClearSensitive,
        Trial::ClearPrivate,
        Trial::CopyExtractable,
        Trial::CopyNotSensitive,
        Trial::CopyNotPrivate,
        Trial::ReadValue,
        Trial::DeriveEcdh,
    ] {
        set(&mut loose, trial, Answer::Done);
        assert_eq!(finding(&loose, Subject::Trial(trial)), Finding::Failed);
    }
}

#[test]
fn a_report_is_taken_from_the_trusted_key_alone() {
    let signed = DEVICE.seal(report());
    let trusted = DEVICE.identity().key_id();
    let checked = CheckedReport::open(&signed.to_bytes(), &trusted).unwrap();
    assert_eq!(*checked.report(), report());
    let other = SoftDevice::new("south").identity().key_id();
    let refused = CheckedReport::open(&signed.to_bytes(), &other);
    assert!(matches!(refused, Err(ReportError::OtherKey(key)) if key == trusted));
    let mut spoiled = signed.to_bytes();
    let at = spoiled.len() - 100;
    spoiled[at] ^= 1;
    assert!(CheckedReport::open(&spoiled, &trusted).is_err());
}

#[test]
fn a_report_names_the_key_that_signed_it() {
    // Signed by south, but naming north: whoever trusts either key must not take it.
    let south = SoftDevice::new("south");
    let draft = Draft::new(report(), SCOPE, south.identity());
    let signature = south.seal_with(&draft.seal_order().unwrap());
    let bytes = draft.signed(signature).unwrap().to_bytes();
    for trusted in [&south, &DEVICE] {
        let trusted = trusted.identity().key_id();
        assert!(CheckedReport::open(&bytes, &trusted).is_err());
    }
}

#[test]
fn lists_that_could_be_read_twice_are_refused() {
    let spoil: [fn(&mut AcceptanceReport); 5] = [
        |r| r.version = 2,
        |r| r.trials.swap(0, 1),
        |r| r.trials.insert(0, r.trials[0].clone()),
        |r| r.mechanisms.insert(0, r.mechanisms[0]),
        |r| r.timings.insert(0, r.timings[0]),
    ];
    for spoil in spoil {
        let mut report = report();
        spoil(&mut report);
        let bytes = DEVICE.seal(report).to_bytes();
        let refused = CheckedReport::open(&bytes, &DEVICE.identity().key_id());
        assert!(matches!(refused, Err(ReportError::Content(_))));
    }
}

#[test]
fn the_tally_counts_each_fault_of_a_signature() {
    let key = DEVICE.key(1, Chain::Receive, 0);
    let other = DEVICE.key(1, Chain::Receive, 1);
    let digest = TestDigest::new(&[7; 32], 1);
    let good = DEVICE.sign_digest(key.id, digest.as_bytes());
    let mut tally = Tally::new();
    tally.take(&key.public_key, &digest, &good.0);
    assert_eq!(tally.counts().signatures, 1);
    assert_eq!(
        tally.counts(),
        SignatureTally {
            signatures: 1,
            ..SignatureTally::default()
        }
    );

    // The same again: r repeats. One byte short; zeros; of another digest; of another key.
    tally.take(&key.public_key, &digest, &good.0);
    assert_eq!(tally.counts().repeated_r, 1);
    tally.take(&key.public_key, &digest, &good.0[..63]);
    tally.take(&key.public_key, &digest, &[0; 64]);
    assert_eq!(tally.counts().malformed, 2);
    let next = TestDigest::new(&[7; 32], 2);
    let wrong = DEVICE.sign_digest(key.id, TestDigest::new(&[7; 32], 3).as_bytes());
    tally.take(&key.public_key, &next, &wrong.0);
    let foreign = DEVICE.sign_digest(other.id, next.as_bytes());
    tally.take(&key.public_key, &next, &foreign.0);
    let counts = tally.counts();
    assert_eq!(
        (counts.refused_by_k256, counts.refused_by_libsecp256k1),
        (2, 2)
    );
    assert_eq!((counts.signatures, counts.high_s), (6, 0));
}

#[test]
fn a_high_s_is_counted_and_verifies_when_brought_down() {
    let key = DEVICE.key(1, Chain::Receive, 0);
    let digest = TestDigest::new(&[7; 32], 9);
    let low = DEVICE.sign_digest(key.id, digest.as_bytes());
    let parsed = k256::ecdsa::Signature::from_slice(&low.0).unwrap();
    let (r, s) = parsed.split_scalars();
    let high = k256::ecdsa::Signature::from_scalars(r, -s).unwrap();
    let mut tally = Tally::new();
    tally.take(&key.public_key, &digest, &high.to_bytes());
    let counts = tally.counts();
    assert_eq!((counts.high_s, counts.malformed), (1, 0));
    assert_eq!(
        (counts.refused_by_k256, counts.refused_by_libsecp256k1),
        (0, 0)
    );
}

#[test]
fn times_are_summed_up_by_their_order() {
    let timing = Timing::of(Operation::Sign, vec![5, 1, 9]).unwrap();
    assert_eq!(
        (timing.times, timing.min, timing.median, timing.max),
        (3, 1, 5, 9)
    );
    assert_eq!(Timing::of(Operation::Sign, vec![]), None);
}

mod pages {
    use super::*;
    use crate::html::checks;

    fn html(report: &AcceptanceReport) -> String {
        page(report, &PageSeal::Unsigned("the token is gone".into()))
    }

    #[test]
    fn a_page_loads_nothing_and_runs_nothing() {
        checks::loads_and_runs_nothing(&html(&report()));
    }

    #[test]
    fn a_page_says_every_line_in_both_languages() {
        let report = report();
        let html = html(&report);
        for line in report.findings().lines() {
            for lang in [Lang::En, Lang::Ja] {
                assert!(html.contains(line.subject.sentence(lang)), "{line:?}");
            }
        }
        assert!(html.contains("NOT SIGNED") && html.contains("the token is gone"));
        let signed = DEVICE.seal(report.clone());
        let checked = CheckedReport::open(&signed.to_bytes(), &DEVICE.identity().key_id()).unwrap();
        let signed = page(&report, &PageSeal::Signed(checked.digest()));
        assert!(signed.contains(&checked.digest().to_hex()) && !signed.contains("NOT SIGNED"));
        let words = DEVICE.identity().key_id().words().join(" ");
        assert!(signed.contains(&words));
    }

    #[test]
    fn a_page_says_that_software_never_signs_for_main_net_and_when_it_was_made() {
        let mut report = report();
        report.hsm.unverified.clear();
        let never = "never signs for main net";
        for (assurance, said) in [
            (Assurance::TestOnly, true),
            (Assurance::Unverified, false),
            (Assurance::Verified, false),
        ] {
            report.hsm.assurance = assurance;
            assert_eq!(html(&report).contains(never), said, "{assurance:?}");
        }
        let html = html(&report);
        assert!(html.contains("2023-11-14 22:13 UTC") && html.contains("none / なし"));
    }

    #[test]
    fn what_a_token_says_cannot_leave_its_place() {
        let mut hostile = report();
        hostile.hsm.label = Line::lossy("</td><script>alert(1)</script>\"'&");
        hostile.trials[0].words = Line::lossy("<img src=x onerror=alert(1)>");
        let html = html(&hostile);
        assert!(!html.contains("<script") && !html.contains("<img"));
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    }

    #[test]
    fn tags_of_a_page_are_closed_in_order() {
        checks::tags_are_closed_in_order(&html(&report()));
    }
}

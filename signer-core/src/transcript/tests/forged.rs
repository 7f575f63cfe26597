//! A device that lies: it has its key, and seals a journal that says what did not happen. The
//! replay finds it, because everything is computed again.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::found;
use crate::codec::ByteString;
use crate::digest::ScreenDigest;
use crate::environment::{self, EnvironmentReading};
use crate::life::Standing;
use crate::random::testing::evidence;
use crate::rule::{Phrase, Place, RuleId, RuleLine, Verdict};
use crate::testing::Case;
use crate::token::{Assurance, RandomBefore, hsm04};
use crate::transcript::testing::Bench;
use crate::transcript::{
    Body, CeremonyKind, Journal, Outcome, UnverifiedTranscript, VerifiedTranscript,
};
use crate::types::SessionNumber;

/// The journal written again with changed bodies, every seal made anew; nothing where the device
/// itself could not have written it.
fn forged(bench: &Bench, change: impl Fn(Body) -> Vec<Body>) -> Option<Vec<u8>> {
    forged_in(bench, |session, body| match body {
        // What was read and typed when the device was made ready is asked for by the fold.
        Body::Shown(_) | Body::Answered(_) if session <= READY => std::vec![body],
        body => change(body),
    })
}

/// The same by the session, too.
fn forged_in(bench: &Bench, change: impl Fn(SessionNumber, Body) -> Vec<Body>) -> Option<Vec<u8>> {
    let transcript = UnverifiedTranscript::parse(&bench.disk).unwrap();
    let mut journal = Journal::empty();
    let mut disk = Vec::new();
    for entry in transcript.into_entries() {
        for body in change(entry.session, entry.body) {
            let bytes = match body {
                Body::Sealed(_) => {
                    let draft = journal.seal_draft().ok()?;
                    let signature = bench.device.seal_with(&draft.seal_order().unwrap());
                    let sealed = journal.seal(&draft.signed(signature).unwrap()).ok()?;
                    sealed.entry().bytes().to_vec()
                }
                Body::SessionOpened(mut opened) => {
                    opened.previous_seal = journal.state().last_seal();
                    let entry = journal.append(Body::SessionOpened(opened)).ok()?;
                    entry.bytes().to_vec()
                }
                other => journal.append(other).ok()?.bytes().to_vec(),
            };
            disk.extend(bytes);
        }
    }
    Some(disk)
}

/// The last session in which the device was made ready.
const READY: SessionNumber = SessionNumber(4);

/// The session of [`bench`] that signs: by this name its random numbers were drawn.
const SIGNED_IN: &str = "5";

fn bench() -> Bench {
    let mut bench = Bench::ready();
    let case = Case::new(&bench.world);
    bench.sign_case(&case);
    bench
}

mod a115;

mod trn04 {
    use super::*;

    type Change = fn(Body) -> Vec<Body>;

    #[test]
    fn passes_what_is_only_written_again() {
        let bench = bench();
        let again = forged(&bench, |body| std::vec![body]).unwrap();
        assert_eq!(again, bench.disk);
    }

    #[test]
    fn finds_a_report_that_no_rule_gave() {
        check(|body| match body {
            Body::Reported(report) => {
                let lines = report.lines().iter().cloned().map(|mut line| {
                    line.verdict = Verdict::Passed;
                    (line.rule, line.verdict)
                });
                let mut lines: Vec<_> = lines.collect();
                lines[3].1 = Verdict::Notice(Phrase::figure("looked at"));
                let stages = [
                    crate::rule::Stage::Parse,
                    crate::rule::Stage::Bind,
                    crate::rule::Stage::Check,
                    crate::rule::Stage::Approve,
                ];
                let other = stages
                    .into_iter()
                    .fold(crate::rule::RuleReport::new(), |report, stage| {
                        report.with_stage(stage, &lines)
                    });
                std::vec![Body::Reported(other)]
            }
            other => std::vec![other],
        });
    }

    #[test]
    fn trn04_alone() {
        let bench = bench();
        let other = |body| match body {
            Body::Shown(mut shown) if shown.number == 1 => {
                shown.screen = ScreenDigest::over(&[b"another"]);
                std::vec![Body::Shown(shown)]
            }
            other => std::vec![other],
        };
        let disk = forged(&bench, other).expect("a device could write this");
        assert_eq!(found(&bench, &disk), [RuleId::TRN04]);
    }

    #[test]
    fn finds_another_screen_than_was_due() {
        check(|body| match body {
            Body::Shown(mut shown) => {
                shown.screen = ScreenDigest::over(&[b"another"]);
                std::vec![Body::Shown(shown)]
            }
            other => std::vec![other],
        });
    }

    #[test]
    fn finds_a_screen_that_was_not_shown() {
        check(|body| match body {
            Body::Shown(shown) if shown.number == 4 => std::vec![],
            other => std::vec![other],
        });
    }

    #[test]
    fn finds_answers_that_are_wrong_or_missing() {
        check(|body| match body {
            Body::Answered(mut answered) if answered.screen == 4 => {
                answered.text = "1.20000001".into();
                std::vec![Body::Answered(answered)]
            }
            other => std::vec![other],
        });
        check(|body| match body {
            Body::Answered(answered) if answered.screen == 6 => std::vec![],
            other => std::vec![other],
        });
    }

    #[test]
    fn finds_another_sighash_and_another_coin() {
        check(|body| match body {
            Body::Intent(mut intent) => {
                intent.lines[1].sighash = [9; 32];
                std::vec![Body::Intent(intent)]
            }
            other => std::vec![other],
        });
        check(|body| match body {
            Body::Intent(mut intent) => {
                intent.lines[0].coin.vout = 7;
                std::vec![Body::Intent(intent)]
            }
            other => std::vec![other],
        });
    }

    #[test]
    fn finds_a_missing_receipt_and_a_foreign_one() {
        check(|body| match body {
            Body::Receipt(_) => std::vec![],
            other => std::vec![other],
        });
        check(|body| match body {
            Body::Receipt(_) => std::vec![Body::Receipt(ByteString(std::vec![0xa0]))],
            other => std::vec![other],
        });
    }

    #[test]
    fn finds_signatures_that_were_called_an_abort() {
        check(|body| match body {
            Body::Closed(Outcome::Signed) => std::vec![Body::Closed(Outcome::Aborted)],
            other => std::vec![other],
        });
    }

    #[test]
    fn finds_a_machine_that_was_judged_too_kindly() {
        check(|body| match body {
            Body::SessionOpened(mut opened) if opened.kind == CeremonyKind::Sign => {
                opened.environment.swaps = Some(std::vec!["/dev/sda2".into()]);
                std::vec![Body::SessionOpened(opened)]
            }
            other => std::vec![other],
        });
    }

    /// A real device whose sessions say that they rehearse: what is wrong with its machine is refused
    /// all the same, at the start and right before it signs.
    #[test]
    fn finds_a_rehearsal_of_a_real_device() {
        let real = |body| match body {
            Body::Genesis(mut genesis) => {
                genesis.hsm.assurance = Assurance::Verified;
                Body::Genesis(genesis)
            }
            other => other,
        };
        let swapping = |reading: &mut EnvironmentReading, report: &mut Vec<RuleLine>| {
            reading.swaps = Some(std::vec!["/dev/sda2".into()]);
            let kindly = environment::judge(reading, Assurance::TestOnly);
            report.retain(|line| kindly.iter().all(|again| again.rule != line.rule));
            report.extend(kindly);
        };
        let opening = |body| match body {
            Body::SessionOpened(mut opened) => {
                swapping(&mut opened.environment, &mut opened.report);
                Body::SessionOpened(opened)
            }
            other => other,
        };
        let again = |body| match body {
            Body::Rechecked(mut again) => {
                swapping(&mut again.environment, &mut again.report);
                Body::Rechecked(again)
            }
            other => other,
        };
        let judged = |bench: &Bench, change: &dyn Fn(Body) -> Body| {
            let disk = forged(bench, |body| std::vec![change(body)]).unwrap();
            let verified = VerifiedTranscript::verify(&disk, &bench.trust());
            verified
                .err()
                .map(|findings| findings.refusals()[0].place.clone())
        };
        let idle = Bench::ready();
        assert_eq!(judged(&idle, &opening), None, "a rehearsal");
        assert_eq!(judged(&idle, &real), None, "a closed machine");
        assert!(judged(&idle, &|body| opening(real(body))).is_some());
        // A receipt names the entry before it, so that this device can only lie in full. Where the
        // machine was read again is the first place that is wrong.
        let signed = bench();
        let entries = UnverifiedTranscript::parse(&signed.disk).unwrap();
        let mut entries = entries.entries().iter();
        let place = entries.position(|entry| matches!(entry.body, Body::Rechecked(_)));
        let place = Place::Entry(u64::try_from(place.unwrap()).unwrap());
        assert_ne!(judged(&signed, &again), Some(place.clone()));
        assert_eq!(judged(&signed, &|body| again(real(body))), Some(place));
    }

    #[test]
    fn finds_an_hsm_that_was_judged_too_kindly_or_not_at_all() {
        check(|body| match body {
            Body::SessionOpened(mut opened) => {
                for line in &mut opened.report {
                    if line.rule == RuleId::HSM06 {
                        line.verdict = Verdict::Passed;
                    }
                }
                std::vec![Body::SessionOpened(opened)]
            }
            other => std::vec![other],
        });
        check(|body| match body {
            Body::SessionOpened(mut opened) => {
                opened.report.retain(|line| line.rule != RuleId::HSM06);
                std::vec![Body::SessionOpened(opened)]
            }
            other => std::vec![other],
        });
    }

    /// What only the device saw of its token it must have judged: once, and before anything else.
    #[test]
    fn finds_a_token_that_was_not_judged() {
        let judged = [
            RuleId::HSM01,
            RuleId::HSM02,
            RuleId::HSM03,
            RuleId::TRN03,
            RuleId::TRN05,
        ];
        for rule in judged {
            check(|body| match body {
                Body::SessionOpened(mut opened) if opened.kind == CeremonyKind::Sign => {
                    opened.report.retain(|line| line.rule != rule);
                    std::vec![Body::SessionOpened(opened)]
                }
                other => std::vec![other],
            });
            check(|body| match body {
                Body::SessionOpened(mut opened) if opened.kind == CeremonyKind::Sign => {
                    let twice = crate::rule::RuleLine {
                        rule,
                        verdict: Verdict::Passed,
                    };
                    opened.report.push(twice);
                    std::vec![Body::SessionOpened(opened)]
                }
                other => std::vec![other],
            });
        }
    }

    /// Only the HSM in use goes on with a journal: a copy of it is no excuse.
    #[test]
    fn finds_a_session_of_a_restored_hsm() {
        for standing in [Standing::Behind, Standing::Blank, Standing::Unanchored] {
            check(|body| match body {
                Body::SessionOpened(mut opened) if opened.kind == CeremonyKind::Sign => {
                    let of_memory = [RuleId::TRN03, RuleId::TRN05];
                    opened.report.retain(|line| !of_memory.contains(&line.rule));
                    opened.report.extend(standing.lines());
                    std::vec![Body::SessionOpened(opened)]
                }
                other => std::vec![other],
            });
        }
    }

    #[test]
    fn finds_a_machine_that_was_not_read_again_or_was_refused() {
        check(|body| match body {
            Body::Rechecked(_) => std::vec![],
            other => std::vec![other],
        });
        check(|body| match body {
            Body::Rechecked(mut again) => {
                again.report.push(crate::rule::RuleLine {
                    rule: RuleId::HSM01,
                    verdict: Verdict::Refused(std::vec![]),
                });
                std::vec![Body::Rechecked(again)]
            }
            other => std::vec![other],
        });
    }

    /// HSM04 is judged again over the evidence: at the start, against every session before, and
    /// before signing.
    #[test]
    fn finds_random_numbers_that_were_judged_too_kindly() {
        check(|body| match body {
            Body::SessionOpened(mut opened) if opened.kind == CeremonyKind::Sign => {
                opened.random.kernel.highest_count = 19;
                std::vec![Body::SessionOpened(opened)]
            }
            other => std::vec![other],
        });
        check(|body| match body {
            Body::SessionOpened(mut opened) if opened.kind == CeremonyKind::Sign => {
                opened.random = evidence("1");
                std::vec![Body::SessionOpened(opened)]
            }
            other => std::vec![other],
        });
        check(|body| match body {
            Body::Rechecked(mut again) => {
                again.random.hsm.longest_run = 6;
                std::vec![Body::Rechecked(again)]
            }
            other => std::vec![other],
        });
        check(|body| match body {
            Body::Rechecked(mut again) => {
                again.report.retain(|line| line.rule != RuleId::HSM04);
                std::vec![Body::Rechecked(again)]
            }
            other => std::vec![other],
        });
    }

    #[test]
    fn finds_signatures_after_a_fault_of_the_random_numbers() {
        fn faulty(body: Body) -> Vec<Body> {
            let Body::Rechecked(mut again) = body else {
                return std::vec![body];
            };
            again.random.hsm.longest_run = 6;
            // As the device must judge it: the counts alone make this verdict.
            let start = evidence(SIGNED_IN);
            let verdict = hsm04(&again.random, RandomBefore::Opening(&start));
            assert!(matches!(verdict, Verdict::Refused(_)));
            for line in &mut again.report {
                if line.rule == RuleId::HSM04 {
                    line.verdict = verdict.clone();
                }
            }
            std::vec![Body::Rechecked(again)]
        }
        check(faulty);
        // Without signatures it is an honest end.
        let bench = bench();
        let stopped = forged(&bench, |body| match body {
            Body::Rechecked(_) => faulty(body),
            Body::Intent(_) | Body::Result(_) | Body::Receipt(_) => std::vec![],
            Body::Closed(Outcome::Signed) => std::vec![Body::Closed(Outcome::Refused)],
            other => std::vec![other],
        });
        assert_eq!(found(&bench, &stopped.unwrap()), []);
    }

    #[test]
    fn finds_a_rejection_that_was_kept_silent() {
        let mut bench = Bench::ready();
        let mut case = Case::new(&bench.world);
        case.ballots.push(crate::testing::Ballot::no("approver.b"));
        bench.take_in(CeremonyKind::Sign, &case);
        assert!(bench.judge().is_err());
        bench.close(Outcome::Refused);
        assert_eq!(found(&bench, &bench.disk), []);
        let silent = forged(&bench, |body| match body {
            Body::Rejected(_) => std::vec![],
            other => std::vec![other],
        });
        assert_eq!(found(&bench, &silent.unwrap()), [RuleId::TRN04]);
    }

    /// The forged journal is well-formed and sealed, and refused all the same.
    fn check(change: impl Fn(Body) -> Vec<Body>) {
        let bench = bench();
        let disk = forged(&bench, change).expect("a device could write this");
        assert_ne!(disk, bench.disk);
        let rules = found(&bench, &disk);
        assert!(
            rules.iter().any(|rule| {
                matches!(
                    rule,
                    RuleId::TRN04 | RuleId::REV01 | RuleId::REV02 | RuleId::SIG04
                )
            }),
            "{rules:?}"
        );
    }

    #[test]
    fn a_device_cannot_even_write_what_does_not_follow() {
        let bench = bench();
        let changes: [Change; 4] = [
            |body| match body {
                Body::Intent(_) => std::vec![],
                other => std::vec![other],
            },
            |body| match body {
                Body::Genesis(genesis) => {
                    let twice = Body::Genesis(Box::clone(&genesis));
                    std::vec![Body::Genesis(genesis), twice]
                }
                other => std::vec![other],
            },
            |body| match body {
                Body::Result(line) => std::vec![Body::Result(line), Body::Result(line)],
                other => std::vec![other],
            },
            |body| match body {
                Body::Closed(outcome) => {
                    std::vec![Body::Closed(outcome), Body::Closed(outcome)]
                }
                other => std::vec![other],
            },
        ];
        for change in changes {
            assert_eq!(forged(&bench, change), None);
        }
    }
}

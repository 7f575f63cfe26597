//! HSM04.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::phrase;
use crate::random::{RandomEvidence, SampleDigest, SourceEvidence, TESTS, TestParameters};
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// What was known before the tests ran.
#[derive(Clone, Copy, Debug)]
pub enum RandomBefore<'a> {
    /// A session begins: samples of the start-up tests of all sessions before it.
    Sessions(&'a BTreeSet<SampleDigest>),
    /// A session goes on: what its opening entry says.
    Opening(&'a RandomEvidence),
}

/// HSM04: The random numbers of the HSM and of the machine are healthy.
///
/// Finds a source that is stuck, prefers a value, runs in a circle, begins as it began in an
/// earlier session, or is the other source. It cannot find one that only looks random.
pub fn hsm04(evidence: &RandomEvidence, before: RandomBefore<'_>) -> Verdict {
    let mut refusals = Vec::new();
    if evidence.tests != TESTS {
        let (expected, got) = (parameters(&TESTS), parameters(&evidence.tests));
        refusals.push(refusal(Place::Machine, expected, got));
    }
    for (place, source) in [
        (Place::Token, &evidence.hsm),
        (Place::Machine, &evidence.kernel),
    ] {
        refusals.extend(tests(&place, source));
    }
    if evidence.hsm.start_up == evidence.kernel.start_up {
        let expected = phrase!("two sources that differ", "異なる2つの乱数源");
        let got = phrase!("the same bytes from both", "両方から同じバイト列");
        refusals.push(refusal(Place::Token, expected, got));
    }
    refusals.extend(new_bytes(evidence, before));
    Verdict::of(refusals)
}

/// The tests of one source.
fn tests(place: &Place, source: &SourceEvidence) -> Vec<Refusal> {
    let (run, count) = (source.longest_run, source.highest_count);
    let mut refusals = Vec::new();
    let mut refuse = |expected, got| refusals.push(refusal(place.clone(), expected, got));
    if source.samples < u64::from(TESTS.start_up) {
        refuse(
            phrase!(
                "{count} bytes tested",
                "{count} バイトの検査",
                count = TESTS.start_up
            ),
            Phrase::figure(source.samples),
        );
    }
    if run >= TESTS.repetition_cutoff {
        refuse(
            phrase!(
                "under {count} equal bytes in a row",
                "同じバイトの連続は {count} 未満",
                count = TESTS.repetition_cutoff
            ),
            Phrase::figure(run),
        );
    }
    if count >= TESTS.proportion_cutoff {
        refuse(
            phrase!(
                "a byte under {count} times in {window}",
                "{window} バイト中、同じバイトは {count} 回未満",
                count = TESTS.proportion_cutoff,
                window = TESTS.window
            ),
            phrase!("{count} times", "{count} 回", count = count),
        );
    }
    if source.repeated_blocks > 0 {
        refuse(
            phrase!("32 bytes that never came before", "初出の32バイト"),
            phrase!(
                "{count} such blocks again",
                "既出のブロック {count} 個",
                count = source.repeated_blocks
            ),
        );
    }
    refusals
}

/// Bytes of this session are those of no other, and tests that go on have more of them.
fn new_bytes(evidence: &RandomEvidence, before: RandomBefore<'_>) -> Vec<Refusal> {
    let sources = |of: &RandomEvidence| [(Place::Token, of.hsm), (Place::Machine, of.kernel)];
    match before {
        RandomBefore::Sessions(seen) => sources(evidence)
            .into_iter()
            .filter(|(_, source)| seen.contains(&source.start_up))
            .map(|(place, _)| {
                let expected = phrase!(
                    "a start that no session had before",
                    "どのセッションとも異なる始まり"
                );
                let got = phrase!(
                    "the bytes of an earlier session",
                    "過去のセッションのバイト列"
                );
                refusal(place, expected, got)
            })
            .collect(),
        RandomBefore::Opening(opening) => sources(evidence)
            .into_iter()
            .zip(sources(opening))
            .filter(|((_, now), (_, then))| !goes_on(now, then))
            .map(|((place, now), _)| {
                let expected = phrase!(
                    "{count} more bytes tested",
                    "さらに {count} バイトの検査",
                    count = TESTS.start_up
                );
                let got = phrase!("{count} in all", "合計 {count}", count = now.samples);
                refusal(place, expected, got)
            })
            .collect(),
    }
}

/// Whether `now` are the same tests as `then`, after at least as many bytes again.
fn goes_on(now: &SourceEvidence, then: &SourceEvidence) -> bool {
    let enough = then.samples.saturating_add(u64::from(TESTS.start_up));
    now.start_up == then.start_up
        && now.samples >= enough
        && now.longest_run >= then.longest_run
        && now.highest_count >= then.highest_count
        && now.repeated_blocks >= then.repeated_blocks
}

fn parameters(tests: &TestParameters) -> Phrase {
    phrase!(
        "one in 2^{alarm}, {bits} bits: under {run} in a row, {count} in {window}; {bytes} to start",
        "誤検出 2^-{alarm}、{bits} ビット、連続 {run} 未満、{window} 中 {count} 未満、開始時 {bytes} バイト",
        alarm = tests.false_alarm,
        bits = tests.entropy,
        run = tests.repetition_cutoff,
        count = tests.proportion_cutoff,
        window = tests.window,
        bytes = tests.start_up
    )
}

const fn refusal(place: Place, expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::HSM04, place, expected, got)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::testing::{Scripted, evidence, evidence_again};
    use crate::random::{DeviceRandom, TestParameters};

    const NONE: &BTreeSet<SampleDigest> = &BTreeSet::new();

    fn refused(evidence: &RandomEvidence, before: RandomBefore<'_>) -> Vec<Refusal> {
        match hsm04(evidence, before) {
            Verdict::Refused(refusals) => refusals,
            Verdict::Passed => Vec::new(),
            other => panic!("{other:?}"),
        }
    }

    /// The one place that is refused at the start of a session.
    fn refused_at(evidence: &RandomEvidence) -> Option<Place> {
        let refusals = refused(evidence, RandomBefore::Sessions(NONE));
        assert!(refusals.len() < 2, "{refusals:?}");
        refusals.into_iter().next().map(|refusal| refusal.place)
    }

    mod hsm04 {
        use super::*;

        #[test]
        fn passes_healthy_sources() {
            let start = evidence("");
            let passed = hsm04(&start, RandomBefore::Sessions(NONE));
            assert_eq!(passed, Verdict::Passed);
            let again = hsm04(&evidence_again(""), RandomBefore::Opening(&start));
            assert_eq!(again, Verdict::Passed);
        }

        #[test]
        fn refuses_a_constant_source_in_every_way() {
            let (mut hsm, mut kernel) = (Scripted::good("hsm"), Scripted::good("kernel"));
            hsm.put(&[0; 1024]);
            let random = DeviceRandom::start(&mut hsm, &mut kernel).unwrap();
            let refusals = refused(&random.evidence(), RandomBefore::Sessions(NONE));
            assert_eq!(refusals.len(), 3, "{refusals:?}");
            assert!(refusals.iter().all(|r| r.place == Place::Token));
        }

        #[test]
        fn each_count_at_the_limit_and_one_past_it() {
            type Change = fn(&mut SourceEvidence, u32);
            let changes: [(Change, u32); 3] = [
                (|s, n| s.longest_run = n, TESTS.repetition_cutoff),
                (|s, n| s.highest_count = n, TESTS.proportion_cutoff),
                (|s, n| s.repeated_blocks = n, 1),
            ];
            for (change, cutoff) in changes {
                let mut tried = evidence("");
                change(&mut tried.hsm, cutoff - 1);
                assert_eq!(refused_at(&tried), None);
                change(&mut tried.hsm, cutoff);
                assert_eq!(refused_at(&tried), Some(Place::Token));
                let mut tried = evidence("");
                change(&mut tried.kernel, cutoff);
                assert_eq!(refused_at(&tried), Some(Place::Machine));
            }
        }

        #[test]
        fn refuses_one_byte_less_than_the_start_up_test_asks_for() {
            let mut few = evidence("");
            few.hsm.samples = u64::from(TESTS.start_up);
            assert_eq!(refused_at(&few), None);
            few.hsm.samples -= 1;
            assert_eq!(refused_at(&few), Some(Place::Token));
        }

        #[test]
        fn refuses_one_source_in_the_place_of_both() {
            let mut one = evidence("");
            one.kernel = one.hsm;
            assert_eq!(refused_at(&one), Some(Place::Token));
        }

        #[test]
        fn refuses_looser_tests() {
            let mut loose = evidence("");
            loose.tests = TestParameters {
                repetition_cutoff: TESTS.repetition_cutoff + 1,
                ..TESTS
            };
            assert_eq!(refused_at(&loose), Some(Place::Machine));
        }

        #[test]
        fn refuses_a_source_that_begins_as_in_an_earlier_session() {
            let today = evidence("");
            for (old, place) in [
                (today.hsm.start_up, Place::Token),
                (today.kernel.start_up, Place::Machine),
            ] {
                let seen = BTreeSet::from([old]);
                let refusals = refused(&today, RandomBefore::Sessions(&seen));
                assert_eq!(refusals.len(), 1);
                assert_eq!(refusals[0].place, place);
            }
        }

        #[test]
        fn refuses_before_signing_what_was_not_tested_again() {
            let start = evidence("");
            let before = RandomBefore::Opening(&start);
            assert_eq!(refused(&start, before).len(), 2, "no new bytes");
            assert_eq!(
                refused(&evidence_again("x"), before).len(),
                2,
                "of another session"
            );
            let mut one_less = evidence_again("");
            one_less.hsm.samples = start.hsm.samples + u64::from(TESTS.start_up) - 1;
            assert_eq!(refused(&one_less, before).len(), 1);
            let mut forgets = evidence_again("");
            forgets.kernel.longest_run = 0;
            assert_eq!(refused(&forgets, before).len(), 1);
        }
    }
}

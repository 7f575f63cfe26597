//! `audit rng`.

use alloc::collections::BTreeMap;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::history::{DeviceHistory, SessionRecord};
use super::super::records::{Records, at};
use crate::digest::SampleDigest;
use crate::phrase;
use crate::rule::{Phrase, RuleId, Verdict};

/// Were the random numbers healthy, and never the same twice in the house?
///
/// A device compares with its own past; two copies of one machine only show here.
pub fn rng(records: &Records) -> AuditAnswer {
    let mut cases = records.unheard();
    let mut drawn = BTreeMap::new();
    for history in records.histories() {
        for session in &history.sessions {
            cases.push(one(history, session, &mut drawn));
        }
    }
    let unit = Unit {
        name: phrase!("sessions", "セッション"),
        claim: phrase!(
            "both sources of random numbers passed their health tests and began as no source had \
             begun before on any device",
            "2つの乱数源が健全性検査に合格し、どの端末のどの乱数源とも異なる値で始まっている"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Rng, unit, cases)
}

fn one(
    history: &DeviceHistory,
    session: &SessionRecord,
    drawn: &mut BTreeMap<SampleDigest, Phrase>,
) -> AuditCase {
    let (subject, random) = (at(history, session), &session.random);
    let mut again = None;
    for sample in [random.hsm.start_up, random.kernel.start_up] {
        again = again.or_else(|| drawn.get(&sample).cloned());
        drawn.insert(sample, subject.clone());
    }
    if let Some(first) = again {
        return AuditCase::found(subject, Finding::RepeatedSample, first);
    }
    let found = phrase!(
        "HSM {hsm} bytes, longest run {hsm_run}; kernel {kernel} bytes, longest run {kernel_run}",
        "HSM {hsm} バイト(最長連続 {hsm_run})、カーネル {kernel} バイト(最長連続 {kernel_run})",
        hsm = random.hsm.samples,
        hsm_run = random.hsm.longest_run,
        kernel = random.kernel.samples,
        kernel_run = random.kernel.longest_run
    );
    let mut lines = session.machine.iter();
    let refused =
        lines.any(|line| line.rule == RuleId::HSM04 && matches!(line.verdict, Verdict::Refused(_)));
    if refused {
        AuditCase::fail(subject, found)
    } else {
        AuditCase::pass(subject, found)
    }
}

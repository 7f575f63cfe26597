//! `audit chain`.

use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::trust::AuditTrust;
use super::super::walk::ChainWalk;
use crate::phrase;
use crate::rule::{Phrase, Refusal};

/// A transcript that was walked, or where the walk ended.
pub type Walked = (Phrase, Result<ChainWalk, Refusal>);

/// Is there a gap, a fork, a reordering or a second beginning in a device's life?
///
/// Several transcripts of one device must lie on one line.
pub fn chain(trust: &AuditTrust, walked: &[Walked]) -> AuditAnswer {
    let mut cases: Vec<AuditCase> = walked.iter().map(|(file, walk)| one(file, walk)).collect();
    for (place, (file, walk)) in walked.iter().enumerate() {
        for (other, before) in walked.iter().take(place) {
            cases.extend(parted((file, walk), (other, before)));
        }
    }
    for device in &trust.devices {
        let given = walked.iter().any(|(_, walk)| {
            let walk = walk.as_ref().ok();
            let identity = walk.and_then(ChainWalk::identity);
            identity.is_some_and(|identity| identity.device_id() == device.id)
        });
        if !given {
            let subject = phrase!("device {name}", "端末 {name}", name = device.name);
            cases.push(AuditCase::missing(subject, Finding::NoTranscript.phrase()));
        }
    }
    let unit = Unit {
        name: phrase!("transcripts", "記録"),
        claim: phrase!(
            "no gap, no fork, no reordering and no second beginning from the genesis to the last seal",
            "起点から最後の封印まで、欠落、分岐、順序の入替え、二重の起点がない"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Chain, unit, cases)
}

fn one(file: &Phrase, walk: &Result<ChainWalk, Refusal>) -> AuditCase {
    match walk {
        Err(refusal) => AuditCase::found(
            file.clone(),
            Finding::NotVerified,
            phrase!(
                "{rule} at {place}: {why}",
                "{rule} 拒否({place}): {why}",
                rule = refusal.rule,
                place = refusal.place,
                why = refusal.difference()
            ),
        ),
        Ok(walk) => AuditCase::pass(
            file.clone(),
            phrase!(
                "{entries} entries under {seals} seals",
                "記録 {entries} 件、封印 {seals} 個",
                entries = walk.head().entries,
                seals = walk.sealed().len()
            ),
        ),
    }
}

fn parted(
    (file, walk): (&Phrase, &Result<ChainWalk, Refusal>),
    (other, before): (&Phrase, &Result<ChainWalk, Refusal>),
) -> Option<AuditCase> {
    let (walk, before) = (walk.as_ref().ok()?, before.as_ref().ok()?);
    if walk.identity() != before.identity() {
        return None;
    }
    let at = walk.parts_from(before)?;
    let detail = phrase!(
        "{other}, not later than session {session}",
        "{other}(セッション {session} まで)",
        other = other,
        session = at.session
    );
    Some(AuditCase::found(file.clone(), Finding::Fork, detail))
}

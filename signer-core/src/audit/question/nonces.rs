//! `audit nonces`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::papers::Papers;
use super::super::records::Records;
use crate::digest::hex;
use crate::phrase;
use crate::rule::Phrase;

/// Is any r value used twice, by any key of any device, for any purpose?
pub fn nonces(records: &Records, papers: &Papers) -> AuditAnswer {
    let mut cases = records.unheard();
    let mut seen: BTreeMap<[u8; 32], ([u8; 32], Phrase)> = BTreeMap::new();
    for history in records.histories() {
        let place = phrase!("device {name}", "端末 {name}", name = history.name);
        let values = history.state.ledger().r_values();
        let twice: Vec<AuditCase> = values
            .iter()
            .filter_map(|(r, s)| note(&mut seen, (r, s), &place))
            .collect();
        if twice.is_empty() {
            let found = phrase!("{n} r values", "r値 {n} 個", n = values.count());
            cases.push(AuditCase::pass(place, found));
        }
        cases.extend(twice);
    }
    let found = papers.signatures.iter().filter_map(|found| {
        let signature = found.signature?;
        note(&mut seen, (&signature.r(), &signature.s()), &found.file)
    });
    cases.extend(found);
    let unit = Unit {
        name: phrase!("devices", "端末"),
        claim: phrase!(
            "no r value of a signature stands in another signature of any device, PSBT or \
             transaction",
            "署名のr値が、どの端末、PSBT、取引の別の署名にも現れない"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Nonces, unit, cases)
}

/// The same signature in two places gives nothing away; the same r in two signatures does.
fn note(
    seen: &mut BTreeMap<[u8; 32], ([u8; 32], Phrase)>,
    (r, s): (&[u8; 32], &[u8; 32]),
    place: &Phrase,
) -> Option<AuditCase> {
    match seen.get(r) {
        None => {
            seen.insert(*r, (*s, place.clone()));
            None
        }
        Some((other, _)) if other == s => None,
        Some((_, first)) => {
            let detail = phrase!(
                "r {r}, first in {first}",
                "r {r}、最初は {first}",
                r = hex(r),
                first = first
            );
            Some(AuditCase::found(place.clone(), Finding::RepeatedR, detail))
        }
    }
}

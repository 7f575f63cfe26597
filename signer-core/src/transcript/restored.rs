//! TRN05: telling an HSM that was restored from a backup.

use super::anchor::Anchor;
use super::chain::UnverifiedTranscript;
use super::entry::{Body, CeremonyKind, Entry};
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId};

/// TRN05: The HSM remembers the last session: it was not restored from an older backup.
///
/// The HSM is told where the journal stands before a session goes on after its opening entry,
/// before a signature is made and before a key is destroyed. A journal that went on so beyond what
/// the HSM remembers was written with another HSM. A session that only holds a backup against the
/// card tells the HSM nothing, and does not count; one that recovers tells it from the entry on that
/// does.
///
/// # Errors
/// TRN05.
pub fn trn05(anchor: &Anchor, journal: &UnverifiedTranscript) -> Result<(), Refusal> {
    let mut untold = false;
    for pair in journal.entries().windows(2) {
        let [told, next] = pair else { continue };
        match &told.body {
            Body::SessionOpened(opened) => {
                untold = matches!(opened.kind, CeremonyKind::Backup | CeremonyKind::Recover);
            }
            Body::Recovered(_) => untold = false,
            _ => {}
        }
        if !untold && goes_on(told, next) && anchor.entries <= told.sequence {
            let expected = phrase!(
                "an HSM that remembers entry {entry}",
                "記録 {entry} を記憶しているHSM",
                entry = told.sequence
            );
            let got = phrase!(
                "one that remembers {entries} entries",
                "記録 {entries} 件を記憶しているHSM",
                entries = anchor.entries
            );
            let place = Place::Entry(told.sequence);
            return Err(Refusal::new(RuleId::TRN05, place, expected, got));
        }
    }
    Ok(())
}

/// Whether `next` can stand behind `told` only when the HSM was told in between.
const fn goes_on(told: &Entry, next: &Entry) -> bool {
    match (&told.body, &next.body) {
        (Body::SessionOpened(_) | Body::Recovered(_), Body::SessionOpened(_)) => false,
        (Body::SessionOpened(_) | Body::Recovered(_), _)
        | (Body::Intent(_), Body::Result(_))
        | (Body::Destroying(_), Body::Destroyed(_)) => true,
        _ => false,
    }
}

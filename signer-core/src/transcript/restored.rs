//! TRN05: telling an HSM that was restored from a backup.

use super::anchor::Anchor;
use super::chain::UnverifiedTranscript;
use super::entry::{Body, CeremonyKind, Entry};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};

/// TRN05: The HSM remembers the last session: it was not restored from an older backup.
///
/// The HSM is told where the journal stands before a session goes on after its opening entry,
/// before a signature is made and before a key is destroyed. A journal that went on so beyond what
/// the HSM remembers was written with another HSM. A session that only holds a backup against the
/// card tells the HSM nothing, and does not count; one that recovers tells it from the entry on that
/// does, and one that replaces tells the new HSM.
///
/// Behind a replacement the HSM remembers that entry. Until the new one is told of it, it is known by
/// what the entry says that it remembered, and the old one is refused already.
///
/// # Errors
/// TRN05.
pub fn trn05(anchor: Option<&Anchor>, journal: &UnverifiedTranscript) -> Result<(), Refusal> {
    let remembered = anchor.map_or(0, |anchor| anchor.entries);
    let taken = newest_replacement(journal);
    if let Some((replaced, _)) = taken.filter(|(at, _)| remembered <= at.sequence) {
        return if is_awaited(anchor, journal) {
            Ok(())
        } else {
            Err(refusal(replaced, anchor))
        };
    }
    match untold_beyond(journal, remembered) {
        Some(told) => Err(refusal(told, anchor)),
        None => Ok(()),
    }
}

/// Whether an HSM that remembers this is one that a replacement brought and that was not told of it
/// yet.
pub(super) fn is_awaited(anchor: Option<&Anchor>, journal: &UnverifiedTranscript) -> bool {
    newest_replacement(journal).is_some_and(|(at, remembered)| {
        remembered == anchor && untold_beyond(journal, at.sequence).is_none()
    })
}

/// The entry of the newest replacement, and what the new HSM remembered before it.
fn newest_replacement(journal: &UnverifiedTranscript) -> Option<(&Entry, Option<&Anchor>)> {
    let mut entries = journal.entries().iter().rev();
    entries.find_map(|entry| match &entry.body {
        Body::Replaced(replaced) => Some((entry, replaced.remembered.as_ref())),
        _ => None,
    })
}

/// The first entry that an HSM was told of, as the journal went on behind it, and that one which
/// remembers so many entries was not.
fn untold_beyond(journal: &UnverifiedTranscript, remembered: u64) -> Option<&Entry> {
    let mut untold = false;
    for pair in journal.entries().windows(2) {
        let [told, next] = pair else { continue };
        match &told.body {
            Body::SessionOpened(opened) => {
                untold = matches!(
                    opened.kind,
                    CeremonyKind::Backup | CeremonyKind::Recover | CeremonyKind::Replace
                );
            }
            Body::Recovered(_) | Body::Replaced(_) => untold = false,
            _ => {}
        }
        if !untold && goes_on(told, next) && remembered <= told.sequence {
            return Some(told);
        }
    }
    None
}

/// Whether `next` can stand behind `told` only when the HSM was told in between.
const fn goes_on(told: &Entry, next: &Entry) -> bool {
    match (&told.body, &next.body) {
        (
            Body::SessionOpened(_) | Body::Recovered(_) | Body::Replaced(_),
            Body::SessionOpened(_),
        ) => false,
        (Body::SessionOpened(_) | Body::Recovered(_) | Body::Replaced(_), _)
        | (Body::Intent(_), Body::Result(_))
        | (Body::Destroying(_), Body::Destroyed(_)) => true,
        _ => false,
    }
}

fn refusal(told: &Entry, anchor: Option<&Anchor>) -> Refusal {
    let expected = phrase!(
        "an HSM that remembers entry {entry}",
        "記録 {entry} を記憶しているHSM",
        entry = told.sequence
    );
    let got = anchor.map_or_else(Phrase::none, |anchor| {
        phrase!(
            "one that remembers {entries} entries",
            "記録 {entries} 件を記憶しているHSM",
            entries = anchor.entries
        )
    });
    Refusal::new(RuleId::TRN05, Place::Entry(told.sequence), expected, got)
}

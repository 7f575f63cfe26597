//! The anchor: what the HSM remembers of the journal.
//!
//! Two alternating private data objects hold one each. An anchor ahead of the disk is a disk that
//! was rolled back.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::chain::{Journal, UnverifiedTranscript};
use super::entry::Body;
use super::restored::is_awaited;
use crate::codec;
use crate::digest::{LedgerDigest, RosterDigest, hex, tagged};
use crate::life::Frozen;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::types::Height;

/// What the HSM remembers: where the journal stands, and what in it keeps something closed, so that
/// no recovery without that journal opens it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Anchor {
    /// Rises with every write, over both slots.
    #[n(0)]
    pub generation: u64,
    /// SHA-256 of the journal's last entry at that time.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub head: [u8; 32],
    /// How many entries there were.
    #[n(2)]
    pub entries: u64,
    /// Bitcoin signatures that the device had made.
    #[n(3)]
    pub signatures: u64,
    /// What past signings mean for limits and replay.
    #[n(4)]
    pub ledger: LedgerDigest,
    /// Who froze the device, as long as it is frozen.
    #[n(5)]
    pub frozen: Option<Frozen>,
    /// A roster of the recovery quorum, as long as it waits.
    #[n(6)]
    pub waiting: Option<AnchoredRoster>,
}

/// A roster of the recovery quorum whose delay has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnchoredRoster {
    /// The roster.
    #[n(0)]
    pub roster: RosterDigest,
    /// First known height at which it can be installed.
    #[n(1)]
    pub from: Height,
    /// The roster in force, behind which it waits: any other ends the wait.
    #[n(2)]
    pub behind: RosterDigest,
}

/// An anchor with its checksum: a write that was cut is seen.
#[derive(Encode, Decode)]
struct AnchorWire {
    #[n(0)]
    anchor: Anchor,
    #[cbor(n(1), with = "minicbor::bytes")]
    checksum: [u8; 32],
}

impl Anchor {
    /// The anchor that follows `last` for a journal as it stands.
    pub fn following(last: Option<&Self>, journal: &Journal) -> Self {
        let (head, state) = (journal.head(), journal.state());
        let waiting = state.waiting_roster().zip(state.roster());
        Self {
            generation: last.map_or(0, |anchor| anchor.generation.saturating_add(1)),
            head: head.hash,
            entries: head.entries,
            signatures: state.ledger().signatures(),
            ledger: state.ledger().digest(),
            frozen: state.frozen().cloned(),
            waiting: waiting.map(|(waiting, roster)| AnchoredRoster {
                roster: waiting.roster,
                from: waiting.from,
                behind: roster.digest(),
            }),
        }
    }

    /// The bytes for the HSM.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&AnchorWire {
            anchor: self.clone(),
            checksum: self.checksum(),
        })
    }

    /// Reads a slot; nothing where the write was cut or the slot holds something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let wire: AnchorWire = codec::decode(bytes).ok()?;
        (wire.checksum == wire.anchor.checksum()).then_some(wire.anchor)
    }

    /// The newer of the anchors in the two slots.
    pub fn newest(slots: [Option<&[u8]>; 2]) -> Option<Self> {
        let read = slots.into_iter().flatten().filter_map(Self::from_bytes);
        read.max_by_key(|anchor| anchor.generation)
    }

    fn checksum(&self) -> [u8; 32] {
        tagged("himuro/anchor", &[&codec::encode(self)])
    }
}

/// TRN03: The head in the HSM is the journal's head or an ancestor of it.
///
/// A recovery goes on from the anchor that it names: that one counts as an ancestor too, so that a
/// cut before the HSM is told of the recovery leaves a journal in force. An HSM that a replacement
/// brought may remember nothing until it is told of it.
///
/// # Errors
/// TRN03: no anchor, an anchor ahead of the disk, or one of another journal.
pub fn trn03(anchor: Option<&Anchor>, journal: &UnverifiedTranscript) -> Result<(), Refusal> {
    let refusal = |expected, got| {
        let entries = Place::Entry(journal.head().entries);
        Err(Refusal::new(RuleId::TRN03, entries, expected, got))
    };
    let Some(anchor) = anchor else {
        if is_awaited(None, journal) {
            return Ok(());
        }
        return refusal(
            phrase!("an anchor in the HSM", "HSM内の先頭値"),
            Phrase::none(),
        );
    };
    if continued(anchor, journal) {
        return Ok(());
    }
    let entries = journal.head().entries;
    if anchor.entries > entries {
        let expected = phrase!(
            "a journal of at least {count} entries",
            "{count} 件以上の記録のあるジャーナル",
            count = anchor.entries
        );
        let got = phrase!(
            "{count}: the disk was rolled back",
            "{count} 件: ディスクの巻き戻し",
            count = entries
        );
        return refusal(expected, got);
    }
    let hash = journal.hash_at(anchor.entries);
    if hash == Some(&anchor.head) {
        return Ok(());
    }
    let got = hash.map_or_else(
        || phrase!("no entry", "記録なし"),
        |hash| Phrase::figure(hex(hash)),
    );
    let expected = phrase!(
        "entry with hash {hash}",
        "ハッシュが {hash} の記録",
        hash = hex(&anchor.head)
    );
    refusal(expected, got)
}

/// Whether the journal recovered from this very anchor.
fn continued(anchor: &Anchor, journal: &UnverifiedTranscript) -> bool {
    let mut entries = journal.entries().iter();
    entries.any(|entry| matches!(&entry.body, Body::Recovered(from) if from.anchor == *anchor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(generation: u64) -> Anchor {
        Anchor {
            generation,
            head: [7; 32],
            entries: 9,
            signatures: 4,
            ledger: LedgerDigest::over(&[]),
            frozen: None,
            waiting: None,
        }
    }

    #[test]
    fn the_newer_whole_slot_counts() {
        let (old, new) = (anchor(4).to_bytes(), anchor(5).to_bytes());
        let newest = |a, b| Anchor::newest([Some(a), Some(b)]);
        assert_eq!(newest(&old, &new), Some(anchor(5)));
        assert_eq!(newest(&new, &old), Some(anchor(5)));
        let cut = &new[..new.len() - 1];
        assert_eq!(newest(&old, cut), Some(anchor(4)));
        assert_eq!(Anchor::newest([None, None]), None);
    }

    #[test]
    fn every_flipped_bit_of_an_anchor_is_seen() {
        let bytes = anchor(5).to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Anchor::from_bytes(&flipped), None, "bit {bit}");
        }
    }
}

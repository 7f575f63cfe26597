//! The chain alone: every entry's hash and place and every seal, nothing replayed.
//!
//! What it shows is that nobody changed, dropped or inserted anything since the device sealed it.
//! Whether the device judged rightly, only a replay shows.

use alloc::vec::Vec;

use super::trust::AuditTrust;
use crate::cose::{Scope, Signed};
use crate::keys::P256PublicKey;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::transcript::{Body, Entry, JournalHead, Seal, trn02};
use crate::types::SessionNumber;

/// A journal that is walked along its hashes.
#[derive(Clone, Debug, Default)]
pub struct ChainWalk {
    head: Option<JournalHead>,
    owner: Option<Owner>,
    sealed: Vec<SealedHead>,
    signatures: u64,
}

/// Who a journal says that it is of.
#[derive(Clone, Copy, Debug)]
struct Owner {
    identity: P256PublicKey,
    scope: Scope,
}

/// A place at which the device sealed its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedHead {
    /// The session.
    pub session: SessionNumber,
    /// Entries up to the seal, the seal among them.
    pub entries: u64,
    /// SHA-256 of the entry that holds the seal.
    pub head: [u8; 32],
    /// Bitcoin signatures that the device had made.
    pub signatures: u64,
}

impl ChainWalk {
    /// Before the first entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the walk stands.
    pub fn head(&self) -> JournalHead {
        self.head.unwrap_or(JournalHead::START)
    }

    /// The identity key that the first entry names; trusted by nobody yet.
    pub fn identity(&self) -> Option<P256PublicKey> {
        self.owner.map(|owner| owner.identity)
    }

    /// Every seal, in order.
    pub fn sealed(&self) -> &[SealedHead] {
        &self.sealed
    }

    /// Takes the bytes of the next entry.
    ///
    /// # Errors
    /// TRN01, TRN02.
    pub fn take(&mut self, item: &[u8]) -> Result<(), Refusal> {
        let mut head = self.head();
        let entry = head.take(item)?;
        match &entry.body {
            Body::Genesis(genesis) => self.begin(
                &entry,
                Owner {
                    identity: genesis.identity,
                    scope: genesis.root.scope,
                },
            )?,
            Body::Sealed(bytes) => self.seal(&entry, &bytes.0, &head)?,
            _ if self.owner.is_none() => return Err(beginning(entry.sequence)),
            _ => {}
        }
        self.head = Some(head);
        Ok(())
    }

    fn begin(&mut self, entry: &Entry, owner: Owner) -> Result<(), Refusal> {
        if entry.sequence != 0 || self.owner.is_some() {
            return Err(beginning(entry.sequence));
        }
        self.owner = Some(owner);
        Ok(())
    }

    /// The seal is the owner's, over the entry before it; its count of signatures does not fall.
    fn seal(&mut self, entry: &Entry, bytes: &[u8], head: &JournalHead) -> Result<(), Refusal> {
        let owner = self.owner.ok_or_else(|| beginning(entry.sequence))?;
        let known = |kid: &_| (*kid == owner.identity.key_id()).then_some(owner.identity);
        let claimed = Signed::<Seal>::open(bytes, owner.scope, known)
            .map_err(|error| unsealed(entry.sequence, error.phrase()))?;
        let expected = Seal {
            version: 1,
            scope: owner.scope,
            device: owner.identity.device_id(),
            session: entry.session,
            head: entry.prev,
            entries: entry.sequence,
            ..claimed.body().clone()
        };
        if *claimed.body() != expected {
            // Says which of the two it is.
            return trn02(bytes, &expected, &owner.identity, entry.sequence);
        }
        if expected.signatures < self.signatures {
            let fell = phrase!(
                "{now} signatures after {before}",
                "{before} 署名の後に {now} 署名",
                now = expected.signatures,
                before = self.signatures
            );
            return Err(unsealed(entry.sequence, fell));
        }
        self.signatures = expected.signatures;
        self.sealed.push(SealedHead {
            session: entry.session,
            entries: head.entries,
            head: head.hash,
            signatures: expected.signatures,
        });
        Ok(())
    }

    /// After the last entry: the journal is of a trusted device and ends with its seal.
    ///
    /// # Errors
    /// TRN02, or TRN04 where nobody commissioned this device.
    pub fn finish(&self, trust: &AuditTrust) -> Result<(), Refusal> {
        let end = self.head().entries;
        let owner = self.owner.ok_or_else(|| beginning(end))?;
        if trust.device(&owner.identity).is_none() {
            let expected = phrase!("a device of the trust file", "信頼ファイルの端末");
            let got = Phrase::figure(owner.identity.device_id());
            return Err(Refusal::new(RuleId::TRN04, Place::Whole, expected, got));
        }
        match self.sealed.last() {
            Some(last) if last.entries == end => Ok(()),
            _ => Err(unsealed(
                end,
                phrase!("an open session", "開いたままのセッション"),
            )),
        }
    }

    /// Where two journals of one device part: the first seal of the shorter that the longer does
    /// not have.
    pub fn parts_from(&self, other: &Self) -> Option<SealedHead> {
        let (short, long) = if self.head().entries <= other.head().entries {
            (self, other)
        } else {
            (other, self)
        };
        let missing = |sealed: &&SealedHead| !long.sealed.contains(sealed);
        short.sealed.iter().find(missing).copied()
    }
}

fn beginning(place: u64) -> Refusal {
    let expected = phrase!("one genesis, first of all", "先頭に1件だけの起点の記録");
    let got = phrase!("another beginning", "別の始まり");
    Refusal::new(RuleId::TRN01, Place::Entry(place), expected, got)
}

fn unsealed(place: u64, got: Phrase) -> Refusal {
    let expected = phrase!("a seal of this device", "この端末の封印");
    Refusal::new(RuleId::TRN02, Place::Entry(place), expected, got)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Conclusion, TrustedDevice, chain};
    use crate::digest::RootDigest;
    use crate::transcript::testing::Bench;
    use crate::transcript::{CeremonyKind, Outcome};
    use crate::types::Id;

    fn trust(bench: &Bench) -> AuditTrust {
        let trust = bench.trust();
        AuditTrust {
            root: RootDigest::over(&[]),
            devices: alloc::vec![TrustedDevice {
                name: Id::new("d1").unwrap(),
                id: trust.identity.device_id(),
            }],
            releases: Vec::new(),
        }
    }

    fn walked(mut disk: &[u8], trust: &AuditTrust) -> Result<ChainWalk, Refusal> {
        let mut walk = ChainWalk::new();
        while !disk.is_empty() {
            let (item, after) = walk.head().split(disk)?;
            walk.take(item)?;
            disk = after;
        }
        walk.finish(trust).map(|()| walk)
    }

    /// A device that went on in one ceremony, or in another.
    fn branch(kind: CeremonyKind) -> Bench {
        let mut bench = Bench::born();
        bench.open(kind);
        bench.close(Outcome::Done);
        bench
    }

    #[test]
    fn a_sealed_journal_is_walked_to_its_head() {
        let bench = Bench::ready();
        let walk = walked(&bench.disk, &trust(&bench)).unwrap();
        assert_eq!(walk.head(), bench.journal.head());
        assert_eq!(walk.sealed().len(), bench.state().sessions().len());
    }

    #[test]
    fn an_older_export_lies_on_the_line_and_a_branch_does_not() {
        let (one, other) = (branch(CeremonyKind::Keys), branch(CeremonyKind::Headers));
        let trust = trust(&one);
        let subject = |name: &str| Phrase::figure(name);
        let ask = |disks: &[&[u8]]| {
            let walked: Vec<_> = disks
                .iter()
                .map(|disk| (subject("file"), walked(disk, &trust)))
                .collect();
            chain(&trust, &walked)
        };
        let born = Bench::born();
        assert_eq!(ask(&[&one.disk, &born.disk]).conclusion(), Conclusion::Pass);
        let forked = ask(&[&one.disk, &other.disk]);
        assert_eq!(forked.conclusion(), Conclusion::Fail);
        let found: Vec<_> = forked
            .cases()
            .iter()
            .filter_map(|case| case.finding)
            .collect();
        assert_eq!(found, [crate::audit::Finding::Fork]);
        assert_eq!(ask(&[]).conclusion(), Conclusion::Missing);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_found_without_a_replay() {
        let bench = Bench::born();
        let trust = trust(&bench);
        for bit in 0..bench.disk.len() * 8 {
            let mut disk = bench.disk.clone();
            disk[bit / 8] ^= 1 << (bit % 8);
            assert!(walked(&disk, &trust).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_second_beginning_is_found() {
        let bench = Bench::born();
        let (first, _) = JournalHead::START.split(&bench.disk).unwrap();
        let mut again: Entry = crate::codec::decode(first).unwrap();
        let head = bench.journal.head();
        (again.prev, again.sequence, again.session) = (head.hash, head.entries, head.session);
        let twice = [bench.disk.clone(), crate::codec::encode(&again)].concat();
        let refusal = walked(&twice, &trust(&bench)).unwrap_err();
        assert_eq!(refusal.rule, RuleId::TRN01);
    }
}

//! A journal that somebody changed on a disk: without the device's key nothing of it passes.

use alloc::vec::Vec;

use super::{found, items, signed};
use crate::digest::sha256_of;
use crate::rule::RuleId;
use crate::testing::Case;
use crate::transcript::chain::ENTRY_LIMIT;
use crate::transcript::testing::Bench;
use crate::transcript::{
    Anchor, Body, CeremonyKind, Entry, Journal, UnverifiedTranscript, trn03, whole_prefix,
};

fn anchor(bench: &Bench) -> Anchor {
    Anchor::following(None, &bench.journal)
}

/// Writes the right hashes and numbers into entries, as somebody without the key can.
fn chained(items: &[Vec<u8>]) -> Vec<u8> {
    let mut prev = [0; 32];
    let mut disk = Vec::new();
    for (sequence, item) in (0..).zip(items) {
        let mut entry: Entry = crate::codec::decode(item).unwrap();
        (entry.prev, entry.sequence) = (prev, sequence);
        let bytes = crate::codec::encode(&entry);
        prev = sha256_of(&bytes);
        disk.extend(bytes);
    }
    disk
}

mod trn01 {
    use super::*;

    #[test]
    fn passes_an_unbroken_chain() {
        let bench = signed();
        let transcript = UnverifiedTranscript::parse(&bench.disk).unwrap();
        assert_eq!(transcript.head(), bench.journal.head());
    }

    #[test]
    fn an_entry_is_known_by_the_hash_of_its_bytes() {
        let bench = signed();
        let transcript = UnverifiedTranscript::parse(&bench.disk).unwrap();
        let hashes: Vec<_> = items(&bench.disk)
            .iter()
            .map(|item| sha256_of(item))
            .collect();
        assert_eq!(transcript.hashes(), hashes);
        assert_eq!(hashes.last(), Some(&bench.journal.head().hash));
    }

    #[test]
    fn finds_every_flipped_bit_of_a_small_transcript() {
        let bench = Bench::born();
        for bit in 0..bench.disk.len() * 8 {
            let mut disk = bench.disk.clone();
            disk[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(found(&bench, &disk), [], "bit {bit}");
        }
    }

    #[test]
    fn finds_a_flipped_bit_anywhere_in_a_session_that_signed() {
        let bench = signed();
        for place in (0..bench.disk.len()).step_by(61) {
            let mut disk = bench.disk.clone();
            disk[place] ^= 1 << (place % 8);
            assert_ne!(found(&bench, &disk), [], "byte {place}");
        }
    }

    /// Every bit of the journal of a session that signed. A flip shows in its own entry, or in the
    /// one after it, which names its hash; so each is looked at where it is, not from the start.
    #[test]
    fn finds_every_flipped_bit_of_a_session_that_signed() {
        let bench = signed();
        let items = items(&bench.disk);
        let mut head = crate::transcript::JournalHead::START;
        let mut flips = 0_u32;
        for (place, item) in items.iter().enumerate() {
            let mut edited = item.clone();
            // The last entry is a seal: it is tried with the key.
            for bit in (0..item.len() * 8).take_while(|_| place + 1 < items.len()) {
                edited[bit / 8] ^= 1 << (bit % 8);
                let mut walked = head;
                let whole = crate::codec::split_first(&edited)
                    .is_ok_and(|(first, rest)| first.len() == edited.len() && rest.is_empty());
                let found = !whole
                    || walked.take(&edited).is_err()
                    || walked.take(&items[place + 1]).is_err();
                assert!(found, "entry {place}, bit {bit}");
                edited[bit / 8] ^= 1 << (bit % 8);
                flips += 1;
            }
            let _ = head.take(item).unwrap();
        }
        assert!(flips > 100_000, "{flips}");
        let sealed = bench.disk.len() - items.last().unwrap().len();
        for bit in sealed * 8..bench.disk.len() * 8 {
            let mut disk = bench.disk.clone();
            disk[bit / 8] ^= 1 << (bit % 8);
            let mut walk = crate::audit::ChainWalk::new();
            let mut rest = disk.as_slice();
            let mut refused = false;
            while !rest.is_empty() && !refused {
                match walk.head().split(rest) {
                    Ok((item, after)) => {
                        refused = walk.take(item).is_err();
                        rest = after;
                    }
                    Err(_) => refused = true,
                }
            }
            assert!(refused, "bit {bit} of the last seal");
        }
    }

    #[test]
    fn finds_entries_that_are_missing_doubled_swapped_or_cut() {
        let bench = signed();
        let items = items(&bench.disk);
        // Three edits of each: some hundred and fifty.
        assert!(items.len() > 40, "{}", items.len());
        for place in 0..items.len() {
            let mut dropped = items.clone();
            dropped.remove(place);
            // Without the last entry the journal is whole, and its last session has no seal.
            let last = place + 1 == items.len();
            let expected = if last { RuleId::TRN02 } else { RuleId::TRN01 };
            assert_eq!(found(&bench, &dropped.concat()), [expected], "drop {place}");
            let mut doubled = items.clone();
            doubled.insert(place, items[place].clone());
            assert_eq!(found(&bench, &doubled.concat()), [RuleId::TRN01]);
            if !last {
                let mut swapped = items.clone();
                swapped.swap(place, place + 1);
                assert_eq!(found(&bench, &swapped.concat()), [RuleId::TRN01]);
            }
        }
        let torn = &bench.disk[..bench.disk.len() - 1];
        assert_eq!(found(&bench, torn), [RuleId::TRN01]);
        assert_eq!(found(&bench, &[]), [RuleId::TRN01]);
    }

    #[test]
    fn a_torn_end_is_left_out_and_nothing_else() {
        let bench = Bench::born();
        let whole = bench.disk.len();
        let last = items(&bench.disk).last().unwrap().len();
        assert_eq!(whole_prefix(&bench.disk).len(), whole);
        for torn in 1..=last {
            assert_eq!(
                whole_prefix(&bench.disk[..whole - torn]).len(),
                whole - last
            );
        }
    }
}

mod trn02 {
    use super::*;

    #[test]
    fn finds_what_was_changed_and_chained_again() {
        let bench = signed();
        let items = items(&bench.disk);
        for place in 1..items.len() {
            let mut dropped = items.clone();
            dropped.remove(place);
            assert_ne!(found(&bench, &chained(&dropped)), [], "drop {place}");
        }
        assert_eq!(found(&bench, &chained(&items)), []);
    }

    #[test]
    fn finds_a_session_of_another_journal() {
        let bench = signed();
        let mut other = Bench::ready();
        let mut case = Case::new(&other.world);
        case.outputs[0].sats -= 1;
        other.sign_case(&case);
        let (mine, theirs) = (items(&bench.disk), items(&other.disk));
        let start = items_before_session(&bench, 5);
        let spliced = [&mine[..start + 4], &theirs[start + 4..]].concat();
        assert_eq!(found(&bench, &spliced.concat()), [RuleId::TRN01]);
        assert!(found(&bench, &chained(&spliced)).contains(&RuleId::TRN02));
    }

    #[test]
    fn finds_the_journal_of_another_device_and_of_another_root() {
        let bench = signed();
        let mut trust = bench.trust();
        trust.identity = crate::signing::SigningHsm::identity(&bench.world.devices[1]);
        let verified = crate::transcript::VerifiedTranscript::verify(&bench.disk, &trust);
        assert_eq!(verified.unwrap_err().refusals()[0].rule, RuleId::TRN04);
        let mut trust = bench.trust();
        trust.root = crate::digest::RootDigest::over(&[b"other"]);
        let verified = crate::transcript::VerifiedTranscript::verify(&bench.disk, &trust);
        assert_eq!(verified.unwrap_err().refusals()[0].rule, RuleId::TRN04);
    }

    /// Everything up to the last seal, and in its place a seal over the same in this scope, by this
    /// device.
    fn sealed_by(bench: &Bench, number: usize, purpose: crate::types::Purpose) -> Vec<u8> {
        let mut items = items(&bench.disk);
        let mut last: Entry = crate::codec::decode(&items.pop().unwrap()).unwrap();
        let Body::Sealed(bytes) = &last.body else {
            panic!("a journal ends with a seal");
        };
        let device = &bench.world.devices[number];
        let identity = crate::signing::SigningHsm::identity(device);
        let mut seal: crate::transcript::Seal = crate::cose::peek(&bytes.0).unwrap();
        seal.scope.purpose = purpose;
        seal.device = identity.device_id();
        let scope = seal.scope;
        let draft = crate::cose::Draft::new(seal, scope, identity);
        let signature = device.seal_with(&draft.seal_order().unwrap());
        let signed = draft.signed(signature).unwrap();
        last.body = Body::Sealed(crate::codec::ByteString(signed.to_bytes()));
        items.push(crate::codec::encode(&last));
        items.concat()
    }

    #[test]
    fn finds_a_seal_of_another_key_and_of_a_drill() {
        use crate::types::Purpose;
        let bench = signed();
        let own = bench.world.devices.iter().position(|device| {
            crate::signing::SigningHsm::identity(device) == bench.trust().identity
        });
        let own = own.unwrap();
        assert_eq!(found(&bench, &sealed_by(&bench, own, Purpose::Live)), []);
        let drill = sealed_by(&bench, own, Purpose::Drill);
        assert_eq!(found(&bench, &drill), [RuleId::TRN02]);
        for other in (0..bench.world.devices.len()).filter(|place| *place != own) {
            let resealed = sealed_by(&bench, other, Purpose::Live);
            assert_eq!(found(&bench, &resealed), [RuleId::TRN02]);
        }
    }

    /// The same first sessions, and two ends: each verifies by itself, neither goes with the other.
    #[test]
    fn finds_an_end_of_another_branch() {
        let (mut one, mut other) = (Bench::born(), Bench::born());
        one.open(CeremonyKind::Keys);
        one.close(crate::transcript::Outcome::Done);
        other.open(CeremonyKind::Headers);
        other.close(crate::transcript::Outcome::Done);
        assert_eq!(found(&one, &other.disk), []);
        let (mine, theirs) = (items(&one.disk), items(&other.disk));
        let common = mine.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        for cut in common + 1..mine.len() {
            let spliced = [&mine[..cut], &theirs[cut..]].concat();
            assert_eq!(found(&one, &spliced.concat()), [RuleId::TRN01], "cut {cut}");
            assert_ne!(found(&one, &chained(&spliced)), [], "cut {cut}");
        }
    }

    fn items_before_session(bench: &Bench, session: u32) -> usize {
        let transcript = UnverifiedTranscript::parse(&bench.disk).unwrap();
        let mut entries = transcript.entries().iter();
        entries
            .position(|entry| entry.session.0 == session)
            .unwrap()
    }
}

mod trn03 {
    use super::*;

    fn refused(anchor: Option<&Anchor>, disk: &[u8]) -> bool {
        let transcript = UnverifiedTranscript::parse(disk).unwrap();
        trn03(anchor, &transcript).is_err_and(|refusal| refusal.rule == RuleId::TRN03)
    }

    #[test]
    fn passes_the_head_and_its_ancestors() {
        let mut bench = Bench::born();
        let then = anchor(&bench);
        bench.open(CeremonyKind::Sign);
        assert!(!refused(Some(&anchor(&bench)), &bench.disk));
        assert!(!refused(Some(&then), &bench.disk));
    }

    #[test]
    fn refuses_a_disk_that_was_rolled_back() {
        let mut bench = Bench::ready();
        let old = bench.disk.clone();
        let case = Case::new(&bench.world);
        bench.sign_case(&case);
        // The old disk verifies by itself: only the anchor knows more.
        assert_eq!(found(&bench, &old), []);
        assert!(refused(Some(&anchor(&bench)), &old));
    }

    #[test]
    fn refuses_another_branch_and_no_anchor() {
        let mut bench = Bench::born();
        bench.open(CeremonyKind::Sign);
        let mine = anchor(&bench);
        let mut other = Bench::born();
        other.open(CeremonyKind::Keys);
        assert!(refused(Some(&mine), &other.disk));
        assert!(refused(None, &bench.disk));
        assert!(Journal::load(&other.disk).is_ok());
    }
}

/// For each rule of the chain, the seal and the anchor a journal that it alone refuses.
mod alone {
    use super::*;

    #[test]
    fn trn01_alone() {
        let bench = signed();
        let mut items = items(&bench.disk);
        items.insert(1, items[1].clone());
        assert_eq!(found(&bench, &items.concat()), [RuleId::TRN01]);
    }

    /// One bit of the last seal's signature: nothing follows that could notice.
    #[test]
    fn trn02_alone() {
        let bench = signed();
        let mut items = items(&bench.disk);
        let mut last: Entry = crate::codec::decode(&items.pop().unwrap()).unwrap();
        let Body::Sealed(seal) = &mut last.body else {
            panic!("a journal ends with a seal");
        };
        *seal.0.last_mut().unwrap() ^= 1;
        items.push(crate::codec::encode(&last));
        assert_eq!(found(&bench, &items.concat()), [RuleId::TRN02]);
    }

    /// The old disk verifies by itself: only the HSM knows more.
    #[test]
    fn trn03_alone() {
        let mut bench = Bench::ready();
        let old = bench.disk.clone();
        let case = Case::new(&bench.world);
        bench.sign_case(&case);
        assert_eq!(found(&bench, &old), []);
        let refused = trn03(
            Some(&anchor(&bench)),
            &UnverifiedTranscript::parse(&old).unwrap(),
        );
        assert_eq!(refused.map_err(|refusal| refusal.rule), Err(RuleId::TRN03));
    }
}

/// An entry of the largest PSBT is read back, and the document says so.
#[test]
fn the_largest_entry_is_the_documented_one() {
    let document =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats/README.md");
    let text = std::fs::read_to_string(document).unwrap();
    let (mib, rest) = (ENTRY_LIMIT >> 20, ENTRY_LIMIT % (1 << 20));
    assert_eq!(rest, 0);
    let said = std::format!("largest journal entry: {mib} MiB");
    assert!(text.contains(&said), "{said}");
    const { assert!(ENTRY_LIMIT > crate::psbt::limits::HEAVY_FILE_BYTES) };
}

//! Transcripts: as they came, with the chain of hashes put in order again, and as a device would
//! have written them, sealed by its own key; so that what lies behind chain and seal is reached too.

use signer_core::codec::{self, ByteString};
use signer_core::cose::peek;
use signer_core::digest::sha256_of;
use signer_core::signing::Receipt;
use signer_core::transcript::{
    Body, Entry, Journal, Trust, UnverifiedTranscript, VerifiedTranscript, trn03, whole_prefix,
};
use signer_core::types::SessionNumber;

use super::world::{DEVICES, complete, signed};

/// Most entries of one run: a hostile journal of many small ones shows nothing new.
const ENTRIES: usize = 256;

/// A journal; taken is one that verifies as a device would have written it.
pub(crate) fn transcript(data: &[u8]) -> bool {
    let whole = whole_prefix(data);
    assert!(data.starts_with(whole));
    assert_eq!(whole_prefix(whole), whole);
    as_it_came(data);
    let bodies = bodies(data);
    let Some(trust) = trust(&bodies) else {
        return false;
    };
    let chained = chained(&bodies);
    as_it_came(&chained);
    judged(&chained, &trust);
    judged(&written(&bodies), &trust)
}

/// Verified, and then loaded too; or refused in words.
fn judged(bytes: &[u8], trust: &Trust) -> bool {
    match VerifiedTranscript::verify(bytes, trust) {
        Ok(verified) => {
            let journal = Journal::load(bytes).expect("what verifies is loaded");
            assert_eq!(journal.head(), verified.head());
            assert_eq!(verified.head().entries, verified.entries().len() as u64);
            true
        }
        Err(findings) => {
            assert!(!findings.refusals().is_empty());
            assert!(!format!("{findings}").is_empty());
            false
        }
    }
}

/// An unbroken chain encodes as it came, and its head counts its entries.
fn as_it_came(data: &[u8]) {
    let Ok(read) = UnverifiedTranscript::parse(data) else {
        assert!(Journal::load(data).is_err(), "loaded, and no chain");
        return;
    };
    let again: Vec<u8> = read.entries().iter().flat_map(codec::encode).collect();
    assert_eq!(again, data, "encodes as it came");
    assert_eq!(read.hashes().len(), read.entries().len());
    assert_eq!(read.head().entries, read.entries().len() as u64);
    // Nothing but an HSM that a replacement brought may remember nothing.
    let mut entries = read.entries().iter();
    let brought = entries.any(|entry| matches!(entry.body, Body::Replaced(_)));
    assert!(brought || trn03(None, &read).is_err());
}

/// What the items say that are entries.
fn bodies(data: &[u8]) -> Vec<Body> {
    let mut bodies = vec![];
    let mut rest = data;
    while let Ok((item, after)) = codec::split_first(rest) {
        if item.is_empty() || bodies.len() == ENTRIES {
            break;
        }
        bodies.extend(codec::decode::<Entry>(item).map(|entry| entry.body));
        rest = after;
    }
    bodies
}

/// A device that has these things to say. A journal that refuses an entry is unchanged: what it took
/// so far always loads again, with the same meaning.
fn written(bodies: &[Body]) -> Vec<u8> {
    let mut journal = Journal::empty();
    let mut disk = vec![];
    for body in bodies {
        let before = journal.head();
        match journal.append(signed_anew(&journal, body).unwrap_or_else(|| body.clone())) {
            Ok(appended) => disk.extend(appended.bytes()),
            Err(_) => assert_eq!(journal.head(), before),
        }
    }
    if !disk.is_empty() {
        let loaded = Journal::load(&disk).expect("what was appended loads");
        assert_eq!(loaded.head(), journal.head());
        let (loaded, kept) = (loaded.state(), journal.state());
        assert_eq!(loaded.ledger().digest(), kept.ledger().digest());
        assert_eq!(format!("{loaded:?}"), format!("{kept:?}"), "one meaning");
    }
    disk
}

/// What the device's key signs over the journal, signed over this one.
fn signed_anew(journal: &Journal, body: &Body) -> Option<Body> {
    match body {
        Body::Sealed(_) => {
            let seal = complete(journal.seal_draft().ok()?, DEVICES[0])?;
            Some(Body::Sealed(ByteString(seal)))
        }
        Body::Receipt(bytes) => {
            let mut receipt: Receipt = peek(&bytes.0).ok()?;
            receipt.head = journal.head().hash;
            receipt.entries = journal.head().entries;
            Some(Body::Receipt(ByteString(signed(receipt, DEVICES[0]))))
        }
        _ => None,
    }
}

/// What an auditor of this device would trust.
fn trust(bodies: &[Body]) -> Option<Trust> {
    bodies.iter().find_map(|body| match body {
        Body::Genesis(genesis) => Some(Trust {
            root: genesis.root.digest(),
            identity: genesis.identity,
        }),
        _ => None,
    })
}

/// The same entries with hashes, places and sessions in order.
fn chained(bodies: &[Body]) -> Vec<u8> {
    let (mut bytes, mut prev, mut session) = (vec![], [0; 32], 0_u32);
    for (sequence, body) in (0..).zip(bodies) {
        session += u32::from(matches!(body, Body::SessionOpened(_)));
        let entry = codec::encode(&Entry {
            prev,
            sequence,
            session: SessionNumber(session),
            body: body.clone(),
        });
        prev = sha256_of(&entry);
        bytes.extend(entry);
    }
    bytes
}

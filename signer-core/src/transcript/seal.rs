//! The seal: a session ends with the device's signature over everything up to its closing entry.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::chain::{Appended, Journal, JournalHead};
use super::entry::{Body, Entry, Outcome};
use crate::codec::{self, ByteString};
use crate::cose::{Artefact, Draft, Scope, Signed, SignedBy};
use crate::digest::{DeviceId, LedgerDigest, PsbtDigest, hex, sha256_of};
use crate::keys::P256PublicKey;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::types::SessionNumber;

/// What the device signs at the end of a session.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Seal {
    /// Version of this structure: 1.
    #[n(0)]
    pub version: u8,
    /// Network and purpose.
    #[n(1)]
    pub scope: Scope,
    /// The device.
    #[n(2)]
    pub device: DeviceId,
    /// The session.
    #[n(3)]
    pub session: SessionNumber,
    /// SHA-256 of the session's closing entry.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub head: [u8; 32],
    /// Entries of the journal up to that one.
    #[n(5)]
    pub entries: u64,
    /// Bitcoin signatures that the device has made.
    #[n(6)]
    pub signatures: u64,
    /// How the session ended.
    #[n(7)]
    pub outcome: Outcome,
    /// What past signings mean for limits and replay.
    #[n(8)]
    pub ledger: LedgerDigest,
    /// The PSBT that was read and not signed, where there was one.
    #[n(9)]
    pub not_signed: Option<NotSigned>,
}

/// A PSBT that a session read and did not sign. The seal that says it is given to the host: it is the
/// receipt of the refusal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NotSigned {
    /// The PSBT that came in, byte for byte.
    #[n(0)]
    pub psbt: PsbtDigest,
    /// Rules that refused it, each once, in the order in which they did; none where people ended the
    /// session.
    #[n(1)]
    pub rules: Vec<RuleId>,
}

impl Seal {
    /// SHA-256 of the journal entry that holds this seal, whose bytes are `signed`.
    pub fn entry_hash(&self, signed: Vec<u8>) -> [u8; 32] {
        sha256_of(&codec::encode(&Entry {
            prev: self.head,
            sequence: self.entries,
            session: self.session,
            body: Body::Sealed(ByteString(signed)),
        }))
    }
}

impl Artefact for Seal {
    const KIND: &'static str = "seal";
    const SIGNED_BY: SignedBy = SignedBy::Device;
}

/// A session that is closed and sealed. Made only by [`Journal::seal`].
#[derive(Debug)]
pub struct SealedSession {
    seal: Seal,
    signed: Vec<u8>,
    entry: Appended,
}

impl SealedSession {
    /// The seal.
    pub const fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The seal with its signature: to the host the receipt of a refusal.
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// The sealing entry, to be written and flushed before anything is released.
    pub const fn entry(&self) -> &Appended {
        &self.entry
    }

    /// The journal's head after the sealing entry.
    pub const fn head(&self) -> JournalHead {
        self.entry.head()
    }
}

impl Journal {
    /// The seal of the session that was just closed, for the device's identity key.
    ///
    /// # Errors
    /// TRN02 while the session is not closed.
    pub fn seal_draft(&self) -> Result<Draft<Seal>, Refusal> {
        let (seal, identity) = self.expected_seal()?;
        let scope = seal.scope;
        Ok(Draft::new(seal, scope, identity))
    }

    /// Adds the sealing entry.
    ///
    /// # Errors
    /// TRN02 where the seal is not the one of this journal.
    pub fn seal(&mut self, signed: &Signed<Seal>) -> Result<SealedSession, Refusal> {
        let (seal, _) = self.expected_seal()?;
        if *signed.body() != seal {
            let place = Place::Entry(self.head().entries);
            let expected = phrase!("this session's seal", "このセッションの封印");
            let got = phrase!("the seal of another state", "別の状態の封印");
            return Err(Refusal::new(RuleId::TRN02, place, expected, got));
        }
        let signed = signed.to_bytes();
        let entry = self.append(Body::Sealed(ByteString(signed.clone())))?;
        Ok(SealedSession {
            seal,
            signed,
            entry,
        })
    }

    fn expected_seal(&self) -> Result<(Seal, P256PublicKey), Refusal> {
        let head = self.head();
        self.state()
            .expected_seal(head.hash, head.entries)
            .ok_or_else(|| {
                let place = Place::Entry(head.entries);
                let expected = phrase!("a closed session", "閉じたセッション");
                let got = phrase!("an open one", "開いたままのセッション");
                Refusal::new(RuleId::TRN02, place, expected, got)
            })
    }
}

/// TRN02: Every session is sealed by the device's identity key.
///
/// # Errors
/// TRN02: another key, another context, or a seal that says something else than the journal.
pub fn trn02(
    bytes: &[u8],
    expected: &Seal,
    identity: &P256PublicKey,
    place: u64,
) -> Result<(), Refusal> {
    let place = Place::Entry(place);
    let refusal = |wanted, got| Err(Refusal::new(RuleId::TRN02, place, wanted, got));
    let known = |kid: &crate::digest::KeyId| (*kid == identity.key_id()).then_some(*identity);
    match Signed::<Seal>::open(bytes, expected.scope, known) {
        Err(error) => {
            let wanted = phrase!("a seal of this device", "この端末の封印");
            refusal(wanted, error.phrase())
        }
        Ok(signed) if signed.body() == expected => Ok(()),
        Ok(signed) => refusal(
            seal_over(&expected.head),
            if signed.body().head == expected.head {
                phrase!("another seal", "別の封印")
            } else {
                seal_over(&signed.body().head)
            },
        ),
    }
}

fn seal_over(head: &[u8; 32]) -> Phrase {
    phrase!(
        "a seal over head {head}",
        "先頭 {head} に対する封印",
        head = hex(head)
    )
}

//! The same release a second time, from the journal alone: for what was lost between the seal and
//! the medium. Nothing is signed here, and nothing leaves that a sealed session had not released.

use alloc::vec::Vec;

use super::{Release, Released, unsealed};
use crate::codec::ByteString;
use crate::cose::Signed;
use crate::digest::PsbtDigest;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::signing::{Receipt, SignedPsbt};
use crate::transcript::chain::{UnverifiedTranscript, refused};
use crate::transcript::entry::{Body, Entry, Outcome};
use crate::transcript::judge::operators;
use crate::transcript::state::DeviceState;
use crate::types::SessionNumber;

impl Release {
    /// Makes the signed PSBT of a sealed session again, byte for byte: the PSBT that came in, the
    /// recorded signatures and the receipt determine it. `transcript` is the device's journal.
    ///
    /// # Errors
    /// TRN01, TRN04 where the journal is broken; TRN02 where it holds no seal of this session with
    /// signatures; SIG04 where the receipt says something else than the journal; SIG05.
    pub fn again(transcript: Vec<u8>, session: SessionNumber) -> Result<Self, Refusal> {
        let mut state = DeviceState::unborn();
        let mut signed = None;
        for entry in UnverifiedTranscript::parse(&transcript)?.entries() {
            if let (Body::Receipt(bytes), true) = (&entry.body, entry.session == session) {
                signed = Some(signed_again(entry, bytes, &state)?);
            }
            state.apply(entry).map_err(|error| refused(entry, &error))?;
        }
        let sealed = state.sessions().iter().any(|ended| {
            (ended.number, ended.outcome) == (session, Outcome::Signed) && ended.seal.is_some()
        });
        match signed.filter(|_| sealed) {
            Some(signed) => Ok(Self {
                released: Some(Released::of(signed)),
                transcript,
            }),
            None => Err(unsealed(
                phrase!(
                    "the seal of a session that signed",
                    "署名したセッションの封印"
                ),
                phrase!("none of this session", "このセッションの封印なし"),
            )),
        }
    }
}

/// The signed PSBT at the entry of the receipt; `state` is what the entries before it mean.
fn signed_again(
    entry: &Entry,
    bytes: &ByteString,
    state: &DeviceState,
) -> Result<SignedPsbt, Refusal> {
    let place = Place::Entry(entry.sequence);
    let refuse = |expected, got| Refusal::new(RuleId::SIG04, place.clone(), expected, got);
    let (Some(unfinished), Some(scope), Some(identity)) =
        (state.in_hand(), state.scope(), state.identity())
    else {
        return Err(refuse(
            phrase!("an intent before the receipt", "受領証より前の署名予定"),
            Phrase::none(),
        ));
    };
    let known = |kid: &_| (*kid == identity.key_id()).then_some(*identity);
    let receipt = Signed::<Receipt>::open(&bytes.0, scope, known).map_err(|error| {
        let expected = phrase!("a receipt of this device", "この端末の受領証");
        refuse(expected, error.phrase())
    })?;
    let attended = operators(state).map_err(|_| {
        let expected = phrase!("two operators of the session", "セッションの操作者2名");
        refuse(expected, Phrase::none())
    })?;
    let intake = unfinished.intake();
    let recorded = Receipt {
        version: 1,
        scope,
        device: identity.device_id(),
        session: entry.session,
        tx: unfinished.intent().tx,
        psbt: PsbtDigest::over(&[intake.psbt()]),
        signatures: unfinished.results().to_vec(),
        head: entry.prev,
        entries: entry.sequence,
        signature_count: state.ledger().signatures(),
        operators: attended.both().map(Clone::clone),
    };
    if *receipt.body() != recorded {
        let expected = phrase!(
            "a receipt of what the journal holds",
            "ジャーナルの内容どおりの受領証"
        );
        return Err(refuse(expected, phrase!("another receipt", "別の受領証")));
    }
    SignedPsbt::assemble(&intake.container()?, &receipt)
}

#[cfg(test)]
mod tests;

//! The release: the only thing that turns into bytes, and only after the session is sealed.

mod again;

use alloc::vec::Vec;

use super::chain::Appended;
use super::entry::Outcome;
use super::seal::SealedSession;
use crate::phrase;
use crate::psbt::RawPsbt;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::signing::SignedPsbt;

/// What leaves the device: the journal up to a seal, and with it the signed PSBT if the session
/// ended with signatures.
#[derive(Debug)]
pub struct Release {
    released: Option<Released>,
    transcript: Vec<u8>,
}

/// What leaves of a session that ended with signatures.
#[derive(Debug)]
pub struct Released {
    psbt: Vec<u8>,
    answer: Vec<u8>,
}

impl Released {
    fn of(signed: SignedPsbt) -> Self {
        let [psbt, answer] = signed.into_psbts().map(RawPsbt::into_bytes);
        Self { psbt, answer }
    }

    /// The PSBT that came in, with this device's signatures and its receipt.
    pub fn psbt(&self) -> &[u8] {
        &self.psbt
    }

    /// The lean answer: the transaction, this device's signatures and its receipt.
    pub fn answer(&self) -> &[u8] {
        &self.answer
    }
}

impl Release {
    /// Releases signatures. `transcript` is the journal as it was read back from the disk.
    ///
    /// # Errors
    /// TRN02: the seal is of another session, of one without signatures, or not on the disk.
    pub fn signed(
        signed: SignedPsbt,
        sealed: &SealedSession,
        transcript: Vec<u8>,
    ) -> Result<Self, Refusal> {
        let seal = sealed.seal();
        if seal.outcome != Outcome::Signed
            || (seal.device, seal.session) != (signed.device(), signed.session())
        {
            return Err(unsealed(
                phrase!(
                    "the seal of the session that signed",
                    "署名したセッションの封印"
                ),
                phrase!("another one", "別の封印"),
            ));
        }
        ends_with(&transcript, sealed.entry())?;
        Ok(Self {
            released: Some(Released::of(signed)),
            transcript,
        })
    }

    /// Releases a session without signatures: a refusal, an abort, or a ceremony of another kind.
    ///
    /// # Errors
    /// TRN02: the session ended with signatures, or the seal is not on the disk.
    pub fn unsigned(sealed: &SealedSession, transcript: Vec<u8>) -> Result<Self, Refusal> {
        if sealed.seal().outcome == Outcome::Signed {
            return Err(unsealed(
                phrase!("a session without signatures", "署名のないセッション"),
                phrase!("one that signed", "署名したセッション"),
            ));
        }
        ends_with(&transcript, sealed.entry())?;
        Ok(Self {
            released: None,
            transcript,
        })
    }

    /// What was signed; none of a session without signatures.
    pub const fn released(&self) -> Option<&Released> {
        self.released.as_ref()
    }

    /// The same without the transcript.
    pub fn into_released(self) -> Option<Released> {
        self.released
    }

    /// The signed PSBT; none of a session without signatures.
    pub fn psbt(&self) -> Option<&[u8]> {
        self.released.as_ref().map(Released::psbt)
    }

    /// The transcript.
    pub fn transcript(&self) -> &[u8] {
        &self.transcript
    }
}

/// The seal must be the last thing on the disk.
fn ends_with(transcript: &[u8], entry: &Appended) -> Result<(), Refusal> {
    if transcript.ends_with(entry.bytes()) {
        Ok(())
    } else {
        Err(unsealed(
            phrase!(
                "a journal that ends with the seal",
                "封印で終わるジャーナル"
            ),
            phrase!("another end", "別の終わり"),
        ))
    }
}

const fn unsealed(expected: Phrase, got: Phrase) -> Refusal {
    Refusal::new(RuleId::TRN02, Place::Whole, expected, got)
}

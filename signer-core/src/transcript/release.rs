//! The release: the only thing that turns into bytes, and only after the session is sealed.

mod again;

use alloc::vec::Vec;

use super::chain::Appended;
use super::entry::Outcome;
use super::seal::SealedSession;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};
use crate::signing::SignedPsbt;

/// What leaves the device: the journal up to a seal, and with it the signed PSBT if the session
/// ended with signatures.
#[derive(Debug)]
pub struct Release {
    psbt: Option<Vec<u8>>,
    transcript: Vec<u8>,
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
            psbt: Some(signed.into_psbt().into_bytes()),
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
            psbt: None,
            transcript,
        })
    }

    /// The signed PSBT; none of a session without signatures.
    pub fn psbt(&self) -> Option<&[u8]> {
        self.psbt.as_deref()
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

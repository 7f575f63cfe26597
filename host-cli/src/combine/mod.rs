//! What comes back from devices: answers are checked, put together and made final. Nothing that a
//! device says is believed without its signature.

mod answer;
mod finish;

use signer_core::approval::Request;
use signer_core::digest::PsbtDigest;
use signer_core::phrase;
use signer_core::psbt::merge::MergeError;
use signer_core::psbt::{Limits, ParsedPsbt, RawPsbt, lean};
use signer_core::rule::{Explained, Refusal};
use signer_core::signing::Receipt;
use signer_core::wallet::RegisteredWallet;

use crate::error::Failure;

pub(crate) use answer::Answer;
pub(crate) use finish::finish;

/// What devices of a wallet were asked about: as it was kept, and as it is shown to them in pictures.
#[derive(Debug)]
pub(crate) struct Asked {
    whole: ParsedPsbt,
    lean: RawPsbt,
    wallet: RegisteredWallet,
}

impl Asked {
    /// Both forms of a request to devices of `wallet`.
    pub(crate) fn new(whole: ParsedPsbt, wallet: RegisteredWallet) -> Result<Self, Failure> {
        let lean = wallet.lean_request(&whole).map_err(|r| unusable(&r))?;
        Ok(Self {
            whole,
            lean,
            wallet,
        })
    }

    /// The digest of the form that pictures carry.
    pub(crate) fn lean_digest(&self) -> PsbtDigest {
        self.lean.digest()
    }

    /// The whole answer, and what it says, checked; `bytes` may be lean, or whole and of either form
    /// of the request.
    pub(crate) fn check(&self, bytes: Vec<u8>) -> Result<(ParsedPsbt, Answer), Failure> {
        let answer = ParsedPsbt::parse_within(self.whole_answer(bytes)?, Limits::HEAVY)?;
        let checked = answer::check(self, &answer).map_err(|refusal| unusable(&refusal))?;
        Ok((answer, checked))
    }

    /// Checks that nobody operated so many of the devices that answered as sign.
    pub(crate) fn check_people(&self, answers: &[Answer]) -> Result<(), Failure> {
        let operated: Vec<_> = answers.iter().map(|a| a.operated.clone()).collect();
        answer::kept_apart(&operated, &self.wallet).map_err(|refusal| not_apart(&refusal))
    }

    /// Checks what the answers became once they were put together.
    pub(crate) fn check_receipts(&self, combined: &ParsedPsbt) -> Result<(), Failure> {
        check_receipts(combined, &self.wallet)
    }

    fn whole_answer(&self, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
        // What is no PSBT at all is refused with its complete report where it is read.
        let Ok(answer) = RawPsbt::parse(&bytes) else {
            return Ok(bytes);
        };
        let added = if lean::is_answer(&answer) {
            Some(answer)
        } else {
            lean::answer(&self.lean, &answer).ok()
        };
        match added {
            Some(added) => Ok(complete(self.whole.raw(), &added)?.into_bytes()),
            None => Ok(bytes),
        }
    }
}

/// The whole answer out of a lean one and the request that was kept.
pub(crate) fn complete(request: &RawPsbt, answer: &RawPsbt) -> Result<RawPsbt, Failure> {
    lean::complete(request, answer).map_err(|error| match error {
        MergeError::Form(refusal) => unusable(&refusal),
        other => Failure::told(
            &phrase!("this is no answer to the request", "申請への回答ではない"),
            &other,
        ),
    })
}

/// The same of the devices whose signatures are in a PSBT, however it was put together. A signature
/// counts only with the receipt of its device.
pub(crate) fn check_receipts(
    parsed: &ParsedPsbt,
    wallet: &RegisteredWallet,
) -> Result<(), Failure> {
    let operated = answer::operated(parsed, wallet).map_err(|refusal| unusable(&refusal))?;
    answer::receipted(parsed, wallet, &operated).map_err(|refusal| unreceipted(&refusal))?;
    answer::kept_apart(&operated, wallet).map_err(|refusal| not_apart(&refusal))
}

/// Checks that whom the request names as broadcaster operated none of the devices whose receipts are here.
pub(crate) fn check_broadcaster(
    parsed: &ParsedPsbt,
    wallet: &RegisteredWallet,
    request: &Request,
) -> Result<(), Failure> {
    let operated = answer::operated(parsed, wallet).map_err(|refusal| unusable(&refusal))?;
    answer::sender_apart(&operated, &request.broadcaster).map_err(|refusal| no_sender(&refusal))
}

/// Checks the signatures of a device's own receipt over the transaction of its PSBT.
pub(crate) fn check_receipt(
    parsed: &ParsedPsbt,
    wallet: &RegisteredWallet,
    receipt: &Receipt,
) -> Result<(), Failure> {
    let verified = answer::verify(parsed, wallet, &receipt.device, receipt);
    verified.map_err(|refusal| unusable(&refusal))
}

fn unreceipted(refusal: &Refusal) -> Failure {
    Failure::refused(
        refusal.what(),
        phrase!(
            "send nothing: combine the answers again as the devices wrote them, with their receipts",
            "送信せず、端末が書き出したままの、受領証を含む回答を結合し直してください。"
        ),
    )
}

fn not_apart(refusal: &Refusal) -> Failure {
    Failure::refused(
        refusal.what(),
        phrase!(
            "send nothing: let other operators sign at one of the devices, under a new request, and report it",
            "送信せず報告し、新しい申請の下で、いずれかの端末では別の操作者が署名してください。"
        ),
    )
}

fn no_sender(refusal: &Refusal) -> Failure {
    Failure::refused(
        refusal.what(),
        phrase!(
            "send nothing: have it requested again with a broadcaster who operates no device, and report it",
            "送信せず報告し、端末を操作しない送信担当者を指定した新しい申請を作成してください。"
        ),
    )
}

/// A refusal of what a device answered. The rule's own advice is for people at the device.
fn unusable(refusal: &Refusal) -> Failure {
    Failure::refused(
        refusal.what(),
        phrase!(
            "do not use this answer: fetch it from its device again; if it is the same, report it",
            "この回答を使わず、端末から取得し直してください。同じ結果の場合は報告してください。"
        ),
    )
}

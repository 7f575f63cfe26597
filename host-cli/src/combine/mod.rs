//! What comes back from devices: answers are checked, put together and made final. Nothing that a
//! device says is believed without its signature.

mod answer;
mod finish;

use signer_core::phrase;
use signer_core::psbt::ParsedPsbt;
use signer_core::rule::{Explained, Refusal};
use signer_core::wallet::RegisteredWallet;

use crate::error::Failure;

pub(crate) use answer::Answer;
pub(crate) use finish::finish;

/// Checks one answer to `request`.
pub(crate) fn check_answer(
    request: &ParsedPsbt,
    answer: &ParsedPsbt,
    wallet: &RegisteredWallet,
) -> Result<Answer, Failure> {
    answer::check(request, answer, wallet).map_err(|refusal| unusable(&refusal))
}

/// Checks that nobody operated so many of the devices that answered as sign.
pub(crate) fn check_people(answers: &[Answer], wallet: &RegisteredWallet) -> Result<(), Failure> {
    let operated: Vec<_> = answers.iter().map(|a| a.operated.clone()).collect();
    answer::kept_apart(&operated, wallet).map_err(|refusal| not_apart(&refusal))
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

// expect: E0451
//! A stage, or the work between two stages, whose fields are filled in by somebody else.

use signer_core::approval::ApprovedTx;
use signer_core::policy::CheckedTx;
use signer_core::psbt::ParsedPsbt;
use signer_core::review::{ConfirmedTx, Review};
use signer_core::signing::{SignedPsbt, Signing};
use signer_core::transcript::{Journal, Release, SealedSession};
use signer_core::wallet::WalletTx;

pub fn parsed_psbt(old: ParsedPsbt) -> ParsedPsbt {
    ParsedPsbt { ..old } // refused
}

pub fn wallet_tx(old: WalletTx) -> WalletTx {
    WalletTx { ..old } // refused
}

pub fn checked_tx(old: CheckedTx) -> CheckedTx {
    CheckedTx { ..old } // refused
}

pub fn approved_tx(old: ApprovedTx) -> ApprovedTx {
    ApprovedTx { ..old } // refused
}

pub fn confirmed_tx(old: ConfirmedTx) -> ConfirmedTx {
    ConfirmedTx { ..old } // refused
}

pub fn signed_psbt(old: SignedPsbt) -> SignedPsbt {
    SignedPsbt { ..old } // refused
}

pub fn sealed_session(old: SealedSession) -> SealedSession {
    SealedSession { ..old } // refused
}

pub fn release(old: Release) -> Release {
    Release { ..old } // refused
}

pub fn review(old: Review) -> Review {
    Review { ..old } // refused
}

pub fn signing(old: Signing) -> Signing {
    Signing { ..old } // refused
}

pub fn journal(old: Journal) -> Journal {
    Journal { ..old } // refused
}

fn main() {}

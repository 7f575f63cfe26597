// expect: E0277
//! A stage is used once: a copy could be confirmed once and signed twice.

use signer_core::approval::ApprovedTx;
use signer_core::policy::CheckedTx;
use signer_core::psbt::ParsedPsbt;
use signer_core::review::{ConfirmedTx, Review};
use signer_core::signing::{SignedPsbt, Signing};
use signer_core::transcript::{Journal, Release, SealedSession};
use signer_core::wallet::WalletTx;

fn clone<T: Clone>() {}

fn main() {
    clone::<ParsedPsbt>(); // refused
    clone::<WalletTx>(); // refused
    clone::<CheckedTx>(); // refused
    clone::<ApprovedTx>(); // refused
    clone::<ConfirmedTx>(); // refused
    clone::<SignedPsbt>(); // refused
    clone::<SealedSession>(); // refused
    clone::<Release>(); // refused
    clone::<Review>(); // refused
    clone::<Signing>(); // refused
    clone::<Journal>(); // refused
}

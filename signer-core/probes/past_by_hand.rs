// expect: E0624
//! What past sessions mean is folded from a journal; nobody writes it by hand.

use signer_core::digest::{RequestDigest, TxDigest, WalletId};
use signer_core::keys::Signature64;
use signer_core::ledger::LedgerState;
use signer_core::types::{KeyIndex, OfficerId};

pub fn nothing() -> LedgerState {
    LedgerState::empty() // refused
}

pub fn written(
    ledger: &mut LedgerState,
    tx: TxDigest,
    request: RequestDigest,
    officer: OfficerId,
    wallet: WalletId,
    signature: Signature64,
) {
    ledger.record_intent(tx, &[]); // refused
    ledger.record_rejection(request, officer); // refused
    ledger.record_signature(&signature); // refused
    ledger.record_change(wallet, KeyIndex(0)); // refused
}

fn main() {}

// expect: E0624
//! What past sessions mean is folded from a journal; nobody writes it by hand.

use signer_core::digest::{RequestDigest, TxDigest, WalletId};
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
) {
    ledger.record_intent(tx, &[]); // refused
    ledger.record_rejection(request, officer); // refused
    ledger.record_r([0; 32]); // refused
    ledger.record_change(wallet, KeyIndex(0)); // refused
}

fn main() {}

// expect: E0308
//! Approvals are counted over a transaction that the policy allows.

use signer_core::approval::{ActiveRoster, ApprovedTx, Operators};
use signer_core::ledger::LedgerState;
use signer_core::types::Height;
use signer_core::wallet::WalletTx;

pub fn skip(
    bound: WalletTx,
    roster: &ActiveRoster,
    operators: &Operators,
    ledger: &LedgerState,
    tip: Height,
) {
    let _ = ApprovedTx::approve(
        bound, // refused
        roster, operators, ledger, tip,
    );
}

fn main() {}

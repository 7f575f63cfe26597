// expect: E0382
//! A stage becomes the next one; what was spent cannot be judged under a second policy.

use signer_core::ledger::LedgerState;
use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::types::Height;
use signer_core::wallet::WalletTx;

pub fn twice(
    bound: WalletTx,
    strict: &ActivePolicy,
    lenient: &ActivePolicy,
    ledger: &LedgerState,
    tip: Height,
) {
    let _ = CheckedTx::check(bound, strict, ledger, tip);
    let _ = CheckedTx::check(
        bound, // refused
        lenient, ledger, tip,
    );
}

fn main() {}

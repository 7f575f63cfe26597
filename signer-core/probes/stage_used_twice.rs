// expect: E0382
//! A stage becomes the next one; what was spent cannot be judged under a second policy.

use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::wallet::WalletTx;

pub fn twice(bound: WalletTx, strict: &ActivePolicy, lenient: &ActivePolicy) {
    let _ = CheckedTx::check(bound, strict);
    let _ = CheckedTx::check(
        bound, // refused
        lenient,
    );
}

fn main() {}

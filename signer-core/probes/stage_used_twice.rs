// expect: E0382
//! A stage becomes the next one; what was spent cannot be judged under a second policy.

use signer_core::approval::ActiveRoster;
use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::wallet::WalletTx;

pub fn twice(
    bound: WalletTx,
    strict: &ActivePolicy,
    lenient: &ActivePolicy,
    roster: &ActiveRoster,
) {
    let _ = CheckedTx::check(bound, strict, roster);
    let _ = CheckedTx::check(
        bound, // refused
        lenient,
        roster,
    );
}

fn main() {}

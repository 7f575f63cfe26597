// expect: E0061
//! Each stage judges by the past and the height that the first one was given; it takes no other.

use signer_core::approval::{ActiveRoster, ApprovedTx, Operators};
use signer_core::ledger::LedgerState;
use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::types::Height;
use signer_core::wallet::WalletTx;

pub fn forgotten(
    bound: WalletTx,
    policy: &ActivePolicy,
    roster: &ActiveRoster,
    other: &LedgerState,
) {
    let _ = CheckedTx::check(bound, policy, roster, other); // refused
}

pub fn earlier(
    checked: CheckedTx,
    roster: &ActiveRoster,
    operators: &Operators,
    height: Height,
) {
    let _ = ApprovedTx::approve(checked, roster, operators, height); // refused
}

fn main() {}

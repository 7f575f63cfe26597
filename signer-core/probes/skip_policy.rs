// expect: E0308
//! Approvals are counted over a transaction that the policy allows.

use signer_core::approval::{ActiveRoster, ApprovedTx, Operators};
use signer_core::wallet::WalletTx;

pub fn skip(bound: WalletTx, roster: &ActiveRoster, operators: &Operators) {
    let _ = ApprovedTx::approve(
        bound, // refused
        roster, operators,
    );
}

fn main() {}

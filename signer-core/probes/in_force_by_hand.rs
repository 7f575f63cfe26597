// expect: E0451
//! What is in force cannot be patched: not the policy, roster, wallet or the seats of operators.

use signer_core::approval::{ActiveRoster, Operators};
use signer_core::policy::ActivePolicy;
use signer_core::wallet::RegisteredWallet;

pub fn policy(old: ActivePolicy) -> ActivePolicy {
    ActivePolicy { ..old } // refused
}

pub fn roster(old: ActiveRoster) -> ActiveRoster {
    ActiveRoster { ..old } // refused
}

pub fn wallet(old: RegisteredWallet) -> RegisteredWallet {
    RegisteredWallet { ..old } // refused
}

pub fn operators(old: Operators) -> Operators {
    Operators { ..old } // refused
}

fn main() {}

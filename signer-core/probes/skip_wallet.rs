// expect: E0308
//! A policy is asked about a transaction of a registered wallet, not about a PSBT.

use signer_core::ledger::LedgerState;
use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::psbt::ParsedPsbt;
use signer_core::types::Height;

pub fn skip(parsed: ParsedPsbt, policy: &ActivePolicy, ledger: &LedgerState, tip: Height) {
    let _ = CheckedTx::check(
        parsed, // refused
        policy, ledger, tip,
    );
}

fn main() {}

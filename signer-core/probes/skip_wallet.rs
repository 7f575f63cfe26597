// expect: E0308
//! A policy is asked about a transaction of a registered wallet, not about a PSBT.

use signer_core::approval::ActiveRoster;
use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::psbt::ParsedPsbt;

pub fn skip(parsed: ParsedPsbt, policy: &ActivePolicy, roster: &ActiveRoster) {
    let _ = CheckedTx::check(
        parsed, // refused
        policy,
        roster,
    );
}

fn main() {}

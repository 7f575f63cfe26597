// expect: E0308
//! A report over descriptors leads nowhere: no stage takes it, and no wallet of descriptors binds.

use signer_core::approval::{ActiveRoster, ApprovedTx, Operators};
use signer_core::ledger::LedgerState;
use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::types::Height;
use signer_core::wallet::{CheckOnly, DescriptorWallet, Registry};
use std::sync::Arc;

pub fn check(judged: CheckOnly, policy: &ActivePolicy, ledger: &LedgerState, tip: Height) {
    let _ = CheckedTx::check(judged, policy, ledger, tip); // refused
}

pub fn approve(
    judged: CheckOnly,
    roster: &ActiveRoster,
    operators: &Operators,
    ledger: &LedgerState,
    tip: Height,
) {
    let _ = ApprovedTx::approve(judged, roster, operators, ledger, tip); // refused
}

pub fn register(registry: &mut Registry, wallet: DescriptorWallet) {
    let _ = registry.add(Arc::new(wallet)); // refused
}

fn main() {}

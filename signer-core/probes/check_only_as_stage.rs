// expect: E0308
//! A report over descriptors leads nowhere: no stage takes it, and no wallet of descriptors binds.

use std::sync::Arc;

use signer_core::approval::{ActiveRoster, ApprovedTx, Operators};
use signer_core::policy::{ActivePolicy, CheckedTx};
use signer_core::wallet::{CheckOnly, DescriptorWallet, Registry};

pub fn check(judged: CheckOnly, policy: &ActivePolicy, roster: &ActiveRoster) {
    let _ = CheckedTx::check(judged, policy, roster); // refused
}

pub fn approve(judged: CheckOnly, roster: &ActiveRoster, operators: &Operators) {
    let _ = ApprovedTx::approve(judged, roster, operators); // refused
}

pub fn register(registry: &mut Registry, wallet: DescriptorWallet) {
    let _ = registry.add(Arc::new(wallet)); // refused
}

fn main() {}

//! WAL01.

use alloc::format;
use alloc::vec::Vec;

use super::bind::Binding;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// WAL01: The wallet is registered on this device, is active, and is of this network.
///
/// Active means that the policy in force lists this version of it, under the same class; and this
/// device is one of its co-signers.
pub(super) fn wal01(binding: &Binding<'_>) -> Verdict {
    let refused =
        |expected: &str, got: &str| Refusal::new(RuleId::WAL01, Place::Transaction, expected, got);
    let Some(wallet) = binding.wallet else {
        return Verdict::of(alloc::vec![refused("a registered wallet", "none")]);
    };
    let context = &binding.context;
    let mut refusals = Vec::new();
    let (own, other) = (context.policy.scope(), wallet.record().scope);
    if own != other {
        let expected = format!("network {}, {:?}", own.network, own.purpose);
        let got = format!("network {}, {:?}", other.network, other.purpose);
        refusals.push(refused(&expected, &got));
    }
    if wallet.record().root != context.policy.root() {
        refusals.push(refused("a wallet under this root", "another root"));
    }
    let members = wallet.cosigners().iter();
    if !members
        .map(|c| c.identity.device_id())
        .any(|id| id == *context.device)
    {
        refusals.push(refused("this device among the co-signers", "not there"));
    }
    match context.policy.policy().wallet(&wallet.digest()) {
        None => {
            let got = format!("policy without wallet {}", wallet.digest());
            refusals.push(refused("a wallet that the policy lists", &got));
        }
        Some(rules) if rules.class != wallet.class() => {
            let expected = format!("class {:?} as the policy says", rules.class);
            refusals.push(refused(&expected, &format!("{:?}", wallet.class())));
        }
        Some(_) => {}
    }
    Verdict::of(refusals)
}

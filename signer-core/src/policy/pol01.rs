//! POL01.

use alloc::format;

use bitcoin::Address;

use super::check::Checking;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// POL01: Every payment goes to a registered, active destination.
///
/// Scripts are compared, never text. Registered means: in the policy, and listed for this wallet.
/// The wallet's own receive addresses are no exception.
pub(super) fn pol01(checking: &Checking<'_>) -> Verdict {
    checking.with_rules(RuleId::POL01, |_| {
        let payments = checking.tx.payments();
        let refusals = payments.filter_map(|(output, script, _)| {
            let refused = |expected, got| {
                Some(Refusal::new(
                    RuleId::POL01,
                    Place::Output(output),
                    expected,
                    got,
                ))
            };
            match checking.destination(script) {
                None => {
                    let network = checking.policy.scope().network.to_bitcoin();
                    let got = Address::from_script(script, network).map_or_else(
                        |_| format!("script {}", script.to_hex_string()),
                        |address| format!("address {address}"),
                    );
                    refused("a destination registered for this wallet".into(), got)
                }
                Some(destination) if destination.activation > checking.tip => {
                    let expected = format!("a destination active at height {}", checking.tip);
                    let got = format!("{}, active from {}", destination.id, destination.activation);
                    refused(expected, got)
                }
                Some(_) => None,
            }
        });
        refusals.collect()
    })
}

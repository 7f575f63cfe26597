//! APP01.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

use super::Role;
use super::approve::Hearing;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP01: The request is signed by a requester of the roster, for this root, roster, policy, wallet
/// and transaction.
pub(super) fn app01(hearing: &Hearing<'_>) -> Verdict {
    let refused =
        |expected: String, got: String| Refusal::new(RuleId::APP01, Place::Request, expected, got);
    let Some((signed, officer)) = &hearing.request else {
        let got = hearing.no_request.as_ref();
        let got = got.map_or_else(|| "none".into(), ToString::to_string);
        return Verdict::of(alloc::vec![refused(
            "a request signed by an officer".into(),
            got
        )]);
    };
    let request = signed.body();
    let (checked, roster) = (hearing.checked, hearing.roster);
    let mut differences = Differences(Vec::new());
    differences.unless_equal("version", &1, &request.version);
    differences.unless_equal("requester", &officer.id, &request.requester);
    differences.unless_equal("root", &roster.root(), &request.root);
    differences.unless_equal("roster", &roster.digest(), &request.roster);
    differences.unless_equal("roster of the policy", &roster.digest(), &checked.roster());
    differences.unless_equal("policy", &checked.policy(), &request.policy);
    let (tx, wallet) = (checked.wallet_tx(), checked.wallet_tx().wallet());
    differences.unless_equal("wallet", &wallet.digest(), &request.wallet);
    differences.unless_equal("transaction", &tx.parsed().tx_digest(), &request.tx);
    if request.scope != roster.scope() {
        differences
            .0
            .push(("this network and purpose".into(), "another".into()));
    }
    if officer.acting_as(Role::Requester, hearing.tip).is_none() {
        let expected = alloc::format!("a requester valid at height {}", hearing.tip);
        differences.0.push((expected, officer.id.to_string()));
    }
    let differences = differences.0.into_iter();
    Verdict::of(
        differences
            .map(|(expected, got)| refused(expected, got))
            .collect(),
    )
}

/// What should be equal and is not: (expected, got).
pub(super) struct Differences(pub(super) Vec<(String, String)>);

impl Differences {
    pub(super) fn unless_equal<T: PartialEq + Display>(&mut self, what: &str, want: &T, got: &T) {
        if want != got {
            self.0
                .push((alloc::format!("{what} {want}"), got.to_string()));
        }
    }
}

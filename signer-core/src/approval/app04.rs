//! APP04.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::app01::Differences;
use super::approve::{Hearing, may_approve};
use super::{Approval, Officer};
use crate::cose::Signed;
use crate::rule::{Place, Refusal, RuleId, Verdict};
use crate::types::OfficerId;

/// APP04: Every approval is genuine and over the same digests.
///
/// One that is not is never just left out: somebody put it there. This holds for rejections too.
pub(super) fn app04(hearing: &Hearing<'_>) -> Verdict {
    let refusals = hearing.votes.iter().flat_map(|vote| {
        let found = match &vote.opened {
            Ok((approval, officer)) => differences(hearing, vote.filed, approval, officer),
            Err(error) => {
                let expected = "an approval signed by an officer".to_string();
                alloc::vec![(expected, error.to_string())]
            }
        };
        found.into_iter().map(|(expected, got)| {
            let place = Place::Approval(vote.filed.clone());
            Refusal::new(RuleId::APP04, place, expected, got)
        })
    });
    Verdict::of(refusals.collect())
}

/// Where an approval is not over the same things as the request: (expected, got).
pub(super) fn differences(
    hearing: &Hearing<'_>,
    filed: &OfficerId,
    approval: &Signed<Approval>,
    officer: &Officer,
) -> Vec<(String, String)> {
    let body = approval.body();
    let (checked, roster) = (hearing.checked, hearing.roster);
    let (tx, wallet) = (checked.wallet_tx(), checked.wallet_tx().wallet());
    let mut found = Differences(Vec::new());
    found.unless_equal("version", &1, &body.version);
    found.unless_equal("approval of", filed, &body.officer);
    found.unless_equal("signature of", &body.officer, &officer.id);
    found.unless_equal("root", &roster.root(), &body.root);
    found.unless_equal("roster", &roster.digest(), &body.roster);
    found.unless_equal("policy", &checked.policy(), &body.policy);
    found.unless_equal("wallet", &wallet.digest(), &body.wallet);
    found.unless_equal("transaction", &tx.parsed().tx_digest(), &body.tx);
    match &hearing.request {
        Some((request, _)) => {
            found.unless_equal("request", &request.request_digest(), &body.request);
        }
        None => found.0.push(("a request".into(), "none".into())),
    }
    if body.scope != roster.scope() {
        found
            .0
            .push(("this network and purpose".into(), "another".into()));
    }
    if body.class != wallet.class() {
        let expected = alloc::format!("class {:?}", wallet.class());
        found.0.push((expected, alloc::format!("{:?}", body.class)));
    }
    if !may_approve(officer, hearing.tip) {
        let expected = alloc::format!("an approver valid at height {}", hearing.tip);
        found.0.push((expected, officer.id.to_string()));
    }
    found.0
}

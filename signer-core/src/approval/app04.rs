//! APP04.

use alloc::vec::Vec;

use super::app01::Differences;
use super::approve::{Hearing, may_approve};
use super::{Approval, Officer};
use crate::cose::Signed;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::types::OfficerId;

/// APP04: Every approval is genuine and over the same digests.
///
/// One that is not is never just left out: somebody put it there. This holds for rejections too.
pub(super) fn app04(hearing: &Hearing<'_>) -> Verdict {
    let refusals = hearing.votes.iter().flat_map(|vote| {
        let found = match &vote.opened {
            Ok((approval, officer)) => differences(hearing, vote.filed, approval, officer),
            Err(error) => {
                let expected = phrase!("an approval signed by an officer", "役職員が署名した承認");
                alloc::vec![(expected, hearing.roster.why_unknown(error))]
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
) -> Vec<(Phrase, Phrase)> {
    let body = approval.body();
    let (checked, roster) = (hearing.checked, hearing.roster);
    let (tx, wallet) = (checked.wallet_tx(), checked.wallet_tx().wallet());
    let mut found = Differences(Vec::new());
    found.unless_equal(["version", "バージョン"], &1, &body.version);
    found.unless_equal(["approval of", "承認者"], filed, &body.officer);
    found.unless_equal(["signature of", "署名者"], &body.officer, &officer.id);
    found.unless_equal(["root", "信頼の起点"], &roster.root(), &body.root);
    found.unless_equal(["roster", "名簿"], &roster.digest(), &body.roster);
    found.unless_equal(["policy", "ポリシー"], &checked.policy(), &body.policy);
    found.unless_equal(["wallet", "ウォレット"], &wallet.digest(), &body.wallet);
    found.unless_equal(["transaction", "取引"], &tx.parsed().tx_digest(), &body.tx);
    match &hearing.request {
        Some((request, _)) => {
            found.unless_equal(
                ["request", "申請"],
                &request.request_digest(),
                &body.request,
            );
        }
        None => found.0.push((phrase!("a request", "申請"), Phrase::none())),
    }
    if body.scope != roster.scope() {
        found.scope(roster.scope(), body.scope);
    }
    if body.class != wallet.class() {
        found.0.push((wallet.class().phrase(), body.class.phrase()));
    }
    if !may_approve(officer, hearing.time) {
        let expected = phrase!(
            "an approver valid at height {tip}",
            "ブロック高 {tip} で有効な承認者",
            tip = hearing.time
        );
        found.0.push((expected, Phrase::figure(&officer.id)));
    }
    found.0
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;

    use crate::approval::Approval;
    use crate::digest::{
        PolicyDigest, RequestDigest, RootDigest, RosterDigest, TxDigest, WalletDigest,
    };
    use crate::psbt::ProprietaryField;
    use crate::rule::{Place, RuleId};
    use crate::testing::{Ballot, Case, id, refusals, refused, world};
    use crate::types::Network;
    use crate::wallet::WalletClass;

    #[test]
    fn passes_and_names_the_approvals() {
        let approved = Case::new(world()).approve(world()).unwrap();
        let names: std::vec::Vec<_> = approved
            .approvers()
            .iter()
            .map(|a| a.officer.id.as_str())
            .collect();
        assert_eq!(names, ["approver.a", "director.d"]);
        let [a, b] = approved.approvers() else {
            panic!("two approvers");
        };
        assert_ne!(a.approval, b.approval);
    }

    /// A third approval, beyond the two that are enough.
    fn third(change: fn(&mut Approval)) -> Case {
        let mut case = Case::new(world());
        let mut ballot = Ballot::yes("approver.b");
        ballot.edit = Box::new(change);
        case.ballots.push(ballot);
        case
    }

    /// Also where enough good ones are there: somebody made it, so somebody must explain it.
    #[test]
    fn refuses_one_over_something_else() {
        assert_eq!(refused(third(|_| {}).approve(world())), []);
        let changes: [fn(&mut Approval); 10] = [
            |a| a.version = 2,
            |a| a.officer = id("approver.s"),
            |a| a.root = RootDigest::over(&[]),
            |a| a.roster = RosterDigest::over(&[]),
            |a| a.policy = PolicyDigest::over(&[]),
            |a| a.wallet = WalletDigest::over(&[]),
            |a| a.request = RequestDigest::over(&[]),
            |a| a.tx = TxDigest::over(&[]),
            |a| a.class = WalletClass::Company,
            |a| a.scope.network = Network::Main,
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let refusals = refusals(third(change).approve(world()));
            assert!(!refusals.is_empty(), "change {n}");
            for refusal in refusals {
                assert_eq!(refusal.rule, RuleId::APP04, "change {n}");
                assert_eq!(refusal.place, Place::Approval(id("approver.b")));
            }
        }
    }

    #[test]
    fn refuses_one_filed_under_another_officer() {
        let mut case = Case::new(world());
        case.ballots[0].filed = "approver.b";
        let rules = refused(case.approve(world()));
        assert!(rules.contains(&RuleId::APP04));
        assert!(rules.contains(&RuleId::APP05), "and it does not count");
    }

    /// One approval filed twice is still one person's.
    #[test]
    fn refuses_one_approval_filed_under_two_names() {
        let mut case = Case::new(world());
        let mut copy = Ballot::yes("director.d");
        copy.filed = "approver.b";
        case.ballots = std::vec![Ballot::yes("director.d"), copy];
        let rules = refused(case.approve(world()));
        assert_eq!(rules, [RuleId::APP04, RuleId::APP05, RuleId::APP06]);
    }

    #[test]
    fn refuses_one_changed_byte_and_a_stranger() {
        let case = Case::new(world());
        let request = case.request(world());
        let good = Case::vote(&Ballot::yes("approver.b"), &request).to_bytes();
        let mut bad = good.clone();
        let last = bad.len() - 1;
        bad[last] ^= 1;
        let stranger = Case::vote(&Ballot::yes("stranger"), &request).to_bytes();
        for (bytes, expected) in [
            (good, &[][..]),
            (bad, &[RuleId::APP04]),
            (stranger, &[RuleId::APP04]),
        ] {
            let key = ProprietaryField::approval_key(&id("approver.b"));
            let psbt = case.full(world()).insert_global(&key, &bytes).unwrap();
            assert_eq!(refused(case.approve_psbt(world(), psbt)), expected);
        }
    }

    #[test]
    fn refuses_officers_who_may_not_approve() {
        for officer in ["requester.r", "operator.b", "admin.b"] {
            let mut case = Case::new(world());
            case.ballots.push(Ballot::yes(officer));
            assert!(
                refused(case.approve(world())).contains(&RuleId::APP04),
                "{officer}"
            );
        }
    }
}

//! APP08.

use alloc::vec::Vec;

use super::approve::{Hearing, rejections};
use crate::phrase;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP08: Nobody rejected this request, now or ever on this device.
///
/// A rejection outweighs every approval, also one of the same officer.
pub(super) fn app08(hearing: &Hearing<'_>) -> Verdict {
    hearing.with_request(RuleId::APP08, |_, digest| {
        let mut refusals = Vec::new();
        if let Some(officer) = hearing.ledger.rejected_by(&digest) {
            let got = phrase!(
                "rejected by {officer} in an earlier session",
                "過去のセッションで {officer} が否認",
                officer = officer
            );
            let expected = phrase!(
                "a request that was never rejected",
                "否認されたことのない申請"
            );
            refusals.push(Refusal::new(RuleId::APP08, Place::Request, expected, got));
        }
        let here = rejections(hearing.checked.wallet_tx().parsed(), hearing.roster);
        let here = here.into_iter().filter(|(request, _)| *request == digest);
        refusals.extend(here.map(|(_, officer)| {
            let expected = phrase!("no rejection", "否認なし");
            let got = phrase!(
                "rejected by {officer}",
                "{officer} が否認",
                officer = officer
            );
            Refusal::new(RuleId::APP08, Place::Approval(officer), expected, got)
        }));
        refusals
    })
}

#[cfg(test)]
mod tests {
    use crate::approval::rejections;
    use crate::psbt::ParsedPsbt;
    use crate::rule::{Place, RuleId};
    use crate::testing::{Ballot, Case, coin_of, id, refusals, refused, world};
    use crate::types::InputIndex;

    const ALONE: [RuleId; 1] = [RuleId::APP08];

    #[test]
    fn refuses_one_rejection_beside_enough_approvals() {
        let mut case = Case::new(world());
        case.ballots.push(Ballot::no("approver.b"));
        let refusals = refusals(case.approve(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::APP08);
        assert_eq!(refusals[0].place, Place::Approval(id("approver.b")));
    }

    #[test]
    fn refuses_for_ever_after() {
        let mut case = Case::new(world());
        let digest = case.request(world()).request_digest();
        assert_eq!(refused(case.approve(world())), []);
        case.ledger.record_rejection(digest, id("approver.b"));
        assert_eq!(refused(case.approve(world())), ALONE);
    }

    #[test]
    fn another_request_stays_alive() {
        let mut case = Case::new(world());
        let digest = crate::digest::RequestDigest::over(&[b"another"]);
        case.ledger.record_rejection(digest, id("approver.b"));
        assert_eq!(refused(case.approve(world())), []);
    }

    /// Filed under another name, and by somebody who may not even approve: no is no.
    #[test]
    fn hears_a_rejection_wherever_it_stands() {
        let mut case = Case::new(world());
        let mut ballot = Ballot::no("admin.b");
        ballot.filed = "approver.b";
        case.ballots.push(ballot);
        let rules = refused(case.approve(world()));
        assert_eq!(rules, [RuleId::APP04, RuleId::APP08]);
    }

    /// Yes and no of one officer, filed under two names: the no counts.
    #[test]
    fn rejection_outweighs_approval_of_the_same_officer() {
        let mut case = Case::new(world());
        let mut no = Ballot::no("director.d");
        no.filed = "approver.b";
        case.ballots.push(no);
        assert!(refused(case.approve(world())).contains(&RuleId::APP08));
    }

    /// The device can remember a rejection although the chain stops at POL07.
    #[test]
    fn rejections_are_found_before_the_chain_ends() {
        let mut case = Case::new(world());
        case.ballots = std::vec![Ballot::yes("approver.a"), Ballot::no("director.d")];
        let coin = coin_of(&case, InputIndex(0));
        case.ledger
            .record_intent(crate::digest::TxDigest::over(&[b"before"]), &[coin]);
        assert_eq!(refused(case.approve(world())), [RuleId::POL07]);
        let parsed = ParsedPsbt::parse(case.full(world()).into_bytes()).unwrap();
        let digest = case.request(world()).request_digest();
        let found = rejections(&parsed, &world().roster);
        assert_eq!(found, [(digest, id("director.d"))]);
    }

    #[test]
    fn a_strangers_rejection_is_not_heard_but_refused() {
        let mut case = Case::new(world());
        let mut ballot = Ballot::no("stranger");
        ballot.filed = "approver.b";
        case.ballots.push(ballot);
        assert_eq!(refused(case.approve(world())), [RuleId::APP04]);
    }
}

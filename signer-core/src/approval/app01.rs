//! APP01.

use alloc::vec::Vec;
use core::fmt::Display;

use super::Role;
use super::approve::Hearing;
use crate::cose::Scope;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// APP01: The request is signed by a requester of the roster, for this root, roster, policy, wallet
/// and transaction.
pub(super) fn app01(hearing: &Hearing<'_>) -> Verdict {
    let refused = |expected, got| Refusal::new(RuleId::APP01, Place::Request, expected, got);
    let Some((signed, officer)) = &hearing.request else {
        let got = hearing.no_request.as_ref();
        let got = got.map_or_else(Phrase::none, |error| hearing.roster.why_unknown(error));
        return Verdict::of(alloc::vec![refused(signed_request(), got)]);
    };
    let request = signed.body();
    let (checked, roster) = (hearing.checked, hearing.roster);
    let mut differences = Differences(Vec::new());
    differences.unless_equal(["version", "バージョン"], &1, &request.version);
    differences.unless_equal(["requester", "起案者"], &officer.id, &request.requester);
    differences.unless_equal(["root", "信頼の起点"], &roster.root(), &request.root);
    differences.unless_equal(["roster", "名簿"], &roster.digest(), &request.roster);
    if !roster.continues(&checked.roster()) {
        differences.0.push((
            phrase!(
                "a policy of roster {digest} or one before it",
                "名簿 {digest} またはそれ以前の名簿のポリシー",
                digest = roster.digest()
            ),
            Phrase::figure(checked.roster()),
        ));
    }
    differences.unless_equal(["policy", "ポリシー"], &checked.policy(), &request.policy);
    let (tx, wallet) = (checked.wallet_tx(), checked.wallet_tx().wallet());
    differences.unless_equal(["wallet", "ウォレット"], &wallet.digest(), &request.wallet);
    differences.unless_equal(
        ["transaction", "取引"],
        &tx.parsed().tx_digest(),
        &request.tx,
    );
    if request.kind != checked.kind() {
        differences
            .0
            .push((checked.kind().phrase(), request.kind.phrase()));
    }
    if request.scope != roster.scope() {
        differences.scope(roster.scope(), request.scope);
    }
    if officer.acting_as(Role::Requester, hearing.time).is_none() {
        let expected = phrase!(
            "a requester valid at height {tip}",
            "ブロック高 {tip} で有効な起案者",
            tip = hearing.time
        );
        let got = Phrase::figure(&officer.id);
        differences.0.push((expected, got));
    }
    let differences = differences.0.into_iter();
    Verdict::of(
        differences
            .map(|(expected, got)| refused(expected, got))
            .collect(),
    )
}

/// What the request must be.
pub(super) fn signed_request() -> Phrase {
    phrase!("a request signed by an officer", "役職員が署名した申請")
}

/// What should be equal and is not: (expected, got).
pub(super) struct Differences(pub(super) Vec<(Phrase, Phrase)>);

impl Differences {
    pub(super) fn unless_equal<T: PartialEq + Display>(
        &mut self,
        [en, ja]: [&str; 2],
        want: &T,
        got: &T,
    ) {
        if want != got {
            let what = Phrase::new(en, ja);
            let expected = phrase!("{what} {want}", "{what} {want}", what = what, want = want);
            self.0.push((expected, Phrase::figure(got)));
        }
    }

    /// Another network, or a drill in place of the real thing.
    pub(super) fn scope(&mut self, want: Scope, got: Scope) {
        self.0.push((want.phrase(), got.phrase()));
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::Phrase;
    use std::boxed::Box;

    use crate::approval::Request;
    use crate::digest::{PolicyDigest, RootDigest, RosterDigest, TxDigest, WalletDigest};
    use crate::psbt::ProprietaryField;
    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, free, id, refusals, refused, world};
    use crate::types::{Height, Purpose};

    #[test]
    fn passes_and_names_the_requester() {
        let approved = Case::new(world()).approve(world()).unwrap();
        assert_eq!(approved.requester().id, id("requester.r"));
        assert_eq!(approved.request().case, id("wr-2026-000123"));
    }

    #[test]
    fn refuses_a_psbt_without_a_request() {
        let case = Case::new(world());
        let stopped = case.approve_psbt(world(), case.unsigned()).unwrap_err();
        let first = stopped.refusal().unwrap();
        assert_eq!((first.rule, &first.place), (RuleId::APP01, &Place::Request));
        assert_eq!(first.got, Phrase::none());
        // What needs a request refuses too; nothing passes for want of one.
        let rules = refused::<()>(Err(stopped));
        let need = [1, 2, 3, 5, 6, 7, 8, 9, 11, 13, 15, 17].map(|n| std::format!("APP{n:02}"));
        assert!(
            rules
                .iter()
                .map(|rule| rule.name())
                .eq(need.iter().map(std::string::String::as_str))
        );
    }

    #[test]
    fn refuses_bytes_that_are_no_request() {
        let case = Case::new(world());
        let good = case.request(world()).to_bytes();
        for place in [0, 10, good.len() / 2, good.len() - 1] {
            let mut bytes = good.clone();
            bytes[place] ^= 1;
            let key = ProprietaryField::request_key();
            let psbt = case.unsigned().insert_global(&key, &bytes).unwrap();
            let rules = refused(case.approve_psbt(world(), psbt));
            assert_eq!(rules[0], RuleId::APP01, "byte {place}");
        }
    }

    #[test]
    fn refuses_what_is_over_something_else() {
        let changes: [fn(&mut Request); 8] = [
            |r| r.version = 2,
            |r| r.requester = id("everybody"),
            |r| r.root = RootDigest::over(&[]),
            |r| r.roster = RosterDigest::over(&[]),
            |r| r.policy = PolicyDigest::over(&[]),
            |r| r.wallet = WalletDigest::over(&[]),
            |r| r.tx = TxDigest::over(&[]),
            |r| r.scope.purpose = Purpose::Drill,
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut case = Case::new(world());
            case.edit_request = Box::new(change);
            let refusals = refusals(case.approve(world()));
            let own = refusals.iter().filter(|r| r.rule == RuleId::APP01).count();
            assert_eq!(own, 1, "change {n}");
        }
    }

    #[test]
    fn refuses_officers_without_the_role() {
        for officer in ["approver.b", "admin.a", "operator.a"] {
            let mut case = Case::new(world());
            case.requester = officer;
            assert!(
                refused(case.approve(world())).contains(&RuleId::APP01),
                "{officer}"
            );
        }
    }

    #[test]
    fn refuses_strangers() {
        let mut case = Case::new(world());
        case.requester = "stranger";
        assert!(refused(case.approve(world())).contains(&RuleId::APP01));
    }

    /// The roster's entries are valid from 800,000 to 900,000.
    #[test]
    fn refuses_a_requester_who_is_not_valid_any_more() {
        let late = |height| {
            let mut case = Case::new(world());
            case.time = free(Height(height));
            case.edit_request = Box::new(|request| request.expiry = Height(999_999));
            refused(case.approve(world()))
        };
        assert_eq!(late(900_000), []);
        assert!(late(900_001).contains(&RuleId::APP01));
    }
}

//! APP11.

use alloc::vec::Vec;

use super::Operators;
use super::approve::Hearing;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// APP11: Who built the transaction is a valid officer and does not operate this device.
///
/// The requester declares the builder and signs that: building and signing are two steps of work by
/// two people.
pub(super) fn app11(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    hearing.with_request(RuleId::APP11, |request, _| {
        let builder = &request.builder;
        let refused =
            |place, expected| Refusal::new(RuleId::APP11, place, expected, Phrase::figure(builder));
        let mut refusals = Vec::new();
        let entry = hearing.roster.officer(builder);
        if !entry.is_some_and(|officer| officer.is_valid(hearing.time)) {
            let expected = phrase!(
                "a builder who is an officer valid at height {tip}",
                "ブロック高 {tip} で有効な役職員である取引作成者",
                tip = hearing.time
            );
            refusals.push(refused(Place::Request, expected));
        }
        if operators.both().contains(&builder) {
            let expected = phrase!("operators other than the builder", "取引作成者以外の操作者");
            refusals.push(refused(Place::Operators, expected));
        }
        refusals
    })
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;

    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, free, id, refusals, world};
    use crate::types::Height;

    fn built_by(builder: &'static str) -> Case {
        let mut case = Case::new(world());
        case.edit_request = Box::new(move |request| request.builder = id(builder));
        case
    }

    fn places(case: &Case) -> std::vec::Vec<Place> {
        let refusals = refusals(case.approve(world())).into_iter();
        let own = refusals.map(|refusal| {
            assert_eq!(refusal.rule, RuleId::APP11);
            refusal.place
        });
        own.collect()
    }

    #[test]
    fn passes_any_officer_who_does_not_operate() {
        for builder in ["requester.r", "everybody", "admin.a"] {
            assert_eq!(places(&built_by(builder)), []);
        }
    }

    #[test]
    fn refuses_a_builder_who_operates() {
        for builder in ["operator.a", "operator.b"] {
            assert_eq!(places(&built_by(builder)), [Place::Operators]);
        }
    }

    #[test]
    fn refuses_a_builder_whom_the_roster_does_not_know() {
        assert_eq!(places(&built_by("stranger")), [Place::Request]);
    }

    /// The roster's entries are valid from 800,000 to 900,000.
    #[test]
    fn at_the_limit_and_one_past_it_of_the_builders_entry() {
        let rules = |height| {
            let mut case = Case::new(world());
            case.time = free(Height(height));
            case.edit_request = Box::new(|request| request.expiry = Height(999_999));
            crate::testing::refused(case.approve(world()))
        };
        assert_eq!(rules(900_000), []);
        assert!(rules(900_001).contains(&RuleId::APP11));
    }
}

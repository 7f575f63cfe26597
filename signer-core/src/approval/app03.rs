//! APP03.

use alloc::vec::Vec;

use super::approve::Hearing;
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};

/// APP03: The request is not expired at the known height.
///
/// It expires at the later of headers and the machine's clock. A known height that lies behind the height at which an officer approved is known to be old: it
/// cannot show that the request is still open, and so it refuses.
pub(super) fn app03(hearing: &Hearing<'_>) -> Verdict {
    hearing.with_request(RuleId::APP03, |request, _| {
        let (tip, closes) = (hearing.time.opens(), hearing.time.closes());
        let mut refusals = Vec::new();
        if closes > request.expiry {
            let expected = phrase!(
                "a height of at most {expiry}",
                "ブロック高 {expiry} 以下",
                expiry = request.expiry
            );
            let got = Phrase::figure(hearing.time);
            refusals.push(Refusal::new(RuleId::APP03, Place::Request, expected, got));
        }
        for (officer, approval) in hearing.counted() {
            let height = approval.body().height;
            if height > tip {
                let place = Place::Approval(officer.id.clone());
                let expected = phrase!(
                    "a known height of at least {height}",
                    "既知のブロック高 {height} 以上",
                    height = height
                );
                let got = Phrase::figure(tip);
                refusals.push(Refusal::new(RuleId::APP03, place, expected, got));
            }
        }
        refusals
    })
}

#[cfg(test)]
mod tests {
    use std::boxed::Box;

    use crate::rule::{Place, RuleId};
    use crate::testing::{Case, TIP, id, refusals, refused, world};
    use crate::types::Height;

    fn expiring(expiry: u32) -> Case {
        let mut case = Case::new(world());
        case.edit_request = Box::new(move |request| request.expiry = Height(expiry));
        case
    }

    #[test]
    fn at_the_limit() {
        assert_eq!(refused(expiring(TIP.0).approve(world())), []);
    }

    #[test]
    fn one_past_it() {
        assert_eq!(
            refused(expiring(TIP.0 - 1).approve(world())),
            [RuleId::APP03]
        );
    }

    #[test]
    fn refuses_a_height_behind_an_approval() {
        let mut case = Case::new(world());
        case.ballots[1].edit = Box::new(|approval| approval.height = Height(TIP.0 + 1));
        let refusals = refusals(case.approve(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleId::APP03);
        assert_eq!(refusals[0].place, Place::Approval(id("director.d")));
    }

    #[test]
    fn passes_an_approval_of_an_earlier_height() {
        let mut case = Case::new(world());
        case.ballots[1].edit = Box::new(|approval| approval.height = Height(TIP.0 - 100));
        assert_eq!(refused(case.approve(world())), []);
    }
}

//! APP07.

use super::Role;
use super::approve::Hearing;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP07: A director is among the approvers.
pub(super) fn app07(hearing: &Hearing<'_>) -> Verdict {
    let counted = hearing.counted();
    let approvers = counted.iter();
    let directors = approvers
        .filter(|(officer, _)| officer.acting_as(Role::Director, hearing.tip).is_some())
        .count();
    // One at least, whatever a policy says.
    let needed = usize::from(hearing.checked.rules().quorum.directors).max(1);
    let judged = if directors < needed {
        let expected = alloc::format!("{needed} directors among the approvers");
        Err(Refusal::new(
            RuleId::APP07,
            Place::Request,
            expected,
            directors,
        ))
    } else {
        Ok(())
    };
    judged.into()
}

//! APP06.

use alloc::collections::BTreeSet;

use super::approve::Hearing;
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP06: The approvers come from enough departments.
pub(super) fn app06(hearing: &Hearing<'_>) -> Verdict {
    let counted = hearing.counted();
    let departments: BTreeSet<_> = counted.iter().map(|(o, _)| &o.department).collect();
    let needed = usize::from(hearing.checked.rules().quorum.departments);
    let judged = if departments.len() < needed {
        let expected = alloc::format!("approvers of {needed} departments");
        let got = departments.len();
        Err(Refusal::new(RuleId::APP06, Place::Request, expected, got))
    } else {
        Ok(())
    };
    judged.into()
}

//! APP10.

use alloc::vec::Vec;

use super::approve::Hearing;
use super::{Operators, Role};
use crate::rule::{Place, Refusal, RuleId, Verdict};

/// APP10: Two distinct operators of the roster authenticated in this session before the PSBT was
/// read.
///
/// Their signatures over the session's nonce were verified when [`super::Operators`] was made;
/// here: two people, both operators at the known height, under this roster, at this device.
pub(super) fn app10(hearing: &Hearing<'_>, operators: &Operators) -> Verdict {
    let mut refusals = Vec::new();
    let mut refuse = |expected: &str, got: &dyn core::fmt::Display| {
        refusals.push(Refusal::new(RuleId::APP10, Place::Operators, expected, got));
    };
    if operators.a() == operators.b() {
        refuse("two different people", operators.a());
    }
    if operators.roster() != hearing.roster.digest() {
        refuse("operators of the roster in force", &operators.roster());
    }
    let device = hearing.checked.wallet_tx().device();
    if operators.session().device != device {
        refuse("operators at this device", &operators.session().device);
    }
    for id in operators.both() {
        let officer = hearing.roster.officer(id);
        let acting = officer.and_then(|o| o.acting_as(Role::Operator, hearing.tip));
        if acting.is_none() {
            let expected = alloc::format!("an operator valid at height {}", hearing.tip);
            refuse(&expected, id);
        }
    }
    Verdict::of(refusals)
}

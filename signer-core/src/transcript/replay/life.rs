//! What was found on a token and what it proved, judged again.

use super::signing::{At, same};
use super::trn04;
use crate::cose::Signed;
use crate::digest::DeviceId;
use crate::life::{PossessionReport, key01};
use crate::phrase;
use crate::rule::{Phrase, Refusal, RuleId, RuleLine, Verdict};
use crate::token::hsm03;
use crate::transcript::entry::{Entry, Inventoried, Proven};
use crate::transcript::state::DeviceState;

/// HSM03 over what was listed, against what the journal knows.
pub(super) fn inventoried(
    place: u64,
    listed: &Inventoried,
    state: &DeviceState,
) -> Result<At, Refusal> {
    let verdict = hsm03(&listed.inventory, state.known_keys());
    judged(place, RuleId::HSM03, verdict, &listed.report)
}

/// KEY01 over a report of this device, in this session, over this card; every proof again.
pub(super) fn proven(entry: &Entry, proven: &Proven, state: &DeviceState) -> Result<At, Refusal> {
    let place = entry.sequence;
    let missing = || {
        let expected = phrase!(
            "a device with a card, in a session",
            "端末カードのある端末のセッション"
        );
        trn04(place, expected, Phrase::none())
    };
    let identity = state.identity().copied().ok_or_else(missing)?;
    let scope = state.scope().ok_or_else(missing)?;
    let card = state.own_card().ok_or_else(missing)?;
    let session = state.open().ok_or_else(missing)?;
    let known = |kid: &_| (*kid == identity.key_id()).then_some(identity);
    let signed =
        Signed::<PossessionReport>::open(&proven.signed.0, scope, known).map_err(|error| {
            let expected = phrase!("a report of this device", "この端末の報告書");
            trn04(place, expected, error.phrase())
        })?;
    let report = signed.body();
    let opened = session.opened();
    let expected: (u8, DeviceId, _, _) = (1, identity.device_id(), session.number(), card.digest());
    let frame = (report.version, report.device, report.session, report.card) == expected;
    same(place, frame && report.scope == scope, || {
        phrase!(
            "this session's report on this card",
            "このセッションのこの端末カードの報告書"
        )
    })?;
    let nonce = PossessionReport::nonce_of(&opened.nonce, &entry.prev);
    same(place, report.nonce == nonce, || {
        phrase!(
            "proofs over this session's nonce",
            "このセッションの乱数に対する証明"
        )
    })?;
    let stood = (report.entries, report.head) == (place, entry.prev);
    same(place, stood, || {
        phrase!(
            "a report where the journal stands",
            "ジャーナルの現在位置での報告書"
        )
    })?;
    same(place, report.hsm == opened.hsm, || {
        phrase!(
            "a report on this session's HSM",
            "このセッションのHSMの報告書"
        )
    })?;
    let verdict = key01(report, &PossessionReport::asked(state));
    judged(place, RuleId::KEY01, verdict, &proven.report)
}

/// The same verdict as was recorded. After a refusal the session ends with one.
fn judged(
    place: u64,
    rule: RuleId,
    verdict: Verdict,
    recorded: &[RuleLine],
) -> Result<At, Refusal> {
    let refused = matches!(verdict, Verdict::Refused(_));
    same(place, recorded == [RuleLine { rule, verdict }], || {
        phrase!("the same verdict", "同じ判定")
    })?;
    Ok(if refused { At::Stopped } else { At::Idle })
}

//! `audit time`.

use super::super::answer::{AuditAnswer, AuditCase, Conclusion, Question, Unit};
use super::super::finding::Finding;
use super::super::history::{DeviceHistory, SessionRecord};
use super::super::papers::Papers;
use super::super::records::{Records, at};
use crate::headers::ChainTip;
use crate::phrase;
use crate::rule::Phrase;
use crate::token::Date;
use crate::types::Network;

/// How far the time of a block may lie ahead of the clocks of the world, in seconds.
const BLOCK_AHEAD: u64 = 2 * 60 * 60;

/// Between which blocks did each session take place, and do the clocks agree?
pub fn time(records: &Records, papers: &Papers) -> AuditAnswer {
    let mut cases = records.unheard();
    for history in records.histories() {
        let mut last = 0;
        for session in &history.sessions {
            cases.push(one(history, session, last, papers));
            last = session.clock.max(last);
        }
    }
    let unit = Unit {
        name: phrase!("sessions", "セッション"),
        claim: phrase!(
            "the machine's clock and the blocks do not contradict each other",
            "端末の時計とブロックの時刻に矛盾がない"
        ),
        none: Conclusion::Missing,
    };
    AuditAnswer::new(Question::Time, unit, cases)
}

fn one(history: &DeviceHistory, session: &SessionRecord, last: u64, papers: &Papers) -> AuditCase {
    let subject = at(history, session);
    let mined = mined(session, papers);
    let found = phrase!(
        "{after}; {before}; machine {clock}",
        "{after}。{before}。端末の時計 {clock}",
        after = not_before(history, session.after.as_ref()),
        before = mined.map_or_else(
            || phrase!("no block after it is known", "後のブロックは不明"),
            |time| phrase!(
                "before a block of {time}",
                "{time} のブロックより前",
                time = moment(time)
            )
        ),
        clock = moment(session.clock)
    );
    if contradicts(history, session, last, mined) {
        AuditCase::found(subject, Finding::Clock, found)
    } else {
        AuditCase::pass(subject, found)
    }
}

fn contradicts(
    history: &DeviceHistory,
    session: &SessionRecord,
    last: u64,
    mined: Option<u64>,
) -> bool {
    let clock = session.clock;
    let tip = session.before.as_ref().filter(|_| proves(history));
    let tip = tip.map_or(0, |tip| u64::from(tip.median_time()));
    clock < last
        || clock.saturating_add(BLOCK_AHEAD) < tip
        || mined.is_some_and(|mined| mined.saturating_add(BLOCK_AHEAD) < clock)
}

/// The time of the block that holds the transaction of this session, where a node gave it.
fn mined(session: &SessionRecord, papers: &Papers) -> Option<u64> {
    let case = session.case.as_ref()?;
    let coin = case.intent.as_ref()?.lines.first()?.coin;
    let spent = papers.spent_at(&coin.into())?;
    Some(u64::from(spent))
}

/// Whether blocks cost anything on this network.
fn proves(history: &DeviceHistory) -> bool {
    let scope = history.state.scope();
    scope.is_some_and(|scope| matches!(scope.network, Network::Main | Network::Testnet4))
}

fn not_before(history: &DeviceHistory, tip: Option<&ChainTip>) -> Phrase {
    let Some(tip) = tip else {
        return phrase!("no block is known", "既知のブロックなし");
    };
    let time = moment(u64::from(tip.median_time()));
    let height = tip.height();
    if proves(history) {
        phrase!(
            "not before {time} (block {height})",
            "{time} 以後(ブロック {height})",
            time = time,
            height = height
        )
    } else {
        phrase!(
            "after block {height} of {time}, which proves nothing on this network",
            "{time} のブロック {height} 以後(このネットワークでは証明にならない)",
            height = height,
            time = time
        )
    }
}

/// A moment in words: UTC.
fn moment(seconds: u64) -> Phrase {
    Phrase::figure(Date::moment(seconds))
}

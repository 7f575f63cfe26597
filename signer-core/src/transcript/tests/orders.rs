//! Orders of the administrators end as everything else does: at the later of headers and clock, and
//! they begin by headers alone.

use alloc::string::String;
use std::string::ToString as _;

use super::recovery::signed;
use super::replacement::lost;
use crate::headers::KnownTime;
use crate::life::{CheckedRecovery, CheckedReplacement, RecoveryStanding, ReplacementStanding};
use crate::rule::Explained as _;
use crate::testing::{TIP, dated, officers_sign};
use crate::transcript::testing::Bench;
use crate::types::{Height, Lang};
use crate::wallet::CheckedCard;

/// The time of the newest block.
const MINED: u32 = 1_790_000_000;
/// The last height of every entry of the roster.
const LAST: u32 = 900_000;

/// Main net, where the headers end at this height and the chain is at that one by the clock.
fn by_clock(known: Height, reached: u32) -> KnownTime {
    let blocks = u64::from(reached - known.0);
    let time = dated(known, MINED, u64::from(MINED) + blocks * 600);
    assert_eq!((time.opens(), time.closes()), (known, Height(reached)));
    time
}

/// What is said of the bench's order of recovery.
fn recovers(bench: &Bench, time: KnownTime) -> Result<(), String> {
    let order = officers_sign(bench.recovery(), &["admin.a", "admin.b"]);
    let standing = RecoveryStanding {
        roster: bench.state().roster().unwrap(),
        identity: *bench.state().identity().unwrap(),
        time,
    };
    let checked = CheckedRecovery::open(&order.to_bytes(), standing);
    checked
        .map(drop)
        .map_err(|error| error.what().text(Lang::En).to_string())
}

/// What is said of the bench's order of replacement.
fn replaces(bench: &Bench, time: KnownTime) -> Result<(), String> {
    let order = officers_sign(bench.replacement(), &["admin.a", "admin.b"]);
    let state = bench.state();
    let standing = ReplacementStanding {
        roster: state.roster().unwrap(),
        device: state.genesis().unwrap(),
        card: state.own_card().map(CheckedCard::digest),
        proven: state.proven_hsms(),
        time,
    };
    let checked = CheckedReplacement::open(&order.to_bytes(), standing);
    checked
        .map(drop)
        .map_err(|error| error.what().text(Lang::En).to_string())
}

#[test]
fn an_order_ends_by_the_clock_too() {
    let (to_recover, ..) = signed();
    let (to_replace, ..) = lost();
    for (reached, taken) in [(TIP.0, true), (LAST, true), (LAST + 1, false)] {
        let time = by_clock(TIP, reached);
        for said in [recovers(&to_recover, time), replaces(&to_replace, time)] {
            assert_eq!(said.is_ok(), taken, "{reached}: {said:?}");
            assert!(said.err().is_none_or(|why| why.contains("administrator")));
        }
    }
}

/// The entries begin at 800,000: a clock that is there opens nothing.
#[test]
fn an_order_begins_by_headers_alone() {
    let (to_replace, ..) = lost();
    let early = Height(799_999);
    for reached in [early.0, 800_000, TIP.0] {
        let said = replaces(&to_replace, by_clock(early, reached));
        assert!(said.unwrap_err().contains("administrator"));
    }
    assert_eq!(
        replaces(&to_replace, by_clock(Height(800_000), TIP.0)),
        Ok(())
    );
}

//! TIM01.

use crate::headers::{Distance, FAR_AHEAD, FAR_BEHIND, KnownTime};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId, Verdict};
use crate::token::Date;

/// TIM01: The newest known block is near the machine's clock.
///
/// A device to which headers are withheld, or whose clock was set back, does not know what has
/// expired: it signs nothing. On signet and regtest blocks cost nothing, so the rule does not apply.
pub(super) fn tim01(time: KnownTime) -> Verdict {
    let refused = |expected, got| {
        let refusal = Refusal::new(RuleId::TIM01, Place::Whole, expected, got);
        Verdict::of(alloc::vec![refusal])
    };
    match time.distance() {
        Distance::Near => Verdict::Passed,
        Distance::Unproven(network) => Verdict::NotApplicable(phrase!(
            "headers prove nothing on {network}",
            "{network} ではヘッダーは何も証明しない",
            network = network
        )),
        Distance::NoClock => refused(phrase!("a clock", "時計"), Phrase::none()),
        Distance::Behind { block, clock } => refused(
            phrase!(
                "a block at most {hours} hours older than the clock",
                "時計より {hours} 時間以内に作られたブロック",
                hours = FAR_BEHIND / 3_600
            ),
            both(block, clock),
        ),
        Distance::Ahead { block, clock } => refused(
            phrase!(
                "a clock at most {hours} hours behind the newest block",
                "最新のブロックから {hours} 時間以内の遅れの時計",
                hours = FAR_AHEAD / 3_600
            ),
            both(block, clock),
        ),
    }
}

fn both(block: u64, clock: u64) -> Phrase {
    phrase!(
        "block of {block}, clock {clock}",
        "ブロック {block}、時計 {clock}",
        block = Date::moment(block),
        clock = Date::moment(clock)
    )
}

#[cfg(test)]
mod tests {
    use crate::headers::KnownTime;
    use crate::rule::{RuleId, Verdict};
    use crate::testing::{Case, TIP, dated, free, refusals, refused, world};
    use crate::types::{Height, Lang};

    const TIME: u64 = 1_790_000_000;

    fn on_main(clock: u64) -> Case {
        let mut case = Case::new(world());
        case.time = dated(TIP, u32::try_from(TIME).unwrap(), clock);
        case
    }

    fn expiring_at(clock: u64, expiry: u32) -> Case {
        let mut case = on_main(clock);
        case.edit_request = std::boxed::Box::new(move |request| request.expiry = Height(expiry));
        case
    }

    #[test]
    fn at_the_limit() {
        // What a day of blocks has closed: the requests of the case expire later than that.
        for clock in [TIME, TIME + 86_400, TIME - 7_200] {
            assert_eq!(
                refused(expiring_at(clock, TIP.0 + 144).approve(world())),
                []
            );
        }
    }

    #[test]
    fn one_past_it() {
        for clock in [TIME + 86_401, TIME - 7_201, 0] {
            let refused = refused(expiring_at(clock, TIP.0 + 144).approve(world()));
            assert_eq!(refused, [RuleId::TIM01], "{clock}");
        }
    }

    #[test]
    fn tim01_alone() {
        let refusals = refusals(expiring_at(TIME + 90_000, TIP.0 + 200).approve(world()));
        assert_eq!(refusals.len(), 1);
        assert_eq!(
            refusals[0].text(Lang::En).lines().next(),
            Some(
                "TIM01 refused at file: expected a block at most 24 hours older than the clock, \
                 got block of 2026-09-21 14:13 UTC, clock 2026-09-22 15:13 UTC"
            )
        );
    }

    #[test]
    fn refuses_where_no_clock_was_asked() {
        let mut case = Case::new(world());
        case.time = KnownTime::without_clock(TIP);
        assert_eq!(refused(case.approve(world())), [RuleId::TIM01]);
    }

    #[test]
    fn does_not_apply_where_blocks_cost_nothing() {
        let verdict = super::tim01(free(TIP));
        assert!(matches!(verdict, Verdict::NotApplicable(_)));
        assert_eq!(refused(Case::new(world()).approve(world())), []);
    }

    /// What ends, ends by the clock too: a request, and the terms of its people.
    #[test]
    fn a_request_expires_by_the_clock_where_headers_are_withheld() {
        let hours = TIME + 2 * 3_600;
        assert_eq!(refused(expiring_at(hours, TIP.0 + 12).approve(world())), []);
        assert_eq!(
            refused(expiring_at(hours, TIP.0 + 11).approve(world())),
            [RuleId::APP03]
        );
    }
}

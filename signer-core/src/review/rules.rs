//! REV01 and REV02.

use super::{End, Progress};
use crate::rule::{Place, Refusal, RuleId};

/// REV01: Every screen was shown, in order.
pub(super) fn rev01(progress: &Progress, screens: usize) -> Result<(), Refusal> {
    let expected = alloc::format!("{screens} screens shown in order");
    match progress.end {
        Some(End::OutOfOrder) => Err(Refusal::new(
            RuleId::REV01,
            Place::Whole,
            expected,
            "a screen or an answer out of turn",
        )),
        // A review that operators ended is REV02's to refuse.
        Some(End::WrongAnswers { .. } | End::Rejected { .. }) => Ok(()),
        None if progress.shown == screens => Ok(()),
        None => Err(Refusal::new(
            RuleId::REV01,
            Place::Whole,
            expected,
            progress.shown,
        )),
    }
}

/// REV02: Every challenge was answered from the content of the screen.
pub(super) fn rev02(progress: &Progress, asked: usize) -> Result<(), Refusal> {
    let refusal = |place, got: alloc::string::String| {
        let expected = alloc::format!("{asked} right answers");
        Err(Refusal::new(RuleId::REV02, place, expected, got))
    };
    match progress.end {
        Some(End::WrongAnswers { screen, seat }) => refusal(
            Place::Screen(screen),
            alloc::format!("{} wrong answers of {seat:?}", super::TRIES),
        ),
        Some(End::Rejected { screen, seat }) => refusal(
            Place::Screen(screen),
            alloc::format!("rejected by {seat:?}"),
        ),
        Some(End::OutOfOrder) => refusal(Place::Whole, "an answer out of turn".into()),
        None if progress.answered == asked => Ok(()),
        None => refusal(Place::Whole, alloc::format!("{}", progress.answered)),
    }
}

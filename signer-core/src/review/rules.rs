//! REV01 and REV02.

use super::{End, Progress};
use crate::phrase;
use crate::rule::{Phrase, Place, Refusal, RuleId};

/// REV01: Every screen was shown, in order.
pub(super) fn rev01(progress: &Progress, screens: usize) -> Result<(), Refusal> {
    let refusal = |got| {
        let expected = phrase!(
            "{screens} screens shown in order",
            "{screens} 画面を順に表示",
            screens = screens
        );
        Err(Refusal::new(RuleId::REV01, Place::Whole, expected, got))
    };
    match progress.end {
        Some(End::OutOfOrder) => refusal(phrase!(
            "a screen or an answer out of turn",
            "順序外の画面または入力"
        )),
        // A review that operators ended is REV02's to refuse.
        Some(End::WrongAnswers { .. } | End::Rejected { .. }) => Ok(()),
        None if progress.shown == screens => Ok(()),
        None => refusal(Phrase::figure(progress.shown)),
    }
}

/// REV02: Every challenge was answered from the content of the screen.
pub(super) fn rev02(progress: &Progress, asked: usize) -> Result<(), Refusal> {
    let refusal = |place, got| {
        let expected = phrase!(
            "{asked} right answers",
            "正しい確認入力 {asked} 件",
            asked = asked
        );
        Err(Refusal::new(RuleId::REV02, place, expected, got))
    };
    match progress.end {
        Some(End::WrongAnswers { screen, seat }) => refusal(
            Place::Screen(screen),
            phrase!(
                "{tries} wrong answers of {seat}",
                "{seat}の誤入力 {tries} 回",
                tries = super::TRIES,
                seat = seat.phrase()
            ),
        ),
        Some(End::Rejected { screen, seat }) => refusal(
            Place::Screen(screen),
            phrase!("rejected by {seat}", "{seat}が否認", seat = seat.phrase()),
        ),
        Some(End::OutOfOrder) => refusal(
            Place::Whole,
            phrase!("an answer out of turn", "順序外の入力"),
        ),
        None if progress.answered == asked => Ok(()),
        None => refusal(Place::Whole, Phrase::figure(progress.answered)),
    }
}

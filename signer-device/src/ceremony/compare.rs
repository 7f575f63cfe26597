//! One screen that the journal's fold will ask for, and what is typed about it.

use signer_core::approval::Seat;
use signer_core::phrase;
use signer_core::policy::{Page, Typed};
use signer_core::transcript::FoldError;

use super::session::Session;
use crate::console::Who;
use crate::failure::Failure;

/// Shows it, and asks each question of the one who has to answer.
pub(super) fn compare(session: &mut Session, page: &Page) -> Result<(), Failure> {
    let screen = session.show(&page.id, &page.lines)?;
    for asked in &page.asked {
        let who = match asked.seat() {
            Seat::OperatorA => Who::A,
            Seat::OperatorB | Seat::Witness => Who::B,
        };
        session.ask(&who, asked.id(), asked.text(), screen, |typed| {
            asked.takes(typed) == Typed::Right
        })?;
    }
    Ok(())
}

/// What was checked cannot be shown: this program did something out of order.
pub(super) fn out_of_order(_: FoldError) -> Failure {
    Failure::internal(phrase!("a screen out of order", "順序に合わない画面"))
}

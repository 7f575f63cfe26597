//! One screen that the journal's fold will ask for, and what is typed about it.

use signer_core::phrase;
use signer_core::policy::Page;
use signer_core::transcript::FoldError;

use super::session::Session;
use crate::failure::Failure;

/// Shows it, and asks each question of the one who has to answer.
pub(super) fn compare(session: &mut Session, page: &Page) -> Result<(), Failure> {
    let screen = session.show(&page.id, &page.lines)?;
    session.ask_all(screen, &page.asked)
}

/// What was checked cannot be shown: this program did something out of order.
pub(super) fn out_of_order(_: FoldError) -> Failure {
    Failure::internal(phrase!("a screen out of order", "順序に合わない画面"))
}

// expect: E0308
//! What was approved is not signed before two operators have read it.

use signer_core::approval::{ApprovedTx, Now};
use signer_core::review::Review;
use signer_core::signing::Signing;

pub fn unread(approved: ApprovedTx, now: &Now<'_>) {
    let _ = Signing::begin(approved, now); // refused
}

pub fn unfinished(review: Review, now: &Now<'_>) {
    let _ = Signing::begin(review, now); // refused
}

fn main() {}

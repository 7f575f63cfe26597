// expect: E0308
//! What was approved is not signed before two operators have read it.

use signer_core::approval::ApprovedTx;
use signer_core::review::Review;
use signer_core::signing::Signing;

pub fn unread(approved: ApprovedTx) {
    let _ = Signing::begin(approved); // refused
}

pub fn unfinished(review: Review) {
    let _ = Signing::begin(review); // refused
}

fn main() {}

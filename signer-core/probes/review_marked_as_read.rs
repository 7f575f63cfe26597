// expect: E0616
//! Only showing and answering move a review forward.

use signer_core::review::Review;

pub fn skip(review: &mut Review) {
    review.progress.shown = 99; // refused
    review.pages.clear(); // refused
}

fn main() {}

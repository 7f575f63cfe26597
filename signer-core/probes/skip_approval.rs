// expect: E0308
//! People are asked about an approved transaction only.

use signer_core::policy::CheckedTx;
use signer_core::review::{Review, ReviewSession};
use signer_core::types::Lang;

pub fn skip(checked: CheckedTx, session: ReviewSession) -> Review {
    Review::open(
        checked, // refused
        Lang::En, session,
    )
}

fn main() {}

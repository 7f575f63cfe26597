// expect: E0451
//! A seal order out of thin air.

use signer_core::signing::{OfficerOrder, SealOrder};

pub fn forge(digest: [u8; 32]) -> (SealOrder, OfficerOrder) {
    (
        SealOrder { digest }, // refused
        OfficerOrder { digest }, // refused
    )
}

fn main() {}

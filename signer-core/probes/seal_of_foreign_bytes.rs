// expect: E0624
//! A seal or an officer's signature over somebody else's digest.

use signer_core::signing::{OfficerOrder, SealOrder};

pub fn forge(digest: [u8; 32]) -> (SealOrder, OfficerOrder) {
    (
        SealOrder::new(digest), // refused
        OfficerOrder::new(digest), // refused
    )
}

fn main() {}

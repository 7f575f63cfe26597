// expect: E0451
//! A signed artefact that nobody signed.

use signer_core::cose::Signed;

pub fn forge<T>(body: T, inner: Signed<T>) -> Signed<T> {
    Signed { body, ..inner } // refused
}

fn main() {}

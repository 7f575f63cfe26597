// expect: E0599
//! An order is obeyed once; it cannot be kept for later.

use signer_core::signing::{OfficerOrder, PossessionOrder, SealOrder, SighashOrder};

pub fn keep(a: SighashOrder, b: PossessionOrder, c: SealOrder, d: OfficerOrder) {
    let _ = a.clone(); // refused
    let _ = b.clone(); // refused
    let _ = c.clone(); // refused
    let _ = d.clone(); // refused
}

fn main() {}

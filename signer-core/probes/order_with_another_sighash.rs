// expect: E0616
//! A good order whose digest is replaced.

use signer_core::signing::SighashOrder;

pub fn swap(order: &mut SighashOrder, sighash: [u8; 32]) {
    order.sighash = sighash; // refused
}

fn main() {}

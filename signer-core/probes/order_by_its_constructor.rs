// expect: E0624
//! The constructor of a sighash order belongs to the signing stage.

use signer_core::signing::{SighashOrder, WalletKeyRef};
use signer_core::types::InputIndex;

pub fn forge(input: InputIndex, key: WalletKeyRef, sighash: [u8; 32]) -> SighashOrder {
    SighashOrder::new(input, key, sighash) // refused
}

fn main() {}

// expect: E0451
//! A sighash order out of thin air.

use signer_core::signing::{SighashOrder, WalletKeyRef};
use signer_core::types::InputIndex;

pub fn forge(input: InputIndex, key: WalletKeyRef, sighash: [u8; 32]) -> SighashOrder {
    SighashOrder {
        input, // refused
        key, // refused
        sighash, // refused
    }
}

fn main() {}

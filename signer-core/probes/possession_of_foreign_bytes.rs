// expect: E0451
//! A proof of possession that is really the sighash of a transaction.

use signer_core::signing::{PossessionOrder, WalletKeyRef};

pub fn forge(key: WalletKeyRef, sighash: [u8; 32]) -> PossessionOrder {
    PossessionOrder {
        key, // refused
        digest: sighash, // refused
    }
}

fn main() {}

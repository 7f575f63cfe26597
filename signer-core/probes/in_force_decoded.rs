// expect: E0277
//! What is in force is opened under its signatures, never decoded.

use signer_core::approval::{ActiveRoster, Operators};
use signer_core::codec;
use signer_core::policy::ActivePolicy;
use signer_core::wallet::RegisteredWallet;

pub fn read(bytes: &[u8]) {
    let _ = codec::decode::<ActivePolicy>(bytes); // refused
    let _ = codec::decode::<ActiveRoster>(bytes); // refused
    let _ = codec::decode::<RegisteredWallet>(bytes); // refused
    let _ = codec::decode::<Operators>(bytes); // refused
}

fn main() {}

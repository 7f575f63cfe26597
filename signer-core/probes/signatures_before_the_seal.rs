// expect: E0624
//! Signatures do not leave a signed PSBT; a release takes them out, and it wants the seal.

use signer_core::psbt::RawPsbt;
use signer_core::signing::SignedPsbt;

pub fn take(signed: SignedPsbt) -> [RawPsbt; 2] {
    signed.into_psbts() // refused
}

fn main() {}

// expect: E0616
//! The bytes inside a signed PSBT are nobody's before the seal.

use signer_core::psbt::RawPsbt;
use signer_core::signing::SignedPsbt;

pub fn take(signed: SignedPsbt) -> RawPsbt {
    signed.psbt // refused
}

fn main() {}

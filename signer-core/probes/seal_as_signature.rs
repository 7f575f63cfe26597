// expect: E0308
//! An order for one key is none for another: no seal or proof passes as a Bitcoin signature.

use signer_core::signing::{OfficerOrder, PossessionOrder, SealOrder, SighashOrder, SigningHsm};

pub fn cross<H: SigningHsm>(
    hsm: &mut H,
    sighash: &SighashOrder,
    possession: &PossessionOrder,
    seal: &SealOrder,
    officer: &OfficerOrder,
) {
    let _ = hsm.sign(seal); // refused
    let _ = hsm.sign(possession); // refused
    let _ = hsm.seal(sighash); // refused
    let _ = hsm.seal(officer); // refused
    let _ = hsm.prove(sighash); // refused
}

fn main() {}

// expect: E0308
//! The HSM's door takes an order, never 32 bytes.

use signer_core::signing::SigningHsm;

pub fn sign<H: SigningHsm>(hsm: &mut H, digest: &[u8; 32]) {
    let _ = hsm.sign(digest); // refused
    let _ = hsm.prove(digest); // refused
    let _ = hsm.seal(digest); // refused
}

fn main() {}

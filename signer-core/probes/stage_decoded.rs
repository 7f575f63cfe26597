// expect: E0277
//! A stage is not read back from bytes: after a power cut the chain runs again.

use signer_core::codec;
use signer_core::psbt::ParsedPsbt;

pub fn read(bytes: &[u8]) {
    let _ = codec::decode::<ParsedPsbt>(bytes); // refused
}

fn main() {}

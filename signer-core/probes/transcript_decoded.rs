// expect: E0277
//! No bytes decode to a verified transcript.

use signer_core::codec;
use signer_core::transcript::{UnverifiedTranscript, VerifiedTranscript};

pub fn read(bytes: &[u8]) {
    let _ = codec::decode::<VerifiedTranscript>(bytes); // refused
    let _ = codec::decode::<UnverifiedTranscript>(bytes); // refused
}

fn main() {}

// expect: E0277
//! Orders and drafts cannot be read from bytes.

use signer_core::codec;
use signer_core::signing::{OfficerOrder, PossessionOrder, SealOrder, SighashOrder};

pub fn read(bytes: &[u8]) {
    let _ = codec::decode::<SighashOrder>(bytes); // refused
    let _ = codec::decode::<PossessionOrder>(bytes); // refused
    let _ = codec::decode::<SealOrder>(bytes); // refused
    let _ = codec::decode::<OfficerOrder>(bytes); // refused
}

fn main() {}

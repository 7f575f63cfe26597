// expect: E0308
//! The text of a seal is not a seal: a release wants the one that the journal took.

use signer_core::cose::Signed;
use signer_core::signing::SignedPsbt;
use signer_core::transcript::{Release, Seal};

pub fn text(signed: SignedPsbt, seal: &Seal, transcript: Vec<u8>) {
    let _ = Release::signed(
        signed,
        seal, // refused
        transcript,
    );
}

pub fn signature(signed: SignedPsbt, seal: &Signed<Seal>, transcript: Vec<u8>) {
    let _ = Release::signed(
        signed,
        seal, // refused
        transcript,
    );
}

fn main() {}

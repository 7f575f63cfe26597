// expect: E0451
//! A transcript is verified by replay, not by saying so.

use signer_core::transcript::{UnverifiedTranscript, VerifiedTranscript};

pub fn verified(old: VerifiedTranscript) -> VerifiedTranscript {
    VerifiedTranscript { ..old } // refused
}

pub fn read(old: UnverifiedTranscript) -> UnverifiedTranscript {
    UnverifiedTranscript { ..old } // refused
}

fn main() {}

// expect: E0308
//! A confirmed transaction is not released as if it were signed.

use signer_core::review::ConfirmedTx;
use signer_core::transcript::{Release, SealedSession};

pub fn skip(confirmed: ConfirmedTx, sealed: &SealedSession, transcript: Vec<u8>) {
    let _ = Release::signed(
        confirmed, // refused
        sealed, transcript,
    );
}

fn main() {}

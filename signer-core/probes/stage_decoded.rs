// expect: E0277
//! A stage is not read back from bytes: after a power cut the chain runs again.

use signer_core::codec;
use signer_core::approval::ApprovedTx;
use signer_core::policy::CheckedTx;
use signer_core::psbt::ParsedPsbt;
use signer_core::review::{ConfirmedTx, Review};
use signer_core::signing::{SignedPsbt, Signing};
use signer_core::transcript::{Journal, Release, SealedSession};
use signer_core::wallet::WalletTx;

pub fn read(bytes: &[u8]) {
    let _ = codec::decode::<ParsedPsbt>(bytes); // refused
    let _ = codec::decode::<WalletTx>(bytes); // refused
    let _ = codec::decode::<CheckedTx>(bytes); // refused
    let _ = codec::decode::<ApprovedTx>(bytes); // refused
    let _ = codec::decode::<ConfirmedTx>(bytes); // refused
    let _ = codec::decode::<SignedPsbt>(bytes); // refused
    let _ = codec::decode::<SealedSession>(bytes); // refused
    let _ = codec::decode::<Release>(bytes); // refused
    let _ = codec::decode::<Review>(bytes); // refused
    let _ = codec::decode::<Signing>(bytes); // refused
    let _ = codec::decode::<Journal>(bytes); // refused
}

fn main() {}

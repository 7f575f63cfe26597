// expect: E0277
//! A stage is not read back from bytes: after a power cut the chain runs again.

use signer_core::codec;
use signer_core::approval::ApprovedTx;
use signer_core::policy::CheckedTx;
use signer_core::psbt::ParsedPsbt;
use signer_core::wallet::WalletTx;

pub fn read(bytes: &[u8]) {
    let _ = codec::decode::<ParsedPsbt>(bytes); // refused
    let _ = codec::decode::<WalletTx>(bytes); // refused
    let _ = codec::decode::<CheckedTx>(bytes); // refused
    let _ = codec::decode::<ApprovedTx>(bytes); // refused
}

fn main() {}

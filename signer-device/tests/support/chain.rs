//! A chain of blocks with next to no work, as on regtest.

use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash as _;
use bitcoin::{BlockHash, CompactTarget, TxMerkleNode, consensus};
use signer_core::headers::HeaderRun;
use signer_core::root::Checkpoint;
use signer_core::types::Height;

/// Every header after the checkpoint up to this height.
pub(crate) fn headers(checkpoint: &Checkpoint, to: Height) -> HeaderRun {
    let (mut previous, mut time) = (checkpoint.hash, checkpoint.time);
    let headers = (checkpoint.height.0..to.0).map(|_| {
        time += 600;
        let header = mined(previous, time, checkpoint.bits);
        previous = header.block_hash().to_byte_array();
        let bytes = consensus::serialize(&header);
        bytes.try_into().expect("a header has 80 bytes")
    });
    HeaderRun {
        first_height: Height(checkpoint.height.0 + 1),
        headers: headers.collect(),
    }
}

fn mined(previous: [u8; 32], time: u32, bits: u32) -> Header {
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash: BlockHash::from_byte_array(previous),
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: CompactTarget::from_consensus(bits),
        nonce: 0,
    };
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    header
}

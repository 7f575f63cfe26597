//! A chain of blocks with next to no work, as on regtest.

use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash as _;
use bitcoin::{BlockHash, CompactTarget, TxMerkleNode, consensus};
use signer_core::headers::HeaderRun;
use signer_core::root::Checkpoint;
use signer_core::types::Height;

/// Every header after the checkpoint up to this height.
pub(crate) fn headers(checkpoint: &Checkpoint, to: Height) -> HeaderRun {
    headers_over(checkpoint, to, &[])
}

/// The same, with these Merkle roots in some of the blocks.
pub(crate) fn headers_over(
    checkpoint: &Checkpoint,
    to: Height,
    roots: &[(Height, [u8; 32])],
) -> HeaderRun {
    let (mut previous, mut time) = (checkpoint.hash, checkpoint.time);
    let headers = (checkpoint.height.0..to.0).map(|before| {
        time += 600;
        let mut roots = roots.iter();
        let root = roots.find(|(height, _)| height.0 == before + 1);
        let root = root.map_or([0; 32], |(_, root)| *root);
        let header = mined(previous, time, checkpoint.bits, root);
        previous = header.block_hash().to_byte_array();
        let bytes = consensus::serialize(&header);
        bytes.try_into().expect("a header has 80 bytes")
    });
    HeaderRun {
        first_height: Height(checkpoint.height.0 + 1),
        headers: headers.collect(),
    }
}

fn mined(previous: [u8; 32], time: u32, bits: u32, root: [u8; 32]) -> Header {
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash: BlockHash::from_byte_array(previous),
        merkle_root: TxMerkleNode::from_byte_array(root),
        time,
        bits: CompactTarget::from_consensus(bits),
        nonce: 0,
    };
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    header
}

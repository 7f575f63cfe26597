//! Runs of headers: as they came, and linked and worked for on regtest; and proofs that a transaction
//! is in the chain.

use bitcoin::block::Header;
use bitcoin::consensus;
use bitcoin::hashes::Hash as _;
use bitcoin::{BlockHash, CompactTarget};
use signer_core::codec;
use signer_core::headers::{Chain, ChainTip, GIVEN_UP, HeaderRun};
use signer_core::settlement::{SettlementFile, trn06};
use signer_core::transcript::DeviceState;
use signer_core::types::{Height, Network};

use super::world::world;

/// Regtest's only target.
const REGTEST_BITS: u32 = 0x207f_ffff;
/// Most headers of one run here.
const HEADERS: usize = 64;

/// A run; taken is one that a tip follows once it is linked.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(run) = codec::decode::<HeaderRun>(data) else {
        return proof(data);
    };
    assert_eq!(codec::encode(&run), data, "encodes as it came");
    let tip = ChainTip::checkpoint(&world().root.checkpoint);
    for network in [
        Network::Main,
        Network::Testnet4,
        Network::Signet,
        Network::Regtest,
    ] {
        let _ = tip.extend(&run, network);
    }
    linked(&tip, &run)
}

/// A proof; taken is one whose first path leads to a root. To a device that has accepted none of these
/// blocks it proves nothing.
fn proof(data: &[u8]) -> bool {
    let Ok(file) = codec::decode::<SettlementFile>(data) else {
        return false;
    };
    assert_eq!(codec::encode(&file), data, "encodes as it came");
    let state = DeviceState::unborn();
    let judged = trn06(&file.settlement, state.accepted(), state.register());
    assert!(judged.is_err(), "settles nothing");
    let spends = file.settlement.spends.iter();
    let roots = spends.map(|spend| spend.path.root([0; 32], spend.position));
    roots.flatten().count() > 0
}

/// The same headers linked to the tip: followed at once or in two steps, the end is the same.
fn linked(tip: &ChainTip, run: &HeaderRun) -> bool {
    let headers = worked(*tip.hash(), &run.headers);
    let first_height = Height(tip.height().0 + 1);
    let whole = HeaderRun {
        first_height,
        headers,
    };
    let Ok(end) = tip.extend(&whole, Network::Regtest) else {
        return false;
    };
    let count = u32::try_from(whole.headers.len()).expect("few headers");
    assert_eq!(end.height(), Height(tip.height().0 + count));
    assert_eq!(codec::decode(&codec::encode(&end)), Ok(end.clone()));
    let half = whole.headers.len() / 2;
    if half > 0 {
        let (before, after) = whole.headers.split_at(half);
        let steps = [(0, before), (half, after)];
        let step = |tip: ChainTip, (offset, headers): (usize, &[[u8; 80]])| {
            let offset = u32::try_from(offset).expect("few headers");
            let run = HeaderRun {
                first_height: Height(first_height.0 + offset),
                headers: headers.to_vec(),
            };
            tip.extend(&run, Network::Regtest).expect("a part of it")
        };
        assert_eq!(steps.into_iter().fold(tip.clone(), step), end);
    }
    // Shown again from the start, the end is where it was.
    assert_eq!(end.extend(&whole, Network::Regtest), Ok(end.clone()));
    left(&whole, &end);
    true
}

/// A device that knew one other block there follows these where they are more, and no others.
fn left(whole: &HeaderRun, end: &ChainTip) {
    let checkpoint = &world().root.checkpoint;
    let known = Chain::checkpoint(checkpoint);
    let mut other = whole.headers.first().expect("some").to_owned();
    other[36] ^= 1;
    let stale = HeaderRun {
        first_height: whole.first_height,
        headers: worked(checkpoint.hash, &[other]),
    };
    let stale = known.extend(&stale, Network::Regtest).expect("a block");
    let after = stale.chain.extend(whole, Network::Regtest);
    assert_eq!(after.is_ok(), whole.headers.len() > 1);
    if let Ok(after) = after {
        assert_eq!(after.chain.tip(), end);
        assert!(after.left.is_some_and(|left| left.count() <= GIVEN_UP));
    }
}

fn worked(mut prev: [u8; 32], headers: &[[u8; 80]]) -> Vec<[u8; 80]> {
    let mut linked = vec![];
    for bytes in headers.iter().take(HEADERS) {
        let mut header: Header = consensus::deserialize(bytes).expect("80 bytes");
        header.prev_blockhash = BlockHash::from_byte_array(prev);
        header.bits = CompactTarget::from_consensus(REGTEST_BITS);
        while header.validate_pow(header.target()).is_err() {
            header.nonce = header.nonce.wrapping_add(1);
        }
        prev = header.block_hash().to_byte_array();
        let bytes = consensus::serialize(&header);
        linked.push(bytes.try_into().expect("80 bytes"));
    }
    linked
}

use std::vec;

use bitcoin::TxMerkleNode;
use bitcoin::constants::genesis_block;

use super::*;
use crate::codec;

pub(super) const START: u32 = 1_700_000_000;

/// Finds a nonce: on regtest every second one does.
pub(super) fn mine(mut header: Header) -> Header {
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    header
}

/// A block at this height, as a root states it.
pub(super) fn regtest_block(height: u32) -> (Checkpoint, Header) {
    let genesis = genesis_block(bitcoin::Network::Regtest).header;
    let header = mine(Header {
        time: START,
        ..genesis
    });
    let checkpoint = Checkpoint {
        height: Height(height),
        hash: header.block_hash().to_byte_array(),
        bits: 0x207f_ffff,
        time: START,
    };
    (checkpoint, header)
}

fn regtest_checkpoint(height: u32) -> (ChainTip, Header) {
    let (checkpoint, header) = regtest_block(height);
    (ChainTip::checkpoint(&checkpoint), header)
}

pub(super) fn mine_regtest(last: &Header, count: usize, step: u32) -> Vec<Header> {
    let mut headers = vec![];
    let mut last = *last;
    for n in 0..count {
        last = mine(Header {
            prev_blockhash: last.block_hash(),
            merkle_root: TxMerkleNode::from_byte_array([u8::try_from(n % 256).unwrap(); 32]),
            time: last.time + step,
            ..last
        });
        headers.push(last);
    }
    headers
}

pub(super) fn run(first: u32, headers: &[Header]) -> HeaderRun {
    let bytes = |header: &Header| consensus::serialize(header).try_into().unwrap();
    HeaderRun {
        first_height: Height(first),
        headers: headers.iter().map(bytes).collect(),
    }
}

fn extend(tip: &ChainTip, run: &HeaderRun) -> Result<ChainTip, HeaderError> {
    tip.extend(run, Network::Regtest)
}

#[test]
fn a_linked_run_moves_the_tip_and_the_median_time() {
    let (tip, block) = regtest_checkpoint(100);
    let headers = mine_regtest(&block, 30, 600);
    let end = extend(&tip, &run(101, &headers)).unwrap();
    assert_eq!(end.height(), Height(130));
    assert_eq!(end.hash(), headers[29].block_hash().as_byte_array());
    // Of the eleven last blocks the sixth from the end.
    assert_eq!(end.median_time(), headers[24].time);
    assert_eq!(tip.median_time(), START);
}

#[test]
fn a_run_in_two_parts_is_the_same_run() {
    let (tip, block) = regtest_checkpoint(2_000);
    let headers = mine_regtest(&block, 40, 600);
    let whole = extend(&tip, &run(2_001, &headers)).unwrap();
    for cut in 1..40 {
        let first = extend(&tip, &run(2_001, &headers[..cut])).unwrap();
        let rest = u32::try_from(2_001 + cut).unwrap();
        assert_eq!(extend(&first, &run(rest, &headers[cut..])).unwrap(), whole);
        // Headers that are known are skipped.
        assert_eq!(extend(&first, &run(2_001, &headers)).unwrap(), whole);
    }
    assert_eq!(extend(&whole, &run(2_001, &headers)).unwrap(), whole);
}

#[test]
fn gaps_forks_and_old_runs_are_refused() {
    let (tip, block) = regtest_checkpoint(100);
    let headers = mine_regtest(&block, 10, 600);
    let other = mine_regtest(&block, 10, 601);
    let at_105 = extend(&tip, &run(101, &headers[..5])).unwrap();
    assert_eq!(
        extend(&at_105, &run(107, &headers[6..])),
        Err(HeaderError::Gap {
            expected: Height(106),
            got: Height(107)
        })
    );
    assert_eq!(
        extend(&at_105, &run(101, &headers[..4])),
        Err(HeaderError::Behind {
            tip: Height(105),
            got: Height(104)
        })
    );
    assert_eq!(
        extend(&at_105, &run(101, &other)),
        Err(HeaderError::OtherChain(Height(105)))
    );
    assert_eq!(
        extend(&at_105, &run(106, &other[5..])),
        Err(HeaderError::Unlinked(Height(106)))
    );
    let mut gap = headers.clone();
    gap.remove(7);
    assert_eq!(
        extend(&at_105, &run(106, &gap[5..])),
        Err(HeaderError::Unlinked(Height(108)))
    );
    let mut below = headers.clone();
    below[1] = other[1];
    assert_eq!(
        extend(&at_105, &run(101, &below)),
        Err(HeaderError::Unlinked(Height(102)))
    );
    // A forged height: the right headers at another place.
    assert_eq!(
        extend(&at_105, &run(102, &headers)),
        Err(HeaderError::OtherChain(Height(105)))
    );
}

#[test]
fn counts_are_limited() {
    let (tip, block) = regtest_checkpoint(100);
    assert_eq!(extend(&tip, &run(101, &[])), Err(HeaderError::Count(0)));
    let many = HeaderRun {
        first_height: Height(101),
        headers: vec![[0; 80]; RUN_LIMIT + 1],
    };
    assert_eq!(extend(&tip, &many), Err(HeaderError::Count(RUN_LIMIT + 1)));
    let headers = mine_regtest(&block, RUN_LIMIT, 1);
    let end = extend(&tip, &run(101, &headers)).unwrap();
    assert_eq!(end.height(), Height(20_100));
}

#[test]
fn the_last_height_is_not_passed() {
    let (tip, block) = regtest_checkpoint(u32::MAX);
    let headers = mine_regtest(&block, 2, 600);
    assert_eq!(
        extend(&tip, &run(u32::MAX, &headers)),
        Err(HeaderError::OtherChain(Height(u32::MAX)))
    );
}

#[test]
fn work_and_target_are_checked() {
    let (tip, block) = regtest_checkpoint(100);
    let [good] = mine_regtest(&block, 1, 600).try_into().unwrap();
    let mut idle: Header = good;
    while idle.validate_pow(idle.target()).is_ok() {
        idle.nonce += 1;
    }
    assert_eq!(
        extend(&tip, &run(101, &[idle])),
        Err(HeaderError::Work(Height(101)))
    );
    for bits in [
        0x207f_fffe,
        0x1d00_ffff,
        0x217f_ffff,
        0xff7f_ffff,
        0x20ff_ffff,
        0,
        0x0480_0000,
    ] {
        let other = Header {
            bits: CompactTarget::from_consensus(bits),
            ..good
        };
        let expected = HeaderError::Target {
            height: Height(101),
            got: bits,
        };
        assert_eq!(extend(&tip, &run(101, &[other])), Err(expected));
    }
    // The easy headers of regtest move no other chain.
    for network in [Network::Main, Network::Testnet4, Network::Signet] {
        let refused = tip.extend(&run(101, &[good]), network);
        assert!(matches!(refused, Err(HeaderError::Target { .. })));
    }
}

#[test]
fn a_header_must_be_later_than_the_median() {
    let (tip, block) = regtest_checkpoint(100);
    let headers = mine_regtest(&block, 11, 600);
    let end = extend(&tip, &run(101, &headers)).unwrap();
    let at = |time: u32| {
        mine(Header {
            time,
            prev_blockhash: headers[10].block_hash(),
            ..headers[10]
        })
    };
    let median = end.median_time();
    assert_eq!(
        extend(&end, &run(112, &[at(median)])),
        Err(HeaderError::Time(Height(112)))
    );
    assert!(extend(&end, &run(112, &[at(median + 1)])).is_ok());
}

/// Block 1 of the main chain is worked for and linked to the genesis block.
#[test]
fn the_first_block_of_the_main_chain_is_taken() {
    let genesis = genesis_block(bitcoin::Network::Bitcoin).header;
    let tip = ChainTip::checkpoint(&Checkpoint {
        height: Height(0),
        hash: genesis.block_hash().to_byte_array(),
        bits: genesis.bits.to_consensus(),
        time: genesis.time,
    });
    let merkle_root = "0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098";
    let block = Header {
        prev_blockhash: genesis.block_hash(),
        merkle_root: merkle_root.parse().unwrap(),
        time: 1_231_469_665,
        nonce: 2_573_394_689,
        ..genesis
    };
    let end = tip.extend(&run(1, &[block]), Network::Main).unwrap();
    assert_eq!(end.height(), Height(1));
    let idle = Header { nonce: 0, ..block };
    assert_eq!(
        tip.extend(&run(1, &[idle]), Network::Main),
        Err(HeaderError::Work(Height(1)))
    );
}

/// The first retarget of the main chain that changed anything: height 32,256.
#[test]
fn the_retarget_is_exact_where_the_period_was_seen() {
    let (start, end) = (Some(1_261_130_161), 1_262_152_739);
    let takes = |start, bits| retargeted(0x1d00_ffff, start, end, bits, Network::Main);
    assert!(takes(start, 0x1d00_d86a));
    for other in [0x1d00_d86b, 0x1d00_d869, 0x1d00_ffff] {
        assert!(!takes(start, other));
        assert!(takes(None, other));
    }
    // Without the start: a quarter of the target is taken, less is not, more than all is not.
    assert!(takes(None, 0x1c3f_ffc0));
    assert!(!takes(None, 0x1c3f_ffbf));
    assert!(!takes(None, 0x1d01_0000));
    let quarter = |bits| retargeted(0x1c3f_ffc0, None, 0, bits, Network::Main);
    assert!(quarter(0x1d00_ffff));
    // The same target in another spelling.
    assert!(!quarter(0x1e00_00ff));
}

#[test]
fn testnet_takes_a_block_of_least_work_after_waiting() {
    let (tip, block) = regtest_checkpoint(100);
    let tip = ChainTip {
        bits: 0x1c00_ffff,
        ..tip
    };
    let bits = |bits: u32, waited: u32| {
        let bits = CompactTarget::from_consensus(bits);
        let header = Header {
            bits,
            time: START + waited,
            ..block
        };
        move |network| tip.clone().period_bits(&header, Height(101), network)
    };
    assert_eq!(
        bits.clone()(0x1d00_ffff, 1_201)(Network::Testnet4),
        Some(0x1c00_ffff)
    );
    assert_eq!(bits.clone()(0x1d00_ffff, 1_200)(Network::Testnet4), None);
    assert_eq!(bits.clone()(0x1d00_ffff, 9_999)(Network::Main), None);
    assert_eq!(bits(0x1c00_ffff, 600)(Network::Testnet4), Some(0x1c00_ffff));
}

#[test]
fn runs_and_tips_have_one_encoding() {
    let (tip, block) = regtest_checkpoint(0);
    let headers = run(1, &mine_regtest(&block, 3, 600));
    let bytes = codec::encode(&headers);
    assert_eq!(codec::decode::<HeaderRun>(&bytes), Ok(headers.clone()));
    let end = extend(&tip, &headers).unwrap();
    assert_eq!(codec::decode::<ChainTip>(&codec::encode(&end)), Ok(end));
    let uneven = [&[0xA2, 0, 1, 1, 0x58, 81][..], &[0; 81]].concat();
    assert!(codec::decode::<HeaderRun>(&uneven).is_err());
}

use std::vec;
use std::vec::Vec;

use bitcoin::CompactTarget;
use bitcoin::block::Header;
use bitcoin::hashes::Hash as _;

use super::*;
use crate::headers::RUN_LIMIT;
use crate::headers::tests::{START, mine_regtest, regtest_block, run};

/// A chain of so many blocks after a checkpoint at height 100, and all its headers.
fn chain(blocks: usize) -> (Chain, Vec<Header>) {
    let (checkpoint, block) = regtest_block(100);
    let mut headers = vec![block];
    headers.extend(mine_regtest(&block, blocks, 600));
    let start = Chain::checkpoint(&checkpoint);
    if blocks == 0 {
        return (start, headers);
    }
    let extended = extend(&start, 101, &headers[1..]).unwrap();
    assert_eq!(extended.left, None);
    (extended.chain, headers)
}

fn extend(chain: &Chain, first: u32, headers: &[Header]) -> Result<Extended, HeaderError> {
    chain.extend(&run(first, headers), Network::Regtest)
}

/// The headers up to this height, and so many others on top of it.
fn fork(headers: &[Header], at: usize, blocks: usize) -> Vec<Header> {
    let mut other = headers[..=at].to_vec();
    other.extend(mine_regtest(&headers[at], blocks, 601));
    other
}

/// What a device lives through every few weeks: its newest block is one that the chain leaves again.
#[test]
fn a_stale_newest_block_is_left_once_the_chain_goes_on() {
    let (known, headers) = chain(20);
    let real = fork(&headers, 19, 3);
    // As long as there is only another block of the same height, the first one is followed.
    assert_eq!(
        extend(&known, 101, &real[1..21]),
        Err(HeaderError::NoMoreWork(Height(120)))
    );
    let after = extend(&known, 101, &real[1..22]).unwrap();
    let left = LeftBlocks {
        from: Height(120),
        to: Height(120),
        tip: *known.tip().hash(),
    };
    assert_eq!((after.left, left.count()), (Some(left), Blocks(1)));
    assert_eq!(after.chain.tip().height(), Height(121));
    assert_eq!(
        after.chain.tip().hash(),
        real[21].block_hash().as_byte_array()
    );
    // The same from the first block of the other chain on, and from all of it at once.
    assert_eq!(extend(&known, 120, &real[20..22]), Ok(after.clone()));
    assert_eq!(
        extend(&known, 110, &real[10..22]).unwrap().chain,
        after.chain
    );
    let (start, _) = chain(0);
    assert_eq!(
        extend(&start, 101, &real[1..22]).unwrap().chain,
        after.chain
    );
    let on = extend(&after.chain, 122, &real[22..]).unwrap();
    assert_eq!((on.left, on.chain.tip().height()), (None, Height(122)));
    // Back to the block that was left: with equal work nobody goes anywhere.
    assert_eq!(
        extend(&on.chain, 101, &headers[1..]),
        Err(HeaderError::Behind {
            tip: Height(122),
            got: Height(120)
        })
    );
}

#[test]
fn six_blocks_are_given_up_and_not_a_seventh() {
    let (known, headers) = chain(20);
    for deep in 1..=6 {
        let longer = fork(&headers, 20 - deep, deep + 1);
        let after = extend(&known, 101, &longer[1..]).unwrap();
        let count = Blocks(u32::try_from(deep).unwrap());
        assert_eq!(after.left.map(|left| left.count()), Some(count));
        let as_long = fork(&headers, 20 - deep, deep);
        assert_eq!(
            extend(&known, 101, &as_long[1..]),
            Err(HeaderError::NoMoreWork(Height(121 - count.0)))
        );
    }
    for much_longer in [8, 800] {
        let deeper = fork(&headers, 13, much_longer);
        let refused = extend(&known, 101, &deeper[1..]);
        assert_eq!(refused, Err(HeaderError::OtherChain(Height(120))));
    }
}

/// However often blocks are left, none is that ever had six on top.
#[test]
fn what_was_six_deep_stays() {
    let (known, headers) = chain(20);
    let longer = fork(&headers, 14, 7);
    let after = extend(&known, 101, &longer[1..]).unwrap().chain;
    assert_eq!(after.below.len(), 6);
    assert_eq!(after.tip().height(), Height(121));
    let mut under_six = headers[..=14].to_vec();
    under_six.extend(mine_regtest(&headers[14], 8, 602));
    assert_eq!(
        extend(&after, 101, &under_six[1..]),
        Err(HeaderError::OtherChain(Height(121)))
    );
    let mut from_there = longer[..=15].to_vec();
    from_there.extend(mine_regtest(&longer[15], 7, 602));
    assert!(extend(&after, 101, &from_there[1..]).is_ok());
}

#[test]
fn nothing_below_the_checkpoint_is_given_up() {
    let (known, headers) = chain(2);
    let other = fork(&headers, 0, 3);
    assert!(extend(&known, 101, &other[1..]).is_ok());
    let (start, block) = chain(0);
    assert_eq!(start.below, []);
    let beside = mine_regtest(
        &Header {
            time: START + 1,
            ..block[0]
        },
        3,
        600,
    );
    assert_eq!(
        extend(&start, 101, &beside),
        Err(HeaderError::Unlinked(Height(101)))
    );
}

/// What decides is the work, not the count: heights never fall all the same.
#[test]
fn more_work_decides_and_no_height_falls() {
    let (mut known, headers) = chain(20);
    let other = fork(&headers, 18, 2);
    let limit = known.work_from(Height(119));
    assert_eq!(limit, 4);
    known.newest.work = 1;
    assert!(extend(&known, 101, &other[1..]).unwrap().left.is_some());
    // One block with as much work as two: it ends below the tip.
    known.newest.work = 0;
    known.below[5].work = 1;
    assert_eq!(
        extend(&known, 101, &other[1..20]),
        Err(HeaderError::Behind {
            tip: Height(120),
            got: Height(119)
        })
    );
    known.newest.work = 4;
    let longer = fork(&headers, 19, 3);
    assert!(extend(&known, 101, &longer[1..]).is_ok());
    assert_eq!(
        extend(&known, 101, &longer[1..22]),
        Err(HeaderError::NoMoreWork(Height(120)))
    );
}

/// A chain that is easier to mine than the rules ask for is none, however long it is.
#[test]
fn forged_easy_headers_replace_nothing() {
    let (known, headers) = chain(20);
    let mut easy = fork(&headers, 19, 30);
    easy[20].bits = CompactTarget::from_consensus(0x2100_ffff);
    assert!(matches!(
        extend(&known, 101, &easy[1..]),
        Err(HeaderError::Target { .. })
    ));
    let mut idle = fork(&headers, 19, 30);
    while idle[49].validate_pow(idle[49].target()).is_ok() {
        idle[49].nonce += 1;
    }
    assert_eq!(
        extend(&known, 101, &idle[1..]),
        Err(HeaderError::Work(Height(149)))
    );
}

/// A run that is linked to nothing known proves no height, whatever work is in it.
#[test]
fn a_run_that_begins_elsewhere_proves_no_height() {
    let (known, headers) = chain(20);
    let on = mine_regtest(&headers[20], 144, 600);
    let apart = extend(&known, 122, &on[1..]);
    assert_eq!(
        apart,
        Err(HeaderError::Gap {
            expected: Height(121),
            got: Height(122)
        })
    );
    // The same headers under the heights that would fit.
    assert_eq!(
        extend(&known, 121, &on[1..]),
        Err(HeaderError::Unlinked(Height(121)))
    );
    assert_eq!(
        extend(&known, 119, &on),
        Err(HeaderError::OtherChain(Height(120)))
    );
}

#[test]
fn a_run_that_is_known_changes_nothing() {
    let (known, headers) = chain(20);
    for first in [1, 14, 15, 19, 20] {
        let from = u32::try_from(100 + first).unwrap();
        let again = extend(&known, from, &headers[first..]).unwrap();
        assert_eq!((again.chain, again.left), (known.clone(), None));
    }
    for last in [1, 13, 14, 18, 19] {
        let got = Height(u32::try_from(100 + last).unwrap());
        assert_eq!(
            extend(&known, 101, &headers[1..=last]),
            Err(HeaderError::Behind {
                tip: Height(120),
                got
            })
        );
    }
    assert_eq!(extend(&known, 121, &[]), Err(HeaderError::Count(0)));
    let many = vec![headers[20]; RUN_LIMIT + 1];
    assert_eq!(
        extend(&known, 121, &many),
        Err(HeaderError::Count(RUN_LIMIT + 1))
    );
}

#[test]
fn work_is_the_inverse_of_the_target() {
    let (_, headers) = chain(0);
    let of = |bits| {
        work(&Header {
            bits: CompactTarget::from_consensus(bits),
            ..headers[0]
        })
    };
    assert_eq!(of(0x207f_ffff), 2);
    assert_eq!(of(0x1d00_ffff), 0x1_0001_0001);
    assert_eq!(of(0x0100_0001), u128::MAX);
}

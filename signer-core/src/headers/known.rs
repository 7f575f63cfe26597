//! What is known of the time when something is judged: permissions open by headers alone, and close
//! at the later of headers and the machine's clock.
//!
//! Headers prove "not before", and can be withheld. The clock is a claim, and can be set. So a clock
//! that runs ahead only closes earlier, and one that is set back closes as the headers do.

use core::fmt;

use super::ChainTip;
use crate::types::{Height, Network};

/// How far the newest block may lie behind the machine's clock, in seconds: a day.
pub const FAR_BEHIND: u64 = 24 * 60 * 60;
/// How far it may lie ahead of it, in seconds: as far as nodes take blocks from the future.
pub const FAR_AHEAD: u64 = 2 * 60 * 60;
/// Seconds from one block to the next, as the rules of work aim at.
const SPACING: u64 = 600;

/// The heights by which a permission opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownTime {
    opens: Height,
    closes: Height,
    distance: Distance,
}

/// How the newest block lies to the machine's clock. Times are seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// No clock was asked: for reports, never for a signature.
    NoClock,
    /// Blocks cost nothing on this network: their times say nothing.
    Unproven(Network),
    /// They agree, within [`FAR_BEHIND`] and [`FAR_AHEAD`].
    Near,
    /// The newest block is old, or the clock is fast.
    Behind {
        /// Time of the chain at the newest block.
        block: u64,
        /// The machine's clock.
        clock: u64,
    },
    /// The clock is slow, or was set back.
    Ahead {
        /// Time of the chain at the newest block.
        block: u64,
        /// The machine's clock.
        clock: u64,
    },
}

impl KnownTime {
    /// By headers alone: what a report can say. Nothing is approved by it (TIM01).
    pub const fn without_clock(known: Height) -> Self {
        Self {
            opens: known,
            closes: known,
            distance: Distance::NoClock,
        }
    }

    /// By the newest block and the machine's clock, in seconds since 1970.
    pub fn of(tip: &ChainTip, clock: u64, network: Network) -> Self {
        let opens = tip.height();
        if matches!(network, Network::Signet | Network::Regtest) {
            return Self {
                opens,
                closes: opens,
                distance: Distance::Unproven(network),
            };
        }
        Self {
            opens,
            closes: opens.max(reached_by(tip, clock)),
            distance: distance(u64::from(tip.median_time()), clock),
        }
    }

    /// The height of the newest block that is known: what begins by now has begun.
    pub const fn opens(&self) -> Height {
        self.opens
    }

    /// The height that the chain has reached by the clock, never below [`Self::opens`]: what ends
    /// before it has ended.
    pub const fn closes(&self) -> Height {
        self.closes
    }

    /// How the newest block lies to the clock.
    pub const fn distance(&self) -> Distance {
        self.distance
    }
}

/// One height, or `from..to` where the clock says that the chain is further than the headers.
impl fmt::Display for KnownTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.opens == self.closes {
            write!(f, "{}", self.opens)
        } else {
            write!(f, "{}..{}", self.opens, self.closes)
        }
    }
}

/// The height of the chain at this moment, with blocks as far apart as they are meant to be. The
/// time of the chain is that of the block in the middle of the last ones, and is counted from there.
fn reached_by(tip: &ChainTip, clock: u64) -> Height {
    let since = clock.saturating_sub(u64::from(tip.median_time()));
    let blocks = u32::try_from(since / SPACING).unwrap_or(u32::MAX);
    let middle = tip.height().0.saturating_sub(tip.above_median());
    Height(middle.saturating_add(blocks))
}

const fn distance(block: u64, clock: u64) -> Distance {
    if block.saturating_add(FAR_BEHIND) < clock {
        Distance::Behind { block, clock }
    } else if clock.saturating_add(FAR_AHEAD) < block {
        Distance::Ahead { block, clock }
    } else {
        Distance::Near
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;
    use std::vec::Vec;

    use bitcoin::block::{Header, Version};
    use bitcoin::hashes::Hash as _;
    use bitcoin::{BlockHash, CompactTarget, TxMerkleNode, consensus};

    use super::*;
    use crate::headers::HeaderRun;
    use crate::root::Checkpoint;

    const TIME: u32 = 1_790_000_000;

    fn checkpoint() -> ChainTip {
        ChainTip::checkpoint(&Checkpoint {
            height: Height(1_000),
            hash: [1; 32],
            bits: 0x207f_ffff,
            time: TIME,
        })
    }

    /// The checkpoint with so many blocks after it, ten minutes apart, as regtest makes them.
    fn followed_by(blocks: u32) -> ChainTip {
        let (mut last, mut headers) = ([1; 32], Vec::new());
        for n in 1..=blocks {
            let mut header = Header {
                version: Version::TWO,
                prev_blockhash: BlockHash::from_byte_array(last),
                merkle_root: TxMerkleNode::all_zeros(),
                time: TIME + n * 600,
                bits: CompactTarget::from_consensus(0x207f_ffff),
                nonce: 0,
            };
            while header.validate_pow(header.target()).is_err() {
                header.nonce += 1;
            }
            last = header.block_hash().to_byte_array();
            headers.push(consensus::serialize(&header).try_into().unwrap());
        }
        let run = HeaderRun {
            first_height: Height(1_001),
            headers,
        };
        checkpoint().extend(&run, Network::Regtest).unwrap()
    }

    fn at(tip: &ChainTip, clock: u64) -> KnownTime {
        KnownTime::of(tip, clock, Network::Main)
    }

    #[test]
    fn opens_by_headers_and_closes_at_the_later_of_both() {
        let now = u64::from(TIME);
        let heights = |clock| {
            let time = at(&checkpoint(), clock);
            (time.opens().0, time.closes().0)
        };
        assert_eq!(heights(now), (1_000, 1_000));
        assert_eq!(heights(now + 599), (1_000, 1_000));
        assert_eq!(heights(now + 600), (1_000, 1_001));
        assert_eq!(heights(now + 6_000), (1_000, 1_010));
        // A clock that is set back, or stands at its beginning, opens nothing and keeps nothing open.
        assert_eq!(heights(now - 600_000), (1_000, 1_000));
        assert_eq!(heights(0), (1_000, 1_000));
        // One that is set far ahead closes everything.
        assert_eq!(heights(u64::MAX), (1_000, u32::MAX));
    }

    /// The time of the chain lags behind its newest block: that is not held against it.
    #[test]
    fn the_median_is_counted_from_its_own_block() {
        for blocks in [1_u32, 2, 3, 10, 11, 12, 30] {
            let tip = followed_by(blocks);
            let mined = u64::from(TIME + blocks * 600);
            let closes = at(&tip, mined + 1_200).closes().0;
            assert_eq!(closes, tip.height().0 + 2, "{blocks} blocks");
        }
    }

    #[test]
    fn a_tip_near_the_clock_and_one_past_it_on_both_sides() {
        let block = u64::from(TIME);
        let near = |clock| at(&checkpoint(), clock).distance();
        assert_eq!(near(block), Distance::Near);
        assert_eq!(near(block + 86_400), Distance::Near);
        let clock = block + 86_401;
        assert_eq!(near(clock), Distance::Behind { block, clock });
        assert_eq!(near(block - 7_200), Distance::Near);
        let clock = block - 7_201;
        assert_eq!(near(clock), Distance::Ahead { block, clock });
        assert_eq!(near(0), Distance::Ahead { block, clock: 0 });
    }

    #[test]
    fn where_blocks_cost_nothing_the_clock_says_nothing() {
        for network in [Network::Signet, Network::Regtest] {
            let time = KnownTime::of(&checkpoint(), u64::MAX, network);
            assert_eq!(time.distance(), Distance::Unproven(network));
            assert_eq!(
                (time.opens(), time.closes()),
                (Height(1_000), Height(1_000))
            );
        }
        let report = KnownTime::without_clock(Height(7));
        assert_eq!(report.distance(), Distance::NoClock);
        assert_eq!(report.to_string(), "7");
        let behind = at(&checkpoint(), u64::from(TIME) + 6_000);
        assert_eq!(behind.to_string(), "1000..1010");
    }
}

//! Chain time: from a block that is known to a later one, header by header.
//!
//! A header proves "not before", never "not after": work was done for it, but an old chain can be
//! shown for ever. On signet and regtest headers prove nothing at all (the signature of signet
//! lies in the block, not in the header; regtest has no work), and a screen must say so.
//!
//! What this module may not do: read a clock, forget a rule of work, or let a height fall. One chain is
//! followed; where another one has more work from one of the last blocks on, that one is (`chain`).

mod accepted;
mod chain;
mod known;

use alloc::vec::Vec;
use core::fmt;

use bitcoin::block::Header;
use bitcoin::consensus::{self, Params};
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, Target};
use minicbor::{Decode, Encode};

use crate::phrase;
use crate::root::Checkpoint;
use crate::rule::{Explained, Phrase};
use crate::types::{Height, Lang, Network};

pub use accepted::AcceptedBlocks;
pub use chain::{Chain, Extended, GIVEN_UP, LeftBlocks};
pub use known::{Distance, FAR_AHEAD, FAR_BEHIND, KnownTime};

/// Most headers in one run: 1.6 MB, four months.
pub const RUN_LIMIT: usize = 20_000;

/// Bytes of a header.
const HEADER: usize = 80;
/// Blocks from one retarget to the next.
const PERIOD: u32 = 2_016;
/// Blocks whose median time is the time of the chain.
const MEDIAN_OF: usize = 11;
/// Testnet: after so many seconds without a block one of least work is taken.
const TESTNET_PATIENCE: u32 = 1_200;

/// Headers that follow each other without a gap. Artefact in the PSBT, field 03.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HeaderRun {
    /// The height of the first header.
    #[n(0)]
    pub first_height: Height,
    /// The headers as they are in blocks.
    #[cbor(n(1), with = "joined")]
    pub headers: Vec<[u8; HEADER]>,
}

/// The last block that is known, with what the next headers are judged by.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChainTip {
    /// Its height.
    #[n(0)]
    height: Height,
    /// Its hash, in the byte order of the header (not reversed).
    #[cbor(n(1), with = "minicbor::bytes")]
    hash: [u8; 32],
    /// The compact target of its period; on testnet not the one of a block of least work.
    #[n(2)]
    bits: u32,
    /// The times of the last blocks up to this one, at most eleven.
    #[n(3)]
    recent: Vec<u32>,
    /// The time of the first block of its period, where it was seen.
    #[n(4)]
    period_start: Option<u32>,
}

/// Why headers were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// None, or more than [`RUN_LIMIT`].
    Count(usize),
    /// The run begins above the block after the tip.
    Gap {
        /// Where it may begin at most.
        expected: Height,
        /// Where it begins.
        got: Height,
    },
    /// The run ends below the tip.
    Behind {
        /// The tip.
        tip: Height,
        /// The last header.
        got: Height,
    },
    /// The header at this height does not follow the one before it.
    Unlinked(Height),
    /// The header at the height of the tip is another block than the tip, and the headers lead to none
    /// of the last blocks.
    OtherChain(Height),
    /// The headers lead away from the known chain at this height, without more work than it has.
    NoMoreWork(Height),
    /// The header at this height states another target than the rules ask for.
    Target {
        /// The height.
        height: Height,
        /// The compact target stated.
        got: u32,
    },
    /// The header at this height was not worked for.
    Work(Height),
    /// The header at this height is not later than the median of the eleven before it.
    Time(Height),
}

impl Explained for HeaderError {
    fn what(&self) -> Phrase {
        match self {
            Self::Count(got) => phrase!(
                "{got} headers, 1 to {limit} are taken",
                "ヘッダー {got} 件(受入れは 1 から {limit} 件まで)",
                got = got,
                limit = RUN_LIMIT
            ),
            Self::Gap { expected, got } => phrase!(
                "headers begin at {got}, the next one is {expected}",
                "ヘッダーが {got} から始まるが、次は {expected}",
                got = got,
                expected = expected
            ),
            Self::Behind { tip, got } => phrase!(
                "headers end at {got}, {tip} is known already",
                "ヘッダーが {got} で終わるが、{tip} まで既知",
                got = got,
                tip = tip
            ),
            Self::OtherChain(height) => phrase!(
                "header {height} is another block than the one known",
                "ヘッダー {height} が既知のブロックと異なる",
                height = height
            ),
            Self::NoMoreWork(height) => phrase!(
                "from header {height} on another chain, with no more work than the known one",
                "ヘッダー {height} から別のチェーンであり、既知のチェーンより作業量が多くない",
                height = height
            ),
            Self::Unlinked(height) => phrase!(
                "header {height} does not follow the one before it",
                "ヘッダー {height} が直前のものに続かない",
                height = height
            ),
            Self::Target { height, got } => phrase!(
                "header {height} states a wrong target {got}",
                "ヘッダー {height} のターゲット {got} が誤り",
                height = height,
                got = format_args!("{got:#010x}")
            ),
            Self::Work(height) => phrase!(
                "header {height} was not worked for",
                "ヘッダー {height} に作業証明がない",
                height = height
            ),
            Self::Time(height) => phrase!(
                "header {height} is not later than the eleven before it",
                "ヘッダー {height} の時刻が直前11件より後ではない",
                height = height
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Count(_) => phrase!("Send them in several runs.", "数回に分けて送ってください。"),
            Self::Gap { expected, .. } => phrase!(
                "Send them from {expected} on.",
                "{expected} から送ってください。",
                expected = expected
            ),
            Self::Behind { .. } => phrase!(
                "Bring the host's node up to date.",
                "ホストのノードを最新にしてください。"
            ),
            Self::OtherChain(_) => phrase!(
                "Send them from {blocks} blocks below the last known one; else find out which chain the host's node follows.",
                "既知の最新ブロックの {blocks} ブロック前から送ってください。それでも同じ場合は、ホストのノードがどのチェーンに従っているか確認してください。",
                blocks = GIVEN_UP.0
            ),
            Self::NoMoreWork(_) => phrase!(
                "Wait for the next blocks: the chain with more work is followed.",
                "次のブロックを待ってください。作業量の多いチェーンに従います。"
            ),
            Self::Unlinked(_) | Self::Target { .. } | Self::Work(_) | Self::Time(_) => phrase!(
                "Fetch the headers again from your own node.",
                "自社のノードからヘッダーを取得し直してください。"
            ),
        }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for HeaderError {}

impl ChainTip {
    /// The tip that a device is born with.
    pub fn checkpoint(checkpoint: &Checkpoint) -> Self {
        let starts_period = checkpoint.height.0.is_multiple_of(PERIOD);
        Self {
            height: checkpoint.height,
            hash: checkpoint.hash,
            bits: checkpoint.bits,
            recent: alloc::vec![checkpoint.time],
            period_start: starts_period.then_some(checkpoint.time),
        }
    }

    /// The height.
    pub const fn height(&self) -> Height {
        self.height
    }

    /// The hash, in the byte order of the header (not reversed).
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The compact target of the period.
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// The time of the chain: the median of the last eleven block times, or of those known.
    pub fn median_time(&self) -> u32 {
        let mut times = self.recent.clone();
        times.sort_unstable();
        let middle = times.len() / 2;
        times.get(middle).copied().unwrap_or_default()
    }

    /// How many of the blocks whose median is taken lie above the one in the middle.
    fn above_median(&self) -> u32 {
        let all = self.recent.len();
        let above = all.saturating_sub(all / 2).saturating_sub(1);
        u32::try_from(above).unwrap_or_default()
    }

    /// The tip at the end of `run`: every header linked, worked for, with the target that the
    /// rules ask for, later than the median before it.
    ///
    /// Headers at or below the tip are skipped when they lead to it. The target is the exact one
    /// where the first block of its period was seen. After a checkpoint within a period, the first
    /// retarget is only bounded by the factor of four that consensus allows.
    ///
    /// # Errors
    /// [`HeaderError`] with the height; nothing of the run is taken then.
    pub fn extend(&self, run: &HeaderRun, network: Network) -> Result<Self, HeaderError> {
        self.follow(run, network, |_, _| {})
    }

    /// The same; `took` sees every new block.
    fn follow(
        &self,
        run: &HeaderRun,
        network: Network,
        mut took: impl FnMut(&Self, &Header),
    ) -> Result<Self, HeaderError> {
        if run.headers.is_empty() || run.headers.len() > RUN_LIMIT {
            return Err(HeaderError::Count(run.headers.len()));
        }
        let next = Height(self.height.0.saturating_add(1));
        if run.first_height > next {
            let got = run.first_height;
            return Err(HeaderError::Gap {
                expected: next,
                got,
            });
        }
        let heights = (run.first_height.0..=u32::MAX).map(Height);
        let mut tip = self.clone();
        let mut known: Option<([u8; 32], Height)> = None;
        for (height, bytes) in heights.zip(&run.headers) {
            let header = decode(bytes).ok_or(HeaderError::Unlinked(height))?;
            if height <= self.height {
                known = Some((self.skip(&header, height, known)?, height));
            } else {
                tip = tip.advance(&header, height, network)?;
                took(&tip, &header);
            }
        }
        match known {
            Some((_, got)) if got < self.height => Err(HeaderError::Behind {
                tip: self.height,
                got,
            }),
            _ => Ok(tip),
        }
    }

    /// A header that is not new: it must lead to the tip.
    fn skip(
        &self,
        header: &Header,
        height: Height,
        before: Option<([u8; 32], Height)>,
    ) -> Result<[u8; 32], HeaderError> {
        let hash = hash_of(header);
        if before.is_some_and(|(before, _)| before != previous(header)) {
            return Err(HeaderError::Unlinked(height));
        }
        if height == self.height && hash != self.hash {
            return Err(HeaderError::OtherChain(height));
        }
        Ok(hash)
    }

    fn advance(
        self,
        header: &Header,
        height: Height,
        network: Network,
    ) -> Result<Self, HeaderError> {
        if header.prev_blockhash != BlockHash::from_byte_array(self.hash) {
            return Err(HeaderError::Unlinked(height));
        }
        if self.recent.len() >= MEDIAN_OF && header.time <= self.median_time() {
            return Err(HeaderError::Time(height));
        }
        let stated = header.bits.to_consensus();
        let period_bits = self
            .period_bits(header, height, network)
            .ok_or(HeaderError::Target {
                height,
                got: stated,
            })?;
        let hash = header
            .validate_pow(header.target())
            .map_err(|_| HeaderError::Work(height))?;
        let mut recent = self.recent;
        recent.push(header.time);
        let excess = recent.len().saturating_sub(MEDIAN_OF);
        recent.drain(..excess);
        let starts_period = height.0.is_multiple_of(PERIOD);
        Ok(Self {
            height,
            hash: hash.to_byte_array(),
            bits: period_bits,
            recent,
            period_start: if starts_period {
                Some(header.time)
            } else {
                self.period_start
            },
        })
    }

    /// The target of the period that this header belongs to, if the header states a right one.
    fn period_bits(&self, header: &Header, height: Height, network: Network) -> Option<u32> {
        let stated = header.bits.to_consensus();
        let least_work = least_work(network);
        if Target::from(header.bits) > Target::from(CompactTarget::from_consensus(least_work)) {
            return None;
        }
        let last_time = self.recent.last().copied().unwrap_or_default();
        if network != Network::Regtest && height.0.is_multiple_of(PERIOD) {
            return retargeted(self.bits, self.period_start, last_time, stated, network)
                .then_some(stated);
        }
        let waited = header.time > last_time.saturating_add(TESTNET_PATIENCE);
        let exception = network == Network::Testnet4 && waited && stated == least_work;
        (exception || stated == self.bits).then_some(self.bits)
    }
}

/// Whether `stated` is the target after a retarget: exactly, where the start of the ending period
/// is known; within a factor of four otherwise.
fn retargeted(bits: u32, start: Option<u32>, end: u32, stated: u32, network: Network) -> bool {
    let params = Params::new(network.to_bitcoin());
    let after = |timespan: u64| {
        let bits = CompactTarget::from_consensus(bits);
        CompactTarget::from_next_work_required(bits, timespan, &params)
    };
    if let Some(start) = start {
        let timespan = u64::from(end.saturating_sub(start));
        return after(timespan).to_consensus() == stated;
    }
    let least = Target::from(after(0));
    let most = Target::from(after(u64::from(u32::MAX)));
    let got = Target::from(CompactTarget::from_consensus(stated));
    let canonical = got.to_compact_lossy().to_consensus() == stated;
    canonical && least <= got && got <= most
}

/// The largest target of a network.
const fn least_work(network: Network) -> u32 {
    match network {
        Network::Main | Network::Testnet4 => 0x1d00_ffff,
        Network::Signet => 0x1e03_77ae,
        Network::Regtest => 0x207f_ffff,
    }
}

fn decode(bytes: &[u8; HEADER]) -> Option<Header> {
    consensus::deserialize(bytes).ok()
}

fn hash_of(header: &Header) -> [u8; 32] {
    header.block_hash().to_byte_array()
}

fn previous(header: &Header) -> [u8; 32] {
    header.prev_blockhash.to_byte_array()
}

/// Headers as one byte string, a multiple of 80 bytes.
mod joined {
    use alloc::vec::Vec;

    use minicbor::decode::Error;
    use minicbor::{Decoder, Encoder};

    use super::HEADER;

    pub(super) fn encode<C, W: minicbor::encode::Write>(
        headers: &[[u8; HEADER]],
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(headers.as_flattened())?.ok()
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Vec<[u8; HEADER]>, Error> {
        match d.bytes()?.as_chunks::<HEADER>() {
            (headers, []) => Ok(headers.to_vec()),
            _ => Err(Error::message("headers have 80 bytes each")),
        }
    }
}

#[cfg(test)]
mod tests;

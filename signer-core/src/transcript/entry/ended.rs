//! How a session ends, and what went otherwise than the script says.

use alloc::format;

use bitcoin::BlockHash;
use bitcoin::hashes::Hash as _;
use minicbor::{Decode, Encode};

use crate::approval::Seat;
use crate::headers::LeftBlocks;
use crate::token::{Date, Line};
use crate::types::OfficerId;

/// People ended the session.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Aborted {
    /// The step of the ceremony.
    #[n(0)]
    pub step: u32,
    /// Who; absent when the program ended it (input closed, timeout).
    #[n(1)]
    pub seat: Option<Seat>,
    /// Why, in few words.
    #[n(2)]
    pub reason: Line,
}

/// A wrong PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WrongPin {
    /// Tries left as the token says it; absent where it does not.
    #[n(0)]
    pub tries_left: Option<u8>,
}

/// Something did not go as the script says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Exception {
    /// The step of the ceremony.
    #[n(0)]
    pub step: u32,
    /// What should have happened.
    #[n(1)]
    pub expected: Line,
    /// What happened.
    #[n(2)]
    pub happened: Line,
    /// What was decided.
    #[n(3)]
    pub decision: Line,
    /// Who decided.
    #[n(4)]
    pub decided_by: Option<OfficerId>,
}

/// How far a machine's clock may lie behind the one of an earlier session, in seconds: what two
/// people need to set it.
pub const CLOCK_SLACK: u64 = 5 * 60;

impl Exception {
    /// The clock of a session lies behind an earlier one by more than [`CLOCK_SLACK`]. Nothing is
    /// done in such a session before this is recorded, in exactly these words.
    pub fn clock_went_back(before: u64, now: u64) -> Option<Self> {
        let back = now.saturating_add(CLOCK_SLACK) < before;
        back.then(|| Self {
            step: 4,
            expected: Line::lossy(&format!("a clock not before {}", Date::moment(before))),
            happened: Line::lossy(&format!("the clock says {}", Date::moment(now))),
            decision: Line::lossy("begun all the same, judged by the later clock"),
            decided_by: None,
        })
    }

    /// Blocks that a device knew are left for others with more work. The journal takes these only
    /// after this, in exactly these words.
    pub fn blocks_left(left: &LeftBlocks) -> Self {
        let hash = BlockHash::from_byte_array(left.tip);
        let (count, from) = (left.count().0, left.from);
        Self {
            step: 6,
            expected: Line::lossy(&format!("block {} {hash}", left.to)),
            happened: Line::lossy(&format!(
                "{count} blocks from height {from} on are replaced"
            )),
            decision: Line::lossy("the chain with more work is followed"),
            decided_by: None,
        }
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Outcome {
    /// As the script says, without Bitcoin signatures.
    #[n(0)]
    Done,
    /// Signatures were made and are released.
    #[n(1)]
    Signed,
    /// A rule refused.
    #[n(2)]
    Refused,
    /// An officer rejected, or people ended it.
    #[n(3)]
    Aborted,
    /// Power or program failed; closed later by a session that goes on.
    #[n(4)]
    Cut,
}

impl Outcome {
    /// The name in files and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Signed => "signed",
            Self::Refused => "refused",
            Self::Aborted => "aborted",
            Self::Cut => "cut",
        }
    }
}

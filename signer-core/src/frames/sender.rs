//! A message as its frames.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::fountain::Fountain;
use super::ur::{self, Part, UrType};
use super::{Content, Direction, Limits, Shown, TransferCode, bbqr, bytes, bytewords, spare};
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::types::Lang;

/// Why a message cannot be sent in frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderError {
    /// There is nothing to send, or no room in a frame.
    Empty,
    /// More bytes than any of our receivers takes.
    TooLarge {
        /// Bytes that are taken.
        limit: usize,
    },
    /// More fragments than any of our receivers takes: the frames are too small for the message.
    TooManyFragments {
        /// Smallest fragment length that works.
        fragment_len: usize,
    },
}

impl Explained for SenderError {
    fn what(&self) -> Phrase {
        match self {
            Self::Empty => phrase!("nothing to send", "送信するものがない"),
            Self::TooLarge { limit } => phrase!(
                "larger than {limit} bytes, which no receiver takes",
                "{limit} バイトを超えており、受信側が受け付けない",
                limit = limit
            ),
            Self::TooManyFragments { .. } => phrase!(
                "more frames than a receiver takes",
                "受信側が受け付けるフレーム数を超えている"
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Empty => phrase!(
                "choose a file that is not empty",
                "空でないファイルを指定してください。"
            ),
            Self::TooLarge { .. } => {
                phrase!("split the transaction", "取引を分割してください。")
            }
            Self::TooManyFragments { fragment_len } => phrase!(
                "use at least {fragment_len} bytes per frame",
                "1フレームを {fragment_len} バイト以上にしてください。",
                fragment_len = fragment_len
            ),
        }
    }
}

impl fmt::Display for SenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for SenderError {}

/// Splits one message into frames, without end: as UR and in byte frames first the plain fragments,
/// then mixed ones; as BBQr the same frames again and again.
#[derive(Debug)]
pub struct Sender {
    code: TransferCode,
    cut: Cut,
}

#[derive(Debug)]
enum Cut {
    Whole(String),
    /// Numbered frames that come round in a circle.
    Circle(Vec<String>),
    Bytes(bytes::Cut),
    Parts {
        kind: UrType,
        fragments: Vec<Vec<u8>>,
        message_len: u32,
        fountain: Fountain,
        checksum: u32,
    },
}

impl Sender {
    /// Prepares `message`, with at most `fragment_len` of its bytes in each frame.
    ///
    /// A message that fits into one frame becomes a single UR.
    pub fn new(kind: UrType, message: &[u8], fragment_len: usize) -> Result<Self, SenderError> {
        let limits = Limits::OURS;
        check(message, fragment_len, limits)?;
        let wrapped = ur::wrap(message);
        let cut = if wrapped.len() <= fragment_len {
            Cut::Whole(ur::write_whole(kind, &wrapped))
        } else {
            cut(kind, &wrapped, fragment_len, limits)?
        };
        let code = TransferCode::of(message);
        Ok(Self { code, cut })
    }

    /// Prepares a PSBT as BBQr, packed where that is shorter, with at most `fragment_len` bytes of it in
    /// each frame.
    pub fn bbqr(psbt: &[u8], fragment_len: usize) -> Result<Self, SenderError> {
        check(psbt, fragment_len, Limits::OURS)?;
        let texts = bbqr::write_psbt(psbt, fragment_len);
        let texts = texts.ok_or(SenderError::TooManyFragments {
            fragment_len: psbt
                .len()
                .div_ceil(usize::from(bbqr::FRAMES))
                .next_multiple_of(5),
        })?;
        Ok(Self {
            code: TransferCode::of(psbt),
            cut: Cut::Circle(texts),
        })
    }

    /// Prepares byte frames of `message`, with at most `fragment_len` bytes of what it is packed into in
    /// each. Only for a reader that has shown that it knows them.
    pub fn bytes(
        direction: Direction,
        content: Content,
        message: &[u8],
        fragment_len: usize,
    ) -> Result<Self, SenderError> {
        check(message, fragment_len, Limits::OURS)?;
        let cut = bytes::Cut::new(direction, content, message, fragment_len);
        let cut = cut.ok_or(SenderError::TooManyFragments {
            fragment_len: message.len().div_ceil(usize::from(bytes::FRAGMENTS)),
        })?;
        Ok(Self {
            code: TransferCode::of(message),
            cut: Cut::Bytes(cut),
        })
    }

    /// How many frames carry the whole message when none is lost.
    pub fn plain_parts(&self) -> usize {
        match &self.cut {
            Cut::Whole(_) => 1,
            Cut::Circle(texts) => texts.len(),
            Cut::Bytes(cut) => cut.count(),
            Cut::Parts { fragments, .. } => fragments.len(),
        }
    }

    /// The short code to compare with the receiver's screen.
    pub const fn code(&self) -> TransferCode {
        self.code
    }

    /// Frame `seq`, counted from 1. Beyond [`Self::plain_parts`] the parts of a UR and byte frames are
    /// mixed, and any of them replaces one that was missed; frames of BBQr begin again.
    pub fn part(&self, seq: u32) -> Shown {
        match &self.cut {
            Cut::Bytes(cut) => Shown::from_bytes(cut.frame(seq)),
            Cut::Whole(text) => text.clone().into(),
            Cut::Circle(texts) => {
                let mut again = texts.iter().cycle();
                let place = usize::try_from(seq.saturating_sub(1)).unwrap_or_default();
                let text = again.nth(place.checked_rem(texts.len()).unwrap_or_default());
                text.cloned().unwrap_or_default().into()
            }
            Cut::Parts {
                kind,
                fragments,
                message_len,
                fountain,
                checksum,
            } => {
                let seq = seq.max(1);
                let part = Part {
                    seq,
                    fragments: u32::try_from(fragments.len()).unwrap_or(u32::MAX),
                    message_len: *message_len,
                    checksum: *checksum,
                    bytes: mix(fragments, &fountain.fragments_of(seq)),
                };
                ur::write_part(*kind, &part).into()
            }
        }
    }

    /// A finite series for a folder of pictures: the plain frames, then spare ones, at least `least`
    /// where the message has more than one frame and the form knows spare ones.
    ///
    /// Any two pictures of it may be missing. Where the form knows no spare frames (BBQr), a spare
    /// one is the same again.
    pub fn series(&self, least: usize) -> Vec<Shown> {
        let plain = self.plain_parts();
        let mut numbers: Vec<u32> = (1..=u32::MAX).take(plain).collect();
        match &self.cut {
            Cut::Whole(_) => {}
            Cut::Bytes(cut) => {
                let all = plain.saturating_add(cut.spare(least));
                numbers = (1..=u32::MAX).take(all).collect();
            }
            Cut::Circle(_) => numbers.extend(numbers.clone().iter().cycle().take(least)),
            Cut::Parts {
                fountain,
                fragments,
                ..
            } => {
                let count = u16::try_from(fragments.len()).unwrap_or(u16::MAX);
                numbers.extend(spare::choose(fountain, count, least));
            }
        }
        numbers.into_iter().map(|seq| self.part(seq)).collect()
    }

    /// All frames: the plain ones in order, then mixed ones, without end in practice.
    pub fn frames(&self) -> impl Iterator<Item = Shown> + '_ {
        (1..=u32::MAX).map(|seq| self.part(seq))
    }
}

fn check(message: &[u8], fragment_len: usize, limits: Limits) -> Result<(), SenderError> {
    if message.is_empty() || fragment_len == 0 {
        return Err(SenderError::Empty);
    }
    if message.len() > limits.message {
        return Err(SenderError::TooLarge {
            limit: limits.message,
        });
    }
    Ok(())
}

fn cut(
    kind: UrType,
    wrapped: &[u8],
    fragment_len: usize,
    limits: Limits,
) -> Result<Cut, SenderError> {
    let most = usize::from(limits.fragments);
    let even = wrapped
        .len()
        .div_ceil(wrapped.len().div_ceil(fragment_len).max(1));
    let too_many = SenderError::TooManyFragments {
        fragment_len: wrapped.len().div_ceil(most),
    };
    let mut fragments: Vec<Vec<u8>> = wrapped.chunks(even).map(<[u8]>::to_vec).collect();
    if let Some(last) = fragments.last_mut() {
        last.resize(even, 0);
    }
    let count = u16::try_from(fragments.len()).map_err(|_| too_many)?;
    if count > limits.fragments {
        return Err(too_many);
    }
    let checksum = bytewords::crc32(wrapped);
    Ok(Cut::Parts {
        kind,
        fragments,
        message_len: u32::try_from(wrapped.len()).map_err(|_| too_many)?,
        fountain: Fountain::new(count, checksum),
        checksum,
    })
}

fn mix(fragments: &[Vec<u8>], set: &[u16]) -> Vec<u8> {
    let len = fragments.first().map_or(0, Vec::len);
    let mut mixed = vec![0; len];
    for fragment in set.iter().filter_map(|i| fragments.get(usize::from(*i))) {
        for (a, b) in mixed.iter_mut().zip(fragment) {
            *a ^= b;
        }
    }
    mixed
}

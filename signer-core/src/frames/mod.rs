//! Frames of the air gap: a message split into parts, and put together again.
//!
//! Written and read: UR (BCR-2020-005, BCR-2024-001), BBQr, and byte frames between our own programs.
//! Read only: Specter's `pXofY` and plain base64. No pictures, no keys, no rules: a frame is never
//! authority. What comes out is bytes that the strict readers judge as if they had come by post.
//!
//! ```text
//! message -> Sender -> each part as shown -> picture .. picture -> as shown -> Receiver -> message
//! ```

mod bbqr;
mod bytes;
pub mod bytewords;
mod collection;
pub mod direction;
mod elimination;
mod following;
mod fountain;
mod frame;
mod hello;
mod numbered;
mod packing;
mod receiver;
mod sender;
mod shown;
mod spare;
mod specter;
mod told;
mod ur;

use alloc::string::String;
use core::fmt;

use minicbor::{Decode, Encode};

pub use direction::{Direction, Receipts, WrongDirection};
pub use following::{Follower, Turn};
pub use hello::Hello;
pub use receiver::{Received, Receiver};
pub use sender::{Sender, SenderError};
pub use shown::Shown;
pub use told::{Alarm, Ignored};
pub use ur::UrType;

/// What a message is, whatever frames it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A PSBT.
    Psbt,
    /// Anything else.
    Other,
}

/// The form of a message's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// UR, whole or in parts.
    Ur,
    /// BBQr.
    Bbqr,
    /// Byte frames, which programs of this project alone write.
    Bytes,
    /// Specter's `pXofY`.
    Specter,
    /// Base64 in one picture.
    Base64,
}

/// How much a receiver takes. Checked on what a frame claims, before anything is allocated for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fragments of one message.
    pub fragments: u16,
    /// Bytes of one message.
    pub message: usize,
}

impl Limits {
    /// What both programs take.
    ///
    /// The largest answer that is relayed as one transaction has about 957 inputs of 2-of-3. With
    /// both signatures of each input that is 840 bytes per input, 785 KiB, when the previous
    /// transactions are small (370 bytes); 1 MiB would leave no room for larger ones, 2 MiB leaves
    /// 1,600 bytes for each. Larger wallets spend fewer inputs per transaction. 4,096 fragments
    /// carry 2 MiB at [`FRAGMENT_LEN`] and below it down to 512 bytes.
    pub const OURS: Self = Self {
        fragments: 4096,
        message: 2 * 1024 * 1024,
    };
}

/// Longest text of one frame: what the largest QR symbol holds in capitals.
pub const TEXT_LIMIT: usize = 4296;

/// Bytes of a message's fragment in one frame, where nothing else is asked for.
///
/// A part then has at most 1,853 capitals, however far it is behind the plain ones: QR version 25
/// at the lowest correction level. That fits a text console (63 rows of half blocks), and a PSBT
/// of ten inputs is about twelve pictures.
pub const FRAGMENT_LEN: usize = 880;

/// Bytes of what is cut in one byte frame, where nothing else is asked for: QR version 25, as above.
pub const BYTE_FRAGMENT_LEN: usize = 1_273_usize.saturating_sub(bytes::AROUND);

/// A short code of a whole message, shown on both screens to see that one transfer ended well.
///
/// For transport only: eight characters prove nothing to anybody who wants to deceive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct TransferCode(#[cbor(n(0), with = "minicbor::bytes")] [u8; 4]);

impl TransferCode {
    /// The code of `message`: the first bytes of its SHA-256.
    pub fn of(message: &[u8]) -> Self {
        let [a, b, c, d, ..] = crate::digest::sha256_of(message);
        Self([a, b, c, d])
    }

    /// Eight hexadecimal characters.
    pub fn to_text(self) -> String {
        crate::digest::hex(&self.0)
    }
}

impl fmt::Display for TransferCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

#[cfg(test)]
mod tests;

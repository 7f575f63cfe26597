//! Which way a message goes: to the device, or from it.
//!
//! UR has no place for a direction, and a private mark would shut other wallets out. So the PSBT
//! itself says it (byte frames, which nobody else reads, say it as well): what a device has answered carries that device's receipt
//! (docs/adr/0002-direction-of-frames.md). This is the first look at the gap, for a plain
//! sentence; whether a receipt is true is judged by the rules.

use crate::digest::DeviceId;
use crate::phrase;
use crate::rule::{Explained, Phrase};

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the host to the device: a request.
    ToDevice,
    /// From the device to the host: an answer.
    FromDevice,
}

/// Whose receipts a message carries, as far as the asking program is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipts {
    /// None.
    None,
    /// Only of other devices.
    OfOthers,
    /// One of the device that is asking (on the device), or of the device whose answer is awaited
    /// (on the host).
    Ours,
}

impl Receipts {
    /// What a message carries whose receipts name these devices.
    pub fn among<'a>(named: impl IntoIterator<Item = &'a DeviceId>, ours: &DeviceId) -> Self {
        named.into_iter().fold(Self::None, |so_far, device| {
            if device == ours || so_far == Self::Ours {
                Self::Ours
            } else {
                Self::OfOthers
            }
        })
    }
}

/// A message that was held to the wrong camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongDirection {
    /// The device was shown its own answer.
    AnswerShownToDevice,
    /// The host was shown a request, or the answer of another device.
    NoAnswerShownToHost,
    /// A device was shown frames that a device has made.
    AnswerShownToADevice,
    /// The host was shown frames that a host has made.
    RequestShownToHost,
}

impl Explained for WrongDirection {
    fn what(&self) -> Phrase {
        match self {
            Self::AnswerShownToDevice => phrase!(
                "This is this device's own answer",
                "これはこの端末自身の回答です"
            ),
            Self::NoAnswerShownToHost => phrase!(
                "This carries no receipt of that device",
                "その端末の受領証がありません"
            ),
            Self::AnswerShownToADevice => phrase!(
                "This code comes from a device's screen",
                "これは端末の画面のコードです"
            ),
            Self::RequestShownToHost => phrase!(
                "This code comes from a host's screen",
                "これはホストの画面のコードです"
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::AnswerShownToDevice | Self::AnswerShownToADevice => {
                phrase!("Take it to the host.", "ホストへ渡してください。")
            }
            Self::NoAnswerShownToHost | Self::RequestShownToHost => phrase!(
                "Show the code from the device's screen.",
                "端末の画面のコードを読み取ってください。"
            ),
        }
    }
}

impl Direction {
    /// Whether a message with these receipts goes this way.
    pub const fn admit(self, receipts: Receipts) -> Result<(), WrongDirection> {
        match (self, receipts) {
            (Self::ToDevice, Receipts::Ours) => Err(WrongDirection::AnswerShownToDevice),
            (Self::FromDevice, Receipts::None | Receipts::OfOthers) => {
                Err(WrongDirection::NoAnswerShownToHost)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_told_by_the_devices_they_name() {
        let [a, b, c] = [1, 2, 3].map(|n| DeviceId::from_bytes([n; 32]));
        assert_eq!(Receipts::among([], &a), Receipts::None);
        assert_eq!(Receipts::among([&b, &c], &a), Receipts::OfOthers);
        for named in [[&a, &b], [&b, &a]] {
            assert_eq!(Receipts::among(named, &a), Receipts::Ours);
        }
    }

    #[test]
    fn an_answer_is_not_taken_back_and_a_request_is_no_answer() {
        use Direction::{FromDevice, ToDevice};
        assert_eq!(ToDevice.admit(Receipts::None), Ok(()));
        assert_eq!(ToDevice.admit(Receipts::OfOthers), Ok(()));
        assert_eq!(
            ToDevice.admit(Receipts::Ours),
            Err(WrongDirection::AnswerShownToDevice)
        );
        assert_eq!(FromDevice.admit(Receipts::Ours), Ok(()));
        for receipts in [Receipts::None, Receipts::OfOthers] {
            assert_eq!(
                FromDevice.admit(receipts),
                Err(WrongDirection::NoAnswerShownToHost)
            );
        }
    }
}

//! What a receiver says of frames that it does not take, and of transfers that it gives up.

use super::direction::WrongDirection;
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::types::Lang;

/// Why a frame was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The text is no frame of any form that is read here.
    NotAFrame,
    /// A UR, BBQr or byte frame of a type that is not read here.
    UnknownType,
    /// Longer than any picture holds.
    TooLong,
    /// It claims more fragments than are taken.
    TooManyFragments,
    /// It claims a larger message than is taken.
    TooLarge,
    /// The letters do not add up to their checksum.
    Garbled,
    /// Its numbers contradict each other, or it is not in the one right form.
    Malformed,
    /// It belongs to another message than the one being received.
    OtherMessage,
    /// It says that it goes the other way.
    WrongWay(WrongDirection),
}

impl Ignored {
    /// The reason as a sentence.
    pub const fn sentence(self, lang: Lang) -> &'static str {
        match self {
            Self::NotAFrame => lang.pick(
                "This code is in no form that is read here.",
                "このコードの形式には対応していません。",
            ),
            Self::UnknownType => lang.pick(
                "This code holds something else than a PSBT or bytes.",
                "このコードの中身はPSBTでもバイト列でもありません。",
            ),
            Self::TooLong => lang.pick(
                "This text is too long for a code.",
                "コードとして長すぎます。",
            ),
            Self::TooManyFragments => lang.pick(
                "This code announces more frames than are taken.",
                "このコードが示すフレーム数は上限を超えています。",
            ),
            Self::TooLarge => lang.pick(
                "This code announces a larger message than is taken.",
                "このコードが示す大きさは上限を超えています。",
            ),
            Self::Garbled => lang.pick(
                "This code was not read cleanly.",
                "このコードは正しく読み取れませんでした。",
            ),
            Self::Malformed => lang.pick(
                "This code contradicts itself.",
                "このコードの内容は矛盾しています。",
            ),
            Self::OtherMessage => lang.pick(
                "This code belongs to another message.",
                "このコードは別の送信のものです。",
            ),
            Self::WrongWay(_) => lang.pick(
                "This code goes the other way.",
                "このコードは向きが逆です。",
            ),
        }
    }
}

/// Why a transfer cannot be trusted any more. Receive again from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Frames of one message say different things about the same bytes.
    Contradiction,
    /// All frames are there, and the message does not add up to the checksum that they announced.
    Checksum,
    /// The message adds up and is not one byte string in deterministic form.
    NotOneByteString,
    /// All frames are there, and together they are nothing whole: frames of two messages, perhaps.
    NotWhole,
}

impl Explained for Alarm {
    fn what(&self) -> Phrase {
        match self {
            Self::Contradiction => phrase!(
                "Frames of this message contradict each other.",
                "この送信のフレームは互いに矛盾しています。"
            ),
            Self::Checksum => phrase!(
                "The message does not match the checksum of its frames.",
                "内容がフレームのチェックサムと一致しません。"
            ),
            Self::NotOneByteString => phrase!(
                "The message is not in the form that its type demands.",
                "内容がその種類の定める形式ではありません。"
            ),
            Self::NotWhole => phrase!(
                "The frames do not make one whole message; two may have been mixed.",
                "フレームを合わせても一つの内容になりません。二つの送信が混ざった可能性があります。"
            ),
        }
    }

    fn advice(&self) -> Phrase {
        phrase!(
            "Begin the transfer again from the start; if it happens twice, report it.",
            "転送を最初からやり直し、再発する場合は報告してください。"
        )
    }
}

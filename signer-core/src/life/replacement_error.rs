//! Why a replacement was not taken.

use core::fmt;

use super::HsmName;
use super::confirm::Unconfirmed;
use crate::approval::RosterError;
use crate::digest::{DeviceId, FileDigest};
use crate::phrase;
use crate::rule::{Explained, Phrase, Refusal};
use crate::types::Lang;

/// Why a replacement was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplacementError {
    /// Not signed by a quorum of administrators.
    Roster(RosterError),
    /// For another device.
    OtherDevice(DeviceId),
    /// Of another generation than the next one.
    Generation {
        /// The next one.
        next: u32,
        /// The order's.
        got: u32,
    },
    /// Retires another HSM than the device's.
    OtherHsm {
        /// The device's.
        current: HsmName,
        /// The order's.
        got: HsmName,
    },
    /// No such possession report since the HSM of the device was last used.
    NoReport(FileDigest),
    /// The report says something else than the order, or is on an older card.
    OtherReport,
    /// By the report not every key of the card is on the HSM.
    NotProven,
    /// The report is of the HSM in use, or of one that cannot be told from it.
    InUse,
    /// The HSM keeps no anchor.
    Unanchored,
    /// With it a wallet of this device would not stand as WAL08 and POL09 ask.
    Placement(Refusal),
    /// The HSM of this session is not the order's.
    OtherToken,
    /// Announced keys were not all made.
    Generating,
    /// The new card is not one of this device, this order and this session; why.
    Card(Phrase),
    /// Nobody, or not two operators, attend.
    Operators,
    /// The screen with the order was not shown as it must be.
    Screen,
    /// A question without the right answer.
    Answer(&'static str),
    /// No session that replaces, or one that has replaced already.
    Session,
}

impl ReplacementError {
    /// What was missing in the room.
    fn in_the_room(&self) -> Phrase {
        match self {
            Self::Operators => phrase!("no two operators of the roster", "名簿の操作者2名が不在"),
            Self::Screen => phrase!(
                "the screen of the order was not shown",
                "交換指示の画面が表示されていない"
            ),
            Self::Answer(id) => phrase!("no right answer to [{id}]", "[{id}] の正答なし", id = id),
            _ => phrase!(
                "no session that replaces, or it has replaced",
                "交換セッションなし、または交換済み"
            ),
        }
    }

    /// What does not fit about the HSM or its report.
    fn of_the_hsm(&self) -> Phrase {
        match self {
            Self::NoReport(report) => phrase!(
                "no possession report {report} since the HSM in use was last used",
                "使用中のHSMの最後の使用以後に所持証明報告書 {report} なし",
                report = report
            ),
            Self::OtherReport => phrase!(
                "the possession report says something else than the order, or is on an older card",
                "所持証明報告書が交換指示と異なる、または古い端末カードに対するもの"
            ),
            Self::NotProven => phrase!(
                "by its report the HSM does not hold every key of the card",
                "報告書によれば、HSMが端末カードの全鍵を保持していない"
            ),
            Self::InUse => phrase!(
                "the report is of the HSM in use, or of a copy that cannot be told from it",
                "報告書が使用中のHSM、または判別できない複製に対するもの"
            ),
            Self::Unanchored => phrase!(
                "the HSM keeps no anchor: nothing would tell it from the old one",
                "HSMがアンカーを保持せず、旧HSMと判別できない"
            ),
            Self::Generating => phrase!(
                "a generation of keys was cut: announced keys are missing",
                "鍵生成が中断され、予定した鍵が不足"
            ),
            _ => phrase!(
                "the connected HSM is not the one that the order names",
                "接続中のHSMが交換指示のHSMと異なる"
            ),
        }
    }
}

impl From<Unconfirmed> for ReplacementError {
    fn from(missing: Unconfirmed) -> Self {
        match missing {
            Unconfirmed::Operators => Self::Operators,
            Unconfirmed::Session => Self::Session,
            Unconfirmed::Screen => Self::Screen,
            Unconfirmed::Answer(id) => Self::Answer(id),
        }
    }
}

impl Explained for ReplacementError {
    fn what(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.what(),
            Self::OtherDevice(got) => {
                phrase!("for device {got}", "端末 {got} に対するもの", got = got)
            }
            Self::Generation { next, got } => phrase!(
                "for generation {got} of the HSM, the next one is {next}",
                "HSMの世代 {got} に対するもの(次の世代は {next})",
                got = got,
                next = next
            ),
            Self::OtherHsm { current, got } => phrase!(
                "retires HSM {got}, this device has {current}",
                "退役の対象がHSM {got}(この端末のHSMは {current})",
                got = got,
                current = current
            ),
            Self::Card(why) => why.clone(),
            Self::Placement(refusal) => phrase!(
                "{rule}: {difference}",
                "{rule}: {difference}",
                rule = refusal.rule,
                difference = refusal.difference()
            ),
            Self::Operators | Self::Screen | Self::Answer(_) | Self::Session => self.in_the_room(),
            _ => self.of_the_hsm(),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.advice(),
            Self::OtherDevice(_) => phrase!(
                "Use the order that names this device.",
                "この端末を指す交換指示を使用してください。"
            ),
            Self::Generation { .. } | Self::OtherHsm { .. } => phrase!(
                "Have an order signed that is made from the newest card of this device.",
                "この端末の最新の端末カードから作成した交換指示の署名を取ってください。"
            ),
            Self::NoReport(_) | Self::OtherReport => phrase!(
                "Hold the HSM against the card again (device verify-backup) and have a new order signed.",
                "所持証明(device verify-backup)をやり直し、新しい交換指示の署名を取ってください。"
            ),
            Self::NotProven => phrase!(
                "Do not use this HSM: restore one from another backup.",
                "このHSMを使用せず、別のバックアップから復元してください。"
            ),
            Self::InUse => phrase!(
                "Go on with this HSM as usual, or connect the restored one.",
                "このHSMで通常どおり続けるか、復元したHSMを接続してください。"
            ),
            Self::Unanchored => phrase!(
                "Put a new device in its place, and move the coins with the other devices.",
                "新しい端末に置き換え、他の端末でコインを移してください。"
            ),
            Self::Placement(_) => phrase!(
                "Have an order signed for an HSM of its own, of a vendor that the policy leaves room for.",
                "専用で、ポリシーの分散条件を満たすメーカーのHSMへの交換指示の署名を取ってください。"
            ),
            Self::OtherToken => phrase!(
                "Connect the HSM of the order and begin again.",
                "交換指示のHSMを接続し、やり直してください。"
            ),
            Self::Generating => phrase!(
                "Finish it with the HSM in use (device resume); without that HSM, use a new device.",
                "使用中のHSMで鍵生成を完了(device resume)してください。ない場合は新しい端末を使用してください。"
            ),
            Self::Card(_) | Self::Operators | Self::Screen | Self::Answer(_) | Self::Session => {
                phrase!(
                    "Begin the replacement again with both operators.",
                    "操作者2名で交換をやり直してください。"
                )
            }
        }
    }
}

impl fmt::Display for ReplacementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for ReplacementError {}

impl From<RosterError> for ReplacementError {
    fn from(error: RosterError) -> Self {
        Self::Roster(error)
    }
}

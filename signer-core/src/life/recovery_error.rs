//! Why a recovery was not taken.

use core::fmt;

use super::confirm::Unconfirmed;
use crate::approval::RosterError;
use crate::digest::{CardDigest, DeviceId};
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::signing::Receipt;
use crate::types::{Height, Lang, Version};

/// Why a recovery was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoveryError {
    /// Not signed by a quorum of administrators.
    Roster(RosterError),
    /// For another device.
    OtherDevice(DeviceId),
    /// Made before the last block that this device knows.
    Stale {
        /// Where it was made.
        height: Height,
        /// The last block that is known here.
        known: Height,
    },
    /// A receipt that is not this device's, or not with its coins; why.
    Receipt(Phrase),
    /// Receipts that do not follow each other.
    Order(u64),
    /// A receipt counts more signatures than the HSM remembers.
    Falling {
        /// What the HSM remembers.
        remembered: u64,
        /// What the receipts count.
        known: u64,
    },
    /// A receipt of a journal longer than the HSM remembers.
    Ahead {
        /// Entries that the HSM remembers.
        remembered: u64,
        /// Entries by the receipt.
        entries: u64,
    },
    /// The HSM remembers something else.
    OtherAnchor,
    /// The journal has been beyond this anchor before.
    Passed(u64),
    /// The journal holds more signatures than the HSM remembers.
    MoreSignatures(u64),
    /// The card is another one than the order's.
    OtherCard(CardDigest),
    /// The card is not one of this device, or older than the journal's.
    Card(Phrase),
    /// The journal holds a newer policy than the order names, or another one of its number.
    OlderPolicy(Version),
    /// Nobody, or not two operators, attend.
    Operators,
    /// The screen with the order was not shown as it must be.
    Screen,
    /// A question without the right answer.
    Answer(&'static str),
    /// No session that recovers, or one that has recovered already.
    Session,
}

impl RecoveryError {
    /// A receipt whose facts are not those of this device or of its coins.
    pub(super) fn receipt_of_another(receipt: &Receipt) -> Self {
        Self::Receipt(phrase!(
            "the receipt of session {session} is of another device, or without its coins",
            "セッション {session} の受領証は別の端末のもの、またはコインが不足",
            session = receipt.session
        ))
    }

    /// A receipt that lies in the PSBT of another transaction than it is over.
    pub(super) fn receipt_elsewhere(receipt: &Receipt) -> Self {
        Self::Receipt(phrase!(
            "the receipt of session {session} is over transaction {tx}, not over that of its PSBT",
            "セッション {session} の受領証は取引 {tx} に対するもので、このPSBTの取引ではない",
            session = receipt.session,
            tx = receipt.tx
        ))
    }

    /// A receipt with other coins than the journal holds of its transaction.
    pub(super) fn other_coins(receipt: &Receipt) -> Self {
        Self::Receipt(phrase!(
            "the receipt of session {session} is stated with other coins than the journal holds of \
             transaction {tx}",
            "セッション {session} の受領証のコインが、ジャーナルにある取引 {tx} のものと異なる",
            session = receipt.session,
            tx = receipt.tx
        ))
    }

    /// What was missing in the room.
    fn in_the_room(&self) -> Phrase {
        match self {
            Self::Operators => phrase!("no two operators of the roster", "名簿の操作者2名が不在"),
            Self::Screen => phrase!(
                "the screen of the order was not shown",
                "復旧指示の画面が表示されていない"
            ),
            Self::Answer(id) => phrase!("no right answer to [{id}]", "[{id}] の正答なし", id = id),
            _ => phrase!(
                "no session that recovers, or it has recovered",
                "復旧セッションなし、または復旧済み"
            ),
        }
    }
}

impl From<Unconfirmed> for RecoveryError {
    fn from(missing: Unconfirmed) -> Self {
        match missing {
            Unconfirmed::Operators => Self::Operators,
            Unconfirmed::Session => Self::Session,
            Unconfirmed::Screen => Self::Screen,
            Unconfirmed::Answer(id) => Self::Answer(id),
        }
    }
}

impl Explained for RecoveryError {
    fn what(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.what(),
            Self::OtherDevice(got) => {
                phrase!("for device {got}", "端末 {got} に対するもの", got = got)
            }
            Self::Stale { height, known } => phrase!(
                "made at height {height}, known height {known}",
                "ブロック高 {height} で作成(既知のブロック高 {known})",
                height = height,
                known = known
            ),
            Self::Receipt(why) | Self::Card(why) => why.clone(),
            Self::Order(entries) => phrase!(
                "the receipt at entry {entries} does not stand behind the one before",
                "記録 {entries} の受領証が直前の受領証の後にない",
                entries = entries
            ),
            Self::Falling { remembered, known } => phrase!(
                "receipts count {known} signatures, the HSM remembers {remembered}",
                "受領証の署名 {known} 件に対しHSMの記憶は {remembered} 件",
                known = known,
                remembered = remembered
            ),
            Self::Ahead {
                remembered,
                entries,
            } => phrase!(
                "a receipt at entry {entries}, the HSM remembers {remembered} entries",
                "記録 {entries} の受領証に対しHSMの記憶は {remembered} 件",
                entries = entries,
                remembered = remembered
            ),
            Self::OtherAnchor => phrase!(
                "the HSM remembers something else than the order names",
                "HSMの記憶が復旧指示の内容と異なる"
            ),
            Self::Passed(entries) => phrase!(
                "this journal has passed entry {entries}",
                "このジャーナルは記録 {entries} を通過済み",
                entries = entries
            ),
            Self::MoreSignatures(count) => phrase!(
                "the journal holds {count} signatures, more than the HSM remembers",
                "ジャーナルの署名 {count} 件がHSMの記憶を上回る",
                count = count
            ),
            Self::OtherCard(got) => phrase!(
                "card {got}, the order names another one",
                "復旧指示と異なる端末カード {got}",
                got = got
            ),
            Self::OlderPolicy(number) => phrase!(
                "policy {number} of the order is not newer than the journal's",
                "復旧指示のポリシー {number} がジャーナルのものより新しくない",
                number = number
            ),
            Self::Operators | Self::Screen | Self::Answer(_) | Self::Session => self.in_the_room(),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.advice(),
            Self::OtherDevice(_) => phrase!(
                "Use the order that names this device.",
                "この端末を指す復旧指示を使用してください。"
            ),
            Self::OtherAnchor | Self::Passed(_) => phrase!(
                "Show the anchor again (device anchor) and have a new order signed.",
                "先頭値を再表示(device anchor)し、新しい復旧指示の署名を取ってください。"
            ),
            Self::Falling { .. } | Self::Ahead { .. } | Self::MoreSignatures(_) => phrase!(
                "Stop: this HSM was rolled back or restored. Report it and use the other devices.",
                "中止してください。HSMの巻き戻しまたは復元です。報告し、他の端末を使用してください。"
            ),
            Self::OtherCard(_) | Self::Card(_) => phrase!(
                "Give the newest card of this device, the one that the order names.",
                "復旧指示が指す、この端末の最新の端末カードを指定してください。"
            ),
            Self::OlderPolicy(_) => phrase!(
                "Have an order signed that names the newest policy of all devices.",
                "全端末の最新ポリシーを指す復旧指示の署名を取ってください。"
            ),
            Self::Stale { .. } | Self::Receipt(_) | Self::Order(_) => phrase!(
                "Collect the receipts again and have a new order signed.",
                "受領証を集め直し、新しい復旧指示の署名を取ってください。"
            ),
            Self::Operators | Self::Screen | Self::Answer(_) | Self::Session => phrase!(
                "Begin the recovery again with both operators.",
                "操作者2名で復旧をやり直してください。"
            ),
        }
    }
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for RecoveryError {}

impl From<RosterError> for RecoveryError {
    fn from(error: RosterError) -> Self {
        Self::Roster(error)
    }
}

//! Why a policy was not taken.

use core::fmt;

use bitcoin::Amount;

use super::MAX_WITNESSES;
use crate::approval::RosterError;
use crate::cose::CoseError;
use crate::phrase;
use crate::rule::{Explained, Phrase};
use crate::types::{Id, Lang, Version};

/// Why a policy was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// Not signed by a quorum of administrators.
    Roster(RosterError),
    /// Its number does not rise.
    Number {
        /// The number in force.
        last: Version,
        /// The number of this policy.
        got: Version,
    },
    /// Does not follow the policy in force.
    Predecessor,
    /// Wallets are not in ascending order, or one stands there twice.
    WalletOrder,
    /// Destinations are not in ascending order, or one stands there twice.
    DestinationOrder(Id),
    /// Two destinations pay one script.
    SharedScript(Id),
    /// The script of this destination has no address of a usual form.
    NoAddress(Id),
    /// A wallet names a destination that the policy does not have, or out of order.
    WalletDestination(Id),
    /// A quorum of approvals below two people of two departments with a director.
    Quorum,
    /// The band from this amount on is out of order, or no stricter than the one below it.
    Bands(Amount),
    /// Windows of a wallet or a destination are empty, stand twice or are out of order.
    Windows,
    /// A move between classes stands twice, is out of order, or stays within its class.
    ClassMoves,
    /// People are kept apart by less than one device or one person.
    Separation,
    /// No risk checker is among those who signed.
    NoRiskChecker,
    /// A wallet is to be of less than one vendor, or at less than one site.
    Placement,
    /// A wallet calls for more witnesses than may be called for.
    Witnesses,
    /// A floor of the cold share that is none, stands twice, is out of order, or takes no statement.
    ColdFloors,
    /// A sweep that shares its name with a destination, or goes to a wallet that is no emergency wallet.
    Sweep,
}

impl Explained for PolicyError {
    fn what(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.what(),
            Self::Number { last, got } => phrase!(
                "policy {got} does not rise above {last}",
                "ポリシー番号 {got} が {last} より大きくない",
                got = got,
                last = last
            ),
            Self::Predecessor => phrase!(
                "does not follow the policy in force",
                "有効なポリシーに続くものではない"
            ),
            Self::WalletOrder => phrase!(
                "a wallet stands twice or out of order",
                "ウォレットが重複または順序違い"
            ),
            Self::DestinationOrder(id) => phrase!(
                "destination {id} stands twice or out of order",
                "送付先 {id} が重複または順序違い",
                id = id
            ),
            Self::SharedScript(id) => phrase!(
                "destination {id} pays the script of another",
                "送付先 {id} が他の送付先と同じスクリプト",
                id = id
            ),
            Self::NoAddress(id) => phrase!(
                "destination {id} has no address of a usual form",
                "送付先 {id} に通常の形式のアドレスがない",
                id = id
            ),
            Self::WalletDestination(id) => phrase!(
                "a wallet's destination {id} is unknown, twice or out of order",
                "ウォレットの送付先 {id} が未知、重複、または順序違い",
                id = id
            ),
            Self::Bands(from) => phrase!(
                "the quorum from {from} sat on is out of order or not stricter than below",
                "{from} sat からの定足数が順序違い、または下の区分より厳しくない",
                from = from.to_sat()
            ),
            Self::Windows => phrase!(
                "window limits of no block, twice or out of order",
                "期間限度額の期間が0ブロック、重複、または順序違い"
            ),
            Self::ClassMoves => phrase!(
                "a move between classes stands twice, out of order or within one class",
                "区分間の移動が重複、順序違い、または同一区分内"
            ),
            Self::Separation => phrase!(
                "a separation below 1 device per operator, 1 administrator apart or 1 session in a row",
                "職務分掌の値が操作者1人あたり1台・関与しない管理者1名・連続1セッションに満たない"
            ),
            Self::Placement => phrase!(
                "a placement below 1 vendor and 1 site",
                "配置の値が1社・1か所に満たない"
            ),
            Self::Witnesses => crowd(),
            Self::NoRiskChecker => phrase!(
                "no risk checker is among those who signed",
                "署名者にリスク確認者がいない"
            ),
            Self::ColdFloors => floors(),
            Self::Sweep => other_sweep(),
            Self::Quorum => phrase!(
                "a quorum below 2 approvers of 2 departments with 1 director",
                "承認の定足数が承認者2名・2部門・承認取締役1名に満たない"
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Roster(error) => error.advice(),
            Self::Number { .. } | Self::Predecessor => phrase!(
                "Draft the policy again as the one after the policy in force.",
                "有効なポリシーの次の版としてポリシーを作り直してください。"
            ),
            Self::NoRiskChecker => phrase!(
                "Have an administrator who is a risk checker sign the policy too.",
                "リスク確認者を兼ねるポリシー管理者の署名も取ってください。"
            ),
            Self::WalletOrder
            | Self::DestinationOrder(_)
            | Self::SharedScript(_)
            | Self::NoAddress(_)
            | Self::WalletDestination(_)
            | Self::Bands(_)
            | Self::Windows
            | Self::ClassMoves
            | Self::Separation
            | Self::Placement
            | Self::Witnesses
            | Self::ColdFloors
            | Self::Sweep
            | Self::Quorum => phrase!(
                "Correct the policy and have it signed again.",
                "ポリシーを訂正し、署名を取り直してください。"
            ),
        }
    }
}

fn crowd() -> Phrase {
    phrase!(
        "more than {most} witnesses of a session",
        "セッションの立会人が {most} 名を超える",
        most = MAX_WITNESSES
    )
}

fn floors() -> Phrase {
    phrase!(
        "a floor of the cold share outside of 1 to 1000 per mille, twice, out of order or of no age",
        "コールド比率の下限が1から1000パーミルの範囲外、重複、順序違い、または有効期間なし"
    )
}

fn other_sweep() -> Phrase {
    phrase!(
        "a sweep by the name of a destination, or to a wallet of another class than emergency",
        "緊急退避送金の名称が送付先と重複、または宛先が緊急退避ウォレットではない"
    )
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl core::error::Error for PolicyError {}

impl From<RosterError> for PolicyError {
    fn from(error: RosterError) -> Self {
        Self::Roster(error)
    }
}

impl From<CoseError> for PolicyError {
    fn from(error: CoseError) -> Self {
        Self::Roster(RosterError::Signed(error))
    }
}

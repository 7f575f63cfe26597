//! Why an entry does not follow from those before it.

use core::fmt;

use crate::phrase;
use crate::rule::{Phrase, Refusal};
use crate::signing::used_before;
use crate::types::Lang;

/// Why an entry does not follow from those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoldError {
    /// The first entry is a genesis, and no other is.
    Genesis,
    /// There is no open session.
    NoSession,
    /// The session is closed: only its seal can follow.
    Closed,
    /// The session is not closed yet.
    NotClosed,
    /// A PSBT before two operators sat, or an operator after it.
    Attendance,
    /// A PSBT came in before, none did, or the ceremony reads none.
    Intake,
    /// The code of a transfer is not that of its PSBT.
    TransferCode,
    /// A second intent, one over a transaction that was cut, or one that differs from what was cut.
    Intent,
    /// A signature that no intent announced.
    Result,
    /// Keys that no intent announced, out of order, or announced out of order.
    Keys,
    /// The outcome does not agree with the session.
    Outcome,
    /// The hash of the last seal is another one.
    PreviousSeal,
    /// A session goes on with what no session was cut over, or does not say with what.
    Resumed,
    /// An artefact was refused; the text says why.
    Artefact(Phrase),
    /// SIG03: a signature of the device itself, with the r value of another one.
    RepeatedR([u8; 32]),
    /// An entry that this ceremony does not make.
    Ceremony,
    /// The people of the session were not told what there is to say, or something else.
    Unannounced,
    /// The clock lies behind an earlier session's, and that was not recorded before anything else.
    Backwards,
    /// The clock was set back within the session.
    ClockFell,
    /// Blocks that were known are left for others, and that was not recorded right before.
    BlocksLeft,
    /// SOD-7: nothing is done any more in the session that installed another roster.
    Renewed,
    /// A PSBT was read on a frozen device and not for a sweep, or for a sweep on another.
    Frozen,
    /// POL08: a policy was refused.
    Policy(Refusal),
    /// WAL09: a co-signer's card was refused.
    Card(Refusal),
    /// A destruction, or the holders of a PIN, were refused.
    Key(Refusal),
    /// A PIN that is split or opened out of turn, or opened by too few of its holders.
    Pin,
    /// A statement of somebody who is no witness here, or over something else.
    Witness,
    /// TRN06: a proof was refused.
    Settlement(Refusal),
    /// The seal was refused.
    Seal(Refusal),
}

impl FoldError {
    /// In words, for a refusal.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Genesis => phrase!(
                "a genesis in another place than the first",
                "先頭以外にある起点の記録"
            ),
            Self::NoSession => phrase!("no open session", "開いたセッションなし"),
            Self::Closed => phrase!("an entry after the closing one", "終了の後の記録"),
            Self::NotClosed => phrase!("a session that is not closed", "閉じていないセッション"),
            Self::Attendance => phrase!(
                "a PSBT before both operators, or an operator after it",
                "操作者2名より前のPSBT、またはPSBT読込後の操作者"
            ),
            Self::Intake => phrase!(
                "no PSBT, a second one, or one in another ceremony",
                "PSBTなし、2つ目のPSBT、または別のセレモニーのPSBT"
            ),
            Self::TransferCode => phrase!(
                "a transfer code that is not the PSBT's",
                "PSBTと一致しない転送コード"
            ),
            Self::Intent => phrase!(
                "a second intent, one over what was cut, or another one than was cut",
                "2つ目の署名予定、中断した取引への署名予定、または中断時と異なる署名予定"
            ),
            Self::Result => phrase!("a signature that no intent announced", "署名予定にない署名"),
            Self::Keys => phrase!(
                "keys that were not announced, or not in order",
                "予定にない鍵、または順序の違う鍵"
            ),
            Self::Outcome => phrase!(
                "an outcome that the session does not have",
                "セッションの実際と異なる結果"
            ),
            Self::PreviousSeal => phrase!(
                "another seal before this session",
                "このセッションの前に別の封印"
            ),
            Self::Artefact(why) => why.clone(),
            Self::RepeatedR(r) => used_before(r),
            Self::Pin => phrase!(
                "a PIN that was not announced, not the next one, or opened by too few",
                "予告のない、順序の違う、または人数の足りないPIN"
            ),
            Self::Witness => no_witness(),
            Self::Ceremony => phrase!("an entry of another ceremony", "別のセレモニーの記録"),
            Self::Frozen => phrase!(
                "a PSBT that was read on a frozen device, or for a sweep on another",
                "凍結中の端末での通常のPSBT読込、または凍結されていない端末での緊急退避送金"
            ),
            Self::Resumed
            | Self::Unannounced
            | Self::Backwards
            | Self::ClockFell
            | Self::BlocksLeft
            | Self::Renewed => self.of_session(),
            Self::Seal(refusal)
            | Self::Card(refusal)
            | Self::Key(refusal)
            | Self::Policy(refusal)
            | Self::Settlement(refusal) => of_rule(refusal),
        }
    }

    /// What a session is owed, or may not do.
    fn of_session(&self) -> Phrase {
        match self {
            Self::Resumed => phrase!(
                "no cut session to go on with",
                "再開すべき中断セッションなし"
            ),
            Self::Unannounced => phrase!(
                "a session whose people were not told what there is to say",
                "告知すべき事項を告知していないセッション"
            ),
            Self::Backwards => phrase!(
                "a clock that went back, without the exception that says so",
                "時計の逆行を例外として記録していないセッション"
            ),
            Self::ClockFell => phrase!(
                "a clock that was set back within the session",
                "セッション中に時計が戻された"
            ),
            Self::BlocksLeft => phrase!(
                "known blocks replaced by others, without the exception that says so",
                "既知のブロックが置き換わったことを例外として記録していないセッション"
            ),
            Self::Renewed => phrase!(
                "the use of a roster in the session that installed it",
                "名簿を登録したセッション内での名簿の使用"
            ),
            _ => Phrase::none(),
        }
    }
}

fn no_witness() -> Phrase {
    phrase!(
        "a statement that is not of a witness of this session, over all before it",
        "このセッションの立会人による、それまでの全記録に対する立会確認ではないもの"
    )
}

fn of_rule(refusal: &Refusal) -> Phrase {
    phrase!(
        "{rule}: {difference}",
        "{rule}: {difference}",
        rule = refusal.rule,
        difference = refusal.difference()
    )
}

impl fmt::Display for FoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase().text(Lang::En))
    }
}

impl core::error::Error for FoldError {}

//! How a command ends when it does not end well: what happened, what to do, and an exit code.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use officer_console::system;
use signer_core::approval::Seat;
use signer_core::phrase;
use signer_core::rule::{Explained, Named, Phrase, Refusal};
use signer_core::types::Lang;

/// Whose fault it is: the exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A rule refused.
    Rule,
    /// An officer refused, went away or answered wrongly.
    Officer,
    /// Files or arguments are not what they must be.
    Input,
    /// The HSM.
    Hsm,
    /// A PIN that the HSM refused; recorded where a session is open.
    WrongPin,
    /// The machine, or a defect of this program.
    Internal,
}

impl Kind {
    /// The exit code; 0 is for what is done.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Rule => 1,
            Self::Officer => 2,
            Self::Input => 3,
            Self::Hsm | Self::WrongPin => 4,
            Self::Internal => 5,
        }
    }
}

/// What was being done to a file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Append,
    Delete,
    Flush,
    List,
    Lock,
    Make,
    Name,
    Open,
    Read,
    Shorten,
    Write,
}

impl Deed {
    /// The word after "cannot", and before "に失敗".
    pub(crate) fn phrase(self) -> Phrase {
        match self {
            Self::Append => phrase!("write to", "追記"),
            Self::Delete => phrase!("delete", "削除"),
            Self::Flush => phrase!("flush", "書込みの確定"),
            Self::List => phrase!("list", "一覧の取得"),
            Self::Lock => phrase!("lock", "ロック"),
            Self::Make => phrase!("make", "作成"),
            Self::Name => phrase!("name", "命名"),
            Self::Open => phrase!("open", "開く操作"),
            Self::Read => phrase!("read", "読取り"),
            Self::Shorten => phrase!("shorten", "切詰め"),
            Self::Write => phrase!("write", "書込み"),
        }
    }
}

/// A command that failed: two lines for the people in the room, in their language. The journal's
/// lines are English.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    what: Phrase,
    advice: Phrase,
    seat: Option<Seat>,
}

impl Failure {
    /// `what` happened, and what to do about it.
    pub(crate) const fn new(kind: Kind, what: Phrase, advice: Phrase) -> Self {
        Self {
            kind,
            what,
            advice,
            seat: None,
        }
    }

    /// Files or arguments are wrong.
    pub(crate) const fn input(what: Phrase, advice: Phrase) -> Self {
        Self::new(Kind::Input, what, advice)
    }

    /// Bad input, by an error that says itself what to do.
    pub(crate) fn explained(error: &impl Explained) -> Self {
        Self::input(error.what(), error.advice())
    }

    /// The same, with the name of the file or artefact in front.
    pub(crate) fn told(subject: &Phrase, error: &impl Explained) -> Self {
        let what = phrase!(
            "{subject}: {what}",
            "{subject}: {what}",
            subject = subject,
            what = error.what()
        );
        Self::input(what, error.advice())
    }

    /// A rule refused, before there is a report.
    pub(crate) fn rule(refusal: &Refusal) -> Self {
        Self::new(Kind::Rule, refusal.what(), refusal.advice())
    }

    /// An officer ended it.
    pub(crate) fn officer(what: Phrase) -> Self {
        let advice = phrase!(
            "Nothing was released. Begin the ceremony again when the people agree.",
            "何も書き出していません。関係者が合意してからセレモニーをやり直してください。"
        );
        Self::new(Kind::Officer, what, advice)
    }

    /// The HSM failed.
    pub(crate) const fn hsm(what: Phrase, advice: Phrase) -> Self {
        Self::new(Kind::Hsm, what, advice)
    }

    /// The machine failed, or this program.
    pub(crate) fn internal(what: Phrase) -> Self {
        let advice = phrase!(
            "Stop, keep the state folder as it is and report this line.",
            "中止し、状態フォルダをそのまま保管して、この行を報告してください。"
        );
        Self::new(Kind::Internal, what, advice)
    }

    /// A file could not be read or written.
    pub(crate) fn file(doing: Deed, path: &Path, error: &io::Error) -> Self {
        let what = phrase!(
            "cannot {doing} {path}: {why}",
            "{path} の{doing}に失敗した: {why}",
            doing = doing.phrase(),
            path = Named(path.display()),
            why = system(error)
        );
        let advice = phrase!(
            "Check the path, the medium and its permissions, then run the command again.",
            "パス、媒体、権限を確認し、もう一度実行してください。"
        );
        Self::input(what, advice)
    }

    /// The same, ended by this operator.
    pub(crate) const fn by(mut self, seat: Seat) -> Self {
        self.seat = Some(seat);
        self
    }

    /// What the journal says of it.
    pub(crate) fn for_record(&self) -> &str {
        self.what.text(Lang::En)
    }

    /// The operator who ended it, where it was one.
    pub(crate) const fn seat(&self) -> Option<Seat> {
        self.seat
    }

    /// Whose fault it is.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The same, with what failed while it was being recorded.
    pub(crate) fn followed_by(mut self, second: &Self) -> Self {
        self.what = phrase!(
            "{first}; then: {second}",
            "{first}。その後: {second}",
            first = self.what,
            second = second.what
        );
        self
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }

    /// Two lines: what happened, and what to do.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let (mark, what) = (lang.pick("error", "エラー"), self.what.text(lang));
        format!("{mark}: {what}\n  {}", self.advice.text(lang))
    }
}

/// A path in front of what is wrong with its file.
pub(crate) fn path_of(path: &Path) -> Phrase {
    phrase!("{path}", "{path}", path = Named(path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_two_plain_lines_and_a_code() {
        let path = Path::new("a\n\u{1b}[2J/書類");
        let error = io::Error::from_raw_os_error(2);
        let failure = Failure::file(Deed::Read, path, &error);
        assert_eq!(
            failure.text(Lang::En),
            "error: cannot read a\\u{a}\\u{1b}[2J/\\u{66f8}\\u{985e}: No such file or directory (os error 2)\n  \
             Check the path, the medium and its permissions, then run the command again."
        );
        assert_eq!(
            failure.text(Lang::Ja),
            "エラー: a\\u{a}\\u{1b}[2J/書類 の読取りに失敗した: ファイルまたはフォルダがない(エラー番号 2)\n  \
             パス、媒体、権限を確認し、もう一度実行してください。"
        );
        assert_eq!(failure.kind().code(), 3);
    }
}

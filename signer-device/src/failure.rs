//! How a command ends when it does not end well: what happened, what to do, and an exit code.

mod japanese;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use signer_core::approval::Seat;
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

/// A command that failed: two lines for the people in the room.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    what: String,
    /// What the journal says, where the room speaks Japanese: its lines are plain English.
    record: Option<String>,
    advice: String,
    seat: Option<Seat>,
}

impl Failure {
    /// `what` happened, and what to do about it.
    pub(crate) fn new(kind: Kind, what: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self {
            kind,
            what: one_line(&what),
            record: None,
            advice: one_line(&advice),
            seat: None,
        }
    }

    /// Files or arguments are wrong.
    pub(crate) fn input(what: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self::new(Kind::Input, what, advice)
    }

    /// An officer ended it.
    pub(crate) fn officer(what: impl fmt::Display) -> Self {
        Self::new(
            Kind::Officer,
            what,
            "Nothing was released. Begin the ceremony again when the people agree.",
        )
    }

    /// The HSM failed.
    pub(crate) fn hsm(what: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self::new(Kind::Hsm, what, advice)
    }

    /// The machine failed, or this program.
    pub(crate) fn internal(what: impl fmt::Display) -> Self {
        Self::new(
            Kind::Internal,
            what,
            "Stop, keep the state folder as it is and report this line.",
        )
    }

    /// A file could not be read or written.
    pub(crate) fn file(doing: &str, path: &Path, error: impl fmt::Display) -> Self {
        Self::input(
            format_args!("cannot {doing} {}: {error}", path.display()),
            "Check the path, the medium and its permissions, then run the command again.",
        )
    }

    /// The same, ended by this operator.
    pub(crate) fn by(mut self, seat: Seat) -> Self {
        self.seat = Some(seat);
        self
    }

    /// The same, recorded in these words.
    pub(crate) fn recorded_as(mut self, english: impl fmt::Display) -> Self {
        self.record = Some(one_line(&english));
        self
    }

    /// What the journal says of it.
    pub(crate) fn for_record(&self) -> &str {
        self.record.as_deref().unwrap_or(&self.what)
    }

    /// The operator who ended it, where it was one.
    pub(crate) const fn seat(&self) -> Option<Seat> {
        self.seat
    }

    /// Bad input, by an error whose text has a second line that says what to do.
    pub(crate) fn of_two_lines(subject: impl fmt::Display, error: &impl fmt::Display) -> Self {
        let text = error.to_string();
        let remake = "Have the file made again by those who sign it.";
        let (what, advice) = text.split_once('\n').unwrap_or((&text, remake));
        Self::input(format_args!("{subject}: {what}"), advice)
    }

    /// Whose fault it is.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The same, with what failed while it was being recorded.
    pub(crate) fn followed_by(mut self, second: &Self) -> Self {
        self.what = format!("{}; then: {}", self.what, second.what);
        self
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }
}

impl Failure {
    /// Two lines: what happened, and what to do.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let advice = match lang {
            Lang::En => &self.advice,
            Lang::Ja => japanese::advice(&self.advice),
        };
        format!("error: {}\n  {advice}", self.what)
    }
}

/// One line without control characters: paths and file contents may be quoted in it.
fn one_line(text: &impl fmt::Display) -> String {
    text.to_string()
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_two_plain_lines_and_a_code() {
        let failure = Failure::input("no such\nfile \u{1b}[2J", "look again");
        assert_eq!(
            failure.text(Lang::En),
            "error: no such file  [2J\n  look again"
        );
        assert_eq!(failure.kind().code(), 3);
    }
}

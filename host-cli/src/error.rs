//! How a command fails: an exit code, what happened, and what to do.

use std::fmt::Display;

use officer_console::ConsoleError;
use signer_core::rule::{Refusal, Stopped};
use signer_core::types::Lang;

/// Why a command ended without doing its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// A rule refused.
    Rule,
    /// An officer refused, or did not answer.
    Officer,
    /// What was given cannot be used.
    Input,
    /// The token or its module failed.
    Hsm,
    /// This program is wrong.
    Internal,
}

impl Exit {
    /// The number that the caller of the program sees.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Rule => 1,
            Self::Officer => 2,
            Self::Input => 3,
            Self::Hsm => 4,
            Self::Internal => 5,
        }
    }
}

/// A failed command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Refused by rules of signer-core: all refusals, at least one.
    Rules(Vec<Refusal>),
    /// Anything else: two lines.
    Plain {
        exit: Exit,
        what: String,
        advice: String,
    },
}

impl Failure {
    fn plain(exit: Exit, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Plain {
            exit,
            what: what.into(),
            advice: advice.into(),
        }
    }

    /// What was given cannot be used.
    pub(crate) fn input(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::plain(Exit::Input, what, advice)
    }

    /// What was given is well-formed, but must not be.
    pub(crate) fn refused(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::plain(Exit::Rule, what, advice)
    }

    /// An officer said no, or nothing.
    pub(crate) fn officer(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::plain(Exit::Officer, what, advice)
    }

    /// The token or its module failed.
    pub(crate) fn hsm(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::plain(Exit::Hsm, what, advice)
    }

    /// Bad input, told by an error of signer-core: what, and on its second line what to do.
    pub(crate) fn told(place: &str, error: &impl Display) -> Self {
        let text = error.to_string();
        let (what, advice) = text.split_once('\n').unwrap_or((&text, ""));
        Self::input(format!("{place}: {what}"), advice.trim())
    }

    /// A rehearsal did not come to its end: what, and on its second line what to do.
    pub(crate) fn rehearsal(error: &impl Display) -> Self {
        Self::told("rehearsal", error)
    }

    /// This program is wrong.
    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Self::plain(
            Exit::Internal,
            what,
            "keep all files as they are and report this; nothing was written",
        )
    }

    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Rules(_) => Exit::Rule,
            Self::Plain { exit, .. } => *exit,
        }
    }

    /// What standard error shows: two lines, or two for each refusal.
    pub(crate) fn text(&self, lang: Lang) -> String {
        match self {
            Self::Rules(refusals) => {
                let lines: Vec<String> = refusals.iter().map(|r| r.text(lang)).collect();
                lines.join("\n")
            }
            Self::Plain { what, advice, .. } => {
                let what: String = what.chars().map(visible).collect();
                format!("error: {what}\n  {advice}")
            }
        }
    }
}

/// Errors may quote files: nothing of them moves the cursor or makes a third line.
fn visible(c: char) -> char {
    if c.is_control() { '\u{fffd}' } else { c }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Rules(vec![refusal])
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Self::Rules(stopped.report().refusals().cloned().collect())
    }
}

impl From<ConsoleError> for Failure {
    fn from(error: ConsoleError) -> Self {
        let advice = "run the command again and answer each question on its own line";
        match error {
            ConsoleError::Ended
            | ConsoleError::Idle
            | ConsoleError::TooLong
            | ConsoleError::BrokenOff
            | ConsoleError::NotText => Self::officer(error.to_string(), advice),
            ConsoleError::Io(_) => Self::input(
                error.to_string(),
                "run the command where standard input and output are open",
            ),
        }
    }
}

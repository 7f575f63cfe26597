//! How a command fails: an exit code, what happened, and what to do.

use std::path::Path;

use officer_console::ConsoleError;
use signer_core::phrase;
use signer_core::rule::{Explained, Named, Phrase, Refusal, Stopped};
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
    /// What would answer an auditor's question was not given: `audit` alone.
    Evidence,
}

impl Exit {
    /// The number that the caller of the program sees.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Rule => 1,
            Self::Officer | Self::Evidence => 2,
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
    /// Anything else: two lines, in both languages.
    Plain {
        exit: Exit,
        what: Phrase,
        advice: Phrase,
    },
    /// An auditor's question was answered, and the answer is not "pass": it was printed already.
    Concluded(Exit),
}

impl Failure {
    const fn plain(exit: Exit, what: Phrase, advice: Phrase) -> Self {
        Self::Plain { exit, what, advice }
    }

    /// A file that cannot be used, why, and what to do.
    pub(crate) fn of_file(path: &Path, why: &Phrase, advice: Phrase) -> Self {
        let what = phrase!(
            "{path}: {why}",
            "{path}: {why}",
            path = Named(path.display()),
            why = why
        );
        Self::input(what, advice)
    }

    /// What was given cannot be used.
    pub(crate) const fn input(what: Phrase, advice: Phrase) -> Self {
        Self::plain(Exit::Input, what, advice)
    }

    /// What was given is well-formed, but must not be.
    pub(crate) const fn refused(what: Phrase, advice: Phrase) -> Self {
        Self::plain(Exit::Rule, what, advice)
    }

    /// An officer said no, or nothing.
    pub(crate) const fn officer(what: Phrase, advice: Phrase) -> Self {
        Self::plain(Exit::Officer, what, advice)
    }

    /// The token or its module failed.
    pub(crate) const fn hsm(what: Phrase, advice: Phrase) -> Self {
        Self::plain(Exit::Hsm, what, advice)
    }

    /// Bad input, by an error that says itself what to do.
    pub(crate) fn explained(error: &impl Explained) -> Self {
        Self::input(error.what(), error.advice())
    }

    /// The same, with what it is about in front.
    pub(crate) fn told(subject: &Phrase, error: &impl Explained) -> Self {
        let what = phrase!(
            "{subject}: {what}",
            "{subject}: {what}",
            subject = subject,
            what = error.what()
        );
        Self::input(what, error.advice())
    }

    /// This program is wrong.
    pub(crate) fn internal(what: Phrase) -> Self {
        let advice = phrase!(
            "keep all files as they are and report this; nothing was written",
            "すべてのファイルをそのまま保管して報告してください。何も書き込んでいません。"
        );
        Self::plain(Exit::Internal, what, advice)
    }

    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Rules(_) => Exit::Rule,
            Self::Plain { exit, .. } | Self::Concluded(exit) => *exit,
        }
    }

    /// What standard error shows: two lines, or two for each refusal.
    pub(crate) fn text(&self, lang: Lang) -> String {
        match self {
            Self::Rules(refusals) => {
                let lines: Vec<String> = refusals.iter().map(|r| r.text(lang)).collect();
                lines.join("\n")
            }
            Self::Concluded(_) => String::new(),
            Self::Plain { what, advice, .. } => {
                let mark = lang.pick("error", "エラー");
                format!("{mark}: {}\n  {}", what.text(lang), advice.text(lang))
            }
        }
    }
}

/// The path of a file, in front of what is wrong with it.
pub(crate) fn path_of(path: &Path) -> Phrase {
    phrase!("{path}", "{path}", path = Named(path.display()))
}

/// A text that is no JSON, and where.
pub(crate) fn not_json(error: &serde_json::Error) -> Phrase {
    let (line, column) = (error.line(), error.column());
    Phrase::new(
        &error.to_string(),
        &format!("JSON形式ではない({line} 行 {column} 字目)"),
    )
}

/// A text that is no TOML.
pub(crate) fn not_toml(error: &toml::de::Error) -> Phrase {
    let said: Vec<String> = error
        .to_string()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    Phrase::new(&said.join(" "), "TOML形式ではない")
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
        let exit = match error {
            ConsoleError::Io(_) => Exit::Input,
            ConsoleError::Ended
            | ConsoleError::Idle
            | ConsoleError::TooLong
            | ConsoleError::BrokenOff
            | ConsoleError::NotText => Exit::Officer,
        };
        Self::plain(exit, error.what(), error.advice())
    }
}

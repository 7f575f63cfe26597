//! The conversation with the people in the room: marked lines on standard output, one answer per
//! line on standard input.
//!
//! ```text
//! == 3/11 Token          a numbered step          | text      a line of a screen
//! . text                 progress or a fact       ! text      a notice
//! x text                 a refusal                > text      an output was written
//! ? A: [id] question >   a prompt, without a line break; the answer is one line
//! ```
//!
//! Nothing here answers for anybody.

use std::fmt;
use std::time::Duration;

use officer_console::{ConsoleError, InputKind};
use signer_core::approval::Seat;
use signer_core::phrase;
use signer_core::rule::Explained;
use signer_core::types::{Lang, OfficerId};
use zeroize::Zeroizing;

use crate::failure::{Failure, Kind};

/// Whether answers may come from anything but a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// A terminal, or a pipe: rehearsals and tests, under a test-only profile.
    FromAnywhere,
    /// A terminal alone.
    FromTerminal,
}

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Operator A reads and enters.
    A,
    /// Operator B checks.
    B,
    /// A witness.
    Witness,
    /// An officer, for the PIN of the officer's own token.
    Officer(OfficerId),
}

impl From<Seat> for Who {
    /// Who is asked in a seat.
    fn from(seat: Seat) -> Self {
        match seat {
            Seat::OperatorA => Self::A,
            Seat::OperatorB => Self::B,
            Seat::Witness => Self::Witness,
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A => f.write_str("A"),
            Self::B => f.write_str("B"),
            Self::Witness => f.write_str("W"),
            Self::Officer(id) => write!(f, "{id}"),
        }
    }
}

/// What came back from a prompt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// What was typed, without surrounding space.
    Typed(String),
    /// The officer rejected.
    Rejected,
    /// Nobody answered: end of input, or nobody there for too long.
    Gone,
}

/// The key that rejects, at every prompt.
const REJECT: &str = "r";
/// How long a question waits for its answer.
const PATIENCE: Duration = Duration::from_mins(5);
/// Width of the lines that frame a screen.
const WIDTH: usize = 80;

/// The terminal, or what stands for it.
#[derive(Debug)]
pub(crate) struct Console {
    officers: officer_console::Console<'static>,
    lang: Lang,
}

impl Console {
    /// A conversation in this language.
    pub(crate) fn new(lang: Lang) -> Self {
        Self {
            officers: officer_console::Console::stdio().with_patience(PATIENCE),
            lang,
        }
    }

    /// The language of the conversation.
    pub(crate) const fn lang(&self) -> Lang {
        self.lang
    }

    /// Refuses scripted answers where people must answer.
    pub(crate) fn admit(&self, answers: Answers) -> Result<(), Failure> {
        let person = self.officers.input_kind() == InputKind::Terminal;
        if answers == Answers::FromAnywhere || person {
            return Ok(());
        }
        Err(Failure::input(
            phrase!(
                "answers do not come from a terminal",
                "回答が端末のキーボードからではない"
            ),
            phrase!(
                "Run the ceremony at the device's own keyboard; only a test-only profile takes scripted answers.",
                "端末のキーボードで実行してください。自動応答は試験用プロファイルに限ります。"
            ),
        ))
    }

    /// A numbered step of the ceremony script begins.
    pub(crate) fn step(&mut self, number: usize, of: usize, title: &str) -> Result<(), Failure> {
        self.plain(&format!("== {number}/{of} {title}"))
    }

    /// Progress, or a fact.
    pub(crate) fn say(&mut self, text: &str) -> Result<(), Failure> {
        self.marked('.', text)
    }

    /// Something that people must know, and that is recorded.
    pub(crate) fn notice(&mut self, text: &str) -> Result<(), Failure> {
        self.marked('!', text)
    }

    /// A refusal: its first line and its advice.
    pub(crate) fn refusal(&mut self, text: &str) -> Result<(), Failure> {
        self.marked('x', text)
    }

    /// An output was written.
    pub(crate) fn wrote(&mut self, what: &str) -> Result<(), Failure> {
        self.marked('>', what)
    }

    /// Text for machines or for reading, without a mark.
    pub(crate) fn plain(&mut self, text: &str) -> Result<(), Failure> {
        self.officers.say(text).map_err(|e| broken(&e))
    }

    /// A whole screen.
    pub(crate) fn screen<S: AsRef<str>>(&mut self, name: &str, lines: &[S]) -> Result<(), Failure> {
        let rest = WIDTH.saturating_sub(name.chars().count() + 5);
        self.plain(&format!("+-- {name} {}", "-".repeat(rest)))?;
        for line in lines {
            self.plain(format!("| {}", line.as_ref()).trim_end())?;
        }
        self.plain(&format!("+{}", "-".repeat(WIDTH - 1)))
    }

    /// Asks, and waits for one line.
    pub(crate) fn ask(&mut self, who: &Who, id: &str, question: &str) -> Result<Answer, Failure> {
        match self.officers.ask(&who.to_string(), &prompt(id, question)) {
            Ok(text) if text.trim() == REJECT => Ok(Answer::Rejected),
            Ok(text) => Ok(Answer::Typed(text.trim().to_owned())),
            // What is no text, or longer than any content, is a wrong answer.
            Err(ConsoleError::NotText | ConsoleError::TooLong) => Ok(Answer::Typed(String::new())),
            Err(ConsoleError::Ended | ConsoleError::Idle) => Ok(Answer::Gone),
            Err(error) => Err(broken(&error)),
        }
    }

    /// Asks for a PIN: not shown, and kept in memory that is wiped.
    pub(crate) fn ask_pin(
        &mut self,
        who: &Who,
        id: &str,
        question: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        let asked = prompt(id, question);
        match self.officers.ask_secret(&who.to_string(), &asked) {
            Ok(text) if text.as_str() == REJECT => Err(rejected()),
            Ok(text) => Ok(text),
            Err(ConsoleError::NotText | ConsoleError::TooLong) => Err(Failure::input(
                phrase!(
                    "the PIN is not text, or far too long",
                    "PINが文字列ではない、または長すぎる"
                ),
                phrase!(
                    "Begin the ceremony again and type the PIN of this token.",
                    "セレモニーをやり直し、このトークンのPINを入力してください。"
                ),
            )),
            Err(ConsoleError::Ended | ConsoleError::Idle) => Err(gone()),
            Err(ConsoleError::BrokenOff) => Err(rejected()),
            Err(error) => Err(broken(&error)),
        }
    }

    fn marked(&mut self, mark: char, text: &str) -> Result<(), Failure> {
        text.lines()
            .try_for_each(|line| self.plain(&format!("{mark} {line}")))
    }
}

/// What an ended conversation is called.
pub(crate) fn gone() -> Failure {
    Failure::officer(phrase!(
        "nobody answered: the ceremony is aborted",
        "回答がないためセレモニーを中止"
    ))
}

/// What a rejection is called.
pub(crate) fn rejected() -> Failure {
    Failure::officer(phrase!(
        "an officer rejected: the ceremony is aborted",
        "役職員の否認によりセレモニーを中止"
    ))
}

fn prompt(id: &str, question: &str) -> String {
    format!("[{id}] {question}")
}

fn broken(error: &ConsoleError) -> Failure {
    Failure::new(
        Kind::Internal,
        error.what(),
        phrase!(
            "Nothing was released. Check the terminal and begin again.",
            "何も書き出していません。画面とキーボードを確認し、やり直してください。"
        ),
    )
}

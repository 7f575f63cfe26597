//! Prompts and answers: how officers are asked, the same at the device and on the host.
//!
//! ```text
//! ? sato.k: words 05 to 08 of the roster digest > _
//! ```
//!
//! One prompt is one line without its end: `? <who>: <question> > `. What was typed before a prompt
//! is thrown away, on a terminal and on a pipe, so that no answer is older than its question. There
//! is no default answer and no switch that answers.
//!
//! This crate holds no key and decides nothing: what an answer means is judged by its caller.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, isatty, tcflush,
    tcgetattr, tcsetattr,
};
use signer_core::phrase;
use signer_core::rule::{Explained, Phrase};
use signer_core::types::Lang;
use zeroize::Zeroizing;

mod arguments;
pub mod medium;
mod process;
mod stage;
mod system;

pub use arguments::{language_of, wrong_arguments};
pub use process::harden;
pub use stage::{Pressed, Stage, Window};
pub use system::system;

/// Longest answer that is read, in bytes.
pub const ANSWER_LIMIT: usize = 1024;

/// Why there is no answer.
#[derive(Debug)]
pub enum ConsoleError {
    /// The input ended.
    Ended,
    /// Nobody typed for longer than the console waits.
    Idle,
    /// Longer than [`ANSWER_LIMIT`].
    TooLong,
    /// Not UTF-8, or a PIN with a control character.
    NotText,
    /// Broken off at the keyboard (Ctrl-C) while a PIN was typed.
    BrokenOff,
    /// The terminal or the pipe failed.
    Io(io::Error),
}

impl Explained for ConsoleError {
    fn what(&self) -> Phrase {
        match self {
            Self::Ended => phrase!(
                "the input ended before there was an answer",
                "回答の前に入力が終了した"
            ),
            Self::Idle => phrase!("nobody answered in time", "時間内に回答がない"),
            Self::TooLong => phrase!(
                "the answer is longer than {limit} bytes",
                "回答が {limit} バイトを超えている",
                limit = ANSWER_LIMIT
            ),
            Self::NotText => phrase!("the answer is not text", "回答が文字列ではない"),
            Self::BrokenOff => phrase!("the answer was broken off", "回答が中断された"),
            Self::Io(error) => phrase!(
                "the console failed: {why}",
                "入出力の異常: {why}",
                why = system(error)
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Io(_) => phrase!(
                "run the command where standard input and output are open",
                "標準入力と標準出力を使える場所でコマンドを実行してください。"
            ),
            _ => phrase!(
                "run the command again and answer each question on its own line",
                "コマンドを再度実行し、質問ごとに1行で回答してください。"
            ),
        }
    }
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for ConsoleError {}

impl From<io::Error> for ConsoleError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rustix::io::Errno> for ConsoleError {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Io(error.into())
    }
}

/// What is said when something was typed before its question.
const DISCARDED: &str = "! typed before the question and thrown away / 質問前の入力は破棄しました";

/// Whether something was typed before its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TypedAhead {
    Nothing,
    Discarded,
}

/// What stands at the other end of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A terminal: a person can sit there.
    Terminal,
    /// A pipe or a file: a program sits there.
    Program,
}

/// A place where officers read and type.
pub struct Console<'a> {
    input: BorrowedFd<'a>,
    output: Box<dyn Write + 'a>,
    patience: Option<Duration>,
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}

impl Console<'static> {
    /// The console on standard input and output.
    pub fn stdio() -> Self {
        Self {
            input: rustix::stdio::stdin(),
            output: Box::new(io::stdout()),
            patience: None,
        }
    }
}

impl<'a> Console<'a> {
    /// A console on other files.
    pub fn new(input: BorrowedFd<'a>, output: impl Write + 'a) -> Self {
        Self {
            input,
            output: Box::new(output),
            patience: None,
        }
    }

    /// Waits no longer than this for an answer; without it, for ever.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Whether a person can sit at the input.
    pub fn input_kind(&self) -> InputKind {
        if isatty(self.input) {
            InputKind::Terminal
        } else {
            InputKind::Program
        }
    }

    /// Shows `text` and ends the line. What a terminal would obey and not show is made visible.
    pub fn say(&mut self, text: &str) -> Result<(), ConsoleError> {
        writeln!(self.output, "{}", visible(text))?;
        Ok(self.output.flush()?)
    }

    /// Asks one officer one question.
    ///
    /// # Errors
    /// [`ConsoleError`] where no line could be read.
    pub fn ask(&mut self, who: &str, question: &str) -> Result<String, ConsoleError> {
        make_audible(self.input)?;
        self.prompt(who, question)?;
        let answer = self.read_line(&[])?;
        if self.input_kind() == InputKind::Program {
            self.say("")?;
        }
        Ok(answer.as_str().to_owned())
    }

    /// Asks one officer for a PIN: it is not echoed, and wiped when the answer is dropped.
    ///
    /// Ctrl-C ends the question instead of the program, so that the echo comes back.
    ///
    /// # Errors
    /// [`ConsoleError`] where no line could be read.
    pub fn ask_secret(
        &mut self,
        who: &str,
        question: &str,
    ) -> Result<Zeroizing<String>, ConsoleError> {
        let silence = Silence::of(self.input)?;
        self.prompt(who, question)?;
        let answer = self.read_line(&silence.breaks);
        drop(silence);
        self.say("")?;
        let answer = answer?;
        // Not what anybody means to type. A token must not count it as a try.
        if answer.chars().any(char::is_control) {
            return Err(ConsoleError::NotText);
        }
        Ok(answer)
    }

    fn prompt(&mut self, who: &str, question: &str) -> Result<(), ConsoleError> {
        if self.discard_typed_ahead()? == TypedAhead::Discarded {
            self.say(DISCARDED)?;
        }
        let prompt = format!("? {who}: {question} > ").replace('\n', " ");
        write!(self.output, "{}", visible(&prompt))?;
        Ok(self.output.flush()?)
    }

    /// Throws away what was typed before the question stood there.
    fn discard_typed_ahead(&mut self) -> Result<TypedAhead, ConsoleError> {
        let mut found = TypedAhead::Nothing;
        if self.input_kind() == InputKind::Terminal {
            if readable_within(self.input, Duration::ZERO)? {
                found = TypedAhead::Discarded;
            }
            tcflush(self.input, QueueSelector::IFlush)?;
            return Ok(found);
        }
        let mut waste = Zeroizing::new([0u8; 256]);
        while readable_within(self.input, Duration::ZERO)? {
            if rustix::io::read(self.input, waste.as_mut_slice())? == 0 {
                break;
            }
            found = TypedAhead::Discarded;
        }
        Ok(found)
    }

    /// Reads one line byte by byte: a buffer would hold what is typed ahead. One of `breaks` ends it
    /// without an answer.
    fn read_line(&mut self, breaks: &[u8]) -> Result<Zeroizing<String>, ConsoleError> {
        let mut line = Zeroizing::new(Vec::with_capacity(ANSWER_LIMIT));
        let mut byte = Zeroizing::new([0u8; 1]);
        loop {
            if let Some(patience) = self.patience
                && !readable_within(self.input, patience)?
            {
                return Err(ConsoleError::Idle);
            }
            match rustix::io::retry_on_intr(|| rustix::io::read(self.input, byte.as_mut_slice()))? {
                0 if line.is_empty() => return Err(ConsoleError::Ended),
                0 => break,
                _ if *byte == *b"\n" => break,
                _ if breaks.contains(&byte[0]) => return Err(ConsoleError::BrokenOff),
                _ if line.len() == ANSWER_LIMIT => return Err(ConsoleError::TooLong),
                _ => line.extend_from_slice(byte.as_slice()),
            }
        }
        let text = std::str::from_utf8(&line).map_err(|_| ConsoleError::NotText)?;
        Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned()))
    }
}

/// Waits until something, or the end, can be read.
fn readable_within(input: BorrowedFd<'_>, patience: Duration) -> Result<bool, ConsoleError> {
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        let mut waiting = [PollFd::from_borrowed_fd(input, PollFlags::IN)];
        match poll(&mut waiting, Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// `text` with every character that steers a terminal, hides or turns around written as its code
/// point. Names of files come from outside: none may redraw a screen. Lines may still end.
fn visible(text: &str) -> Cow<'_, str> {
    use std::fmt::Write as _;

    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "<U+{:04X}>", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}')
}

/// Turns the echo of a terminal on: a program that was killed while it read a PIN left it off.
fn make_audible(input: BorrowedFd<'_>) -> Result<(), ConsoleError> {
    if !isatty(input) {
        return Ok(());
    }
    let mut modes = tcgetattr(input)?;
    if !modes.local_modes.contains(AUDIBLE) {
        modes.local_modes.insert(AUDIBLE);
        tcsetattr(input, OptionalActions::Now, &modes)?;
    }
    Ok(())
}

/// What a person sees of the own typing, and Ctrl-C.
const AUDIBLE: LocalModes = LocalModes::ECHO.union(LocalModes::ISIG);

/// Echo is off as long as this lives; nothing happens where the input is no terminal.
///
/// Ctrl-C and Ctrl-\ send no signal meanwhile: a signal would end the program and leave the terminal
/// silent. They end the line instead.
struct Silence<'a> {
    input: BorrowedFd<'a>,
    before: Option<Termios>,
    breaks: Vec<u8>,
}

impl<'a> Silence<'a> {
    fn of(input: BorrowedFd<'a>) -> Result<Self, ConsoleError> {
        if !isatty(input) {
            return Ok(Self {
                input,
                before: None,
                breaks: Vec::new(),
            });
        }
        make_audible(input)?;
        let before = tcgetattr(input)?;
        let mut silent = before.clone();
        silent.local_modes.remove(AUDIBLE | LocalModes::ECHONL);
        let mut breaks = Vec::new();
        for (signal, end) in [
            (SpecialCodeIndex::VINTR, SpecialCodeIndex::VEOL),
            (SpecialCodeIndex::VQUIT, SpecialCodeIndex::VEOL2),
        ] {
            let key = before.special_codes[signal];
            silent.special_codes[end] = key;
            // Zero is a key that the terminal does not have.
            breaks.extend((key != 0).then_some(key));
        }
        tcsetattr(input, OptionalActions::Flush, &silent)?;
        Ok(Self {
            input,
            before: Some(before),
            breaks,
        })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // A terminal that is gone needs no echo. What was typed after the end of the line was
            // meant for the PIN, and must not be shown.
            let _ = tcsetattr(self.input.as_fd(), OptionalActions::Flush, before);
        }
    }
}

#[cfg(test)]
mod tests;

//! The whole terminal for a while: what stands on it changes by itself, and single keys are read.

use std::fmt;
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize,
    tcsetattr,
};

use crate::{ConsoleError, readable_within};

/// Clears the terminal, puts what was on it aside, and hides the cursor.
const ENTER: &str = "\x1b[?1049h\x1b[2J\x1b[?25l";
/// Brings back what was there.
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// From the top; what is left of the picture before is cleared behind the new one.
const TOP: &str = "\x1b[H";
const CLEAR_BELOW: &str = "\x1b[J";
const CTRL_C: u8 = 3;

/// Characters that a terminal shows side by side, and lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Characters in a line.
    pub columns: usize,
    /// Lines.
    pub rows: usize,
}

/// What came from the keyboard while a picture stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// A key.
    Key(u8),
    /// Ctrl-C: broken off.
    Break,
    /// Nothing in that time.
    Nothing,
    /// Nothing, and nothing will come: no keyboard is there.
    Ended,
}

/// The terminal as long as this lives. Where the output is no terminal, pictures are written one behind
/// the other.
pub struct Stage<'a> {
    input: BorrowedFd<'a>,
    output: Box<dyn Write + 'a>,
    terminal: Option<BorrowedFd<'a>>,
    before: Option<Termios>,
    ended: bool,
}

impl fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}

impl Stage<'static> {
    /// Standard input and output.
    ///
    /// # Errors
    /// [`ConsoleError`] where the terminal does not obey.
    pub fn stdio() -> Result<Self, ConsoleError> {
        Self::new(
            rustix::stdio::stdin(),
            rustix::stdio::stdout(),
            Box::new(io::stdout()),
        )
    }
}

impl<'a> Stage<'a> {
    /// Takes the terminal that stands at `output`, and the keys of `input`; `writer` writes to `output`.
    ///
    /// # Errors
    /// [`ConsoleError`] where the terminal does not obey.
    pub fn new(
        input: BorrowedFd<'a>,
        output: BorrowedFd<'a>,
        writer: Box<dyn Write + 'a>,
    ) -> Result<Self, ConsoleError> {
        let before = isatty(input).then(|| tcgetattr(input)).transpose()?;
        let mut stage = Self {
            input,
            output: writer,
            terminal: isatty(output).then_some(output),
            ended: before.is_none(),
            before,
        };
        if let Some(before) = &stage.before {
            let mut keys = before.clone();
            // Ctrl-C comes as a key: as a signal it would leave the terminal as it is.
            let off = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
            keys.local_modes.remove(off);
            tcsetattr(input, OptionalActions::Now, &keys)?;
            // What was typed before was not meant for what comes now.
            tcflush(input, QueueSelector::IFlush)?;
        }
        if stage.terminal.is_some() {
            stage.write(ENTER)?;
        }
        Ok(stage)
    }

    /// How much room there is now; none where the output is no terminal, or one that does not know.
    pub fn window(&self) -> Option<Window> {
        let size = tcgetwinsize(self.terminal?).ok()?;
        let window = Window {
            columns: usize::from(size.ws_col),
            rows: usize::from(size.ws_row),
        };
        (window.columns > 0 && window.rows > 0).then_some(window)
    }

    /// Whether a person sees it change; a file or a pipe only grows.
    pub const fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Puts this in place of what stands there.
    ///
    /// # Errors
    /// [`ConsoleError`] where it cannot be written.
    pub fn show(&mut self, picture: &str) -> Result<(), ConsoleError> {
        if self.terminal.is_some() {
            // Without the last line's end: it would move everything up by one.
            let picture = picture.trim_end_matches('\n');
            self.write(&format!("{TOP}{picture}{CLEAR_BELOW}"))
        } else {
            self.write(picture)
        }
    }

    /// Waits this long, or until a key is pressed.
    ///
    /// # Errors
    /// [`ConsoleError`] where the keyboard fails.
    pub fn pressed_within(&mut self, patience: Duration) -> Result<Pressed, ConsoleError> {
        if self.ended {
            std::thread::sleep(patience);
            return Ok(Pressed::Ended);
        }
        if !readable_within(self.input, patience)? {
            return Ok(Pressed::Nothing);
        }
        let mut key = [0_u8; 1];
        match rustix::io::retry_on_intr(|| rustix::io::read(self.input, &mut key))? {
            0 => {
                self.ended = true;
                self.pressed_within(patience)
            }
            _ if key == [CTRL_C] => Ok(Pressed::Break),
            _ => Ok(Pressed::Key(key[0])),
        }
    }

    fn write(&mut self, text: &str) -> Result<(), ConsoleError> {
        self.output.write_all(text.as_bytes())?;
        Ok(self.output.flush()?)
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing of this.
        if self.terminal.is_some() {
            let _ = self.write(LEAVE);
        }
        if let Some(before) = &self.before {
            let _ = tcsetattr(self.input, OptionalActions::Flush, before);
        }
    }
}

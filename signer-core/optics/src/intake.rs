//! Codes before a camera, until the message is whole or a person aborts: one key.
//!
//! ```text
//! camera or recording -> picture as it is -> child process -> codes -> receiver -> what the person sees
//! ```

use std::fmt;
use std::time::{Duration, Instant};

use officer_console::{ConsoleError, Pressed, Stage};
use signer_core::frames::direction::WrongDirection;
use signer_core::frames::{Alarm, Follower, Hello, Ignored, Received};
use signer_core::rule::{Explained, Phrase};
use signer_core::types::Lang;

use crate::child::{PictureError, Reader};
use crate::read::Seen;
use crate::source::{Came, Source, SourceError};
use crate::view::{Brought, Mark, View};

/// How long a picture is waited for before the keys are looked at again.
const PATIENCE: Duration = Duration::from_millis(200);

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// The message is there.
    Whole,
    /// A person aborted.
    Aborted,
    /// A recording ended before the message was there.
    Over,
}

/// Why no message comes.
#[derive(Debug)]
pub enum IntakeError {
    /// The camera.
    Source(SourceError),
    /// The process that reads pictures does not start.
    Reader(PictureError),
    /// The terminal.
    Console(ConsoleError),
    /// A code goes the other way.
    WrongWay(WrongDirection),
    /// The transfer is spoilt.
    Alarm(Alarm),
}

impl Explained for IntakeError {
    fn what(&self) -> Phrase {
        match self {
            Self::Source(error) => error.what(),
            Self::Reader(error) => error.what(),
            Self::Console(error) => error.what(),
            Self::WrongWay(error) => error.what(),
            Self::Alarm(error) => error.what(),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Source(error) => error.advice(),
            Self::Reader(error) => error.advice(),
            Self::Console(error) => error.advice(),
            Self::WrongWay(error) => error.advice(),
            Self::Alarm(error) => error.advice(),
        }
    }
}

impl fmt::Display for IntakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for IntakeError {}

impl From<ConsoleError> for IntakeError {
    fn from(error: ConsoleError) -> Self {
        Self::Console(error)
    }
}

/// Takes codes until the message is there, showing on `stage` how far it is.
///
/// # Errors
/// [`IntakeError`], whose advice says what to do.
pub fn run(
    source: &mut Source,
    reader: &mut Reader,
    receiver: &mut Follower,
    lang: Lang,
    stage: &mut Stage<'_>,
) -> Result<Ended, IntakeError> {
    let begin = Instant::now();
    let mut view = View::new(source.layout(), lang);
    let mut picture = Vec::new();
    show(stage, &view, Duration::ZERO, receiver)?;
    loop {
        if let Pressed::Break | Pressed::Key(b'q' | b'Q') = stage.pressed_within(Duration::ZERO)? {
            return Ok(Ended::Aborted);
        }
        let mut news = stage.is_terminal();
        match source
            .next(PATIENCE, &mut picture)
            .map_err(IntakeError::Source)?
        {
            Came::End => return Ok(Ended::Over),
            Came::Nothing => {}
            Came::Picture => {
                let seen = look(reader, source, &picture)?;
                let brought = take(receiver, &seen)?;
                news |= brought.mark == Mark::New || brought.turn.is_some();
                view.note(begin.elapsed(), brought);
            }
        }
        // Into a pipe only what brings it further; a terminal shows each picture.
        if news {
            show(stage, &view, begin.elapsed(), receiver)?;
        }
        if receiver.message().is_some() {
            return Ok(Ended::Whole);
        }
    }
}

/// Waits before a camera for the code by which a device says what it reads; none where a person aborts, or a
/// recording ends.
///
/// # Errors
/// [`IntakeError`], whose advice says what to do.
pub fn greeting(
    source: &mut Source,
    reader: &mut Reader,
    lang: Lang,
    stage: &mut Stage<'_>,
) -> Result<Option<Hello>, IntakeError> {
    let mut picture = Vec::new();
    stage.show(lang.pick(
        "q aborts | show the code of `signer-device hello --show` to the camera\n",
        "q 中止 | `signer-device hello --show` のコードをカメラに見せてください。\n",
    ))?;
    loop {
        if let Pressed::Break | Pressed::Key(b'q' | b'Q') = stage.pressed_within(Duration::ZERO)? {
            return Ok(None);
        }
        match source
            .next(PATIENCE, &mut picture)
            .map_err(IntakeError::Source)?
        {
            Came::End => return Ok(None),
            Came::Nothing => {}
            Came::Picture => {
                let seen = look(reader, source, &picture)?;
                if let Some(hello) = seen.contents.iter().find_map(Hello::read) {
                    return Ok(Some(hello));
                }
            }
        }
    }
}

/// Clears what stood behind a line before.
const CLEAR_LINE: &str = "\x1b[K";

fn show(
    stage: &mut Stage<'_>,
    view: &View,
    at: Duration,
    receiver: &Follower,
) -> Result<(), ConsoleError> {
    let columns = stage.window().map(|window| window.columns);
    let text = view.text(at, receiver, columns);
    if stage.is_terminal() {
        stage.show(&text.replace('\n', &format!("{CLEAR_LINE}\n")))
    } else {
        stage.show(&text)
    }
}

/// What a picture shows; nothing where it could not be read.
fn look(reader: &mut Reader, source: &Source, picture: &[u8]) -> Result<Seen, IntakeError> {
    match reader.look(source.layout(), picture) {
        Ok(seen) => Ok(seen),
        Err(error @ PictureError::NotStarted(_)) => Err(IntakeError::Reader(error)),
        Err(PictureError::Refused(_) | PictureError::Overrun | PictureError::Died) => {
            Ok(Seen::default())
        }
    }
}

/// Gives what was seen to the receiver.
fn take(receiver: &mut Follower, seen: &Seen) -> Result<Brought, IntakeError> {
    let mut brought = Brought {
        hint: seen.hint,
        ..Brought::NOTHING
    };
    for shown in &seen.contents {
        let (outcome, turn) = receiver.receive(shown);
        brought.turn = turn.or(brought.turn);
        match outcome {
            Received::New | Received::Complete => brought.mark = Mark::New,
            Received::Known if brought.mark == Mark::Unread => brought.mark = Mark::Known,
            Received::Known => {}
            Received::Ignored {
                why: Ignored::WrongWay(wrong),
            } => return Err(IntakeError::WrongWay(wrong)),
            Received::Ignored { why } => brought.ignored = Some(why),
            Received::Alarm { why } => return Err(IntakeError::Alarm(why)),
        }
    }
    Ok(brought)
}

//! The frames of one message on a terminal, one after the other, until a person ends it.
//!
//! One key changes the size of the codes (`+` `-`) or how many are shown in a second (`>` `<`), the space
//! bar holds one, `q` ends. Codes are never larger than the window. Where nobody can press a key, every
//! frame and its spare ones are shown once.

use std::fmt;
use std::time::Duration;

use officer_console::{ConsoleError, Pressed, Stage, Window};
use signer_core::frames::{Sender, SenderError};
use signer_core::phrase;
use signer_core::rule::{Explained, Phrase};
use signer_core::types::Lang;

use crate::density::{Density, Pace};
use crate::draw::{self, DrawError};
use crate::view::cut_to;

/// Every so many plain frames have a spare one, where they are shown once.
const SPARE: usize = 5;

/// Why frames are not shown.
#[derive(Debug)]
pub enum ProjectorError {
    /// The message cannot be cut like that.
    Cut(SenderError),
    /// A frame cannot be drawn.
    Draw(DrawError),
    /// No code fits the window.
    Window(Window),
    /// The terminal failed.
    Console(ConsoleError),
}

impl Explained for ProjectorError {
    fn what(&self) -> Phrase {
        let least = Density::smallest_window();
        match self {
            Self::Cut(error) => error.what(),
            Self::Draw(error) => error.what(),
            Self::Console(error) => error.what(),
            Self::Window(window) => phrase!(
                "the window has {columns} x {rows} characters, the smallest code needs {wide} x {high}",
                "画面は {columns} x {rows} 文字だが、最小のコードでも {wide} x {high} 文字が必要である",
                columns = window.columns,
                rows = window.rows,
                wide = least.columns,
                high = least.rows
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Cut(error) => error.advice(),
            Self::Draw(error) => error.advice(),
            Self::Console(error) => error.advice(),
            Self::Window(_) => phrase!(
                "enlarge the window or choose a smaller font, or send pictures in a folder",
                "画面を広げるか文字を小さくしてください。または画像をフォルダに書き出してください。"
            ),
        }
    }
}

impl fmt::Display for ProjectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for ProjectorError {}

impl From<SenderError> for ProjectorError {
    fn from(error: SenderError) -> Self {
        Self::Cut(error)
    }
}

impl From<DrawError> for ProjectorError {
    fn from(error: DrawError) -> Self {
        Self::Draw(error)
    }
}

impl From<ConsoleError> for ProjectorError {
    fn from(error: ConsoleError) -> Self {
        Self::Console(error)
    }
}

/// What is shown at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How large codes are.
    pub density: Density,
    /// How many are shown in a second.
    pub pace: Pace,
}

/// Shows frames on `stage` until a person ends it. `cut` cuts the message for a density.
///
/// # Errors
/// [`ProjectorError`], whose advice says what to do.
pub fn run(
    cut: impl Fn(Density) -> Result<Sender, SenderError>,
    settings: Settings,
    lang: Lang,
    stage: &mut Stage<'_>,
) -> Result<(), ProjectorError> {
    let density = fitted(settings.density, stage.window())?;
    let mut shown = Projection {
        sender: cut(density)?,
        density,
        wanted: settings.density,
        pace: settings.pace,
        place: 1,
        held: false,
        lang,
    };
    loop {
        let window = stage.window();
        let density = fitted(shown.wanted, window)?;
        if density != shown.density {
            shown.cut_again(&cut, density);
        }
        stage.show(&shown.picture(window)?)?;
        match stage.pressed_within(shown.pace.pause())? {
            Pressed::Key(key) => match Wish::of(key) {
                Some(Wish::End) => return Ok(()),
                Some(wish) => shown.obey(wish),
                None => {}
            },
            Pressed::Break => return Ok(()),
            Pressed::Ended if shown.was_once_whole() => return Ok(()),
            Pressed::Ended | Pressed::Nothing => shown.next(),
        }
    }
}

/// Shows one code until a person ends it; once where nobody can press a key.
///
/// # Errors
/// [`ProjectorError`], whose advice says what to do.
pub fn still(
    shown: impl AsRef<[u8]>,
    lang: Lang,
    stage: &mut Stage<'_>,
) -> Result<(), ProjectorError> {
    let code = draw::terminal(shown)?;
    loop {
        stage.show(&format!("{code}{}\n", lang.pick("q ends", "q 終了")))?;
        match stage.pressed_within(STILL)? {
            Pressed::Key(key) if Wish::of(key) == Some(Wish::End) => return Ok(()),
            Pressed::Break | Pressed::Ended => return Ok(()),
            Pressed::Key(_) | Pressed::Nothing => {}
        }
    }
}

/// How long a code stands before it is drawn again: the window may have changed.
const STILL: Duration = Duration::from_millis(500);

/// What is wanted, but no larger than the window.
fn fitted(wanted: Density, window: Option<Window>) -> Result<Density, ProjectorError> {
    let Some(window) = window else {
        return Ok(wanted);
    };
    let largest = Density::fitting(window).ok_or(ProjectorError::Window(window))?;
    Ok(wanted.min(largest))
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Denser,
    Sparser,
    Faster,
    Slower,
    Hold,
    End,
}

impl Wish {
    /// Keys with and without shift.
    const fn of(key: u8) -> Option<Self> {
        Some(match key {
            b'+' | b'=' => Self::Denser,
            b'-' | b'_' => Self::Sparser,
            b'>' | b'.' => Self::Faster,
            b'<' | b',' => Self::Slower,
            b' ' => Self::Hold,
            b'q' | b'Q' => Self::End,
            _ => return None,
        })
    }
}

struct Projection {
    sender: Sender,
    density: Density,
    wanted: Density,
    pace: Pace,
    /// Counted from 1, without end.
    place: u32,
    held: bool,
    lang: Lang,
}

impl Projection {
    fn obey(&mut self, wish: Wish) {
        match wish {
            // From what stands there: the window may hold less than was wanted.
            Wish::Denser => self.wanted = self.density.denser(),
            Wish::Sparser => self.wanted = self.density.sparser(),
            Wish::Faster => self.pace = self.pace.faster(),
            Wish::Slower => self.pace = self.pace.slower(),
            Wish::Hold => self.held = !self.held,
            Wish::End => {}
        }
    }

    /// Begins again in other frames; where they would be too many, everything stays.
    fn cut_again(
        &mut self,
        cut: impl Fn(Density) -> Result<Sender, SenderError>,
        density: Density,
    ) {
        match cut(density) {
            Ok(sender) => {
                (self.sender, self.density, self.place) = (sender, density, 1);
            }
            Err(_) => self.wanted = self.density,
        }
    }

    const fn next(&mut self) {
        if !self.held {
            self.place = self.place.saturating_add(1);
        }
    }

    fn was_once_whole(&self) -> bool {
        let plain = self.sender.plain_parts();
        let spare = if plain > 1 { plain.div_ceil(SPARE) } else { 0 };
        usize::try_from(self.place).is_ok_and(|place| place >= plain + spare)
    }

    /// The code, and one line below it.
    fn picture(&self, window: Option<Window>) -> Result<String, DrawError> {
        let code = draw::terminal(self.sender.part(self.place))?;
        let columns = window.map_or(usize::MAX, |window| window.columns);
        Ok(format!("{code}{}\n", cut_to(&self.line(), columns)))
    }

    fn line(&self) -> String {
        let (version, speed) = (self.density.version(), self.pace.frames());
        let (frame, needed) = (self.place, self.sender.plain_parts());
        let code = self.sender.code();
        match self.lang {
            Lang::En => format!(
                "q ends | + - v{version} | < > {speed}/s | transfer code {code} | {frame} ({needed} needed)"
            ),
            Lang::Ja => format!(
                "q 終了 | + - v{version} | < > {speed}/秒 | 転送コード {code} | {frame} 枚目(必要 {needed} 枚)"
            ),
        }
    }
}

#[cfg(test)]
mod tests;

//! Pictures of a camera by V4L2, byte for byte as the camera gives them. Nothing is decoded here.
//!
//! ```text
//! open: format, size and speed agreed -> first picture asked for: four buffers shared with the kernel
//!       -> the newest picture is copied out, older ones go back unseen
//! ```
//!
//! The calls of the kernel and the shared memory are in [`kernel`], all of this crate's `unsafe`; ADR 12
//! says why it is here. Numbers that a driver gives are held against what was mapped.

mod kernel;

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use kernel::{Buffers, Rate, Wanted};
pub use kernel::{NUMBERS, SIZES};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};

/// The size that is asked for: 720 lines hold a code of version 25 with five pixels for each module.
pub const WIDTH: u32 = 1280;
/// Its height.
pub const HEIGHT: u32 = 720;
/// Fewer pixels on a side hold no code worth reading.
const SMALLEST: u32 = 240;
/// More are not read.
const LARGEST: u32 = 4096;
/// Pictures in a second that are enough for the usual speed of codes: each is seen twice.
const ENOUGH: u32 = 20;
/// Pictures in a second that are asked for.
const ASKED: u32 = 30;

/// How the bytes of a picture are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A byte for each pixel: its shade of grey.
    Grey,
    /// Two bytes for each pixel, of which the first is its shade.
    Yuyv,
    /// A JPEG picture, perhaps without its tables of codes.
    Mjpeg,
}

impl Format {
    /// All that are asked for; what costs least to read first.
    pub const ALL: [Self; 3] = [Self::Grey, Self::Yuyv, Self::Mjpeg];

    /// The kernel's number of it: four letters.
    const fn code(self) -> u32 {
        u32::from_le_bytes(match self {
            Self::Grey => *b"GREY",
            Self::Yuyv => *b"YUYV",
            Self::Mjpeg => *b"MJPG",
        })
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grey => "GREY",
            Self::Yuyv => "YUYV",
            Self::Mjpeg => "MJPEG",
        }
    }

    /// Bytes of a row of so many pixels; none where a picture has no rows.
    pub const fn row(self, width: u32) -> Option<u32> {
        match self {
            Self::Grey => Some(width),
            Self::Yuyv => width.checked_mul(2),
            Self::Mjpeg => None,
        }
    }
}

/// How pictures of a camera are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How bytes are meant.
    pub format: Format,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes from one row to the next; 0 where there are no rows.
    pub stride: u32,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} {}", self.width, self.height, self.format.name())
    }
}

/// Why a camera gives no pictures.
#[derive(Debug)]
pub enum CameraError {
    /// It cannot be opened.
    Closed(io::Error),
    /// What was opened gives no pictures by V4L2.
    NoCamera,
    /// It has none of the formats, or only sizes that hold no code.
    NoFormat,
    /// Another program uses it.
    Busy,
    /// It was pulled out, or its driver failed.
    Failed(io::Error),
    /// Its driver said what cannot be.
    Odd,
}

impl CameraError {
    fn of(error: rustix::io::Errno) -> Self {
        match error {
            rustix::io::Errno::BUSY => Self::Busy,
            error => Self::Failed(error.into()),
        }
    }
}

/// Whether there was a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Shot {
    /// It was copied out.
    Taken,
    /// None came in that time.
    Nothing,
}

/// A camera: nothing streams before the first picture is asked for.
#[derive(Debug)]
pub struct Camera {
    device: OwnedFd,
    layout: Layout,
    buffers: Option<Buffers>,
}

impl Camera {
    /// Opens the camera at `path`, and agrees on format, size and speed.
    ///
    /// # Errors
    /// [`CameraError`].
    pub fn open(path: &Path) -> Result<Self, CameraError> {
        Self::open_in(path, &Format::ALL)
    }

    /// The same, with these formats alone.
    ///
    /// # Errors
    /// [`CameraError`].
    pub fn open_in(path: &Path, formats: &[Format]) -> Result<Self, CameraError> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let device = rustix::fs::open(path, flags, Mode::empty())
            .map_err(|error| CameraError::Closed(error.into()))?;
        if !kernel::captures(&device) {
            return Err(CameraError::NoCamera);
        }
        let offers = formats.iter().map(|format| Offer::of(&device, *format));
        let offers = offers.filter_map(Result::transpose);
        let offers: Vec<Offer> = offers.collect::<Result<_, _>>()?;
        // The first of equals: `max_by_key` would take the last.
        let best = offers.iter().rev().max_by_key(|offer| offer.worth());
        let format = best.ok_or(CameraError::NoFormat)?.layout.format;
        let agreed = Offer::of(&device, format)?.ok_or(CameraError::NoFormat)?;
        Ok(Self {
            device,
            layout: agreed.layout,
            buffers: None,
        })
    }

    /// How its pictures are laid out.
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Waits at most this long for a picture, and copies the newest there is into `picture`.
    ///
    /// # Errors
    /// [`CameraError`]; it gives no more pictures then.
    pub fn shoot(
        &mut self,
        patience: Duration,
        picture: &mut Vec<u8>,
    ) -> Result<Shot, CameraError> {
        let buffers = match &mut self.buffers {
            Some(buffers) => buffers,
            none => none.insert(Buffers::start(&self.device)?),
        };
        if !ready(&self.device, patience)? {
            return Ok(Shot::Nothing);
        }
        let mut shot = Shot::Nothing;
        // What piled up while the last one was read is old: only the newest counts.
        while let Some(filled) = Buffers::filled(&self.device)? {
            if filled.is_whole() {
                buffers.copy(&filled, picture)?;
                shot = Shot::Taken;
            }
            Buffers::give_back(&self.device, &filled)?;
        }
        Ok(shot)
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        if self.buffers.is_some() {
            Buffers::stop(&self.device);
        }
    }
}

/// What the camera answers when it is asked for a format.
struct Offer {
    layout: Layout,
    rate: Rate,
}

impl Offer {
    /// None where it has another format only, or no size that helps.
    fn of(device: &OwnedFd, format: Format) -> Result<Option<Self>, CameraError> {
        let wanted = Wanted {
            width: WIDTH,
            height: HEIGHT,
            format: format.code(),
        };
        let Some(given) = kernel::agree(device, wanted)? else {
            return Ok(None);
        };
        let sides = SMALLEST..=LARGEST;
        if given.format != format.code()
            || !sides.contains(&given.width)
            || !sides.contains(&given.height)
        {
            return Ok(None);
        }
        let row = format.row(given.width);
        let layout = Layout {
            format,
            width: given.width,
            height: given.height,
            stride: row.map_or(0, |row| row.max(given.stride)),
        };
        let rate = kernel::hurry(device, ASKED);
        Ok(Some(Self { layout, rate }))
    }

    /// What has the size and is fast enough is worth most.
    fn worth(&self) -> (bool, u32, u32) {
        let lines = self.layout.height.min(HEIGHT);
        let pace = self.rate.min(ENOUGH);
        (lines == HEIGHT && pace == ENOUGH, lines, pace)
    }
}

/// Whether a picture is there, or an error that the next call tells.
fn ready(device: &OwnedFd, patience: Duration) -> Result<bool, CameraError> {
    let timeout = Timespec::try_from(patience).map_err(|_| CameraError::Odd)?;
    match poll(&mut [PollFd::new(device, PollFlags::IN)], Some(&timeout)) {
        Ok(count) => Ok(count > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(CameraError::of(error)),
    }
}

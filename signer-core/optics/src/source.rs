//! Where pictures come from one after the other: a camera, or the recorded stream of one.
//!
//! A recording is a file that begins with the line `HIMURO CAMERA 1 FORMAT WIDTH HEIGHT STRIDE`; behind it
//! each picture stands as the camera gave it, after its length (four bytes, big-endian). It goes through the
//! same code as a camera's pictures from here on.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use camera::{Camera, CameraError, Shot};
pub use camera::{Format, Layout};
use officer_console::system;
use signer_core::phrase;
use signer_core::rule::{Explained, Named, Phrase};
use signer_core::types::Lang;

use crate::read::FILE_LIMIT;

/// The camera that is opened where none is named.
pub const USUAL: &str = "/dev/video0";

/// Begin of a recording's first line.
const HEAD: &str = "HIMURO CAMERA 1 ";
/// Longest first line of a recording.
const HEAD_LIMIT: u64 = 100;

/// A camera or a recording that gives no pictures.
#[derive(Debug)]
pub struct SourceError {
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Camera(CameraError),
    /// The file cannot be read.
    File(io::Error),
    /// The file is no recording.
    NoRecording,
    /// It ends within a picture, or one is too long.
    Broken,
}

impl Explained for SourceError {
    fn what(&self) -> Phrase {
        let path = Named(self.path.display());
        match &self.why {
            Why::Camera(CameraError::Closed(error)) | Why::File(error) => phrase!(
                "cannot open {path}: {why}",
                "{path} を開けない: {why}",
                path = path,
                why = system(error)
            ),
            Why::Camera(CameraError::NoCamera) => phrase!(
                "{path} is no camera",
                "{path} はカメラではない",
                path = path
            ),
            Why::Camera(CameraError::NoFormat) => phrase!(
                "the camera {path} gives neither GREY nor YUYV nor MJPEG of a useful size",
                "カメラ {path} は適切な大きさの GREY、YUYV、MJPEG のいずれにも対応していない",
                path = path
            ),
            Why::Camera(CameraError::Busy) => phrase!(
                "another program uses the camera {path}",
                "カメラ {path} は別のプログラムが使用中である",
                path = path
            ),
            Why::Camera(CameraError::Failed(error)) => phrase!(
                "the camera {path} failed: {why}",
                "カメラ {path} の異常: {why}",
                path = path,
                why = system(error)
            ),
            Why::Camera(CameraError::Odd) => phrase!(
                "the driver of the camera {path} contradicts itself",
                "カメラ {path} のドライバーの応答が矛盾している",
                path = path
            ),
            Why::NoRecording => phrase!(
                "{path} is no recorded stream of a camera",
                "{path} はカメラの録画ではない",
                path = path
            ),
            Why::Broken => phrase!(
                "the recorded stream {path} is broken",
                "録画 {path} が壊れている",
                path = path
            ),
        }
    }

    fn advice(&self) -> Phrase {
        phrase!(
            "plug a camera in and name it, for example --camera /dev/video0, or give pictures in a folder",
            "カメラを接続して指定するか(例: --camera /dev/video0)、画像をフォルダで渡してください。"
        )
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for SourceError {}

/// What came in the time that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Came {
    /// A picture.
    Picture,
    /// None yet.
    Nothing,
    /// None any more: a recording has ended.
    End,
}

/// Pictures, one after the other.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    from: From,
}

#[derive(Debug)]
enum From {
    Camera(Camera),
    Recording(Layout, BufReader<File>),
}

impl Source {
    /// Opens a camera, or a recording: an ordinary file. Nothing streams yet.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let failed = |why| SourceError {
            path: path.to_path_buf(),
            why,
        };
        let recorded = std::fs::metadata(path).is_ok_and(|about| about.is_file());
        let from = if recorded {
            recording(path).map_err(failed)?
        } else {
            From::Camera(Camera::open(path).map_err(|error| failed(Why::Camera(error)))?)
        };
        Ok(Self {
            path: path.to_path_buf(),
            from,
        })
    }

    /// How its pictures are laid out.
    pub const fn layout(&self) -> Layout {
        match &self.from {
            From::Camera(camera) => camera.layout(),
            From::Recording(layout, _) => *layout,
        }
    }

    /// Puts the next picture into `picture`, of a camera the newest; waits for it at most this long.
    ///
    /// # Errors
    /// [`SourceError`]; it gives no more pictures then.
    pub fn next(&mut self, patience: Duration, picture: &mut Vec<u8>) -> Result<Came, SourceError> {
        let came = match &mut self.from {
            From::Camera(camera) => match camera.shoot(patience, picture) {
                Ok(Shot::Taken) => Ok(Came::Picture),
                Ok(Shot::Nothing) => Ok(Came::Nothing),
                Err(error) => Err(Why::Camera(error)),
            },
            From::Recording(_, file) => played(file, picture),
        };
        came.map_err(|why| SourceError {
            path: self.path.clone(),
            why,
        })
    }
}

fn recording(path: &Path) -> Result<From, Why> {
    let mut file = BufReader::new(File::open(path).map_err(Why::File)?);
    let mut line = Vec::new();
    Read::by_ref(&mut file)
        .take(HEAD_LIMIT)
        .read_until(b'\n', &mut line)
        .map_err(Why::File)?;
    let layout = layout(&line).ok_or(Why::NoRecording)?;
    Ok(From::Recording(layout, file))
}

/// What the first line says.
fn layout(line: &[u8]) -> Option<Layout> {
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.strip_prefix(HEAD)?.strip_suffix('\n')?.split(' ');
    let name = words.next()?;
    let format = Format::ALL
        .into_iter()
        .find(|format| format.name() == name)?;
    let mut number = || words.next()?.parse::<u32>().ok();
    let (width, height, stride) = (number()?, number()?, number()?);
    words.next().is_none().then_some(Layout {
        format,
        width,
        height,
        stride,
    })
}

fn played(file: &mut impl BufRead, picture: &mut Vec<u8>) -> Result<Came, Why> {
    if file.fill_buf().map_err(Why::File)?.is_empty() {
        return Ok(Came::End);
    }
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Why::Broken,
        _ => Why::File(error),
    };
    let mut length = [0; 4];
    file.read_exact(&mut length).map_err(broken)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > FILE_LIMIT {
        return Err(Why::Broken);
    }
    picture.resize(length, 0);
    file.read_exact(picture).map_err(broken)?;
    Ok(Came::Picture)
}

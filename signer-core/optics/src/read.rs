//! QR codes out of pictures: PNG files, and what cameras give.
//!
//! Limits come before decoding, panics of the decoders are contained. Time and memory are not
//! limited here but around the process: pictures from outside go through [`crate::child`].
//!
//! Finding, sampling and decoding are our own: `locate` and `symbol` (ADR 9). Figures of what is read,
//! and in what time, beside other readers: docs/performance.md.

use std::fmt;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use camera::Layout;
use png::{ColorType, Decoder, Transformations};
use signer_core::frames::Shown;
use signer_core::phrase;
use signer_core::rule::{Explained, Phrase};
use signer_core::types::Lang;

use crate::{locate, raw};

pub use crate::locate::Hint;

/// Largest picture file in bytes.
pub const FILE_LIMIT: usize = 8 * 1024 * 1024;

/// Most pixels of a picture: a screen of 3840 x 2160.
pub const PIXEL_LIMIT: u32 = 3840 * 2160;

/// Memory for decoding one picture file, in bytes.
const DECODER_LIMIT: usize = 32 * 1024 * 1024;

/// Why a picture was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The file has more bytes than [`FILE_LIMIT`].
    TooManyBytes,
    /// The picture has more pixels than [`PIXEL_LIMIT`].
    TooManyPixels,
    /// Not a complete PNG picture.
    NotPng,
    /// An interlaced PNG, which is not read here.
    Interlaced,
    /// A decoder gave up in an unforeseen way.
    Panicked,
    /// Not a complete JPEG picture.
    NotJpeg,
    /// Not of the size and form that the camera announced.
    NotAsSaid,
}

impl ReadError {
    pub(crate) const ALL: [Self; 7] = [
        Self::TooManyBytes,
        Self::TooManyPixels,
        Self::NotPng,
        Self::Interlaced,
        Self::Panicked,
        Self::NotJpeg,
        Self::NotAsSaid,
    ];
}

impl Explained for ReadError {
    fn what(&self) -> Phrase {
        match self {
            Self::TooManyBytes => phrase!(
                "the picture file is larger than {limit} bytes",
                "画像ファイルが {limit} バイトを超えている",
                limit = FILE_LIMIT
            ),
            Self::TooManyPixels => phrase!(
                "the picture has more than {limit} pixels",
                "画像が {limit} 画素を超えている",
                limit = PIXEL_LIMIT
            ),
            Self::NotPng => phrase!(
                "this is not a complete PNG picture",
                "完全なPNG画像ではない"
            ),
            Self::Interlaced => phrase!(
                "this PNG picture is interlaced",
                "インターレース形式のPNG画像である"
            ),
            Self::Panicked => phrase!("the picture could not be decoded", "画像を復号できない"),
            Self::NotJpeg => phrase!(
                "this is not a complete JPEG picture",
                "完全なJPEG画像ではない"
            ),
            Self::NotAsSaid => phrase!(
                "the picture is not of the size that the camera announced",
                "画像がカメラの通知した大きさではない"
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::TooManyBytes | Self::TooManyPixels => {
                phrase!("save it smaller", "小さくして保存し直してください。")
            }
            Self::NotPng => phrase!("save it as PNG again", "PNG形式で保存し直してください。"),
            Self::Interlaced => phrase!(
                "save it without interlacing",
                "インターレースなしで保存し直してください。"
            ),
            Self::Panicked => phrase!(
                "take or save it again",
                "撮影または保存をやり直してください。"
            ),
            Self::NotJpeg | Self::NotAsSaid => phrase!(
                "try another camera, or take pictures into a folder",
                "別のカメラを使うか、画像をフォルダに保存してください。"
            ),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for ReadError {}

/// What all codes in a PNG picture hold; nothing where no code is found.
pub fn png(file: &[u8]) -> Result<Vec<Shown>, ReadError> {
    if file.len() > FILE_LIMIT {
        return Err(ReadError::TooManyBytes);
    }
    let decode = || Grey::from_png(file).map(|grey| grey.read());
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(ReadError::Panicked))
}

/// What a picture of a camera shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What all codes hold that were read.
    pub contents: Vec<Shown>,
    /// What would help, where a code was there and none was read.
    pub hint: Option<Hint>,
}

/// What a picture of a camera shows; nothing where there is no code.
pub fn of_camera(layout: Layout, bytes: &[u8]) -> Result<Seen, ReadError> {
    if bytes.len() > FILE_LIMIT {
        return Err(ReadError::TooManyBytes);
    }
    let look = || {
        let pixels = raw::shades(layout, bytes)?;
        let (width, height) = (layout.width as usize, layout.height as usize);
        let (contents, hint) = locate::look(width, height, &pixels);
        let contents = contents.into_iter().map(Shown::from_bytes).collect();
        Ok(Seen { contents, hint })
    };
    catch_unwind(AssertUnwindSafe(look)).unwrap_or(Err(ReadError::Panicked))
}

/// A picture in shades of grey.
struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Grey {
    fn from_png(file: &[u8]) -> Result<Self, ReadError> {
        let limits = png::Limits {
            bytes: DECODER_LIMIT,
        };
        let mut decoder = Decoder::new_with_limits(Cursor::new(file), limits);
        decoder.set_transformations(Transformations::normalize_to_color8());
        let header = decoder.read_header_info().map_err(|e| not_png(&e))?;
        if header
            .width
            .checked_mul(header.height)
            .is_none_or(|p| p > PIXEL_LIMIT)
        {
            return Err(ReadError::TooManyPixels);
        }
        if header.interlaced {
            return Err(ReadError::Interlaced);
        }
        let (width, height) = (header.width as usize, header.height as usize);
        let mut reader = decoder.read_info().map_err(|e| not_png(&e))?;
        let color = reader.output_color_type().0;
        let mut pixels = Vec::with_capacity(width * height);
        while let Some(row) = reader.next_row().map_err(|e| not_png(&e))? {
            push_grey(&mut pixels, color, row.data());
        }
        if pixels.len() != width * height {
            return Err(ReadError::NotPng);
        }
        Ok(Self {
            width,
            height,
            pixels,
        })
    }

    fn read(&self) -> Vec<Shown> {
        let contents = locate::read_all(self.width, self.height, &self.pixels);
        contents.into_iter().map(Shown::from_bytes).collect()
    }
}

/// The contents of all codes in a picture of shades of grey, row by row; none where the sides and
/// the number of pixels do not agree.
pub fn grey(width: usize, height: usize, pixels: &[u8]) -> Vec<Vec<u8>> {
    if width == 0 || width.checked_mul(height) != Some(pixels.len()) {
        return Vec::new();
    }
    locate::read_all(width, height, pixels)
}

/// Appends one row; what is transparent is seen on white.
fn push_grey(pixels: &mut Vec<u8>, color: ColorType, row: &[u8]) {
    let byte = |shade: u16| u8::try_from(shade).unwrap_or(u8::MAX);
    let on_white = |shade: u8, alpha: u8| {
        let (shade, alpha) = (u16::from(shade), u16::from(alpha));
        byte((shade * alpha + 255 * (255 - alpha)) / 255)
    };
    let luma = |r: u8, g: u8, b: u8| {
        byte((u16::from(r) * 77 + u16::from(g) * 150 + u16::from(b) * 29) >> 8)
    };
    match color {
        ColorType::Grayscale | ColorType::Indexed => pixels.extend_from_slice(row),
        ColorType::GrayscaleAlpha => {
            pixels.extend(row.as_chunks().0.iter().map(|[s, a]| on_white(*s, *a)));
        }
        ColorType::Rgb => {
            pixels.extend(row.as_chunks().0.iter().map(|[r, g, b]| luma(*r, *g, *b)));
        }
        ColorType::Rgba => pixels.extend(
            row.as_chunks()
                .0
                .iter()
                .map(|[r, g, b, a]| on_white(luma(*r, *g, *b), *a)),
        ),
    }
}

fn not_png(error: &png::DecodingError) -> ReadError {
    match error {
        png::DecodingError::LimitsExceeded => ReadError::TooManyPixels,
        _ => ReadError::NotPng,
    }
}

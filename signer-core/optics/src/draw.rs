//! QR codes as PNG pictures and as text for a terminal.
//!
//! The smallest version that holds the text, error correction level L (higher levels need more
//! pictures and do not help reading), a quiet zone of four modules. The segment is stated, never
//! guessed: `qrcode`'s own choice of segments overflowed one of 2,700 full frames.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};
use signer_core::phrase;
use signer_core::rule::{Explained, Phrase};
use signer_core::types::Lang;

/// Modules of white around a code.
const QUIET_ZONE: usize = 4;

/// Side of one module in pixels, where nothing else is asked for.
pub const SCALE: u8 = 4;

/// Sides of one module in pixels that are drawn: at 1 pixel the reader misses most codes above
/// version 17, at 12 pixels version 40 has 2,220 pixels a side, which is still read.
const SCALES: std::ops::RangeInclusive<u8> = 2..=12;

/// Characters of the QR alphanumeric mode.
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Why a text cannot be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawError {
    /// More text than the largest code holds.
    TooLong,
    /// Modules too small or too large to be read again.
    Scale,
}

impl Explained for DrawError {
    fn what(&self) -> Phrase {
        match self {
            Self::TooLong => phrase!(
                "the text is longer than one code holds",
                "1つのコードに収まらない文字列である"
            ),
            Self::Scale => phrase!(
                "a module has {least} to {most} pixels",
                "1セルは {least} 画素から {most} 画素",
                least = SCALES.start(),
                most = SCALES.end()
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::TooLong => phrase!("use smaller frames", "フレームを小さくしてください。"),
            Self::Scale => phrase!(
                "choose a scale in between",
                "この範囲の倍率を指定してください。"
            ),
        }
    }
}

impl fmt::Display for DrawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for DrawError {}

/// The code of a text or of bytes as a PNG picture, black on white, each module `scale` pixels wide.
pub fn png(shown: impl AsRef<[u8]>, scale: u8) -> Result<Vec<u8>, DrawError> {
    let pixels = Pixels::of(&Modules::of(shown, 1)?, scale)?;
    let mut file = Vec::new();
    let written = pixels
        .encoder(&mut file)
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels.bytes));
    debug_assert!(written.is_ok(), "a Vec takes every byte");
    Ok(file)
}

/// The codes of texts or bytes as one animated PNG picture without end, each shown for `pause` and all of
/// the size of the largest.
pub fn animation(
    shown: &[impl AsRef<[u8]>],
    scale: u8,
    pause: Duration,
) -> Result<Vec<u8>, DrawError> {
    let versions = shown.iter().map(|text| Ok(Modules::of(text, 1)?.version()));
    let largest = versions.collect::<Result<Vec<i16>, DrawError>>()?;
    let largest = largest.into_iter().max().unwrap_or(1);
    let drawn = shown
        .iter()
        .map(|text| Pixels::of(&Modules::of(text, largest)?, scale));
    let drawn = drawn.collect::<Result<Vec<Pixels>, DrawError>>()?;
    let mut file = Vec::new();
    if let Some(first) = drawn.first() {
        let written = animate(first.encoder(&mut file), &drawn, pause);
        debug_assert!(written.is_ok(), "a Vec takes every byte");
    }
    Ok(file)
}

fn animate(
    mut encoder: png::Encoder<'_, &mut Vec<u8>>,
    drawn: &[Pixels],
    pause: Duration,
) -> Result<(), png::EncodingError> {
    const FOR_EVER: u32 = 0;
    let millis = u16::try_from(pause.as_millis()).unwrap_or(u16::MAX);
    encoder.set_animated(u32::try_from(drawn.len()).unwrap_or(u32::MAX), FOR_EVER)?;
    encoder.set_frame_delay(millis, 1000)?;
    let mut writer = encoder.write_header()?;
    for pixels in drawn {
        writer.write_image_data(&pixels.bytes)?;
    }
    writer.finish()
}

/// A code in black and white, eight pixels in a byte.
struct Pixels {
    side: usize,
    bytes: Vec<u8>,
}

impl Pixels {
    fn of(modules: &Modules, scale: u8) -> Result<Self, DrawError> {
        if !SCALES.contains(&scale) {
            return Err(DrawError::Scale);
        }
        let side = modules.side() * usize::from(scale);
        let row_len = side.div_ceil(8);
        let mut bytes = Vec::with_capacity(row_len * side);
        for y in 0..modules.side() {
            let mut row = vec![0_u8; row_len];
            for x in (0..side).filter(|x| !modules.dark(x / usize::from(scale), y)) {
                row[x / 8] |= 0x80 >> (x % 8);
            }
            for _ in 0..scale {
                bytes.extend_from_slice(&row);
            }
        }
        Ok(Self { side, bytes })
    }

    fn encoder<'a>(&self, file: &'a mut Vec<u8>) -> png::Encoder<'static, &'a mut Vec<u8>> {
        let side = u32::try_from(self.side).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(file, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        encoder
    }
}

/// The code of a text or of bytes as lines of half blocks, two modules in one character.
///
/// Both colours are painted, so that it reads the same on a dark and on a light terminal.
pub fn terminal(shown: impl AsRef<[u8]>) -> Result<String, DrawError> {
    let modules = Modules::of(shown, 1)?;
    let mut lines = String::new();
    for y in (0..modules.side()).step_by(2) {
        lines.push_str(BLACK_ON_WHITE);
        for x in 0..modules.side() {
            lines.push(match (modules.dark(x, y), modules.dark(x, y + 1)) {
                (false, false) => ' ',
                (true, false) => '▀',
                (false, true) => '▄',
                (true, true) => '█',
            });
        }
        lines.push_str(RESET);
        lines.push('\n');
    }
    Ok(lines)
}

/// Modules on a side of a code of this version, with its quiet zone.
pub(crate) fn side(version: u8) -> usize {
    17 + 4 * usize::from(version) + 2 * QUIET_ZONE
}

#[cfg(test)]
pub(crate) fn version(shown: impl AsRef<[u8]>) -> Result<u8, DrawError> {
    let version = Modules::of(shown, 1)?.version();
    Ok(u8::try_from(version).expect("at most 40"))
}

const BLACK_ON_WHITE: &str = "\x1b[30;47m";
const RESET: &str = "\x1b[0m";

/// A code with its quiet zone.
pub(crate) struct Modules {
    width: usize,
    colors: Vec<Color>,
}

impl Modules {
    /// In a version of at least `least`.
    pub(crate) fn of(shown: impl AsRef<[u8]>, least: i16) -> Result<Self, DrawError> {
        let code = symbol(shown.as_ref(), least)?;
        Ok(Self {
            width: code.width(),
            colors: code.into_colors(),
        })
    }

    fn version(&self) -> i16 {
        i16::try_from(self.width.saturating_sub(17) / 4).unwrap_or(i16::MAX)
    }

    pub(crate) const fn side(&self) -> usize {
        self.width + 2 * QUIET_ZONE
    }

    pub(crate) fn dark(&self, x: usize, y: usize) -> bool {
        let inside = |place: usize| place.checked_sub(QUIET_ZONE).filter(|p| *p < self.width);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => self.colors[y * self.width + x] == Color::Dark,
            _ => false,
        }
    }
}

fn symbol(shown: &[u8], least: i16) -> Result<QrCode, DrawError> {
    (least..=40)
        .find_map(|version| filled(Version::Normal(version), shown))
        .and_then(|bits| QrCode::with_bits(bits, EcLevel::L).ok())
        .ok_or(DrawError::TooLong)
}

/// The data in this version, as capitals where it is nothing else; `None` where it does not fit.
fn filled(version: Version, shown: &[u8]) -> Option<Bits> {
    let alphanumeric = shown.iter().all(|c| ALPHANUMERIC.contains(c));
    let mut bits = Bits::new(version);
    let needed = if alphanumeric {
        shown.len() * 11 / 2
    } else {
        shown.len() * 8
    };
    if needed > bits.max_len(EcLevel::L).ok()? {
        return None;
    }
    if alphanumeric {
        bits.push_alphanumeric_data(shown).ok()?;
    } else {
        bits.push_byte_data(shown).ok()?;
    }
    bits.push_terminator(EcLevel::L).ok()?;
    Some(bits)
}

/// Whether a file is a picture by its name. Hidden ones are none: macOS lays `._x.png` beside each `x.png` on
/// a medium of another system.
pub fn is_picture(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let end = path.extension();
    !hidden && end.is_some_and(|end| end.eq_ignore_ascii_case("png"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn hidden_files_are_no_pictures() {
        for (name, is) in [
            ("a/frame-1.png", true),
            ("a/B.PNG", true),
            ("a/._frame-1.png", false),
            ("a/.png", false),
            ("a/frame.jpg", false),
            ("a/png", false),
        ] {
            assert_eq!(is_picture(Path::new(name)), is, "{name}");
        }
    }

    use super::*;

    #[test]
    fn the_smallest_version_is_taken_and_filled_to_the_brim() {
        for (version, capacity) in [(1, 25), (10, 395), (20, 1249), (25, 1853), (40, 4296)] {
            let full = symbol(&vec![b'A'; capacity], 1).unwrap();
            assert_eq!(full.version(), Version::Normal(version));
            let more = symbol(&vec![b'A'; capacity + 1], 1).map(|c| c.version());
            assert_eq!(
                more.ok(),
                (version < 40).then_some(Version::Normal(version + 1))
            );
        }
        assert_eq!(
            symbol(&[b'a'; 2953], 1).unwrap().version(),
            Version::Normal(40)
        );
        assert_eq!(symbol(&[b'a'; 2954], 1).err(), Some(DrawError::TooLong));
    }

    #[test]
    fn scales_are_within_the_limits() {
        for (scale, drawn) in [(0, false), (1, false), (2, true), (12, true), (13, false)] {
            assert_eq!(png("A", scale).is_ok(), drawn, "{scale}");
        }
    }

    #[test]
    fn the_terminal_shows_the_same_modules_in_both_colours() {
        let modules = Modules::of("UR:BYTES/HIMURO", 1).unwrap();
        let shown = terminal("UR:BYTES/HIMURO").unwrap();
        assert_eq!(shown.lines().count(), modules.side().div_ceil(2));
        for (row, line) in shown.lines().enumerate() {
            let line = line.strip_prefix("\x1b[30;47m").unwrap();
            let line: Vec<char> = line.strip_suffix("\x1b[0m").unwrap().chars().collect();
            assert_eq!(line.len(), modules.side());
            for (x, c) in line.into_iter().enumerate() {
                assert_eq!("▀█".contains(c), modules.dark(x, 2 * row));
                assert_eq!("▄█".contains(c), modules.dark(x, 2 * row + 1));
            }
        }
    }
}

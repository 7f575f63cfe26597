//! Recorded streams of a camera, as `--camera FILE` takes them (docs/formats/frames.md).

use super::jpeg::{self, Tables};
use super::lens::{Camera, Code, HEIGHT, WIDTH};
use super::random::Random;

/// How the pictures of a stream are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A byte for each pixel.
    Grey,
    /// Two bytes for each pixel, with rows that are longer than that.
    Yuyv,
    /// JPEG pictures of quality 90, every second one without its tables of codes.
    Mjpeg,
}

/// Bytes behind each row, as some drivers leave.
const BEHIND: usize = 64;

/// What a camera sees of codes that are shown one after the other, each in so many pictures.
#[must_use]
pub fn shot(codes: &[Code], each: usize, camera: &Camera, random: &mut Random) -> Vec<Vec<u8>> {
    let before = [codes.last()].into_iter().chain(codes.iter().map(Some));
    let pairs = codes.iter().zip(before.flatten());
    pairs
        .flat_map(|pair| std::iter::repeat_n(pair, each))
        .map(|(code, before)| camera.shoot(code, before, random))
        .collect()
}

/// The stream as a file: a line that says how it is written, then each picture behind its length.
#[must_use]
pub fn recorded(pictures: &[Vec<u8>], format: Format) -> Vec<u8> {
    let (name, stride) = match format {
        Format::Grey => ("GREY", WIDTH),
        Format::Yuyv => ("YUYV", 2 * WIDTH + BEHIND),
        Format::Mjpeg => ("MJPEG", 0),
    };
    let mut file = format!("HIMURO CAMERA 1 {name} {WIDTH} {HEIGHT} {stride}\n").into_bytes();
    for (place, picture) in pictures.iter().enumerate() {
        let bytes = match format {
            Format::Grey => picture.clone(),
            Format::Yuyv => yuyv(picture),
            Format::Mjpeg => {
                let tables = [Tables::Written, Tables::LeftOut][place % 2];
                jpeg::packed(picture, WIDTH, HEIGHT, 90, tables)
            }
        };
        let length = u32::try_from(bytes.len()).expect("a picture");
        file.extend(length.to_be_bytes());
        file.extend(bytes);
    }
    file
}

/// Shades with colours between them, and bytes that mean nothing behind each row.
fn yuyv(picture: &[u8]) -> Vec<u8> {
    let row = |shades: &[u8]| {
        let pairs = shades.iter().enumerate();
        let pairs = pairs.flat_map(|(x, shade)| [*shade, if x % 2 == 0 { 96 } else { 160 }]);
        pairs.chain([0xAB; BEHIND]).collect::<Vec<u8>>()
    };
    picture.chunks(WIDTH).flat_map(row).collect()
}

//! Pictures drawn, written to real files and read again; and pictures made to hurt.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use optics::read::{FILE_LIMIT, PIXEL_LIMIT, ReadError};
use optics::{draw, read};
use signer_core::frames::bytewords::crc32;
use signer_core::frames::{Content, FRAGMENT_LEN, Limits, Received, Receiver, Sender, UrType};

/// Capitals that versions 1 to 40 hold at level L.
const CAPACITIES: [usize; 40] = [
    25, 47, 77, 114, 154, 195, 224, 279, 335, 395, 468, 535, 619, 667, 758, 854, 938, 1046, 1153,
    1249, 1352, 1460, 1588, 1704, 1853, 1990, 2132, 2223, 2369, 2520, 2677, 2840, 3009, 3183, 3351,
    3537, 3729, 3927, 4087, 4296,
];

/// A small generator for tests (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        b ^ (b >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap() % bound
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    fn capitals(&mut self, len: usize) -> String {
        (0..len)
            .map(|_| char::from(b'A' + u8::try_from(self.below(26)).unwrap()))
            .collect()
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A grey picture, one byte for each pixel.
fn grey_png(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    colour_png(width, height, png::ColorType::Grayscale, pixels)
}

fn colour_png(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels))
        .unwrap();
    file
}

/// The pixels of a drawn code in shades of grey, and its side.
fn drawn(text: &str, scale: u8) -> (usize, Vec<u8>) {
    let file = draw::png(text, scale).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width as usize, pixels)
}

/// The file with another value in its header, and the header's checksum put right.
fn with_header(file: &[u8], place: usize, value: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[16 + place..16 + place + value.len()].copy_from_slice(value);
    let checksum = crc32(&file[12..29]).to_be_bytes();
    file[29..33].copy_from_slice(&checksum);
    file
}

#[test]
fn every_version_reads_back_at_every_usual_scale() {
    let (mut random, mut least) = (Random(1), 1);
    for (version, most) in CAPACITIES.into_iter().enumerate() {
        let between = least + random.below(most - least + 1);
        for (scale, len) in [(2, most), (3, between), (4, most)] {
            let text = random.capitals(len);
            let file = draw::png(&text, scale).unwrap();
            let found = read::png(&file).unwrap();
            assert_eq!(found, [text], "version {} at {scale} pixels", version + 1);
        }
        least = most + 1;
    }
}

#[test]
fn the_largest_code_at_the_largest_scale_is_read() {
    let text = Random(6).capitals(4296);
    assert_eq!(read::png(&draw::png(&text, 12).unwrap()).unwrap(), [text]);
}

#[test]
fn frames_cross_as_files_with_a_third_of_them_lost() {
    let folder = folder("crossing");
    let mut random = Random(2);
    let message = random.bytes(10_197);
    let sender = Sender::new(UrType::CryptoPsbt, &message, FRAGMENT_LEN).unwrap();
    assert_eq!(
        sender.plain_parts(),
        12,
        "ten inputs of 2-of-3 and their previous transactions"
    );
    for (i, frame) in sender.frames().take(40).enumerate() {
        let file = draw::png(&frame, draw::SCALE).unwrap();
        fs::write(folder.join(format!("{i:02}.png")), file).unwrap();
    }
    let mut receiver = Receiver::new(Limits::OURS);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for path in files.iter().filter(|_| random.below(10) >= 3) {
        let found = read::png(&fs::read(path).unwrap()).unwrap();
        assert_eq!(found.len(), 1, "{}", path.display());
        if receiver.receive(&found[0]) == Received::Complete {
            break;
        }
    }
    assert_eq!(receiver.message(), Some((Content::Psbt, message)));
    assert_eq!(receiver.code(), Some(sender.code()));
}

#[test]
fn default_frames_read_without_a_miss() {
    let mut random = Random(3);
    let message = random.bytes(40 * FRAGMENT_LEN);
    let sender = Sender::new(UrType::CryptoPsbt, &message, FRAGMENT_LEN).unwrap();
    for frame in sender.frames().take(60) {
        let file = draw::png(&frame, draw::SCALE).unwrap();
        assert_eq!(read::png(&file).unwrap(), [frame]);
    }
}

#[test]
fn any_text_is_drawn_and_read() {
    for text in ["ur:bytes/aeaelamobefg", "a\0b", "氷室", "{\"a\":1}\n"] {
        let file = draw::png(text, draw::SCALE).unwrap();
        assert_eq!(read::png(&file).unwrap(), [text]);
    }
}

#[test]
fn every_frame_of_an_animation_is_read() {
    let texts = ["SHORT", "LONGER TEXT IN CAPITALS", "LAST"].map(str::to_owned);
    let file = draw::animation(&texts, 3, Duration::from_millis(125)).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let control = *reader.info().animation_control().unwrap();
    assert_eq!((control.num_frames, control.num_plays), (3, 0));
    let side = reader.info().width as usize;
    for text in &texts {
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(read::grey(side, side, &pixels), [text.as_bytes()]);
        let frame = reader.info().frame_control().unwrap();
        assert_eq!((frame.delay_num, frame.delay_den), (125, 1000));
    }
    assert_eq!(
        draw::animation(&texts, 1, Duration::ZERO),
        Err(draw::DrawError::Scale)
    );
}

#[test]
fn two_codes_in_one_picture_are_both_read() {
    let (side, left) = drawn("LEFT", 4);
    let (same, right) = drawn("OVER", 4);
    assert_eq!(side, same);
    let rows = left.chunks(side).zip(right.chunks(side));
    let both: Vec<u8> = rows.flat_map(|(a, b)| [a, b].concat()).collect();
    let (width, height) = (
        2 * u32::try_from(side).unwrap(),
        u32::try_from(side).unwrap(),
    );
    let mut found = read::png(&grey_png(width, height, &both)).unwrap();
    found.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    assert_eq!(found, ["LEFT", "OVER"]);
}

#[test]
fn colours_and_transparency_are_seen_on_white() {
    let (side, grey) = drawn("TRANSPARENT", 4);
    let side = u32::try_from(side).unwrap();
    let rgba: Vec<u8> = grey.iter().flat_map(|g| [0, 0, 60, 255 - g]).collect();
    let rgb: Vec<u8> = grey.iter().flat_map(|g| [*g / 2, *g, *g]).collect();
    let shade: Vec<u8> = grey.iter().flat_map(|g| [0, 255 - g]).collect();
    for (color, pixels) in [
        (png::ColorType::Rgba, rgba),
        (png::ColorType::Rgb, rgb),
        (png::ColorType::GrayscaleAlpha, shade),
    ] {
        let file = colour_png(side, side, color, &pixels);
        assert_eq!(read::png(&file).unwrap(), ["TRANSPARENT"], "{color:?}");
    }
}

#[test]
fn what_is_no_complete_png_is_refused() {
    let file = draw::png("HIMURO", 4).unwrap();
    for len in (0..file.len() - 12).step_by(7) {
        assert_eq!(
            read::png(&file[..len]),
            Err(ReadError::NotPng),
            "{len} bytes"
        );
    }
    for other in [
        &b""[..],
        b"hello",
        b"\xff\xd8\xff\xe0JFIF",
        b"\x89PNG\r\n\x1a\n",
    ] {
        assert_eq!(read::png(other), Err(ReadError::NotPng));
    }
    let mut damaged = file.clone();
    let middle = file.len() / 2;
    damaged[middle] ^= 0xff;
    assert_eq!(read::png(&damaged), Err(ReadError::NotPng));
    let interlaced = with_header(&file, 12, &[1]);
    assert_eq!(read::png(&interlaced), Err(ReadError::Interlaced));
}

#[test]
fn sizes_are_refused_before_anything_is_decoded() {
    let small = draw::png("HIMURO", 4).unwrap();
    let claim = |width: u32, height: u32| {
        let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
        read::png(&with_header(&small, 0, &sides))
    };
    let limit = Err(ReadError::TooManyPixels);
    assert_eq!(claim(5000, 4000), limit);
    assert_eq!(claim(0x7fff_ffff, 0x7fff_ffff), limit);
    assert_eq!(claim(PIXEL_LIMIT + 1, 1), limit);
    assert_eq!(claim(1, PIXEL_LIMIT + 1), limit);
    assert_eq!(
        claim(PIXEL_LIMIT, 1),
        Err(ReadError::NotPng),
        "its rows are missing"
    );
    assert_eq!(claim(0, 0), Err(ReadError::NotPng));
    let whole = grey_png(5000, 4000, &vec![255; 20_000_000]);
    assert_eq!(read::png(&whole), limit, "a real picture of 20 megapixels");
    assert_eq!(
        read::png(&vec![0; FILE_LIMIT + 1]),
        Err(ReadError::TooManyBytes)
    );
}

#[test]
fn noise_and_flat_pictures_hold_nothing() {
    let noise = Random(4).bytes(640 * 480);
    for pixels in [noise, vec![0; 640 * 480], vec![255; 640 * 480]] {
        assert_eq!(read::png(&grey_png(640, 480, &pixels)), Ok(vec![]));
    }
}

#[test]
fn damaged_codes_never_give_another_text() {
    let mut random = Random(5);
    let text = random.capitals(300);
    let (side, clean) = drawn(&text, 3);
    let sides = u32::try_from(side).unwrap();
    for _ in 0..300 {
        let mut pixels = clean.clone();
        for _ in 0..random.below(40) {
            let (x, y) = (random.below(side - 12), random.below(side - 12));
            let (wide, high) = (1 + random.below(12), 1 + random.below(12));
            let shade = random.next().to_le_bytes()[0];
            for row in y..y + high {
                pixels[row * side + x..row * side + x + wide].fill(shade);
            }
        }
        let found = read::png(&grey_png(sides, sides, &pixels)).unwrap_or_default();
        assert!(found.iter().all(|read| *read == text), "{found:?}");
    }
}

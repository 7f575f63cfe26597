//! Pictures on disk with what they show: `corpus.raw`, one after the other, and `corpus.tsv`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

use super::camera::{Camera, Code};
use super::random::Random;

pub(crate) const SCENES: usize = 5;
pub(crate) const VERSIONS: [i16; 8] = [5, 10, 15, 20, 25, 30, 35, 40];

/// Capitals that a version holds at level L.
fn room(version: i16) -> usize {
    let bits = Bits::new(Version::Normal(version)).max_len(EcLevel::L);
    let head = match version {
        ..10 => 4 + 9,
        10..27 => 4 + 11,
        _ => 4 + 13,
    };
    (bits.expect("a version") - head) / 11 * 2
}

/// A text like a frame of BBQr that fills the symbol.
pub(crate) fn text(version: i16, random: &mut Random) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digit = |random: &mut Random| char::from(DIGITS[random.below(32)]);
    let data: String = (8..room(version)).map(|_| digit(random)).collect();
    format!("B$2P0A0{}{data}", random.below(10))
}

pub(crate) fn code(text: &str, version: i16) -> Code {
    let mut bits = Bits::new(Version::Normal(version));
    bits.push_alphanumeric_data(text.as_bytes()).expect("room");
    bits.push_terminator(EcLevel::L).expect("room");
    let code = QrCode::with_bits(bits, EcLevel::L).expect("room");
    let dark = code.to_colors().iter().map(|c| *c == Color::Dark).collect();
    Code {
        side: code.width(),
        dark,
    }
}

/// `each` pictures of every scene and version.
pub(crate) fn make(folder: &Path, each: usize, seed: u64) {
    let file = |name: &str| BufWriter::new(File::create(folder.join(name)).expect("a folder"));
    let (mut pixels, mut list) = (file("corpus.raw"), file("corpus.tsv"));
    let mut random = Random(seed);
    for scene in 0..SCENES {
        for version in VERSIONS {
            for _ in 0..each {
                let (now, before) = (text(version, &mut random), text(version, &mut random));
                let camera = Camera::scene(scene, &mut random);
                let codes = [&now, &before].map(|text| code(text, version));
                let picture = camera.shoot(&codes[0], &codes[1], &mut random);
                pixels.write_all(&picture).expect("room on disk");
                writeln!(list, "{scene}\t{version}\t{now}").expect("room on disk");
            }
        }
    }
}

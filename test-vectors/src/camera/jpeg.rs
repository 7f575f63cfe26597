//! What a camera's JPEG does to a grey picture: cosine transform of blocks of 8 x 8, rounded to the
//! steps of the standard's table (ITU-T T.81, table K.1), and back; or packed, as cameras send it.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shades of grey, rounded on purpose"
)]

use std::f32::consts::PI;

#[rustfmt::skip]
const STEPS: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// The picture after it was a JPEG of this quality.
pub(super) fn there_and_back(picture: &[f32], width: usize, height: usize, quality: u8) -> Vec<u8> {
    let (steps, waves) = (steps(quality), waves());
    let mut result = vec![0; picture.len()];
    for top in (0..height).step_by(8) {
        for left in (0..width).step_by(8) {
            let shade = |i: usize| picture[(top + i / 8) * width + left + i % 8].round();
            let rounded = rounded(shade, &steps, &waves);
            let heights = std::array::from_fn(|i| f32::from(rounded[i]) * f32::from(steps[i]));
            let back = turned(&heights, |place, wave| waves[wave][place]);
            for (i, value) in back.into_iter().enumerate() {
                let shade = (value + 128.0).round().clamp(0.0, 255.0) as u8;
                result[(top + i / 8) * width + left + i % 8] = shade;
            }
        }
    }
    result
}

/// Whether the tables of codes are written: many cameras leave them out, since all use the standard's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tables {
    Written,
    LeftOut,
}

/// The picture as a camera sends it: colours of half the width, all grey, in blocks of 16 x 8.
pub(super) fn packed(
    picture: &[u8],
    width: usize,
    height: usize,
    quality: u8,
    tables: Tables,
) -> Vec<u8> {
    let (steps, waves) = (steps(quality), waves());
    let mut file = head(width, height, &steps, tables);
    let mut bits = Bits::default();
    let codes = [DC, AC].map(|(lengths, values)| codes(lengths, values));
    let mut before = 0;
    for top in (0..height).step_by(8) {
        for left in (0..width).step_by(16) {
            for half in [0, 8] {
                let shade =
                    |i: usize| f32::from(picture[(top + i / 8) * width + left + half + i % 8]);
                let block = rounded(shade, &steps, &waves);
                block_packed(&block, &mut before, &codes, &mut bits);
            }
            // Two blocks of colour: no change, and nothing behind it.
            for _ in 0..2 {
                bits.push(codes[0][0]);
                bits.push(codes[1][0]);
            }
        }
    }
    file.extend(bits.filled());
    file.extend([0xFF, 0xD9]);
    file
}

fn block_packed(
    block: &[i16; 64],
    before: &mut i16,
    codes: &[[(u16, u8); 256]; 2],
    bits: &mut Bits,
) {
    let number = |bits: &mut Bits, value: i16| {
        let size = 16 - value.unsigned_abs().leading_zeros();
        let low = if value < 0 { value - 1 } else { value };
        let mask = (1_u32 << size) - 1;
        bits.push(((low as u32 & mask) as u16, size as u8));
    };
    let size = |value: i16| (16 - value.unsigned_abs().leading_zeros()) as usize;
    let change = block[0] - *before;
    *before = block[0];
    bits.push(codes[0][size(change)]);
    number(bits, change);
    let mut zeros = 0;
    for place in &ZIGZAG[1..] {
        match block[*place] {
            0 => zeros += 1,
            value => {
                for _ in 0..zeros / 16 {
                    bits.push(codes[1][0xF0]);
                }
                bits.push(codes[1][zeros % 16 * 16 + size(value)]);
                number(bits, value);
                zeros = 0;
            }
        }
    }
    if zeros > 0 {
        bits.push(codes[1][0]);
    }
}

/// Everything in front of the packed blocks.
fn head(width: usize, height: usize, steps: &[u16; 64], tables: Tables) -> Vec<u8> {
    let two = |value: usize| (value as u16).to_be_bytes();
    let mut file = vec![0xFF, 0xD8];
    let mut segment = |mark: u8, body: &[u8]| {
        file.extend([0xFF, mark]);
        file.extend(two(body.len() + 2));
        file.extend(body);
    };
    let zigzag = ZIGZAG.map(|place| steps[place] as u8);
    segment(0xDB, &[&[0][..], &zigzag].concat());
    let size = [&[8][..], &two(height), &two(width)].concat();
    // Three parts: their numbers, how they are thinned, their table of steps.
    let parts = [3, 1, 0x21, 0, 2, 0x11, 0, 3, 0x11, 0];
    segment(0xC0, &[&size[..], &parts].concat());
    if tables == Tables::Written {
        for (kind, (lengths, values)) in [(0x00, DC), (0x10, AC)] {
            segment(0xC4, &[&[kind][..], lengths, values].concat());
        }
    }
    segment(0xDA, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    file
}

/// Bits, of which FF is followed by a zero byte.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u8,
}

impl Bits {
    fn push(&mut self, (code, length): (u16, u8)) {
        self.held = self.held << length | u32::from(code);
        self.count += length;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xFF {
                self.bytes.push(0);
            }
        }
    }

    fn filled(mut self) -> Vec<u8> {
        let missing = (8 - self.count) % 8;
        self.push(((1 << missing) - 1, missing));
        self.bytes
    }
}

/// The codes of all values: counted up, one bit longer from length to length.
fn codes(lengths: &[u8; 16], values: &[u8]) -> [(u16, u8); 256] {
    let (mut codes, mut code, mut values) = ([(0, 0); 256], 0, values.iter());
    for (length, count) in (1..).zip(lengths) {
        for value in values.by_ref().take(usize::from(*count)) {
            codes[usize::from(*value)] = (code, length);
            code += 1;
        }
        code <<= 1;
    }
    codes
}

/// The standard's codes (tables K.3 and K.5): how many of each length, and of what.
type Table<'a> = (&'a [u8; 16], &'a [u8]);
const DC: Table = (
    &[0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
);
#[rustfmt::skip]
const AC: Table = (
    &[0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
    &[
        0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
        0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0,
        0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28,
        0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
        0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
        0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
        0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
        0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5,
        0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
        0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
        0xF9, 0xFA,
    ],
);

/// Places of a block in the order in which they are sent.
#[rustfmt::skip]
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

fn steps(quality: u8) -> [u16; 64] {
    let quality = u32::from(quality);
    let scale = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    STEPS.map(|step| ((u32::from(step) * scale + 50) / 100).clamp(1, 255) as u16)
}

/// The waves of a block, in steps.
fn rounded(shade: impl Fn(usize) -> f32, steps: &[u16; 64], waves: &[[f32; 8]; 8]) -> [i16; 64] {
    let block: [f32; 64] = std::array::from_fn(|i| shade(i) - 128.0);
    let heights = turned(&block, |wave, place| waves[wave][place]);
    std::array::from_fn(|i| (heights[i] / f32::from(steps[i])).round() as i16)
}

fn waves() -> [[f32; 8]; 8] {
    std::array::from_fn(|wave| {
        let size = if wave == 0 { 0.125_f32 } else { 0.25 }.sqrt();
        std::array::from_fn(|place| size * ((2 * place + 1) as f32 * wave as f32 * PI / 16.0).cos())
    })
}

/// Both directions of a block through one matrix.
fn turned(block: &[f32; 64], matrix: impl Fn(usize, usize) -> f32) -> [f32; 64] {
    let rows: [f32; 64] = std::array::from_fn(|i| {
        let sum = (0..8).map(|k| matrix(i % 8, k) * block[i / 8 * 8 + k]);
        sum.sum()
    });
    std::array::from_fn(|i| (0..8).map(|k| matrix(i / 8, k) * rows[k * 8 + i % 8]).sum())
}

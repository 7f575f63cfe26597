//! What a camera's JPEG does to a grey picture: cosine transform of blocks of 8 x 8, rounded to the
//! steps of the standard's table (ITU-T T.81, table K.1), and back. Nothing is packed.

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
pub(crate) fn there_and_back(picture: &[f32], width: usize, height: usize, quality: u8) -> Vec<u8> {
    let quality = u32::from(quality);
    let scale = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    let steps = STEPS.map(|step| ((u32::from(step) * scale + 50) / 100).clamp(1, 255) as f32);
    let waves = waves();
    let mut result = vec![0; picture.len()];
    for top in (0..height).step_by(8) {
        for left in (0..width).step_by(8) {
            let block: [f32; 64] = std::array::from_fn(|i| {
                picture[(top + i / 8) * width + left + i % 8].round() - 128.0
            });
            let mut waved = turned(&block, |wave, place| waves[wave][place]);
            for (value, step) in waved.iter_mut().zip(steps) {
                *value = (*value / step).round() * step;
            }
            let back = turned(&waved, |place, wave| waves[wave][place]);
            for (i, value) in back.into_iter().enumerate() {
                let shade = (value + 128.0).round().clamp(0.0, 255.0) as u8;
                result[(top + i / 8) * width + left + i % 8] = shade;
            }
        }
    }
    result
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
